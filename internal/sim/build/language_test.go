package build

import (
	"go/ast"
	"path/filepath"
	"strings"
	"testing"
)

func TestGoModIsReadForTheLanguage(t *testing.T) {
	dir := write(t, "", map[string]string{
		"old/go.mod": "module \"6.824\" // ours\n\ngo 1.15\ntoolchain go9.9.9\nrequire x v1\n", "old/src/raft/a.go": "",
		"none/go.mod": "module x\n", "none/raft/a.go": ""})
	for place, want := range map[string]goMod{"old/src/raft": {"6.824", "1.15"}, "none/raft": {"x", "1.16"}} {
		if got, _ := goModAbove(filepath.Join(dir, filepath.FromSlash(place))); got != want {
			t.Errorf("%s: got %+v, want %+v", place, got, want)
		}
	}
	for language, want := range map[string]bool{"": false, "1.15": true, "1.21.13": true, "1.22": false, "1.30": false} {
		if got := olderThan(language, "go1.22"); got != want {
			t.Errorf("%q older than 1.22: %v", language, got)
		}
	}
}

func TestConstraintForTheOldLanguage(t *testing.T) {
	const free = "//go:build go1.21\n/*line :1:1*/"
	for _, test := range []struct{ text, want string }{
		{"package raft\n", free + "package raft\n"},
		{"// Package raft is.\npackage raft\n", free + "// Package raft is.\npackage raft\n"},
		{"//go:build !race || x\n\npackage raft\n", "//go:build (!race || x) && go1.21\n\npackage raft\n"},
		{"// License.\n\n//go:build go1.18\n\npackage raft\n", "// License.\n\n//go:build go1.18\n\npackage raft\n"},
		{"// +build a b\n// +build c\n\npackage raft\n",
			"//go:build ((a || b) && c) && go1.21\n/*line :1:1*/// +build a b\n// +build c\n\npackage raft\n"},
		{"/* License. */ package raft\n", free + "/* License. */ package raft\n"},
		{"package raft\n\n//go:build x\n", free + "package raft\n\n//go:build x\n"},
	} {
		file, tree, err := parse("raft.go", []byte(test.text))
		if err != nil {
			t.Fatal(err)
		}
		var e edits
		header := asOldest(&e, func(n ast.Node) int { return file.Offset(n.Pos()) }, tree)
		if got := header + string(e.apply([]byte(test.text))); got != test.want {
			t.Errorf("%q: got %q, want %q", test.text, got, test.want)
		}
	}
}

// An old submission has the loops and the timers of its time, and is metered at the lines of its files.
func TestOldSubmission(t *testing.T) {
	dir := write(t, "", map[string]string{
		"go.mod": "module 6.824\n\ngo 1.15\n\nrequire golang.org/x/text v0.3.0\n",
		"raft/raft.go": `package raft

import (
	"runtime"
	"time"

	"6.824/labgob"
	"../labrpc"
	"6.824/raft/below"
)

var _ = labgob.Register
var _ *labrpc.ClientEnd

// Make prints what differs between versions of Go.
func Make() {
	var all []func() int
	for i := 0; i < 3; i++ { all = append(all, func() int { return i }) }
	for _, f := range all { print(f(), " ") }
	print(cap(time.After(time.Hour)), " ")
	_, file, line, _ := runtime.Caller(0)
	println(file, line, below.Last())
}
`,
		"raft/below/below.go": "//go:build !race\n\npackage below\n\nfunc Last() int {\n\tvar f func() int\n" +
			"\tfor i := 0; i < 2; i++ {\n\t\tif f == nil { f = func() int { return i } }\n\t}\n\treturn f()\n}\n",
	})
	b := newBuilder(t)
	old, err := b.Build(t.Context(), Spec{Raft: filepath.Join(dir, "raft"), Main: small})
	if err != nil {
		t.Fatal(err)
	}
	if got, _ := run(t, old); got != "3 3 3 1 raftlab/raft/raft.go 21 2\n" {
		t.Errorf("as its go.mod has it: %q", got)
	}
	current, err := b.Build(t.Context(), Spec{Raft: filepath.Join(dir, "raft"), Main: small, Language: "1.26"})
	if err != nil {
		t.Fatal(err)
	}
	if got, _ := run(t, current); got != "0 1 2 0 raftlab/raft/raft.go 21 0\n" {
		t.Errorf("as Go 1.26: %q", got)
	}
	write(t, dir, map[string]string{"raft/raft.go": "package raft\n\nfunc Make() {\n\tfor { undefined() }\n}\n"})
	_, err = b.Build(t.Context(), Spec{Raft: filepath.Join(dir, "raft"), Main: small})
	if err == nil || !strings.Contains(err.Error(), "raft.go:4:8: undefined: undefined") {
		t.Errorf("got %v", err)
	}
}

func TestEmbeddedFiles(t *testing.T) {
	dir := write(t, "", map[string]string{
		"raft.go":     "package raft\n\nimport \"embed\"\n\n//go:embed words/*.txt\nvar words embed.FS\n\n// Make reads.\nfunc Make() {\n\ttext, err := words.ReadFile(\"words/a.txt\")\n\tprintln(string(text), err == nil)\n}\n",
		"words/a.txt": "hello", "words/b.bin": "no"})
	m, err := newBuilder(t).Build(t.Context(), Spec{Raft: dir, Main: small})
	if err != nil {
		t.Fatal(err)
	}
	if got, _ := run(t, m); got != "hello true\n" {
		t.Errorf("got %q", got)
	}
}

// What students build is built with the meter in all of it, as a program and as a module with exports.
func TestOurOwnIsBuilt(t *testing.T) {
	b := newBuilder(t)
	spec := Spec{Main: "internal/sim/build/testdata/lab"}
	for _, spec.Reactor = range []bool{false, true} {
		tree, err := b.load(spec)
		if err != nil {
			t.Fatal(err)
		}
		for label, s := range tree.files {
			s.student = s.student || belowAny(label, []string{"labrpc", "labgob", "internal/trace"})
		}
		p, err := b.compile(t.Context(), spec, tree, b.key(spec, tree))
		if err != nil {
			t.Fatal(err)
		}
		m := tree.module(p)
		if packages := tree.packages(); len(packages) < 8 || len(m.Sites) < 400 {
			t.Errorf("%d sites in %v", len(m.Sites), packages)
		}
		if !spec.Reactor {
			if got, units := run(t, m); !strings.HasPrefix(got, "agreed on 200 operations") || units < 1000 {
				t.Errorf("printed %q with %d units", got, units)
			}
		}
	}
}
