package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"raftlab/internal/grader"
	"raftlab/internal/grader/results"
)

func TestGradeUsage(t *testing.T) {
	dir := t.TempDir()
	config := filepath.Join(dir, "course.yaml")
	if err := os.WriteFile(config, []byte("title: x\npionts: 3\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	for line, want := range map[string]string{
		"grade x":                                           "--out is missing",
		"grade --out " + dir:                                "no submission is named",
		"grade --out " + dir + " none.zip":                  "there is no none.zip",
		"grade --out " + dir + " -j -1 x":                   "at least one run",
		"grade --out " + dir + " --format pdf x":            "want some of html",
		"grade --out " + dir + " --seeds x x":               `--seeds: seeds "x": want how many`,
		"grade --out " + dir + " --lab 4 x":                 `"4" is no lab`,
		"grade --out " + dir + " --config " + config + " x": config + `:2:1: unknown key "pionts"`,
		"grade --out " + dir + " " + dir:                    "is submission ",
		"grade --out " + dir + " --config none.yaml x":      "none.yaml: no such file",
	} {
		var stdout, stderr strings.Builder
		status := run(t.Context(), strings.Fields(line), nil, &stdout, &stderr)
		if status != exitUsage || !strings.Contains(stderr.String(), want) {
			t.Errorf("%s: status %d: %s, want …%s…", line, status, stderr.String(), want)
		}
	}
}

// TestGradeRefused grades what gets no further than the door, from the command line to all that is written.
func TestGradeRefused(t *testing.T) {
	dir, out := t.TempDir(), filepath.Join(t.TempDir(), "out")
	for _, name := range []string{"ann.zip", "bob.tar.gz"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte("no archive"), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	var stdout, stderr strings.Builder
	args := []string{"grade", dir, "--out", out, "--format", "csv,html,junit"}
	if status := run(t.Context(), args, nil, &stdout, &stderr); status != exitOK {
		t.Fatalf("status %d: %s", status, stderr.String())
	}
	for _, words := range []string{"ann", "not accepted", "2 submissions, 0 runs"} {
		if !strings.Contains(stdout.String(), words) {
			t.Errorf("what is printed does not say %q:\n%s", words, stdout.String())
		}
	}
	for _, name := range []string{"results.json", "gradebook.csv", "html/index.html", "junit.xml"} {
		if _, err := os.Stat(filepath.Join(out, name)); err != nil {
			t.Error(err)
		}
	}
	if status := run(t.Context(), args, nil, &stdout, &stderr); status != exitUsage ||
		!strings.Contains(stderr.String(), "go on with it (--resume)") {
		t.Errorf("into the same folder again: status %d: %s", status, stderr.String())
	}
	stdout.Reset()
	if status := run(t.Context(), append(args, "--resume", "--json"), nil, &stdout, &stderr); status != exitOK {
		t.Errorf("resumed: status %d: %s", status, stderr.String())
	}
	var d results.Document
	if err := json.Unmarshal([]byte(stdout.String()), &d); err != nil || d.Schema != results.Schema ||
		len(d.Submissions) != 2 {
		t.Errorf("printed as JSON: %+v, %v", d, err)
	}
	stdout.Reset()
	status := run(t.Context(), append(args, "--resume", "-q"), nil, &stdout, &stderr)
	if status != exitOK || stdout.Len() > 0 {
		t.Errorf("quiet: status %d: %s", status, stdout.String())
	}
}

func TestGradeStatus(t *testing.T) {
	for name, c := range map[string]struct {
		submission results.Submission
		status     int
	}{
		"a bad score": {results.Submission{Status: results.Graded, Tests: []results.Result{{Failed: 3}}}, exitOK},
		"refused":     {results.Submission{Status: results.Refused}, exitOK},
		"a run broken": {results.Submission{Status: results.Graded,
			Tests: []results.Result{{Passed: 3, Broken: 1}}}, exitBroken},
		"not found out": {results.Submission{Status: results.Infrastructure}, exitBroken},
	} {
		var stderr, stdout strings.Builder
		view := newGradeView(&stdout)
		view.close()
		d := results.Document{Submissions: []results.Submission{c.submission}}
		err := gradeStatus(t.Context(), d, view, gradeFlags{}, &stderr)
		status := exitOK
		if code, ok := err.(exitError); ok {
			status = int(code)
		}
		if status != c.status {
			t.Errorf("%s: status %d, want %d", name, status, c.status)
		}
	}
}

func TestGradeProgress(t *testing.T) {
	v := &gradeView{}
	for _, c := range []struct {
		now  grader.Progress
		want string
	}{
		{grader.Progress{Doing: "taking in", Submissions: 7, Done: 3}, "taking in: 3 of 7 submissions"},
		{grader.Progress{Doing: "grading", Submissions: 7, Runs: 100, Made: 40, Earlier: 40},
			"0 of 7 submissions done, 40 of 100 runs, building"},
		{grader.Progress{Doing: "grading", Submissions: 7, Done: 2, Runs: 100, Made: 60, Earlier: 40},
			"2 of 7 submissions done, 60 of 100 runs, 2.0 runs/s, 20s left"},
	} {
		v.update(c.now)
		if v.since = time.Now(); c.now.Made > c.now.Earlier {
			v.since = v.since.Add(-10 * time.Second)
		}
		if got := v.line(); got != c.want {
			t.Errorf("got %q, want %q", got, c.want)
		}
	}
}
