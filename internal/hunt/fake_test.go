package hunt_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"raftlab/internal/hunt"
	"raftlab/internal/sim"
	"raftlab/internal/sim/campaign"
	"raftlab/internal/tester"
	"raftlab/internal/tester/schedule"
	"raftlab/internal/trace"
)

// fake returns a Run without a simulator: why says how a schedule fails, "" if it passes. made counts the runs.
func fake(why func(schedule.Schedule) string) (run hunt.Run, made *atomic.Int64) {
	made = new(atomic.Int64)
	return func(_ context.Context, s schedule.Schedule, _ ...trace.Sink) campaign.Record {
		made.Add(1)
		r := campaign.Record{Scenario: hunt.Scenario(s), Seed: s.Seed}
		r.Verdict, r.Elapsed, r.Events = sim.Passed, s.Heal, uint64(len(s.Steps))
		if text := why(s); text != "" {
			r.Verdict = sim.Failed
			r.Failure = &tester.Failure{Invariant: tester.StateMachineSafety, Message: text}
		}
		return r
	}, made
}

// has says whether a schedule has steps of these kinds, in this order.
func has(s schedule.Schedule, kinds ...schedule.Kind) bool {
	for _, step := range s.Steps {
		if len(kinds) > 0 && step.Kind == kinds[0] {
			kinds = kinds[1:]
		}
	}
	return len(kinds) == 0
}

func parse(t *testing.T, script string) schedule.Schedule {
	t.Helper()
	s, err := schedule.Parse(strings.NewReader(script))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

const long = `raft peers 7 seed 23 snapshots 10
work clients 4 every 23ms operations 400 everybody
0s unreliable
117ms partition leader | rest for 400ms
300ms crash 5 after save 3
412ms noise loss 20% twice 5% for 1.234s
700ms freeze any for 100ms
elected after 831ms crash leader 2 after send 4 for 150ms
900ms restart down
1.013s slow follower delay 17ms
1.5s bridge any
1.777s clock 3 rate 120% for 213ms
2.4s heal
`

// needsTwo fails if somebody crashes while there is a client, and there is a bridge later.
func needsTwo(s schedule.Schedule) string {
	if s.Work.Clients > 0 && has(s, schedule.Crash, schedule.Bridge) {
		return fmt.Sprintf("at index %d server 1 applied \"x\", servers [0 %d] others", len(s.Steps), s.Peers-1)
	}
	return ""
}

func failing(t *testing.T, run hunt.Run, script string) hunt.Failure {
	t.Helper()
	s := parse(t, script)
	f := hunt.Failure{Schedule: s, Record: run(t.Context(), s)}
	if f.Record.Verdict == sim.Passed {
		t.Fatalf("it passes:\n%s", script)
	}
	return f
}

func TestShrink(t *testing.T) {
	run, made := fake(needsTwo)
	f := failing(t, run, long)
	var told []int
	small := hunt.Shrink(t.Context(), run, f, hunt.Effort{Jobs: 1, Better: func(s schedule.Schedule, runs int) {
		told = append(told, runs)
	}})
	const want = `raft peers 1 seed 23
work clients 1 operations 1
0s crash leader
0s bridge any
0s heal
`
	if small.Schedule.String() != want {
		t.Errorf("shrunk to\n%swant\n%s", small.Schedule, want)
	}
	if small.Steps != 10 || small.Spent || small.Runs != int(made.Load())-1 || !slices.IsSorted(told) || len(told) == 0 {
		t.Errorf("%d steps before, spent %v, %d runs of %d, told %v", small.Steps, small.Spent, small.Runs, made.Load()-1, told)
	}
	if small.Record.Failure == nil || small.Record.Seed != small.Schedule.Seed {
		t.Errorf("the record is not of the schedule: %+v", small.Record)
	}
	if head := small.Head(); !strings.Contains(head, "StateMachineSafety: at index 2 ") ||
		!strings.Contains(head, "Found with 10 steps, shrunk to 2 in ") {
		t.Errorf("head:\n%s", head)
	}
	if f.Schedule.String() != long {
		t.Errorf("the schedule given has changed:\n%s", f.Schedule)
	}
}

func TestShrinkDoesNotDependOnJobs(t *testing.T) {
	// An unruly failure: it needs two of the steps and then, as runs have it, some luck.
	unruly := func(s schedule.Schedule) string {
		if trace.DigestOf(s.String())%3 == 0 || s.String() == long {
			return needsTwo(s)
		}
		return ""
	}
	run, _ := fake(unruly)
	f := failing(t, run, long)
	one := hunt.Shrink(t.Context(), run, f, hunt.Effort{Jobs: 1})
	for _, jobs := range []int{2, 7} {
		if many := hunt.Shrink(t.Context(), run, f, hunt.Effort{Jobs: jobs}); many.Runs != one.Runs ||
			many.Schedule.String() != one.Schedule.String() {
			t.Errorf("with %d at a time in %d runs to\n%swith one in %d to\n%s", jobs, many.Runs, many.Schedule, one.Runs,
				one.Schedule)
		}
	}
	if n := len(one.Schedule.Steps); n != 2 {
		t.Errorf("%d steps are left:\n%s", n, one.Schedule)
	}
}

// TestShrinkLeavesTimes checks that times that matter end at round ones, and none below a millisecond.
func TestShrinkLeavesTimes(t *testing.T) {
	run, _ := fake(func(s schedule.Schedule) string {
		for _, step := range s.Steps {
			if step.Kind == schedule.Crash && step.For > 0 && s.Heal > 130*time.Millisecond {
				return "too soon"
			}
		}
		return ""
	})
	small := hunt.Shrink(t.Context(), run, failing(t, run, long), hunt.Effort{})
	const want = "raft peers 1 seed 23\nwork clients 0\n0s crash leader for 1ms\n200ms heal\n"
	if small.Schedule.String() != want || small.Runs > 100 {
		t.Errorf("shrunk in %d runs to\n%swant\n%s", small.Runs, small.Schedule, want)
	}
}

func TestShrinkKeepsTheKind(t *testing.T) {
	// Without the crash it fails differently: that must not be taken for the same.
	run, _ := fake(func(s schedule.Schedule) string {
		switch {
		case !has(s, schedule.Bridge):
			return ""
		case has(s, schedule.Crash):
			return "after 17 ms the servers [1 2 3] differ"
		}
		return "something else"
	})
	small := hunt.Shrink(t.Context(), run, failing(t, run, long), hunt.Effort{})
	if !has(small.Schedule, schedule.Crash, schedule.Bridge) || len(small.Schedule.Steps) != 2 {
		t.Errorf("shrunk to\n%s", small.Schedule)
	}
}

func TestShrinkWithinABudget(t *testing.T) {
	run, _ := fake(needsTwo)
	for _, jobs := range []int{1, 4} {
		small := hunt.Shrink(t.Context(), run, failing(t, run, long), hunt.Effort{Runs: 5, Jobs: jobs})
		if small.Runs != 5 || !small.Spent || needsTwo(small.Schedule) == "" ||
			!strings.Contains(small.Head(), "in 5 runs, which are all that were allowed") {
			t.Errorf("%d runs, spent %v:\n%s%s", small.Runs, small.Spent, small.Head(), small.Schedule)
		}
	}
}

func TestShrinkInterrupted(t *testing.T) {
	run, _ := fake(needsTwo)
	f := failing(t, run, long)
	ctx, cancel := context.WithCancel(t.Context())
	small := hunt.Shrink(ctx, run, f, hunt.Effort{Better: func(schedule.Schedule, int) { cancel() }})
	if n := len(small.Schedule.Steps); n == 0 || n == len(f.Schedule.Steps) || needsTwo(small.Schedule) == "" {
		t.Errorf("%d steps are left:\n%s", n, small.Schedule)
	}
}

// sometimes fails on every fifth seed from 3, in two ways.
func sometimes(s schedule.Schedule) string {
	switch s.Seed % 10 {
	case 3:
		return fmt.Sprintf("server %d differs", s.Seed)
	case 8:
		return "quite another thing"
	}
	return ""
}

func TestHunt(t *testing.T) {
	run, _ := fake(sometimes)
	for _, jobs := range []int{1, 2, 16} {
		p := hunt.Plan{Seeds: campaign.Seeds{First: 4, Count: 100}, Jobs: jobs, Draw: schedule.Options{Lab: schedule.Raft}}
		r := hunt.Hunt(t.Context(), run, p)
		if r.Runs != 5 || r.Passed != 4 || r.Failed != 1 || len(r.Groups) != 1 || r.Interrupted {
			t.Fatalf("with %d at a time: %+v", jobs, r)
		}
		g := r.Groups[0]
		if g.Example.Schedule.Seed != 8 || g.Invariant != tester.StateMachineSafety || g.Runs != 1 ||
			g.Headline != "StateMachineSafety: quite another thing" {
			t.Errorf("with %d at a time: %+v", jobs, g)
		}
		want := schedule.Random(8, p.Draw)
		if g.Example.Schedule.String() != want.String() {
			t.Errorf("seed 8 gave\n%swant\n%s", g.Example.Schedule, want)
		}
	}
}

func TestHuntOn(t *testing.T) {
	run, made := fake(sometimes)
	told := 0
	r := hunt.Hunt(t.Context(), run, hunt.Plan{Seeds: campaign.Seeds{First: 1, Count: 30}, KeepGoing: true,
		Draw: schedule.Options{Lab: schedule.KV}, Done: func(campaign.Record) { told++ }})
	if r.Runs != 30 || r.Passed != 24 || r.Failed != 6 || told != 30 || made.Load() != 30 || r.Virtual == 0 {
		t.Errorf("%d told: %+v", told, r)
	}
	if len(r.Groups) != 2 || r.Groups[0].Runs != 3 || !slices.Equal(r.Groups[0].Seeds, []uint64{3, 13, 23}) ||
		!slices.Equal(r.Groups[1].Seeds, []uint64{8, 18, 28}) {
		t.Errorf("groups: %+v", r.Groups)
	}
}

func TestHuntForATime(t *testing.T) {
	run, made := fake(func(schedule.Schedule) string { return "" })
	const while = 20 * time.Millisecond
	r := hunt.Hunt(t.Context(), run, hunt.Plan{Seeds: campaign.Seeds{First: 1, Count: 1}, For: while, Jobs: 2,
		Draw: schedule.Options{Lab: schedule.Raft}})
	if r.Runs < 2 || r.Runs != int(made.Load()) || r.Passed != r.Runs || r.Real < while {
		t.Errorf("%d runs made: %+v", made.Load(), r)
	}
}

func TestHuntInterrupted(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	run, _ := fake(func(s schedule.Schedule) string {
		if s.Seed == 9 {
			cancel()
		}
		return sometimes(s)
	})
	r := hunt.Hunt(ctx, run, hunt.Plan{Seeds: campaign.Seeds{First: 1, Count: 1000}, KeepGoing: true, Jobs: 1,
		Draw: schedule.Options{Lab: schedule.Raft}})
	if !r.Interrupted || r.Runs != 8 || r.Failed != 2 {
		t.Errorf("%+v", r)
	}
}

func TestHuntCountsWhatFoundOutNothing(t *testing.T) {
	run := func(context.Context, schedule.Schedule, ...trace.Sink) campaign.Record {
		return campaign.Record{Result: sim.Result{Verdict: sim.Infrastructure, Peer: "the simulation", Detail: "no memory"}}
	}
	r := hunt.Hunt(t.Context(), run, hunt.Plan{Seeds: campaign.Seeds{First: 1, Count: 3}, KeepGoing: true,
		Draw: schedule.Options{Lab: schedule.Raft}})
	if r.Broken != 3 || r.Passed != 0 || r.Failed != 0 {
		t.Errorf("%+v", r)
	}
	if small := hunt.Shrink(t.Context(), run, r.Groups[0].Example, hunt.Effort{}); small.Runs != 0 {
		t.Errorf("%d runs to shrink what says nothing", small.Runs)
	}
}
