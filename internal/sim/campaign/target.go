package campaign

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"raftlab/internal/sim"
	"raftlab/internal/sim/build"
	"raftlab/internal/suite"
)

// UsageError says that what was asked for cannot be: an unknown test, a folder that is not there.
type UsageError struct{ Text string }

// Error implements error.
func (e *UsageError) Error() string { return e.Text }

func usage(format string, args ...any) error { return &UsageError{fmt.Sprintf(format, args...)} }

// Target is a submission before it is built.
type Target struct {
	Root   string     // the folder of the module's sources
	Dir    string     // as it was asked for: "", "raft", "kvraft" or a folder
	Limits sim.Limits // of its peers; Find leaves the default
	spec   build.Spec
	raft   bool // it has a Raft to be judged
	kv     bool // and a service
}

// Find looks for a submission: in a folder, or the module's own "raft", "kvraft", or "" for both. With an empty root it
// looks for the module's sources itself. An error is a *UsageError.
func Find(root, what string) (Target, error) {
	t := Target{Root: root, Dir: what}
	if root == "" {
		found, err := build.FindRoot()
		if err != nil {
			return t, usage("%s", strings.TrimPrefix(err.Error(), "build: "))
		}
		t.Root = found
	}
	switch what {
	case "":
		t.raft, t.kv = true, true
		return t, nil
	case "raft", "kvraft":
		t.raft, t.kv = what == "raft", what == "kvraft"
		return t, nil
	}
	info, err := os.Stat(what)
	switch {
	case errors.Is(err, os.ErrNotExist):
		return t, usage("there is no folder %s: want raft, kvraft or the folder of a submission", what)
	case err != nil:
		return t, usage("%v", err)
	case !info.IsDir():
		return t, usage("%s is a file: want raft, kvraft or the folder of a submission", what)
	}
	if t.spec, err = build.Find(what); err != nil {
		return t, usage("%s", strings.TrimPrefix(err.Error(), "build: "))
	}
	t.raft, t.kv = t.spec.Raft != "", t.spec.KV != ""
	return t, nil
}

// Scenarios returns those that the target is judged by: 2A to 2D if it has a Raft, 3A and 3B if it has a service.
func (t Target) Scenarios() []suite.Scenario {
	return slices.DeleteFunc(suite.All(), func(s suite.Scenario) bool {
		return s.Raft != nil && !t.raft || s.KV != nil && !t.kv
	})
}

// Expression is the regular expression for a pattern, which may be a part: names of tests end in theirs.
func Expression(pattern string) string {
	if part.MatchString(pattern) {
		return pattern + "$"
	}
	return pattern
}

var part = regexp.MustCompile(`^[0-9][A-Z]$`)

// Select returns the scenarios of the target that a pattern names: a part such as 2A, or a regular expression that
// matches somewhere in their names, as with go test; "" names all. That there is none is a *UsageError.
func (t Target) Select(pattern string) ([]suite.Scenario, error) {
	re, err := regexp.Compile(Expression(pattern))
	if err != nil {
		return nil, usage("the pattern %q: %v", pattern, err)
	}
	selected := slices.DeleteFunc(t.Scenarios(), func(s suite.Scenario) bool { return !re.MatchString(s.Name) })
	if len(selected) > 0 {
		return selected, nil
	}
	if slices.ContainsFunc(suite.All(), func(s suite.Scenario) bool { return re.MatchString(s.Name) }) {
		has, hasNot := "raft", "kvraft"
		if t.kv {
			has, hasNot = hasNot, has
		}
		return nil, usage("%q names tests of %s, and only %s is tested here", pattern, hasNot, has)
	}
	return nil, usage("no test matches %q; raftlab test --list names them all", pattern)
}

// One returns the scenario of that name, which may lack its "Test". Else it is a *UsageError with names that are alike.
func (t Target) One(name string) (suite.Scenario, error) {
	var alike []string
	for _, s := range t.Scenarios() {
		if s.Name == name || s.Name == "Test"+name {
			return s, nil
		}
		if word := strings.TrimPrefix(strings.ToLower(name), "test"); strings.Contains(strings.ToLower(s.Name), word) {
			alike = append(alike, s.Name)
		}
	}
	if other, found := suite.Find(name); found {
		return other, usage("%s is a test of the package that %q does not have", name, t.Dir)
	}
	hint := "raftlab test --list names them all"
	const most = 8
	if n := len(alike); n > 0 && n <= most {
		hint = "do you mean " + strings.Join(alike, ", ") + "?"
	}
	return suite.Scenario{}, usage("no test is called %s; %s", name, hint)
}

// Submission is a target that was built and loaded.
type Submission struct {
	program *sim.Program
	broken  *sim.LoadError // instead of a program: it does not get as far as its first peer
	limits  sim.Limits
}

// Open builds a target, with what the scenarios need of it, and loads it. Programs are kept below cache, "" for a
// folder of the user's. An error is a *build.Error if the submission does not compile; any other is one of
// infrastructure. It blocks for some seconds if the submission has changed.
func (t Target) Open(ctx context.Context, scenarios []suite.Scenario, cache string) (*Submission, error) {
	cache = cacheFolder(cache)
	builder, err := build.New(build.Config{Root: t.Root, Cache: filepath.Join(cache, "programs")})
	if err != nil {
		return nil, err
	}
	spec := t.spec
	spec.Reactor = true
	if slices.ContainsFunc(scenarios, func(s suite.Scenario) bool { return s.KV != nil }) {
		spec.Tags = []string{"raftlab_kv"}
	} else {
		spec.KV = "" // need not even compile
	}
	module, err := builder.Build(ctx, spec)
	if err != nil {
		return nil, err
	}
	code, err := sim.CodeOf(module)
	if err != nil {
		return nil, err
	}
	store := machineCode{dir: filepath.Join(cache, "machine-code")}
	program, err := sim.Load(ctx, code, store.use(module.Hash))
	var load *sim.LoadError
	if errors.As(err, &load) {
		return &Submission{broken: load}, nil
	}
	if err != nil {
		return nil, err
	}
	return &Submission{program: program, limits: t.Limits}, nil
}

// Close frees what the submission holds. No run of it may be under way.
func (s *Submission) Close() error {
	if s.program == nil {
		return nil
	}
	return s.program.Close()
}
