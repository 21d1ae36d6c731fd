package intake

import (
	"go/ast"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"raftlab/internal/grader/results"
)

// The editions of the lab that are told apart.
const (
	editionOurs  = "Raftlab"
	edition2018  = "2018–2020"
	edition2020  = "2020"
	edition2021  = "2021–2022"
	edition2023  = "2023"
	edition2024  = "2024"
	edition2023f = "2023–2024"
)

// language is the version of Go that an edition's go.mod named, for submissions without one; "" means today's. Where
// the years leave it open it is the later one: what was written for older loops runs with newer ones nearly always.
func language(edition string) string {
	switch edition {
	case edition2018, edition2020, edition2021, edition2023:
		return "1.15"
	case edition2024, edition2023f:
		return "1.22"
	}
	return ""
}

// newer are packages that the lab has had since 2025, whose tests have another interface.
var newer = regexp.MustCompile(`(^|/)(raftapi|tester1|kvsrv1|kvtest1|raft1|kvraft1)(/|$)`)

// edition returns the edition that a submission was written for. The error is a *Refusal if it is none that is graded.
func (c *collection) edition() (string, error) {
	for _, f := range c.files {
		for _, spec := range f.syntax().Imports {
			p, err := strconv.Unquote(spec.Path.Value)
			if err != nil || !newer.MatchString(p) {
				continue
			}
			at := f.position(spec.Path.Pos())
			return "", &Refusal{results.NotAccepted, []results.Place{{File: f.path, Line: at.Line, Column: at.Column,
				Text: "import of " + p + ": this is of the edition of 2025 or later, whose Raft has another " +
					"interface (raftapi, tester1); the editions of 2018 to 2024 are graded"}}}
		}
	}
	d := c.delivery()
	if d.file != nil && !d.opaque && !slices.Contains(d.fields, "CommandIndex") {
		text := "ApplyMsg has no field CommandIndex"
		if slices.Contains(d.fields, "UseSnapshot") || slices.Contains(d.fields, "Index") {
			text += ": this is of the edition of 2017 or earlier; the editions of 2018 to 2024 are graded"
		}
		place := results.Place{File: d.file.path, Line: d.line, Column: d.column, Text: text}
		return "", &Refusal{results.NotAccepted, []results.Place{place}}
	}
	return c.years(d), nil
}

// years tells the edition by how the lab's packages are imported, then by the interface, then by the tests.
func (c *collection) years(d delivery) string {
	has := map[string]bool{} // what the imports of labrpc and labgob begin with
	for _, f := range c.files {
		for _, p := range importsOf(f.file) {
			if prefix, is := strings.CutSuffix(p, "labrpc"); is {
				has[prefix] = true
			} else if prefix, is := strings.CutSuffix(p, "labgob"); is {
				has[prefix] = true
			}
		}
	}
	snapshots := d.opaque || slices.Contains(d.fields, "SnapshotValid")
	switch {
	case c.layout.raft == "":
		return byPrefix(has)
	case has["raftlab/"]:
		return editionOurs
	case c.saves() || has["6.5840/"]:
		return c.byTests()
	case snapshots:
		return edition2021
	case has["../"]:
		return edition2020
	case d.file == nil && len(has) == 0:
		return ""
	}
	return edition2018
}

// byPrefix is for a service without a Raft.
func byPrefix(has map[string]bool) string {
	switch {
	case has["raftlab/"]:
		return editionOurs
	case has["6.5840/"]:
		return edition2023f
	case has["6.824/"]:
		return edition2021
	case has["../"] || has[""]:
		return edition2018
	}
	return ""
}

// saves says whether package raft calls the persister as it has been since 2023.
func (c *collection) saves() bool {
	found := false
	for _, f := range c.raft() {
		ast.Inspect(f.syntax(), func(n ast.Node) bool {
			call, is := n.(*ast.CallExpr)
			if is && len(call.Args) == 2 {
				sel, is := call.Fun.(*ast.SelectorExpr)
				found = found || is && sel.Sel.Name == "Save"
			}
			return !found
		})
	}
	return found
}

var part = regexp.MustCompile(`^Test.*([234])[A-D]$`)

// byTests tells 2023 from 2024 by the numbers of the parts, in tests that came along.
func (c *collection) byTests() string {
	for _, f := range c.left {
		if f.name != "raft" {
			continue
		}
		for _, name := range declared(f) {
			if m := part.FindStringSubmatch(name); m != nil && m[1] == "2" {
				return edition2023
			} else if m != nil {
				return edition2024
			}
		}
	}
	return edition2023f
}

// lacks says what the edition's Raft has not that tests of later ones ask for.
func (c *collection) lacks() {
	if c.layout.raft == "" {
		return
	}
	is := func(method string) bool { return strings.HasSuffix(method, ".Snapshot") }
	for _, f := range c.raft() {
		if f.broken() || slices.ContainsFunc(methods(f), is) {
			return
		}
	}
	c.note("the submission has no method Snapshot: the tests of part 2D cannot pass")
}
