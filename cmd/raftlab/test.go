package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"raftlab/internal/sim/campaign"
	"raftlab/internal/suite"
)

// Exit statuses of test and replay, beside the common ones.
const (
	exitFailed = 1
	exitBroken = 3
)

const testHelp = `Test builds a submission, loads it into the simulator and runs the lab's tests on it, each on many seeds: peers
in instances of their own, virtual time, the same run again for the same seed on any machine.

Without an argument it tests the Raft and the service in raft/ and kvraft/; with raft or kvraft, that one; with a
folder, the submission there: DIR/raft, DIR/kvraft (or below DIR/src), or DIR itself if it holds the package.

--run takes a part (2A) or a regular expression for names of tests, as go test does; -run is the same.

--seeds 100 is the hundred seeds 1 to 100; --seeds 1-500 is a range; --seeds =17 (or 17-17) is seed 17 alone.

--whole DIR runs, instead of the lab's tests, those of the Go package in DIR, of whichever module: your own, or another
suite. They are built whole and run as one program in virtual time, where sleeping costs nothing. What they may use is
the sandbox's: no files, no network. Of the flags --run, --seeds, --jobs, --check, --keep, --json and -v apply.

Failures that are alike are told once, with how many there are and a line that replays one of them.

Exit status: 0 all passed, 1 some failed, 2 wrong usage or a submission that does not compile, 3 some runs found out
nothing (a fault of the simulator or the machine, or with --check a run that was not the same twice), 130 interrupted.`

// testFlags is what the command line of test says.
type testFlags struct {
	pattern string
	seeds   string
	keep    string
	whole   string // the folder of a package whose tests are run instead
	root    string // of the module; "": to be found
	jobs    int
	asJSON  bool
	verbose bool
	check   bool
	strict  bool
	list    bool
}

func testCommand() *cobra.Command {
	var f testFlags
	cmd := &cobra.Command{
		Use:   "test [raft | kvraft | DIR]",
		Short: "Run the lab's tests in the simulator, on many seeds",
		Long:  testHelp,
		Example: "  raftlab test --run 2A --seeds 100\n" +
			"  raftlab test raft --run 'Backup|Figure8' --seeds 1-500 --keep out/failures\n" +
			"  raftlab test submissions/ann --json > ann.json\n" +
			"  raftlab test --whole ./raft --run 2A --seeds 20",
		Args: atMostOne("test", "raft, kvraft or a folder"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if f.whole != "" && len(args) > 0 {
				return fmt.Errorf("test: %s, or --whole %s? One at a time", args[0], f.whole)
			}
			if f.whole != "" {
				return testWhole(cmd.Context(), f, cmd.OutOrStdout(), cmd.ErrOrStderr())
			}
			return test(cmd.Context(), strings.Join(args, ""), f, cmd.OutOrStdout(),
				cmd.ErrOrStderr())
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&f.pattern, "run", "",
		"the tests: a part (2A), or a regular expression (default: all)")
	flags.StringVar(&f.seeds, "seeds", "10", "how many (100), a range (1-500) or one alone (=17)")
	flags.IntVarP(&f.jobs, "jobs", "j", 0, "runs at a time (0: one for each core)")
	flags.StringVar(&f.keep, "keep", "",
		"a folder for the events and the output of runs that do not pass")
	flags.StringVar(&f.whole, "whole", "", "run the tests of the package in this folder instead, whole, in virtual time")
	flags.BoolVar(&f.check, "check", false, "make each run twice and compare all that happened")
	flags.BoolVar(&f.strict, "strict", strictWanted(),
		"also fail killed servers that leave goroutines blocked for good (RAFTLAB_STRICT=1)")
	flags.BoolVarP(&f.verbose, "verbose", "v", false, "a line for each run, and failures in full")
	flags.BoolVar(&f.asJSON, "json", false, "print the result as JSON")
	flags.BoolVar(&f.list, "list", false, "name the tests and run none")
	return cmd
}

// strictWanted says whether the environment asks for strictness, of go test and of this command
// alike.
func strictWanted() bool { return os.Getenv(suite.StrictVariable) == "1" }

// atMostOne is a check of arguments with words of its own.
func atMostOne(command, what string) cobra.PositionalArgs {
	return func(_ *cobra.Command, args []string) error {
		if len(args) > 1 {
			return fmt.Errorf("%s takes at most one of %s, not %q; see raftlab %s --help", command,
				what, args, command)
		}
		return nil
	}
}

// test runs a campaign and reports. An error that is no exitError is one of usage.
func test(ctx context.Context, what string, f testFlags, stdout, stderr io.Writer) error {
	target, err := campaign.Find(f.root, what)
	if err != nil {
		return fmt.Errorf("test: %w", err)
	}
	scenarios, err := target.Select(f.pattern)
	if err != nil {
		return fmt.Errorf("test: %w", err)
	}
	if f.list {
		for _, s := range scenarios {
			fmt.Fprintf(stdout, "%-36s %s\n", s.Name, s.Title)
		}
		return nil
	}
	plan := campaign.Plan{Scenarios: scenarios, Jobs: f.jobs, Check: f.check, Strict: f.strict,
		Keep: f.keep}
	if plan.Seeds, err = campaign.ParseSeeds(f.seeds); err != nil {
		return fmt.Errorf("test: %w", err)
	}
	if f.jobs < 0 {
		return fmt.Errorf("test: --jobs %d: at least one run at a time", f.jobs)
	}
	if info, err := os.Stat(f.keep); f.keep != "" && err == nil && !info.IsDir() {
		return fmt.Errorf("test: failures are kept in a folder, and %s is none", f.keep)
	}
	view := newView(stdout, f, target, plan)
	submission, err := open(ctx, target, plan.Scenarios, view.out, stderr)
	if err != nil {
		return err
	}
	defer submission.Close()
	stop := view.listen(&plan)
	summary := campaign.Run(ctx, submission, plan)
	stop()
	if f.asJSON {
		err = view.printJSON(stdout, summary)
	} else {
		err = view.printWords(summary)
	}
	if err != nil {
		return fmt.Errorf("test: print the result: %w", err)
	}
	if summary.Interrupted {
		fmt.Fprintln(stderr, "raftlab: interrupted")
	}
	return summaryStatus(summary)
}

func summaryStatus(s campaign.Summary) error {
	switch {
	case s.Interrupted:
		return exitError(exitInterrupted)
	case s.Broken > 0:
		return exitError(exitBroken)
	case s.Failed > 0:
		return exitError(exitFailed)
	}
	return nil
}

// open builds and loads a target, and says why it could not.
func open(ctx context.Context, target campaign.Target, scenarios []suite.Scenario, t *terminal,
	stderr io.Writer) (
	*campaign.Submission, error) {
	t.live("building …")
	submission, err := target.Open(ctx, scenarios, "")
	t.clear()
	if err != nil {
		return nil, openFailed(ctx, err, "the submission does not compile", stderr)
	}
	return submission, nil
}
