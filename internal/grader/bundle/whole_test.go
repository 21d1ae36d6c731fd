//go:build bundle

package bundle_test

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"raftlab/internal/sim/build"
)

// TestWholeBundle prepares an image and grades in it, with nothing that stands for anything else: `make bundles`. It has
// to build raftlab in another place, which is too dear for every day.
func TestWholeBundle(t *testing.T) {
	root, err := build.FindRoot()
	if err != nil {
		t.Fatal(err)
	}
	base := t.TempDir()
	unpack(t, packed(t, "gradescope"), filepath.Join(base, "source"))
	put(t, filepath.Join(base, "source", "bundle", "course", "course.yaml"), "title: whole\nlabs: [raft]\nseeds: {public: 2, "+
		"hidden: 1, secret-file: keys/secret}\nparts: {2B: {skip: true}, 2C: {skip: true}, 2D: {skip: true}}\n")
	env := []string{"RAFTLAB_AUTOGRADER=" + base}
	for _, name := range []string{"GOCACHE", "GOMODCACHE"} { // not to fetch and compile all anew
		out, err := exec.Command("go", "env", name).Output()
		if err != nil {
			t.Fatal(err)
		}
		env = append(env, name+"="+strings.TrimSpace(string(out)))
	}
	if _, stderr, status := start(t, base, filepath.Join(base, "source", "setup.sh"), env...); status != 0 {
		t.Fatalf("setup.sh ends with status %d: %s", status, stderr)
	}
	for from, want := range map[string]float64{"raft": 12, "internal/sim/campaign/testdata/tiny": 4} {
		submission := filepath.Join(base, "submission")
		if err := os.RemoveAll(submission); err != nil {
			t.Fatal(err)
		}
		if err := os.CopyFS(filepath.Join(submission, "raft"), os.DirFS(filepath.Join(root, from))); err != nil {
			t.Fatal(err)
		}
		_, stderr, status := start(t, base, filepath.Join(base, "source", "run_autograder"), env...)
		b, err := os.ReadFile(filepath.Join(base, "results", "results.json"))
		var got struct {
			Score *float64
			Tests []struct{ Status string }
		}
		if err == nil {
			err = json.Unmarshal(b, &got)
		}
		if err != nil || status != 0 || got.Score == nil || *got.Score != want || len(got.Tests) != 3 {
			t.Errorf("%s: status %d, %v, want %v points: %s\n%s", from, status, err, want, b, stderr)
		}
	}
}
