// Package tidy holds the rules of the house as code, and its tests apply them to the repository.
//
// A Rule reads a Repo and returns what it finds wrong. The rules are data ([Rules]), so the tests can ask
// of each one that it finds fault with a small bad sample: a rule that cannot fail is no rule. What a rule
// forbids here and there for a reason stands, with the reason, in [Allowed]; an allowance that nothing
// needs any more is a finding too.
//
// The rules see what git would commit: tracked files and new ones that are not ignored. Without git, all
// files but the build's own output.
package tidy

import (
	"bytes"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

// Module is the path of the module that the rules are about.
const Module = "raftlab"

// File is one file of the repository.
type File struct {
	Path string // from the root, with slashes
	Text string
	Fset *token.FileSet
	AST  *ast.File // of a Go file outside testdata, else nil
}

// Dir is the folder of f, "." at the root.
func (f *File) Dir() string { return path.Dir(f.Path) }

// IsTest reports whether f is compiled only by go test.
func (f *File) IsTest() bool { return strings.HasSuffix(f.Path, "_test.go") }

// Generated reports whether f says of itself, in Go's way, that a program wrote it.
func (f *File) Generated() bool { return f.AST != nil && ast.IsGenerated(f.AST) }

// Line is the line, from 1, at which n begins in f.
func (f *File) Line(n ast.Node) int { return f.Fset.Position(n.Pos()).Line }

// Repo is the files of a repository, sorted by path.
type Repo struct {
	Files []*File
}

// Text returns the text of the file at path, and whether there is one.
func (r *Repo) Text(path string) (string, bool) {
	for _, f := range r.Files {
		if f.Path == path {
			return f.Text, true
		}
	}
	return "", false
}

// GoFiles returns the Go files outside testdata.
func (r *Repo) GoFiles() []*File {
	return slices.DeleteFunc(slices.Clone(r.Files), func(f *File) bool { return f.AST == nil })
}

// Packages returns the Go files outside testdata by folder.
func (r *Repo) Packages() map[string][]*File {
	packages := map[string][]*File{}
	for _, f := range r.GoFiles() {
		packages[f.Dir()] = append(packages[f.Dir()], f)
	}
	return packages
}

// New makes a Repo of texts by path. The error names each Go file that does not parse.
func New(texts map[string]string) (*Repo, error) {
	r := &Repo{}
	var errs []error
	for path, text := range texts {
		f := &File{Path: path, Text: text, Fset: token.NewFileSet()}
		if strings.HasSuffix(path, ".go") && !inTestdata(path) {
			var err error
			if f.AST, err = parser.ParseFile(f.Fset, path, text, parser.ParseComments); err != nil {
				errs = append(errs, fmt.Errorf("tidy: parse: %w", err))
			}
		}
		r.Files = append(r.Files, f)
	}
	slices.SortFunc(r.Files, func(a, b *File) int { return strings.Compare(a.Path, b.Path) })
	return r, errors.Join(errs...)
}

// Load reads the repository at root.
func Load(root string) (*Repo, error) {
	wanted := committed(root)
	texts := map[string]string{}
	err := filepath.WalkDir(root, func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(root, name)
		if err != nil {
			return err
		}
		rel = filepath.ToSlash(rel)
		if entry.IsDir() {
			if rel == ".git" || rel == "bin" || rel == "out" {
				return fs.SkipDir
			}
			return nil
		}
		if !entry.Type().IsRegular() || !wanted(rel) {
			return nil
		}
		text, err := os.ReadFile(name)
		texts[rel] = string(text)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("tidy: read the repository: %w", err)
	}
	return New(texts)
}

// committed returns the test for what git would commit below root. The walk of Load is needed all the
// same: go test sees by it that a folder has a new file and that an earlier verdict no longer holds.
func committed(root string) func(rel string) bool {
	git := exec.Command("git", "-C", root, "ls-files", "-z", "--cached", "--others", "--exclude-standard")
	out, err := git.Output()
	if err != nil { // no git, or no checkout: an archive of the tree
		return func(rel string) bool {
			return !strings.HasSuffix(rel, ".test") && !strings.HasSuffix(rel, ".prof")
		}
	}
	names := map[string]bool{}
	for name := range bytes.SplitSeq(out, []byte{0}) {
		names[string(name)] = true
	}
	return func(rel string) bool { return names[rel] }
}

// inTestdata reports whether path lies in a folder that the go command does not look into.
func inTestdata(path string) bool {
	return slices.Contains(strings.Split(path, "/"), "testdata")
}
