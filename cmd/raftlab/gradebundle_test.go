package main

import (
	"archive/zip"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
)

func TestGradeBundle(t *testing.T) {
	dir := t.TempDir()
	out, config := filepath.Join(dir, "autograder.zip"), filepath.Join(dir, "course.yaml")
	if err := os.WriteFile(config, []byte("title: packed\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	r := raftlab(t.Context(), "", "grade", "--bundle", "gradescope", "--out", out, "--config", config, "--lab", "raft", "-j", "3")
	if r.status != exitOK {
		t.Fatalf("status %d: %s%s", r.status, r.out, r.errors)
	}
	says(t, r.out, out, "keep it from students")
	archive, err := zip.OpenReader(out)
	if err != nil {
		t.Fatal(err)
	}
	defer archive.Close()
	for name, want := range map[string]string{"bundle/flags": "--lab=raft\n--jobs=3\n",
		"bundle/course/course.yaml": "title: packed\n"} {
		if text, err := fs.ReadFile(archive, name); err != nil || string(text) != want {
			t.Errorf("%s: %q, %v; want %q", name, text, err, want)
		}
	}
}

func TestGradeBundleUsage(t *testing.T) {
	out := filepath.Join(t.TempDir(), "x.zip")
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{"--bundle", "moodle", "--out", out}, "there are gradescope, autolab, classroom50"},
		{[]string{"--bundle", "gradescope"}, "--out is missing"},
		{[]string{"--bundle", "gradescope", "--out", out, "ann.zip"}, "not even ann.zip"},
		{[]string{"--bundle", "gradescope", "--out", out, "--resume"}, "nothing to --resume"},
		{[]string{"--bundle", "gradescope", "--out", out, "--config", "none.yaml"}, "none.yaml"},
		{[]string{"--bundle", "gradescope", "--out", out, "--lab", "poetry"}, "poetry"},
	} {
		r := raftlab(t.Context(), "", append([]string{"grade"}, c.args...)...)
		if r.status != exitUsage {
			t.Errorf("%q: status %d, want %d", c.args, r.status, exitUsage)
		}
		says(t, r.errors, c.want)
	}
}
