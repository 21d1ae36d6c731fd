package gate

import (
	"fmt"
	"strings"
	"testing"
)

// check returns all places and notes as lines.
func check(r Rules, files ...File) (refused, notes string) {
	v := Check(files, r)
	var lines []string
	for _, p := range v.Refused {
		lines = append(lines, fmt.Sprintf("%s:%d:%d [%s] %s", p.File, p.Line, p.Column, p.Rule, p.Text))
	}
	return strings.Join(lines, "\n"), strings.Join(v.Notes, "\n")
}

func TestWhatIsRefused(t *testing.T) {
	for _, test := range []struct{ text, want string }{
		{"package raft\n\nimport \"unsafe\"\n", "3:8 [import unsafe]"},
		{"package raft\n\nimport (\n\t\"fmt\"\n\t_ \"unsafe\"\n)\n", "5:4 [import unsafe]"},
		{"package raft\n\nimport . `syscall`\n", "3:10 [import syscall]"},
		{"package raft\n\n// #include <stdio.h>\nimport \"C\"\n", "4:8 [import C]"},
		{"package raft\n\nimport \"plugin\"\n", "3:8 [import plugin]"},
		{"package raft\n\nimport \"runtime/cgo\"\n", "3:8 [import runtime/cgo]"},
		{"package raft\n\nimport log \"github.com/sirupsen/logrus\"\n", "3:12 [import github.com/sirupsen/logrus] is neither"},
		{"package raft\n\nimport \"go.uber.org/zap\"\n", "3:8 [import go.uber.org/zap]"},
		{"package raft\n\nimport \"raftlab/internal/sim/meter\"\n", "3:8 [import raftlab/internal/sim/meter] is no package"},
		{"package raft\n\nimport \"raftlab/raft/core\"\n", "3:8 [import raftlab/raft/core]"},
		{"package raft\n\nimport \"raft/core\"\n", "3:8 [import raft/core] is neither"},
		{"package raft\n\nimport \"raftlab\"\n", "3:8 [import raftlab]"},
		{"package raft\n\nimport \"../../etc\"\n", "3:8 [import ../../etc] leads to no package"},
		{"package raft\n\n//go:linkname f runtime.f\nfunc f()\n", "3:1 [directive //go:linkname]"},
		{"package raft\n\nvar x int //go:linkname x runtime.x\n", "3:11 [directive //go:linkname]"},
		{"package raft\n\n\t//go:wasmimport raftlab send\nfunc f()\n", "3:2 [directive //go:wasmimport]"},
		{"package raft\n\n//go:wasmexport run\nfunc f() {}\n", "3:1 [directive //go:wasmexport]"},
		{"package raft\n\n//go:embed *\nvar x string\n", "3:1 [directive //go:embed]"},
		{"package raft\n\n//go:cgo_ldflag \"x\"\n", "3:1 [directive //go:cgo_ldflag]"},
		{"//go:debug panicnil=1\npackage raft\n", "1:1 [directive //go:debug]"},
		{"package raft\n\n//line /etc/passwd:1\n\nimport \"unsafe\"\n", "5:8 [import unsafe]"},
		{"package raft\n\nimport \"unsafe\"\n\nfunc f( {\n", "3:8 [import unsafe]"},
		{"package other\n", "1:9 [package clause] package other, in a folder of package raft"},
	} {
		got, _ := check(Rules{}, File{"src/raft/x.go", "raft", []byte(test.text)})
		if !strings.HasPrefix(got, "src/raft/x.go:"+test.want) || strings.Contains(got, "\n") {
			t.Errorf("%q: got %q, want %q", test.text, got, test.want)
		}
	}
}

func TestWhatPasses(t *testing.T) {
	got, notes := check(Rules{Local: func(file, p string) bool { return file == "raft/x.go" && p == "../labrpc" }},
		File{"raft/x.go", "raft", []byte(`//go:generate stringer
package raft

import (
	"../labrpc"
	"log"
	"net/http"
	_ "net/http/pprof"
	"net/url"
	"os"
	"os/exec"
	"reflect"
	"runtime/pprof"
	"testing"

	"github.com/sasha-s/go-deadlock"
	"golang.org/x/exp/rand"
)

const text = "//go:linkname in a text"

/* //go:embed in a comment */

//go:noinline
func f() { //line x.go:3
}
`)}, File{"utils/u.go", "", []byte("package set\n")}, File{"utils/v.go", "", []byte("package set\n\n///go:embed x\n")})
	const want = `raft/x.go:7: imports net/http, which does nothing in the simulator: there is no network
raft/x.go:8: imports net/http/pprof, which does nothing in the simulator: there is no network
raft/x.go:11: imports os/exec, which does nothing in the simulator: there are no other programs
raft/x.go:25: a line directive is not obeyed`
	if got != "" || notes != want {
		t.Errorf("refused %q\nnotes\n%s\nwant\n%s", got, notes, want)
	}
	deep := "package raft\n\nvar x = " + strings.Repeat("(", 100_010) // of which the parser does not even tell the package
	if got, _ = check(Rules{}, File{"raft/x.go", "raft", []byte(deep)}); got != "" {
		t.Errorf("what the build has words for: %q", got)
	}
	got, _ = check(Rules{}, File{"u/a.go", "", []byte("package a\n")}, File{"u/b.go", "", []byte("\npackage b\n")})
	if !strings.HasPrefix(got, "u/b.go:2:9 [package clause] package b, in a folder of package a") {
		t.Errorf("two clauses: %q", got)
	}
}

func TestWhatACourseAllows(t *testing.T) {
	file := File{"x.go", "", []byte("package raft\n\nimport (\n\t\"go.uber.org/zap\"\n\t\"go.uber.org/zap/zapcore\"\n" +
		"\t\"unsafe\"\n\t\"raftlab/internal/trace\"\n\t\"C\"\n)\n")}
	got, _ := check(Rules{Allow: []string{"go.uber.org/zap", "unsafe", "raftlab/internal/trace", "C"}}, file)
	want := []string{"x.go:5:2 [import go.uber.org/zap/zapcore]", "x.go:7:2 [import raftlab/internal/trace]",
		"x.go:8:2 [import C]"}
	if !matches(got, want) {
		t.Errorf("got\n%s", got)
	}
	got, _ = check(Rules{Allow: []string{"go.uber.org/..."}}, file)
	if !matches(got, []string{"x.go:6:2", "x.go:7:2", "x.go:8:2"}) {
		t.Errorf("got\n%s", got)
	}
}

// matches says whether each line of got begins as wanted.
func matches(got string, want []string) bool {
	lines := strings.Split(got, "\n")
	if len(lines) != len(want) {
		return false
	}
	for i, line := range lines {
		if !strings.HasPrefix(line, want[i]) {
			return false
		}
	}
	return true
}
