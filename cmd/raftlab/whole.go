package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"text/tabwriter"
	"time"

	"raftlab/internal/sim"
	"raftlab/internal/sim/build"
	"raftlab/internal/sim/campaign"
)

// testWhole runs the tests of any package, built whole.
func testWhole(ctx context.Context, f testFlags, stdout, stderr io.Writer) error {
	seeds, err := campaign.ParseSeeds(f.seeds)
	if err != nil {
		return fmt.Errorf("test: %w", err)
	}
	if info, err := os.Stat(f.whole); err != nil || !info.IsDir() {
		return fmt.Errorf("test: --whole %s: there is no such folder; it wants that of a package with tests", f.whole)
	}
	out := newTerminal(stdout)
	if f.asJSON {
		out = newTerminal(io.Discard)
	}
	out.live("building …")
	whole, err := campaign.OpenWhole(ctx, f.root, f.whole, "")
	out.clear()
	if err != nil {
		return openFailed(ctx, err, "the tests do not compile", stderr)
	}
	defer whole.Close()
	done := 0
	plan := campaign.WholePlan{Pattern: campaign.Expression(f.pattern), Seeds: seeds, Jobs: f.jobs, Check: f.check}
	plan.Done = func(r campaign.WholeRecord) {
		done++
		out.clear()
		if f.verbose || r.Verdict != sim.Passed {
			fmt.Fprintf(out, "seed %-8d %6.1f s simulated, %6.3f s real: %s\n", r.Seed, r.Elapsed.Seconds(), r.Real.Seconds(),
				wholeOutcome(r))
		}
		out.live(fmt.Sprintf("%d of %d runs", done, seeds.Count))
	}
	records := whole.Run(ctx, plan)
	out.clear()
	w := sumWhole(records, f.whole)
	if err := keepWhole(f.keep, records); err != nil {
		return fmt.Errorf("test: --keep: %w", err)
	}
	switch {
	case ctx.Err() == nil && len(w.Tests) == 0 && w.Passed > 0:
		return fmt.Errorf("test: no test of %s matches %q", f.whole, f.pattern)
	case f.asJSON:
		encoder := json.NewEncoder(stdout)
		encoder.SetIndent("", "  ")
		err = encoder.Encode(w)
	default:
		err = w.print(out, f)
	}
	if err != nil {
		return fmt.Errorf("test: print the result: %w", err)
	}
	if ctx.Err() != nil {
		fmt.Fprintln(stderr, "raftlab: interrupted")
		return exitError(exitInterrupted)
	}
	return w.status()
}

func wholeOutcome(r campaign.WholeRecord) string {
	if r.Verdict == sim.Passed {
		return fmt.Sprintf("passed, %s", plural(len(r.Tests), "test"))
	}
	text := string(r.Verdict) + ": " + r.Detail
	for _, t := range r.Tests {
		switch t.Verdict {
		case "FAIL":
			text += ", " + t.Name + " failed"
		case "":
			text += ", " + t.Name + " did not end"
		}
	}
	return text
}

// wholeSummary is what came of all runs of tests that were built whole. Times are in seconds.
type wholeSummary struct {
	Package string       `json:"package"`
	Runs    int          `json:"runs"`
	Passed  int          `json:"passed"`
	Failed  int          `json:"failed"`
	Broken  int          `json:"broken"`
	Virtual float64      `json:"virtualSeconds"`
	Real    float64      `json:"realSeconds"`
	Tests   []*wholeTest `json:"tests"`
	Seeds   []uint64     `json:"failedSeeds"`
}

type wholeTest struct {
	Name    string   `json:"name"`
	Runs    int      `json:"runs"`
	Passed  int      `json:"passed"`
	Skipped int      `json:"skipped"`
	Seeds   []uint64 `json:"failedSeeds"`
}

func sumWhole(records []campaign.WholeRecord, dir string) *wholeSummary {
	w := &wholeSummary{Package: dir, Tests: []*wholeTest{}, Seeds: []uint64{}}
	known := map[string]*wholeTest{}
	for _, r := range records {
		w.Runs++
		w.Virtual += r.Elapsed.Seconds()
		w.Real += r.Real.Seconds()
		switch r.Verdict {
		case sim.Passed:
			w.Passed++
		case sim.Infrastructure:
			w.Broken++
		default:
			w.Failed++
			w.Seeds = append(w.Seeds, r.Seed)
		}
		for _, t := range r.Tests {
			sum := known[t.Name]
			if sum == nil {
				sum = &wholeTest{Name: t.Name, Seeds: []uint64{}}
				known[t.Name] = sum
				w.Tests = append(w.Tests, sum)
			}
			sum.Runs++
			switch t.Verdict {
			case "PASS":
				sum.Passed++
			case "SKIP":
				sum.Skipped++
			default:
				sum.Seeds = append(sum.Seeds, r.Seed)
			}
		}
	}
	return w
}

func (w *wholeSummary) print(out io.Writer, f testFlags) error {
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(table, "runs\tpassed\tskipped\tfailed\t   test")
	for _, t := range w.Tests {
		fmt.Fprintf(table, "%d\t%d\t%d\t%d\t   %s\n", t.Runs, t.Passed, t.Skipped, len(t.Seeds), t.Name)
	}
	table.Flush()
	_, err := fmt.Fprintf(out, "\n%s: %d passed, %d failed, in %.1f s of simulated and %.1f s of real time\n",
		plural(w.Runs, "run"), w.Passed, w.Failed, w.Virtual, w.Real)
	if len(w.Seeds) > 0 {
		fmt.Fprintf(out, "again: %s test --whole %s --seeds =%d --keep DIR\n", self(), quoted(f.whole), w.Seeds[0])
	}
	if w.Broken > 0 {
		fmt.Fprintf(out, "%s found out nothing\n", plural(w.Broken, "run"))
	}
	return err
}

func (w *wholeSummary) status() error {
	switch {
	case w.Broken > 0:
		return exitError(exitBroken)
	case w.Failed > 0:
		return exitError(exitFailed)
	}
	return nil
}

// keepWhole writes what failed runs have printed into a folder, "" for nowhere.
func keepWhole(dir string, records []campaign.WholeRecord) error {
	for _, r := range records {
		if dir == "" || r.Verdict == sim.Passed {
			continue
		}
		if err := os.MkdirAll(dir, 0o777); err != nil {
			return err
		}
		text := fmt.Sprintf("seed %d: %s after %v of simulated time\n\n%s", r.Seed, wholeOutcome(r),
			r.Elapsed.Round(time.Millisecond), r.Output)
		if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf("whole-%d.log", r.Seed)), []byte(text), 0o666); err != nil {
			return err
		}
	}
	return nil
}

// openFailed says why something could not be built and loaded; broken is what is wrong if the author is at fault.
func openFailed(ctx context.Context, err error, broken string, stderr io.Writer) error {
	var theirs *build.Error
	var usage *campaign.UsageError
	switch {
	case ctx.Err() != nil:
		fmt.Fprintln(stderr, "raftlab: interrupted")
		return exitError(exitInterrupted)
	case errors.As(err, &usage):
		return fmt.Errorf("test: %w", err)
	case errors.As(err, &theirs):
		fmt.Fprintf(stderr, "raftlab: %s:\n%v\n", broken, err)
		return exitError(exitUsage)
	}
	fmt.Fprintf(stderr, "raftlab: %v\n", err)
	return exitError(exitBroken)
}
