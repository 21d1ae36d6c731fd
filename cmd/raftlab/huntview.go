package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"raftlab/internal/hunt"
	"raftlab/internal/sim"
	"raftlab/internal/sim/build"
	"raftlab/internal/sim/campaign"
	"raftlab/internal/suite"
	"raftlab/internal/tester/schedule"
)

// hunting is a hunt as the command line has it: of one lab or two, each searched, its failures shrunk and saved.
type hunting struct {
	f      huntFlags
	target campaign.Target
	plan   hunt.Plan
	out    *terminal
	stderr io.Writer
	labs   []jsonHunt

	failed, broken, interrupted bool
}

// hunt hunts one lab.
func (h *hunting) hunt(ctx context.Context, lab schedule.Lab) error {
	h.plan.Draw.Lab = lab
	some := hunt.Scenario(schedule.Random(1, h.plan.Draw)) // any tells what has to be built
	submission, err := open(ctx, h.target, []suite.Scenario{some}, h.out, h.stderr)
	if err != nil {
		return err
	}
	defer submission.Close()
	run := hunt.On(submission, h.f.strict)
	if h.f.exhaustive {
		return h.exhaust(ctx, run, lab)
	}
	report := h.search(ctx, run)
	sum := h.take(lab, report)
	sum.Seeds = h.plan.Seeds.String()
	if h.plan.For > 0 {
		sum.Seeds = fmt.Sprintf("from %d on", h.plan.Seeds.First)
	}
	for _, g := range report.Groups {
		where := seedList(g.Seeds)
		find, err := h.keep(ctx, run, g, where, fmt.Sprintf("%s-seed%d.txt", lab, g.Example.Schedule.Seed))
		if err != nil {
			return fmt.Errorf("hunt: %w", err)
		}
		sum.Failures = append(sum.Failures, find)
	}
	h.labs = append(h.labs, sum)
	_, err = fmt.Fprintf(h.out, "%s: %s\n", lab, huntTotals("seed", report))
	return err
}

// exhaust crashes a lab's peers at every instant of a few stories.
func (h *hunting) exhaust(ctx context.Context, run hunt.Run, lab schedule.Lab) error {
	p := &pace{began: time.Now()}
	shown := tick(h.out, p.line)
	all := hunt.Exhaust(ctx, run, lab, h.f.jobs, func(_ string, r campaign.Record, all int) {
		p.begin(all)
		p.count(r.Verdict != sim.Passed)
	})
	shown.stop()
	for _, x := range all {
		fmt.Fprintf(h.out, "%s, %s: %d saves and %d sends undisturbed; %s, %d of which came to pass\n", lab, x.Story,
			x.Saves, x.Sends, plural(x.Points, "crash point"), x.Struck)
		sum := h.take(lab, x.Report)
		sum.Story, sum.Saves, sum.Sends, sum.Points, sum.Struck = x.Story, x.Saves, x.Sends, x.Points, x.Struck
		for i, g := range x.Groups {
			name := fmt.Sprintf("%s-%s-%d.txt", lab, x.Story, i+1)
			find, err := h.keep(ctx, run, g, plural(g.Runs, "run"), name)
			if err != nil {
				return fmt.Errorf("hunt: %w", err)
			}
			sum.Failures = append(sum.Failures, find)
		}
		h.labs = append(h.labs, sum)
		fmt.Fprintf(h.out, "  %s\n", huntTotals("run", x.Report))
	}
	return nil
}

// take notes what a report means for the exit status, and returns it as JSON has it, without the failures.
func (h *hunting) take(lab schedule.Lab, r hunt.Report) jsonHunt {
	h.failed = h.failed || r.Failed > 0
	h.broken = h.broken || r.Broken > 0
	h.interrupted = h.interrupted || r.Interrupted
	return jsonHunt{Lab: string(lab), Runs: r.Runs, Passed: r.Passed, Failed: r.Failed, Broken: r.Broken,
		Interrupted: r.Interrupted, VirtualSeconds: r.Virtual.Seconds(), RealSeconds: r.Real.Seconds(),
		Failures: []jsonFind{}}
}

// huntTotals is the last line: of so many runs, each for a seed or not.
func huntTotals(what string, r hunt.Report) string {
	line := fmt.Sprintf("%s: %d passed, %d failed", plural(r.Runs, what), r.Passed, r.Failed)
	if r.Broken > 0 {
		line += fmt.Sprintf(", %d found out nothing", r.Broken)
	}
	return line + fmt.Sprintf(", in %.1f s (%.1f %ss/s, %.0f simulated seconds a second)", r.Real.Seconds(),
		float64(r.Runs)/r.Real.Seconds(), what, r.Virtual.Seconds()/r.Real.Seconds())
}

// search runs the plan.
func (h *hunting) search(ctx context.Context, run hunt.Run) hunt.Report {
	plan := h.plan
	if plan.For > 0 {
		fmt.Fprintf(h.out, "hunting %s for %v, from seed %d\n", plan.Draw.Lab, plan.For, plan.Seeds.First)
	} else {
		fmt.Fprintf(h.out, "hunting %s on %s\n", plan.Draw.Lab, plan.Seeds)
	}
	p := &pace{all: plan.Seeds.Count, limit: plan.For, began: time.Now()}
	shown := tick(h.out, p.line)
	defer shown.stop()
	plan.Done = h.tell(p, shown)
	return hunt.Hunt(ctx, run, plan)
}

// tell returns what takes in what came of a run.
func (h *hunting) tell(p *pace, shown *ticker) func(campaign.Record) {
	return func(r campaign.Record) {
		p.count(r.Verdict != sim.Passed)
		if h.f.verbose {
			shown.above("seed %-8d %6.1f s simulated, %6.3f s real, hash %016x: %s\n", r.Seed, r.Elapsed.Seconds(),
				r.Real.Seconds(), r.Hash, outcome(r))
		}
	}
}

// ticker keeps a line of progress up to date, below what else is printed.
type ticker struct {
	line func() string
	over chan struct{}
	done sync.WaitGroup

	mu  sync.Mutex // guards all below
	out *terminal
}

// tick shows a line of progress until the ticker is stopped, if out is a terminal.
func tick(out *terminal, line func() string) *ticker {
	t := &ticker{line: line, over: make(chan struct{}), out: out}
	if out.is {
		t.done.Go(t.run)
	}
	return t
}

func (t *ticker) run() {
	const often = 200 * time.Millisecond
	clock := time.NewTicker(often)
	defer clock.Stop()
	for {
		select {
		case <-t.over:
			return
		case <-clock.C:
			t.mu.Lock()
			t.out.live(t.line())
			t.mu.Unlock()
		}
	}
}

// above prints something that stays.
func (t *ticker) above(format string, args ...any) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.out.clear()
	fmt.Fprintf(t.out, format, args...)
}

func (t *ticker) stop() {
	close(t.over)
	t.done.Wait()
	t.out.clear()
}

// pace is how far a search is.
type pace struct {
	limit time.Duration // 0: all runs are made
	began time.Time

	mu                sync.Mutex // guards all below
	all, runs, failed int
}

// begin says that there are so many more runs, if it was not known.
func (p *pace) begin(all int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.runs == p.all {
		p.all += all
	}
}

func (p *pace) count(failed bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.runs++
	if failed {
		p.failed++
	}
}

// line says how far it is.
func (p *pace) line() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	took := time.Since(p.began)
	s := fmt.Sprint(p.runs)
	left := p.limit - took
	if p.limit == 0 {
		s += fmt.Sprintf("/%d", p.all)
		left = took * time.Duration(p.all-p.runs) / time.Duration(max(1, p.runs))
	}
	return s + fmt.Sprintf(" runs, %d failed, %.1f/s, %v left", p.failed, float64(p.runs)/took.Seconds(),
		max(0, left).Round(time.Second))
}

// keep shrinks the example of a group, where it showed, and saves it under a name.
func (h *hunting) keep(ctx context.Context, run hunt.Run, g hunt.Group, where, name string) (jsonFind, error) {
	fmt.Fprintf(h.out, "\n%s: %s\n", where, g.Headline)
	if h.f.verbose {
		var text strings.Builder
		campaign.WriteFailure(&text, g.Example.Record)
		fmt.Fprint(h.out, indent(text.String()))
	}
	small := hunt.Shrunk{Failure: g.Example, Steps: len(g.Example.Schedule.Steps)}
	if h.f.shrink > 0 {
		small = h.shrunk(ctx, run, g.Example)
	}
	file := filepath.Join(h.f.out, name)
	again := h.replay(file)
	if err := hunt.Write(file, small.Schedule, small.Head()+"Again: "+again+"\n"); err != nil {
		return jsonFind{}, err
	}
	fmt.Fprintf(h.out, "%s  saved; run it again with\n  %s\n", indent(small.Schedule.String()), again)
	find := jsonFind{Verdict: string(g.Verdict), Invariant: g.Invariant, Headline: g.Headline, Seeds: g.Seeds,
		StepsBefore: small.Steps, Steps: len(small.Schedule.Steps), ShrinkRuns: small.Runs, BudgetSpent: small.Spent,
		ShrinkSeconds: small.Real.Seconds(), Schedule: small.Schedule.String(), File: file, Replay: again}
	if f := small.Record.Failure; f != nil {
		find.Message = f.Message
	}
	return find, nil
}

// shrunk shrinks a failure, and says how that goes.
func (h *hunting) shrunk(ctx context.Context, run hunt.Run, f hunt.Failure) hunt.Shrunk {
	var mu sync.Mutex
	line := "shrinking …"
	shown := tick(h.out, func() string {
		mu.Lock()
		defer mu.Unlock()
		return line
	})
	small := hunt.Shrink(ctx, run, f, hunt.Effort{Runs: h.f.shrink, Jobs: h.f.jobs,
		Better: func(s schedule.Schedule, runs int) {
			mu.Lock()
			defer mu.Unlock()
			line = fmt.Sprintf("shrinking … %s of %d after %s", plural(len(s.Steps), "step"), len(f.Schedule.Steps),
				plural(runs, "run"))
		}})
	shown.stop()
	end := ""
	switch {
	case ctx.Err() != nil:
		h.interrupted = true
		end = "; interrupted, it may get smaller"
	case small.Spent:
		end = "; no more runs are allowed (--shrink), it may get smaller"
	}
	fmt.Fprintf(h.out, "  shrunk from %s to %d in %s (%.1f s)%s\n", plural(small.Steps, "step"), len(small.Schedule.Steps),
		plural(small.Runs, "run"), small.Real.Seconds(), end)
	return small
}

// replay is the command that runs a saved schedule again.
func (h *hunting) replay(file string) string {
	line := fmt.Sprintf("%s replay --schedule %s", self(), quoted(file))
	if root, err := build.FindRoot(); err != nil || !sameFile(root, h.target.Root) {
		line = build.RootVariable + "=" + quoted(h.target.Root) + " " + line
	}
	if h.f.strict {
		line += " --strict"
	}
	if dir := h.target.Dir; !slices.Contains([]string{"", "raft", "kvraft"}, dir) {
		line += " " + quoted(dir)
	}
	return line
}

// end prints the result for programs, if they asked, and returns the exit status.
func (h *hunting) end(stdout io.Writer) error {
	if h.f.asJSON {
		encoder := json.NewEncoder(stdout)
		encoder.SetIndent("", "  ")
		if err := encoder.Encode(map[string]any{"hunts": h.labs}); err != nil {
			return fmt.Errorf("hunt: print the result: %w", err)
		}
	}
	switch {
	case h.interrupted:
		fmt.Fprintln(h.stderr, "raftlab: interrupted")
		return exitError(exitInterrupted)
	case h.broken:
		return exitError(exitBroken)
	case h.failed:
		return exitError(exitFailed)
	}
	return nil
}

// jsonHunt is what hunt --json prints of one lab. Times are in seconds.
type jsonHunt struct {
	Lab            string     `json:"lab"`
	Seeds          string     `json:"seeds,omitempty"`
	Story          string     `json:"story,omitempty"` // with --exhaustive, as the four below
	Saves          int        `json:"saves,omitempty"`
	Sends          int        `json:"sends,omitempty"`
	Points         int        `json:"crashes,omitempty"`
	Struck         int        `json:"crashed,omitempty"`
	Runs           int        `json:"runs"`
	Passed         int        `json:"passed"`
	Failed         int        `json:"failed"`
	Broken         int        `json:"broken"` // runs that found out nothing
	Interrupted    bool       `json:"interrupted"`
	VirtualSeconds float64    `json:"virtualSeconds"`
	RealSeconds    float64    `json:"realSeconds"`
	Failures       []jsonFind `json:"failures"`
}

type jsonFind struct {
	Verdict       string   `json:"verdict"`
	Invariant     string   `json:"invariant,omitempty"`
	Headline      string   `json:"headline"`
	Message       string   `json:"message,omitempty"`
	Seeds         []uint64 `json:"seeds,omitempty"`
	StepsBefore   int      `json:"stepsBefore"`
	Steps         int      `json:"steps"`
	ShrinkRuns    int      `json:"shrinkRuns"`
	BudgetSpent   bool     `json:"budgetSpent"`
	ShrinkSeconds float64  `json:"shrinkSeconds"`
	Schedule      string   `json:"schedule"`
	File          string   `json:"file"`
	Replay        string   `json:"replay"`
}
