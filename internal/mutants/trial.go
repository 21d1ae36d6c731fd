package mutants

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"time"

	"raftlab/internal/suite"
)

// Options say how hard to try.
type Options struct {
	Root  string // of the module
	Seeds int    // for the scenarios that must catch a mutant; for all, where none must; 1 or more
	Rest  int    // seeds for the other scenarios; 0: those are not tried
	First bool   // stop at the first catch
}

// Catch is a scenario that failed on a mutant.
type Catch struct {
	Scenario string
	Seed     uint64 // the first, from 1, with which it failed
	Failure  string
	CPU      time.Duration // of all runs of the scenario up to that failure
}

// Verdict is what came of a mutant.
type Verdict struct {
	Mutant  Mutant
	Catches []Catch       // those that must catch it come first
	Missed  []string      // scenarios that must catch it and did not
	Runs    int           // of scenarios
	CPU     time.Duration // of all of those
	Build   time.Duration // real time of the compilation
	Err     error         // why there is no verdict: it could not be built or run
}

// Wrong says, in a few words, what came otherwise than it must; "" if nothing did.
func (v Verdict) Wrong() string {
	switch {
	case v.Err != nil:
		return v.Err.Error()
	case v.Mutant.Fate == Caught && len(v.Catches) == 0:
		return "survived"
	case v.Mutant.Fate == Correct && len(v.Catches) > 0:
		return "accused, though correct"
	case len(v.Missed) > 0:
		return "not caught by all that must"
	}
	return ""
}

// try builds m and runs the scenarios on it: those that must catch it, then the others.
func (o Options) try(ctx context.Context, m Mutant) (v Verdict) {
	v.Mutant = m
	dir, err := os.MkdirTemp("", "raftlab-mutant-")
	if err != nil {
		v.Err = err
		return v
	}
	defer os.RemoveAll(dir)
	if dir, v.Err = filepath.Abs(dir); v.Err != nil {
		return v
	}
	began := time.Now()
	program, err := m.build(ctx, o.Root, dir)
	v.Build = time.Since(began)
	if err != nil {
		v.Err = err
		return v
	}
	for _, name := range m.Catchers {
		if !v.scenario(ctx, program, name, o.Seeds) {
			v.Missed = append(v.Missed, name)
		}
		if v.Err != nil || o.First && len(v.Catches) > 0 {
			return v
		}
	}
	seeds := o.Rest
	if m.Fate != Caught && seeds > 0 {
		seeds = o.Seeds
	}
	for _, s := range suite.Raft() {
		if !slices.Contains(m.Catchers, s.Name) && v.Err == nil {
			v.scenario(ctx, program, s.Name, seeds)
		}
	}
	return v
}

// scenario runs one scenario with seeds from 1 until it fails, and reports whether it did.
func (v *Verdict) scenario(ctx context.Context, program, name string, seeds int) (caught bool) {
	var spent time.Duration
	for seed := uint64(1); seed <= uint64(seeds); seed++ {
		failure, cpu, err := attempt(ctx, program, name, seed)
		v.Runs++
		v.CPU += cpu
		spent += cpu
		if err != nil {
			v.Err = err
			return false
		}
		if failure != "" {
			v.Catches = append(v.Catches, Catch{name, seed, failure, spent})
			return true
		}
	}
	return false
}
