package tidy

import (
	"go/ast"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// labTest is the name of a test of the lab: it ends in its part.
var labTest = regexp.MustCompile(`\bTest\w*[0-9][A-D]\b`)

// labTests compares three lists of the lab's tests: the scenarios registered in internal/suite, the test
// functions that go test finds in raft and kvraft, and what students read in docs/labs.
func labTests(r *Repo) []Finding {
	scenarios, functions, documented := map[string]Finding{}, map[string]bool{}, map[string]bool{}
	var found []Finding
	for _, f := range r.Files {
		switch {
		case f.AST != nil && below(f.Dir(), "internal/suite") && !f.IsTest():
			for name, line := range registered(f) {
				scenarios[name] = Finding{f.Path, line, name}
			}
		case f.AST != nil && f.IsTest() && (f.Dir() == "raft" || f.Dir() == "kvraft"):
			for _, decl := range f.AST.Decls {
				if function, ok := decl.(*ast.FuncDecl); ok && labTest.MatchString(function.Name.Name) {
					functions[function.Name.Name] = true
				}
			}
		}
	}
	for _, f := range r.Files {
		if f.Dir() != "docs/labs" || !strings.HasSuffix(f.Path, ".md") {
			continue
		}
		for i, line := range strings.Split(f.Text, "\n") {
			for _, name := range labTest.FindAllString(line, -1) {
				documented[name] = true
				if _, known := scenarios[name]; !known {
					found = append(found, Finding{f.Path, i + 1, name + " is no scenario of internal/suite"})
				}
			}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(scenarios)) {
		at := scenarios[name]
		if !documented[name] {
			found = append(found, Finding{at.Path, at.Line, name + " is explained nowhere in docs/labs"})
		}
		if !functions[name] {
			found = append(found, Finding{at.Path, at.Line, name + " is no test function of raft or kvraft"})
		}
	}
	for _, name := range slices.Sorted(maps.Keys(functions)) {
		if _, known := scenarios[name]; !known {
			found = append(found, Finding{Path: "internal/suite", What: name + " is a test of the lab, " +
				"but no scenario registered here"})
		}
	}
	return found
}

// registered returns the names of the scenarios in f, as it writes them, with their lines: the texts of
// fields called Name.
func registered(f *File) map[string]int {
	names := map[string]int{}
	ast.Inspect(f.AST, func(n ast.Node) bool {
		pair, ok := n.(*ast.KeyValueExpr)
		if !ok {
			return true
		}
		key, isName := pair.Key.(*ast.Ident)
		value, isText := pair.Value.(*ast.BasicLit)
		if isName && isText && key.Name == "Name" {
			if name, err := strconv.Unquote(value.Value); err == nil && labTest.MatchString(name) {
				names[name] = f.Line(value)
			}
		}
		return true
	})
	return names
}
