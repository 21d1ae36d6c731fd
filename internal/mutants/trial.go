package mutants

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"raftlab/internal/sim"
	"raftlab/internal/sim/build"
	"raftlab/internal/sim/campaign"
	"raftlab/internal/suite"
)

// Catch is a failure on a mutant.
type Catch struct {
	By        string // a scenario's name, or Hunt
	Lab       string
	Seed      uint64        // the first, from 1, with which it failed
	Verdict   sim.Verdict   // of the simulator
	Invariant string        // of the verdict Failed
	Said      string        // in a line
	CPU       time.Duration // of all runs of this catcher up to that failure

	// Of a catch by the hunt whose schedule was shrunk: its steps before and after, and the script.
	Steps, Shrunk int
	Script        string
}

// Verdict is what came of a mutant.
type Verdict struct {
	Mutant  Mutant
	Catches []Catch       // in the order in which they were made; those that must catch it come first
	Missed  []string      // that must catch it, and did not
	Runs    int           // of scenarios and schedules
	CPU     time.Duration // of all of those: each takes one core
	Build   time.Duration // real time in which the mutant was made a program
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
	}
	return ""
}

// outcome is what came of one run.
type outcome struct {
	verdict   sim.Verdict
	invariant string
	said      string
	took      time.Duration
}

func outcomeOf(r campaign.Record) outcome {
	o := outcome{verdict: r.Verdict, took: r.Real}
	if r.Verdict != sim.Passed {
		o.said = campaign.Headline(r.Result)
	}
	if r.Verdict == sim.Failed && r.Failure != nil {
		o.invariant = r.Failure.Invariant
	}
	return o
}

// catch makes a catch of a run that failed.
func (o outcome) catch(by, lab string, seed uint64, spent time.Duration) Catch {
	return Catch{By: by, Lab: lab, Seed: seed, Verdict: o.verdict, Invariant: o.invariant, Said: o.said, CPU: spent}
}

// trial is a mutant being tried.
type trial struct {
	*bank
	mutant Mutant
	v      Verdict
	on     *campaign.Submission
}

// try builds m and tries what there is on it, until it is caught.
func (b *bank) try(ctx context.Context, m Mutant) Verdict {
	t := &trial{bank: b, mutant: m, v: Verdict{Mutant: m}}
	if err := t.all(ctx); err != nil {
		t.v.Err = err
	}
	return t.v
}

func (t *trial) all(ctx context.Context) error {
	dir, err := os.MkdirTemp("", "raftlab-mutant-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	if t.mutant.Detector == race && t.racing {
		if done, err := t.race(ctx, dir); done || err != nil {
			return err
		}
	}
	began := time.Now()
	submission, err := t.mutant.submission(t.Root, dir)
	if err == nil {
		t.on, err = t.open(ctx, submission, t.mutant.labs())
	}
	t.v.Build = time.Since(began)
	if err != nil {
		return err
	}
	defer t.on.Close()
	for _, lab := range t.mutant.labs() {
		if err := t.lab(ctx, lab); err != nil {
			return err
		}
	}
	return nil
}

// open builds a submission with all that the labs need.
func (b *bank) open(ctx context.Context, dir string, labs []string) (*campaign.Submission, error) {
	target, err := campaign.Find(b.Root, dir)
	if err != nil {
		return nil, err
	}
	var all []suite.Scenario
	for _, lab := range labs {
		all = append(all, scenarios(lab)...)
	}
	s, err := target.Open(ctx, all, b.Cache)
	var theirs *build.Error
	if errors.As(err, &theirs) {
		return nil, fmt.Errorf("does not compile: %w", err)
	}
	return s, err
}

// lab tries one lab's scenarios and hunt: first all who must catch the mutant, then, if none has, the rest of the suites,
// then the hunt.
func (t *trial) lab(ctx context.Context, lab string) error {
	caught := func() bool { return len(t.v.Catches) > 0 }
	hunted := false
	for _, name := range t.mutant.Catchers {
		found, err := true, error(nil)
		switch {
		case name != Hunt && t.Suites:
			s, _ := suite.Find(name) // Parse has looked
			found, err = t.seeds(ctx, lab, s, t.Seeds)
		case name == Hunt && t.Hunt > 0 && !caught():
			hunted = true
			found, err = t.hunt(ctx, lab, t.Hunt)
		}
		if err != nil {
			return err
		}
		if !found {
			t.v.Missed = append(t.v.Missed, name)
		}
	}
	if t.Suites && t.Rest > 0 && (!caught() || t.Every) {
		if err := t.rest(ctx, lab); err != nil {
			return err
		}
	}
	if caught() || hunted || t.Hunt == 0 {
		return nil
	}
	seeds := t.Hunt
	if t.mutant.Fate == Correct || t.mutant.Fate == Equivalent {
		seeds = min(t.Hunt, t.Pass)
	}
	_, err := t.hunt(ctx, lab, seeds)
	return err
}

// rest tries the scenarios that nobody expects to catch the mutant, those first that take little: on one seed, then on
// the next.
func (t *trial) rest(ctx context.Context, lab string) error {
	order, err := t.cheapest(ctx, lab)
	if err != nil {
		return err
	}
	silent := slices.DeleteFunc(slices.Clone(order), func(s suite.Scenario) bool {
		return slices.Contains(t.mutant.Catchers, s.Name)
	})
	spent := map[string]time.Duration{}
	for seed := uint64(1); seed <= uint64(t.Rest); seed++ {
		var still []suite.Scenario
		for _, s := range silent {
			o, err := t.run(ctx, s, seed)
			if err != nil {
				return err
			}
			spent[s.Name] += o.took
			if o.verdict == sim.Passed {
				still = append(still, s)
				continue
			}
			t.v.Catches = append(t.v.Catches, o.catch(s.Name, lab, seed, spent[s.Name]))
			if !t.Every {
				return nil
			}
		}
		silent = still
	}
	return nil
}

// seeds runs one scenario with seeds from 1 until it fails, and reports whether it did.
func (t *trial) seeds(ctx context.Context, lab string, s suite.Scenario, seeds int) (caught bool, err error) {
	var spent time.Duration
	for seed := uint64(1); seed <= uint64(seeds); seed++ {
		o, err := t.run(ctx, s, seed)
		if err != nil {
			return false, err
		}
		spent += o.took
		if o.verdict != sim.Passed {
			t.v.Catches = append(t.v.Catches, o.catch(s.Name, lab, seed, spent))
			return true, nil
		}
	}
	return false, nil
}

// run makes one run of a scenario in the simulator.
func (t *trial) run(ctx context.Context, s suite.Scenario, seed uint64) (outcome, error) {
	r := campaign.One(ctx, t.on, s, seed, t.mutant.Detector == strict)
	return t.count(ctx, r)
}

// count takes in a run.
func (t *trial) count(ctx context.Context, r campaign.Record) (outcome, error) {
	t.v.Runs++
	t.v.CPU += r.Real
	if ctx.Err() != nil {
		return outcome{}, ctx.Err()
	}
	return t.judge(r)
}

// judge says what came of a run. The error is for what is not the mutant's doing.
func (t *trial) judge(r campaign.Record) (outcome, error) {
	o := outcomeOf(r)
	if o.verdict == sim.Infrastructure || o.verdict == "" {
		return o, fmt.Errorf("%s, seed %d: %w: %s", r.Scenario.Name, r.Seed, errBroken, o.said)
	}
	return o, nil
}

// errBroken says that a run has found out nothing.
var errBroken = errors.New("found out nothing")

// race tries the named scenarios under the race detector, and reports whether one has caught the mutant.
func (t *trial) race(ctx context.Context, dir string) (caught bool, err error) {
	work := filepath.Join(dir, race)
	if err := os.Mkdir(work, 0o777); err != nil {
		return false, err
	}
	defer os.RemoveAll(work)
	began := time.Now()
	program, err := t.mutant.buildRaced(ctx, t.Root, work)
	t.v.Build = time.Since(began)
	if err != nil {
		return false, err
	}
	for _, name := range t.mutant.Catchers {
		if name == Hunt {
			continue
		}
		var spent time.Duration
		for seed := uint64(1); seed <= uint64(min(t.Seeds, raceSeeds)); seed++ {
			o, err := program.run(ctx, name, seed)
			if err != nil {
				return false, err
			}
			t.v.Runs++
			t.v.CPU += o.took
			spent += o.took
			if o.verdict != sim.Passed {
				t.v.Catches = append(t.v.Catches, o.catch(name, t.mutant.labs()[0], seed, spent))
				return true, nil
			}
		}
	}
	return false, nil
}
