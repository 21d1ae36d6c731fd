//go:build wasip1

// Command guest holds one peer of a simulation: a student's Raft, a server of the key/value service or a
// client of it, in a WebAssembly instance of its own.
//
// It speaks to its host in frames (package frame) through two functions that it imports, and waits for
// frames as a program waits for its standard input, so that the Go runtime parks the instance when all
// goroutines wait. What the student's code prints is none of this program's business.
//
// The host calls _initialize, which runs every init function, and then run, which does not return.
package main

import (
	"os"
	"runtime"
	"sync"
	"unsafe"

	"raftlab/internal/sim/frame"
	"raftlab/internal/sim/meter"
)

// send hands one frame to the host. The meaning of the result depends on the frame's kind.
//
//go:wasmimport raftlab send
func send(frame unsafe.Pointer, size uint32) uint32

// receive takes the next frame that waits, if it fits into buf, and returns its size; 0 if none waits.
//
//go:wasmimport raftlab receive
func receive(buf unsafe.Pointer, size uint32) uint32

// save tells the host of a save: of state and snapshot, or if both is 0 of the state alone. It returns by how many
// microseconds the save takes longer than it would. It is no frame, since states are large and frames are copied.
//
//go:wasmimport raftlab save
func save(both uint32, state unsafe.Pointer, stateSize uint32, snapshot unsafe.Pointer, snapshotSize uint32) uint32

// fetch copies the snapshot that the answer to an Apply has announced into buf.
//
//go:wasmimport raftlab fetch
func fetch(buf unsafe.Pointer, size uint32)

// main is not called where the program is built as a library, but run is.
func main() { run() }

// host is the way to the host.
var host link

type link struct {
	mu  sync.Mutex // guards out
	out []byte
}

// begin begins a frame; end sends it. Nothing may block in between.
func (l *link) begin(k frame.Kind) frame.Writer {
	l.mu.Lock()
	return frame.New(l.out, k)
}

func (l *link) end(w frame.Writer) uint32 {
	defer l.mu.Unlock()
	l.out = w.B
	meter.Flush() // what the host hears happens after the work that led to it
	result := send(unsafe.Pointer(&w.B[0]), uint32(len(w.B)))
	const keep = 1 << 16
	if cap(l.out) > keep {
		l.out = nil
	}
	return result
}

// server is what this program holds.
type server interface {
	// handle does what a frame says. It must not block; what it keeps of the frame it copies.
	handle(kind frame.Kind, r frame.Reader)
}

//go:wasmexport run
func run() {
	meter.Restart()
	stdin, err := os.Stdin.SyscallConn()
	if err != nil {
		panic(err)
	}
	in := make([]byte, 1<<12)
	var held server
	// Read waits for standard input to become readable whenever the function returns false.
	err = stdin.Read(func(uintptr) bool {
		for {
			size := receive(unsafe.Pointer(&in[0]), uint32(len(in)))
			if size == 0 {
				return false
			}
			if int(size) > len(in) {
				in = make([]byte, 2*size)
				continue
			}
			kind, r := frame.Read(in[:size])
			switch {
			case kind == frame.Boot:
				held = boot(r)
			case kind == frame.Dump:
				dump(r.Uint())
			default:
				held.handle(kind, r)
			}
		}
	})
	panic(err) // only a standard input that was closed brings us here
}

// boot begins the life of what the frame asks for.
func boot(r frame.Reader) server {
	role, me, ends := r.Int(), r.Int(), newEnds(r.Int())
	life := life{me: me, ends: ends, maxRaftState: r.Int(), watched: r.Bool(),
		state: copied(r.Bytes()), snapshot: copied(r.Bytes())}
	if role == frame.RaftPeer {
		return bootRaft(life)
	}
	return bootKV(role, life)
}

// life is what a Boot frame says.
type life struct {
	me              int
	ends            ends
	maxRaftState    int
	watched         bool
	state, snapshot []byte
}

func copied(b []byte) []byte { return append([]byte(nil), b...) }

// dump tells the host where all goroutines are.
func dump(id uint64) {
	text := make([]byte, 1<<16)
	n := runtime.Stack(text, true)
	for n == len(text) && n < 1<<24 { // it was cut, within the goroutine that is looked for perhaps
		text = make([]byte, 2*len(text))
		n = runtime.Stack(text, true)
	}
	answer(id, 0, 0, false, string(text[:n]))
}

func answer(id uint64, number, term int, leads bool, text string) {
	w := host.begin(frame.Answer)
	w.Uint(id)
	w.Int(number)
	w.Int(term)
	w.Bool(leads)
	w.String(text)
	host.end(w)
}

func misuse(text string) {
	w := host.begin(frame.Misuse)
	w.String(text)
	host.end(w)
}
