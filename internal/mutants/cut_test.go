package mutants

import (
	"testing"

	"raftlab/internal/sim"
	"raftlab/internal/sim/campaign"
	"raftlab/internal/suite"
	"raftlab/internal/tester"
)

// cut is a part of the bank that is really tried here: something from each part of both labs, so that each invariant and
// the verdicts that have none are broken once.
var cut = []struct {
	id        string
	verdict   sim.Verdict
	invariant string
}{
	{"E51", sim.Failed, tester.Progress},
	{"E62", sim.Failed, tester.ElectionSafety},
	{"R17", sim.Failed, tester.LeaderCompleteness},
	{"R19", sim.Deadlocked, ""},
	{"R24", sim.Failed, tester.StateMachineSafety},
	{"R25", sim.Failed, tester.Budget},
	{"P10", sim.Failed, tester.Monotonic},
	{"P61", sim.Failed, tester.Quorum},
	{"X1b", sim.Failed, tester.NoLeak},
	{"K58", sim.Failed, tester.Linearizable},
	{"K70", sim.Panicked, ""},
	{"C3a", sim.Failed, tester.Quorum},
}

func TestCutIsCaught(t *testing.T) {
	plan := Plan{Root: root, Suites: true, Seeds: 5}
	for _, c := range cut {
		plan.Only = append(plan.Only, c.id)
	}
	report, err := Run(t.Context(), plan)
	if err != nil {
		t.Fatal(err)
	}
	if len(report.Verdicts) != len(cut) {
		t.Fatalf("%d of %d were tried", len(report.Verdicts), len(cut))
	}
	for _, v := range report.Verdicts {
		t.Log(v)
		if wrong := v.Wrong(); wrong != "" {
			t.Errorf("mutant %s: %s; silent: %v", v.Mutant.ID, wrong, v.Missed)
			continue
		}
		for _, c := range cut {
			if first := v.Catches[0]; c.id == v.Mutant.ID && (first.Verdict != c.verdict || first.Invariant != c.invariant) {
				t.Errorf("mutant %s: %s %s, want %s %s: %s", c.id, first.Verdict, first.Invariant, c.verdict, c.invariant,
					first.Said)
			}
		}
	}
}

// The hunt catches one that no scenario is made for.
func TestCutIsHunted(t *testing.T) {
	report, err := Run(t.Context(), Plan{Root: root, Only: []string{hunted}, Hunt: 40})
	if err != nil {
		t.Fatal(err)
	}
	v := report.Verdicts[0]
	if v.Wrong() != "" || len(v.Catches) != 1 || v.Catches[0].By != Hunt || v.Catches[0].Steps == 0 {
		t.Errorf("%v: %+v", v, v.Catches)
	}
}

const hunted = "E54a"

// What catches the cut does not accuse solutions that are correct.
func TestPlainSolutionsPass(t *testing.T) {
	for _, id := range []string{"A30", "A31"} {
		picked, err := Pick([]string{id})
		if err != nil {
			t.Fatal(err)
		}
		b := newBank(t.Context(), Plan{Root: root})
		dir, err := picked[0].submission(root, "")
		if err != nil {
			t.Fatal(err)
		}
		s, err := b.open(t.Context(), dir, picked[0].labs())
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		for _, name := range []string{"TestInitialElection2A", "TestReElection2A", "TestManyElections2A", "TestRPCBytes2B",
			"TestFailNoAgree2B", "TestConcurrentStarts2B", "TestPersist12C", "TestPersist32C", "TestSnapshotInstall2D",
			"TestSnapshotInit2D", "TestUnreliableOneKey3A", "TestOnePartition3A", "TestSnapshotRPC3B"} {
			scenario, found := suite.Find(name)
			if !found {
				t.Fatalf("there is no %s", name)
			}
			if r := campaign.One(t.Context(), s, scenario, 1, false); r.Verdict != sim.Passed {
				t.Errorf("%s, %s: %s", id, name, campaign.Headline(r.Result))
			}
		}
	}
}
