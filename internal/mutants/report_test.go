package mutants

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// A run's output tells how it failed.
func TestSymptom(t *testing.T) {
	for output, want := range map[string]string{
		"=== RUN   TestA\n    testing.go:75: TestA (2A): a title; seed 1\n    testing.go:75: Progress: no leader\n" +
			"        more\n--- FAIL": "Progress: no leader",
		"panic: index out of range [recovered, repanicked]\n\ngoroutine 7": "panic: index out of range",
		"fatal error: all goroutines are asleep\n":                         "panic: all goroutines are asleep",
		"==================\nWARNING: DATA RACE\npanic: x\n":               "data race",
		"\nsomething else\n": "failed: something else",
	} {
		if got := symptom(output); got != want {
			t.Errorf("%q: %q, want %q", output, got, want)
		}
	}
}

// verdicts are one of each kind.
func verdicts() []Verdict {
	mutant := func(id string, fate Fate, catchers ...string) Mutant {
		return Mutant{ID: id, Mistake: "does " + id, Breaks: "law " + id, Fate: fate, Reason: "because of " + id,
			Catchers: catchers}
	}
	rejoin := Catch{"TestRejoin2B", 3, "Progress: too late", time.Second}
	backup := Catch{"TestBackup2B", 1, "panic: oh", time.Second / 2}
	return []Verdict{
		{Mutant: mutant("E1", Caught, "TestRejoin2B"), Catches: []Catch{rejoin, backup}, Runs: 4},
		{Mutant: mutant("E2", Caught, "TestRejoin2B"), Missed: []string{"TestRejoin2B"}},
		{Mutant: mutant("E3", Caught, "TestRejoin2B", "TestCount2B"), Catches: []Catch{rejoin}, Missed: []string{"TestCount2B"}},
		{Mutant: mutant("R1", Survives)},
		{Mutant: mutant("R2", Survives), Catches: []Catch{backup}},
		{Mutant: mutant("R3", Equivalent)},
		{Mutant: mutant("A1", Correct)},
		{Mutant: mutant("A2", Correct), Catches: []Catch{backup}},
		{Mutant: mutant("P1", Caught, "TestRejoin2B"), Err: errors.New("mutant P1 does not compile")},
	}
}

func TestOutcomes(t *testing.T) {
	want := []string{"caught", "SURVIVED", "NOT CAUGHT BY ALL THAT MUST", "survived, as expected", "caught by chance",
		"survived, as expected", "passed", "ACCUSED, THOUGH CORRECT", "MUTANT P1 DOES NOT COMPILE"}
	for i, v := range verdicts() {
		if got := v.outcome(); got != want[i] {
			t.Errorf("%s: %q, want %q", v.Mutant.ID, got, want[i])
		}
	}
}

func TestTables(t *testing.T) {
	table := tables{Options{Seeds: 20, Rest: 2}, verdicts()}
	var out bytes.Buffer
	table.text(&out)
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
	order := []string{"E1 does E1 caught Rejoin2B and 1 3 1.00 s", "A1 does A1 passed", "R3 does R3 survived, as expected",
		"R1 does R1 survived, as expected", "E2 does E2 SURVIVED", "E3 does E3 NOT CAUGHT BY ALL THAT MUST Rejoin2B 3 1.00 s",
		"silent: TestCount2B", "Rejoin2B 2 E1 E3", "Backup2B 3", "3 of 6 wrong Rafts caught; 1 of 2 correct ones passed"}
	for i := 1; i < len(order); i++ {
		if a, b := place(order[i-1]), place(order[i]); a >= b {
			t.Errorf("%q comes after %q:\n%s", order[i-1], order[i], out.String())
		}
	}

	text := table.markdown()
	for _, want := range []string{
		"| E1 | does E1 | law E1 | Rejoin2B (3) | Progress | 1.00 s | 1 |\n",
		"| R2 | does R2 | law R2 | Backup2B (1) | panic | 0.50 s | 0 |\n",
		"| E2 | does E2 | law E2 | should have been caught by TestRejoin2B |\n",
		"| R1 | does R1 | law R1 | because of R1 |\n",
		"| R3 | does R3 | law R3 | equivalent: because of R3 |\n",
		"| A2 | does A2 | because of A2 | ACCUSED, THOUGH CORRECT |\n",
		"| Rejoin2B | 2 | E1 E3 |  |\n",
		"| Backup2B | 3 |  | E1 R2 A2 |\n",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("the report lacks %q:\n%s", want, text)
		}
	}
}

func TestMainRefuses(t *testing.T) {
	for _, c := range []struct{ args, want string }{
		{"-only E999", `the bank has no mutant "E999"`},
		{"-seeds 0", "1 at least"},
		{"E1", `unexpected argument "E1"`},
		{"-loud", "not defined"},
		{"-only E1 -root " + filepath.Join("no", "such"), "mutant E1"},
	} {
		var out, errs bytes.Buffer
		if status := Main(t.Context(), strings.Fields(c.args), &out, &errs); status != Unusable {
			t.Errorf("%s: status %d, want %d", c.args, status, Unusable)
		}
		if !strings.Contains(errs.String(), c.want) {
			t.Errorf("%s: says %q, want %q", c.args, errs.String(), c.want)
		}
	}
}

// A mutant that does not compile is an error, not a catch.
func TestBuildErrorIsNoCatch(t *testing.T) {
	m := Mutant{ID: "E1", Fate: Caught, Catchers: []string{"TestRejoin2B"},
		Hunks: []Hunk{{"raft/core/quorum.go", "package core", "package core\n\nvar x string = 1"}}}
	v := Options{Root: root, Seeds: 1}.try(t.Context(), m)
	if v.Err == nil || !strings.Contains(v.Err.Error(), "does not compile") || len(v.Catches) > 0 {
		t.Errorf("error %v, catches %v", v.Err, v.Catches)
	}
}

// A program that says nothing has not passed.
func TestSilenceIsNoPass(t *testing.T) {
	program := filepath.Join(t.TempDir(), "quiet")
	if err := os.WriteFile(program, []byte("#!/bin/sh\n"), 0o777); err != nil {
		t.Fatal(err)
	}
	if _, _, err := attempt(t.Context(), program, "TestRejoin2B", 1); err == nil || !strings.Contains(err.Error(), "no verdict") {
		t.Errorf("the error is %v", err)
	}
	if _, _, err := attempt(t.Context(), program+"er", "TestRejoin2B", 1); err == nil {
		t.Error("a program that does not exist has run")
	}
}
