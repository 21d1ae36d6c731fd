package labgob

import (
	"bytes"
	"encoding/gob"
	"errors"
	"io"
	"reflect"
	"strings"
	"sync"
	"testing"
	"testing/iotest"
)

func TestSeveralValuesOnOneStream(t *testing.T) {
	log := []LogEntry{{1, Op{Key: "k"}}, {2, 5}}
	var buf bytes.Buffer
	e := NewEncoder(&buf)
	var sizes []int
	for _, v := range []any{7, "vote", log, log, Op{Key: "x"}, LogEntry{3, Batch{}}} {
		before := buf.Len()
		if err := e.Encode(v); err != nil {
			t.Fatal(err)
		}
		sizes = append(sizes, buf.Len()-before)
	}
	if sizes[3] >= sizes[2]/2 {
		t.Errorf("the second log took %d bytes after %d: were types defined again?", sizes[3], sizes[2])
	}
	data := bytes.Clone(buf.Bytes())
	for name, d := range map[string]interface{ Decode(any) error }{
		"labgob": NewDecoder(&buf), "gob": gob.NewDecoder(bytes.NewReader(data)),
		"labgob, one byte at a time": NewDecoder(iotest.OneByteReader(bytes.NewReader(data))),
	} {
		var (
			term        int
			vote        string
			log1, log2  []LogEntry
			op          Op
			last, extra LogEntry
		)
		for _, p := range []any{&term, &vote, &log1, &log2, &op, &last} {
			if err := d.Decode(p); err != nil {
				t.Fatalf("%s: %v", name, err)
			}
		}
		if term != 7 || vote != "vote" || !reflect.DeepEqual(log1, log) ||
			!reflect.DeepEqual(log2, log) || op.Key != "x" ||
			!reflect.DeepEqual(last, LogEntry{3, Batch{}}) {
			t.Errorf("%s: %v %v %v %v %v %v", name, term, vote, log1, log2, op, last)
		}
		if err := d.Decode(&extra); err != io.EOF {
			t.Errorf("%s: at the end: %v", name, err)
		}
	}
}

func TestNilSkipsAValue(t *testing.T) {
	var ours, theirs bytes.Buffer
	e, g := NewEncoder(&ours), gob.NewEncoder(&theirs)
	for _, v := range samples() {
		for _, v := range []any{v, "next"} {
			if e.Encode(v) != nil || g.Encode(v) != nil {
				t.Fatalf("cannot encode %T", v)
			}
		}
	}
	for who, d := range map[string]*LabDecoder{
		"labgob": NewDecoder(&ours), "gob": NewDecoder(&theirs)} {
		for range samples() {
			var next string
			if err := d.Decode(nil); err != nil {
				t.Fatalf("from %s: %v", who, err)
			}
			if err := d.Decode(&next); err != nil || next != "next" {
				t.Fatalf("from %s: after a skipped value: %q, %v", who, next, err)
			}
		}
	}
}

func TestDecoderTakesNoByteBeyondItsValue(t *testing.T) {
	data := append(marshal(t, []LogEntry{{1, Op{}}}), "the rest"...)
	for name, r := range map[string]io.Reader{
		"bytes.Buffer": bytes.NewBuffer(bytes.Clone(data)), "bytes.Reader": bytes.NewReader(data),
		"strings.Reader": strings.NewReader(string(data)),
	} {
		var log []LogEntry
		if err := NewDecoder(r).Decode(&log); err != nil || len(log) != 1 {
			t.Fatalf("%s: %v %v", name, log, err)
		}
		if rest, err := io.ReadAll(r); string(rest) != "the rest" || err != nil {
			t.Errorf("%s: left %q, %v", name, rest, err)
		}
	}
}

func TestUnmarshalWantsOneWholeValue(t *testing.T) {
	data := marshal(t, Op{Key: "k"})
	if err := Unmarshal(append(bytes.Clone(data), 1), new(Op)); err == nil ||
		!strings.Contains(err.Error(), "1 bytes follow") {
		t.Errorf("with a byte too many: %v", err)
	}
	for n := range data {
		if err := Unmarshal(data[:n], new(Op)); !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Errorf("with %d of %d bytes: %v", n, len(data), err)
		}
	}
}

func TestErrorsOfTheReaderAreReported(t *testing.T) {
	broken := errors.New("connection reset")
	half := marshal(t, Op{Key: "k"})[:20]
	r := io.MultiReader(bytes.NewReader(half), iotest.ErrReader(broken))
	if err := NewDecoder(r).Decode(new(Op)); !errors.Is(err, broken) {
		t.Error(err)
	}
}

func TestAStreamGoesOnAfterAValueThatDoesNotFit(t *testing.T) {
	var buf bytes.Buffer
	e := NewEncoder(&buf)
	for _, v := range []any{Op{Key: "a"}, Op{Key: "b"}} {
		if err := e.Encode(v); err != nil {
			t.Fatal(err)
		}
	}
	d := NewDecoder(&buf)
	var op Op
	if err := d.Decode(new(int)); err == nil {
		t.Error("a struct was decoded into an int")
	}
	if err := d.Decode(&op); err != nil || op.Key != "b" {
		t.Errorf("%+v, %v", op, err)
	}
}

func TestLargeValues(t *testing.T) {
	log := make([]LogEntry, 20_000)
	for i := range log {
		log[i] = LogEntry{i, strings.Repeat("x", i%300)}
	}
	data := marshal(t, log)
	var got, again []LogEntry
	if err := Unmarshal(data, &got); err != nil || !reflect.DeepEqual(got, log) {
		t.Errorf("%d entries, %v", len(got), err)
	}
	r := struct{ io.Reader }{bytes.NewReader(data)}
	if err := NewDecoder(r).Decode(&again); err != nil || !reflect.DeepEqual(again, log) {
		t.Errorf("through a reader: %d entries, %v", len(again), err)
	}
}

func TestConcurrentUse(t *testing.T) {
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 20 {
				for _, v := range samples() {
					p := reflect.New(reflect.TypeOf(v))
					data, err := Marshal(v)
					if err == nil {
						err = Unmarshal(data, p.Interface())
					}
					if err == nil && !bytes.Equal(data, marshal(t, p.Interface())) {
						err = errors.New("decoded to something else")
					}
					if err != nil {
						t.Errorf("%T: %v", v, err)
					}
				}
			}
		})
	}
	wg.Wait()
}

func TestOneEncoderSharedByGoroutines(t *testing.T) {
	var buf bytes.Buffer
	e := NewEncoder(&buf)
	var wg sync.WaitGroup
	const n = 50
	for i := range n {
		wg.Go(func() {
			if err := e.Encode(LogEntry{i, Op{Seq: i}}); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	d := NewDecoder(&buf)
	seen := map[int]bool{}
	for range n {
		var entry LogEntry
		if err := d.Decode(&entry); err != nil {
			t.Fatal(err)
		}
		seen[entry.Command.(Op).Seq] = true
	}
	if len(seen) != n {
		t.Errorf("%d different values arrived, not %d", len(seen), n)
	}
}
