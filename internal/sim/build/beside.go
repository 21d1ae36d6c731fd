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

// besideRoot is the folder of the module's tree in which packages appear that lie beside a student's raft and kvraft.
const besideRoot = "submission"

// beside are the packages of a submission that are neither raft nor kvraft, nor below these.
type beside struct {
	dir   string            // where they are; "" if there are none
	homes []string          // see source
	old   bool              // see source
	found map[string]string // where a package appears, by its folder from dir; "" if it is none
	from  map[string]string // and the reverse
}

func openBeside(spec Spec) (beside, error) {
	if spec.Beside == "" {
		return beside{}, nil
	}
	dir, err := filepath.Abs(spec.Beside)
	if err == nil {
		dir, err = filepath.EvalSymlinks(dir)
	}
	if err != nil {
		return beside{}, fmt.Errorf("build: packages beside raft: %w", err)
	}
	homes, language := homesOf(dir, dir, spec.Language)
	return beside{dir, homes, olderThan(language, "go1.22"), map[string]string{}, map[string]string{}}, nil
}

// homesOf returns by which prefixes files in inside, which lies at or below dir, may name what is in dir, and the
// language that they are written in, which is the one given unless that is "".
func homesOf(dir, inside, given string) (homes []string, language string) {
	mod, at := goModAbove(inside)
	if given == "" {
		given = mod.language
	}
	if mod.path == "" {
		return nil, given
	}
	if rel, err := filepath.Rel(at, dir); err == nil && rel != "." && filepath.IsLocal(rel) {
		homes = append(homes, path.Join(mod.path, filepath.ToSlash(rel)))
	}
	return append(homes, mod.path), given
}

// find returns the folder in which the package appears that lies at rest, if there is one.
func (b beside) find(rest string) (label string, found bool) {
	if b.dir == "" || rest == "" || rest == "." || !filepath.IsLocal(filepath.FromSlash(rest)) {
		return "", false
	}
	label, known := b.found[rest]
	if !known {
		label = ""
		if slices.ContainsFunc(b.files(rest), isSource) {
			label = asBeside(rest)
			b.from[label] = rest
		}
		b.found[rest] = label
	}
	return label, label != ""
}

func isSource(entry fs.DirEntry) bool {
	return isGo(entry.Name()) && !strings.HasSuffix(entry.Name(), "_test.go") && !ignored(entry.Name())
}

// files lists the folder at rest; what is not there, or lies behind a link, is empty.
func (b beside) files(rest string) []fs.DirEntry {
	at := filepath.Join(b.dir, filepath.FromSlash(rest))
	if real, err := filepath.EvalSymlinks(at); err != nil || real != at {
		return nil
	}
	entries, _ := os.ReadDir(at) // nil of what is no folder
	return entries
}

// asBeside is where the package appears whose folder is rest. The name internal would hide it from raft.
func asBeside(rest string) string {
	elements := strings.Split(rest, "/")
	for i, element := range elements {
		if element == "internal" || element == "vendor" {
			elements[i] += "_"
		}
	}
	return besideRoot + "/" + strings.Join(elements, "/")
}

// lodge reads the package that appears in a folder.
func (t *tree) lodge(label string) error {
	rest, known := t.beside.from[label]
	if !known {
		return nil
	}
	for _, entry := range t.beside.files(rest) {
		if !isSource(entry) || entry.IsDir() {
			continue
		}
		s := &source{label: path.Join(label, entry.Name()), place: rest, homes: t.beside.homes, old: t.beside.old,
			file:    filepath.Join(t.beside.dir, filepath.FromSlash(rest), entry.Name()),
			student: true, given: true}
		if err := t.take(s, entry); err != nil {
			var theirs *Error
			if errors.As(err, &theirs) {
				return err
			}
			return fmt.Errorf("build: package %s: %w", rest, err)
		}
	}
	return nil
}
