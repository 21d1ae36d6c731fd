package main

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"raftlab/internal/handout"
)

func TestHandoutRefuses(t *testing.T) {
	full := t.TempDir()
	if err := os.Mkdir(filepath.Join(full, "2026"), 0o777); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ args, want string }{
		{"", "handout where to? --out is missing"},
		{"--out " + full, "nothing was written:\n" + full + " is there already, and not empty"},
		{"--out " + filepath.Join(full, "2027") + " more", `unknown command "more"`},
	} {
		r := raftlab(t.Context(), "", append([]string{"handout"}, strings.Fields(c.args)...)...)
		if r.status != exitUsage || r.out != "" {
			t.Errorf("%q: status %d, %s", c.args, r.status, r.out)
		}
		says(t, r.errors, c.want)
	}
}

func TestHandoutInterrupted(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	out := filepath.Join(t.TempDir(), "2027")
	r := raftlab(ctx, "", "handout", "--out", out)
	if r.status != exitInterrupted || r.errors != "raftlab: interrupted; nothing was written\n" {
		t.Errorf("status %d: %s%s", r.status, r.out, r.errors)
	}
	if left, err := filepath.Glob(filepath.Join(filepath.Dir(out), ".*")); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v %v", left, err)
	}
}

func TestHandoutSaysWhat(t *testing.T) {
	var said strings.Builder
	printMade(&said, handout.Config{Out: "2027", Zip: "2027.zip"}, handout.Summary{Files: 3, Tests: 55})
	want := "2027: 3 files; all 55 tests of the lab fail on it, as they must.\n2027.zip: the same, packed.\n"
	if said.String() != want {
		t.Errorf("%q, want %q", said.String(), want)
	}
}
