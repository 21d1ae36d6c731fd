package campaign

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"raftlab/internal/sim"
	"raftlab/internal/suite"
	"raftlab/internal/tester"
)

// TestKinds checks which failures count as alike.
func TestKinds(t *testing.T) {
	failed := func(invariant, message string) sim.Result {
		return sim.Result{Verdict: sim.Failed,
			Result: tester.Result{Failure: &tester.Failure{Invariant: invariant, Message: message}}}
	}
	panicked := func(where string) sim.Result {
		return sim.Result{Verdict: sim.Panicked, Peer: "server 2",
			Detail: "panic: index out of range [5] with length 5\n\ngoroutine 7 [running]:\n\truntime/panic.go:9\n" +
				"raftlab/raft.f()\n\t" + filepath.FromSlash(where) + " +0x12\n"}
	}
	base := failed("Progress", `server 2 applied "abc 1" at index 7 after 1m3.5s`)
	for name, c := range map[string]struct {
		a, b  sim.Result
		alike bool
	}{
		"particulars":         {base, failed("Progress", `server 0 applied "q" at index 12 after 250ms`), true},
		"more lines":          {base, failed("Progress", `server 2 applied "abc 1" at index 7 after 1m3.5s`+"\nmore"), true},
		"another invariant":   {base, failed("Monotonic", `server 2 applied "abc 1" at index 7 after 1m3.5s`), false},
		"another message":     {base, failed("Progress", `server 2 did not apply "abc 1" at index 7`), false},
		"another place":       {panicked("/a/raft.go:12"), panicked("/a/raft.go:13"), false},
		"the same place":      {panicked("/a/raft.go:12"), panicked("/a/raft.go:12"), true},
		"verdicts of no peer": {sim.Result{Verdict: sim.TimeLimit}, sim.Result{Verdict: sim.CPULimit}, false},
	} {
		if alike := KindOf(c.a) == KindOf(c.b); alike != c.alike {
			t.Errorf("%s: %q and %q: alike is %v", name, KindOf(c.a), KindOf(c.b), alike)
		}
	}
	if got := Headline(panicked("/a/raft.go:12")); got !=
		"panicked: server 2: panic: index out of range [5] with length 5 (raft.go:12)" {
		t.Errorf("headline %q", got)
	}
}

// TestBroken checks what is told of a submission that does not get as far as its first peer.
func TestBrokenFromTheStart(t *testing.T) {
	s := &Submission{broken: &sim.LoadError{Verdict: sim.Exited, Ending: "called os.Exit(0) in an init function",
		Output: "bye\n"}}
	summary := Run(t.Context(), s, Plan{Scenarios: suite.Raft()[:2], Seeds: Seeds{1, 3}})
	if summary.Failed != 6 || len(summary.Groups) != 1 || summary.Groups[0].Runs != 6 {
		t.Fatalf("%+v", summary)
	}
	if got := summary.Groups[0].Headline; got != "exited: every peer: called os.Exit(0) in an init function" {
		t.Errorf("headline %q", got)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}

// TestMissingRecord checks that a run that has left no record counts as broken.
func TestMissingRecord(t *testing.T) {
	tally := newTally(Plan{Scenarios: suite.Raft()[:1], Seeds: Seeds{1, 3}})
	tally.add(Record{Scenario: suite.Raft()[0], Result: sim.Result{Verdict: sim.Passed}})
	summary := tally.sum(false, time.Second)
	if summary.Passed != 1 || summary.Broken != 2 || summary.Runs != 3 {
		t.Errorf("%+v", summary.Test)
	}
	if !strings.Contains(summary.Groups[0].Headline, "no record") {
		t.Errorf("headline %q", summary.Groups[0].Headline)
	}
}

func TestSlow(t *testing.T) {
	var took []time.Duration
	for n, want := range map[int]time.Duration{0: 0, 1: 1, 2: 2, 19: 19, 20: 19, 21: 20, 39: 38, 40: 38, 100: 95} {
		took = took[:0]
		for i := range n {
			took = append(took, time.Duration(n-i))
		}
		if got := slow(took); got != want {
			t.Errorf("of %d runs, which took 1 to %d: %d, want %d", n, n, got, want)
		}
	}
}

// TestDiffers checks that two runs of a seed that differ say nothing of the submission.
func TestDiffers(t *testing.T) {
	a := sim.Result{Verdict: sim.Passed, Result: tester.Result{Events: 10, Hash: 1}}
	b := a
	b.Hash = 2
	if !same(a, a) || same(a, b) {
		t.Error("hashes are not compared")
	}
	r := differs(a, b)
	if r.Verdict != sim.Infrastructure || r.Events != 10 || !strings.Contains(r.Detail, "two runs of one seed differ") {
		t.Errorf("%+v", r)
	}
}

// TestSimulatorPanics checks that a fault of the simulator's ends neither the campaign nor a student's hopes.
func TestSimulatorPanics(t *testing.T) {
	r := (&Submission{}).simulate(t.Context(), task{suite.Scenario{Servers: -1, Raft: func(*tester.Raft) {}}, 1}, false)
	if r.Verdict != sim.Infrastructure || !strings.Contains(r.Detail, "panicked") {
		t.Errorf("%+v", r)
	}
}

func TestMachineCodeIsForgotten(t *testing.T) {
	c := machineCode{t.TempDir()}
	old := time.Now().Add(-2 * keptFor)
	for i := range keptPrograms + 5 {
		dir := c.use("p" + strconv.Itoa(i))
		at := old.Add(time.Duration(i) * time.Second)
		if err := os.Chtimes(dir, at, at); err != nil {
			t.Fatal(err)
		}
	}
	c.use("p0") // used again: so p1 is the oldest
	if _, err := os.Stat(filepath.Join(c.dir, "p1")); err == nil {
		t.Error("the program that was not used for the longest is still there")
	}
	for _, kept := range []string{"p0", "p" + strconv.Itoa(keptPrograms+4)} {
		if _, err := os.Stat(filepath.Join(c.dir, kept)); err != nil {
			t.Errorf("a program in use is gone: %v", err)
		}
	}
	if entries, err := os.ReadDir(c.dir); err != nil || len(entries) != keptPrograms {
		t.Errorf("%d programs are kept, want %d: %v", len(entries), keptPrograms, err)
	}
}

// TestPeersAreSorted checks the order in which peers' output is shown.
func TestPeersAreSorted(t *testing.T) {
	for _, pair := range [][2]string{{"server 2", "server 10"}, {"client 9", "server 0"}, {"server 0", "server 1"}} {
		if comparePeers(pair[0], pair[1]) >= 0 || comparePeers(pair[1], pair[0]) <= 0 {
			t.Errorf("%s does not come before %s", pair[0], pair[1])
		}
	}
}
