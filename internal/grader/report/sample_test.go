package report_test

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"raftlab/internal/grader/report"
	"raftlab/internal/grader/results"
)

// course has a test of each visibility that matters, and one part with two.
func course() results.Course {
	return results.Course{Title: "Distributed Systems", Max: 10, Tests: []results.Test{
		{Name: "TestInitialElection2A", Part: "2A", Title: "initial election", Max: 2, Seeds: 10, Rule: "all",
			Visibility: "visible"},
		{Name: "TestBackup2B", Part: "2B", Title: "fast backup", Max: 4, Seeds: 10, Rule: "proportional",
			Visibility: "visible"},
		{Name: "TestRejoin2B", Part: "2B", Title: "a leader rejoins", Max: 1, Seeds: 10, Rule: "8 of 10",
			Visibility: "after_due_date"},
		{Name: "TestFigure82C", Part: "2C", Title: "Figure 8", Max: 3, Seeds: 10, Rule: "all", Visibility: "hidden"}}}
}

// result is what a test with ten seeds came to.
func result(name string, score float64, passed, failed int, failures ...results.Failure) results.Result {
	return results.Result{Name: name, Score: score, Passed: passed, Failed: failed, Broken: 10 - passed - failed,
		Failures: failures}
}

// sample has a submission of each kind, so named.
func sample() results.Document {
	safety := results.Failure{Verdict: "failed", Invariant: "ElectionSafety", Message: "two leaders in term 3: servers 0 and 2",
		Runs: 3, Seeds: []uint64{3, 5, 9}, Events: []string{"1.20s server 0 leads in term 3", "1.31s server 2 leads in term 3"},
		Output: "server 2: I won\n", Replay: "raftlab replay TestBackup2B --seed 3 submissions/some"}
	secret := results.Failure{Verdict: "panicked", Message: "index out of range: secret words", Runs: 10}
	return results.Document{Schema: results.Schema, Course: course(), Submissions: []results.Submission{
		{Name: "all", Hash: "aa11", Status: results.Graded, Edition: "2023", Score: 10, Tests: []results.Result{
			result("TestInitialElection2A", 2, 10, 0), result("TestBackup2B", 4, 10, 0), result("TestRejoin2B", 1, 10, 0),
			result("TestFigure82C", 3, 10, 0)}, Timing: &results.Timing{Stage: 1, Build: 2.5, Run: 30}},
		{Name: "broken", Status: results.Infrastructure, Tests: []results.Result{{Name: "TestInitialElection2A"},
			{Name: "TestBackup2B"}, {Name: "TestRejoin2B"}, {Name: "TestFigure82C"}}},
		{Name: "cheat", Status: results.Refused, Problems: []results.Place{{File: "raft/raft.go", Line: 3, Column: 2,
			Rule: "import os/exec", Text: "no submission may start programs"}}, Tests: make([]results.Result, 4)},
		{Name: "half", Status: results.Graded, Score: 6, Tests: []results.Result{ // some runs found out nothing
			result("TestInitialElection2A", 2, 10, 0), result("TestBackup2B", 3.2, 8, 0), result("TestRejoin2B", 0.8, 8, 1, safety),
			result("TestFigure82C", 0, 0, 0)}},
		{Name: "none", Status: results.NotBuilt, Problems: []results.Place{{File: "raft/raft.go", Line: 12, Column: 7,
			Text: "undefined: foo"}}, Tests: make([]results.Result, 4)},
		{Name: "some", Status: results.Graded, Score: 5.8, Notes: []string{"left out raft/config.go: the harness has its own"},
			Tests: []results.Result{result("TestInitialElection2A", 2, 10, 0), result("TestBackup2B", 2.8, 7, 3, safety),
				result("TestRejoin2B", 1, 9, 1, safety), result("TestFigure82C", 0, 0, 10, secret)}},
	}}
}

// submission is the one of that name.
func submission(t *testing.T, d results.Document, name string) results.Submission {
	t.Helper()
	for _, s := range d.Submissions {
		if s.Name == name {
			return s
		}
	}
	t.Fatalf("there is no submission %s", name)
	return results.Submission{}
}

// written writes d in a format and returns the files by their names.
func written(t *testing.T, format string, d results.Document) map[string]string {
	t.Helper()
	dir := t.TempDir()
	if err := report.Write(format, d, dir); err != nil {
		t.Fatal(err)
	}
	texts := map[string]string{}
	err := fs.WalkDir(os.DirFS(dir), ".", func(name string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		text, err := os.ReadFile(filepath.Join(dir, name))
		texts[name] = string(text)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return texts
}

// batch is a class of n submissions, each graded by tests tests, a third of which have failures.
func batch(n, tests int) results.Document {
	d := results.Document{Schema: results.Schema, Course: results.Course{Title: "A whole class", Max: float64(tests)}}
	for i := range tests {
		d.Course.Tests = append(d.Course.Tests, results.Test{Name: fmt.Sprintf("TestNumber%d2A", i), Part: "2A",
			Title: "one of many", Max: 1, Seeds: 10, Rule: "all", Visibility: "visible"})
	}
	for i := range n {
		s := results.Submission{Name: fmt.Sprintf("student-%03d", i), Status: results.Graded}
		for j, test := range d.Course.Tests {
			r := result(test.Name, 1, 10, 0)
			if (i*7+j*3)%3 == 0 {
				r = result(test.Name, 0, 4, 6, results.Failure{Verdict: "failed", Invariant: "Progress", Runs: 6,
					Message: "no agreement", Seeds: []uint64{1, 2, 3, 4, 5, 6}})
			}
			s.Score += r.Score
			s.Tests = append(s.Tests, r)
		}
		d.Submissions = append(d.Submissions, s)
	}
	return d
}
