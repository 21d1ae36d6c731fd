package mutants

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"raftlab/internal/sim"
)

// measured is a report with verdicts of each kind.
func measured() Report {
	mutant := func(id string, fate Fate, catchers ...string) Mutant {
		return Mutant{ID: id, Mistake: "does " + id, Breaks: "law " + id, Fate: fate, Reason: "because of " + id,
			Catchers: catchers}
	}
	rejoin := Catch{By: "TestRejoin2B", Lab: raftLab, Seed: 3, Verdict: sim.Failed, Invariant: "Progress",
		Said: "Progress: too late", CPU: time.Second}
	backup := Catch{By: "TestBackup2B", Lab: raftLab, Seed: 1, Verdict: sim.Panicked, Said: "panicked: oh", CPU: time.Second / 2}
	hunted := Catch{By: Hunt, Lab: kvLab, Seed: 17, Verdict: sim.Failed, Invariant: "Linearizable", CPU: 2 * time.Second,
		Steps: 9, Shrunk: 2, Script: "kvraft peers 3"}
	return Report{Plan: Plan{Seeds: 20, Rest: 2, Hunt: 500, Pass: 100}, Real: time.Minute, Verdicts: []Verdict{
		{Mutant: mutant("E1", Caught, "TestRejoin2B"), Catches: []Catch{rejoin, backup}, Runs: 4, CPU: 3 * time.Second},
		{Mutant: mutant("E2", Caught, "TestRejoin2B"), Missed: []string{"TestRejoin2B"}},
		{Mutant: mutant("E3", Caught, "TestRejoin2B", "TestCount2B"), Catches: []Catch{rejoin}, Missed: []string{"TestCount2B"}},
		{Mutant: mutant("K1", Caught, Hunt), Catches: []Catch{hunted}},
		{Mutant: mutant("R1", Survives)},
		{Mutant: mutant("R2", Survives), Catches: []Catch{backup}},
		{Mutant: mutant("R3", Equivalent)},
		{Mutant: mutant("A1", Correct)},
		{Mutant: mutant("A2", Correct), Catches: []Catch{backup}},
		{Mutant: mutant("P1", Caught, "TestRejoin2B"), Err: errors.New("does not compile")},
	}}
}

func TestOutcomes(t *testing.T) {
	want := []string{"caught", "SURVIVED", "caught", "caught", "survived, as expected", "caught by chance",
		"survived, as expected", "passed", "ACCUSED, THOUGH CORRECT", "NOT TRIED: does not compile"}
	for i, v := range measured().Verdicts {
		if got := v.outcome(); got != want[i] {
			t.Errorf("%s: %q, want %q", v.Mutant.ID, got, want[i])
		}
	}
}

func TestText(t *testing.T) {
	var out bytes.Buffer
	if err := measured().Text(&out); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(out.String(), "\n")
	place := func(what string) int {
		for i, l := range lines {
			if strings.HasPrefix(strings.Join(strings.Fields(l), " "), what) {
				return i
			}
		}
		t.Errorf("no line begins with %q in:\n%s", what, out.String())
		return -1
	}
	order := []string{"E1 does E1 caught Rejoin2B and 1 3 1.00 s", "K1 does K1 caught hunt 17 2.00 s 9 → 2 steps", "A1 does A1 passed",
		"R3 does R3 survived, as expected", "R1 does R1 survived, as expected", "E2 does E2 SURVIVED", "silent: TestRejoin2B",
		"A2 does A2 ACCUSED", "Rejoin2B 2 E1 E3", "Backup2B 3",
		"4 of 7 wrong ones caught, 1 of them by the hunt; 1 of 2 correct ones passed everything; 1 are equivalent."}
	for i := 1; i < len(order); i++ {
		if a, b := place(order[i-1]), place(order[i]); a >= b {
			t.Errorf("%q comes after %q:\n%s", order[i-1], order[i], out.String())
		}
	}
	place("Who caught one first took: seeds, median 3, worst 17; CPU, median 1.00 s, worst 2.00 s.")
	place("1 schedules were shrunk, from 9 steps in the median to 2, 2 at most.")
}

func TestMarkdown(t *testing.T) {
	text := measured().Markdown()
	for _, want := range []string{
		"| E1 | does E1 | law E1 | Rejoin2B (3) | Progress | 1.00 s |  |\n",
		"| R2 | does R2 | law R2 | Backup2B (1) | panicked | 0.50 s |  |\n",
		"| K1 | does K1 | law K1 | hunt (17) | Linearizable | 2.00 s | 9 → 2 steps |\n",
		"| E2 | does E2 | law E2 | should have been caught by TestRejoin2B |\n",
		"| R1 | does R1 | law R1 | because of R1 |\n",
		"| R3 | does R3 | law R3 | equivalent: because of R3 |\n",
		"| A2 | does A2 | because of A2 | ACCUSED, THOUGH CORRECT |\n",
		"| Rejoin2B | 2 | E1 E3 |  |\n",
		"| Backup2B | 3 |  | E1 R2 A2 |\n",
		"These have caught nothing: InitialElection2A, ",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("the report lacks %q:\n%s", want, text)
		}
	}
}

func TestJSON(t *testing.T) {
	var out bytes.Buffer
	if err := measured().JSON(&out); err != nil {
		t.Fatal(err)
	}
	var doc jsonReport
	if err := json.Unmarshal(out.Bytes(), &doc); err != nil {
		t.Fatal(err)
	}
	if doc.Tried != 7 || doc.Caught != 4 || doc.ByHunt != 1 || doc.Passed != 1 || len(doc.Mutants) != 10 ||
		doc.Mutants[3].Catches[0].Script != "kvraft peers 3" || !doc.Mutants[1].Wrong || doc.Mutants[9].Error == "" {
		t.Errorf("%s", out.String())
	}
}

// What was asked for in vain is said before anything is tried.
func TestRunRefuses(t *testing.T) {
	var wrong *UsageError
	if _, err := Run(t.Context(), Plan{Root: root, Only: []string{"E999"}}); !errors.As(err, &wrong) ||
		!strings.Contains(err.Error(), `the bank has no mutant "E999"`) {
		t.Errorf("error %v", err)
	}
	if _, err := Run(t.Context(), Plan{Root: t.TempDir(), Only: []string{"E1"}}); !errors.As(err, &wrong) ||
		!strings.Contains(err.Error(), "mutant E1") {
		t.Errorf("error %v", err)
	}
}

// A mutant that does not compile is an error, not a catch.
func TestBuildErrorIsNoCatch(t *testing.T) {
	m := Mutant{ID: "E1", Fate: Caught, Catchers: []string{"TestRejoin2B"},
		Hunks: []Hunk{{"raft/core/quorum.go", "package core", "package core\n\nvar x string = 1"}}}
	v := newBank(t.Context(), Plan{Root: root, Suites: true, Seeds: 1}).try(t.Context(), m)
	if v.Err == nil || !strings.Contains(v.Err.Error(), "does not compile") || len(v.Catches) > 0 {
		t.Errorf("error %v, catches %v", v.Err, v.Catches)
	}
}
