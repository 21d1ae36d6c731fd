package sim_test

import (
	"context"
	"sync"
	"testing"

	"raftlab/internal/sim"
	"raftlab/internal/suite"
)

func TestReference(t *testing.T) {
	p, err := reference()
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range suite.All() {
		t.Run(s.Name, func(t *testing.T) {
			r := sim.Run(context.Background(), sim.Job{Program: p, Scenario: s, Seed: 1})
			t.Log(r, r.Hash, r.Events, r.Steps)
			if r.Verdict != sim.Passed {
				if r.Failure != nil {
					t.Log(r.Failure.Report())
				}
				t.Error(r.Output)
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
	for _, name := range []string{"TestFigure82C", "TestFigure8Unreliable2C", "TestUnreliableChurn2C",
		"TestSnapshotInstallUnCrash2D", "TestPersistPartitionUnreliable3A", "TestSnapshotUnreliableRecover3B"} {
		t.Run(name, func(t *testing.T) {
			s, found := suite.Find(name)
			if !found {
				t.Fatal("there is no such scenario")
			}
			var results [3]sim.Result
			var wg sync.WaitGroup
			for i := range results {
				wg.Go(func() {
					results[i] = sim.Run(context.Background(), sim.Job{Program: p, Scenario: s, Seed: 7})
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
