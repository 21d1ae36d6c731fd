package handout

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"raftlab/internal/sim/campaign"
	"raftlab/internal/suite"
)

const root = "../.." // of this module

// TestHandout makes the students' tree, as it is, once, and looks at what it is.
func TestHandout(t *testing.T) {
	dir := t.TempDir()
	out, packed := filepath.Join(dir, "lab"), filepath.Join(dir, "lab.zip")
	if err := os.Mkdir(out, 0o700); err != nil { // an empty folder is as good as none
		t.Fatal(err)
	}
	var steps []string
	made, err := Make(t.Context(), Config{Root: root, Out: out, Zip: packed,
		Step: func(s string) { steps = append(steps, s) }})
	if err != nil {
		t.Fatal(err)
	}
	if entries, err := os.ReadDir(dir); err != nil || len(entries) != 2 {
		t.Errorf("beside folder and archive there is more: %v, %v", entries, err)
	}
	if made.Tests != len(suite.All()) || len(steps) == 0 {
		t.Errorf("%d tests of %d; steps %q", made.Tests, len(suite.All()), steps)
	}
	onDisk := read(t, os.DirFS(out))
	if made.Files != len(onDisk) {
		t.Errorf("%d files are said to be written, %d are", made.Files, len(onDisk))
	}
	archive, err := zip.OpenReader(packed)
	if err != nil {
		t.Fatal(err)
	}
	defer archive.Close()
	inside, err := fs.Sub(archive, "raftlab")
	if err != nil {
		t.Fatal(err)
	}
	if got := read(t, inside); !slices.Equal(got, onDisk) {
		t.Error("folder and archive differ")
	}
	t.Run("again", func(t *testing.T) { sameAgain(t, packed) })
	t.Run("skeleton", func(t *testing.T) { isSkeleton(t, out) })
	t.Run("modules", func(t *testing.T) { needsOnly(t, out) })
	t.Run("runner", func(t *testing.T) { runs(t, out) })
}

// read returns what is in a tree: modes, names and texts, in order.
func read(t *testing.T, tree fs.FS) []string {
	t.Helper()
	var found []string
	err := fs.WalkDir(tree, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		info, err := entry.Info()
		if err != nil {
			return err
		}
		text, err := fs.ReadFile(tree, name)
		found = append(found, info.Mode().String()+" "+name+"\n"+string(text))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// sameAgain makes the archive a second time, elsewhere.
func sameAgain(t *testing.T, packed string) {
	got, err := gather(os.DirFS(root), lab())
	if err != nil {
		t.Fatal(err)
	}
	s, err := newStage(filepath.Join(t.TempDir(), "elsewhere"))
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(s.write(got), s.tidy(t.Context(), got)); err != nil {
		t.Fatal(err)
	}
	var again bytes.Buffer
	if err := got.archive(&again); err != nil {
		t.Fatal(err)
	}
	if first, err := os.ReadFile(packed); err != nil || !bytes.Equal(first, again.Bytes()) {
		t.Errorf("the archive is another one the second time (%v)", err)
	}
}

// isSkeleton looks for what a student begins with, and for what must not be there.
func isSkeleton(t *testing.T, out string) {
	for _, gone := range []string{"raft/core", "raft/disk", "raft/read.go", "kvraft/state", "internal/reference",
		"internal/mutants", "internal/handout", "internal/grader", "internal/tidy", "bench", "docs/DIVERGENCE.md",
		"docs/ARCHITECTURE.md", "docs/reports", "cmd/raftlab/handout.go", "labrpc/network_test.go", "bin", ".git"} {
		if _, err := os.Lstat(filepath.Join(out, gone)); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s is handed out (%v)", gone, err)
		}
	}
	for file, want := range map[string][]string{
		"raft/raft.go": {"ApplyMsg", "Raft", "Make", "Start", "GetState", "Snapshot", "CondInstallSnapshot", "Kill", "killed",
			"persist"},
		"raft/rpc.go": {"RequestVoteArgs", "RequestVoteReply", "RequestVote", "sendRequestVote"},
		"raft/persister.go": {"Persister", "MakePersister", "OpenPersister", "Copy", "Watch", "Save", "SaveStateAndSnapshot",
			"SaveRaftState", "replace", "ReadRaftState", "RaftStateSize", "ReadSnapshot", "SnapshotSize"},
		"kvraft/server.go": {"KVServer", "StartKVServer", "Kill", "Get", "PutAppend"},
		"kvraft/client.go": {"Clerk", "MakeClerk", "Get", "Put", "Append"},
		"kvraft/common.go": {"Err", "OK", "ErrNoKey", "ErrWrongLeader", "GetArgs", "GetReply", "PutAppendArgs",
			"PutAppendReply"},
	} {
		if got := declared(t, filepath.Join(out, file)); !slices.Equal(got, want) {
			t.Errorf("%s declares %q, want %q", file, got, want)
		}
	}
	text, err := os.ReadFile(filepath.Join(out, "raft/raft.go"))
	if err != nil || !strings.Contains(string(text), "mu deadlock.Mutex") {
		t.Errorf("the skeleton's mutex is none of go-deadlock (%v)", err)
	}
}

// declared returns the names that a file declares, in its order, methods among them.
func declared(t *testing.T, file string) []string {
	t.Helper()
	parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, decl := range parsed.Decls {
		switch decl := decl.(type) {
		case *ast.FuncDecl:
			names = append(names, decl.Name.Name)
		case *ast.GenDecl:
			for _, spec := range decl.Specs {
				switch spec := spec.(type) {
				case *ast.TypeSpec:
					names = append(names, spec.Name.Name)
				case *ast.ValueSpec:
					for _, name := range spec.Names {
						names = append(names, name.Name)
					}
				}
			}
		}
	}
	return names
}

// needsOnly wants go.mod to name the modules of the lab and the simulator, and none that graders need.
func needsOnly(t *testing.T, out string) {
	text, err := os.ReadFile(filepath.Join(out, "go.mod"))
	if err != nil {
		t.Fatal(err)
	}
	for module, want := range map[string]bool{"github.com/sasha-s/go-deadlock": true,
		"github.com/tetratelabs/wazero": true, "golang.org/x/exp": true, "github.com/chromedp/chromedp": false,
		"github.com/goccy/go-yaml": false} {
		if got := strings.Contains(string(text), module+" v"); got != want {
			t.Errorf("go.mod names %s: %v, want %v", module, got, want)
		}
	}
}

// runs types what the README tells a student to type first.
func runs(t *testing.T, out string) {
	cmd := exec.CommandContext(t.Context(), "./test-runner.sh", "-o", t.TempDir(), "2A", "1")
	cmd.Dir = out
	said, err := cmd.CombinedOutput()
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.ExitCode() != 1 ||
		!strings.Contains(string(said), "3 runs of 3 tests: 0 passed, 3 failed") {
		t.Errorf("%v\n%s", err, said)
	}
}

func TestMakeRefuses(t *testing.T) {
	dir := t.TempDir()
	full := filepath.Join(dir, "full")
	if err := os.MkdirAll(filepath.Join(full, "of"), 0o777); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, []byte("x"), 0o666); err != nil {
		t.Fatal(err)
	}
	fresh := filepath.Join(dir, "fresh")
	for _, c := range []struct {
		config Config
		want   string
	}{
		{Config{Root: root, Out: full}, "full is there already, and not empty"},
		{Config{Root: root, Out: file}, "not a directory"},
		{Config{Root: root, Out: fresh, Zip: file}, "file is there already"},
		{Config{Root: root, Out: filepath.Join(dir, "no", "where")}, "make a folder beside"},
		{Config{Root: dir, Out: fresh}, "cmd/raftlab"},
	} {
		if _, err := Make(t.Context(), c.config); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%+v: error %v, want %q", c.config, err, c.want)
		}
	}
	checkAlone(t, dir, "file", "full")
}

// checkAlone wants a folder to hold nothing but what is named.
func checkAlone(t *testing.T, dir string, names ...string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, entry := range entries {
		got = append(got, entry.Name())
	}
	if !slices.Equal(got, names) {
		t.Errorf("%s holds %q, want %q", dir, got, names)
	}
}

// TestInterrupted stops at each step, as Ctrl-C would: nothing is left.
func TestInterrupted(t *testing.T) {
	for _, at := range []string{"modules", "build"} {
		t.Run(at, func(t *testing.T) {
			dir := t.TempDir()
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			_, err := Make(ctx, Config{Root: root, Out: filepath.Join(dir, "out"), Zip: filepath.Join(dir, "zip"),
				Step: func(step string) {
					if strings.Contains(step, at) {
						cancel()
					}
				}})
			if !errors.Is(err, context.Canceled) {
				t.Errorf("error %v", err)
			}
			checkAlone(t, dir)
		})
	}
	t.Run("tests", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if err := judge(ctx, new(campaign.Submission), suite.All()); !errors.Is(err, context.Canceled) {
			t.Errorf("error %v", err)
		}
	})
}

// What builds on no machine, or on this one alone, is no tree to hand out.
func TestCompileRefuses(t *testing.T) {
	for _, c := range []struct{ name, text, want string }{
		{"vet", text("package lab", "", `import "fmt"`, "", `func f() { fmt.Printf("%d", "x") }`), "go vet ./..."},
		{"build", text("package lab", "", "func f() int {}"), "missing return"},
		{"wasip1", text("//go:build wasip1", "", "package lab", "", "var x = y"), "undefined: y"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s, err := newStage(filepath.Join(t.TempDir(), "out"))
			if err != nil {
				t.Fatal(err)
			}
			staged := tree{files: map[string]file{"go.mod": {text: "module tiny\n\ngo 1.26.0\n"},
				"lab/doc.go": {text: "package lab\n"}, "lab/lab.go": {text: c.text}}}
			if err := s.write(staged); err != nil {
				t.Fatal(err)
			}
			if err := compile(t.Context(), s.dir, []string{"lab"}); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v, want %q", err, c.want)
			}
		})
	}
}

// TestPassingIsWrong judges a Raft that works as if it were the skeleton.
func TestPassingIsWrong(t *testing.T) {
	target, err := campaign.Find(root, "raft")
	if err != nil {
		t.Fatal(err)
	}
	scenario, err := target.One("TestInitialElection2A")
	if err != nil {
		t.Fatal(err)
	}
	submission, err := target.Open(t.Context(), []suite.Scenario{scenario}, "")
	if err != nil {
		t.Fatal(err)
	}
	defer submission.Close()
	err = judge(t.Context(), submission, []suite.Scenario{scenario})
	if err == nil || !strings.HasPrefix(err.Error(), "TestInitialElection2A passes on the skeleton") {
		t.Errorf("error %v", err)
	}
}
