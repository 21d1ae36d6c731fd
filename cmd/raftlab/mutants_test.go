package main

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestMutants(t *testing.T) {
	report := filepath.Join(t.TempDir(), "report.md")
	r := raftlab(t.Context(), "", "mutants", "--only", "R25,P10", "--rest", "0", "--hunt", "0", "--report", report)
	if r.status != exitOK || r.errors != "" {
		t.Fatalf("status %d: %s%s", r.status, r.out, r.errors)
	}
	says(t, r.out, "R25  sends its whole log each time", "caught by RPCBytes2B, seed 1, ", ": Budget: bytes sent",
		"2 of 2 wrong ones caught, 0 of them by the hunt")
	text, err := os.ReadFile(report)
	if err != nil {
		t.Fatal(err)
	}
	says(t, string(text), "| P10 | saves no snapshot along with the state after the first time |", "| SnapshotInit2D (1)", "| Monotonic |")
}

// What survives and must not makes another status, and is said in JSON, too.
func TestMutantsJSON(t *testing.T) {
	r := raftlab(t.Context(), "", "mutants", "--only", "K50", "--by", "suites", "--rest", "0", "--json")
	var doc struct {
		Tried, Caught int
		Mutants       []struct {
			ID, Outcome string
			Wrong       bool
		}
	}
	if err := json.Unmarshal([]byte(r.out), &doc); err != nil || r.status != exitFailed {
		t.Fatalf("status %d, %v: %s%s", r.status, err, r.out, r.errors)
	}
	if doc.Tried != 1 || doc.Caught != 0 || len(doc.Mutants) != 1 || !doc.Mutants[0].Wrong || doc.Mutants[0].Outcome != "SURVIVED" {
		t.Errorf("%+v", doc)
	}
}

func TestMutantsInterrupted(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	r := raftlab(ctx, "", "mutants", "--only", "R25", "--hunt", "0")
	if r.status != exitInterrupted || !strings.Contains(r.out, "the rest of the bank was not tried") ||
		!strings.Contains(r.errors, "interrupted") {
		t.Errorf("status %d: %s%s", r.status, r.out, r.errors)
	}
}

func TestMutantsRefuses(t *testing.T) {
	for _, c := range []struct{ args, says string }{
		{"mutants --only E999", `the bank has no mutant "E999"`},
		{"mutants --seeds 0", "--seeds is 1 at least"},
		{"mutants --by luck", "want suites or hunt"},
		{"mutants --by hunt --hunt 0", "tries nothing"},
		{"mutants E1", "unknown command"},
		{"mutants --loud", "unknown flag: --loud"},
	} {
		r := raftlab(t.Context(), "", strings.Fields(c.args)...)
		if r.status != exitUsage || !strings.Contains(r.errors, c.says) {
			t.Errorf("%s: status %d, %q, want one that says %q", c.args, r.status, r.errors, c.says)
		}
	}
	r := raftlab(t.Context(), "", "mutants", "--list", "--only", "R5")
	if r.status != exitOK || strings.Count(r.out, "\n") != 2 {
		t.Errorf("status %d: %s", r.status, r.out)
	}
}
