package labgob

import (
	"bytes"
	"encoding/gob"
	"errors"
	"io"
	"math"
	"reflect"
	"strings"
	"testing"
)

type Unregistered struct{ Key string }

type Ring struct{ Next *Ring }

type Failing struct{}

var errFailing = errors.New("will not be encoded")

func (Failing) GobEncode() ([]byte, error) { return nil, errFailing }
func (*Failing) GobDecode([]byte) error    { panic("will not be decoded") }

func init() { Register(Failing{}) }

func TestWhatCannotBeEncodedIsAnErrorWithTypeAndPath(t *testing.T) {
	quiet(t)
	ring := &Ring{}
	ring.Next = ring
	loop := map[string]any{}
	loop["self"] = loop
	type selfPointer *selfPointer
	entries := func(command any) AppendEntriesArgs {
		return AppendEntriesArgs{Entries: []LogEntry{{1, 2}, {1, command}}}
	}
	for _, c := range []struct {
		name string
		v    any
		want []string
	}{
		{"nil", nil, []string{"encode nil", "the value is nil"}},
		{"nil pointer", (*Op)(nil), []string{"encode *labgob.Op", "the pointer is nil"}},
		{"pointer to nil pointer", ptr((*Op)(nil)), []string{"the pointer is nil"}},
		{"channel", make(chan int), []string{"encode chan int", "cannot carry"}},
		{"function", func() {}, []string{"encode func()", "cannot carry"}},
		{"channels in a slice", struct{ A []chan int }{}, []string{"field A[]", "chan int"}},
		{"function in a map", struct{ A map[string][]func() }{}, []string{"field A[][]", "func()"}},
		{"channel as a key", map[chan int]int{}, []string{"field [key]", "chan int"}},
		{"no exported field", struct{ Mu struct{ state int } }{},
			[]string{"field Mu", "no exported field"}},
		{"type of pointers alone", new(selfPointer), []string{"points to itself"}},
		{"unregistered command", entries(Unregistered{"k"}), []string{
			"labgob: encode labgob.AppendEntriesArgs: field Entries[].Command: " +
				"type labgob.Unregistered is not registered; call labgob.Register(labgob.Unregistered{})"}},
		{"unregistered pointer", entries(&Unregistered{"k"}), []string{"Entries[].Command",
			"type *labgob.Unregistered is not registered"}},
		{"channel as command", entries(make(chan int)), []string{"Entries[].Command", "chan int"}},
		{"nil pointer in an interface", entries((*Op)(nil)), []string{"Entries[].Command",
			"nil *labgob.Op"}},
		{"nested", LogEntry{1, Batch{[]any{map[string]any{"x": Unregistered{}}}}},
			[]string{"field Command.Commands[][]: type labgob.Unregistered"}},
		{"nil element", []*Base{{"a"}, nil}, []string{"field []", "nil pointer"}},
		{"nil map element", map[string]*Base{"a": nil}, []string{"field []", "nil pointer"}},
		{"not a number as a key", map[float64]int{1: 1, math.NaN(): 2},
			[]string{"field [key]", "is it NaN"}},
		{"ring", ring, []string{"Next.Next", "does it contain itself"}},
		{"map in itself", loop, []string{"does it contain itself"}},
		{"own method fails", entries(Failing{}), []string{"Entries[].Command", errFailing.Error()}},
		{"own method without an address", struct{ H Handle }{Handle{1}},
			[]string{"field H", "send a pointer"}},
		{"own method panics", Methods{Handles: []Handle{{1}}, Ptr: nil, ByKey: nil, Handle: nil,
			Secret: Secret{}}, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			var out bytes.Buffer
			e := NewEncoder(&out)
			err := e.Encode(c.v)
			if c.want == nil {
				if err != nil {
					t.Fatal(err)
				}
				return
			}
			if err == nil {
				t.Fatalf("%T was encoded", c.v)
			}
			for _, words := range c.want {
				if !strings.Contains(err.Error(), words) {
					t.Errorf("the error does not say %q: %v", words, err)
				}
			}
			if out.Len() > 0 {
				t.Errorf("%d bytes were written", out.Len())
			}
			var back int
			if err := e.Encode(4); err != nil || NewDecoder(&out).Decode(&back) != nil || back != 4 {
				t.Errorf("the encoder is of no use afterwards: %v, %d", err, back)
			}
			if dst, err := AppendMarshal([]byte("kept"), c.v); err == nil || string(dst) != "kept" {
				t.Errorf("AppendMarshal: %q, %v", dst, err)
			}
		})
	}
	if err := NewEncoder(io.Discard).EncodeValue(reflect.Value{}); err == nil {
		t.Error("an invalid reflect.Value was encoded")
	}
	if _, err := Marshal(Failing{}); !errors.Is(err, errFailing) {
		t.Errorf("the method's own error is lost: %v", err)
	}
}

type brokenWriter struct{ err error }

func (w brokenWriter) Write([]byte) (int, error) { return 0, w.err }

func TestErrorsOfTheWriterAreReported(t *testing.T) {
	broken := errors.New("disk full")
	if err := NewEncoder(brokenWriter{broken}).Encode(1); !errors.Is(err, broken) {
		t.Error(err)
	}
}

func TestWhatDoesNotFitIsAnErrorWithTypeAndPath(t *testing.T) {
	quiet(t)
	for _, c := range []struct {
		name string
		v    any
		into any
		want string
	}{
		{"string into int", "x", new(int), "decode *int: the message holds a string"},
		{"struct into int", Op{}, new(int), "holds a struct Op, which does not fit *int"},
		{"int into struct", 1, new(Op), "decode *labgob.Op: "},
		{"field", Base{"x"}, new(struct{ Name int }), "field Name: the message holds a string"},
		{"deep field", struct{ A []Base }{}, new(struct{ A []struct{ Name bool } }), "field A"},
		{"overflow", struct{ A []int }{[]int{1, 300}}, new(struct{ A []int8 }),
			"field A[]: 300 overflows int8"},
		{"unsigned overflow", uint(256), new(uint8), "256 overflows uint8"},
		{"float overflow", 1e300, new(float32), "overflows float32"},
		{"array length", [2]int{}, new([3]int), "holds a [2]int"},
		{"map", map[string]bool{}, new(map[string]int), "holds a map[string]bool"},
		{"concrete into interface", 1, new(any), "holds a int"},
		{"unsatisfied interface", ptr(any(1)), ptr(error(nil)), "int is no error"},
		{"own method", Secret{"s"}, new(Handle), "self-encoded Secret"},
		{"own method fails", []Secret{{"s"}}, new([]Failing), "panic: will not be decoded"},
		{"not a pointer", 1, 2, "decode int: needs a pointer"},
		{"nil pointer", 1, (*int)(nil), "decode *int: needs a pointer"},
	} {
		t.Run(c.name, func(t *testing.T) {
			data := marshal(t, c.v)
			if err := Unmarshal(data, c.into); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("the error does not say %q: %v", c.want, err)
			}
		})
	}
}

// TestTypesOfPointersAloneEnd is about types that would be followed for ever.
func TestTypesOfPointersAloneEnd(t *testing.T) {
	quiet(t)
	type selfPointer *selfPointer
	type holder struct {
		Key  string
		Self selfPointer
	}
	data, err := Marshal(Op{Key: "k"})
	if err != nil {
		t.Fatal(err)
	}
	if err := Unmarshal(data, new(selfPointer)); err == nil || !strings.Contains(err.Error(), "points to itself") {
		t.Errorf("decoding into a pointer to itself: %v", err)
	}
	var h holder
	if err := Unmarshal(data, &h); err != nil || h.Key != "k" {
		t.Errorf("decoding into a struct with one that is not in the message: %+v, %v", h, err)
	}
	if _, err := Marshal(holder{}); err == nil || !strings.Contains(err.Error(), "points to itself") {
		t.Errorf("encoding a struct with one: %v", err)
	}
}

func TestUnknownNameInAnInterface(t *testing.T) {
	data := bytes.Replace(marshal(t, LogEntry{1, Op{}}), []byte("labgob.Op"), []byte("labgob.Oq"), 1)
	err := Unmarshal(data, new(LogEntry))
	if err == nil || !strings.Contains(err.Error(), "field Command: type name") ||
		!strings.Contains(err.Error(), "labgob.Oq\" is not registered") {
		t.Error(err)
	}
}

func TestRegisterConflictsPanicWithAdvice(t *testing.T) {
	quiet(t)
	type other Op
	for name, register := range map[string]func(){
		"nil":          func() { Register(nil) },
		"nil value":    func() { RegisterName("x", nil) },
		"empty name":   func() { RegisterName("", Op{}) },
		"second name":  func() { RegisterName("another", Op{}) },
		"taken name":   func() { RegisterName("raftlab/labgob.Op", other{}) },
		"pointer, too": func() { Register(&Op{}) },
	} {
		t.Run(name, func(t *testing.T) {
			defer func() {
				text, _ := recover().(string)
				if !strings.HasPrefix(text, "labgob: ") {
					t.Errorf("panicked with %q", text)
				}
			}()
			register()
			t.Error("did not panic")
		})
	}
	Register(Op{}) // again is fine
	sameJourney(t, LogEntry{1, Op{}})
}

type PlainStruct struct{ A int }

type plainPointer struct{ A int }

type PlainText string

type plainList []int

// TestRegisteredWithGobAlone: gob's own registry cannot be read, only tried.
func TestRegisteredWithGobAlone(t *testing.T) {
	for _, v := range []any{PlainStruct{}, &plainPointer{}, PlainText("")} {
		gob.Register(v)
		var back any
		if err := Unmarshal(gobMarshal(t, &v), &back); err != nil {
			t.Errorf("decoding %T: %v", v, err)
		} else if !reflect.DeepEqual(back, v) {
			t.Errorf("got %#v, want %#v", back, v)
		}
	}
	var v any = plainList{1}
	gob.Register(v)
	sameJourney(t, []any{v, plainPointer{2}, PlainText("x")})
}

func TestDeepValuesAreRefusedOnTheWayIn(t *testing.T) {
	var data []byte
	for _, n := range []int{maxDepth - 1, maxDepth + 1} {
		var defs encodeState
		defs.reset(noTypes())
		r, err := encTypeOf(reflect.TypeFor[Ring]())
		if err != nil {
			t.Fatal(err)
		}
		id := defs.define(r.t)
		var e encodeState
		e.int(int64(id))
		e.buf = append(e.buf, bytes.Repeat([]byte{1}, n)...)
		e.buf = append(e.buf, make([]byte, n+1)...)
		data = appendMessage(defs.defs, e.buf)
		err = Unmarshal(data, new(Ring))
		if deep := n > maxDepth; deep != errors.Is(err, errDepth) || (!deep && err != nil) {
			t.Errorf("%d deep: %v", n, err)
		}
	}
	if err := NewDecoder(bytes.NewReader(data)).Decode(nil); !errors.Is(err, errDepth) {
		t.Errorf("skipped: %v", err)
	}
}
