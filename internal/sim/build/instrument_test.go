package build

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/scanner"
	"go/token"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// metered returns text as the compiler would read it, and its sites.
func metered(t testing.TB, text string) (string, []Site) {
	t.Helper()
	file, tree, err := parse("raft.go", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	in := &instrumenter{file: file, ast: tree, text: []byte(text), meter: "m", path: meterPackage}
	in.run()
	return string(in.edits.apply(in.text)), in.sites
}

func TestWhereCallsArePut(t *testing.T) {
	for _, test := range []struct{ name, text, want string }{
		{"a function that calls", "func f() {\n\tg()\n}", "func f() {m.Enter(1);\n\tg()\n}"},
		{"on one line", "func f() { g() }", "func f() {m.Enter(1);/*line :2:11*/ g() }"},
		{"a function that does not", "func f() int { return len(x) + int(y) }", ""},
		{"a loop", "func f() {\nfor {\n}\n}", "func f() {\nfor {m.Loop(1);\n}\n}"},
		{"a range", "func f() {\nfor range x { y++ }\n}", "func f() {\nfor range x {m.Loop(1);/*line :3:14*/ y++ }\n}"},
		{"goto back", "func f() {\nl:\nx++\ngoto l\n}", "func f() {\nl:\nx++\nm.Loop(1);/*line :5:1*/goto l\n}"},
		{"goto itself", "func f() {\nl: goto l\n}", "func f() {\nl: m.Loop(1);/*line :3:4*/goto l\n}"},
		{"goto forward", "func f() {\ngoto l\nl:\n}", ""},
		{"a lock", "func f() {\n\tmu.Lock()\n}", "func f() {m.Enter(1);\n\tm.Point(2);/*line :3:2*/mu.Lock()\n}"},
		{"a send", "func f() {\nc <- 1\n}", "func f() {\nm.Point(1);/*line :3:1*/c <- 1\n}"},
		{"a label that is continued", "func f() {\nl:\nfor <-c {\ncontinue l\n}\n}",
			"func f() {\nm.Point(1);/*line :3:1*/l:\nfor <-c {m.Loop(2);m.Point(3);\ncontinue l\n}\n}"},
		{"a label that is not", "func f() {\nl: c <- 1\ngoto l\n}",
			"func f() {\nl: m.Point(1);/*line :3:4*/c <- 1\nm.Loop(2);/*line :4:1*/goto l\n}"},
		{"else if", "func f() {\nif x {\n} else if <-c {\n}\n}",
			"func f() {\nm.Point(1);/*line :3:1*/if x {\n} else if <-c {\n}\n}"},
		{"a case", "func f() {\nswitch {\ncase x: c <- 1\n}\n}",
			"func f() {\nswitch {\ncase x: m.Point(1);/*line :4:9*/c <- 1\n}\n}"},
		{"a select", "func f() {\nselect {\ncase <-c: d <- 1\n}\n}",
			"func f() {\nm.Point(1);/*line :3:1*/select {\ncase <-c: m.Point(2);/*line :4:11*/d <- 1\n}\n}"},
		{"a function literal", "var f = func() { g() }", "var f = func() {m.Enter(1);/*line :2:17*/ g() }"},
		{"go", "func f() {\ngo func() {\n}()\n}",
			"func f() {m.Enter(1);\nm.Point(2);/*line :3:1*/go func() {\n}()\n}"},
		{"what is deferred meets later", "func f() {\ndefer close(c)\ndefer mu.Lock()\n}", "func f() {m.Enter(1);\ndefer close(c)\ndefer mu.Lock()\n}"},
		{"what a deferred call is given", "func f() {\ndefer g(<-c)\n}",
			"func f() {m.Enter(1);\nm.Point(2);/*line :3:1*/defer g(<-c)\n}"},
		{"a literal does not run where it stands", "func f() {\nx := func() { c <- 1 }\n}",
			"func f() {\nx := func() { m.Point(1);/*line :3:15*/c <- 1 }\n}"},
		{"two at one place", "func f() {x <-g()}", "func f() {m.Enter(1);m.Point(2);/*line :2:11*/x <-g()}"},
		{"columns are bytes", "func f() {\n/*é*/ c <- 1\n}", "func f() {\n/*é*/ m.Point(1);/*line :3:8*/c <- 1\n}"},
	} {
		got, sites := metered(t, "package raft // x\n"+test.text)
		want := "package raft // x\n" + test.text
		if test.want != "" {
			want = `package raft;import m "raftlab/internal/sim/meter"/*line :1:13*/ // x` + "\n" + test.want
		}
		if got != want {
			t.Errorf("%s: got\n%s\nwant\n%s", test.name, got, want)
		}
		if calls := strings.Count(test.want, "m.") - strings.Count(test.want, " mu."); len(sites) == 0 && calls > 0 {
			t.Errorf("%s: no sites", test.name)
		}
	}
}

func TestSitesNameTheirFunctions(t *testing.T) {
	_, sites := metered(t, "package raft\nfunc (rf *Raft[T]) tick() { for { func() { g() }() } }\nfunc (x V) f() { g() }\nfunc g() { g() }\nvar x = func() { g() }")
	var got []string
	for _, s := range sites {
		got = append(got, fmt.Sprintf("%d:%d %s", s.Line, s.Column, s.Function))
	}
	want := "2:1 (*Raft).tick, 2:29 (*Raft).tick, 2:35 (*Raft).tick, 3:1 V.f, 4:1 g, 5:9 "
	if list := strings.Join(got, ", "); list != want {
		t.Errorf("got %q, want %q", list, want)
	}
}

func TestTheMetersNameIsNobodyElses(t *testing.T) {
	_, a, err := parse("a.go", []byte("package raft\nvar raftlab_meter int"))
	if err != nil {
		t.Fatal(err)
	}
	_, b, err := parse("b.go", []byte("package raft\nfunc f(raftlab_meter_ int) {}"))
	if err != nil {
		t.Fatal(err)
	}
	if got := meterName([]*ast.File{a, b}); got != "raftlab_meter__" {
		t.Errorf("got %s", got)
	}
}

// All tokens of every file are where they were, with nothing between them but calls of the meter.
func TestPositionsAreKept(t *testing.T) {
	var files []string
	for _, pattern := range []string{"../../../raft/*.go", "../../../raft/*/*.go", "../../../kvraft/*.go", "../../../kvraft/*/*.go",
		"../../../labrpc/*.go", "../../../labgob/*.go", "testdata/constructs/*.go.txt", "*.go"} {
		files = append(files, glob(t, pattern)...)
	}
	for _, pkg := range []string{"net/http", "runtime", "reflect", "go/types", "encoding/json", "math/big", "sync", "time", "testing",
		"cmd/compile/internal/ssagen", "cmd/compile/internal/syntax"} {
		files = append(files, glob(t, filepath.Join(goRoot(), "src", pkg, "*.go"))...)
	}
	tokens, sites := 0, 0
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		n, s := checkPositions(t, name, text)
		tokens, sites = tokens+n, sites+s
	}
	if tokens < 1_000_000 || sites < 20_000 {
		t.Errorf("only %d tokens and %d sites in %d files", tokens, sites, len(files))
	}
}

func glob(t testing.TB, pattern string) []string {
	t.Helper()
	names, err := filepath.Glob(pattern)
	if err != nil || len(names) == 0 {
		t.Fatalf("%s: %d files, %v", pattern, len(names), err)
	}
	return names
}

// lexeme is a token, and where the compiler says it is.
type lexeme struct {
	tok  token.Token
	text string
	line int
	col  int
}

func checkPositions(t *testing.T, name string, text []byte) (tokens, sites int) {
	file, tree, err := parse(name, text)
	if err != nil {
		t.Fatal(err)
	}
	in := &instrumenter{file: file, ast: tree, text: text, meter: meterName([]*ast.File{tree}), path: meterPackage}
	withoutLineDirectives(&in.edits, func(n ast.Node) int { return file.Offset(n.Pos()) }, tree)
	in.run()
	changed := in.edits.apply(text)
	if _, err := parser.ParseFile(token.NewFileSet(), name, changed, parser.SkipObjectResolution); err != nil {
		t.Fatalf("%s does not parse with the meter: %v", name, err)
	}
	before := lexemes(t, name, text, false)
	after := withoutMeter(lexemes(t, name, changed, true), in.meter)
	if len(before) != len(after) {
		t.Fatalf("%s: %d tokens, %d with the meter's taken out", name, len(before), len(after))
	}
	for i, want := range before {
		if got := after[i]; got != want {
			t.Fatalf("%s:%d:%d: %v %q has become %v", name, want.line, want.col, want.tok, want.text, got)
		}
	}
	return len(before), len(in.sites)
}

// lexemes are the tokens of a text, with the positions that its line directives give if they are to be obeyed. A
// semicolon that ends a line has none.
func lexemes(t *testing.T, name string, text []byte, obey bool) []lexeme {
	t.Helper()
	fset := token.NewFileSet()
	file := fset.AddFile(name, -1, len(text))
	var s scanner.Scanner
	s.Init(file, text, func(p token.Position, msg string) { t.Fatalf("%v: %s", p, msg) }, 0)
	var all []lexeme
	for {
		pos, tok, lit := s.Scan()
		if tok == token.EOF {
			return all
		}
		p := file.PositionFor(pos, obey)
		l := lexeme{tok: tok, text: lit, line: p.Line, col: p.Column}
		if tok == token.SEMICOLON {
			l.text = ""
			if lit == "\n" || len(all) > 0 && all[len(all)-1].tok == token.RBRACE {
				l.line, l.col = 0, 0
			}
		}
		all = append(all, l)
	}
}

// withoutMeter leaves out the import of the meter and calls of it.
func withoutMeter(all []lexeme, meter string) []lexeme {
	var rest []lexeme
	for i := 0; i < len(all); i++ {
		switch l := all[i]; {
		case l.tok == token.IMPORT && all[i+1].text == meter:
			i += 3 // name, path, semicolon
			rest[len(rest)-1].line, rest[len(rest)-1].col = 0, 0
		case l.tok == token.IDENT && l.text == meter:
			i += 6 // . name ( number ) ;
		default:
			rest = append(rest, l)
		}
	}
	return rest
}

func FuzzPositionsAreKept(f *testing.F) {
	for _, name := range []string{"testdata/constructs/constructs.go.txt", "testdata/constructs/crlf.go.txt", "share.go"} {
		text, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		if _, _, err := parse("x.go", text); err == nil {
			checkPositions(t, "x.go", text)
		}
	})
}
