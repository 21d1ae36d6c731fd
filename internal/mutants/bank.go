package mutants

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"

	"raftlab/internal/sim"
	"raftlab/internal/sim/build"
	"raftlab/internal/sim/campaign"
	"raftlab/internal/suite"
)

// Plan says how hard to try.
type Plan struct {
	Root   string   // of the module; "": to be found
	Cache  string   // for programs; "": a folder of the user's
	Only   []string // ids; nil: the whole bank
	Jobs   int      // mutants tried at a time; 0: one for each core
	Suites bool     // try the lab's scenarios
	Seeds  int      // for the scenarios that must catch a mutant; 1 or more
	Rest   int      // for the other scenarios; 0: those are not tried
	Hunt   int      // schedules drawn for what the suites do not catch; 0: none
	Pass   int      // as many at most for what is correct or equivalent, for each lab
	Shrink bool     // make the schedules that catch one as short as they can be
	Every  bool     // try the other scenarios also on what is caught: which catch which?
	// Began and Done are told of each mutant, one call at a time. Nil: nobody is.
	Began func(Mutant)
	Done  func(Verdict)
}

// Default is the plan by which the bank is measured.
func Default() Plan { return Plan{Suites: true, Seeds: 20, Rest: 1, Hunt: 500, Pass: 50} }

// Report is what came of the bank.
type Report struct {
	Plan        Plan
	Verdicts    []Verdict // in the order of the bank, of those tried
	Interrupted bool
	Real        time.Duration // from beginning to end
}

// UsageError says that what was asked for cannot be: an id that the bank does not have, a patch that does not apply.
type UsageError struct{ error }

// Unwrap returns what is wrong.
func (e *UsageError) Unwrap() error { return e.error }

// bank is the bank being tried.
type bank struct {
	Plan
	racing bool
	orders map[string]func() ([]suite.Scenario, error) // by lab

	mu sync.Mutex // one report at a time
}

// Pick returns the mutants of the given ids, or all if there are none. R5 stands for R5a and R5b, too, and R for the whole
// section.
func Pick(ids []string) ([]Mutant, error) {
	all, err := Bank()
	if err != nil || len(ids) == 0 {
		return all, err
	}
	var picked []Mutant
	for _, id := range ids {
		n := len(picked)
		for _, m := range all {
			if m.ID == id || strings.TrimRight(m.ID, letters) == id || m.ID[:1] == id {
				picked = append(picked, m)
			}
		}
		if len(picked) == n {
			return nil, &UsageError{fmt.Errorf("the bank has no mutant %q", id)}
		}
	}
	return picked, nil
}

const letters = "abcdefghijklmnopqrstuvwxyz"

// Run tries the mutants of a plan. A patch that does not apply ends it before it begins; that is a *UsageError. It
// returns when all are tried, or soon after ctx is done: then the report is of those tried until then.
func Run(ctx context.Context, p Plan) (Report, error) {
	began := time.Now()
	p, picked, err := p.ready()
	if err != nil {
		return Report{}, err
	}
	b := newBank(ctx, p)
	verdicts := b.runAll(ctx, picked)
	return Report{p, verdicts, ctx.Err() != nil, time.Since(began)}, nil
}

// ready fills in what a plan leaves open, and returns its mutants. Their patches apply.
func (p Plan) ready() (Plan, []Mutant, error) {
	if p.Root == "" {
		root, err := build.FindRoot()
		if err != nil {
			return p, nil, &UsageError{err}
		}
		p.Root = root
	}
	root, err := filepath.Abs(p.Root)
	if err != nil {
		return p, nil, &UsageError{err}
	}
	p.Root = root
	if p.Jobs == 0 {
		p.Jobs = runtime.GOMAXPROCS(0)
	}
	picked, err := Pick(p.Only)
	if err != nil {
		return p, nil, err
	}
	for _, m := range picked {
		if _, err := m.Patch(p.Root); err != nil {
			return p, nil, &UsageError{err}
		}
	}
	return p, picked, nil
}

// Write writes the mutants of the given ids, all if there are none, to folders of dir that bear their ids: submissions, as
// raftlab test, hunt and replay take them. Solutions that are none of ours stay where they are. Root is as in a Plan.
func Write(root string, ids []string, dir string) error {
	p, picked, err := Plan{Root: root, Only: ids}.ready()
	if err != nil {
		return err
	}
	for _, m := range picked {
		to := filepath.Join(dir, m.ID)
		if err := os.MkdirAll(to, 0o777); err != nil {
			return fmt.Errorf("write mutant %s: %w", m.ID, err)
		}
		if _, err := m.submission(p.Root, to); err != nil {
			return err
		}
	}
	return nil
}

func newBank(ctx context.Context, p Plan) *bank {
	b := &bank{Plan: p, racing: raceDetector(ctx), orders: map[string]func() ([]suite.Scenario, error){}}
	for _, lab := range []string{raftLab, kvLab} {
		b.orders[lab] = sync.OnceValues(func() ([]suite.Scenario, error) { return b.measure(ctx, lab) })
	}
	return b
}

// runAll tries mutants side by side, those first that take long: what must pass everything.
func (b *bank) runAll(ctx context.Context, picked []Mutant) []Verdict {
	order := slices.Clone(picked)
	slices.SortStableFunc(order, func(x, y Mutant) int {
		return slices.Index(longest, x.Fate) - slices.Index(longest, y.Fate)
	})
	next := make(chan Mutant)
	tried := map[string]Verdict{}
	var workers sync.WaitGroup
	for range min(b.Jobs, len(picked)) {
		workers.Go(func() {
			for m := range next {
				b.tell(func() {
					if b.Began != nil {
						b.Began(m)
					}
				})
				v := b.try(ctx, m)
				b.tell(func() {
					if ctx.Err() != nil {
						return // what was given up half way has no verdict
					}
					tried[m.ID] = v
					if b.Done != nil {
						b.Done(v)
					}
				})
			}
		})
	}
	for _, m := range order {
		select {
		case next <- m:
		case <-ctx.Done():
		}
	}
	close(next)
	workers.Wait()
	var verdicts []Verdict
	for _, m := range picked {
		if v, ok := tried[m.ID]; ok {
			verdicts = append(verdicts, v)
		}
	}
	return verdicts
}

// longest are the fates by how long their trials take.
var longest = []Fate{Correct, Survives, Equivalent, Caught}

func (b *bank) tell(f func()) {
	b.mu.Lock()
	defer b.mu.Unlock()
	f()
}

// cheapest returns the scenarios of a lab, those first that take little.
func (b *bank) cheapest(ctx context.Context, lab string) ([]suite.Scenario, error) {
	order, err := b.orders[lab]()
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	return order, err
}

// measure runs each scenario of a lab on the reference, which has to pass them, and sorts them by how much happened.
func (b *bank) measure(ctx context.Context, lab string) ([]suite.Scenario, error) {
	s, err := b.open(ctx, "", []string{lab})
	if err != nil {
		return nil, err
	}
	defer s.Close()
	order, steps := slices.Clone(scenarios(lab)), map[string]uint64{}
	for _, scenario := range order {
		r := campaign.One(ctx, s, scenario, 1, true)
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		if r.Verdict != sim.Passed {
			return nil, errors.New("the reference does not pass " + scenario.Name + ": " + campaign.Headline(r.Result))
		}
		steps[scenario.Name] = r.Steps
	}
	slices.SortStableFunc(order, func(x, y suite.Scenario) int { return cmp.Compare(steps[x.Name], steps[y.Name]) })
	return order, nil
}
