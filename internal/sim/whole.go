package sim

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"time"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/experimental"
)

// Whole is a program that is its own world, as `go test -c` makes one: it runs as one instance, in virtual time, without
// peers or a network of the host's. It is safe for concurrent use.
type Whole struct{ program Program }

// WholeJob is one run of a Whole.
type WholeJob struct {
	Args   []string // after the program's name
	Seed   uint64
	Output io.Writer // hears all that the program prints; nil: nobody does
	Limits Limits
	Time   time.Duration // that the run may take, on its own clock; 0: an hour
	Odds   uint32        // as in a Job
}

// WholeResult is what came of a run. Exited is the verdict on a program that has ended with a code other than 0, or 2,
// which is Go's for a panic.
type WholeResult struct {
	Verdict Verdict
	Detail  string
	Elapsed time.Duration // on the program's clock
	Output  string        // a long one without its middle
}

// LoadWhole compiles a program that was built for wasip1 as a command (build.Spec.Tests), as Load does.
func LoadWhole(ctx context.Context, code Code, cacheDir string) (*Whole, error) {
	w := &Whole{}
	module, _, err := prepare(code.Wasm)
	if err != nil {
		return nil, err
	}
	if err := w.program.compile(ctx, module, code, cacheDir); err != nil {
		return nil, err
	}
	return w, nil
}

// Close frees what the program holds. No run of it may be under way.
func (w *Whole) Close() error { return w.program.Close() }

// Run runs the program. It blocks until that has ended, or ctx has.
func (w *Whole) Run(ctx context.Context, job WholeJob) WholeResult {
	if job.Time == 0 {
		job.Time = time.Hour
	}
	alone := &loner{engine: &engine{ctx: ctx}}
	in := &instance{engine: alone.engine, host: alone, who: "the program", node: -1, args: job.Args, odds: job.Odds,
		limits: job.Limits.orDefault(), rng: mix(job.Seed), due: never}
	in.began, in.out.all = int64(in.rng.next()%mostOffset)+1, job.Output
	m, err := w.start(in)
	if err != nil {
		return WholeResult{Verdict: Infrastructure, Detail: err.Error()}
	}
	in.wakeAt(0)
	for !in.dead && ctx.Err() == nil && alone.now <= job.Time && alone.step() {
	}
	r := alone.judge(in, job)
	m.halt()
	if err := m.module.Close(context.WithoutCancel(ctx)); err != nil && r.Verdict == Passed {
		r = WholeResult{Verdict: Infrastructure, Detail: err.Error()}
	}
	r.Elapsed, r.Output = max(alone.now, in.local), w.program.code.Localize(in.out.String())
	return r
}

// start makes a machine that an instance is about to begin its life in.
func (w *Whole) start(in *instance) (*machine, error) {
	m := &machine{program: &w.program, memory: &memory{limit: in.limits.Memory}, in: in}
	in.m, m.ctx = m, machineContext{w.program.ctx, m}
	m.memory.refuse = func() {
		m.end = ending{verdict: MemoryLimit,
			text: fmt.Sprintf("asked for more than %d MB of memory", m.memory.limit>>20)}
	}
	ctx := experimental.WithMemoryAllocator(w.program.ctx, experimental.MemoryAllocatorFunc(
		func(_, _ uint64) experimental.LinearMemory { return m.memory }))
	module, err := w.program.runtime.InstantiateModule(ctx, w.program.compiled,
		wazero.NewModuleConfig().WithName("").WithStartFunctions())
	if err != nil {
		return nil, fmt.Errorf("sim: make an instance of the program: %w", err)
	}
	m.module, m.run = module, module.ExportedFunction("_start")
	if m.run == nil {
		return nil, errors.New("sim: the program exports no _start: build it as a command")
	}
	m.next, m.halt = iter.Pull(func(yield func(struct{}) bool) {
		m.yield = yield
		_, err := m.run.Call(m.ctx)
		m.settle(err)
	})
	return m, nil
}

// loner is the host of a program without peers: it hears of its end, and of nothing else.
type loner struct {
	*engine
	guestHost
	end ending
}

// ended implements guestHost.
func (l *loner) ended(_ *instance, e ending) { l.end = e }

// judge says how a run has ended.
func (l *loner) judge(in *instance, job WholeJob) WholeResult {
	e, code := l.end, in.m.program.code
	switch {
	case l.ctx.Err() != nil:
		return WholeResult{Verdict: Infrastructure, Detail: "was given up: " + l.ctx.Err().Error()}
	case !in.dead && l.now > job.Time:
		return WholeResult{Verdict: TimeLimit, Detail: fmt.Sprintf("did not end within %v of simulated time", job.Time)}
	case !in.dead:
		return WholeResult{Verdict: Deadlocked, Detail: "waits for what cannot come"}
	case e.exited && e.code == 0 && e.verdict == "":
		return WholeResult{Verdict: Passed}
	}
	detail := e.describe()
	if in.site != 0 && code.Place != nil && e.kind() == CPULimit {
		detail += ", last at " + code.Place(in.site)
	}
	return WholeResult{Verdict: e.kind(), Detail: detail}
}
