package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"raftlab/internal/hunt"
	"raftlab/internal/sim"
	"raftlab/internal/sim/campaign"
	"raftlab/internal/suite"
	"raftlab/internal/trace"
)

const replayHelp = `Replay makes one run of a test again: the same seed gives the same run, event for event. It prints what came of it,
the last events that matter if it failed, and what each peer has printed; with -v all events. It makes the
run twice and says whether the two were the same.

With --schedule it plays a script of faults instead, one that raftlab hunt has saved or that you wrote: docs/hunt.md says how to
read it. The script holds its seed.

DIR is the submission's folder, as for raftlab test; without it, raft/ and kvraft/ are run.

Exit status: 0 passed, 1 failed, 2 wrong usage or a submission that does not compile, 3 nothing found out, or the two
runs differ, 130 interrupted.`

// replayFlags is what the command line of replay says.
type replayFlags struct {
	seed     uint64
	schedule string // a file; "": a test is replayed
	events   string
	verbose  bool
	strict   bool
	memory   byteSize // limits of each peer; 0: the default
	output   byteSize
	cpu      time.Duration
}

func replayCommand() *cobra.Command {
	var f replayFlags
	cmd := &cobra.Command{
		Use:   "replay TEST --seed N [DIR] | replay --schedule FILE [DIR]",
		Short: "Make one run in the simulator again, and show all of it",
		Long:  replayHelp,
		Example: "  raftlab replay TestBackup2B --seed 17\n" +
			"  raftlab replay Figure82C --seed 3 submissions/ann -v --events events.jsonl\n" +
			"  raftlab replay --schedule out/hunt/raft-seed17.txt submissions/ann",
		Args: func(_ *cobra.Command, args []string) error {
			switch {
			case f.schedule != "" && len(args) > 1:
				return fmt.Errorf("replay --schedule takes at most one folder, not %q; see raftlab replay --help", args)
			case f.schedule != "":
				return nil
			case len(args) == 0:
				return errors.New("replay which test? As in raftlab replay TestBackup2B --seed 17")
			case len(args) > 2:
				return fmt.Errorf("replay takes a test and at most one folder, not %q; see raftlab replay --help", args)
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			if f.schedule != "" {
				if cmd.Flags().Changed("seed") {
					return errors.New("replay: --schedule holds its seed; --seed is for tests")
				}
				return replaySchedule(cmd.Context(), strings.Join(args, ""), f, cmd.OutOrStdout(), cmd.ErrOrStderr())
			}
			if !cmd.Flags().Changed("seed") {
				return errors.New("replay which seed? --seed is missing")
			}
			what := ""
			if len(args) == 2 {
				what = args[1]
			}
			return replay(cmd.Context(), args[0], what, f, cmd.OutOrStdout(), cmd.ErrOrStderr())
		},
	}
	flags := cmd.Flags()
	flags.Uint64Var(&f.seed, "seed", 0, "the run's seed, as the failure named it")
	flags.StringVar(&f.schedule, "schedule", "", "play the schedule in this file instead of a test")
	flags.StringVar(&f.events, "events", "", "also write all events to this file, as JSONL")
	flags.BoolVarP(&f.verbose, "verbose", "v", false, "print all events")
	flags.Var(&f.memory, "memory", "of each peer, if a grade's limits were others, such as 64MiB")
	flags.Var(&f.output, "output", "what each peer may print, if a grade's limits were others")
	flags.DurationVar(&f.cpu, "cpu", 0, "computing without waiting, if a grade's limits were others, such as 20s")
	flags.BoolVar(&f.strict, "strict", strictWanted(), "as for raftlab test")
	return cmd
}

func replay(ctx context.Context, name, what string, f replayFlags, stdout, stderr io.Writer) error {
	target, err := campaign.Find("", what)
	if err != nil {
		return fmt.Errorf("replay: %w", err)
	}
	scenario, err := target.One(name)
	if err != nil {
		return fmt.Errorf("replay: %w", err)
	}
	return replayRun(ctx, target, scenario, f, stdout, stderr)
}

// replaySchedule plays the schedule in a file.
func replaySchedule(ctx context.Context, what string, f replayFlags, stdout, stderr io.Writer) error {
	s, err := hunt.Read(f.schedule)
	if err != nil {
		return fmt.Errorf("replay: %w", err)
	}
	if what == "" {
		what = string(s.Lab)
	}
	target, err := campaign.Find("", what)
	if err != nil {
		return fmt.Errorf("replay: %w", err)
	}
	if !slices.Contains(labsOf(target), s.Lab) {
		return fmt.Errorf("replay: %s is for %s, and %s has none", f.schedule, s.Lab, what)
	}
	f.seed = s.Seed
	return replayRun(ctx, target, hunt.Scenario(s), f, stdout, stderr)
}

// replayRun makes one run, twice, and shows it.
func replayRun(ctx context.Context, target campaign.Target, scenario suite.Scenario, f replayFlags, stdout,
	stderr io.Writer) (err error) {
	target.Limits = sim.Limits{Memory: uint64(f.memory), Output: int64(f.output), CPU: f.cpu}
	out := bufio.NewWriter(stdout)
	defer func() { err = errors.Join(err, out.Flush()) }()
	sinks, written, err := replaySinks(f, out)
	if err != nil {
		return fmt.Errorf("replay: --events: %w", err)
	}
	t := newTerminal(stdout)
	submission, err := open(ctx, target, []suite.Scenario{scenario}, t, stderr)
	if err != nil {
		return errors.Join(err, written())
	}
	defer submission.Close()
	first, again, equal, err := campaign.Replay(ctx, submission, scenario, f.seed, f.strict,
		sinks...)
	if werr := written(); werr != nil {
		return fmt.Errorf("replay: write the events: %w", werr)
	}
	if err != nil {
		fmt.Fprintln(stderr, "raftlab: interrupted")
		return exitError(exitInterrupted)
	}
	if f.verbose {
		fmt.Fprintln(out)
	}
	campaign.WriteReport(out, first)
	if !equal {
		fmt.Fprintf(out,
			"\nThe run was NOT the same again: hash %016x of %d events, then %016x of %d (%s, then %s).\n"+
				"That is a fault of the simulator's.\n", first.Hash, first.Events, again.Hash, again.Events, first.Verdict,
			again.Verdict)
		return exitError(exitBroken)
	}
	fmt.Fprintf(out, "\nThe same again, event for event: hash %016x.\n", first.Hash)
	switch first.Verdict {
	case sim.Passed:
		return nil
	case sim.Infrastructure:
		return exitError(exitBroken)
	}
	return exitError(exitFailed)
}

// replaySinks returns readers of the events for what the flags ask for, and a function that ends
// their writing.
func replaySinks(f replayFlags, out io.Writer) (sinks []trace.Sink, end func() error, err error) {
	end = func() error { return nil }
	if f.verbose {
		sinks = append(sinks, func(e trace.Event) { fmt.Fprintln(out, e) })
	}
	if f.events != "" {
		file, err := os.Create(f.events)
		if err != nil {
			return nil, nil, err
		}
		buffer := bufio.NewWriter(file)
		sink, failed := trace.WriteJSONL(buffer)
		sinks = append(sinks, sink)
		end = func() error { return errors.Join(failed(), buffer.Flush(), file.Close()) }
	}
	return sinks, end, nil
}
