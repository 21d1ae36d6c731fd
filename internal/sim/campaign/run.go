package campaign

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"sync"
	"time"

	"raftlab/internal/sim"
	"raftlab/internal/suite"
	"raftlab/internal/trace"
)

// Plan says what a campaign is.
type Plan struct {
	Scenarios []suite.Scenario
	Seeds     Seeds
	Jobs      int    // runs at a time; 0: one for each core
	Check     bool   // make each run twice and compare
	Strict    bool   // see sim.Job
	Keep      string // a folder for the events and the output of runs that did not pass; "": they are not kept
	// Began and Done are told of each run, one call at a time. Nil: nobody is.
	Began func(suite.Scenario)
	Done  func(Record)
}

// Record is what came of one run.
type Record struct {
	Scenario suite.Scenario
	Seed     uint64
	sim.Result
	Real time.Duration // that it took, once
	Kept string        // the file with its report, if that was kept
}

// task is a run to be made.
type task struct {
	scenario suite.Scenario
	seed     uint64
}

// Run makes all runs of a plan, one scenario after the other, and sums up. It returns when they are done, or
// soon after ctx is: then the summary is of what was done until then.
func Run(ctx context.Context, s *Submission, p Plan) Summary {
	if p.Jobs == 0 {
		p.Jobs = runtime.GOMAXPROCS(0)
	}
	// Nearly all memory is that of peers, which is dear to have twice and costs the collector nothing to look at.
	defer debug.SetGCPercent(debug.SetGCPercent(40))
	began := time.Now()
	if _, err := os.Stat(p.Keep); p.Keep != "" && errors.Is(err, os.ErrNotExist) {
		defer os.Remove(p.Keep) // which fails if something was kept
	}
	tally := newTally(p)
	tasks := make(chan task)
	var mu sync.Mutex // one report at a time
	var workers sync.WaitGroup
	for range min(p.Jobs, p.Seeds.Count*len(p.Scenarios)) {
		workers.Go(func() {
			for t := range tasks {
				mu.Lock()
				if p.Began != nil {
					p.Began(t.scenario)
				}
				mu.Unlock()
				r := s.try(ctx, p, t)
				mu.Lock()
				if ctx.Err() == nil { // what was given up half way has no result
					tally.add(r)
					if p.Done != nil {
						p.Done(r)
					}
				}
				mu.Unlock()
			}
		})
	}
	p.hand(ctx, tasks)
	workers.Wait()
	return tally.sum(ctx.Err() != nil, time.Since(began))
}

// hand hands out all tasks.
func (p Plan) hand(ctx context.Context, tasks chan<- task) {
	defer close(tasks)
	for _, scenario := range p.Scenarios {
		for i := range p.Seeds.Count {
			select {
			case tasks <- task{scenario, p.Seeds.At(i)}:
			case <-ctx.Done():
				return
			}
		}
	}
}

// try makes one run, with all that the plan asks for.
func (s *Submission) try(ctx context.Context, p Plan, t task) Record {
	r := Record{Scenario: t.scenario, Seed: t.seed}
	keeper, err := newKeeper(p.Keep, t)
	if err != nil {
		r.Result = broken(err.Error())
		return r
	}
	began := time.Now()
	r.Result = s.simulate(ctx, t, p.Strict, keeper.sinks()...)
	r.Real = time.Since(began)
	if p.Check && ctx.Err() == nil {
		if again := s.simulate(ctx, t, p.Strict); !same(r.Result, again) && ctx.Err() == nil {
			r.Result = differs(r.Result, again)
		}
	}
	if r.Kept, err = keeper.close(r, ctx.Err() == nil && r.Verdict != sim.Passed); err != nil {
		r.Result = broken(err.Error())
	}
	return r
}

// simulate makes one run. A panic on the way is a fault of the simulator's.
func (s *Submission) simulate(ctx context.Context, t task, strict bool, sinks ...trace.Sink) (r sim.Result) {
	if s.broken != nil {
		r.Verdict, r.Peer, r.Detail = s.broken.Verdict, "every peer", s.broken.Ending
		r.Output = map[string]string{"every peer": s.broken.Output}
		return r
	}
	defer func() {
		if p := recover(); p != nil {
			r = broken(fmt.Sprintf("the simulator panicked: %v\n%s", p, debug.Stack()))
		}
	}()
	return sim.Run(ctx, sim.Job{Program: s.program, Scenario: t.scenario, Seed: t.seed, Strict: strict,
		Odds: odds(t.seed), Pause: pause(t.seed), Limits: s.limits, Sinks: sinks})
}

// odds is how often, under a seed, goroutines give way to others where they need not: one seed in four leaves them
// alone, the others do it ever more often. A bug that shows only among few interruptions is found as well
// as one that needs many.
func odds(seed uint64) uint32 { return [...]uint32{0, 1000, 200, 40}[seed%4] }

// pause is how long they stay away then, at most, under a seed: in every fourth four seeds long enough for messages to go
// to and fro meanwhile. What takes something for done that another goroutine is yet to do shows there.
func pause(seed uint64) time.Duration {
	if seed/4%4 == 3 {
		return 5 * time.Millisecond
	}
	return 0 // the usual
}

// same says whether two results are of the same run.
func same(a, b sim.Result) bool {
	return a.Hash == b.Hash && a.Events == b.Events && a.Verdict == b.Verdict && a.Steps == b.Steps
}

// differs is the result of two runs that should have been the same.
func differs(a, b sim.Result) sim.Result {
	r := broken(fmt.Sprintf("two runs of one seed differ: %s, then %s", fingerprint(a), fingerprint(b)))
	r.Result, r.Output, r.Steps = a.Result, a.Output, a.Steps
	return r
}

func fingerprint(r sim.Result) string {
	return fmt.Sprintf("%s with %d events, %d steps, hash %016x", r.Verdict, r.Events, r.Steps, r.Hash)
}

// broken is a result that says nothing of the submission.
func broken(why string) sim.Result {
	return sim.Result{Verdict: sim.Infrastructure, Peer: "the simulation", Detail: why}
}

// One makes one run, without a plan: of a scenario that no registry holds, say. Sinks hear its events. Once ctx is
// done the record says nothing of the submission.
func One(ctx context.Context, s *Submission, scenario suite.Scenario, seed uint64, strict bool,
	sinks ...trace.Sink) Record {
	r := Record{Scenario: scenario, Seed: seed}
	began := time.Now()
	r.Result = s.simulate(ctx, task{scenario, seed}, strict, sinks...)
	r.Real = time.Since(began)
	return r
}

// Replay makes the same run twice and returns both results, with sinks to hear the first, and whether they
// are the same, event for event. An error is ctx's.
func Replay(ctx context.Context, s *Submission, scenario suite.Scenario, seed uint64, strict bool,
	sinks ...trace.Sink) (first Record, again sim.Result, equal bool, err error) {
	first = One(ctx, s, scenario, seed, strict, sinks...)
	if ctx.Err() == nil {
		again = s.simulate(ctx, task{scenario, seed}, strict)
	}
	return first, again, same(first.Result, again), ctx.Err()
}
