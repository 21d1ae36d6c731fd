package sim_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"raftlab/internal/sim"
	"raftlab/internal/suite"
	"raftlab/internal/tester"
	"raftlab/internal/tester/schedule"
	"raftlab/internal/trace"
)

// script reads a schedule.
func script(t *testing.T, text string) schedule.Schedule {
	t.Helper()
	s, err := schedule.Parse(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// play runs a schedule on the reference.
func play(t *testing.T, s schedule.Schedule, sinks ...trace.Sink) sim.Result {
	t.Helper()
	p, err := reference()
	if err != nil {
		t.Fatal(err)
	}
	return playOn(p, s, sinks...)
}

func playOn(p *sim.Program, s schedule.Schedule, sinks ...trace.Sink) sim.Result {
	scenario := suite.Scenario{Name: "schedule", Servers: s.Peers, Limit: s.Heal + time.Minute}
	if s.Lab == schedule.Raft {
		scenario.SnapshotEvery = s.Snapshots
		scenario.Raft = func(r *tester.Raft) { r.Play(s) }
	} else {
		scenario.MaxRaftState = s.Snapshots
		scenario.KV = func(k *tester.KV) { k.Play(s) }
	}
	return sim.Run(context.Background(), sim.Job{Program: p, Scenario: scenario, Seed: s.Seed, Odds: 300, Sinks: sinks})
}

func passed(t *testing.T, r sim.Result) {
	t.Helper()
	if r.Verdict != sim.Passed {
		if r.Failure != nil {
			t.Log(r.Failure.Report())
		}
		t.Fatal(r, r.Output)
	}
}

func TestPlayRaft(t *testing.T) {
	s := script(t, `raft peers 5 seed 17 snapshots 10
work clients 2 every 20ms
500ms partition leader
900ms crash 2 for 300ms
1.5s connect
elected after 1.6s crash leader
1700ms crash leader
2s restart down
2500ms heal
`)
	r := play(t, s)
	passed(t, r)
	t.Log(r.Applied, r.Elapsed)
}
