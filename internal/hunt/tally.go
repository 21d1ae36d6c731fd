package hunt

import (
	"cmp"
	"maps"
	"slices"
	"sync"
	"time"

	"raftlab/internal/sim"
	"raftlab/internal/sim/campaign"
	"raftlab/internal/tester/schedule"
)

// Failure is a schedule that a submission does not pass.
type Failure struct {
	Schedule schedule.Schedule
	Record   campaign.Record // without what the peers printed
}

// Group is failures that are alike: of the same verdict and invariant, with messages of one shape.
type Group struct {
	Verdict   sim.Verdict
	Invariant string // of the verdict Failed
	Headline  string // of the example
	Runs      int
	Seeds     []uint64 // of the runs, in order
	Example   Failure  // the one of fewest events, then the first
}

// Report is what came of many runs. All but Real depends on the submission and on what was run, not on the machine.
type Report struct {
	Runs        int
	Passed      int
	Failed      int
	Broken      int     // runs that found out nothing
	Groups      []Group // of what did not pass; those with most runs first
	Interrupted bool
	Virtual     time.Duration // of all runs
	Real        time.Duration // from beginning to end
}

// tally sums runs up. They are numbered from 0, and come in any order.
type tally struct {
	stop    int // runs above this one do not count
	virtual map[int]time.Duration
	failed  map[int]Failure
}

func newTally(runs int) *tally {
	return &tally{stop: runs, virtual: map[int]time.Duration{}, failed: map[int]Failure{}}
}

// add takes in what came of a run, and says whether it passed.
func (t *tally) add(i int, f Failure) bool {
	t.virtual[i] = f.Record.Elapsed
	if f.Record.Verdict == sim.Passed {
		return true
	}
	f.Record.Output = nil // of many failures it would be much; a replay prints it
	t.failed[i] = f
	return false
}

// sum ends the tally.
func (t *tally) sum(interrupted bool, real time.Duration) Report {
	r := Report{Interrupted: interrupted, Real: real}
	for i, virtual := range t.virtual {
		if i <= t.stop {
			r.Runs++
			r.Virtual += virtual
		}
	}
	groups := map[string]*Group{}
	var order []string
	for _, i := range slices.Sorted(maps.Keys(t.failed)) {
		if i > t.stop {
			break
		}
		f := t.failed[i]
		if f.Record.Verdict == sim.Infrastructure || f.Record.Verdict == "" {
			r.Broken++
		} else {
			r.Failed++
		}
		kind := kindOf(f.Record.Result)
		g := groups[kind]
		if g == nil {
			g = &Group{Verdict: f.Record.Verdict, Example: f}
			groups[kind], order = g, append(order, kind)
		}
		g.Runs++
		g.Seeds = append(g.Seeds, f.Schedule.Seed)
		if f.Record.Events < g.Example.Record.Events {
			g.Example = f
		}
	}
	r.Passed = r.Runs - r.Failed - r.Broken
	for _, kind := range order {
		g := groups[kind]
		g.Headline = campaign.Headline(g.Example.Record.Result)
		if f := g.Example.Record.Failure; f != nil && g.Verdict == sim.Failed {
			g.Invariant = f.Invariant
		}
		r.Groups = append(r.Groups, *g)
	}
	slices.SortStableFunc(r.Groups, func(a, b Group) int { return cmp.Compare(b.Runs, a.Runs) })
	return r
}

// sideBySide does what next hands out, so many at a time, until there is nothing more.
func sideBySide(jobs int, next func() (i int, ok bool), do func(i int)) {
	var workers sync.WaitGroup
	for range jobs {
		workers.Go(func() {
			for i, ok := next(); ok; i, ok = next() {
				do(i)
			}
		})
	}
	workers.Wait()
}
