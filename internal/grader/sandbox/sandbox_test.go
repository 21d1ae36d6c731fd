package sandbox

import (
	"errors"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"raftlab/internal/sim/build"
)

func TestTheSandboxHolds(t *testing.T) {
	root, err := build.FindRoot()
	if err != nil {
		t.Fatal(err)
	}
	hash, err := Prove(t.Context(), root, filepath.Join(os.TempDir(), "raftlab-grader-test"))
	if err != nil || hash == "" {
		t.Errorf("got %q, %v", hash, err)
	}
}

// refusals is what a probe prints that was refused all.
func refusals(w *world) string {
	lines := []string{"told: got \"" + w.dir + " " + w.address + "\""}
	for _, what := range attempts {
		lines = append(lines, what+": refused")
	}
	return strings.Join(append(lines, "all tried"), "\n") + "\n"
}

// TestEscapesAreSeen has a probe that was let through, each time in one way.
func TestEscapesAreSeen(t *testing.T) {
	without := func(word string) func(w *world) string {
		return func(w *world) string { return strings.Replace(refusals(w), word, "", 1) }
	}
	for name, c := range map[string]struct {
		happens func(w *world) string // and what is printed
		want    string                // "": it holds
	}{
		"nothing":       {refusals, ""},
		"silence":       {func(*world) string { return "" }, "nothing is known of the attempt: read secret"},
		"one missing":   {without("start: refused\n"), "attempt: start"},
		"not told":      {without(" 127.0.0.1"), "was told where to try"},
		"a file read":   {func(w *world) string { return refusals(w) + "read secret: got \"x\"\n" }, `read secret got "x"`},
		"the secret":    {func(w *world) string { return refusals(w) + "told: " + w.secret }, "a file was read"},
		"a variable":    {func(w *world) string { return refusals(w) + "environment: got \"HOME=/\"\n" }, "environment got"},
		"a connection":  {func(w *world) string { dial(t, w); return refusals(w) }, "a connection was opened"},
		"a file made":   {func(w *world) string { put(t, w, "written"); return refusals(w) }, "the file written was made"},
		"a file change": {func(w *world) string { put(t, w, "secret"); return refusals(w) }, "a file has changed"},
	} {
		w, err := newWorld(t.TempDir())
		if err != nil {
			t.Fatal(err)
		}
		err = w.judge(c.happens(w))
		w.close()
		var escape *EscapeError
		if c.want == "" && err != nil ||
			c.want != "" && (!errors.As(err, &escape) || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%s: got %v, want …%s…", name, err, c.want)
		}
	}
}

func put(t *testing.T, w *world, name string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(w.dir, name), nil, 0o666); err != nil {
		t.Fatal(err)
	}
}

func dial(t *testing.T, w *world) {
	t.Helper()
	conn, err := net.Dial("tcp", w.address)
	if err != nil {
		t.Fatal(err)
	}
	_, _ = conn.Read(make([]byte, 1)) // until the other side has counted us, and hung up
	conn.Close()
}
