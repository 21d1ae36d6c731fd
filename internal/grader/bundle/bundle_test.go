package bundle_test

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"raftlab/internal/grader/bundle"
	"raftlab/internal/sim/build"
)

const courseText = "title: Test course\nseeds: {public: 2, hidden: 1, secret-file: keys/secret}\n"

// packed writes a bundle of this tree and returns its path.
func packed(t *testing.T, kind string, flags ...string) string {
	t.Helper()
	root, err := build.FindRoot()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	put(t, filepath.Join(dir, "course.yaml"), courseText)
	put(t, filepath.Join(dir, "keys", "secret"), "0123456789abcdef0123456789abcdef\n")
	out := filepath.Join(dir, kind+".zip")
	err = bundle.Write(kind, out, bundle.Options{Root: root, Config: filepath.Join(dir, "course.yaml"), Flags: flags})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func put(t *testing.T, name, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(text), 0o755); err != nil {
		t.Fatal(err)
	}
}

// unpack extracts a zip as a platform does, modes and all, and returns the names in it.
func unpack(t *testing.T, archive, dir string) []string {
	t.Helper()
	r, err := zip.OpenReader(archive)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	var names []string
	for _, f := range r.File {
		text, err := fs.ReadFile(r, f.Name)
		if err != nil {
			t.Fatal(err)
		}
		name := filepath.Join(dir, f.Name)
		put(t, name, string(text))
		if err := os.Chmod(name, f.Mode()); err != nil {
			t.Fatal(err)
		}
		names = append(names, f.Name)
	}
	return names
}

func TestWhatIsInABundle(t *testing.T) {
	dir := t.TempDir()
	names := unpack(t, packed(t, "gradescope"), dir)
	for _, want := range []string{"setup.sh", "run_autograder", "bundle/course/course.yaml", "bundle/course/keys/secret",
		"bundle/src/go.mod", "bundle/src/raft/persister.go", "bundle/src/internal/sim/guest/main.go"} {
		if !slices.Contains(names, want) {
			t.Errorf("there is no %s", want)
		}
	}
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") || strings.Contains(name, "testdata") || strings.Contains(name, "/.") {
			t.Errorf("there is %s", name)
		}
	}
	for _, script := range []string{"setup.sh", "run_autograder"} {
		info, err := os.Stat(filepath.Join(dir, script))
		if err != nil || info.Mode()&0o111 == 0 {
			t.Errorf("%s cannot be started: %v, %v", script, info.Mode(), err)
		}
	}
	for _, name := range names {
		if strings.HasPrefix(name, "bundle/src/") || strings.HasPrefix(name, "bundle/course/") {
			continue
		}
		if out, err := exec.Command("bash", "-n", filepath.Join(dir, name)).CombinedOutput(); err != nil &&
			strings.HasSuffix(name, ".sh") {
			t.Errorf("%s: %s", name, out)
		}
	}
}

// The sources in a bundle are all that raftlab and what it builds around submissions need.
func TestSourcesAreWhole(t *testing.T) {
	dir := t.TempDir()
	unpack(t, packed(t, "gradescope"), dir)
	list := exec.Command("go", "list", "-deps", "./cmd/raftlab")
	list.Dir = filepath.Join(dir, "bundle", "src")
	if out, err := list.CombinedOutput(); err != nil {
		t.Errorf("%v: %s", err, out)
	}
	list = exec.Command("go", "list", "-deps", "-tags", "raftlab_kv", "./internal/sim/guest")
	list.Dir = filepath.Join(dir, "bundle", "src")
	list.Env = append(os.Environ(), "GOOS=wasip1", "GOARCH=wasm")
	if out, err := list.CombinedOutput(); err != nil {
		t.Errorf("in the simulator: %v: %s", err, out)
	}
}

func TestEqualBytes(t *testing.T) {
	for _, kind := range bundle.Kinds() {
		one, err := os.ReadFile(packed(t, kind))
		if err != nil {
			t.Fatal(err)
		}
		other, err := os.ReadFile(packed(t, kind))
		if err != nil || !bytes.Equal(one, other) {
			t.Errorf("%s: two bundles differ (%d and %d bytes): %v", kind, len(one), len(other), err)
		}
	}
}

func TestWhatCannotBePacked(t *testing.T) {
	root, err := build.FindRoot()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	put(t, filepath.Join(dir, "wrong.yaml"), "titel: x\n")
	put(t, filepath.Join(dir, "secret"), "0123456789abcdef0123456789abcdef\n")
	put(t, filepath.Join(dir, "below", "outside.yaml"), "seeds: {public: 1, hidden: 1, secret-file: ../secret}\n")
	for _, c := range []struct {
		kind string
		o    bundle.Options
		want string
	}{
		{"moodle", bundle.Options{Root: root}, `no platform "moodle"; there are gradescope`},
		{"gradescope", bundle.Options{Root: dir, Go: "go1.26.0"}, "read the sources"},
		{"gradescope", bundle.Options{Root: root, Config: filepath.Join(dir, "wrong.yaml")}, "wrong.yaml:1:1"},
		{"gradescope", bundle.Options{Root: root, Config: filepath.Join(dir, "none.yaml")}, "none.yaml"},
		{"gradescope", bundle.Options{Root: root, Config: filepath.Join(dir, "below", "outside.yaml")},
			"secret-file ../secret is not below"},
		{"gradescope", bundle.Options{Root: root, Go: "devel +abc"}, "devel +abc, which is no release"},
		{"gradescope", bundle.Options{Root: root, Flags: []string{"--lab\n--x"}}, "more than a line"},
	} {
		out := filepath.Join(dir, "out.zip")
		err := bundle.Write(c.kind, out, c.o)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s %+v: error %v; want one with %q", c.kind, c.o, err, c.want)
		}
		if _, err := os.Stat(out); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s %+v: there is a file all the same (%v)", c.kind, c.o, err)
		}
	}
	if err := bundle.Write("gradescope", filepath.Join(dir, "no", "out.zip"), bundle.Options{Root: root}); err == nil {
		t.Error("written into no folder")
	}
}

// fakeRaftlab stands for raftlab where the scripts are what is tested. What it does is its submission's first line.
const fakeRaftlab = `#!/usr/bin/env bash
set -euo pipefail
[ "$1" = grade ]
submission="$2"; out="$4"
echo "$@" >&2
text="$(tar -xOf "$submission" ./raft/raft.go | head -n 1)"
mkdir -p "$out/gradescope/x" "$out/autolab/x" "$out/classroom50/x"
case "$text" in
*good*)
	echo '{"score": 7}' >"$out/gradescope/x/results.json"
	echo '{"scores":{"2A":7}}' >"$out/autolab/x/autoresult.txt"
	echo '{"score": 7}' >"$out/classroom50/x/result.json" ;;
*crash*) kill -9 $$ ;;
*hang*) exec sleep 60 ;;
*forge*) echo '{"scores":{"2A":100}}'; exit 3 ;;
esac
[[ "$text" != *bad* ]] || exit 1
`

// limit is short where the fake raftlab hangs: no loaded machine is to reach it elsewhere.
func limit(text string) string {
	if text == "hang" {
		return "RAFTLAB_LIMIT=1s"
	}
	return "RAFTLAB_LIMIT=1m"
}

// installed unpacks a bundle where its platform has it, with the fake raftlab; inside is the folder of its bundle.
func installed(t *testing.T, kind, inside string, flags ...string) (base string) {
	t.Helper()
	base = t.TempDir()
	source := map[string]string{"gradescope": "source", "autolab": "", "classroom50": ""}[kind]
	unpack(t, packed(t, kind, flags...), filepath.Join(base, source))
	put(t, filepath.Join(base, inside, "bin", "raftlab"), fakeRaftlab)
	return base
}

// start runs a script of a bundle and returns what it printed and its exit status.
func start(t *testing.T, dir, script string, env ...string) (stdout, stderr string, status int) {
	t.Helper()
	cmd := exec.Command("bash", script)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), append(env, "TMPDIR="+t.TempDir())...)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return out.String(), errs.String(), cmd.ProcessState.ExitCode()
}

func TestGradescopeRun(t *testing.T) {
	base := installed(t, "gradescope", "source/bundle", "--lab=raft")
	for text, want := range map[string]struct {
		status int
		score  bool
	}{"good": {0, true}, "good bad": {0, true}, "crash": {3, false}, "hang": {3, false}, "forge": {3, false}, "none": {3, false}} {
		put(t, filepath.Join(base, "submission", "raft", "raft.go"), "// "+text+"\n")
		put(t, filepath.Join(base, "results", "results.json"), `{"score": 100}`) // of whoever was there before
		_, stderr, status := start(t, base, filepath.Join(base, "source", "run_autograder"), "RAFTLAB_AUTOGRADER="+base,
			limit(text))
		var got struct {
			Score  *float64
			Output string
		}
		b, err := os.ReadFile(filepath.Join(base, "results", "results.json"))
		if err == nil {
			err = json.Unmarshal(b, &got)
		}
		if err != nil || status != want.status || (got.Score != nil) != want.score {
			t.Errorf("%s: status %d, %s, %v\n%s", text, status, b, err, stderr)
		}
		if want.score && *got.Score != 7 || !want.score && !strings.Contains(got.Output, "says nothing about the submission") {
			t.Errorf("%s: %s", text, b)
		}
		if !regexp.MustCompile(`grade \S+/submission.tar.gz --out \S+ --format gradescope --quiet --cache \S+ --lab=raft --config \S+/course/course.yaml`).MatchString(stderr) {
			t.Errorf("%s: raftlab was called so: %s", text, stderr)
		}
	}
}

// An archive that was handed in is graded as it is.
func TestArchiveIsHandedOn(t *testing.T) {
	base := installed(t, "gradescope", "source/bundle")
	put(t, filepath.Join(base, "submission", "mine.tgz"), "no archive")
	_, stderr, _ := start(t, base, filepath.Join(base, "source", "run_autograder"), "RAFTLAB_AUTOGRADER="+base)
	if !strings.Contains(stderr, "grade "+base+"/submission/mine.tgz --out") {
		t.Errorf("raftlab was called so: %s", stderr)
	}
}

func TestNoRaftlabInTheImage(t *testing.T) {
	base := t.TempDir()
	unpack(t, packed(t, "gradescope"), filepath.Join(base, "source"))
	put(t, filepath.Join(base, "submission", "raft", "raft.go"), "// good\n")
	_, stderr, status := start(t, base, filepath.Join(base, "source", "run_autograder"), "RAFTLAB_AUTOGRADER="+base,
		"PATH=/usr/bin:/bin")
	b, err := os.ReadFile(filepath.Join(base, "results", "results.json"))
	if err != nil || status != 3 || !strings.Contains(stderr, "run setup.sh") || strings.Contains(string(b), `"score"`) {
		t.Errorf("status %d, %v, %s\n%s", status, err, b, stderr)
	}
}

func TestAutolabRun(t *testing.T) {
	base := installed(t, "autolab", "image/bundle")
	for text, want := range map[string]string{"good": `{"scores":{"2A":7}}`, "crash": `{"scores":{}}`, "hang": `{"scores":{}}`,
		"forge": `{"scores":{}}`} {
		job := t.TempDir()
		for from, to := range map[string]string{"autograde.tar": "autograde.tar", "autograde-Makefile": "Makefile"} {
			b, err := os.ReadFile(filepath.Join(base, from))
			if err != nil {
				t.Fatal(err)
			}
			put(t, filepath.Join(job, to), string(b))
		}
		put(t, filepath.Join(job, "raft", "raft.go"), "// "+text+"\n")
		cmd := exec.Command("make", "--no-print-directory")
		cmd.Dir = job
		cmd.Env = append(os.Environ(), "RAFTLAB_AUTOGRADER="+base+"/image", limit(text))
		out, err := cmd.Output()
		lines := strings.Split(strings.TrimSuffix(string(out), "\n"), "\n")
		if last := lines[len(lines)-1]; err != nil || last != want {
			t.Errorf("%s: last line %q of %s (%v)", text, last, out, err)
		}
		if strings.Contains(string(out), "\n{\"scores\":{\"2A\":100}}") {
			t.Errorf("%s: the submission's line stands there as ours: %s", text, out)
		}
	}
}

func TestClassroom50Run(t *testing.T) {
	base := installed(t, "classroom50", "bundle")
	for text, want := range map[string]int{"good": 0, "good bad": 0, "forge": 3, "crash": 3, "none": 3} {
		checkout := t.TempDir()
		put(t, filepath.Join(checkout, "raft", "raft.go"), "// "+text+"\n")
		put(t, filepath.Join(checkout, "result.json"), `{"score": 100}`)
		_, stderr, status := start(t, checkout, filepath.Join(base, "run_classroom50"))
		b, err := os.ReadFile(filepath.Join(checkout, "result.json"))
		if status != want || want == 0 && string(b) != "{\"score\": 7}\n" || want != 0 && !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s: status %d, result %s, %v\n%s", text, status, b, err, stderr)
		}
	}
}
