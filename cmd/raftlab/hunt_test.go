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
	"time"
)

// hunted runs raftlab hunt on the tiny submission, which elects somebody only among three, for ever, and panics among
// seven.
func hunted(t *testing.T, args ...string) (r result, dir string) {
	t.Helper()
	dir = filepath.Join(t.TempDir(), "kept")
	r = raftlab(t.Context(), "", append([]string{"hunt", tiny, "--out", dir}, args...)...)
	return r, dir
}

func TestHuntFails(t *testing.T) {
	r, dir := hunted(t, "--peers", "7", "--seeds", "5-30", "-v")
	if r.status != exitFailed || r.errors != "" {
		t.Fatalf("status %d: %s%s", r.status, r.out, r.errors)
	}
	file := filepath.Join(dir, "raft-seed5.txt")
	says(t, r.out, "hunting raft on seeds 5 to 30\n", "seed 5: panicked: server 3: ", " steps to 0 in ", "(raft.go:66)\n",
		"saved; run it again with\n  raftlab replay --schedule "+file+" "+tiny+"\n",
		"raft: 1 seed: 0 passed, 1 failed, in ")
	script, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	says(t, string(script), "# panicked: server 3: ", "# Again: raftlab replay --schedule "+file+" "+tiny+"\n")
	again := raftlab(t.Context(), "", "replay", "--schedule", file, tiny)
	if again.status != exitFailed || again.errors != "" {
		t.Errorf("replayed: status %d, %s", again.status, again.errors)
	}
	says(t, again.out, ": panicked after ", "server 3: panic: ", "The same again, event for event: hash ")
}

func TestHuntJSON(t *testing.T) {
	r, _ := hunted(t, "--peers", "3,7", "--seeds", "6", "--keep-going", "--json", "--shrink", "3")
	var out struct{ Hunts []jsonHunt }
	if err := json.Unmarshal([]byte(r.out), &out); err != nil || r.status != exitFailed {
		t.Fatalf("status %d, %v: %s%s", r.status, err, r.out, r.errors)
	}
	if len(out.Hunts) != 1 || out.Hunts[0].Runs != 6 || out.Hunts[0].Failed != 6 || out.Hunts[0].Seeds != "seeds 1 to 6" {
		t.Fatalf("%+v", out)
	}
	kinds := map[string]int{}
	for _, f := range out.Hunts[0].Failures {
		kinds[f.Verdict] += len(f.Seeds)
		if _, err := os.Stat(f.File); err != nil || f.ShrinkRuns > 3 || !strings.HasPrefix(f.Schedule, "raft peers ") {
			t.Errorf("%v: %+v", err, f)
		}
	}
	if kinds["failed"]+kinds["panicked"] != 6 || kinds["panicked"] == 0 {
		t.Errorf("verdicts %v", kinds)
	}
}

func TestHuntExhaustive(t *testing.T) {
	r, dir := hunted(t, "--exhaustive", "--shrink", "0")
	if r.status != exitFailed || r.errors != "" {
		t.Fatalf("status %d: %s%s", r.status, r.out, r.errors)
	}
	says(t, r.out, "raft, election: 0 saves and ", "; 0 crash points, 0 of which came to pass\n", "  1 run: 0 passed, 1 failed",
		"--schedule "+filepath.Join(dir, "raft-new-leader-1.txt"))
}

func TestHuntForATime(t *testing.T) {
	r, _ := hunted(t, "--for", "1ns", "--seeds", "9-20")
	if r.status != exitOK {
		t.Errorf("status %d: %s", r.status, r.errors)
	}
	says(t, r.out, "hunting raft for 1ns, from seed 9\n", "raft: 0 seeds: 0 passed, 0 failed")
}

func TestHuntInterrupted(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	out := &stopper{cancel: cancel}
	var errs strings.Builder
	status := run(ctx, []string{"hunt", tiny, "--peers", "7", "--keep-going", "-v", "-j", "1", "--seeds", "5000", "--out",
		t.TempDir()}, nil, out, &errs)
	if status != exitInterrupted || errs.String() != "raftlab: interrupted\n" {
		t.Errorf("status %d, %q", status, errs.String())
	}
	says(t, out.String(), "seed 1: panicked", "; interrupted, it may get smaller", "raft: 1 seed: 0 passed, 1 failed")
}

// stopper cancels when a run is told of.
type stopper struct {
	strings.Builder
	cancel func()
}

// Write implements io.Writer.
func (s *stopper) Write(p []byte) (int, error) {
	if strings.Contains(string(p), "s simulated, ") {
		s.cancel()
	}
	return s.Builder.Write(p)
}

func TestHuntRefuses(t *testing.T) {
	bad := file(t, "raft peers 3 seed 1\nwork clients 1\n100ms earthquake 1\n1s heal\n")
	kv := file(t, "kvraft peers 3 seed 1\nwork clients 1 keys 1\n1s heal\n")
	for args, text := range map[string]string{
		"hunt":                                     "hunt what?",
		"hunt raft kvraft":                         "hunt takes one of",
		"hunt nowhere":                             "there is no folder",
		"hunt raft --seeds 9-1":                    "ends before it begins",
		"hunt raft --jobs -1":                      "--jobs -1",
		"hunt raft --for -1s":                      "--for -1s",
		"hunt raft --shrink -1":                    "--shrink -1",
		"hunt raft --peers 3,12":                   "peers 12; want 1 to 9",
		"hunt raft --faults crash,flood":           `unknown class of faults "flood"; known are [partition `,
		"hunt raft --lab zab":                      "--lab zab",
		"hunt raft --lab kvraft":                   "raft has none",
		"hunt raft --family zab":                   `unknown family "zab"`,
		"hunt raft --family reads --faults crash":  "--family or --faults, not both",
		"hunt raft --exhaustive --peers 3":         "--exhaustive has schedules of its own",
		"replay --schedule nowhere":                "there is no schedule nowhere",
		"replay --schedule " + bad:                 bad + ": schedule: line 3: ",
		"replay --schedule " + kv + " " + tiny:     kv + " is for kvraft, and " + tiny + " has none",
		"replay --schedule " + kv + " --seed 3":    "--seed is for tests",
		"replay --schedule " + kv + " raft kvraft": "at most one folder",
	} {
		r := raftlab(t.Context(), "", strings.Fields(args)...)
		if r.status != exitUsage || r.out != "" {
			t.Errorf("%s: status %d, output %q", args, r.status, r.out)
		}
		says(t, r.errors, "raftlab: ", text)
	}
}

// TestHuntLiveLine checks what a terminal sees while runs are under way.
func TestHuntLiveLine(t *testing.T) {
	p := &pace{all: 40, began: time.Now().Add(-10 * time.Second)}
	p.count(false)
	p.count(true)
	if line := p.line(); !regexp.MustCompile(`^2/40 runs, 1 failed, 0\.2/s, 3m10s left$`).MatchString(line) {
		t.Errorf("the line is %q", line)
	}
	p.limit = 15 * time.Second
	if line := p.line(); !regexp.MustCompile(`^2 runs, 1 failed, 0\.2/s, 5s left$`).MatchString(line) {
		t.Errorf("for a time it is %q", line)
	}
	var out strings.Builder
	ticking := tick(&terminal{&out, true}, p.line)
	for len(out.String()) == 0 {
		ticking.above("above\n")
	}
	ticking.stop()
	says(t, out.String(), "above\n")
	if quiet := tick(newTerminal(io.Discard), p.line); quiet.out.is {
		t.Error("nothing is no terminal")
	}
}
