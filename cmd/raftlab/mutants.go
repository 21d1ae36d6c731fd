package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"raftlab/internal/mutants"
)

const mutantsHelp = `Mutants tries the tester: it makes the reference wrong in one way after the other, each a mistake that real
implementations have made, builds each for the simulator, and sees what catches it: the tests named for it; if none does, all tests
of its lab; if none does, the hunt. Unusual solutions that are correct must pass all of that.

The bank is in internal/mutants/bank; go doc raftlab/internal/mutants says how to add to it.

--by suites or --by hunt tries one of the two alone. --every has all tests try each mutant, to see which catch which. --shrink makes
the hunt's schedules as short as they can be, and counts their steps.

Exit status: 0 all as it must be, 1 a mutant survived that must be caught or a correct solution was accused, 2 wrong usage or a
patch that does not apply, 3 some could not be tried, 130 interrupted.`

// mutantsFlags is what the command line of mutants says.
type mutantsFlags struct {
	plan   mutants.Plan
	by     string
	report string
	asJSON bool
	list   bool
	write  string
}

func mutantsCommand() *cobra.Command {
	f := mutantsFlags{plan: mutants.Default()}
	cmd := &cobra.Command{
		Use:   "mutants",
		Short: "Try the tester on a bank of wrong Rafts",
		Long:  mutantsHelp,
		Example: "  raftlab mutants --only R1,P10,K3\n  raftlab mutants --only A --pass 300\n" +
			"  raftlab mutants --shrink --report docs/reports/mutants.md",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return tryMutants(cmd.Context(), f, cmd.OutOrStdout(), cmd.ErrOrStderr())
		},
	}
	flags := cmd.Flags()
	flags.StringSliceVar(&f.plan.Only, "only", nil, "try these ids alone; R5 stands for R5a and R5b, R for all of R")
	flags.IntVarP(&f.plan.Jobs, "jobs", "j", 0, "mutants tried at a time (0: one for each core)")
	flags.IntVar(&f.plan.Seeds, "seeds", f.plan.Seeds, "seeds for each test that must catch a mutant")
	flags.IntVar(&f.plan.Rest, "rest", f.plan.Rest, "seeds for each other test; 0: none of them")
	flags.IntVar(&f.plan.Hunt, "hunt", f.plan.Hunt, "seeds for the hunt, at most; 0: no hunt")
	flags.IntVar(&f.plan.Pass, "pass", f.plan.Pass, "seeds for the hunt on what is correct or equivalent, at most")
	flags.StringVar(&f.by, "by", "", "suites or hunt: the one of them alone")
	flags.BoolVar(&f.plan.Every, "every", false, "try all tests on a mutant that is caught, too")
	flags.BoolVar(&f.plan.Shrink, "shrink", false, "shrink the hunt's schedules")
	flags.StringVar(&f.report, "report", "", "write the tables to this Markdown file, too")
	flags.BoolVar(&f.asJSON, "json", false, "print the result as JSON")
	flags.BoolVar(&f.list, "list", false, "name the mutants and try none")
	flags.StringVar(&f.write, "write", "", "write the mutants to this folder, each a submission of its own, and try none")
	return cmd
}

// tryMutants tries the bank and reports. An error that is no exitError is one of usage.
func tryMutants(ctx context.Context, f mutantsFlags, stdout, stderr io.Writer) error {
	switch {
	case f.list:
		return listMutants(f.plan.Only, stdout)
	case f.write != "":
		return wrapped(mutants.Write("", f.plan.Only, f.write))
	case f.by != "" && f.by != "suites" && f.by != mutants.Hunt:
		return fmt.Errorf("mutants: --by %s: want suites or hunt", f.by)
	case f.plan.Seeds < 1 || f.plan.Rest < 0 || f.plan.Hunt < 0 || f.plan.Pass < 0 || f.plan.Jobs < 0:
		return errors.New("mutants: --seeds is 1 at least; --rest, --hunt, --pass and --jobs are 0 at least")
	case f.by == mutants.Hunt && f.plan.Hunt == 0:
		return errors.New("mutants: --by hunt with --hunt 0 tries nothing")
	}
	if f.by == "suites" {
		f.plan.Hunt = 0
	}
	f.plan.Suites = f.by != mutants.Hunt
	stop := watchMutants(&f, stdout)
	report, err := mutants.Run(ctx, f.plan)
	stop()
	if err != nil {
		return fmt.Errorf("mutants: %w", err)
	}
	if f.asJSON {
		err = report.JSON(stdout)
	} else {
		err = report.Text(stdout)
	}
	if err != nil {
		return fmt.Errorf("mutants: print the result: %w", err)
	}
	if f.report != "" && !report.Interrupted {
		if err := os.WriteFile(f.report, []byte(report.Markdown()), 0o666); err != nil {
			return fmt.Errorf("mutants: write the report: %w", err)
		}
	}
	if report.Interrupted {
		fmt.Fprintln(stderr, "raftlab: interrupted")
	}
	return mutantsStatus(report)
}

// wrapped says whose error it is.
func wrapped(err error) error {
	if err != nil {
		return fmt.Errorf("mutants: %w", err)
	}
	return nil
}

func mutantsStatus(r mutants.Report) error {
	wrong, broken := false, false
	for _, v := range r.Verdicts {
		wrong = wrong || v.Wrong() != ""
		broken = broken || v.Err != nil
	}
	switch {
	case r.Interrupted:
		return exitError(exitInterrupted)
	case broken:
		return exitError(exitBroken)
	case wrong:
		return exitError(exitFailed)
	}
	return nil
}

func listMutants(only []string, stdout io.Writer) error {
	picked, err := mutants.Pick(only)
	if err != nil {
		return fmt.Errorf("mutants: %w", err)
	}
	for _, m := range picked {
		if _, err := fmt.Fprintf(stdout, "%-5s %s\n", m.ID, m.Mistake); err != nil {
			return fmt.Errorf("mutants: print the list: %w", err)
		}
	}
	return nil
}

// watchMutants has the plan's progress shown until stop is called: a line for each mutant, and on a terminal one below
// that says which are being tried.
func watchMutants(f *mutantsFlags, stdout io.Writer) (stop func()) {
	out := newTerminal(stdout)
	if f.asJSON {
		out = newTerminal(io.Discard)
	}
	var mu sync.Mutex // guards all below
	trying := map[string]time.Time{}
	tried := 0
	show := func() {
		var now []string
		for id, began := range trying {
			now = append(now, fmt.Sprintf("%s for %v", id, time.Since(began).Round(time.Second)))
		}
		out.live(fmt.Sprintf("%d tried; trying %s", tried, strings.Join(now, ", ")))
	}
	f.plan.Began = func(m mutants.Mutant) {
		mu.Lock()
		defer mu.Unlock()
		trying[m.ID] = time.Now()
		show()
	}
	f.plan.Done = func(v mutants.Verdict) {
		mu.Lock()
		defer mu.Unlock()
		delete(trying, v.Mutant.ID)
		tried++
		out.clear()
		fmt.Fprintln(out, v)
		show()
	}
	over := make(chan struct{})
	var ticking sync.WaitGroup
	ticking.Go(func() {
		tick := time.NewTicker(time.Second)
		defer tick.Stop()
		for {
			select {
			case <-over:
				return
			case <-tick.C:
				mu.Lock()
				show()
				mu.Unlock()
			}
		}
	})
	return func() {
		close(over)
		ticking.Wait()
		out.clear()
	}
}
