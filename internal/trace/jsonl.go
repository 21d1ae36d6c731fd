package trace

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"time"
)

// maxLine bounds one line of a JSONL file, in bytes.
const maxLine = 1 << 20

// wire is the JSON form of an Event: fields at their zero value (or Nobody) are left out.
type wire struct {
	Seq    uint64 `json:"seq"`
	At     int64  `json:"at"` // nanoseconds
	Kind   Kind   `json:"kind"`
	Node   *int   `json:"node"`
	Peer   *int   `json:"peer"`
	Client int    `json:"client"`
	ID     uint64 `json:"id"`
	Method string `json:"method"`
	Term   int    `json:"term"`
	Index  int    `json:"index"`
	Bytes  int    `json:"bytes"`
	Leader bool   `json:"leader"`
	Digest string `json:"digest"` // hexadecimal: JSON's numbers are too small
	Text   string `json:"text"`
}

// appendJSON appends e as one JSON object, fields in a fixed order. It is written by hand because a
// record is made for every event of a run, and encoding/json would take most of the recorder's time.
func appendJSON(b []byte, e Event) []byte {
	b = append(b, `{"seq":`...)
	b = strconv.AppendUint(b, e.Seq, 10)
	b = append(b, `,"at":`...)
	b = strconv.AppendInt(b, int64(e.At), 10)
	b = append(b, `,"kind":"`...)
	b = append(b, e.Kind.String()...)
	b = append(b, '"')
	if e.Node != Nobody {
		b = appendInt(b, `,"node":`, e.Node)
	}
	if e.Peer != Nobody {
		b = appendInt(b, `,"peer":`, e.Peer)
	}
	if e.Client != 0 {
		b = appendInt(b, `,"client":`, e.Client)
	}
	if e.ID != 0 {
		b = append(b, `,"id":`...)
		b = strconv.AppendUint(b, e.ID, 10)
	}
	b = appendString(b, `,"method":`, e.Method)
	for _, f := range [...]struct {
		key   string
		value int
	}{{`,"term":`, e.Term}, {`,"index":`, e.Index}, {`,"bytes":`, e.Bytes}} {
		if f.value != 0 {
			b = appendInt(b, f.key, f.value)
		}
	}
	if e.Leader {
		b = append(b, `,"leader":true`...)
	}
	if e.Digest != 0 {
		b = append(b, `,"digest":"`...)
		b = append(strconv.AppendUint(b, e.Digest, 16), '"')
	}
	b = appendString(b, `,"text":`, e.Text)
	return append(b, '}')
}

func appendInt(b []byte, key string, value int) []byte {
	return strconv.AppendInt(append(b, key...), int64(value), 10)
}

func appendString(b []byte, key, value string) []byte {
	if value == "" {
		return b
	}
	b = append(b, key...)
	for i := 0; i < len(value); i++ {
		if c := value[i]; c < ' ' || c >= 0x7f || c == '"' || c == '\\' {
			quoted, _ := json.Marshal(value) // a string always marshals
			return append(b, quoted...)
		}
	}
	b = append(b, '"')
	b = append(b, value...)
	return append(b, '"')
}

// ReadJSONL reads events that a WriteJSONL sink wrote. An error names the line; the events before it are
// returned with it. Blank lines are passed over.
func ReadJSONL(r io.Reader) ([]Event, error) {
	var events []Event
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, maxLine)
	n := 0
	for lines.Scan() {
		n++
		if len(bytes.TrimSpace(lines.Bytes())) == 0 {
			continue
		}
		e, err := parse(lines.Bytes())
		if err != nil {
			return events, fmt.Errorf("trace: read events: line %d: %w", n, err)
		}
		events = append(events, e)
	}
	if err := lines.Err(); err != nil {
		return events, fmt.Errorf("trace: read events: after line %d: %w", n, err)
	}
	return events, nil
}

func parse(line []byte) (Event, error) {
	var w wire
	dec := json.NewDecoder(bytes.NewReader(line))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&w); err != nil {
		return Event{}, err
	}
	if dec.More() {
		return Event{}, fmt.Errorf("more than one value on the line")
	}
	if w.Kind == None {
		return Event{}, fmt.Errorf("the event has no kind")
	}
	e := Event{Seq: w.Seq, At: time.Duration(w.At), Kind: w.Kind, Node: Nobody, Peer: Nobody, Client: w.Client, ID: w.ID,
		Method: w.Method, Term: w.Term, Index: w.Index, Bytes: w.Bytes, Leader: w.Leader, Text: w.Text}
	if w.Node != nil {
		e.Node = *w.Node
	}
	if w.Peer != nil {
		e.Peer = *w.Peer
	}
	if w.Digest != "" {
		digest, err := strconv.ParseUint(w.Digest, 16, 64)
		if err != nil {
			return Event{}, fmt.Errorf("digest: %w", err)
		}
		e.Digest = digest
	}
	return e, nil
}
