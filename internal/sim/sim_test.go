package sim_test

import (
	"context"
	"sync"
	"testing"

	"raftlab/internal/sim"
	"raftlab/internal/suite"
)

// TestReference holds the reference to all of Raft, and to a part of the service for which there is time.
func TestReference(t *testing.T) {
	p, err := reference()
	if err != nil {
		t.Fatal(err)
	}
	scenarios := suite.Raft()
	for _, name := range []string{"TestBasic3A", "TestPausedLeader3A", "TestSlowDisk3A",
		"TestPersistPartitionUnreliable3A", "TestSnapshotSize3B",
		"TestSnapshotUnreliableRecoverConcurrentPartition3B"} {
		s, found := suite.Find(name)
		if !found {
			t.Fatalf("there is no scenario %s", name)
		}
		scenarios = append(scenarios, s)
	}
	for _, s := range scenarios {
		t.Run(s.Name, func(t *testing.T) {
			t.Parallel()
			r := sim.Run(context.Background(), sim.Job{Program: p, Scenario: s, Seed: 1, Odds: 300, Strict: true})
			if r.Verdict != sim.Passed {
				if r.Failure != nil {
					t.Log(r.Failure.Report())
				}
				t.Error(r, r.Output)
			}
		})
	}
}

// TestSameSeedSameRun runs scenarios twice side by side: what happens in one must not depend on the other.
func TestSameSeedSameRun(t *testing.T) {
	p, err := reference()
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"TestFigure82C", "TestFigure8Unreliable2C", "TestSnapshotInstallUnCrash2D",
		"TestPersistPartitionUnreliable3A"} {
		t.Run(name, func(t *testing.T) {
			s, found := suite.Find(name)
			if !found {
				t.Fatal("there is no such scenario")
			}
			var results [3]sim.Result
			var wg sync.WaitGroup
			for i := range results {
				wg.Go(func() {
					results[i] = sim.Run(context.Background(), sim.Job{Program: p, Scenario: s, Seed: 7, Odds: 100})
				})
			}
			wg.Wait()
			for _, r := range results[1:] {
				if r.Hash != results[0].Hash || r.Steps != results[0].Steps {
					t.Errorf("%d events with hash %x, and again %d with %x", results[0].Events, results[0].Hash,
						r.Events, r.Hash)
				}
			}
			other := sim.Run(context.Background(), sim.Job{Program: p, Scenario: s, Seed: 8})
			if other.Hash == results[0].Hash {
				t.Error("another seed gives the same run")
			}
		})
	}
}
