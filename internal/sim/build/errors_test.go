package build

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// small is a program that needs nothing but Make of package raft.
const small = "internal/sim/build/testdata/small"

// A student's mistakes, each with the complaint: file:line:column and a part of the text.
var mistakes = []struct {
	name  string
	files map[string]string
	want  []string
}{
	{"a syntax error", map[string]string{"raft.go": "package raft\n\nfunc Make() {\n\tfor {\n\t\tx = = 1\n\t}\n}\n"},
		[]string{"raft.go:5:7: syntax error"}},
	{"an undefined name after metered code on its line", map[string]string{
		"raft.go": "package raft\n\nfunc Make() { for { f(); go f(); undefined() } }\n\nfunc f() { f(); nope() }\n"},
		[]string{"raft.go:3:34: undefined: undefined", "raft.go:5:17: undefined: nope"}},
	{"a second file", map[string]string{"raft.go": "package raft\n\nfunc Make() { help() }\n",
		"help.go": "package raft\n\n// help helps.\nfunc help() int {\n\tfor range 3 {\n\t}\n}\n"},
		[]string{"help.go:7:1: missing return"}},
	{"a package below", map[string]string{"raft.go": "package raft\n\nimport \"6.824/raft/log\"\n\nfunc Make() { log.F() }\n",
		"log/log.go": "package log\n\nfunc F() { var x int }\n"}, []string{"log/log.go:3:16: declared and not used: x"}},
	{"a second declaration", map[string]string{"raft.go": "package raft\n\nfunc Make() {}\n",
		"two.go": "package raft\n\nfunc Make() {}\n\ntype T int\n\nfunc (T) F() {\n}\n\nfunc (T) F() {\n}\n"},
		[]string{"two.go:3:6: Make redeclared in this block\n\traft/raft.go:3:6: other declaration of Make",
			"two.go:10:10: method T.F already declared at raft/two.go:7:10"}},
	{"a name that no file can have", map[string]string{"raft.go": "package raft\n\nfunc Make() {}\n",
		"-x.go": "package raft\n"}, []string{"invalid input file name \"-x.go\""}},
	{"an unknown module", map[string]string{
		"raft.go": "package raft\n\nimport (\n\t\"github.com/sirupsen/logrus\"\n)\n\nfunc Make() { logrus.Print() }\n"},
		[]string{"raft.go:4:2: no required module provides package github.com/sirupsen/logrus"}},
	{"an unknown package", map[string]string{"raft.go": "package raft\n\nimport \"nosuch/thing\"\n\nfunc Make() { thing.F() }\n"},
		[]string{"raft.go:3:8: package nosuch/thing is not in std"}},
	{"the harness", map[string]string{"raft.go": "package raft\n\nimport \"raftlab/internal/tester\"\n\nfunc Make() { tester.F() }\n"},
		[]string{"raft.go:3:8: import of \"raftlab/internal/tester\": that is no package of the lab"}},
	{"the reference's insides", map[string]string{"raft.go": "package raft\n\nimport \"raftlab/raft/core\"\n\nfunc Make() { core.New() }\n"},
		[]string{"raft.go:3:8: "}},
	{"an import cycle", map[string]string{"raft.go": "package raft\n\nimport \"raftlab/raft/a\"\n\nfunc Make() { a.F() }\n",
		"a/a.go": "package a\n\nimport \"raftlab/raft\"\n\nfunc F() { raft.Make() }\n"}, []string{"import cycle not allowed"}},
	{"another package's name", map[string]string{"raft.go": "package raft\n\nfunc Make() {}\n", "x.go": "// Text.\npackage other\n"},
		[]string{"x.go:2:9: package other; expected package raft"}},
	{"nothing for this system", map[string]string{"raft_linux.go": "package raft\n\nfunc Make() {}\n"},
		[]string{": build constraints exclude all Go files"}},
	{"no files", map[string]string{"README.md": "later"}, []string{": holds no Go files of package raft"}},
	{"another interface", map[string]string{"raft.go": "package raft\n\nfunc Make(n int) {}\n"},
		[]string{"testdata/small/main.go:8:2: not enough arguments in call to raft.Make"}},
	{"its own line directives", map[string]string{
		"raft.go": "package raft\n\n//line /etc/passwd:7\nfunc Make() { /*line x.go:1:1*/ undefined() }\n"},
		[]string{"raft.go:4:33: undefined: undefined"}},
}

func TestMistakesAreShownWhereTheyAre(t *testing.T) {
	b := newBuilder(t)
	for _, m := range mistakes {
		dir := write(t, "", m.files)
		_, err := b.Build(t.Context(), Spec{Raft: dir, Main: small})
		var theirs *Error
		if !errors.As(err, &theirs) {
			t.Errorf("%s: got %v, want an *Error", m.name, err)
			continue
		}
		if len(theirs.Diagnostics) < len(m.want) {
			t.Errorf("%s: got %v, want %d complaints", m.name, err, len(m.want))
			continue
		}
		for i, want := range m.want {
			if got := theirs.Diagnostics[i].String(); !strings.Contains(got, want) {
				t.Errorf("%s: got %q, want %q", m.name, got, want)
			} else if file := theirs.Diagnostics[i].File; file != "" && !strings.Contains(want, "testdata") &&
				!strings.HasPrefix(file, dir) {
				t.Errorf("%s: %q is not below %s", m.name, file, dir)
			}
		}
	}
}

func TestImportsAreAskedFor(t *testing.T) {
	dir := write(t, "", map[string]string{
		"raft.go":         "package raft\n\nimport (\n\t\"fmt\"\n\t_ \"unsafe\"\n)\n\n//go:linkname f runtime.f\nfunc f()\n\nfunc Make() { fmt.Print() }\n",
		"raft_windows.go": "package raft\n\nimport \"syscall\"\n",
	})
	var asked []string
	_, err := newBuilder(t).Build(t.Context(), Spec{Raft: dir, Main: small, Allow: func(p string) error {
		asked = append(asked, p)
		if p == "fmt" {
			return nil
		}
		return errors.New("not here")
	}})
	if got := fmt.Sprint(asked); got != "[fmt unsafe //go:linkname]" {
		t.Errorf("asked for %s", got)
	}
	want := dir + "/raft.go:5:4: import of \"unsafe\": not here\n" + dir + "/raft.go:8:1: //go:linkname: not here"
	var theirs *Error
	if !errors.As(err, &theirs) || filepath.ToSlash(err.Error()) != filepath.ToSlash(want) {
		t.Errorf("got\n%v\nwant\n%s", err, want)
	}
}

// A submission cannot have other files of this machine read for it.
func TestLinksAreNotFollowed(t *testing.T) {
	dir := write(t, "", map[string]string{"raft.go": "package raft\n"})
	secret := filepath.Join(write(t, "", map[string]string{"secret": "word"}), "secret")
	if err := os.Symlink(secret, filepath.Join(dir, "more.go")); err != nil {
		t.Fatal(err)
	}
	_, err := newBuilder(t).Build(t.Context(), Spec{Raft: dir, Main: small})
	var theirs *Error
	if !errors.As(err, &theirs) || !strings.HasSuffix(err.Error(), "more.go: is not a regular file") {
		t.Errorf("got %v", err)
	}
}

func TestWhatIsNotTheStudentsFault(t *testing.T) {
	tree := &tree{}
	failed := exitError(t)
	for _, output := range []string{"", "go: write /tmp/x: no space left on device\n",
		"raft/raft.go:3:2: github.com/x@v1: Get \"https://example.org\": dial tcp: lookup failed\n",
		"# raftlab/raft\nfork/exec /usr/lib/go/compile: permission denied\n"} {
		err := tree.diagnose(t.Context(), output, failed, nil)
		var theirs *Error
		if err == nil || errors.As(err, &theirs) || !strings.Contains(err.Error(), strings.TrimSpace(output)) {
			t.Errorf("%q gives %v", output, err)
		}
	}
	if _, err := New(Config{Root: "../../..", Cache: t.TempDir(), Go: "no-such-command"}); err == nil ||
		!strings.Contains(err.Error(), "no-such-command") {
		t.Errorf("without a go command: %v", err)
	}
	if _, err := New(Config{Root: t.TempDir(), Cache: t.TempDir()}); err == nil {
		t.Error("a Builder on a folder without the module")
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	dir := write(t, "", map[string]string{"raft.go": "package raft\n\nfunc Make() { never() }\n"})
	if _, err := newBuilder(t).Build(ended, Spec{Raft: dir, Main: small}); !errors.Is(err, context.Canceled) {
		t.Errorf("with a context that has ended: %v", err)
	}
}

// exitError is what running a command that fails returns.
func exitError(t *testing.T) error {
	t.Helper()
	tool, err := findTool("", ".")
	if err != nil {
		t.Fatal(err)
	}
	_, err = tool.run(t.Context(), 0, ".", "no-such-subcommand")
	if err == nil {
		t.Fatal("it did not fail")
	}
	return err
}
