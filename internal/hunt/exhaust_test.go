package hunt_test

import (
	"context"
	"slices"
	"strings"
	"testing"

	"raftlab/internal/hunt"
	"raftlab/internal/sim"
	"raftlab/internal/sim/campaign"
	"raftlab/internal/tester"
	"raftlab/internal/tester/schedule"
	"raftlab/internal/trace"
)

// scribe is a Run in which, whatever happens, server 0 saves twice and server 1 sends a request and a reply, and saves
// when all is healed. Who crashes does so. To crash server 0 after its second save is fatal.
func scribe(_ context.Context, s schedule.Schedule, sinks ...trace.Sink) campaign.Record {
	r := campaign.Record{Scenario: hunt.Scenario(s), Seed: s.Seed}
	r.Verdict = sim.Passed
	tell := func(e trace.Event) {
		for _, sink := range sinks {
			sink(e)
		}
	}
	for _, e := range []trace.Event{{Kind: trace.Save}, {Kind: trace.Request, Node: 1}, {Kind: trace.Request, Node: trace.Nobody},
		{Kind: trace.Save}, {Kind: trace.Reply, Node: 1}, {Kind: trace.Save, Node: 1, At: s.Heal}} {
		tell(e)
	}
	for _, step := range s.Steps {
		if step.Kind == schedule.Crash {
			tell(trace.Event{Kind: trace.Crash, Node: max(0, int(step.Who[0]))})
		}
		if step.Kind == schedule.Crash && step.Point == schedule.AfterSave && step.Who[0] == 0 && step.Count == 2 {
			r.Verdict, r.Failure = sim.Failed, &tester.Failure{Invariant: tester.LeaderCompleteness, Message: "lost"}
		}
	}
	return r
}

func TestExhaust(t *testing.T) {
	for _, jobs := range []int{1, 3} {
		told := 0
		all := hunt.Exhaust(t.Context(), scribe, schedule.Raft, jobs, func(_ string, _ campaign.Record, runs int) {
			told++
			if runs != 7 {
				t.Errorf("told of %d runs", runs)
			}
		})
		if len(all) != len(hunt.Stories(schedule.Raft)) || told != 7*len(all) {
			t.Fatalf("told %d times of %d stories", told, len(all))
		}
		for _, x := range all {
			// After each of two saves, with what follows either of them unsent, after each of two sends.
			if x.Saves != 2 || x.Sends != 2 || x.Points != 6 || x.Struck != 6 || x.Runs != 7 || x.Passed != 6 || x.Failed != 1 {
				t.Errorf("%+v", x)
			}
			script := x.Groups[0].Example.Schedule.String()
			if !strings.Contains(script, "\n0s crash 0 after save 2 for ") || x.Groups[0].Invariant != tester.LeaderCompleteness {
				t.Errorf("failed:\n%s", script)
			}
		}
	}
}

func TestExhaustInterrupted(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	all := hunt.Exhaust(ctx, scribe, schedule.KV, 1, func(string, campaign.Record, int) { cancel() })
	if len(all) != 1 || !all[0].Interrupted || all[0].Runs != 1 {
		t.Errorf("%+v", all)
	}
}

func TestStoriesAreValid(t *testing.T) {
	var names []string
	for _, lab := range []schedule.Lab{schedule.Raft, schedule.KV} {
		for _, s := range hunt.Stories(lab) {
			if err := s.Schedule.Validate(); err != nil || s.Schedule.Lab != lab || slices.Contains(names, s.Name) {
				t.Errorf("%s, %s: %v", lab, s.Name, err)
			}
			names = append(names, s.Name)
		}
	}
}
