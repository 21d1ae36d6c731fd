package sim

import (
	"context"
	"encoding/binary"
	"fmt"
	"time"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
)

// wasiModule is the name of the module that Go's wasip1 port imports its system calls from.
const wasiModule = "wasi_snapshot_preview1"

// Answers of system calls (WASI's errno).
const (
	errnoSuccess = 0
	errnoBadFile = 8
)

// systemCalls are those that a Go program needs and the sandbox has. All others answer that there is no such
// file. An i32 parameter's upper half is undefined on the stack, so each is cut to 32 bits.
var systemCalls = map[string]func(in *instance, mem api.Memory, p []uint64) uint64{
	"args_get":            argsGet,
	"args_sizes_get":      argsSizesGet,
	"environ_get":         environGet,
	"environ_sizes_get":   environSizesGet,
	"clock_time_get":      clockTimeGet,
	"random_get":          randomGet,
	"poll_oneoff":         pollOneoff,
	"fd_read":             fdRead,
	"fd_write":            fdWrite,
	"fd_close":            func(*instance, api.Memory, []uint64) uint64 { return errnoSuccess },
	"fd_fdstat_get":       fdStatGet,
	"fd_fdstat_set_flags": func(*instance, api.Memory, []uint64) uint64 { return errnoSuccess },
	yieldName:             schedYield,
	"proc_exit":           procExit,
}

// defineSystemCalls gives the runtime a WASI module with every function of it that the program imports.
func defineSystemCalls(ctx context.Context, r wazero.Runtime, imports []api.FunctionDefinition) error {
	b := r.NewHostModuleBuilder(wasiModule)
	for _, f := range imports {
		module, name, _ := f.Import()
		if module != wasiModule {
			continue
		}
		call, has := systemCalls[name]
		if !has {
			call = func(*instance, api.Memory, []uint64) uint64 { return errnoBadFile }
		}
		returns := len(f.ResultTypes()) > 0
		b.NewFunctionBuilder().WithGoModuleFunction(api.GoModuleFunc(
			func(ctx context.Context, mod api.Module, stack []uint64) {
				result := call(instanceOf(ctx), mod.Memory(), stack)
				if returns {
					stack[0] = result
				}
			}), f.ParamTypes(), f.ResultTypes()).Export(name)
	}
	if _, err := b.Instantiate(ctx); err != nil {
		return fmt.Errorf("sim: define the system calls: %w", err)
	}
	return nil
}

// arguments are the words of the command line.
func arguments(in *instance) []string { return append([]string{"peer"}, in.args...) }

// environment is what a guest sees of it, and nothing of the host's. The garbage collector is told to let the
// heap of a peer, which is small, grow to some tens of megabytes before it looks for what to free.
func environment(in *instance) []string {
	return append([]string{"GOGC=200"}, in.m.program.code.Env...)
}

func argsSizesGet(in *instance, mem api.Memory, p []uint64) uint64 {
	return putSizes(mem, p, arguments(in))
}

func argsGet(in *instance, mem api.Memory, p []uint64) uint64 {
	return putStrings(mem, p, arguments(in))
}

func environSizesGet(in *instance, mem api.Memory, p []uint64) uint64 {
	return putSizes(mem, p, environment(in))
}

func environGet(in *instance, mem api.Memory, p []uint64) uint64 {
	return putStrings(mem, p, environment(in))
}

func putSizes(mem api.Memory, p []uint64, list []string) uint64 {
	size := 0
	for _, s := range list {
		size += len(s) + 1
	}
	mem.WriteUint32Le(uint32(p[0]), uint32(len(list)))
	mem.WriteUint32Le(uint32(p[1]), uint32(size))
	return errnoSuccess
}

func putStrings(mem api.Memory, p []uint64, list []string) uint64 {
	pointers, text := uint32(p[0]), uint32(p[1])
	for _, s := range list {
		mem.WriteUint32Le(pointers, text)
		mem.WriteString(text, s+"\x00")
		pointers += 4
		text += uint32(len(s)) + 1
	}
	return errnoSuccess
}

// epoch is the time of day at which every simulation begins: the first of January 2026, UTC.
const epoch = 1_767_225_600_000_000_000

func clockTimeGet(in *instance, mem api.Memory, p []uint64) uint64 {
	const realtime = 0
	now := in.clock()
	if uint32(p[0]) == realtime {
		now += epoch
	}
	mem.WriteUint64Le(uint32(p[2]), uint64(now))
	return errnoSuccess
}

func randomGet(in *instance, mem api.Memory, p []uint64) uint64 {
	buf, ok := mem.Read(uint32(p[0]), uint32(p[1]))
	if !ok {
		return errnoBadFile
	}
	for len(buf) > 0 {
		var word [8]byte
		binary.LittleEndian.PutUint64(word[:], in.rng.next())
		buf = buf[copy(buf, word[:]):]
	}
	return errnoSuccess
}

// schedYield is what loops of code that is not instrumented call (turns.go).
func schedYield(in *instance, _ api.Memory, _ []uint64) uint64 {
	in.compute(turnsEach * costTurn)
	return errnoSuccess
}

func procExit(in *instance, _ api.Memory, p []uint64) uint64 {
	if in.m.end.verdict == "" { // a program that was refused memory ends itself
		in.m.end = ending{exited: true, code: int(int32(p[0]))}
	}
	panic(errEnded)
}

// fdStatGet describes a file. Standard input is said not to block, so that a reader of it waits in
// poll_oneoff.
func fdStatGet(_ *instance, mem api.Memory, p []uint64) uint64 {
	const (
		stdin, stderr   = 0, 2
		characterDevice = 2
		nonblock        = 4
	)
	fd := uint32(p[0])
	if fd > stderr {
		return errnoBadFile
	}
	var stat [24]byte // type, flags, rights, inherited rights
	stat[0] = characterDevice
	if fd == stdin {
		stat[2] = nonblock
	}
	binary.LittleEndian.PutUint64(stat[8:], 1<<30-1)
	mem.Write(uint32(p[1]), stat[:])
	return errnoSuccess
}

// fdRead says that there is nothing more to read. Frames arrive on standard input, but are not read from it.
func fdRead(_ *instance, mem api.Memory, p []uint64) uint64 {
	mem.WriteUint32Le(uint32(p[3]), 0)
	return errnoSuccess
}

func fdWrite(in *instance, mem api.Memory, p []uint64) uint64 {
	const stdout, stderr = 1, 2
	if fd := uint32(p[0]); fd != stdout && fd != stderr {
		return errnoBadFile
	}
	vectors, count, written := uint32(p[1]), uint32(p[2]), uint32(0)
	for i := range count {
		at, _ := mem.ReadUint32Le(vectors + 8*i)
		size, _ := mem.ReadUint32Le(vectors + 8*i + 4)
		text, ok := mem.Read(at, size)
		if !ok {
			return errnoBadFile
		}
		in.out.write(text)
		written += size
	}
	mem.WriteUint32Le(uint32(p[3]), written)
	if in.out.size > in.limits.Output {
		in.exceed(OutputLimit, fmt.Sprintf("has printed more than %d bytes", in.limits.Output))
	}
	in.spend(costWrite + time.Duration(written)*costByte)
	return errnoSuccess
}

// pollOneoff is where a guest waits when all its goroutines do: for the next timer, for a frame, or both. Layouts
// are WASI's: a subscription has 48 bytes, an event 32.
func pollOneoff(in *instance, mem api.Memory, p []uint64) uint64 {
	const (
		subscriptionSize, eventSize = 48, 32
		clockEvent, readEvent       = 0, 1
	)
	subs, events := uint32(p[0]), uint32(p[1])
	raw, ok := mem.Read(subs, uint32(p[2])*subscriptionSize)
	if !ok {
		return errnoBadFile
	}
	until, hears, poll := never, false, false
	for s := raw; len(s) > 0; s = s[subscriptionSize:] {
		switch s[8] {
		case clockEvent:
			timeout := binary.LittleEndian.Uint64(s[24:])
			poll = poll || timeout == 0
			until = min(until, in.after(timeout))
		case readEvent:
			hears = hears || binary.LittleEndian.Uint32(s[16:]) == 0
		}
	}
	if !poll && !(hears && len(in.inbox) > 0) {
		in.idle(until, hears)
		raw, _ = mem.Read(subs, uint32(p[2])*subscriptionSize)
	}
	ready := uint32(0)
	for s := raw; len(s) > 0; s = s[subscriptionSize:] {
		kind := s[8]
		if kind == clockEvent && in.local < until && !poll || kind == readEvent && len(in.inbox) == 0 {
			continue
		}
		var ev [eventSize]byte
		copy(ev[:8], s[:8]) // the subscription's own mark
		ev[10] = kind
		ev[16] = 1 // bytes to read, or so
		mem.Write(events+ready*eventSize, ev[:])
		ready++
	}
	mem.WriteUint32Le(uint32(p[3]), ready)
	return errnoSuccess
}
