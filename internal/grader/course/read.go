package course

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/goccy/go-yaml/ast"

	"raftlab/internal/sim/campaign"
	"raftlab/internal/suite"
)

// Override is what a command line says instead of the file. A field that is "" says nothing.
type Override struct {
	Labs string // as "raft,kv"
	// Seeds are those of every test, as campaign.ParseSeeds has them. There are then no hidden ones.
	Seeds string
}

// mostBytes is how large a course.yaml may be.
const mostBytes = 1 << 16

// Read reads a course.yaml. With path "" it is the default course: every test at the points that it is worth, ten
// seeds each. An error is an Errors, or says that there is no such file.
func Read(path string, o Override) (Course, error) {
	if path == "" {
		return Parse("", nil, o)
	}
	file, err := os.Open(path)
	if err != nil {
		return Course{}, fmt.Errorf("course: %w", err)
	}
	defer file.Close()
	text, err := io.ReadAll(io.LimitReader(file, mostBytes+1))
	if err != nil {
		return Course{}, fmt.Errorf("course: %w", err)
	}
	if len(text) > mostBytes {
		return Course{}, Errors{{File: path, Text: fmt.Sprintf("has more than %d bytes: is that the right file?", mostBytes)}}
	}
	return Parse(path, text, o)
}

// Parse reads the text of a course.yaml; errors name it by path, and files that it names are looked for beside that.
// An error is an Errors.
func Parse(path string, text []byte, o Override) (Course, error) {
	r := &reader{file: path}
	f := &file{parts: map[string]*settings{}, tests: map[string]*settings{}}
	if body := r.parse(text); body != nil {
		r.mapping(body, top, f.keys(r))
	}
	f.override(r, o)
	c := f.resolve(r)
	if len(r.errs) > 0 {
		return Course{}, r.errs.sorted()
	}
	return c, nil
}

// said is a value and where the file says it.
type said[T any] struct {
	value T
	at    ast.Node
	path  string // as tests.TestBackup2B.points
}

// settings are what can be said of all tests, of those of a part, or of one.
type settings struct {
	points     *said[Points]
	rule       *said[Rule]
	visibility *said[string]
	public     *said[campaign.Seeds]
	hidden     *said[int]
	skip       *said[bool]
}

// file is what a course.yaml says.
type file struct {
	title         *said[string]
	labs          *said[[]string]
	limits        Limits
	allow         []string
	referenceRaft bool
	secret        *said[string]
	secretFile    *said[string]
	all           settings
	parts         map[string]*settings
	tests         map[string]*settings
}

func (f *file) keys(r *reader) keys {
	return keys{
		{"title", func(n ast.Node, path string) { f.title = text(r, n, path) }},
		{"labs", f.readLabs(r)},
		{"rule", f.all.readRule(r)},
		{"visibility", f.all.readVisibility(r)},
		{"seeds", func(n ast.Node, path string) {
			r.mapping(n, path, append(f.all.seedKeys(r),
				keys{{"secret", func(n ast.Node, path string) { f.secret = text(r, n, path) }},
					{"secret-file", func(n ast.Node, path string) { f.secretFile = text(r, n, path) }}}...))
		}},
		{"parts", func(n ast.Node, path string) { r.each(n, path, "part", parts(), f.parts) }},
		{"tests", func(n ast.Node, path string) { r.each(n, path, "test", names(), f.tests) }},
		{"limits", f.readLimits(r)},
		{"allow", func(n ast.Node, path string) { f.allow, _ = r.list(n, path) }},
		{"reference-raft", func(n ast.Node, path string) { f.referenceRaft = r.truth(n, path) }},
	}
}

// text reads a value that is not empty.
func text(r *reader, n ast.Node, path string) *said[string] {
	s, ok := r.scalar(n, path)
	if ok && strings.TrimSpace(s) == "" {
		r.complain(n, "%s is empty: give it a value, or take it out", path)
		ok = false
	}
	if !ok {
		return nil
	}
	return &said[string]{s, n, path}
}

func (f *file) readLabs(r *reader) func(ast.Node, string) {
	return func(n ast.Node, path string) {
		texts, nodes := r.list(n, path)
		labs := &said[[]string]{nil, n, path}
		for i, text := range texts {
			if text != Raft && text != KV {
				r.complain(nodes[i], "%s: %q is no lab: want %s, %s or both", path, text, Raft, KV)
				return
			}
			labs.value = append(labs.value, text)
		}
		if len(texts) == 0 {
			r.complain(n, "%s: want %s, %s or both", path, Raft, KV)
			return
		}
		f.labs = labs
	}
}

// each reads settings by the name of what they are about.
func (r *reader) each(n ast.Node, path, what string, known []string, into map[string]*settings) {
	for _, pair := range r.pairs(n, path) {
		name := pair.Key.String()
		switch {
		case !slices.Contains(known, name) && what == "part":
			r.complain(pair.Key, "unknown part %q: known are %s", name, strings.Join(known, ", "))
		case !slices.Contains(known, name):
			r.complain(pair.Key, "unknown test %q: raftlab test --list names them all%s", name, alike(name, known))
		case into[name] != nil:
			r.complain(pair.Key, "%s is said twice", join(path, name))
		default:
			into[name] = &settings{}
			r.mapping(pair.Value, join(path, name), into[name].keys(r))
		}
	}
}

// alike names what may have been meant.
func alike(name string, known []string) string {
	for _, k := range known {
		if strings.EqualFold(k, name) || strings.EqualFold(k, "Test"+name) {
			return "; do you mean " + k + "?"
		}
	}
	return ""
}

func parts() []string {
	var all []string
	for _, s := range suite.All() {
		if !slices.Contains(all, s.Part) {
			all = append(all, s.Part)
		}
	}
	return all
}

func names() []string {
	var all []string
	for _, s := range suite.All() {
		all = append(all, s.Name)
	}
	return all
}

// override takes in what the command line says.
func (f *file) override(r *reader, o Override) {
	flag := func(name, format string, args ...any) {
		r.errs = append(r.errs, Error{File: name, Text: fmt.Sprintf(format, args...)})
	}
	if o.Labs != "" {
		f.labs = &said[[]string]{path: "--lab"}
		for _, lab := range strings.Split(o.Labs, ",") {
			if lab = strings.TrimSpace(lab); lab != Raft && lab != KV {
				flag("--lab", "%q is no lab: want %s, %s or %s,%s", lab, Raft, KV, Raft, KV)
			}
			f.labs.value = append(f.labs.value, lab)
		}
	}
	if o.Seeds == "" {
		return
	}
	seeds, err := campaign.ParseSeeds(o.Seeds)
	if err != nil {
		flag("--seeds", "%v", err)
		return
	}
	every := []*settings{&f.all}
	for _, of := range []map[string]*settings{f.parts, f.tests} {
		for _, s := range of {
			every = append(every, s)
		}
	}
	for _, s := range every {
		s.public, s.hidden = nil, nil
	}
	f.all.public = &said[campaign.Seeds]{seeds, nil, "--seeds"}
}

// readBeginning returns what a file holds, which need not end, or as much of it as a secret may have.
func readBeginning(name string) ([]byte, error) {
	const most = 64 << 10
	file, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	return io.ReadAll(io.LimitReader(file, most))
}

// readSecret returns the secret that hidden seeds are drawn from, nil if there is none.
func (f *file) readSecret(r *reader) []byte {
	secret := f.secret
	if f.secretFile != nil {
		if f.secret != nil {
			r.complain(f.secretFile.at, "both seeds.secret and seeds.secret-file %s: take one out", f.secretFile.value)
			return nil
		}
		name := f.secretFile.value
		if !filepath.IsAbs(name) {
			name = filepath.Join(filepath.Dir(r.file), name)
		}
		text, err := readBeginning(name)
		if err != nil {
			r.complain(f.secretFile.at, "%s: %v", f.secretFile.path, err)
			return nil
		}
		secret = &said[string]{strings.TrimSpace(string(text)), f.secretFile.at, f.secretFile.path}
	}
	if secret == nil {
		return nil
	}
	if len(secret.value) < leastSecret {
		r.complain(secret.at, "%s has %d characters, which can be guessed: want at least %d, as openssl rand -hex 16 "+
			"prints", secret.path, len(secret.value), leastSecret)
	}
	return []byte(secret.value)
}
