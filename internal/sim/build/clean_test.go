package build

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
)

// tidy is a package that prints what it embeds.
const tidy = `package raft

import (
	_ "embed"
	"fmt"

	"6.824/labgob"
)

//go:debug panicnil=1

//go:embed words.txt
var words string

// Make prints.
func Make() {
	labgob.Register(words)
	fmt.Println("clean", words)
}
`

// A build takes nothing of what lies beside a submission or in the home of whoever builds it, and asks nobody for
// modules.
func TestBuildsAreClean(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"GOCACHE", "GOMODCACHE"} { // those of the next home would be empty
		out, err := exec.Command("go", "env", name).Output()
		if err != nil {
			t.Fatal(err)
		}
		t.Setenv(name, strings.TrimSpace(string(out)))
	}
	var asked atomic.Int32
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		asked.Add(1)
		http.NotFound(w, nil)
	}))
	defer proxy.Close()
	marker, tool := filepath.Join(dir, "ran"), filepath.Join(dir, "tool.sh")
	if err := os.WriteFile(tool, []byte("#!/bin/sh\ntouch '"+marker+"'\nexec \"$@\"\n"), 0o777); err != nil {
		t.Fatal(err)
	}
	write(t, dir, map[string]string{
		"home/.config/go/env": "GOFLAGS=-toolexec=" + tool + "\nGOPROXY=" + proxy.URL + "\nGOTOOLCHAIN=go9.9.9\n",
		"go.work":             "go 9.9\n\nuse ./ann\n",
		"ann/go.mod": "module 6.824\n\ngo 1.26\n\ntoolchain go9.9.9\n\nrequire example.org/evil v1.0.0\n\n" +
			"replace raftlab => ./mine\n\nreplace github.com/sasha-s/go-deadlock => ./mine\n",
		"ann/mine/go.mod":                                 "module raftlab\n",
		"ann/vendor/modules.txt":                          "# raftlab v0.0.0\n## explicit\nraftlab/labgob\n",
		"ann/vendor/raftlab/labgob/labgob.go":             "package labgob\n\nfunc init() { println(\"vendored\") }\n",
		"ann/vendor/fmt/fmt.go":                           "package fmt\n",
		"ann/raft/vendor/raftlab/labgob/x.go":             "package labgob\n\nfunc init() { println(\"vendored\") }\n",
		"ann/raft/go.work":                                "go 9.9\n",
		"ann/raft/words.txt":                              "words",
		"ann/raft/raft.go":                                tidy,
		"ann/raft/internal/sim/meter/meter.go":            "package meter\n\nfunc Loop(uint32) { println(\"mine\") }\n",
		"ann/internal/sim/meter/meter.go":                 "package meter\n\nfunc Loop(uint32) { println(\"mine\") }\n",
		"ann/labrpc/labrpc.go":                            "package labrpc\n\nfunc init() { println(\"mine\") }\n",
		"bob/raft/raft.go":                                "package raft\n\nimport \"example.org/evil\"\n\nfunc Make() { evil.F() }\n",
		"bob/raft/go.mod":                                 "module 6.824\n\nrequire example.org/evil v1.0.0\n",
		"home/go/src/example.org/evil/evil.go":            "package evil\n\nfunc F() {}\n",
		"home/go/pkg/mod/example.org/evil@v1.0.0/evil.go": "package evil\n\nfunc F() {}\n",
		"home/.config/go/telemetry/mode":                  "off",
		"ann/raft/toolexec.txt":                           "",
	})
	t.Setenv("HOME", filepath.Join(dir, "home"))
	t.Setenv("XDG_CONFIG_HOME", "")
	t.Setenv("GOFLAGS", "-toolexec="+tool)
	t.Setenv("GOWORK", filepath.Join(dir, "go.work"))
	t.Setenv("GOPROXY", proxy.URL)
	t.Setenv("CGO_ENABLED", "1")
	b := newBuilder(t)
	of := func(name string) Spec {
		return Spec{Raft: filepath.Join(dir, name, "raft"), Beside: filepath.Join(dir, name), Main: small}
	}
	m, err := b.Build(t.Context(), of("ann"))
	if err != nil {
		t.Fatal(err)
	}
	if got, _ := run(t, m); got != "clean words\n" {
		t.Errorf("printed %q", got)
	}
	_, err = b.Build(t.Context(), of("bob"))
	var theirs *Error
	const complaint = "raft.go:3:8: no required module provides package example.org/evil"
	if !errors.As(err, &theirs) || !strings.Contains(err.Error(), complaint) {
		t.Errorf("got %v", err)
	}
	if _, err := os.Stat(marker); err == nil {
		t.Error("a build ran a tool of the environment's choice")
	}
	if n := asked.Load(); n != 0 {
		t.Errorf("a build asked for modules %d times", n)
	}
}

func TestWhereImportsLead(t *testing.T) {
	modules := []string{"example.com/lab/src", "example.com/lab"}
	for _, test := range []struct{ at, path, want string }{
		{"raft", "../labrpc", "labrpc"}, {"raft/log", "../../utils", "utils"}, {"raft", "./log", "raft/log"},
		{"raft", "../../etc", ""}, {"raft", "..", "."}, {"raft", "labrpc", "labrpc"}, {"kvraft", "src/raft", "raft"},
		{"raft", "6.824/utils/set", "utils/set"}, {"raft", "6.5840/src/labgob", "labgob"},
		{"raft", "example.com/lab/src/utils", "utils"}, {"raft", "example.com/lab/src/src/x", "x"},
		{"raft", "example.com/lab/tools", "tools"}, {"raft", "example.com/laboratory", "example.com/laboratory"},
		{"raft", "fmt", ""}, {"raft", "log/slog", ""}, {"raft", "C", ""}, {"raft", "6.824/log", "log"},
		{"raft", "6.824/../../etc", "../../etc"}, {"raft", "/etc", ""}, {"raft", "utils/../../etc", ""},
	} {
		if got := Local(test.at, test.path, modules); got != test.want {
			t.Errorf("%s imports %s: got %q, want %q", test.at, test.path, got, test.want)
		}
	}
}

// Packages beside raft come along when they are imported, by whatever name, and their own tests do not.
func TestPackagesBeside(t *testing.T) {
	dir := write(t, "", map[string]string{
		"src/go.mod": "module example.com/lab/src\n\ngo 1.20\n",
		"src/raft/raft.go": "package raft\n\nimport (\n\t\"../utils\"\n\t\"example.com/lab/src/internal/deep\"\n\t\"log\"\n)\n\n" +
			"// Make prints.\nfunc Make() { log.SetFlags(0); utils.Say(); println(deep.Last()) }\n",
		"src/utils/utils.go":      "package utils\n\nimport \"other\"\n\nfunc Say() { print(other.Word(), \" \") }\n",
		"src/utils/utils_test.go": "package utils\n\nimport \"nosuch\"\n",
		"src/other/other.go":      "package other\n\nfunc Word() string { return \"beside\" }\n",
		"src/log/log.go":          "package log\n",
		"src/unused/unused.go":    "package unused\n\nfunc broken( {\n",
		"src/internal/deep/deep.go": "package deep\n\nfunc Last() int {\n\tvar f func() int\n\tfor i := 0; i < 2; i++ {\n" +
			"\t\tif f == nil { f = func() int { return i } }\n\t}\n\treturn f()\n}\n",
	})
	b := newBuilder(t)
	spec, err := Find(dir)
	if err != nil {
		t.Fatal(err)
	}
	spec.Main = small
	m, err := b.Build(t.Context(), spec)
	if err != nil {
		t.Fatal(err)
	}
	if got, _ := run(t, m); got != "beside 2\n" || len(m.Sites) < 2 {
		t.Errorf("printed %q with %d sites", got, len(m.Sites))
	}
	if got := m.Localize("raftlab/submission/internal_/deep/deep.go:8", dir); got != "src/internal/deep/deep.go:8" {
		t.Errorf("a place in a package beside is %q", got)
	}
	if !strings.Contains(m.Sites[len(m.Sites)-1].File, filepath.Join("src", "utils")) {
		t.Errorf("the last site is %v", m.Sites[len(m.Sites)-1])
	}
	write(t, dir, map[string]string{"src/other/other.go": "package other\n\nfunc Word() string { return 1 }\n"})
	if _, err := b.Build(t.Context(), spec); err == nil || !strings.Contains(err.Error(), dir+"/src/other/other.go:3:29: ") {
		t.Errorf("got %v", err)
	}
}

// What only the compiler can read is not built: it could not be metered.
func TestFilesThatDoNotParseAreNotBuilt(t *testing.T) {
	const deep = 100_010 // deeper than the parser goes
	text := "package raft\n\nfunc Make() {\n\tvar x int = " + strings.Repeat("(", deep) + "1" +
		strings.Repeat(")", deep) + "\n\t_ = x\n}\n"
	dir := write(t, "", map[string]string{"raft.go": text})
	_, err := newBuilder(t).Build(t.Context(), Spec{Raft: dir, Main: small})
	var theirs *Error
	if !errors.As(err, &theirs) || !strings.Contains(err.Error(), "raft.go:4:") {
		t.Errorf("got %v", err)
	}
}

// The compiler quotes sources, which must not pass for words of the machine.
func TestSourcesDoNotSpeakForTheMachine(t *testing.T) {
	b := newBuilder(t)
	for _, text := range []string{
		"package raft\n\nfunc Make() { var x int = \"no space left on device\"; _ = x }\n",
		"package raft\n\nfunc Make() { \"github.com/x@v1: dial tcp: i/o timeout\" }\n",
		"package raft\n\n//line permission denied:1\nfunc Make() { x = = 1 }\n",
		"package raft\n\n/*line permission denied/x.go:1:1*/ func Make() { x = = 1 }\n",
	} {
		_, err := b.Build(t.Context(), Spec{Raft: write(t, "", map[string]string{"raft.go": text}), Main: small})
		var theirs *Error
		if !errors.As(err, &theirs) || !strings.HasSuffix(theirs.Diagnostics[0].File, "raft.go") {
			t.Errorf("%q: got %v", text, err)
		}
	}
}

// What is too large or takes too long is the submission's fault, and does not stay.
func TestPatience(t *testing.T) {
	b, err := New(Config{Root: "../../..", Cache: t.TempDir(), MaxProgram: 1000})
	if err != nil {
		t.Fatal(err)
	}
	spec := Spec{Raft: write(t, "", map[string]string{"raft.go": "package raft\n\nfunc Make() { print(7) }\n"}), Main: small}
	_, err = b.Build(t.Context(), spec)
	var theirs *Error
	if !errors.As(err, &theirs) || !strings.Contains(err.Error(), "at most 1000 are taken") {
		t.Errorf("a large program: %v", err)
	}
	b, err = New(Config{Root: "../../..", Cache: t.TempDir(), Patience: 1})
	if err != nil {
		t.Fatal(err)
	}
	_, err = b.Build(t.Context(), spec)
	if !errors.As(err, &theirs) || !strings.Contains(err.Error(), "did not come to an end within 1ns") {
		t.Errorf("a slow compiler: %v", err)
	}
}

// A service without a Raft does not get at the insides of ours.
func TestInsidesOfOurOwn(t *testing.T) {
	for _, p := range []string{"raftlab/raft/core", "raft/core", "../raft/core", "6.824/raft/disk"} {
		dir := write(t, "", map[string]string{"kvraft/server.go": "package kvraft\n\nimport _ \"" + p + "\"\n"})
		_, err := newBuilder(t).Build(t.Context(), Spec{KV: filepath.Join(dir, "kvraft"), Main: "internal/sim/guest",
			Tags: []string{"raftlab_kv"}})
		var theirs *Error
		complaint := "kvraft/server.go:3:10: import of \"" + p + "\": that is no package of the lab"
		if !errors.As(err, &theirs) || !strings.Contains(err.Error(), complaint) {
			t.Errorf("%s: got %v", p, err)
		}
	}
}
