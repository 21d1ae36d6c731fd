package histfile

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// jsonRecord is one line of our own format, described in docs/formats/history.md.
type jsonRecord struct {
	Model *string `json:"model"`

	Event  string  `json:"event"` // "call" or "return"; absent for a whole operation
	Client *int    `json:"client"`
	ID     *string `json:"id"`
	Op     string  `json:"op"`
	Key    string  `json:"key"`
	Value  any     `json:"value"`
	From   any     `json:"from"`

	Call    *int64          `json:"call"`
	Return  *int64          `json:"return"`
	Output  json.RawMessage `json:"output"`
	Ok      *bool           `json:"ok"`
	Unknown bool            `json:"unknown"`
}

func (rd *reader) jsonLine(text string) error {
	var rec jsonRecord
	decoder := json.NewDecoder(bytes.NewReader([]byte(text)))
	decoder.DisallowUnknownFields()
	decoder.UseNumber()
	if err := decoder.Decode(&rec); err != nil {
		return fmt.Errorf("is not a record of a history: %w", err)
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return errors.New("holds more than one JSON value")
	}
	if rec.Model != nil {
		return rd.header(rec)
	}
	if rec.Client == nil {
		return errors.New(`has no "client"`)
	}
	var err error
	if rec.Value, err = plain("value", rec.Value); err != nil {
		return err
	}
	if rec.From, err = plain("from", rec.From); err != nil {
		return err
	}
	wanted := asEvents
	if rec.Event == "" {
		wanted = asOperations
	}
	if rd.form != undecided && rd.form != wanted {
		return errors.New(`mixes whole operations with events (lines with "event"): keep to one of the two`)
	}
	rd.form = wanted
	if wanted == asEvents {
		return rd.jsonEvent(rec)
	}
	return rd.jsonOperation(rec)
}

// header takes the line that names the model. What the caller asked for goes first.
func (rd *reader) header(rec jsonRecord) error {
	if rd.form != undecided {
		return errors.New(`names the "model" after the first operation: put it in the first line`)
	}
	if _, err := Model(*rec.Model); err != nil {
		return err
	}
	if rd.model == "" {
		rd.model = *rec.Model
	}
	return nil
}

// plain turns a JSON number into an int64 and lets strings and null be.
func plain(field string, value any) (any, error) {
	switch v := value.(type) {
	case nil, string:
		return value, nil
	case json.Number:
		if n, err := v.Int64(); err == nil {
			return n, nil
		}
	}
	return nil, fmt.Errorf("%q is %v: only strings, integers and null are values", field, value)
}

// reply reads what the record says of the answer to op. said reports whether it says anything.
func (rec *jsonRecord) reply(op string) (a answer, err error) {
	read := op == "get" || op == "read"
	switch {
	case rec.Unknown && (rec.Output != nil || rec.Ok != nil):
		return a, errors.New(`is "unknown" and yet has an answer`)
	case rec.Unknown:
		return answer{}, nil
	case read && rec.Output == nil:
		return a, fmt.Errorf(`%s returns without an "output" (null for nothing; "unknown": true if it is not known)`, op)
	case !read && rec.Output != nil:
		return a, fmt.Errorf(`%s has no "output"`, op)
	case op == "cas" && rec.Ok == nil:
		return a, errors.New(`cas returns without "ok", which says whether it set the value`)
	case op != "cas" && rec.Ok != nil:
		return a, fmt.Errorf(`%s has no "ok"`, op)
	}
	a.known = true
	if rec.Ok != nil {
		a.ok = *rec.Ok
	}
	if read {
		var value any
		decoder := json.NewDecoder(bytes.NewReader(rec.Output))
		decoder.UseNumber()
		if err := decoder.Decode(&value); err != nil {
			return a, err
		}
		a.value, err = plain("output", value)
	}
	return a, err
}

// who names the one that may have one call open: the client, or a call's own id.
func (rec *jsonRecord) who() string {
	if rec.ID != nil {
		return fmt.Sprintf("client %d, id %q", *rec.Client, *rec.ID)
	}
	return fmt.Sprintf("client %d", *rec.Client)
}

func (rd *reader) jsonEvent(rec jsonRecord) error {
	if rec.Call != nil || rec.Return != nil {
		return errors.New(`is an event and has a "call" or "return" time: the order of the lines is the time`)
	}
	switch rec.Event {
	case "call":
		if rec.Output != nil || rec.Ok != nil || rec.Unknown {
			return errors.New("is a call and has an answer: that belongs to the return")
		}
		return rd.call(rec.who(), *rec.Client, request{rec.Op, rec.Key, rec.Value, rec.From})
	case "return":
		at, busy := rd.open[rec.who()]
		if !busy {
			return fmt.Errorf("%s returns, but has no call open", rec.who())
		}
		a, err := rec.reply(rd.entries[at].op)
		if err != nil {
			return err
		}
		_, err = rd.returns(rec.who(), rec.Op, a)
		return err
	}
	return fmt.Errorf(`unknown event %q; there are "call" and "return"`, rec.Event)
}

func (rd *reader) jsonOperation(rec jsonRecord) error {
	req := request{rec.Op, rec.Key, rec.Value, rec.From}
	if err := checkRequest(req); err != nil {
		return err
	}
	if rec.Call == nil {
		return fmt.Errorf(`%s has no "call" time`, rec.Op)
	}
	e := entry{request: req, client: *rec.Client, call: *rec.Call, line: rd.line}
	if rec.Return != nil {
		if *rec.Return < *rec.Call {
			return fmt.Errorf("%s of client %d returns at %d, before its call at %d",
				rec.Op, *rec.Client, *rec.Return, *rec.Call)
		}
		a, err := rec.reply(rec.Op)
		if err != nil {
			return err
		}
		if text, ok := a.value.(string); rec.Op == "get" && a.known && !ok && a.value != nil {
			return fmt.Errorf("get of key %q returns %v, which is not a string", rec.Key, text)
		}
		e.answer, e.ret, e.returned = a, *rec.Return, true
	} else if rec.Output != nil || rec.Ok != nil {
		return fmt.Errorf(`%s has an answer and no "return" time`, rec.Op)
	}
	e.alone = rec.ID == nil
	rd.entries = append(rd.entries, e)
	return nil
}
