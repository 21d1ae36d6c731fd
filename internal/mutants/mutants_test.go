package mutants

import (
	"fmt"
	"go/ast"
	"go/build"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"raftlab/internal/suite"
)

const root = "../.."

// patchable are the packages that mutants change, each after those that it imports.
var patchable = []string{"raft/core", "raft/disk", "raft", "kvraft/state", "kvraft"}

// Every patch applies, and what it makes would compile. The types are checked here rather than by a compiler
// for each: the whole bank takes as long as one compilation.
func TestPatchesCompile(t *testing.T) {
	bank, err := Bank()
	if err != nil {
		t.Fatal(err)
	}
	c := newChecker(t)
	if err := c.check(nil); err != nil {
		t.Fatalf("the reference does not compile: %v", err)
	}
	for _, m := range bank {
		patched, err := m.Patch(root)
		if err != nil {
			t.Error(err)
			continue
		}
		if err := c.check(patched); err != nil {
			t.Errorf("mutant %s does not compile: %v", m.ID, err)
		}
	}
}

// checker checks the types of the patchable packages with some files replaced.
type checker struct {
	fset    *token.FileSet
	library types.Importer // of what they import, from compiled packages
}

func newChecker(t *testing.T) *checker {
	list := exec.Command("go", "list", "-deps", "-export", "-f", "{{.ImportPath}}\t{{.Export}}", "./kvraft")
	list.Dir = root
	out, err := list.Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	exports := map[string]string{}
	for line := range strings.Lines(string(out)) {
		path, file, _ := strings.Cut(strings.TrimSpace(line), "\t")
		exports[path] = file
	}
	fset := token.NewFileSet()
	return &checker{fset, importer.ForCompiler(fset, "gc", func(path string) (io.ReadCloser, error) {
		return os.Open(exports[path])
	})}
}

func (c *checker) check(patched map[string]string) error {
	checked := map[string]*types.Package{}
	conf := types.Config{Importer: importFunc(func(path string) (*types.Package, error) {
		if p := checked[path]; p != nil {
			return p, nil
		}
		return c.library.Import(path)
	})}
	for _, dir := range patchable {
		list, err := build.ImportDir(filepath.Join(root, dir), 0)
		if err != nil {
			return err
		}
		var files []*ast.File
		for _, name := range list.GoFiles {
			var source any // nil: what the file holds
			if text, is := patched[dir+"/"+name]; is {
				source = text
			}
			f, err := parser.ParseFile(c.fset, filepath.Join(root, dir, name), source, parser.SkipObjectResolution)
			if err != nil {
				return err
			}
			files = append(files, f)
		}
		p, err := conf.Check("raftlab/"+dir, c.fset, files, nil)
		if err != nil {
			return fmt.Errorf("%s: %w", dir, err)
		}
		checked["raftlab/"+dir] = p
	}
	return nil
}

type importFunc func(path string) (*types.Package, error)

func (f importFunc) Import(path string) (*types.Package, error) { return f(path) }

// Every scenario has a mutant made for it.
func TestEveryScenarioIsNamed(t *testing.T) {
	bank, err := Bank()
	if err != nil {
		t.Fatal(err)
	}
	named := map[string]bool{}
	for _, m := range bank {
		for _, name := range m.Catchers {
			named[name] = true
		}
	}
	for _, s := range suite.All() {
		if !named[s.Name] {
			t.Errorf("no mutant is made for %s: add one that only the likes of it can catch", s.Name)
		}
	}
}
