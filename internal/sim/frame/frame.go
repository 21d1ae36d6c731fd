// Package frame is what the simulator's host and its guests say to each other: messages of a kind and a few
// fields, little-endian, without reflection.
//
// A frame is one byte of kind and then the kind's fields, in the order in which its constant names them.
// Numbers are 8 bytes; bytes and strings are a number and as many bytes. A guest is not trusted: a Reader
// of a frame that is cut or too long says so in Err and gives zeros.
package frame

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// Kind says what a frame is.
type Kind byte

// Frames of the host.
const (
	Boot    Kind = iota + 1 // role, me, servers, maxRaftState, watched (1: applies are asked about), state, snapshot
	Start                   // id, command
	Operate                 // id, operation, key, value: a client's
	Observe                 // id: what does the peer say of itself?
	Request                 // id, "Service.Method", arguments
	Reply                   // call, ok, reply
	Kill                    // nothing: the peer is told to stop
	Dump                    // id: where are all goroutines?
)

// Frames of a guest.
const (
	Ready    Kind = iota + 32 // nothing: booted
	Call                      // call, end, "Service.Method", arguments
	Response                  // id, error, reply
	Apply                     // index, command; the host answers how long a snapshot it orders is
	Install                   // index, term, snapshot
	Answer                    // id, number, term, leads, text: to Start, Operate, Observe, Dump
	State                     // term, leads: as it changed
	Misuse                    // text
)

// What a guest is, in its Boot.
const (
	RaftPeer = iota
	KVServer
	KVClerk
)

// Operations of a client.
const (
	Get = iota
	Put
	Append
)

// The type of a command, as a number before it.
const (
	commandInt = iota
	commandString
	commandBytes
	commandOther // of any other type: its name and a rendering
)

// Other stands for a command of a type that the harness does not offer; a peer that delivers one has made it
// up. Equal ones are equal values.
type Other struct{ Type, Text string }

// Writer builds a frame.
type Writer struct{ B []byte }

// New returns a Writer that begins a frame in buf's memory.
func New(buf []byte, k Kind) Writer { return Writer{append(buf[:0], byte(k))} }

// Int appends a number.
func (w *Writer) Int(n int) { w.B = binary.LittleEndian.AppendUint64(w.B, uint64(n)) }

// Uint appends a number.
func (w *Writer) Uint(n uint64) { w.B = binary.LittleEndian.AppendUint64(w.B, n) }

// Bool appends 1 or 0.
func (w *Writer) Bool(yes bool) {
	n := 0
	if yes {
		n = 1
	}
	w.Int(n)
}

// Bytes appends a copy of b.
func (w *Writer) Bytes(b []byte) {
	w.Int(len(b))
	w.B = append(w.B, b...)
}

// String appends s.
func (w *Writer) String(s string) {
	w.Int(len(s))
	w.B = append(w.B, s...)
}

// Command appends a command: a number, a string or bytes as they are, anything else as an Other.
func (w *Writer) Command(c any) {
	switch v := c.(type) {
	case int:
		w.Int(commandInt)
		w.Int(v)
	case string:
		w.Int(commandString)
		w.String(v)
	case []byte:
		w.Int(commandBytes)
		w.Bytes(v)
	default:
		w.Int(commandOther)
		w.String(fmt.Sprintf("%T", c))
		w.String(fmt.Sprintf("%#v", c))
	}
}

// ErrMalformed says that a frame is not what its kind demands.
var ErrMalformed = errors.New("malformed frame")

// Reader takes a frame apart. Bytes are slices of the frame: who keeps them copies them.
type Reader struct {
	b   []byte
	bad bool
}

// Read begins to take a frame apart and returns its kind, 0 if it is empty.
func Read(b []byte) (Kind, Reader) {
	if len(b) == 0 {
		return 0, Reader{bad: true}
	}
	return Kind(b[0]), Reader{b: b[1:]}
}

// Uint returns the next number.
func (r *Reader) Uint() uint64 {
	if len(r.b) < 8 {
		r.b, r.bad = nil, true
		return 0
	}
	n := binary.LittleEndian.Uint64(r.b)
	r.b = r.b[8:]
	return n
}

// Int returns the next number.
func (r *Reader) Int() int { return int(r.Uint()) }

// Bool returns whether the next number is not 0.
func (r *Reader) Bool() bool { return r.Uint() != 0 }

// Bytes returns the next bytes, which belong to the frame.
func (r *Reader) Bytes() []byte {
	n := r.Uint()
	if n > uint64(len(r.b)) {
		r.b, r.bad = nil, true
		return nil
	}
	b := r.b[:n:n]
	r.b = r.b[n:]
	return b
}

// String returns the next string.
func (r *Reader) String() string { return string(r.Bytes()) }

// Command returns the next command.
func (r *Reader) Command() any {
	switch r.Int() {
	case commandInt:
		return r.Int()
	case commandString:
		return r.String()
	case commandBytes:
		return append([]byte(nil), r.Bytes()...)
	case commandOther:
		return Other{r.String(), r.String()}
	}
	r.b, r.bad = nil, true
	return nil
}

// Err returns ErrMalformed if the frame was cut, or has more to it than what was read.
func (r *Reader) Err() error {
	if r.bad || len(r.b) > 0 {
		return ErrMalformed
	}
	return nil
}
