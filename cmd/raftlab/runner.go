package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"raftlab/internal/runner"
	"raftlab/internal/sim/campaign"
)

// runnerCommand is test-runner.sh: flags of its own, in the manner of a shell script.
func runnerCommand() *cobra.Command {
	return &cobra.Command{
		Use:                "test-runner",
		Short:              "What test-runner.sh calls",
		Hidden:             true,
		DisableFlagParsing: true,
		RunE: func(cmd *cobra.Command, args []string) error {
			out, errs := cmd.OutOrStdout(), cmd.ErrOrStderr()
			simulate := func(o runner.Options) int {
				return simulateRuns(cmd.Context(), o, out,
					errs)
			}
			status := runner.Main(cmd.Context(), args, out, errs, newTerminal(out).is, simulate)
			if status != runner.Passed {
				return exitError(status)
			}
			return nil
		},
	}
}

// simulateRuns makes the runs that test-runner.sh was asked for in the simulator, and returns the
// exit status.
func simulateRuns(ctx context.Context, o runner.Options, stdout, stderr io.Writer) int {
	f := testFlags{pattern: o.Pattern, seeds: fmt.Sprintf("%d-%d", o.Seed, o.Seed+uint64(o.Runs)-1),
		jobs: o.Parallel,
		keep: o.LogDir(), root: o.Root, strict: strictWanted()}
	err := test(ctx, "", f, stdout, stderr)
	var status exitError
	switch {
	case err == nil:
		return exitOK
	case errors.As(err, &status):
		return int(status)
	}
	fmt.Fprintf(stderr, "test-runner: %s\n", strings.TrimPrefix(err.Error(), "test: "))
	var wrong *campaign.UsageError
	if errors.As(err, &wrong) {
		fmt.Fprintln(stderr, "Tests of your own run in real time, with --real.")
	}
	return exitUsage
}
