// Package runner runs tests of the lab many times, side by side, each run with a seed of its own: what
// stands behind test-runner.sh. It reads that command's arguments, leaves runs in the simulator to whoever calls it,
// and makes those in real time.
//
// In real time the test programs are compiled once. Each run is a process of its own, in an empty folder, running one
// test of one program with RAFTLAB_SEED set. A run passes when its process says so in words and ends
// cleanly; whatever else happens to it (a time-out, a panic, an exit without a verdict) is a failure, and
// its output is kept.
package runner

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"
	"time"
)

// The exit statuses of Main.
const (
	Passed      = 0
	Failed      = 1
	Unusable    = 2   // wrong arguments, no such test, tests that do not compile, no room on the disk
	Interrupted = 130 // as shells report it
)

// Main does what the command line args ask for until it is done or ctx is cancelled, and returns the exit
// status: what is to run in real time by itself, the rest by simulate. It writes to out what the runs give and
// to errs why there could be none; live says that out is a terminal.
func Main(ctx context.Context, args []string, out, errs io.Writer, live bool, simulate func(Options) int) int {
	o, err := Parse(args)
	if err != nil {
		if !errors.Is(err, flag.ErrHelp) {
			fmt.Fprintf(errs, "test-runner: %v\n\n", err)
			out = errs
		}
		fmt.Fprintf(out, Usage, defaultParallel(false, false), defaultParallel(true, false),
			defaultParallel(true, true))
		if errors.Is(err, flag.ErrHelp) {
			return Passed
		}
		return Unusable
	}
	if !o.Real {
		return simulate(o)
	}
	failed, err := Run(ctx, o, out, live)
	switch {
	case ctx.Err() != nil:
		fmt.Fprintln(errs, "test-runner: interrupted")
		return Interrupted
	case err != nil:
		fmt.Fprintf(errs, "test-runner: %v\n", err)
		return Unusable
	case failed > 0:
		return Failed
	}
	return Passed
}

// Run compiles, runs in real time and reports to out. It returns how many runs failed; the error says why not all of
// them could be made, the context's own when it was cancelled.
func Run(ctx context.Context, o Options, out io.Writer, live bool) (failed int, err error) {
	tmp, err := os.MkdirTemp("", "raftlab-runs-")
	if err != nil {
		return 0, err
	}
	defer os.RemoveAll(tmp)
	if tmp, err = filepath.Abs(tmp); err != nil {
		return 0, err
	}
	programs, err := compile(ctx, o, tmp)
	if err != nil {
		return 0, err
	}
	tests, err := match(ctx, o, programs, tmp)
	if err != nil {
		return 0, err
	}
	fmt.Fprintf(out, "%d tests, %d runs of each, %d at a time, base seed %d\n", len(tests), o.Runs, o.Parallel, o.Seed)
	p := newReport(out, live, o, tests)
	err = runAll(ctx, o, tests, tmp, p)
	p.finish()
	return len(p.fails), err
}

// outcome is what became of one run.
type outcome struct {
	result
	err error
}

// runAll makes all runs, first one of each test, then the second of each, and so on. The first run that
// cannot be made ends it.
func runAll(ctx context.Context, o Options, tests []test, tmp string, p *report) error {
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	outcomes := make(chan outcome)
	next := make(chan int) // numbers of runs, from 0
	go func() {
		defer close(next)
		for i := range o.Runs * len(tests) {
			select {
			case next <- i:
			case <-ctx.Done():
				return
			}
		}
	}()
	var workers sync.WaitGroup
	for range min(o.Parallel, o.Runs*len(tests)) {
		workers.Go(func() {
			for i := range next {
				t := tests[i%len(tests)]
				r, err := runOne(ctx, o, t, seedOf(o.Seed, t.name, i/len(tests)), tmp)
				outcomes <- outcome{r, err}
			}
		})
	}
	go func() {
		workers.Wait()
		close(outcomes)
	}()

	between := 30 * time.Second
	if p.live {
		between = 200 * time.Millisecond
		p.progress()
	}
	tick := time.NewTicker(between)
	defer tick.Stop()
	for {
		select {
		case got, more := <-outcomes:
			switch {
			case !more:
				return context.Cause(ctx)
			case got.err != nil:
				stop(got.err)
			default:
				p.add(got.result)
			}
		case <-tick.C:
			p.progress()
		}
	}
}
