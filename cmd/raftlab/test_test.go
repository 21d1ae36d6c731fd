package main

import (
	"context"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"raftlab/internal/sim/campaign"
	"raftlab/internal/suite"
	"raftlab/internal/trace"
)

// tiny is a submission that passes the first test, fails the second and panics in the third.
var tiny = filepath.Join("..", "..", "internal", "sim", "campaign", "testdata", "tiny")

// TestMain keeps the environment's wish for strictness, which make test has, out of what the command prints.
func TestMain(m *testing.M) {
	if err := os.Unsetenv(suite.StrictVariable); err != nil {
		panic(err)
	}
	os.Exit(m.Run())
}

// says fails the test for each of words that text does not say.
func says(t *testing.T, text string, words ...string) {
	t.Helper()
	for _, w := range words {
		if !strings.Contains(text, w) {
			t.Errorf("nothing says %q in:\n%s", w, text)
		}
	}
}

func TestTestPasses(t *testing.T) {
	r := raftlab(t.Context(), "", "test", tiny, "-run", "InitialElection", "--seeds", "=17", "-v")
	if r.status != exitOK || r.errors != "" {
		t.Fatalf("status %d: %s%s", r.status, r.out, r.errors)
	}
	says(t, r.out, "1 test on seed 17", "seed 17 ", ": passed\n", "1 run of 1 test: 1 passed, 0 failed")
	if strings.Contains(r.out, "\x1b") || strings.Contains(r.out, "replay") {
		t.Errorf("a line of progress, or something to replay:\n%s", r.out)
	}
}

func TestTestFails(t *testing.T) {
	r := raftlab(t.Context(), "", "test", tiny, "--run", "2A", "--seeds", "3", "--check")
	if r.status != exitFailed || r.errors != "" {
		t.Fatalf("status %d: %s%s", r.status, r.out, r.errors)
	}
	says(t, r.out, "3 tests on seeds 1 to 3", "3 runs: Progress: no leader", "seeds 1, 2, 3\n",
		"3 runs: panicked: server 3: panic: runtime error: ", "(raft.go:66)", "9 runs of 3 tests: 3 passed, 6 failed")
	for _, row := range []string{`3 +3 +0 +\d+\.\ds +\d+\.\d{3}s +\d+\.\d{3}s +TestInitialElection2A`,
		`3 +0 +3 +\d+\.\ds +\d+\.\d{3}s +\d+\.\d{3}s +TestReElection2A`} {
		if !regexp.MustCompile(`(?m)^ *` + row + `$`).MatchString(r.out) {
			t.Errorf("no row like %s in:\n%s", row, r.out)
		}
	}
	line := regexp.MustCompile(`(?m)^  raftlab (replay TestManyElections2A --seed \d) (.*)$`).FindStringSubmatch(r.out)
	if line == nil {
		t.Fatalf("no line replays the panic:\n%s", r.out)
	}
	again := raftlab(t.Context(), "", append(strings.Fields(line[1]), line[2])...)
	if again.status != exitFailed {
		t.Errorf("replayed: status %d, %s", again.status, again.errors)
	}
	says(t, again.out, "TestManyElections2A (2A: ", ": panicked after ", "server 3: panic: ", "--- server 0 printed\nhere is 0 of 7\n",
		"The same again, event for event: hash ")
	silent := raftlab(t.Context(), "", append(strings.Fields(line[1]), "--output", "3B", line[2])...)
	says(t, silent.out, "output limit after ", "has printed more than 3 bytes")
}

func TestTestJSON(t *testing.T) {
	r := raftlab(t.Context(), "", "test", tiny, "--run", "Election2A", "--seeds", "2-3", "--json", "-v")
	var out jsonSummary
	if err := json.Unmarshal([]byte(r.out), &out); err != nil || r.status != exitFailed {
		t.Fatalf("status %d, %v: %s%s", r.status, err, r.out, r.errors)
	}
	if out.Runs != 4 || out.Planned != 4 || out.Passed != 2 || out.Failed != 2 || len(out.Tests) != 2 ||
		len(out.Records) != 4 || len(out.Failures) != 1 {
		t.Fatalf("%+v", out)
	}
	f := out.Failures[0]
	if f.Invariant != "Progress" || f.Runs != 2 || len(f.Seeds["TestReElection2A"]) != 2 ||
		f.Replay != "raftlab replay TestReElection2A --seed 2 "+tiny && f.Replay != "raftlab replay TestReElection2A --seed 3 "+tiny {
		t.Errorf("%+v", f)
	}
}

func TestTestKeeps(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "kept")
	r := raftlab(t.Context(), "", "test", tiny, "--run", "ReElection", "--seeds", "1", "--keep", dir)
	kept := filepath.Join(dir, "TestReElection2A-1.log")
	says(t, r.out, "kept in "+kept)
	if text, err := os.ReadFile(kept); err != nil || !strings.Contains(string(text), "here is 2 of 3") {
		t.Errorf("%s: %q, %v", kept, text, err)
	}
}

func TestTestRefuses(t *testing.T) {
	empty := t.TempDir()
	for _, c := range []struct {
		args string
		says string
	}{
		{"test --run 2Z", `no test matches "2Z"`},
		{"test --run (", "missing closing )"},
		{"test --seeds 5-2", "ends before it begins"},
		{"test --seeds many", "want how many"},
		{"test --jobs -1", "--jobs -1"},
		{"test --run", "flag needs an argument"},
		{"test --nonesuch", "unknown flag: --nonesuch"},
		{"test raft kvraft", "at most one of"},
		{"test raft --run 3A", "names tests of kvraft"},
		{"test " + filepath.Join(empty, "none"), "there is no folder"},
		{"test " + empty, "holds no Go files"},
		{"test --keep test_test.go", "test_test.go is none"},
		{"replay", "replay which test?"},
		{"replay TestBackup2B", "--seed is missing"},
		{"replay TestBackup2B --seed x", "--seed"},
		{"replay TestNone --seed 1", "no test is called TestNone"},
		{"replay Backup --seed 1", "do you mean TestBackup2B?"},
		{"replay TestBackup2B --seed 1 " + filepath.Join(empty, "none"), "there is no folder"},
		{"replay TestBackup2B --seed 1 --events " + filepath.Join(empty, "none", "file"), "--events"},
	} {
		r := raftlab(t.Context(), "", strings.Fields(c.args)...)
		if r.status != exitUsage || r.out != "" {
			t.Errorf("%s: status %d, output %q", c.args, r.status, r.out)
		}
		says(t, r.errors, "raftlab: ", c.says)
	}
}

func TestTestDoesNotCompile(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "raft")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	source := filepath.Join(dir, "raft.go")
	if err := os.WriteFile(source, []byte("package raft\n\nfunc f() int { return x }\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{"test", dir}, {"replay", "Backup2B", "--seed", "1", filepath.Dir(dir)}} {
		r := raftlab(t.Context(), "", args...)
		if r.status != exitUsage {
			t.Errorf("%q: status %d", args, r.status)
		}
		says(t, r.errors, "does not compile", "raft.go:3:23: undefined: x")
	}
}

// TestTestWhole runs tests of a package of another module.
func TestTestWhole(t *testing.T) {
	dir := filepath.Join("..", "..", "internal", "sim", "testdata", "whole")
	keep := filepath.Join(t.TempDir(), "kept")
	r := raftlab(t.Context(), "", "test", "--whole", dir, "-run", "Sleeps|Skips|Odd", "--seeds", "1-6", "--check", "--keep", keep)
	if r.status != exitFailed || r.errors != "" {
		t.Fatalf("status %d: %s%s", r.status, r.out, r.errors)
	}
	says(t, r.out, "failed: as its tests say, TestOdd failed\n", "6       6        0       0   TestSleeps\n",
		"6       0        6       0   TestSkips\n", "again: raftlab test --whole "+dir+" --seeds =")
	if entries, err := os.ReadDir(keep); err != nil || len(entries) == 0 || len(entries) == 6 {
		t.Errorf("%d of 6 runs are kept: %v", len(entries), err)
	}
	r = raftlab(t.Context(), "", "test", "--whole", dir, "--run", "Exits|Sleeps", "--seeds", "1", "--json")
	var out wholeSummary
	if err := json.Unmarshal([]byte(r.out), &out); err != nil || out.Failed != 1 || len(out.Tests) != 2 {
		t.Errorf("%v, %+v", err, out)
	}
	for args, text := range map[string]string{
		"test --whole " + dir + " --run None --seeds 1":     "no test of " + dir + ` matches "None"`,
		"test --whole " + dir + "x":                         "no such folder",
		"test raft --whole " + dir:                          "One at a time",
		"test --whole " + dir + " --seeds 0":                "at least one",
		"test --whole " + filepath.Join("..", "..", "docs"): "holds no tests",
	} {
		if r := raftlab(t.Context(), "", strings.Fields(args)...); r.status != exitUsage {
			t.Errorf("%s: status %d", args, r.status)
		} else {
			says(t, r.errors, text)
		}
	}
}

func TestTestList(t *testing.T) {
	r := raftlab(t.Context(), "", "test", "--list")
	if lines := strings.Count(r.out, "\n"); r.status != exitOK || lines != len(suite.All()) {
		t.Errorf("status %d, %d lines of %d tests", r.status, lines, len(suite.All()))
	}
}

// interrupter cancels when a line of a run is written.
type interrupter struct {
	strings.Builder
	cancel func()
}

// Write implements io.Writer.
func (i *interrupter) Write(p []byte) (int, error) {
	if strings.Contains(string(p), ": passed") {
		i.cancel()
	}
	return i.Builder.Write(p)
}

func TestTestInterrupted(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	out := &interrupter{cancel: cancel}
	var errs strings.Builder
	status := run(ctx, []string{"test", tiny, "-v", "-j", "1", "--run", "InitialElection", "--seeds", "5000"}, nil, out, &errs)
	if status != exitInterrupted || errs.String() != "raftlab: interrupted\n" {
		t.Errorf("status %d, %q", status, errs.String())
	}
	says(t, out.String(), "1 run of 1 test: 1 passed, 0 failed")

	for _, args := range [][]string{{"test", tiny}, {"replay", "Backup2B", "--seed", "1", tiny}} {
		if r := raftlab(ctx, "", args...); r.status != exitInterrupted || r.errors != "raftlab: interrupted\n" {
			t.Errorf("%q before it began: status %d, %q, %q", args, r.status, r.out, r.errors)
		}
	}
}

func TestReplayShowsAll(t *testing.T) {
	file := filepath.Join(t.TempDir(), "events.jsonl")
	r := raftlab(t.Context(), "", "replay", "InitialElection2A", "--seed", "4", tiny, "-v", "--events", file)
	if r.status != exitOK {
		t.Fatalf("status %d: %s", r.status, r.errors)
	}
	says(t, r.out, "0  connect", "seed 4: passed", "--- server 2 printed", "The same again")
	events, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer events.Close()
	if all, err := trace.ReadJSONL(events); err != nil || len(all) == 0 {
		t.Errorf("%d events in the file, %v", len(all), err)
	}
}

// TestRunnerSimulates checks what test-runner.sh makes of its arguments where it runs in the simulator.
func TestRunnerSimulates(t *testing.T) {
	logs := filepath.Join(t.TempDir(), "logs")
	root := filepath.Join("..", "..")
	r := raftlab(t.Context(), "", "test-runner", "-C", root, "-p", "2", "-s", "7", "-o", logs, "InitialElection", "2")
	if r.status != exitOK || r.errors != "" {
		t.Fatalf("status %d: %s%s", r.status, r.out, r.errors)
	}
	says(t, r.out, "1 test on seeds 7 to 8", "2 runs of 1 test: 2 passed")
	for args, text := range map[string]string{
		"": "usage: ./test-runner.sh", "2Z": "no test matches \"2Z$\"; raftlab test --list names them all\nTests of your own run in real time", "-t 5s 2A": "-t is for --real", "-o test_test.go 2A": "is none",
	} {
		r := raftlab(t.Context(), "", append([]string{"test-runner", "-C", root}, strings.Fields(args)...)...)
		if r.status != exitUsage {
			t.Errorf("%q: status %d", args, r.status)
		}
		says(t, r.errors, text)
	}
}

// TestLiveLine checks what a terminal sees while runs are under way.
func TestLiveLine(t *testing.T) {
	var out strings.Builder
	plan := campaign.Plan{Scenarios: suite.Raft()[:1], Seeds: campaign.Seeds{First: 1, Count: 4}}
	v := newView(io.Discard, testFlags{}, campaign.Target{}, plan)
	v.out = &terminal{&out, true}
	v.update("TestInitialElection2A", func(p *progress) { p.start() })
	v.done(campaign.Record{Scenario: plan.Scenarios[0]})
	v.refresh()
	line := regexp.MustCompile(`\r\x1b\[KInitialElection2A +1/4 runs, 1 failed, \d+\.\d/s, \d+.* left$`)
	if !line.MatchString(out.String()) {
		t.Errorf("the line is %q", out.String())
	}
	v.out.clear()
	v.out.live(strings.Repeat("é", 200))
	if last := out.String()[strings.LastIndex(out.String(), "\x1b[K")+3:]; len([]rune(last)) != 79 {
		t.Errorf("a long line is not cut: %q", last)
	}
}

func TestQuoted(t *testing.T) {
	for word, want := range map[string]string{"a/b": "a/b", "a b": "'a b'", "it's": `'it'\''s'`, "$HOME": "'$HOME'"} {
		if got := quoted(word); got != want {
			t.Errorf("%s is quoted as %s, want %s", word, got, want)
		}
	}
}
