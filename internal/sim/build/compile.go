package build

import (
	"bytes"
	"context"
	"crypto/sha256"
	_ "embed" // for the instrumentation's own version
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"io"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

//go:embed instrument.go
var instrumentSource string

//go:embed edits.go
var editsSource string

//go:embed language.go
var languageSource string

// flags of every build. Symbols and debugging data are left out: traces do not need them, and linking is
// quicker.
var flags = []string{"-trimpath", "-buildvcs=false", "-pgo=off", "-ldflags=-s -w"}

// siteShift leaves every package so many site numbers, so that an edit in one does not renumber those of others.
const siteShift = 16

// localReplace is a line of go.mod that makes a folder of this machine a module.
var localReplace = regexp.MustCompile(`(?m)^[^/\n]*=>\s*"?(\.|/|[A-Za-z]:\\)`)

// key is the hash of all that a program is made of.
func (b *Builder) key(spec Spec, t *tree) string {
	h := sha256.New()
	part := func(name string, values ...string) { fmt.Fprintf(h, "%s %q\n", name, values) }
	part("instrumentation", instrumentSource, editsSource, languageSource)
	part("go", b.tool.version)
	part("flags", flags...)
	part("target", t.name, t.meter, t.target, strconv.FormatBool(t.tests))
	part("as", strconv.FormatBool(spec.Reactor), strconv.FormatBool(spec.Plain))
	part("tags", spec.Tags...)
	part("environment", t.env...)
	for _, name := range []string{"go.mod", "go.sum"} {
		text, _ := os.ReadFile(filepath.Join(t.root, name)) // without them go build has words of its own
		part(name, string(text))
		if localReplace.Match(text) {
			part("once", time.Now().String(), strconv.Itoa(os.Getpid())) // what that holds is not looked at
		}
	}
	for _, label := range t.labels() {
		s := t.files[label]
		part("file", label, strconv.FormatBool(s.student), strconv.FormatBool(s.old))
		if s.given {
			for _, p := range importsOf(s) {
				part("import", t.resolve(s, p.path))
			}
		}
		fmt.Fprintf(h, "%d\n", len(s.text))
		h.Write(s.text)
	}
	return hex.EncodeToString(h.Sum(nil))
}

// compile builds the program and keeps it. An *Error names files by their labels.
func (b *Builder) compile(ctx context.Context, spec Spec, t *tree, key string) (program, error) {
	dir, err := b.store.workspace()
	if err != nil {
		return program{}, err
	}
	defer os.RemoveAll(dir)
	replace, labels, written := map[string]string{}, map[string]string{}, 0
	for _, label := range t.hidden {
		replace[filepath.Join(t.root, filepath.FromSlash(label))] = ""
	}
	var sites []Site
	for i, pkg := range t.packages() {
		texts, found, err := t.instrument(pkg, uint32(i)<<siteShift, spec.Plain)
		if err != nil {
			return program{}, err
		}
		sites = append(sites, found...)
		for label, text := range texts {
			as := filepath.Join(dir, strconv.Itoa(written)+path.Ext(label))
			written++
			if err := os.WriteFile(as, text, 0o666); err != nil {
				return program{}, fmt.Errorf("build: %w", err)
			}
			replace[filepath.Join(t.root, filepath.FromSlash(label))], labels[as] = as, label
		}
	}
	list, err := json.Marshal(map[string]any{"Replace": replace})
	if err != nil {
		return program{}, fmt.Errorf("build: %w", err)
	}
	overlay, out := filepath.Join(dir, "overlay.json"), filepath.Join(dir, "out.wasm")
	if err := os.WriteFile(overlay, list, 0o666); err != nil {
		return program{}, fmt.Errorf("build: %w", err)
	}
	args, tool := []string{"build"}, b.tool.away()
	if t.tests {
		tool = b.tool // for the modules of its own go.mod, which may be private
		args = []string{"test", "-c", "-vet=off"}
	} else if spec.Reactor {
		args = append(args, "-buildmode=c-shared")
	}
	args = append(append(args, flags...), "-overlay", overlay, "-o", out, "-tags", strings.Join(spec.Tags, ","))
	if err := b.goBuild(ctx, t, tool, append(args, "./"+t.target), labels); err != nil {
		return program{}, err
	}
	if len(t.refused) > 0 {
		return program{}, &Error{t.refused} // the compiler takes what was not metered
	}
	if info, err := os.Stat(out); err == nil && info.Size() > b.limits.MaxProgram && !t.tests {
		return program{}, refuse("the program has %d bytes, of which at most %d are taken: it holds very large "+
			"variables or constants", info.Size(), b.limits.MaxProgram)
	}
	return b.store.put(key, out, sites)
}

// refuse is an *Error about the whole of a submission.
func refuse(format string, args ...any) error {
	return &Error{[]Diagnostic{{Text: fmt.Sprintf(format, args...)}}}
}

// goBuild runs the go command, as long as the builder's patience lasts. An *Error names files by their labels.
func (b *Builder) goBuild(ctx context.Context, t *tree, tool tool, args []string, labels map[string]string) error {
	limited, cancel, memory := ctx, func() {}, int64(0)
	if !t.tests {
		limited, cancel = context.WithTimeout(ctx, b.limits.Patience)
		memory = b.limits.Memory
	}
	defer cancel()
	output, err := tool.run(limited, memory, t.root, args...)
	switch {
	case err == nil:
		return nil
	case ctx.Err() == nil && limited.Err() != nil:
		return refuse("the compiler did not come to an end within %v", b.limits.Patience)
	case memory > 0 && outgrown(output, memory):
		return refuse("the compiler needs more than %d MB of memory for it", memory>>20)
	}
	return t.diagnose(ctx, output, err, labels)
}

// packages are the folders whose files are replaced, sorted.
func (t *tree) packages() []string {
	var dirs []string
	for label, s := range t.files {
		if dir := path.Dir(label); s.student && !slices.Contains(dirs, dir) {
			dirs = append(dirs, dir)
		}
	}
	slices.Sort(dirs)
	return dirs
}

// instrument returns the texts that the compiler reads for the files of a folder, and their sites, whose
// files are labels.
func (t *tree) instrument(dir string, base uint32, plain bool) (texts map[string][]byte, sites []Site, err error) {
	texts = map[string][]byte{}
	var parsed []*instrumenter
	var trees []*ast.File
	var labels []string
	for _, label := range t.labels() {
		s := t.files[label]
		if path.Dir(label) != dir || !s.student {
			continue
		}
		if s.given {
			texts[label] = s.text
		}
		if s.embed || s.bare || !t.matches(s) {
			continue
		}
		file, tree, err := parse(s.file, s.text)
		if err != nil {
			t.refused = append(t.refused, s.unread(err)...)
			if s.given {
				texts[label] = withoutLines(s.text)
			}
			continue // in the compiler's words
		}
		parsed = append(parsed, &instrumenter{file: file, ast: tree, text: s.text, path: t.meter})
		trees, labels = append(trees, tree), append(labels, label)
	}
	name := meterName(trees)
	for i, in := range parsed {
		s := t.files[labels[i]]
		in.meter, in.base = name, base+uint32(len(sites))
		text := in.edit(t, s, plain)
		if text == nil {
			continue
		}
		texts[labels[i]] = text
		for _, site := range in.sites {
			site.File = labels[i]
			sites = append(sites, site)
		}
	}
	if len(sites) >= 1<<siteShift {
		return nil, nil, &Error{[]Diagnostic{{File: dir, Text: fmt.Sprintf("is too large: a package has at most %d loops, "+
			"calls and channel operations", 1<<siteShift)}}}
	}
	return texts, sites, nil
}

// edit returns the text that the compiler reads for a file, nil if that is the file's own.
func (in *instrumenter) edit(t *tree, s *source, plain bool) []byte {
	offset := func(n ast.Node) int { return in.file.Offset(n.Pos()) }
	header := ""
	if s.given {
		withoutLineDirectives(&in.edits, offset, in.ast)
	}
	if s.old {
		header = asOldest(&in.edits, offset, in.ast)
	}
	for _, p := range importsOf(s) {
		if target := t.resolve(s, p.path); target != p.path {
			in.edits.replace(int(p.spec.Path.Pos())-1, len(p.spec.Path.Value), strconv.Quote(target))
		}
	}
	if !plain {
		in.run()
	}
	if len(in.edits) == 0 && header == "" {
		return nil
	}
	text := in.edits.apply(in.text)
	if header != "" {
		text = bytes.TrimPrefix(text, []byte("\ufeff")) // a byte order mark is only allowed in front
	}
	return append([]byte(header), text...)
}

// hashFile returns the hash and the size of a file's content.
func hashFile(name string) (hash string, size int64, err error) {
	f, err := os.Open(name)
	if err != nil {
		return "", 0, err
	}
	defer f.Close()
	h := sha256.New()
	if size, err = io.Copy(h, f); err != nil {
		return "", 0, err
	}
	return hex.EncodeToString(h.Sum(nil)), size, nil
}

// own makes names of files inside the program in err, if it is an *Error, those of this tree's files.
func (t *tree) own(err error) error {
	var theirs *Error
	if !errors.As(err, &theirs) {
		return err
	}
	mine := &Error{Diagnostics: slices.Clone(theirs.Diagnostics)}
	for i, d := range mine.Diagnostics {
		mine.Diagnostics[i].File = t.real(d.File)
	}
	return mine
}

// real returns the file for a name inside the program, or the folder.
func (t *tree) real(label string) string {
	if s := t.files[label]; s != nil {
		return s.file
	}
	if files := t.dirs[label]; len(files) > 0 {
		return filepath.Dir(files[0].file)
	}
	return label
}

// module is what Build returns for a program made of this tree.
func (t *tree) module(p program) Module {
	m := Module{Path: p.path, Hash: p.Hash, Key: p.key, Env: slices.Clone(t.env), Sites: slices.Clone(p.Sites),
		labels: map[string]string{}}
	for i := range m.Sites {
		m.Sites[i].File = t.real(m.Sites[i].File)
	}
	for label, s := range t.files {
		if s.student {
			m.labels[t.name+"/"+label] = s.file
		}
	}
	return m
}
