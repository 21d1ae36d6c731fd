package campaign_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"raftlab/internal/sim"
	"raftlab/internal/sim/build"
	"raftlab/internal/sim/campaign"
	"raftlab/internal/suite"
	"raftlab/internal/trace"
)

// tiny finds the submission in testdata: with three servers one leads for ever, with five one exits, with seven one
// panics.
func tiny(t *testing.T) campaign.Target {
	t.Helper()
	target, err := campaign.Find("", filepath.Join("testdata", "tiny"))
	if err != nil {
		t.Fatal(err)
	}
	return target
}

var opened = sync.OnceValues(func() (*campaign.Submission, error) {
	target, err := campaign.Find("", filepath.Join("testdata", "tiny"))
	if err != nil {
		return nil, err
	}
	return target.Open(context.Background(), target.Scenarios(), "")
})

func open(t *testing.T) *campaign.Submission {
	t.Helper()
	s, err := opened()
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func scenarios(t *testing.T, pattern string) []suite.Scenario {
	t.Helper()
	s, err := tiny(t).Select(pattern)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestCampaign(t *testing.T) {
	keep := filepath.Join(t.TempDir(), "kept")
	summary := campaign.Run(t.Context(), open(t), campaign.Plan{Check: true, Jobs: 3, Keep: keep,
		Scenarios: scenarios(t, "Election|FailNoAgree|Persist22C"), Seeds: campaign.Seeds{First: 5, Count: 4}})
	got := map[string]string{}
	for _, test := range summary.Tests {
		got[test.Scenario.Name] = fmt.Sprintf("%d=%d+%d+%d", test.Runs, test.Passed, test.Failed, test.Broken)
	}
	want := map[string]string{"TestInitialElection2A": "4=4+0+0", "TestReElection2A": "4=0+4+0",
		"TestManyElections2A": "4=0+4+0", "TestFailNoAgree2B": "4=0+4+0", "TestPersist22C": "4=0+4+0"}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("got %v, want %v", got, want)
	}
	if summary.Runs != 20 || summary.Passed != 4 || summary.Failed != 16 || summary.Interrupted || summary.Virtual == 0 {
		t.Errorf("all together: %+v", summary.Test)
	}
	var groups []string
	for _, g := range summary.Groups {
		groups = append(groups, fmt.Sprintf("%d %s %s: %s", g.Runs, g.Verdict, g.Invariant, g.Headline))
		if g.Example.Kept == "" || !strings.HasPrefix(g.Example.Kept, keep) {
			t.Errorf("%s is kept in %q", g.Headline, g.Example.Kept)
		}
	}
	if len(groups) != 3 || groups[0] != "8 exited : exited: server 1: called os.Exit(3)" {
		t.Fatalf("groups:\n%s", strings.Join(groups, "\n"))
	}
	if seeds := summary.Groups[0].Seeds; len(seeds) != 2 || seeds[0].Name != "TestFailNoAgree2B" ||
		!slices.Equal(seeds[0].Seeds, []uint64{5, 6, 7, 8}) {
		t.Errorf("seeds of the first group: %v", seeds)
	}
	all := strings.Join(groups, "\n")
	for _, words := range []string{"4 panicked", "nil pointer dereference (raft.go:66)", "4 failed Progress"} {
		if !strings.Contains(all, words) {
			t.Errorf("no group says %q:\n%s", words, all)
		}
	}
	checkKept(t, keep)
}

// checkKept looks at what is kept of one run of seven servers, and that nothing is of a pass.
func checkKept(t *testing.T, keep string) {
	t.Helper()
	entries, err := os.ReadDir(keep)
	if err != nil || len(entries) != 2*16 {
		t.Fatalf("%d files are kept of 16 failures: %v", len(entries), err)
	}
	name := filepath.Join(keep, "TestManyElections2A-6")
	log, err := os.ReadFile(name + ".log")
	if err != nil {
		t.Fatal(err)
	}
	for _, words := range []string{"seed 6: panicked", "server 3: panic: runtime error", "--- server 6 printed\nhere is 6 of 7\n"} {
		if !strings.Contains(string(log), words) {
			t.Errorf("the log does not say %q:\n%s", words, log)
		}
	}
	events, err := os.Open(name + ".jsonl")
	if err != nil {
		t.Fatal(err)
	}
	defer events.Close()
	if all, err := trace.ReadJSONL(events); err != nil || len(all) == 0 {
		t.Errorf("%d events are kept: %v", len(all), err)
	}
}

// TestNothingKept checks that no folder is left behind where all runs pass.
func TestNothingKept(t *testing.T) {
	keep := filepath.Join(t.TempDir(), "kept")
	summary := campaign.Run(t.Context(), open(t), campaign.Plan{Keep: keep,
		Scenarios: scenarios(t, "InitialElection"), Seeds: campaign.Seeds{First: 1, Count: 1}})
	if _, err := os.Stat(keep); summary.Passed != 1 || !errors.Is(err, os.ErrNotExist) {
		t.Errorf("%d passed; the folder: %v", summary.Passed, err)
	}
}

// TestNowhereToKeep checks that a run whose events cannot be kept counts as broken, not as failed.
func TestNowhereToKeep(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o666); err != nil {
		t.Fatal(err)
	}
	summary := campaign.Run(t.Context(), open(t), campaign.Plan{Keep: file,
		Scenarios: scenarios(t, "InitialElection"), Seeds: campaign.Seeds{First: 1, Count: 1}})
	if summary.Broken != 1 || !strings.Contains(summary.Groups[0].Headline, "keep a failure: ") {
		t.Errorf("%+v", summary)
	}
}

// TestInterrupt gives a campaign up after its third run.
func TestInterrupt(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	runs := 0
	plan := campaign.Plan{Scenarios: scenarios(t, "InitialElection"), Seeds: campaign.Seeds{First: 1, Count: 1000}, Jobs: 1}
	plan.Done = func(campaign.Record) {
		if runs++; runs == 3 {
			cancel()
		}
	}
	summary := campaign.Run(ctx, open(t), plan)
	if !summary.Interrupted || summary.Runs != 3 || summary.Passed != 3 || summary.Broken != 0 {
		t.Errorf("interrupted %v: %+v", summary.Interrupted, summary.Test)
	}
}

// TestReplay makes a failure of a campaign again.
func TestReplay(t *testing.T) {
	var failure campaign.Record
	scenario := scenarios(t, "ManyElections")
	campaign.Run(t.Context(), open(t), campaign.Plan{Scenarios: scenario, Seeds: campaign.Seeds{First: 3, Count: 1},
		Done: func(r campaign.Record) { failure = r }})
	var events int
	first, again, equal, err := campaign.Replay(t.Context(), open(t), scenario[0], 3, false,
		func(trace.Event) { events++ })
	if err != nil || !equal || first.Hash != failure.Hash || again.Hash != failure.Hash || first.Verdict != sim.Panicked {
		t.Errorf("a run with hash %x gave %x (%s), then %x: %v", failure.Hash, first.Hash, first.Verdict, again.Hash, err)
	}
	if uint64(events) < first.Events || events == 0 {
		t.Errorf("%d of %d events were heard", events, first.Events)
	}
}

func TestDoesNotCompile(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "raft.go"), []byte("package raft\n\nvar x = y\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	target, err := campaign.Find("", dir)
	if err != nil {
		t.Fatal(err)
	}
	_, err = target.Open(t.Context(), target.Scenarios(), "")
	var theirs *build.Error
	if !errors.As(err, &theirs) || !strings.Contains(err.Error(), "raft.go:3:9: undefined: y") {
		t.Errorf("error %v", err)
	}
}

func TestFindRefuses(t *testing.T) {
	empty, file := t.TempDir(), filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o666); err != nil {
		t.Fatal(err)
	}
	for what, says := range map[string]string{
		filepath.Join(empty, "none"): "there is no folder",
		empty:                        "holds no Go files of a package raft or kvraft",
		file:                         "is a file",
	} {
		_, err := campaign.Find("", what)
		var wrong *campaign.UsageError
		if !errors.As(err, &wrong) || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: error %v, want %q", what, err, says)
		}
	}
}

func TestSelect(t *testing.T) {
	for _, c := range []struct {
		what, pattern string
		names         int    // how many; 0: an error
		says          string // it, or the first name
	}{
		{"", "", len(suite.All()), "TestInitialElection2A"},
		{"raft", "", len(suite.Raft()), "TestInitialElection2A"},
		{"kvraft", "", len(suite.KV()), suite.KV()[0].Name},
		{"", "2A", 3, "TestInitialElection2A"},
		{"", "^TestFigure8", 2, "TestFigure82C"},
		{"raft", "3A", 0, `"3A" names tests of kvraft, and only raft is tested here`},
		{"kvraft", "2A", 0, `"2A" names tests of raft, and only kvraft is tested here`},
		{"", "Nonesuch", 0, `no test matches "Nonesuch"`},
		{"", "(", 0, "missing closing )"},
	} {
		target, err := campaign.Find("", c.what)
		if err != nil {
			t.Fatal(err)
		}
		found, err := target.Select(c.pattern)
		switch {
		case c.names == 0 && (err == nil || !strings.Contains(err.Error(), c.says)):
			t.Errorf("%s %q: error %v, want %q", c.what, c.pattern, err, c.says)
		case c.names > 0 && (err != nil || len(found) != c.names || found[0].Name != c.says):
			t.Errorf("%s %q: %d scenarios, %v", c.what, c.pattern, len(found), err)
		}
	}
}

func TestOne(t *testing.T) {
	target := tiny(t)
	for name, says := range map[string]string{
		"TestFigure82C": "", "Figure82C": "",
		"figure8": "do you mean TestFigure82C, TestFigure8Unreliable2C?", "TestXyz": "raftlab test --list",
		"TestBasic3A": "is a test of the package",
	} {
		s, err := target.One(name)
		switch {
		case says == "" && (err != nil || s.Name != "TestFigure82C"):
			t.Errorf("%s: %s, %v", name, s.Name, err)
		case says != "" && (err == nil || !strings.Contains(err.Error(), says)):
			t.Errorf("%s: error %v, want %q", name, err, says)
		}
	}
}

func TestParseSeeds(t *testing.T) {
	for text, want := range map[string]campaign.Seeds{
		"100": {First: 1, Count: 100}, "1": {First: 1, Count: 1}, "=17": {First: 17, Count: 1}, "17-17": {First: 17, Count: 1},
		"1-500": {First: 1, Count: 500}, "=0": {First: 0, Count: 1},
		"=18446744073709551615": {First: 1<<64 - 1, Count: 1},
	} {
		if got, err := campaign.ParseSeeds(text); err != nil || got != want {
			t.Errorf("%q: %v, %v; want %v", text, got, err, want)
		}
	}
	for text, says := range map[string]string{
		"": "want how many", "x": "want how many", "-5": "want how many", "5-": "want how many", "=": "want how many",
		"1.5": "want how many", "0": "at least one", "9-3": "ends before it begins", "1-99999999999": "at most",
		"18446744073709551616": "want how many",
	} {
		if got, err := campaign.ParseSeeds(text); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%q: %v, %v; want an error with %q", text, got, err, says)
		}
	}
	for seeds, want := range map[campaign.Seeds]string{{First: 1, Count: 5}: "seeds 1 to 5", {First: 9, Count: 1}: "seed 9"} {
		if seeds.String() != want {
			t.Errorf("%s, want %s", seeds, want)
		}
	}
}
