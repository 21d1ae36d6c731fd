package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"raftlab/internal/hunt"
	"raftlab/internal/sim/campaign"
	"raftlab/internal/tester/schedule"
)

const huntHelp = `Hunt draws a schedule of faults and a workload from each seed and runs it in the simulator, until a run fails. It
then looks for the smallest schedule that fails in the same way, saves it as a script of a few lines, and prints the line that
replays it. docs/hunt.md says how to read the script.

It hunts the Raft in raft/, the service in kvraft/, or the submission in DIR: its Raft first, then its service, or the one that
--lab names.

--seeds 100 is the hundred seeds 1 to 100; --seeds 1-500 is a range; --seeds =17 is seed 17 alone. With --for 5m it tries
seeds for so long instead, from 1 or from the first of --seeds, and says how many.

--exhaustive runs a few short schedules once, counts what every peer saves and sends, and runs them again with a
crash at each of these instants in turn.

Exit status: 0 all passed, 1 a run failed, 2 wrong usage or a submission that does not compile, 3 some runs found out
nothing (a fault of the simulator or the machine), 130 interrupted.`

// huntFlags is what the command line of hunt says.
type huntFlags struct {
	lab        string
	seeds      string
	length     time.Duration // for how long; 0: as many seeds as there are
	peers      []int
	faults     []string
	family     string
	jobs       int
	out        string
	shrink     int
	exhaustive bool
	keepGoing  bool
	strict     bool
	asJSON     bool
	verbose    bool
}

func huntCommand() *cobra.Command {
	var f huntFlags
	cmd := &cobra.Command{
		Use:   "hunt raft | kvraft | DIR",
		Short: "Search for a schedule of faults that a submission does not survive, and shrink it",
		Long:  huntHelp,
		Example: "  raftlab hunt raft --seeds 1-500\n" +
			"  raftlab hunt submissions/ann --for 5m --peers 3,5 --faults crash,partition\n" +
			"  raftlab hunt kvraft --exhaustive",
		Args: func(_ *cobra.Command, args []string) error {
			switch {
			case len(args) == 0:
				return errors.New("hunt what? raft, kvraft or the folder of a submission")
			case len(args) > 1:
				return fmt.Errorf("hunt takes one of raft, kvraft and a folder, not %q; see raftlab hunt --help", args)
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			return huntAll(cmd.Context(), args[0], f, cmd.OutOrStdout(), cmd.ErrOrStderr())
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&f.lab, "lab", "", "hunt only the raft or the kvraft of DIR")
	flags.StringVar(&f.seeds, "seeds", "100", "how many (100), a range (1-500) or one alone (=17)")
	flags.DurationVar(&f.length, "for", 0, "try seeds for so long, as many as that makes")
	flags.IntSliceVar(&f.peers, "peers", nil, "numbers of peers to draw from (default 3,4,5,7)")
	flags.StringSliceVar(&f.faults, "faults", nil,
		"kinds of faults to draw from: "+strings.Join(schedule.Classes(), ", ")+" (default: all)")
	flags.StringVar(&f.family, "family", "",
		"the only family of schedules to draw from: "+strings.Join(schedule.Families(), ", "))
	flags.IntVarP(&f.jobs, "jobs", "j", 0, "runs at a time (0: one for each core)")
	flags.StringVar(&f.out, "out", "out/hunt", "the folder in which schedules that fail are saved")
	flags.IntVar(&f.shrink, "shrink", hunt.DefaultRuns, "runs that shrinking a failure may take (0: it is saved as it is)")
	flags.BoolVar(&f.exhaustive, "exhaustive", false, "crash at every save and send of a few short schedules instead")
	flags.BoolVar(&f.keepGoing, "keep-going", false, "go on after a failure; save one schedule of each kind")
	flags.BoolVar(&f.strict, "strict", strictWanted(), "as for raftlab test")
	flags.BoolVar(&f.asJSON, "json", false, "print the result as JSON")
	flags.BoolVarP(&f.verbose, "verbose", "v", false, "a line for each run, and failures in full")
	return cmd
}

// plan checks the flags and makes a plan of them.
func (f huntFlags) plan() (hunt.Plan, error) {
	p := hunt.Plan{For: f.length, Jobs: f.jobs, KeepGoing: f.keepGoing,
		Draw: schedule.Options{Peers: f.peers, Faults: f.faults, Family: f.family}}
	var err error
	if p.Seeds, err = campaign.ParseSeeds(f.seeds); err != nil {
		return p, err
	}
	switch {
	case f.jobs < 0:
		return p, fmt.Errorf("--jobs %d: at least one run at a time", f.jobs)
	case f.length < 0:
		return p, fmt.Errorf("--for %v: a time must pass", f.length)
	case f.shrink < 0:
		return p, fmt.Errorf("--shrink %d: runs are counted from 0", f.shrink)
	case f.family != "" && len(f.faults) > 0:
		return p, errors.New("--family or --faults, not both: a family has its own faults")
	case f.exhaustive && (f.family != "" || f.length != 0 || f.keepGoing || len(f.peers) > 0 || len(f.faults) > 0):
		return p, errors.New("--exhaustive has schedules of its own: --for, --keep-going, --peers, --faults and --family " +
			"say nothing to it")
	}
	return p, p.Draw.Validate()
}

// labsOf returns what there is of a target.
func labsOf(target campaign.Target) []schedule.Lab {
	var labs []schedule.Lab
	for _, s := range target.Scenarios() {
		lab := schedule.KV
		if s.Raft != nil {
			lab = schedule.Raft
		}
		if !slices.Contains(labs, lab) {
			labs = append(labs, lab)
		}
	}
	return labs
}

// labs returns what is to be hunted of a target.
func (f huntFlags) labs(target campaign.Target) ([]schedule.Lab, error) {
	labs, lab := labsOf(target), schedule.Lab(f.lab)
	switch {
	case f.lab == "":
		return labs, nil
	case lab != schedule.Raft && lab != schedule.KV:
		return nil, fmt.Errorf("--lab %s: want raft or kvraft", f.lab)
	case !slices.Contains(labs, lab):
		return nil, fmt.Errorf("--lab %s: %s has none", f.lab, target.Dir)
	}
	return []schedule.Lab{lab}, nil
}

// huntAll hunts what the command line names. An error that is no exitError is one of usage.
func huntAll(ctx context.Context, what string, f huntFlags, stdout, stderr io.Writer) error {
	target, err := campaign.Find("", what)
	if err != nil {
		return fmt.Errorf("hunt: %w", err)
	}
	plan, err := f.plan()
	if err != nil {
		return fmt.Errorf("hunt: %w", err)
	}
	labs, err := f.labs(target)
	if err != nil {
		return fmt.Errorf("hunt: %w", err)
	}
	out := newTerminal(stdout)
	if f.asJSON {
		out = newTerminal(io.Discard)
	}
	h := &hunting{f: f, target: target, plan: plan, out: out, stderr: stderr}
	for _, lab := range labs {
		if err := h.hunt(ctx, lab); err != nil {
			return err
		}
		if h.interrupted || h.failed && !f.keepGoing {
			break
		}
	}
	return h.end(stdout)
}
