package handout

import (
	"errors"
	"fmt"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strconv"
	"strings"
)

// file is a file that is handed out.
type file struct {
	text    string
	program bool // it can be run
}

// tree is what is handed out, by name, and what it must not hold.
type tree struct {
	files   map[string]file
	secrets []line
	public  []string // lines that are no secrets, in a solution or not: prompts, and the plan's
}

// gatherer collects a tree.
type gatherer struct {
	plan
	root     fs.FS
	tree     tree
	visited  map[string]bool // packages
	mistakes []error
}

// gather reads what the plan names out of the tree at root. An error is made of a *Mistake for each thing that is wrong
// with it, or says what could not be read.
func gather(root fs.FS, p plan) (tree, error) {
	g := &gatherer{plan: p, root: root, visited: map[string]bool{}, tree: tree{files: map[string]file{}, public: p.shared}}
	for _, step := range []func() error{g.packages, g.others, g.module, g.ours, g.answerLines} {
		if err := step(); err != nil {
			return tree{}, err
		}
	}
	return g.tree, errors.Join(g.mistakes...)
}

// wrong notes a mistake and returns nil, or returns an error that is none.
func (g *gatherer) wrong(err error) error {
	var mistake *Mistake
	if errors.As(err, &mistake) {
		g.mistakes = append(g.mistakes, err)
		return nil
	}
	return err
}

// packages takes the roots' packages and what they import.
func (g *gatherer) packages() error {
	for _, dir := range g.roots {
		if err := g.pkg(dir); err != nil {
			return err
		}
	}
	return nil
}

func (g *gatherer) pkg(dir string) error {
	if g.visited[dir] {
		return nil
	}
	g.visited[dir] = true
	entries, err := fs.ReadDir(g.root, dir)
	if err != nil {
		return fmt.Errorf("package %s: %w", dir, err)
	}
	for _, entry := range entries {
		name := path.Join(dir, entry.Name())
		if entry.IsDir() || path.Ext(name) != ".go" || g.out(name) {
			continue
		}
		if err := g.goFile(name); err != nil {
			return err
		}
	}
	return nil
}

func (g *gatherer) goFile(name string) error {
	text, err := fs.ReadFile(g.root, name)
	if err != nil {
		return err
	}
	s, err := stripGo(name, string(text))
	if err != nil {
		return g.wrong(err)
	}
	g.take(name, s, false)
	if s.empty() {
		return nil
	}
	set := token.NewFileSet()
	parsed, err := parser.ParseFile(set, name, s.text, parser.ParseComments)
	if err != nil {
		return g.wrong(&Mistake{File: name, What: err.Error()})
	}
	for _, spec := range parsed.Imports {
		imported, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			return fmt.Errorf("%s: %w", name, err) // the parser lets nothing of the kind through
		}
		dir, ours := strings.CutPrefix(imported, g.plan.module+"/")
		switch {
		case !ours:
		case g.kept(dir):
			g.mistakes = append(g.mistakes, &Mistake{File: name, What: "imports " + imported + ", which students do not get: " +
				"put what needs it into a solution region, or name the file in internal/handout/plan.go"})
		default:
			if err := g.pkg(dir); err != nil {
				return fmt.Errorf("%s: %w", name, err)
			}
		}
	}
	for _, group := range parsed.Comments {
		for _, comment := range group.List {
			if patterns, embeds := strings.CutPrefix(comment.Text, "//go:embed "); embeds {
				if err := g.embedded(path.Dir(name), strings.Fields(patterns)); err != nil {
					return fmt.Errorf("%s: %w", name, err)
				}
			}
		}
	}
	return nil
}

// embedded takes the files that a package's //go:embed names.
func (g *gatherer) embedded(dir string, patterns []string) error {
	for i, pattern := range patterns {
		patterns[i] = path.Join(dir, pattern)
	}
	return g.matching(patterns)
}

// others takes the files that the plan names.
func (g *gatherer) others() error { return g.matching(g.files) }

// matching takes files by patterns. One that is a plain name must find that file.
func (g *gatherer) matching(patterns []string) error {
	for _, pattern := range patterns {
		names, err := fs.Glob(g.root, pattern)
		if err == nil && len(names) == 0 && !strings.ContainsAny(pattern, `*?[\`) {
			err = fs.ErrNotExist
		}
		if err != nil {
			return fmt.Errorf("%s: %w", pattern, err)
		}
		for _, name := range names {
			if _, taken := g.tree.files[name]; taken { // a Go file that embeds another of its package
				continue
			}
			text, err := fs.ReadFile(g.root, name)
			if err != nil {
				return err
			}
			s, err := strip(name, string(text))
			if err == nil {
				g.take(name, s, slices.Contains(g.programs, name))
			} else if err := g.wrong(err); err != nil {
				return err
			}
		}
	}
	return nil
}

func (g *gatherer) take(name string, s stripped, program bool) {
	g.tree.secrets = append(g.tree.secrets, s.secrets...)
	g.tree.public = append(g.tree.public, s.prompts...)
	if !s.empty() {
		g.tree.files[name] = file{s.text, program}
	}
}

// module takes what says which other modules are needed; how much of it still is, the go command finds out later.
func (g *gatherer) module() error { return g.matching([]string{"go.mod", "go.sum"}) }

// ours takes the student's own files.
func (g *gatherer) ours() error {
	return fs.WalkDir(g.own, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		text, err := fs.ReadFile(g.own, name)
		if err == nil {
			g.tree.files[strings.TrimSuffix(name, ".txt")] = file{text: string(text)}
		}
		return err
	})
}

// answerLines collects the lines of what nobody gets.
func (g *gatherer) answerLines() error {
	for _, dir := range g.answers {
		err := fs.WalkDir(g.root, dir, func(name string, entry fs.DirEntry, err error) error {
			switch {
			case err != nil:
				return err
			case entry.IsDir() && entry.Name() == "testdata":
				return fs.SkipDir
			case entry.IsDir(), name != dir && strings.HasSuffix(name, "_test.go"):
				return nil
			}
			text, err := fs.ReadFile(g.root, name)
			if err != nil {
				return err
			}
			number := 0
			for l := range strings.Lines(string(text)) {
				number++
				g.tree.secrets = append(g.tree.secrets, line{name, number, l})
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// names returns the names of the tree's files, sorted.
func (t tree) names() []string { return slices.Sorted(maps.Keys(t.files)) }
