package hunt

import (
	"context"
	"sync"
	"time"

	"raftlab/internal/sim"
	"raftlab/internal/sim/campaign"
	"raftlab/internal/tester/schedule"
)

// Effort is how hard to shrink.
type Effort struct {
	Runs int // at most; 0: DefaultRuns
	Jobs int // runs at a time; 0: one for each core
	// Better is told of each smaller schedule that still fails, and of the runs made so far. Nil: nobody is.
	Better func(s schedule.Schedule, runs int)
}

// DefaultRuns is how many runs a shrinking may take. Few take half of it.
const DefaultRuns = 1000

// Shrunk is what shrinking came to.
type Shrunk struct {
	Failure      // the smallest that was found
	Steps   int  // that the schedule had before
	Runs    int  // that it took, those made ahead in vain not counted
	Spent   bool // the runs allowed were used up: a smaller one may well exist
	Real    time.Duration
}

// shrinker is a shrinking under way.
type shrinker struct {
	run    Run
	effort Effort
	kind   string // what a candidate must fail with
	best   Failure
	runs   int
	known  map[string]*attempt // by script
}

// attempt is what came of a candidate.
type attempt struct {
	failed  bool // in the wanted way
	counted bool
	record  campaign.Record
}

// Shrink looks for a smaller schedule that fails in the same way as f: with the same verdict, of the same invariant,
// with a message of the same shape. It leaves out steps, then makes the workload, the cluster and the times smaller and
// rounder, again and again until nothing helps. Other seeds are tried along with the one that failed: to leave out
// even an idle step changes what all messages after it meet, and with another seed the same mistake may show
// again. What it finds depends on f and the number of runs allowed alone. Once ctx is done it returns the best so far.
func Shrink(ctx context.Context, run Run, f Failure, e Effort) Shrunk {
	e.Jobs = jobs(e.Jobs)
	if e.Runs == 0 {
		e.Runs = DefaultRuns
	}
	began := time.Now()
	s := &shrinker{run: run, effort: e, kind: kindOf(f.Record.Result), best: f, known: map[string]*attempt{}}
	if f.Record.Verdict != sim.Passed && f.Record.Verdict != sim.Infrastructure {
		s.shrink(ctx)
	}
	return Shrunk{Failure: s.best, Steps: len(f.Schedule.Steps), Runs: s.runs, Spent: s.spent(),
		Real: time.Since(began)}
}

func (s *shrinker) spent() bool { return s.runs >= s.effort.Runs }

// shrink goes through all ways to make a schedule smaller until none does: first what makes runs cheaper, last what
// only makes the script easier to read.
func (s *shrinker) shrink(ctx context.Context) {
	rounds := []func(){
		func() { s.fewerSteps(ctx, 1) },
		func() { s.simplify(ctx, lessWork, fewerPeers, earlier) },
		func() { s.fewerSteps(ctx, fewSeeds) },
		func() { s.fewerSteps(ctx, manySeeds) },
		func() { s.simplify(ctx, simplerSteps, simplerTimes) },
	}
	for i := 0; i < len(rounds) && ctx.Err() == nil && !s.spent(); {
		before := s.best.Schedule.String()
		rounds[i]()
		if s.best.Schedule.String() == before {
			i++
		} else if i > 0 {
			i = 1 // the others may help again
		}
	}
}

// simplify goes some ways as long as they lead anywhere.
func (s *shrinker) simplify(ctx context.Context, ways ...way) {
	for _, way := range ways {
		for s.first(ctx, way(s.best.Schedule), 1) >= 0 {
		}
	}
}

// With how many seeds a candidate is tried: its own, and small ones.
const (
	fewSeeds  = 4
	manySeeds = 12
)

// fewerSteps leaves out steps: all of them, half, quarters, single ones.
func (s *shrinker) fewerSteps(ctx context.Context, seeds int) {
	for size := len(s.best.Schedule.Steps); size > 0; size /= 2 {
		for at := 0; at < len(s.best.Schedule.Steps); {
			// All candidates from here on are one batch; the next goes on where a chunk fell out.
			steps := s.best.Schedule.Steps
			var without []schedule.Schedule
			var ats []int
			for from := at; from < len(steps); from += size {
				without = append(without, leaveOut(s.best.Schedule, from, min(from+size, len(steps))))
				ats = append(ats, from)
			}
			i := s.first(ctx, without, seeds)
			if i < 0 {
				break
			}
			at = ats[i]
		}
	}
}

// leaveOut returns s without the steps [from, to).
func leaveOut(s schedule.Schedule, from, to int) schedule.Schedule {
	steps := make([]schedule.Step, 0, len(s.Steps))
	steps = append(steps, s.Steps[:from]...)
	s.Steps = append(steps, s.Steps[to:]...)
	return s
}

// first takes the first of the candidates that fails, with one of so many seeds, for the best so far, and returns which
// it is; -1 if none does. Candidates that are no valid schedules do not count.
func (s *shrinker) first(ctx context.Context, candidates []schedule.Schedule, seeds int) int {
	var all []schedule.Schedule
	var which []int
	for i, c := range candidates {
		if c.Validate() != nil {
			continue
		}
		for k := range seeds {
			if k > 0 {
				c.Seed = uint64(k)
			}
			if k == 0 || c.Seed != candidates[i].Seed {
				all, which = append(all, c), append(which, i)
			}
		}
	}
	for len(all) > 0 && !s.spent() {
		n := min(s.effort.Jobs, len(all))
		outcomes := s.tryAll(ctx, all[:n])
		if ctx.Err() != nil {
			return -1
		}
		for i, o := range outcomes {
			if s.spent() {
				return -1
			}
			if !o.counted {
				o.counted = true
				s.runs++
			}
			if o.failed {
				s.best = Failure{all[i], o.record}
				if s.effort.Better != nil {
					s.effort.Better(all[i], s.runs)
				}
				return which[i]
			}
		}
		all, which = all[n:], which[n:]
	}
	return -1
}

// tryAll runs candidates side by side, those whose outcome is not known.
func (s *shrinker) tryAll(ctx context.Context, all []schedule.Schedule) []*attempt {
	outcomes := make([]*attempt, len(all))
	var workers sync.WaitGroup
	for i, c := range all {
		script := c.String()
		if known := s.known[script]; known != nil {
			outcomes[i] = known
			continue
		}
		o := &attempt{}
		outcomes[i], s.known[script] = o, o
		workers.Go(func() {
			r := s.run(ctx, c)
			r.Output = nil
			if o.failed = r.Verdict != sim.Passed && kindOf(r.Result) == s.kind; o.failed {
				o.record = r
			}
		})
	}
	workers.Wait()
	return outcomes
}
