package mutants

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strings"
	"sync"
)

// The exit statuses of Main.
const (
	AsItMust    = 0
	Otherwise   = 1 // a mutant survived that must be caught, or a correct one was accused
	Unusable    = 2 // wrong arguments, a patch that does not apply
	Interrupted = 130
)

// Main tries the bank as args ask for, writes the tables to out and what went wrong to errs, and returns the
// exit status.
func Main(ctx context.Context, args []string, out, errs io.Writer) int {
	flags := flag.NewFlagSet("mutants", flag.ContinueOnError)
	flags.SetOutput(errs)
	only := flags.String("only", "", "try these `IDS` alone, separated by commas")
	seeds := flags.Int("seeds", 20, "seeds for each scenario that must catch a mutant")
	rest := flags.Int("rest", 2, "seeds for each other scenario; 0: none of them")
	jobs := flags.Int("jobs", runtime.GOMAXPROCS(0), "mutants tried at a time")
	verbose := flags.Bool("v", false, "say of each catch what the scenario said")
	report := flags.String("report", "", "write the tables to this Markdown `FILE` too")
	root := flags.String("root", ".", "the `FOLDER` of the module")
	if err := flags.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return AsItMust
		}
		return Unusable
	}
	bank, err := pick(*only)
	switch {
	case err != nil:
	case flags.NArg() > 0:
		err = fmt.Errorf("unexpected argument %q", flags.Arg(0))
	case *seeds < 1 || *rest < 0 || *jobs < 1:
		err = errors.New("-seeds and -jobs are 1 at least, -rest is 0 at least")
	}
	if err != nil {
		fmt.Fprintf(errs, "mutants: %v\n", err)
		return Unusable
	}
	if !detector(ctx) {
		fmt.Fprintln(errs, "mutants: no C compiler, so no race detector: mutants that need it are left out")
		bank = slices.DeleteFunc(bank, func(m Mutant) bool { return m.Race })
	}
	o := Options{Root: *root, Seeds: *seeds, Rest: *rest}
	verdicts, err := o.Run(ctx, bank, *jobs, func(v Verdict) {
		fmt.Fprintln(out, v)
		for _, c := range v.Catches {
			if *verbose {
				fmt.Fprintln(out, "    ", c)
			}
		}
	})
	if err != nil {
		fmt.Fprintf(errs, "mutants: %v\n", err)
		if ctx.Err() != nil {
			return Interrupted
		}
		return Unusable
	}
	t := tables{o, verdicts}
	t.text(out)
	if *report != "" {
		if err := os.WriteFile(*report, []byte(t.markdown()), 0o666); err != nil {
			fmt.Fprintf(errs, "mutants: write the report: %v\n", err)
			return Unusable
		}
	}
	if slices.ContainsFunc(verdicts, func(v Verdict) bool { return v.Wrong() != "" }) {
		return Otherwise
	}
	return AsItMust
}

// detector reports whether programs can be built with the race detector.
func detector(ctx context.Context) bool {
	out, err := exec.CommandContext(ctx, "go", "env", "CGO_ENABLED").Output()
	return err == nil && strings.TrimSpace(string(out)) == "1"
}

// pick returns the mutants of the given ids, or all if there are none.
func pick(ids string) ([]Mutant, error) {
	bank, err := Bank()
	if err != nil || ids == "" {
		return bank, err
	}
	var picked []Mutant
	for id := range strings.SplitSeq(ids, ",") {
		i := slices.IndexFunc(bank, func(m Mutant) bool { return m.ID == id })
		if i < 0 {
			return nil, fmt.Errorf("the bank has no mutant %q", id)
		}
		picked = append(picked, bank[i])
	}
	return picked, nil
}

// Run tries the mutants, so many at a time, and returns a verdict for each, in the order given. done is told of
// each as soon as it is known, one at a time. A patch that does not apply ends it before it begins.
func (o Options) Run(ctx context.Context, bank []Mutant, jobs int, done func(Verdict)) ([]Verdict, error) {
	for _, m := range bank {
		if _, err := m.Patch(o.Root); err != nil {
			return nil, err
		}
	}
	verdicts := make([]Verdict, len(bank))
	next := make(chan int)
	var telling sync.Mutex
	var workers sync.WaitGroup
	for range min(jobs, len(bank)) {
		workers.Go(func() {
			for i := range next {
				v := o.try(ctx, bank[i])
				verdicts[i] = v
				if ctx.Err() == nil {
					telling.Lock()
					done(v)
					telling.Unlock()
				}
			}
		})
	}
	for i := range bank {
		if ctx.Err() == nil {
			next <- i
		}
	}
	close(next)
	workers.Wait()
	return verdicts, ctx.Err()
}

// String is one line: the id, what it does, who caught it first and how soon.
func (v Verdict) String() string {
	line := fmt.Sprintf("%-4s %-75s ", v.Mutant.ID, v.Mutant.Mistake)
	if len(v.Catches) == 0 {
		return line + v.outcome()
	}
	c := v.Catches[0]
	return line + fmt.Sprintf("%s by %s, seed %d, %s; %d more", v.outcome(), short(c.Scenario), c.Seed,
		seconds(c.CPU), len(v.Catches)-1)
}

// String is one line.
func (c Catch) String() string {
	return fmt.Sprintf("%-23s seed %d, %s: %s", short(c.Scenario), c.Seed, seconds(c.CPU), c.Failure)
}

// outcome is what came of a mutant, in a word or two.
func (v Verdict) outcome() string {
	switch wrong := v.Wrong(); {
	case wrong != "":
		return strings.ToUpper(wrong)
	case v.Mutant.Fate == Caught:
		return "caught"
	case len(v.Catches) > 0:
		return "caught by chance"
	case v.Mutant.Fate == Correct:
		return "passed"
	}
	return "survived, as expected"
}

// short is a scenario's name without the word that all begin with.
func short(scenario string) string { return strings.TrimPrefix(scenario, "Test") }
