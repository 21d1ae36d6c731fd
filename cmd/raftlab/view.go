package main

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"text/tabwriter"
	"time"

	"raftlab/internal/sim"
	"raftlab/internal/sim/build"
	"raftlab/internal/sim/campaign"
	"raftlab/internal/suite"
)

// view shows a campaign: while it runs, and what came of it.
type view struct {
	out    *terminal
	f      testFlags
	target campaign.Target
	plan   campaign.Plan
	runs   []campaign.Record // of every run, without output; for --json -v

	mu    sync.Mutex // guards all below
	tests []*progress
}

// progress is how far a test is.
type progress struct {
	name   string
	began  time.Time
	runs   int
	failed int
}

func newView(w io.Writer, f testFlags, target campaign.Target, plan campaign.Plan) *view {
	v := &view{out: newTerminal(w), f: f, target: target, plan: plan}
	if f.asJSON {
		v.out = newTerminal(io.Discard)
	}
	for _, s := range plan.Scenarios {
		v.tests = append(v.tests, &progress{name: s.Name})
	}
	return v
}

// listen has the view told of the plan's runs, and keeps the line of progress up to date until stop
// is called.
func (v *view) listen(plan *campaign.Plan) (stop func()) {
	fmt.Fprintf(v.out, "%s on %s\n", plural(len(plan.Scenarios), "test"), plan.Seeds)
	plan.Began = func(s suite.Scenario) { v.update(s.Name, func(p *progress) { p.start() }) }
	plan.Done = v.done
	over := make(chan struct{})
	var ticking sync.WaitGroup
	if v.out.is {
		ticking.Go(func() {
			const often = 200 * time.Millisecond
			tick := time.NewTicker(often)
			defer tick.Stop()
			for {
				select {
				case <-over:
					return
				case <-tick.C:
					v.mu.Lock()
					v.refresh()
					v.mu.Unlock()
				}
			}
		})
	}
	return func() {
		close(over)
		ticking.Wait()
		v.out.clear()
	}
}

// update changes a test's progress.
func (v *view) update(name string, change func(*progress)) {
	v.mu.Lock()
	defer v.mu.Unlock()
	for _, p := range v.tests {
		if p.name == name {
			change(p)
		}
	}
}

func (p *progress) start() {
	if p.began.IsZero() {
		p.began = time.Now()
	}
}

// done takes in what came of a run.
func (v *view) done(r campaign.Record) {
	v.update(r.Scenario.Name, func(p *progress) {
		p.runs++
		if r.Verdict != sim.Passed {
			p.failed++
		}
		if v.f.verbose {
			v.out.clear()
			fmt.Fprintf(v.out, "%-36s seed %-8d %6.1f s simulated, %6.3f s real, hash %016x: %s\n",
				p.name, r.Seed,
				r.Elapsed.Seconds(), r.Real.Seconds(), r.Hash, outcome(r))
		}
		if p.runs == v.plan.Seeds.Count {
			v.out.clear()
			fmt.Fprintln(v.out, v.line(p))
		}
	})
	if v.f.asJSON && v.f.verbose {
		r.Output = nil
		v.runs = append(v.runs, r)
	}
}

func outcome(r campaign.Record) string {
	if r.Verdict == sim.Passed {
		return "passed"
	}
	return campaign.Headline(r.Result)
}

// refresh shows the line of the first test that is not done.
func (v *view) refresh() {
	for _, p := range v.tests {
		if p.runs < v.plan.Seeds.Count {
			v.out.live(v.line(p))
			return
		}
	}
}

// line says how far a test is, or what came of it.
func (v *view) line(p *progress) string {
	all, took := v.plan.Seeds.Count, time.Since(p.began)
	s := fmt.Sprintf("%-33s %d", strings.TrimPrefix(p.name, "Test"), p.runs)
	if p.runs < all {
		s += fmt.Sprintf("/%d", all)
	}
	s += fmt.Sprintf(" runs, %d failed", p.failed)
	if p.runs > 0 && !p.began.IsZero() {
		s += fmt.Sprintf(", %.1f/s", float64(p.runs)/took.Seconds())
		if p.runs < all {
			left := took * time.Duration(all-p.runs) / time.Duration(p.runs)
			s += fmt.Sprintf(", %v left", left.Round(time.Second))
		}
	}
	return s
}

// printWords prints what came of it all for people.
func (v *view) printWords(s campaign.Summary) error {
	v.printTable(s)
	for _, g := range s.Groups {
		fmt.Fprintf(v.out, "\n%s: %s\n", plural(g.Runs, "run"), g.Headline)
		for _, t := range g.Seeds {
			fmt.Fprintf(v.out, "  %-36s %s\n", t.Name, seedList(t.Seeds))
		}
		if v.f.verbose {
			var text strings.Builder
			campaign.WriteFailure(&text, g.Example)
			fmt.Fprintf(v.out, "%s", indent(text.String()))
		}
		if g.Example.Kept != "" {
			fmt.Fprintf(v.out, "  kept in %s and the like\n", g.Example.Kept)
		}
		fmt.Fprintf(v.out, "  %s\n", v.replay(g.Example))
	}
	_, err := fmt.Fprintf(v.out, "\n%s\n", totals(s))
	return err
}

func (v *view) printTable(s campaign.Summary) {
	w := tabwriter.NewWriter(v.out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(w, "\nruns\tpassed\tfailed\tvirtual\treal\t95th\t   test")
	row := func(t campaign.Test, name string) {
		failed := fmt.Sprint(t.Failed)
		if t.Broken > 0 {
			failed += fmt.Sprintf("+%d?", t.Broken)
		}
		n := time.Duration(max(1, t.Runs))
		fmt.Fprintf(w, "%d\t%d\t%s\t%.1fs\t%.3fs\t%.3fs\t   %s\n", t.Runs, t.Passed, failed,
			(t.Virtual / n).Seconds(), (t.Busy / n).Seconds(), t.Slow.Seconds(), name)
	}
	for _, t := range s.Tests {
		row(t, t.Scenario.Name)
	}
	w.Flush()
}

// totals is the last line.
func totals(s campaign.Summary) string {
	line := fmt.Sprintf("%s of %s: %d passed, %d failed", plural(s.Runs, "run"),
		plural(len(s.Tests), "test"), s.Passed,
		s.Failed)
	if s.Broken > 0 {
		line += fmt.Sprintf(", %d found out nothing", s.Broken)
	}
	return line + fmt.Sprintf(", in %.1f s (%.1f runs/s, %.0f simulated seconds a second)",
		s.Real.Seconds(),
		float64(s.Runs)/s.Real.Seconds(), s.Virtual.Seconds()/s.Real.Seconds())
}

// replay is the command that makes a run again.
func (v *view) replay(r campaign.Record) string {
	line := fmt.Sprintf("%s replay %s --seed %d", self(), r.Scenario.Name, r.Seed)
	if root, err := build.FindRoot(); err != nil || !sameFile(root, v.target.Root) {
		line = build.RootVariable + "=" + quoted(v.target.Root) + " " + line
	}
	if v.f.strict {
		line += " --strict"
	}
	if dir := v.target.Dir; dir != "" && dir != "raft" && dir != "kvraft" {
		line += " " + quoted(dir)
	}
	return line
}

// self is how this program is called.
func self() string {
	const name = "raftlab"
	here, err := os.Executable()
	if err != nil || strings.TrimSuffix(filepath.Base(here), ".exe") != name {
		return name // within a test
	}
	if found, err := exec.LookPath(name); err == nil && sameFile(found, here) {
		return name
	}
	if strings.Contains(here, "go-build") {
		return "go run ./cmd/raftlab"
	}
	if wd, err := os.Getwd(); err == nil {
		if rel, err := filepath.Rel(wd, here); err == nil && filepath.IsLocal(rel) {
			here = "." + string(filepath.Separator) + rel
		}
	}
	return quoted(here)
}

// sameFile says whether two paths are of one file or folder.
func sameFile(a, b string) bool {
	one, err := os.Stat(a)
	if err != nil {
		return false
	}
	other, err := os.Stat(b)
	return err == nil && os.SameFile(one, other)
}

// quoted is a word for a shell.
func quoted(word string) string {
	if strings.ContainsAny(word, " \t\"'`$&|;<>()*?[]#~\\!{}") {
		return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
	}
	return word
}

// seedList names some seeds.
func seedList(seeds []uint64) string {
	const most = 5
	n := min(most, len(seeds))
	words := strings.Trim(strings.ReplaceAll(fmt.Sprint(seeds[:n]), " ", ", "), "[]")
	if len(seeds) == 1 {
		return "seed " + words
	}
	if n < len(seeds) {
		words += fmt.Sprintf(" … (%d)", len(seeds))
	}
	return "seeds " + words
}

func indent(text string) string {
	return "    " + strings.ReplaceAll(strings.TrimSpace(text), "\n", "\n    ") + "\n"
}
