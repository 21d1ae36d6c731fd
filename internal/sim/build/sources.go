package build

import (
	"bytes"
	"errors"
	"fmt"
	"go/ast"
	"go/build"
	"io"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// What a submission may hold at most.
const (
	maxFile  = 4 << 20  // bytes
	maxTotal = 32 << 20 // bytes
	maxFiles = 2000
)

// source is one file that goes into a build.
type source struct {
	label   string // its place in the module's tree, with slashes
	file    string // where it is
	text    []byte
	student bool     // it is metered, and of a student unless it lies in the tree
	given   bool     // it was given in the Spec
	old     bool     // it is compiled as the oldest language
	place   string   // where its folder is, from the one that the submission's raft and kvraft are in
	homes   []string // import paths of the latter, by the student's go.mod
	embed   bool     // not a Go file
	bare    bool     // it is never metered

	imports  *ast.File // see parseImports
	unparsed bool
}

// tree is all that goes into a build: the module's tree with the student's files in their places.
type tree struct {
	root    string // the folder of the module
	name    string // of the module
	meter   string // the import path of the meter
	target  string // the folder of the package that is built, from root
	tests   bool   // the program is that package's tests, and all of the module is metered
	context build.Context
	files   map[string]*source
	dirs    map[string][]*source // the Go files of each folder that was looked at
	hidden  []string             // files of the module's tree that are taken for missing
	beside  beside
	refused []Diagnostic // files that do not parse
	env     []string
	total   int
}

// roots are the folders of the packages that a student writes.
var roots = []string{"raft", "kvraft"}

// lab are the packages of the lab that students import.
var lab = []string{"labgob", "labrpc", "raft", "kvraft", "porcupine"}

// load reads all sources that go into the program, and checks what only a look at the sources can tell.
func (b *Builder) load(spec Spec) (*tree, error) {
	if spec.Tests != "" {
		return b.loadTests(spec)
	}
	t := newTree(b.root, module, spec)
	t.meter, t.target = meterPackage, spec.Main
	var err error
	if t.beside, err = openBeside(spec); err != nil {
		return nil, err
	}
	for i, dir := range []string{spec.Raft, spec.KV} {
		if dir == "" {
			continue
		}
		if err := t.give(roots[i], dir, spec.Language); err != nil {
			return nil, err
		}
	}
	if err := t.follow(spec); err != nil {
		return nil, err
	}
	if len(t.dirs[t.target]) == 0 {
		return nil, fmt.Errorf("build: there is no main package in %s of the module at %s", t.target, t.root)
	}
	return t, t.check(spec)
}

func newTree(root, name string, spec Spec) *tree {
	t := &tree{root: root, name: name, context: build.Default, files: map[string]*source{}, dirs: map[string][]*source{}}
	t.context.GOOS, t.context.GOARCH, t.context.Compiler = "wasip1", "wasm", "gc"
	t.context.CgoEnabled, t.context.BuildTags = false, spec.Tags
	return t
}

// give puts the student's folder dir and those below it in the place of the tree's folder of that name.
func (t *tree) give(name, dir, language string) error {
	dir, err := filepath.Abs(dir)
	if err == nil {
		dir, err = filepath.EvalSymlinks(dir)
	}
	if err != nil {
		return fmt.Errorf("build: package %s: %w", name, err)
	}
	if dir == filepath.Join(t.root, name) {
		return nil // it stands in its place already
	}
	homes, language := homesOf(filepath.Dir(dir), dir, language)
	if olderThan(language, "go1.23") && !slices.Contains(t.env, oldTimers) {
		t.env = append(t.env, oldTimers)
	}
	if err := t.hide(name); err != nil {
		return err
	}
	err = filepath.WalkDir(dir, func(file string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(dir, file)
		if err != nil {
			return err
		}
		label := path.Join(name, filepath.ToSlash(rel))
		if entry.IsDir() {
			if _, err := os.Stat(filepath.Join(file, "go.mod")); rel != "." && (err == nil || ignored(entry.Name())) {
				return fs.SkipDir
			}
			t.dirs[label] = nil
			return nil
		}
		s := &source{label: label, file: file, student: true, given: true, place: path.Dir(label), homes: homes,
			old: olderThan(language, "go1.22"), embed: !isGo(entry.Name())}
		if ignored(entry.Name()) || entry.Name() == "go.mod" || strings.HasSuffix(entry.Name(), "_test.go") {
			return nil
		}
		return t.take(s, entry)
	})
	if err != nil {
		var theirs *Error
		if errors.As(err, &theirs) {
			return err
		}
		return fmt.Errorf("build: package %s: %w", name, err)
	}
	t.dropUnembedded(name)
	if name == roots[0] {
		if err := t.keep(persister); err != nil {
			return err
		}
	}
	if !slices.ContainsFunc(t.dirs[name], func(s *source) bool { return s.student }) {
		return &Error{[]Diagnostic{{File: dir, Text: "holds no Go files of package " + name}}}
	}
	return nil
}

// persister is a peer's disk: the tree's own, whatever the student has in its place, since the host must hear of each
// save.
const persister = "raft/persister.go"

// keep leaves a file of the tree where it is, in place of the student's.
func (t *tree) keep(label string) error {
	file := filepath.Join(t.root, filepath.FromSlash(label))
	text, err := os.ReadFile(file)
	if err != nil {
		return fmt.Errorf("build: %w", err)
	}
	dir := path.Dir(label)
	t.dirs[dir] = slices.DeleteFunc(t.dirs[dir], func(s *source) bool { return s.label == label })
	t.hidden = slices.DeleteFunc(t.hidden, func(other string) bool { return other == label })
	t.add(&source{label: label, file: file, text: text})
	return nil
}

// oldTimers brings back the channels of timers as they were before Go 1.23.
const oldTimers = "GODEBUG=asynctimerchan=1"

func ignored(name string) bool {
	return strings.HasPrefix(name, ".") || strings.HasPrefix(name, "_") || name == "testdata" || name == "vendor"
}

func isGo(name string) bool { return strings.HasSuffix(name, ".go") }

// take reads a student's file. A name that leads elsewhere would show files of this machine to its author.
func (t *tree) take(s *source, entry fs.DirEntry) error {
	refuse := func(why string) error { return &Error{[]Diagnostic{{File: s.file, Text: why}}} }
	if !entry.Type().IsRegular() {
		if s.embed {
			return nil
		}
		return refuse("is not a regular file")
	}
	info, err := entry.Info()
	if err != nil {
		return err
	}
	t.total += int(min(info.Size(), maxTotal+1))
	switch {
	case info.Size() > maxFile && s.embed:
		return nil // if a package embeds it, the compiler says that it is missing
	case info.Size() > maxFile:
		return refuse(fmt.Sprintf("is larger than %d bytes", maxFile))
	case t.total > maxTotal || len(t.files) > maxFiles:
		return refuse(fmt.Sprintf("is too much: a submission has at most %d files and %d bytes", maxFiles, maxTotal))
	}
	f, err := os.Open(s.file)
	if err != nil {
		return err
	}
	defer f.Close()
	if s.text, err = io.ReadAll(io.LimitReader(f, maxFile)); err != nil {
		return err
	}
	t.add(s)
	return nil
}

func (t *tree) add(s *source) {
	t.files[s.label] = s
	if !s.embed {
		dir := path.Dir(s.label)
		t.dirs[dir] = append(t.dirs[dir], s)
	}
}

// dropUnembedded forgets files that are not Go's unless a Go file in or above their folder embeds something.
func (t *tree) dropUnembedded(name string) {
	embeds := map[string]bool{}
	for dir, files := range t.dirs {
		embeds[dir] = slices.ContainsFunc(files, (*source).embeds)
	}
	for label, s := range t.files {
		if !s.embed || !strings.HasPrefix(label, name+"/") {
			continue
		}
		wanted := false
		for dir := path.Dir(label); dir != "."; dir = path.Dir(dir) {
			wanted = wanted || embeds[dir]
		}
		if !wanted {
			delete(t.files, label)
		}
	}
}

// hide takes all of the tree's Go files in a folder and below for missing.
func (t *tree) hide(name string) error {
	dir := filepath.Join(t.root, name)
	err := filepath.WalkDir(dir, func(file string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || !isGo(file) {
			return err
		}
		rel, err := filepath.Rel(t.root, file)
		t.hidden = append(t.hidden, filepath.ToSlash(rel))
		t.dirs[path.Dir(filepath.ToSlash(rel))] = nil
		return err
	})
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("build: look through the module: %w", err)
	}
	return nil
}

// follow reads every package of the module that the program may import, whatever its build constraints.
func (t *tree) follow(spec Spec) error {
	todo := []string{t.target}
	if !spec.Plain {
		todo = append(todo, strings.TrimPrefix(t.meter, t.name+"/"))
	}
	seen := map[string]bool{}
	for len(todo) > 0 {
		dir := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		if seen[dir] {
			continue
		}
		seen[dir] = true
		if err := t.read(dir); err != nil {
			return err
		}
		for _, s := range t.dirs[dir] {
			for _, p := range importsOf(s) {
				resolved := t.resolve(s, p.path)
				if target, ok := strings.CutPrefix(resolved, t.name+"/"); ok {
					todo = append(todo, target)
				} else if resolved == t.name {
					todo = append(todo, ".")
				}
			}
		}
	}
	return nil
}

// read reads a package's files from the module's tree, unless the student has given that folder.
func (t *tree) read(dir string) error {
	if _, known := t.dirs[dir]; known {
		return nil
	}
	t.dirs[dir] = nil
	if belowAny(dir, []string{besideRoot}) {
		return t.lodge(dir)
	}
	entries, err := os.ReadDir(filepath.Join(t.root, filepath.FromSlash(dir)))
	if err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			return nil // of a file that is not built here, or the compiler says so
		}
		return fmt.Errorf("build: read the module: %w", err)
	}
	for _, entry := range entries {
		name := entry.Name()
		test := strings.HasSuffix(name, "_test.go") && !(t.tests && dir == t.target)
		if entry.IsDir() || !isGo(name) || test || ignored(name) {
			continue
		}
		s := &source{label: path.Join(dir, name), student: t.tests || belowAny(dir, roots),
			bare: path.Join(t.name, dir) == t.meter,
			file: filepath.Join(t.root, filepath.FromSlash(dir), name)}
		if s.text, err = os.ReadFile(s.file); err != nil {
			return fmt.Errorf("build: read the module: %w", err)
		}
		t.add(s)
	}
	return t.readEmbedded(dir)
}

// readEmbedded reads what files of a folder of the module may embed.
func (t *tree) readEmbedded(dir string) error {
	if !slices.ContainsFunc(t.dirs[dir], (*source).embeds) {
		return nil
	}
	return filepath.WalkDir(filepath.Join(t.root, filepath.FromSlash(dir)), func(file string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.Type().IsRegular() || isGo(file) {
			return err
		}
		rel, err := filepath.Rel(t.root, file)
		if err != nil {
			return err
		}
		s := &source{label: filepath.ToSlash(rel), file: file, embed: true}
		if s.text, err = os.ReadFile(file); err == nil {
			t.add(s)
		}
		return err
	})
}

// embeds says whether a file embeds others.
func (s *source) embeds() bool { return bytes.Contains(s.text, []byte("//go:embed ")) }

// belowAny says whether p is one of dirs or lies in one.
func belowAny(p string, dirs []string) bool {
	return slices.ContainsFunc(dirs, func(dir string) bool { return p == dir || strings.HasPrefix(p, dir+"/") })
}

// imported is an import of a file.
type imported struct {
	path string
	spec *ast.ImportSpec
}

// importsOf returns the imports of a file as far as it parses.
func importsOf(s *source) []imported {
	tree := parseImports(s)
	if tree == nil {
		return nil
	}
	var found []imported
	for _, spec := range tree.Imports {
		if p, err := strconv.Unquote(spec.Path.Value); err == nil {
			found = append(found, imported{p, spec})
		}
	}
	return found
}

// resolve returns the import path by which a package of the lab is known to us, any other as it is.
func (t *tree) resolve(s *source, p string) string {
	if !s.given || s.bare {
		return p
	}
	rest := Local(s.place, p, s.homes)
	if belowAny(rest, lab) {
		return module + "/" + rest
	}
	if strings.HasPrefix(p, module+"/") && rest != "" && exists(filepath.Join(t.root, filepath.FromSlash(rest))) {
		return p // of a handout, which has our module's name
	}
	if label, found := t.beside.find(rest); found {
		return t.name + "/" + label
	}
	return p
}

// labels returns the names of all files, sorted.
func (t *tree) labels() []string { return slices.Sorted(maps.Keys(t.files)) }
