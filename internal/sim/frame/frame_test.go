package frame_test

import (
	"reflect"
	"testing"

	"raftlab/internal/sim/frame"
)

func TestRoundTrip(t *testing.T) {
	w := frame.New(nil, frame.Call)
	w.Int(-3)
	w.Uint(1 << 63)
	w.Bool(true)
	w.Bytes([]byte("bytes"))
	w.String("string")
	commands := []any{7, "x", []byte{1, 2}, frame.Other{Type: "bool", Text: "true"}}
	for _, c := range []any{7, "x", []byte{1, 2}, true} {
		w.Command(c)
	}
	kind, r := frame.Read(w.B)
	if kind != frame.Call || r.Int() != -3 || r.Uint() != 1<<63 || !r.Bool() || string(r.Bytes()) != "bytes" ||
		r.String() != "string" {
		t.Fatal("a field has changed on the way")
	}
	for _, want := range commands {
		if got := r.Command(); !reflect.DeepEqual(got, want) {
			t.Errorf("command is %#v, want %#v", got, want)
		}
	}
	if err := r.Err(); err != nil {
		t.Error(err)
	}
}

// TestDamaged cuts a frame everywhere, and adds to it.
func TestDamaged(t *testing.T) {
	w := frame.New(nil, frame.Apply)
	w.Int(1)
	w.Command("command")
	read := func(b []byte) error {
		_, r := frame.Read(b)
		r.Int()
		r.Command()
		return r.Err()
	}
	if err := read(w.B); err != nil {
		t.Fatal(err)
	}
	for n := range w.B {
		if read(w.B[:n]) == nil {
			t.Errorf("the first %d bytes of %d are taken for the whole", n, len(w.B))
		}
	}
	if read(append(w.B, 0)) == nil {
		t.Error("a byte too much goes unnoticed")
	}
	w = frame.New(nil, frame.Apply)
	w.Int(1)
	w.Int(99) // no such type of command
	if read(w.B) == nil {
		t.Error("a command of no type goes unnoticed")
	}
}
