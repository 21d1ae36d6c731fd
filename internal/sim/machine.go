package sim

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"strings"

	"github.com/tetratelabs/wazero/api"
)

// machine is a WebAssembly instance that lives are run in, one after the other: what a life leaves behind is
// wiped out by the image that the next one starts from.
type machine struct {
	program *Program
	module  api.Module
	run     api.Function // the guest's main loop
	globals []api.MutableGlobal
	memory  *memory
	ctx     context.Context // that its guest runs under, in which host calls find the machine

	in    *instance // who lives here
	next  func() (struct{}, bool)
	halt  func()
	yield func(struct{}) bool
	end   ending
}

// ending is how a guest ended by itself.
type ending struct {
	exited  bool
	code    int
	verdict Verdict // of a limit that it broke
	text    string
	err     error // a trap
}

// errEnded unwinds a guest that has ended, or whose life is over.
var errEnded = errors.New("the guest has ended")

// machineKey finds the machine in the context of a host call.
type machineKey struct{}

// machineContext is the context that a machine's guest runs under.
type machineContext struct {
	context.Context
	m *machine
}

func (c machineContext) Value(key any) any {
	if _, is := key.(machineKey); is {
		return c.m
	}
	return c.Context.Value(key)
}

// instanceOf returns the instance that makes a host call.
func instanceOf(ctx context.Context) *instance { return ctx.Value(machineKey{}).(*machine).in }

// begin makes ready for the life of in, from an image.
func (m *machine) begin(in *instance, image *Image, seed rng) {
	image.restore(m, seed)
	m.in, m.end = in, ending{}
	in.m = m
	m.next, m.halt = iter.Pull(func(yield func(struct{}) bool) {
		m.yield = yield
		_, err := m.run.Call(m.ctx)
		m.settle(err)
	})
}

// settle notes how a call into the guest has ended.
func (m *machine) settle(err error) {
	if err != nil && !errors.Is(err, errEnded) {
		m.end.err = err
	}
}

// resume runs the guest until it parks, or ends: then ended is true.
func (m *machine) resume() (end ending, ended bool) {
	if _, parked := m.next(); parked {
		return ending{}, false
	}
	return m.end, true
}

// park gives control back to whoever resumed the guest.
func (m *machine) park() {
	if !m.yield(struct{}{}) {
		panic(errEnded)
	}
}

// free ends the life in the machine, wherever it is, and makes the machine ready for another.
func (m *machine) free() {
	m.halt()
	m.in.m, m.in.dead = nil, true
	m.in.turn++ // no wake-up is due any more
	m.in, m.next, m.halt, m.yield = nil, nil, nil, nil
	m.program.release(m)
}

// initialize runs the init functions of a machine that is new.
func (m *machine) initialize(in *instance) error {
	m.in, m.end, in.m = in, ending{}, m
	_, err := m.module.ExportedFunction(initFunction).Call(m.ctx)
	m.settle(err)
	if err == nil {
		return nil
	}
	output := m.program.code.Localize(in.out.String())
	ending := m.end.describe() + " in an init function"
	if words := lastWords(output); words != "" && m.end.kind() == Panicked {
		ending = "in an init function: " + words
	}
	return &LoadError{Verdict: m.end.kind(), Ending: ending, Output: output}
}

// kind is the verdict on a guest that has ended so.
func (e ending) kind() Verdict {
	switch {
	case e.verdict != "":
		return e.verdict
	case e.exited && e.code == goPanic || e.err != nil:
		return Panicked
	default:
		return Exited
	}
}

// goPanic is the exit code of a Go program that panics, or that the runtime ends for an error.
const goPanic = 2

func (e ending) describe() string {
	switch {
	case e.verdict != "":
		return e.text
	case e.err != nil:
		reason, _, _ := strings.Cut(e.err.Error(), "\n") // addresses within the program follow
		return "was stopped: " + reason
	case e.exited && e.code == goPanic:
		return "panicked"
	case e.exited:
		return fmt.Sprintf("called os.Exit(%d)", e.code)
	default:
		return "left its main loop"
	}
}

// memory is the linear memory of a machine. Lives begin with less of it than the life before had in the end,
// while WebAssembly's memory never shrinks: so it counts by itself what the present life has asked for.
type memory struct {
	buf    []byte
	asked  uint64 // bytes, by the present life
	high   uint64 // bytes that may hold something, of any life
	limit  uint64
	refuse func() // called when the limit is exceeded
}

// Reallocate implements experimental.LinearMemory.
func (m *memory) Reallocate(size uint64) []byte {
	asked := m.asked + size - uint64(len(m.buf))
	if m.limit > 0 && asked > m.limit {
		m.refuse()
		return nil
	}
	m.asked = asked
	if want := int(max(asked, uint64(len(m.buf)))); want > cap(m.buf) {
		larger := make([]byte, want, want+want/2)
		copy(larger, m.buf)
		m.buf = larger
	} else {
		m.buf = m.buf[:want]
	}
	m.high = max(m.high, asked)
	return m.buf
}

// Free implements experimental.LinearMemory.
func (m *memory) Free() { m.buf = nil }
