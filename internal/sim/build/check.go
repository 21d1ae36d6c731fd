package build

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

// parseImports returns a file's tree down to its imports, with all comments up to there; nil if that much
// does not parse.
func parseImports(s *source) *ast.File {
	if s.imports == nil && !s.unparsed {
		tree, err := parser.ParseFile(token.NewFileSet(), s.file, s.text, parser.ImportsOnly|parser.SkipObjectResolution)
		if err != nil || tree.FileStart != 1 {
			s.unparsed = true
			return nil
		}
		s.imports = tree
	}
	return s.imports
}

// position is the line and column of an offset of text.
func position(text []byte, offset int) (line, column int) {
	before := text[:min(offset, len(text))]
	return bytes.Count(before, []byte{'\n'}) + 1, len(before) - bytes.LastIndexByte(before, '\n')
}

// at is a complaint about a place in a file, which errors name by its label until tree.own.
func (s *source) at(offset int, format string, args ...any) Diagnostic {
	line, column := position(s.text, offset)
	return Diagnostic{File: s.label, Line: line, Column: column, Text: fmt.Sprintf(format, args...)}
}

// check looks for what a compiler would not say, or not where the student can see it: the name of the package
// and what is imported.
func (t *tree) check(spec Spec) error {
	var found []Diagnostic
	for _, dir := range roots {
		given, built := 0, 0
		for _, s := range t.dirs[dir] {
			if !s.given {
				continue
			}
			given++
			if !t.matches(s) {
				continue
			}
			built++
			if tree := parseImports(s); tree != nil && tree.Name.Name != dir {
				found = append(found, s.at(int(tree.Name.Pos())-1, "package %s; expected package %s", tree.Name.Name, dir))
			}
		}
		if given > 0 && built == 0 {
			found = append(found, Diagnostic{File: dir, Text: "build constraints exclude all Go files: the lab is built " +
				"for GOOS=wasip1 GOARCH=wasm, without cgo"})
		}
	}
	for _, label := range t.labels() {
		if s := t.files[label]; s.given && !s.embed && !s.bare && t.matches(s) {
			found = append(found, t.uses(s, spec.Allow)...)
		}
	}
	if len(found) > 0 {
		return t.own(&Error{found})
	}
	return nil
}

// uses returns complaints about what a student's file imports.
func (t *tree) uses(s *source, allow func(string) error) []Diagnostic {
	var found []Diagnostic
	for _, p := range importsOf(s) {
		offset := int(p.spec.Path.Pos()) - 1
		target, ours := strings.CutPrefix(t.resolve(s, p.path), module+"/")
		if ours && !slices.Contains(lab, target) && !t.handedIn(target) {
			found = append(found, s.at(offset, "import of %q: that is no package of the lab, which are %s",
				p.path, strings.Join(lab, ", ")))
			continue
		}
		if allow != nil {
			if err := allow(p.path); err != nil {
				found = append(found, s.at(offset, "import of %q: %v", p.path, err))
			}
		}
	}
	if allow == nil {
		return found
	}
	offset := 0
	for line := range bytes.Lines(s.text) {
		// The compiler sees one behind code too; in a string it is none, which is not looked into.
		if at := bytes.Index(line, []byte("//go:")); at >= 0 {
			if fields := strings.Fields(string(line[at:])); reachesOut[fields[0]] {
				if err := allow(fields[0]); err != nil {
					found = append(found, s.at(offset+at, "%s: %v", fields[0], err))
				}
			}
		}
		offset += len(line)
	}
	return found
}

// handedIn says whether a package may be the submission's: below a folder of it, where the compiler says if it is not
// there. What is below our own raft or kvraft is nobody's business.
func (t *tree) handedIn(target string) bool {
	for _, root := range roots {
		if belowAny(target, []string{root}) {
			return slices.ContainsFunc(t.dirs[root], func(s *source) bool { return s.given })
		}
	}
	return belowAny(target, []string{besideRoot})
}

// reachesOut are directives by which code reaches what it does not import.
var reachesOut = map[string]bool{"//go:linkname": true, "//go:wasmimport": true, "//go:wasmexport": true}

// matches says whether a file's name and constraints let it into the program.
func (t *tree) matches(s *source) bool {
	c := t.context
	c.OpenFile = func(string) (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(s.text)), nil }
	match, err := c.MatchFile(filepath.Dir(s.file), path.Base(s.label))
	return match || err != nil // the compiler says what is wrong with it
}

// packageName returns the name in the first Go file of a folder that is not a test and says one; "" if
// there is none.
func packageName(dir string) string {
	names, _ := filepath.Glob(filepath.Join(dir, "*.go")) // a pattern that is wrong finds nothing
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		tree, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.PackageClauseOnly)
		if err == nil {
			return tree.Name.Name
		}
	}
	return ""
}
