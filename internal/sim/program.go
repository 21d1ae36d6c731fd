package sim

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
	"github.com/tetratelabs/wazero/experimental"

	"raftlab/internal/sim/build"
)

// Functions and modules by which a host and a guest know each other.
const (
	hostModule   = "raftlab"
	initFunction = "_initialize" // of a program built as a library
	mainFunction = "run"
)

// Program is a submission, compiled. It is safe for concurrent use.
type Program struct {
	runtime  wazero.Runtime
	cache    wazero.CompilationCache // which owns the machine code; nil: the runtime does
	compiled wazero.CompiledModule
	ctx      context.Context
	code     Code
	globals  int

	mu       sync.Mutex // guards all below
	machines []*machine // that are free
	images   map[uint64]*Image
	noise    []span // of all images: the memory of Go's random number generator
	first    []byte // memory of the first image, most of which is the same in all
}

// LoadError says that a submission does not get as far as its first peer.
type LoadError struct {
	Verdict Verdict // Panicked, Exited, CPULimit and so on
	Ending  string  // how it ended, in several lines
	Output  string  // what it has printed
}

// Error implements error.
func (e *LoadError) Error() string {
	return fmt.Sprintf("sim: begin the program: %s: it %s", e.Verdict, e.Ending)
}

// Code is a program that was built around a student's packages: package main in internal/sim/guest, as a library
// (build.Spec.Reactor).
type Code struct {
	Wasm     []byte
	Env      []string                  // what it needs in its environment, as KEY=value
	Place    func(site uint32) string  // the source line of a site of package meter; nil: not known
	Localize func(trace string) string // makes the names of files in a trace the student's own; nil: they are
}

// CodeOf returns the code of a module that package build has built.
func CodeOf(m build.Module) (Code, error) {
	wasm, err := m.Bytes()
	return Code{
		Wasm: wasm,
		Env:  m.Env,
		Place: func(id uint32) string {
			if site, known := m.Site(id); known {
				return site.String()
			}
			return ""
		},
		Localize: func(trace string) string { return m.Localize(trace, "") },
	}, err
}

// Load compiles a program. With a cacheDir it keeps the result there, for the next time; processes may share it. It
// blocks for some seconds if the program is new. A *LoadError is the submission's own; any other is one of
// infrastructure.
func Load(ctx context.Context, code Code, cacheDir string) (*Program, error) {
	module, globals, err := prepare(code.Wasm)
	if err != nil {
		return nil, err
	}
	p := &Program{globals: globals, images: map[uint64]*Image{}}
	if err = p.compile(ctx, module, code, cacheDir); err == nil {
		err = p.findNoise()
	}
	if err != nil {
		_ = p.Close() // why it cannot be used is worth more
		return nil, err
	}
	return p, nil
}

// compile compiles a module and defines what it imports.
func (p *Program) compile(ctx context.Context, module []byte, code Code, cacheDir string) (err error) {
	config := wazero.NewRuntimeConfigCompiler()
	if cacheDir != "" {
		if p.cache, err = wazero.NewCompilationCacheWithDir(cacheDir); err != nil {
			return fmt.Errorf("sim: open the cache of compiled programs: %w", err)
		}
		config = config.WithCompilationCache(p.cache)
	}
	if code.Localize == nil {
		code.Localize = func(trace string) string { return trace }
	}
	code.Wasm = nil // compiled below, and large
	p.ctx, p.code = context.WithoutCancel(ctx), code
	p.runtime = wazero.NewRuntimeWithConfig(ctx, config)
	const workers = 4
	p.compiled, err = p.runtime.CompileModule(experimental.WithCompilationWorkers(ctx, workers), module)
	if err != nil {
		return fmt.Errorf("sim: compile the program: %w", err)
	}
	if err = defineSystemCalls(ctx, p.runtime, p.compiled.ImportedFunctions()); err != nil {
		return err
	}
	return defineHostCalls(ctx, p.runtime)
}

// Close frees what the program holds. No simulation of it may be running.
func (p *Program) Close() error {
	var err error
	if p.runtime != nil {
		err = p.runtime.Close(p.ctx)
	}
	if p.cache != nil {
		err = errors.Join(err, p.cache.Close(p.ctx))
	}
	if err != nil {
		return fmt.Errorf("sim: close the program: %w", err)
	}
	return nil
}

// acquire returns a machine that nobody uses.
func (p *Program) acquire() (*machine, error) {
	p.mu.Lock()
	if last := len(p.machines) - 1; last >= 0 {
		m := p.machines[last]
		p.machines = p.machines[:last]
		p.mu.Unlock()
		return m, nil
	}
	p.mu.Unlock()
	return p.newMachine()
}

func (p *Program) release(m *machine) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.machines = append(p.machines, m)
}

func (p *Program) newMachine() (*machine, error) {
	m := &machine{program: p, memory: &memory{}}
	m.ctx = machineContext{p.ctx, m}
	m.memory.refuse = func() {
		m.end = ending{verdict: MemoryLimit,
			text: fmt.Sprintf("asked for more than %d MB of memory", m.memory.limit>>20)}
	}
	ctx := experimental.WithMemoryAllocator(p.ctx, experimental.MemoryAllocatorFunc(
		func(_, _ uint64) experimental.LinearMemory { return m.memory }))
	config := wazero.NewModuleConfig().WithName("").WithStartFunctions()
	module, err := p.runtime.InstantiateModule(ctx, p.compiled, config)
	if err != nil {
		return nil, fmt.Errorf("sim: make an instance of the program: %w", err)
	}
	m.module = module
	m.run = module.ExportedFunction(mainFunction)
	if m.run == nil || module.ExportedFunction(initFunction) == nil {
		return nil, fmt.Errorf("sim: the program does not export %s and %s: build it with -buildmode=c-shared",
			initFunction, mainFunction)
	}
	for i := range p.globals {
		g, is := module.ExportedGlobal(globalName(i)).(api.MutableGlobal)
		if !is {
			return nil, errBinary
		}
		m.globals = append(m.globals, g)
	}
	return m, nil
}

// Image is the state of a program whose init functions have run.
type Image struct {
	size    uint64
	runs    []run
	globals []uint64
	noise   []span
	clock   int64 // what the guest's clock shows
}

// run is a piece of memory that is not all zeros.
type run struct {
	at   uint64
	data []byte
}

// span is a piece of memory.
type span struct{ at, size uint64 }

// image returns the state that the key-th of several peers starts from. Each peer has its own, so that what
// a submission's init functions draw by chance, or from the time, is not the same for all; but another
// simulation's key-th peer has it too.
func (p *Program) image(key uint64) (*Image, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if image := p.images[key]; image != nil {
		return image, nil
	}
	image, err := p.makeImage(mix(key))
	if err != nil {
		return nil, err
	}
	image.noise = p.noise
	p.images[key] = image
	return image, nil
}

// makeImage runs the init functions on a new machine.
func (p *Program) makeImage(seed rng) (*Image, error) {
	m, err := p.newMachine()
	if err != nil {
		return nil, err
	}
	defer m.module.Close(p.ctx)
	const start = 1_000_000_000 // no clock shows 0
	in := &instance{m: m, rng: seed, began: start, due: never, limits: initLimits()}
	m.memory.limit = in.limits.Memory
	if err = m.initialize(in); err != nil {
		return nil, err
	}
	image := &Image{size: uint64(len(m.memory.buf)), clock: in.clock()}
	image.runs = p.runs(m.memory.buf)
	for _, g := range m.globals {
		image.globals = append(image.globals, g.Get())
	}
	return image, nil
}

// runs returns what of a memory is not all zeros. Pages that are those of the first image share its memory.
func (p *Program) runs(memory []byte) []run {
	const page = 4096
	if p.first == nil {
		p.first = bytes.Clone(memory)
	}
	zeros := make([]byte, page)
	var runs []run
	joins := false // the last run is of the first image, and ends where the next page begins
	for at := 0; at < len(memory); at += page {
		end := min(at+page, len(memory))
		switch piece := memory[at:end]; {
		case bytes.Equal(piece, zeros):
			joins = false
		case end > len(p.first) || !bytes.Equal(piece, p.first[at:end]):
			runs = append(runs, run{uint64(at), bytes.Clone(piece)})
			joins = false
		case joins:
			last := &runs[len(runs)-1]
			last.data = p.first[last.at:end]
		default:
			runs = append(runs, run{uint64(at), p.first[at:end]})
			joins = true
		}
	}
	return runs
}

// restore makes a machine's state that of the image, with a random number generator of the life's own.
func (i *Image) restore(m *machine, seed rng) {
	const page = 1 << 16
	if missing := int(i.size) - len(m.memory.buf); missing > 0 {
		m.module.Memory().Grow(uint32(missing / page))
	}
	buf, at := m.memory.buf, uint64(0)
	for _, r := range i.runs {
		clear(buf[at:r.at])
		copy(buf[r.at:], r.data)
		at = r.at + uint64(len(r.data))
	}
	clear(buf[at:max(m.memory.high, i.size)])
	m.memory.asked, m.memory.high = i.size, i.size
	for g, value := range i.globals {
		m.globals[g].Set(value)
	}
	for _, s := range i.noise {
		for b := s.at; b < s.at+s.size; b++ {
			buf[b] = byte(seed.next() >> 32)
		}
	}
}
