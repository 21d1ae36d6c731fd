package build

import (
	"bytes"
	"errors"
	"fmt"
	"go/ast"
	"go/build/constraint"
	"go/scanner"
	"go/version"
	"os"
	"path/filepath"
	"strings"
)

// goMod is what is read of a go.mod.
type goMod struct {
	path     string // of the module
	language string // like "1.21"; "" if it names none
}

func readGoMod(name string) (goMod, error) {
	text, err := os.ReadFile(name)
	if err != nil {
		return goMod{}, err
	}
	var mod goMod
	mod.path, mod.language = ParseMod(text)
	return mod, nil
}

// ParseMod returns the path of the module and the version of Go, like "1.21", that a go.mod names; "" where it names
// none.
func ParseMod(text []byte) (path, language string) {
	for line := range strings.Lines(string(text)) {
		line, _, _ = strings.Cut(line, "//")
		fields := strings.Fields(line)
		if len(fields) != 2 {
			continue
		}
		switch fields[0] {
		case "module":
			path = strings.Trim(fields[1], "\"`")
		case "go":
			language = fields[1]
		}
	}
	return path, language
}

// goModAbove returns the go.mod at or above dir and the folder that it is in, the zero goMod if there is none.
func goModAbove(dir string) (mod goMod, in string) {
	for at := dir; ; at = filepath.Dir(at) {
		if mod, err := readGoMod(filepath.Join(at, "go.mod")); err == nil {
			if mod.language == "" {
				mod.language = "1.16" // what the go command takes it for
			}
			return mod, at
		}
		if at == filepath.Dir(at) {
			return goMod{}, ""
		}
	}
}

// oldest is the lowest version of the language that the toolchain compiles a file as. Loops had one variable
// for all turns up to that.
const oldest = "go1.21"

// olderThan says whether a language version like "1.15" or "1.21.3" lies below a release; "" does not.
func olderThan(language, release string) bool {
	return language != "" && version.Compare("go"+language, release) < 0
}

// asOldest gives a parsed file a build constraint that makes the compiler read it as oldest, if it has none
// that names a version. It returns what has to stand before the file's text.
func asOldest(e *edits, offset func(ast.Node) int, f *ast.File) (header string) {
	var plus constraint.Expr
	for _, group := range f.Comments {
		for _, c := range group.List {
			if c.Pos() > f.Package {
				break
			}
			expr, err := constraint.Parse(c.Text)
			switch {
			case err != nil:
			case constraint.IsGoBuild(c.Text):
				if constraint.GoVersion(expr) == "" {
					e.replace(offset(c), len(c.Text), fmt.Sprintf("//go:build (%s) && %s", expr, oldest))
				}
				return ""
			case plus == nil:
				plus = expr
			default:
				plus = &constraint.AndExpr{X: plus, Y: expr}
			}
		}
	}
	constraints := oldest
	if plus != nil {
		constraints = fmt.Sprintf("(%s) && %s", plus, oldest)
	}
	return fmt.Sprintf("//go:build %s\n/*line :1:1*/", constraints)
}

// withoutLineDirectives makes ordinary comments of the file's own line directives: positions are to be those
// of the file that the student wrote.
func withoutLineDirectives(e *edits, offset func(ast.Node) int, f *ast.File) {
	for _, group := range f.Comments {
		for _, c := range group.List {
			if bytes.HasPrefix([]byte(c.Text[2:]), []byte("line ")) {
				e.overwrite(offset(c)+2, "Line")
			}
		}
	}
}

// withoutLines does the same to a file that does not parse, wherever it looks like one.
func withoutLines(text []byte) []byte {
	for _, sign := range []string{"//", "/*"} {
		text = bytes.ReplaceAll(text, []byte(sign+"line "), []byte(sign+"Line "))
	}
	return text
}

// unread is what a parser has said of a file.
func (s *source) unread(err error) []Diagnostic {
	var list scanner.ErrorList
	if !errors.As(err, &list) || len(list) == 0 {
		return []Diagnostic{{File: s.label, Text: err.Error()}}
	}
	found := make([]Diagnostic, len(list))
	for i, e := range list {
		found[i] = s.at(e.Pos.Offset, "%s", e.Msg)
	}
	return found
}
