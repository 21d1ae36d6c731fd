package hunt

import (
	"context"
	"runtime"
	"sync"
	"time"

	"raftlab/internal/sim/campaign"
	"raftlab/internal/tester/schedule"
	"raftlab/internal/trace"
)

// A Run makes one run of a schedule, and blocks until that is done. Sinks hear its events. Once ctx is done, what it
// returns says nothing. Runs are made at the same time.
type Run func(ctx context.Context, s schedule.Schedule, sinks ...trace.Sink) campaign.Record

// On returns the Run of a submission in the simulator. Strict is as for raftlab test.
func On(s *campaign.Submission, strict bool) Run {
	return func(ctx context.Context, drawn schedule.Schedule, sinks ...trace.Sink) campaign.Record {
		return campaign.One(ctx, s, Scenario(drawn), drawn.Seed, strict, sinks...)
	}
}

// Plan says which schedules are run.
type Plan struct {
	Seeds campaign.Seeds
	For   time.Duration    // if it is not 0, seeds from the first on are tried for so long, whatever their number
	Draw  schedule.Options // how a seed's schedule is drawn
	Jobs  int              // runs at a time; 0: one for each core
	// KeepGoing goes on after a failure. Else no seed above the lowest that fails counts for anything.
	KeepGoing bool
	// Done is told of each run, one call at a time, in the order in which they end. Nil: nobody is.
	Done func(campaign.Record)
}

// hunter is a hunt under way.
type hunter struct {
	plan  Plan
	began time.Time

	mu    sync.Mutex // guards all below, and calls of plan.Done
	next  int        // the seed to be handed out, counted from the first
	tally *tally
}

// Hunt draws a schedule from each seed of a plan and runs it, until one fails. It returns when that is so and all lower
// seeds have been run, or when the plan is done, or soon after ctx is: then the report is of what was done until then.
func Hunt(ctx context.Context, run Run, p Plan) Report {
	if p.For > 0 {
		p.Seeds.Count = campaign.MaxSeeds
	}
	h := &hunter{plan: p, began: time.Now(), tally: newTally(p.Seeds.Count)}
	next := func() (int, bool) { return h.take(ctx) }
	sideBySide(min(jobs(p.Jobs), p.Seeds.Count), next, func(i int) {
		s := schedule.Random(p.Seeds.At(i), p.Draw)
		if r := run(ctx, s); ctx.Err() == nil {
			h.took(i, Failure{s, r})
		}
	})
	return h.tally.sum(ctx.Err() != nil, time.Since(h.began))
}

// jobs is how many runs are made at a time, where 0 is one for each core.
func jobs(n int) int {
	if n == 0 {
		return runtime.GOMAXPROCS(0)
	}
	return n
}

// take hands out the next seed, if there is one to be run.
func (h *hunter) take(ctx context.Context) (i int, ok bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.next >= h.plan.Seeds.Count || h.next > h.tally.stop || ctx.Err() != nil ||
		h.plan.For > 0 && time.Since(h.began) >= h.plan.For {
		return 0, false
	}
	h.next++
	return h.next - 1, true
}

// took takes in what came of a seed.
func (h *hunter) took(i int, f Failure) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if passed := h.tally.add(i, f); !passed && !h.plan.KeepGoing {
		h.tally.stop = min(h.tally.stop, i)
	}
	if h.plan.Done != nil {
		h.plan.Done(f.Record)
	}
}
