package kv

import (
	"testing"
	"testing/synctest"
	"time"

	"raftlab/internal/suite"
	"raftlab/internal/tester"
)

// caught says for each scenario which mistakes it must find, and as a breach of what.
var caught = []struct {
	scenario  string
	flaw      flaw
	invariant string
}{
	{"TestBasic3A", alwaysSnapshots, tester.Budget},
	{"TestSpeed3A", waitsForTicks, tester.Budget},
	{"TestConcurrent3A", oneSession, tester.Linearizable},
	{"TestUnreliable3A", noDedup, tester.Linearizable},
	{"TestUnreliableOneKey3A", newNumberOnRetry, tester.Linearizable},
	{"TestOnePartition3A", localReads, tester.Linearizable},
	{"TestOnePartition3A", leaseReads, tester.Linearizable},
	{"TestOnePartition3A", waitersStay, tester.Progress},
	{"TestOnePartition3A", givesUp, tester.Quorum},
	{"TestManyPartitionsOneClient3A", earlyAnswers, tester.Quorum},
	{"TestManyPartitionsManyClients3A", waitersStay, tester.Progress},
	{"TestManyPartitionsManyClients3A", givesUp, tester.Quorum},
	{"TestPersistOneClient3A", lostDisk, tester.Monotonic},
	{"TestPersistConcurrent3A", lostDisk, tester.Monotonic},
	{"TestPersistConcurrentUnreliable3A", newNumberOnRetry, tester.Linearizable},
	{"TestPersistPartition3A", earlyAnswers, tester.Quorum},
	{"TestPersistPartitionUnreliable3A", noDedup, tester.Linearizable},
	{"TestPersistPartitionUnreliableLinearizable3A", earlyAnswers, tester.Quorum},
	{"TestPausedLeader3A", leaseReads, tester.Linearizable},
	{"TestFourServers3A", earlyAnswers, tester.Quorum},
	{"TestSlowDisk3A", impatient, tester.Linearizable},
	{"TestDuplicates3A", dedupUnequal, tester.Linearizable},
	{"TestSnapshotRPC3B", ignoresInstalls, tester.Linearizable},
	{"TestSnapshotRPC3B", installKeepsOld, tester.Linearizable},
	{"TestSnapshotSize3B", neverSnapshots, tester.Budget},
	{"TestSnapshotSize3B", fatSnapshots, tester.Budget},
	{"TestSpeed3B", waitsForTicks, tester.Budget},
	{"TestSnapshotRecover3B", ignoresSnapshot, tester.Linearizable},
	{"TestSnapshotRecoverManyClients3B", ignoresSnapshot, tester.Linearizable},
	{"TestSnapshotUnreliable3B", noDedup, tester.Linearizable},
	{"TestSnapshotUnreliableRecover3B", dedupNotSaved, tester.Linearizable},
	{"TestSnapshotUnreliableRecoverConcurrentPartition3B", dedupNotSaved, tester.Linearizable},
	{"TestSnapshotUnreliableRecoverConcurrentPartitionLinearizable3B", installKeepsOld, tester.Linearizable},
}

// Each scenario fails on a service broken for it, within three seeds: some mistakes need luck to show. The
// clock is virtual where the scenario allows it.
func TestFlawsAreCaught(t *testing.T) {
	found := map[string]bool{}
	for _, c := range caught {
		found[c.scenario] = true
		t.Run(c.scenario+"/"+string(c.flaw), func(t *testing.T) {
			var last *tester.Failure
			for seed := uint64(1); seed <= 3 && last == nil; seed++ {
				last = runNaive(t, c.scenario, seed, c.flaw).Failure
			}
			switch {
			case last == nil:
				t.Error("it passed with three seeds")
			case last.Invariant != c.invariant:
				t.Errorf("it failed, but as a breach of %s, not %s: %v", last.Invariant, c.invariant, last)
			}
		})
	}
	for _, s := range suite.KV() {
		if !found[s.Name] {
			t.Errorf("no flaw is known that %s catches", s.Name)
		}
	}
}

// The naive service without a flaw is correct, and passes. Five servers and a reliable network are left out: there
// virtual clients do so much in their seconds that the test would take minutes.
func TestNaivePasses(t *testing.T) {
	for _, s := range suite.KV() {
		if s.RealTime || s.Servers == 5 && !s.Unreliable {
			continue
		}
		t.Run(s.Name, func(t *testing.T) {
			if failure := runNaive(t, s.Name, 1).Failure; failure != nil {
				t.Error(failure.Report())
			}
		})
	}
}

// runNaive runs a scenario on the naive service with the given flaws.
func runNaive(t *testing.T, scenario string, seed uint64, flaws ...flaw) (result tester.Result) {
	s, ok := suite.Find(scenario)
	if !ok {
		t.Fatalf("no scenario is called %s", scenario)
	}
	run := func(*testing.T) {
		lab, end := naiveLab(flaws...)
		result = tester.RunKV(s.Config(seed), tester.NewLocalKV(lab), s.KV)
		end()
	}
	if s.RealTime {
		run(t)
		return result
	}
	synctest.Test(t, func(t *testing.T) {
		defer time.Sleep(time.Minute) // lets what is still asleep end
		run(t)
	})
	return result
}
