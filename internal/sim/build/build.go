package build

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// DefaultMain is the program around a student's packages, from the root of the module.
const DefaultMain = "internal/sim/guest"

// module is the name of the module whose tree is built.
const module = "raftlab"

// Spec says what to build.
type Spec struct {
	Raft string // the folder of the student's package raft; "" for the module's own
	KV   string // the folder of the student's package kvraft; "" for the module's own

	// Beside is the folder of other packages of the student's, which raft, kvraft and they themselves import by their
	// places in it; usually the one that raft and kvraft lie in. "" stands for none.
	Beside string

	// Tests is the folder of a package, in any module, whose tests become the program: what "go test -c" builds, with
	// the meter in every package of that module that they use, and its go.mod obeyed. If it is not "", only Tags
	// and Plain are looked at beside it.
	Tests string

	Main    string   // the folder of the main package, from the module's root; "" means DefaultMain
	Tags    []string // build tags, in any order
	Reactor bool     // a module with exports (-buildmode=c-shared) instead of a command with _start
	Plain   bool     // without instrumentation

	// Language is the version of Go that the student's files are written in, like "1.21" or "1.26". "" means
	// what the go.mod above them says, and the module's own version if there is none.
	Language string

	// Allow is asked for each import path in the student's files, as it is written there; an error makes it an
	// Error at that import. Nil allows what compiles.
	Allow func(importPath string) error
}

// Config is where a Builder works.
type Config struct {
	Root     string // the folder with the module's go.mod; see FindRoot
	Cache    string // where programs are kept; "" means raftlab/programs in the user's cache folder
	MaxBytes int64  // of all that is kept there; 0 means 512 MiB
	Go       string // the go command; "" means the one on the path

	// Patience is how long the go command may take for a submission, in real time; 0 means five minutes, some fifty
	// times what is usual. Sources can be written that keep a compiler busy for ever.
	Patience   time.Duration
	Memory     int64 // bytes that a compiler may take, where the system can hold it to that; 0 means 4 GiB
	MaxProgram int64 // bytes of the program of a submission; 0 means 96 MiB, a dozen times what is usual
}

// Builder builds programs. Its methods may be called at the same time.
type Builder struct {
	root   string
	tool   tool
	store  store
	share  sharing
	limits Config // Patience, Memory and MaxProgram of it
}

// New returns a Builder. It asks the go command for its version once; an error is one of infrastructure.
func New(c Config) (*Builder, error) {
	root, err := filepath.Abs(c.Root)
	if err != nil {
		return nil, fmt.Errorf("build: module root: %w", err)
	}
	if root, err = filepath.EvalSymlinks(root); err != nil {
		return nil, fmt.Errorf("build: module root: %w", err)
	}
	if !isRoot(root) {
		return nil, fmt.Errorf("build: %s does not hold the go.mod of module %s", root, module)
	}
	b := &Builder{root: root, share: sharing{running: map[string]*compile{}}, limits: c}
	if c.Patience == 0 {
		b.limits.Patience = 5 * time.Minute
	}
	if c.Memory == 0 {
		b.limits.Memory = 4 << 30
	}
	if c.MaxProgram == 0 {
		b.limits.MaxProgram = 96 << 20
	}
	if b.tool, err = findTool(c.Go, root); err != nil {
		return nil, err
	}
	if b.store, err = openStore(c.Cache, c.MaxBytes); err != nil {
		return nil, err
	}
	return b, nil
}

// RootVariable names the environment variable with the folder of the module's sources.
const RootVariable = "RAFTLAB_ROOT"

// FindRoot returns the root of the module's sources: the folder that RootVariable names, else the nearest
// at or above the working directory.
func FindRoot() (string, error) {
	if root := os.Getenv(RootVariable); root != "" {
		if !isRoot(root) {
			return "", fmt.Errorf("build: %s=%s does not hold the go.mod of module %s", RootVariable, root, module)
		}
		return root, nil
	}
	dir, err := os.Getwd()
	if err != nil {
		return "", fmt.Errorf("build: find the module: %w", err)
	}
	for at := dir; ; at = filepath.Dir(at) {
		if isRoot(at) {
			return at, nil
		}
		if at == filepath.Dir(at) {
			return "", fmt.Errorf("build: no go.mod of module %s at or above %s; go there, or set %s",
				module, dir, RootVariable)
		}
	}
}

func isRoot(dir string) bool {
	mod, err := readGoMod(filepath.Join(dir, "go.mod"))
	return err == nil && mod.path == module
}

// Find returns the Spec for a submission in dir: folders raft and kvraft there or in its folder src, or dir
// itself if its files are of package raft or kvraft. An *Error says that neither is there.
func Find(dir string) (Spec, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return Spec{}, fmt.Errorf("build: submission: %w", err)
	}
	if _, err := os.Stat(dir); err != nil {
		return Spec{}, fmt.Errorf("build: submission: %w", err)
	}
	switch packageName(dir) {
	case "raft":
		return Spec{Raft: dir, Beside: around(dir)}, nil
	case "kvraft":
		return Spec{KV: dir, Beside: around(dir)}, nil
	}
	for _, place := range []string{dir, filepath.Join(dir, "src")} {
		s := Spec{Beside: place}
		if raft := filepath.Join(place, "raft"); packageName(raft) != "" {
			s.Raft = raft
		}
		if kv := filepath.Join(place, "kvraft"); packageName(kv) != "" {
			s.KV = kv
		}
		if s.Raft != "" || s.KV != "" {
			return s, nil
		}
	}
	return Spec{}, &Error{Diagnostics: []Diagnostic{{File: dir, Text: "holds no Go files of a package raft or kvraft: " +
		"expected raft/*.go, kvraft/*.go, or both, here or in src"}}}
}

// around is where packages beside the one in dir are looked for: not if dir is called otherwise than its package, as
// a submission's folder may be, for then what lies around it is other people's.
func around(dir string) string {
	if name := filepath.Base(dir); name == "raft" || name == "kvraft" {
		return filepath.Dir(dir)
	}
	return ""
}

// Build returns the program for spec, from the cache if it has been built before. An *Error says what is
// wrong with the student's sources; any other error is of infrastructure.
func (b *Builder) Build(ctx context.Context, spec Spec) (Module, error) {
	if spec.Main == "" {
		spec.Main = DefaultMain
	}
	spec.Tags = slices.Sorted(slices.Values(spec.Tags))
	if strings.ContainsAny(strings.Join(spec.Tags, ""), ", \t\"'") {
		return Module{}, fmt.Errorf("build: bad build tag in %q", spec.Tags)
	}
	t, err := b.load(spec)
	if err != nil {
		return Module{}, err
	}
	key := b.key(spec, t)
	made, err := b.store.get(key)
	if errors.Is(err, errMiss) {
		made, err = b.share.do(ctx, key, func(ctx context.Context) (program, error) {
			return b.compile(ctx, spec, t, key)
		})
	}
	if err != nil {
		return Module{}, t.own(err)
	}
	return t.module(made), nil
}
