// Package gate looks at a submission's Go files before anything of them is built, and refuses what no solution needs
// and what could reach out of the sandbox or fake a build.
//
//	verdict := gate.Check(files, gate.Rules{Local: local})
//	if len(verdict.Refused) > 0 { … } // every place that is not allowed, by file and line
//
// It is the lesser defence. What a peer does in the simulator can harm nobody: there are no files, no network, no
// other processes, and the host alone keeps the record. So the gate lets through what merely does not work there
// (files, sockets, commands: they fail softly, and a note says so) and refuses little:
//
//   - unsafe, syscall, plugin, runtime/cgo, import "C": ways past the language;
//   - packages that are neither the standard library's, nor the lab's, nor the submission's, nor allowed by the course:
//     they would not be found, or are insides of the grader;
//   - directives that reach out of the package: //go:linkname, //go:wasmimport, //go:wasmexport, //go:cgo_…,
//     //go:embed (files that lie beside the tests), //go:debug (settings of the runtime);
//   - files of several packages in one folder.
//
// Assembly, build constraints, tests and the student's own module files are no matter of the gate: the intake does not
// take them along. Files that do not parse are looked at as far as they do, and never built (package build).
package gate

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"path"
	"slices"
	"strconv"
	"strings"

	"raftlab/internal/grader/results"
	"raftlab/internal/sim/build"
)

// File is a Go file that is meant to be built.
type File struct {
	Path    string // from the submission's root
	Package string // what its package clause must say; "" for what the other files of its folder say
	Text    []byte
}

// Rules are what differs between courses and submissions.
type Rules struct {
	// Local says whether a path that a file imports leads to a package of the lab or of the submission. Nil: none does.
	Local func(file, importPath string) bool
	// Allow are further import paths that are let through; one that ends in /... stands for all below it. It cannot
	// allow cgo or packages of the grader's own.
	Allow []string
}

// Verdict is what the gate has found.
type Verdict struct {
	Refused []results.Place // by file and line; none: the submission passes
	Notes   []string        // what will not work, or not be obeyed
}

// Check looks at all files.
func Check(files []File, r Rules) Verdict {
	var v Verdict
	expected := map[string]string{}
	for _, f := range files {
		fset := token.NewFileSet()
		tree, _ := parser.ParseFile(fset, "", f.Text, parser.ParseComments|parser.SkipObjectResolution)
		if tree == nil {
			continue // the build has the words for it
		}
		c := checker{file: f, fset: fset, rules: r, verdict: &v}
		c.clause(tree, expected)
		for _, spec := range tree.Imports {
			c.imported(spec)
		}
		for _, group := range tree.Comments {
			for _, comment := range group.List {
				c.comment(comment)
			}
		}
	}
	return v
}

// checker looks at one file.
type checker struct {
	file    File
	fset    *token.FileSet
	rules   Rules
	verdict *Verdict
}

// position is where a place is in the file itself, whatever //line says.
func (c *checker) position(pos token.Pos) token.Position { return c.fset.PositionFor(pos, false) }

func (c *checker) refuse(pos token.Pos, rule, format string, args ...any) {
	at := c.position(pos)
	c.verdict.Refused = append(c.verdict.Refused, results.Place{File: c.file.Path, Line: at.Line, Column: at.Column,
		Rule: rule, Text: fmt.Sprintf(format, args...)})
}

func (c *checker) note(pos token.Pos, format string, args ...any) {
	c.verdict.Notes = append(c.verdict.Notes,
		fmt.Sprintf("%s:%d: %s", c.file.Path, c.position(pos).Line, fmt.Sprintf(format, args...)))
}

// clause compares a file's package clause with that of its folder.
func (c *checker) clause(tree *ast.File, expected map[string]string) {
	if tree.Name == nil || tree.Name.Name == "_" || tree.Name.Name == "" { // "" where the parser has given up
		return
	}
	dir := path.Dir(c.file.Path)
	if c.file.Package != "" {
		expected[dir] = c.file.Package
	} else if expected[dir] == "" {
		expected[dir] = tree.Name.Name
	}
	if tree.Name.Name != expected[dir] {
		c.refuse(tree.Name.Pos(), "package clause", "package %s, in a folder of package %s", tree.Name.Name,
			expected[dir])
	}
}

// denied are packages of the standard library that no solution needs, with the reason.
var denied = map[string]string{
	"unsafe":      "reaches past the language",
	"syscall":     "speaks to the system directly; os and time have all that a solution needs",
	"syscall/js":  "speaks to a browser",
	"plugin":      "loads code that nobody has looked at",
	"runtime/cgo": "is for code in C",
	"C":           "code in C is not built",
}

// provided are packages of other modules that the lab's skeleton has always had.
var provided = []string{"github.com/sasha-s/go-deadlock", "golang.org/x/exp/rand"}

func (c *checker) imported(spec *ast.ImportSpec) {
	p, err := strconv.Unquote(spec.Path.Value)
	if err != nil {
		return // the build says so
	}
	first, _, _ := strings.Cut(p, "/")
	reason, isDenied := denied[p]
	switch {
	case p == "C":
		c.refuse(spec.Path.Pos(), "import C", "%s", reason)
	case c.rules.Local != nil && c.rules.Local(c.file.Path, p):
	case first == "raftlab":
		c.refuse(spec.Path.Pos(), "import "+p, "is no package of the lab that solutions may use: "+
			"labgob, labrpc, raft, kvraft, porcupine")
	case allowed(p, c.rules.Allow):
	case isDenied:
		c.refuse(spec.Path.Pos(), "import "+p, "%s", reason)
	case build.Standard(p) || slices.Contains(provided, p):
		if what := deaf(p); what != "" {
			c.note(spec.Path.Pos(), "imports %s, which does nothing in the simulator: there %s", p, what)
		}
	case strings.HasPrefix(p, "."):
		c.refuse(spec.Path.Pos(), "import "+p, "leads to no package of the submission or the lab")
	default:
		c.refuse(spec.Path.Pos(), "import "+p, "is neither the standard library's nor the submission's own, and the "+
			"course does not allow it; for a logger, use log")
	}
}

func allowed(p string, list []string) bool {
	return slices.ContainsFunc(list, func(entry string) bool {
		all, below := strings.CutSuffix(entry, "/...")
		return p == all || below && strings.HasPrefix(p, all+"/")
	})
}

// deaf says what a package would need that the simulator has not.
func deaf(p string) string {
	switch {
	case p == "os/exec":
		return "are no other programs"
	case p == "net" || strings.HasPrefix(p, "net/") && p != "net/url" && p != "net/netip" && p != "net/mail":
		return "is no network"
	}
	return ""
}

// directives that reach out of the package, by their beginnings, with the reason.
var directives = []struct{ prefix, reason string }{
	{"//go:linkname", "reaches into other packages"},
	{"//go:wasmimport", "calls the host"},
	{"//go:wasmexport", "is called by the host"},
	{"//go:cgo_", "is for code in C"},
	{"//go:embed", "reads files at build time"},
	{"//go:debug", "changes settings of the runtime"},
}

// comment looks at one comment. The compiler obeys a directive wherever it stands on its line.
func (c *checker) comment(comment *ast.Comment) {
	if strings.HasPrefix(comment.Text[2:], "line ") {
		c.note(comment.Pos(), "a line directive is not obeyed")
		return
	}
	for _, d := range directives {
		if strings.HasPrefix(comment.Text, d.prefix) {
			name, _, _ := strings.Cut(comment.Text, " ")
			c.refuse(comment.Pos(), "directive "+strings.TrimSpace(name), "%s", d.reason)
		}
	}
}
