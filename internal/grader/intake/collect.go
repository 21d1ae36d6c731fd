package intake

import (
	"bytes"
	"fmt"
	"go/ast"
	gobuild "go/build"
	"io"
	"path"
	"slices"
	"strconv"
	"strings"
)

// chosen is a file that is taken along.
type chosen struct {
	*file
	as string // its path below Staged.Dir
}

// collection is what is taken of a submission, and what is said about the rest.
type collection struct {
	layout layout
	files  []chosen
	dirs   map[string]string // folders that are taken, and as what
	notes  []string
	left   []*file // of the harness: left out, but they tell the edition
	tests  int     // files of tests left out
}

func (c *collection) note(format string, args ...any) {
	c.notes = append(c.notes, fmt.Sprintf(format, args...))
}

// collect takes the packages of the lab and what they import of the submission.
func collect(l layout) *collection {
	c := &collection{layout: l, dirs: map[string]string{}}
	type todo struct{ dir, as string }
	var queue []todo
	add := func(dir, as string) {
		if _, known := c.dirs[dir]; !known && dir != "" {
			c.dirs[dir] = as
			queue = append(queue, todo{dir, as})
		}
	}
	add(l.raft, "raft")
	add(l.kv, "kvraft")
	for len(queue) > 0 {
		next := queue[0]
		queue = queue[1:]
		for _, f := range c.take(next.dir, next.as) {
			c.files = append(c.files, chosen{f, path.Join(next.as, path.Base(f.path))})
			for _, p := range importsOf(f) {
				add(l.locate(next.as, p))
			}
		}
	}
	slices.SortFunc(c.files, func(a, b chosen) int { return strings.Compare(a.as, b.as) })
	return c
}

func importsOf(f *file) []string {
	var paths []string
	for _, spec := range f.syntax().Imports {
		if p, err := strconv.Unquote(spec.Path.Value); err == nil {
			paths = append(paths, p)
		}
	}
	return paths
}

// take chooses the files of a folder.
func (c *collection) take(dir, as string) []*file {
	var kept, harness []*file
	for _, f := range c.layout.dirs[dir] {
		base := path.Base(f.path)
		switch {
		case f.test():
			c.left = append(c.left, f)
			c.tests++
		case strings.HasPrefix(base, "_"):
			c.note("%s left out: the go command passes over it", shown(f.path))
		case !built(f):
			c.note("%s left out: its name or its build constraint excludes it from GOOS=wasip1 GOARCH=wasm",
				shown(f.path))
		case as == "raft" && base == "persister.go":
			c.left = append(c.left, f)
			c.persister(f)
		case (as == "raft" || as == "kvraft") && slices.Contains(importsOf(f), "testing"):
			harness = append(harness, f)
		default:
			kept = append(kept, f)
		}
	}
	return c.settle(kept, harness)
}

// settle decides on files that look like the harness's: those that the others need stay.
func (c *collection) settle(kept, harness []*file) []*file {
	for again := true; again; {
		again = false
		for i, f := range harness {
			if name := needs(kept, f); name != "" {
				c.note("%s taken along, though it imports testing: %s is used elsewhere", shown(f.path), name)
				kept = append(kept, f)
				harness = slices.Delete(harness, i, i+1)
				again = true
				break
			}
		}
	}
	c.left = append(c.left, harness...)
	return kept
}

// needs returns a name that f declares and one of the files uses; "" if there is none. A method counts if it is of a
// type that is declared there.
func needs(files []*file, f *file) string {
	types := map[string]bool{}
	for _, user := range files {
		for _, name := range declared(user) {
			types[name] = true
		}
	}
	for _, method := range methods(f) {
		if typ, _, _ := strings.Cut(method, "."); types[typ] {
			return method
		}
	}
	names := declared(f)
	for _, user := range files {
		for _, id := range unresolved(user.syntax()) {
			if slices.Contains(names, id) && !types[id] && id != "init" && id != "_" {
				return id
			}
		}
	}
	return ""
}

// unresolved returns the names that a file uses and does not declare itself.
func unresolved(tree *ast.File) []string {
	names := make([]string, len(tree.Unresolved))
	for i, id := range tree.Unresolved {
		names[i] = id.Name
	}
	return names
}

// built says whether the name and the constraints of a file let it into the program. What is wrong with them is the
// compiler's to say.
func built(f *file) bool {
	c := gobuild.Default
	c.GOOS, c.GOARCH, c.Compiler, c.CgoEnabled, c.BuildTags = "wasip1", "wasm", "gc", true, nil
	c.OpenFile = func(string) (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(f.text)), nil }
	match, err := c.MatchFile(".", path.Base(f.path))
	return match || err != nil
}

// gaps adds notes on what is not taken along.
func (c *collection) gaps(b *bundle) {
	var others []string
	for dir, files := range c.layout.dirs {
		if _, taken := c.dirs[dir]; !taken && !c.isHarness(dir) {
			others = append(others, fmt.Sprintf("%s (%d)", shown(dir), len(files)))
		}
	}
	slices.Sort(others)
	if n := len(others); n > 0 {
		const most = 12
		if n > most {
			others = append(others[:most], "…")
		}
		c.note("folders with Go files left out, which nothing that is graded imports: %d: %s", n,
			strings.Join(others, ", "))
	}
	if c.tests > 0 {
		c.note("files of tests left out: %d", c.tests)
	}
	if n := len(b.links); n > 0 {
		slices.Sort(b.links)
		c.note("links left out: %d, the first is %s", n, shown(b.links[0]))
	}
	for _, dir := range []string{"raft", "kvraft"} {
		at := path.Join(c.layout.root, dir)
		if _, there := c.layout.dirs[at]; there && c.dirs[at] == "" {
			c.note("%s left out: it is not graded", at)
		}
	}
}

// isHarness says whether a folder is of the lab's own, or of the tools that are handed out with it.
func (c *collection) isHarness(dir string) bool {
	is := func(name string) bool { return dir == path.Join(c.layout.root, name) }
	below := func(name string) bool { return strings.HasPrefix(dir, path.Join(c.layout.root, name)+"/") }
	ours := c.layout.module == "raftlab" && slices.ContainsFunc([]string{"cmd", "internal", "porcupine"}, below)
	return ours || slices.ContainsFunc(given, is) || is("models")
}
