package intake

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"go/build"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"raftlab/internal/grader/gate"
	"raftlab/internal/grader/results"
)

// Stage unpacks src, recognises its edition, passes it through the gate and lays out what is built of it in dir, which
// it makes and which must not hold anything. An error is a *Refusal, or of infrastructure. The caller removes dir, in
// any case. It blocks while it reads and writes.
func Stage(ctx context.Context, src Source, dir string, o Options) (Staged, error) {
	b, err := unpack(ctx, src.Path, o.Limits)
	if err != nil {
		return Staged{}, err
	}
	l, err := lay(b, len(o.Labs) == 0 || slices.Contains(o.Labs, "kv"))
	if err != nil {
		return Staged{}, err
	}
	c := collect(l)
	s := Staged{Dir: dir, Raft: l.raft != "", Origin: map[string]string{}}
	if s.Edition, err = c.edition(); err != nil {
		return Staged{}, err
	}
	if err := c.complete(); err != nil {
		return Staged{}, err
	}
	s.KV = len(c.of("kvraft")) > 0
	if err := c.gate(b, o.Allow); err != nil {
		return Staged{}, err
	}
	c.harness()
	c.changes(s.Edition)
	c.lacks()
	c.gaps(b)
	if !s.Raft {
		c.note("there is no package raft")
	}
	for _, f := range c.files {
		s.Origin[f.as] = f.path
	}
	mod := c.mod(s.Edition)
	s.Notes = c.notes
	s.Hash, err = c.write(dir, mod)
	return s, err
}

// complete checks that the packages declare what the tests call, as far as a look at the names can tell.
func (c *collection) complete() error {
	if files := c.raft(); c.layout.raft != "" && !slices.ContainsFunc(files, func(f *file) bool { return f.broken() }) {
		for _, name := range []string{"Make", "Raft", "ApplyMsg"} {
			if !slices.ContainsFunc(files, func(f *file) bool { return declares(f, name) }) {
				return notAccepted(shown(c.layout.raft), "package raft does not declare %s", name)
			}
		}
	}
	files := c.of("kvraft")
	if slices.ContainsFunc(files, func(f *file) bool { return f.broken() }) {
		return nil
	}
	for _, name := range []string{"StartKVServer", "KVServer", "MakeClerk", "Clerk"} {
		if len(files) == 0 || slices.ContainsFunc(files, func(f *file) bool { return declares(f, name) }) {
			continue
		}
		if c.layout.raft == "" {
			return notAccepted(shown(c.layout.kv), "package kvraft does not declare %s", name)
		}
		c.note("%s left out: it does not declare %s", shown(c.layout.kv), name)
		c.files = slices.DeleteFunc(c.files, func(f chosen) bool { return path.Dir(f.as) == "kvraft" })
		return nil
	}
	return nil
}

// gate passes what was taken through the gate.
func (c *collection) gate(b *bundle, allow []string) error {
	var files []gate.File
	from := map[string]string{}
	for _, f := range c.files {
		name := ""
		if dir := path.Dir(f.as); dir == "raft" || dir == "kvraft" {
			name = dir
		}
		from[f.path] = path.Dir(f.as)
		files = append(files, gate.File{Path: f.path, Package: name, Text: f.text})
	}
	verdict := gate.Check(files, gate.Rules{Allow: allow, Local: func(file, p string) bool {
		_, rest := c.layout.locate(from[file], p)
		return rest != ""
	}})
	for _, object := range b.objects {
		if _, taken := c.dirs[path.Dir(object)]; taken {
			verdict.Refused = append(verdict.Refused, results.Place{File: object, Rule: "assembly",
				Text: "is no Go source, and would be linked unseen"})
		}
	}
	if len(verdict.Refused) > 0 {
		return &Refusal{results.Refused, verdict.Refused}
	}
	c.notes = append(c.notes, verdict.Notes...)
	return nil
}

// plain are module paths that need no care.
var plain = regexp.MustCompile(`^[\pL\pN][\pL\pN._~/+-]*$`)

// mod returns the go.mod for what is staged: the submission's module path, as the build leads its imports by, and its
// version of Go, or its edition's.
func (c *collection) mod(edition string) string {
	l, module := c.layout, "submission"
	if homes := l.homes(); len(homes) > 0 {
		module = homes[0]
		if strings.TrimSuffix(module, "/src") == l.module {
			module = l.module // the build takes src off
		}
	}
	if !plain.MatchString(module) {
		c.note("the module path %q in go.mod is not obeyed", module)
		module = "submission"
	}
	text, version := "module "+module+"\n", l.language
	if version == "" {
		version = language(edition)
		if version != "" {
			c.note("no go.mod names a version of Go: taken for %s, as in the edition's years", version)
		}
	}
	if ok, _ := regexp.MatchString(`^[0-9]+(\.[0-9]+)*$`, version); ok {
		text += "\ngo " + version + "\n"
	} else {
		text += "\ngo " + current() + "\n"
	}
	return text
}

// current is the version of Go that this program was built with, as go.mod names it.
func current() string {
	tags := build.Default.ReleaseTags
	return strings.TrimPrefix(tags[len(tags)-1], "go")
}

// write lays out the files in dir and returns the hash of all.
func (c *collection) write(dir, mod string) (hash string, err error) {
	fail := func(err error) (string, error) { return "", fmt.Errorf("intake: stage: %w", err) }
	if entries, err := os.ReadDir(dir); err == nil && len(entries) > 0 {
		return fail(fmt.Errorf("%s is not empty", dir))
	} else if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fail(err)
	}
	h := sha256.New()
	put := func(as string, text []byte) error {
		fmt.Fprintf(h, "%q %d\n", as, len(text))
		h.Write(text)
		at := filepath.Join(dir, filepath.FromSlash(as))
		if err := os.MkdirAll(filepath.Dir(at), 0o777); err != nil {
			return err
		}
		return os.WriteFile(at, text, 0o666)
	}
	if err := put("go.mod", []byte(mod)); err != nil {
		return fail(err)
	}
	for _, f := range c.files {
		if !filepath.IsLocal(filepath.FromSlash(f.as)) {
			return fail(fmt.Errorf("%q leads out of the folder", f.as))
		}
		if err := put(f.as, f.text); err != nil {
			return fail(err)
		}
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}
