package build

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

// foreignMeter is the folder that the meter appears to have in modules that are not ours.
const foreignMeter = "raftlab_meter"

// loadTests reads the sources of a package with tests, and of all that it uses of its module.
func (b *Builder) loadTests(spec Spec) (*tree, error) {
	dir, err := filepath.Abs(spec.Tests)
	if err == nil {
		dir, err = filepath.EvalSymlinks(dir)
	}
	if err != nil {
		return nil, fmt.Errorf("build: tests: %w", err)
	}
	refuse := func(why string) error { return &Error{[]Diagnostic{{File: dir, Text: why}}} }
	root := dir
	for !exists(filepath.Join(root, "go.mod")) {
		if root = filepath.Dir(root); root == filepath.Dir(root) {
			return nil, refuse("has no go.mod at or above it")
		}
	}
	mod, err := readGoMod(filepath.Join(root, "go.mod"))
	if err != nil {
		return nil, fmt.Errorf("build: tests: %w", err)
	}
	target, err := filepath.Rel(root, dir)
	if err != nil {
		return nil, fmt.Errorf("build: tests: %w", err)
	}
	t := newTree(root, mod.path, spec)
	t.tests, t.target, t.meter = true, filepath.ToSlash(target), meterPackage
	if mod.path != module && !spec.Plain {
		t.meter = mod.path + "/" + foreignMeter
		if err := t.lendMeter(filepath.Join(b.root, strings.TrimPrefix(meterPackage, module+"/"))); err != nil {
			return nil, err
		}
	}
	if err := t.follow(spec); err != nil {
		return nil, err
	}
	if !slices.ContainsFunc(t.dirs[t.target], func(s *source) bool { return strings.HasSuffix(s.label, "_test.go") }) {
		return nil, refuse("holds no tests")
	}
	return t, nil
}

func exists(name string) bool {
	_, err := os.Stat(name)
	return !errors.Is(err, fs.ErrNotExist)
}

// lendMeter puts the files of our meter, which are in dir, into a module that is not ours.
func (t *tree) lendMeter(dir string) error {
	names, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil || len(names) == 0 {
		return fmt.Errorf("build: no files of the meter in %s", dir)
	}
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		s := &source{label: path.Join(foreignMeter, filepath.Base(name)), file: name, student: true, given: true, bare: true}
		if s.text, err = os.ReadFile(name); err != nil {
			return fmt.Errorf("build: %w", err)
		}
		t.add(s)
	}
	return nil
}
