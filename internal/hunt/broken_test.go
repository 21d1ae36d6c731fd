package hunt_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"raftlab/internal/hunt"
	"raftlab/internal/sim"
	"raftlab/internal/sim/campaign"
	"raftlab/internal/suite"
	"raftlab/internal/tester"
	"raftlab/internal/tester/schedule"
)

// broken returns the folder of a submission: our own Raft, with a mistake in one of its files.
func broken(t *testing.T, file, right, wrong string) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.CopyFS(filepath.Join(dir, "raft"), justGo{os.DirFS(filepath.Join("..", "..", "raft"))}); err != nil {
		t.Fatal(err)
	}
	file = filepath.Join(dir, filepath.FromSlash(file))
	text, err := os.ReadFile(file)
	if err != nil || strings.Count(string(text), right) != 1 {
		t.Fatalf("%q stands %d times in %s, not once: %v", right, strings.Count(string(text), right), file, err)
	}
	if err := os.WriteFile(file, []byte(strings.Replace(string(text), right, wrong, 1)), 0o666); err != nil {
		t.Fatal(err)
	}
	return dir
}

// justGo is a tree of files without tests and what belongs to them.
type justGo struct{ fs.FS }

// ReadDir implements fs.ReadDirFS.
func (t justGo) ReadDir(name string) ([]fs.DirEntry, error) {
	entries, err := fs.ReadDir(t.FS, name)
	var left []fs.DirEntry
	for _, e := range entries {
		if e.IsDir() && e.Name() != "testdata" || strings.HasSuffix(e.Name(), ".go") && !strings.HasSuffix(e.Name(), "_test.go") {
			left = append(left, e)
		}
	}
	return left, err
}

// TestABrokenRaftIsFound hunts a Raft whose voters do not look at whom they have voted for. It is found, the schedule
// shrinks to a few lines, and what was saved of it fails in the same way, twice.
func TestABrokenRaftIsFound(t *testing.T) {
	dir := broken(t, "raft/core/election.go", "if n.vote != None && n.vote != m.From || !upToDate {", "if !upToDate {")
	target, err := campaign.Find("", dir)
	if err != nil {
		t.Fatal(err)
	}
	draw := schedule.Options{Lab: schedule.Raft, Peers: []int{3}, Family: "votes"}
	s, err := target.Open(t.Context(), []suite.Scenario{hunt.Scenario(schedule.Random(1, draw))}, "")
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	run := hunt.On(s, false)
	report := hunt.Hunt(t.Context(), run, hunt.Plan{Seeds: campaign.Seeds{First: 1, Count: 100}, Draw: draw})
	if report.Failed != 1 {
		t.Fatalf("not found: %+v", report)
	}
	found := report.Groups[0]
	small := hunt.Shrink(t.Context(), run, found.Example, hunt.Effort{Runs: 80})
	t.Logf("seed %d, %d runs:\n%s%s", found.Seeds[0], small.Runs, small.Head(), small.Schedule)
	if found.Invariant != tester.ElectionSafety {
		t.Errorf("found %s", found.Headline)
	}
	if n := len(small.Schedule.Steps); n > 6 || n >= small.Steps {
		t.Errorf("%d of %d steps are left", n, small.Steps)
	}

	file := filepath.Join(t.TempDir(), "kept", "raft-seed.txt")
	if err := hunt.Write(file, small.Schedule, small.Head()); err != nil {
		t.Fatal(err)
	}
	kept, err := hunt.Read(file)
	if err != nil {
		t.Fatal(err)
	}
	first, _, equal, err := campaign.Replay(t.Context(), s, hunt.Scenario(kept), kept.Seed, false)
	if err != nil || !equal || first.Verdict != sim.Failed || first.Hash != small.Record.Hash ||
		campaign.KindOf(first.Result) != campaign.KindOf(small.Record.Result) {
		t.Errorf("played from the file: %s, the same again %v, %v; want %s", campaign.Headline(first.Result), equal, err,
			campaign.Headline(small.Record.Result))
	}
	if r := onReference(t)(t.Context(), kept); r.Verdict != sim.Passed {
		t.Errorf("the Raft that makes no mistake: %s", campaign.Headline(r.Result))
	}
}
