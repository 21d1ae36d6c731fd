package runner

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"regexp"
	"runtime"
	"strconv"
	"time"
)

// Usage is what a person who got the arguments wrong, or asked with -h, is told.
const Usage = `usage: ./test-runner.sh [-p parallel] [-o dir] [-s seed] PATTERN [RUNS]
       ./test-runner.sh --real [-r] [-p parallel] [-o dir] [-s seed] [-t timeout] PATTERN [RUNS]

Runs the tests of ./raft and ./kvraft that PATTERN names, RUNS times each (10), side by side, each run with
a seed of its own. Keeps the logs of failures and ends with a table and the lines that repeat each failure.

Tests run in the simulator: in virtual time, on any machine the same for the same seed. With --real they are those of
go test, in real time, your own among them.

  PATTERN      a part of the lab (2A, 2B, 2C, 2D, 3A, 3B) or a regular expression for names of tests
  -p parallel  how many runs at a time (%d on this machine; %d with --real, %d with -r)
  -o dir       where the logs of failures go (a folder below out/, named for the seed)
  -s seed      the first run's seed; those that follow count on from it. With --real, the number that each run's seed
               follows from (a new one each time)
  --real       in real time, by go test
  -r           with the race detector (needs a C compiler), which is in real time too
  -t timeout   how long one run in real time may take: seconds, or 90s, 5m (10m)

Exit status: 0 all passed, 1 some failed, 2 nothing could be tested, 3 a run in the simulator found out nothing,
130 interrupted.
`

// Options says what to run and how.
type Options struct {
	Root     string        // the folder of the module; "." unless -C says otherwise
	Pattern  string        // a regular expression for names of tests
	Runs     int           // of each test, at least 1
	Parallel int           // runs at a time, at least 1
	Real     bool          // in real time, by go test; else in the simulator
	Race     bool          // compile with the race detector; implies Real
	Dir      string        // for the logs of failures; "" is a folder of Root/out named for Seed
	Seed     uint64        // of the first run; if Real, each run's follows from it, the test's name and its number
	Timeout  time.Duration // of one run, more than 0
	Grace    time.Duration // how long a run may outlive Timeout before it is killed
}

var part = regexp.MustCompile(`^[0-9][A-Z]$`)

// Parse reads the command line. The error is flag.ErrHelp when it asks for help.
func Parse(args []string) (Options, error) {
	o := Options{Runs: 10, Grace: 10 * time.Second, Seed: rand.Uint64N(1e9)}
	timeout := "10m"
	flags := flag.NewFlagSet("test-runner", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	flags.StringVar(&o.Root, "C", ".", "")
	flags.BoolVar(&o.Real, "real", false, "")
	flags.BoolVar(&o.Race, "r", false, "")
	flags.IntVar(&o.Parallel, "p", 0, "")
	flags.StringVar(&o.Dir, "o", "", "")
	flags.Uint64Var(&o.Seed, "s", o.Seed, "")
	flags.StringVar(&timeout, "t", timeout, "")

	var words []string
	for rest := args; len(rest) > 0; { // options may stand behind words too
		if err := flags.Parse(rest); err != nil {
			return o, err
		}
		if rest = flags.Args(); len(rest) > 0 {
			words, rest = append(words, rest[0]), rest[1:]
		}
	}

	set := map[string]bool{}
	flags.Visit(func(f *flag.Flag) { set[f.Name] = true })
	o.Real = o.Real || o.Race
	if set["t"] && !o.Real {
		return o, errors.New("-t is for --real: in the simulator the load of the machine fails nobody")
	}
	if !set["p"] {
		o.Parallel = defaultParallel(o.Real, o.Race)
	}
	if o.Parallel < 1 {
		return o, fmt.Errorf("-p %d: at least one run at a time", o.Parallel)
	}
	var err error
	if o.Timeout, err = parseTimeout(timeout); err != nil {
		return o, err
	}
	return o, o.parseWords(words)
}

// parseWords reads PATTERN and RUNS.
func (o *Options) parseWords(words []string) error {
	switch {
	case len(words) == 0:
		return errors.New("which tests? PATTERN is missing")
	case len(words) > 2:
		return fmt.Errorf("%q: one word too many", words[2])
	case words[0] == "":
		return errors.New("PATTERN is empty")
	}
	o.Pattern = words[0]
	if part.MatchString(o.Pattern) {
		o.Pattern += "$" // names of tests end in their part
	}
	if _, err := regexp.Compile(o.Pattern); err != nil {
		return fmt.Errorf("PATTERN: %w", err)
	}
	if len(words) == 2 {
		runs, err := strconv.Atoi(words[1])
		if err != nil || runs < 1 {
			return fmt.Errorf("RUNS %q: not a whole number of at least 1", words[1])
		}
		o.Runs = runs
	}
	return nil
}

// defaultParallel is one run for each core in the simulator, and four in real time. There a run waits more than
// it computes: this Raft keeps a core busy for three hundredths of the time, usual ones for a fifth. The race
// detector makes that five to ten times as much.
func defaultParallel(real, race bool) int {
	if race || !real {
		return runtime.NumCPU()
	}
	return 4 * runtime.NumCPU()
}

// parseTimeout reads whole seconds, or a duration as Go writes it.
func parseTimeout(text string) (time.Duration, error) {
	d, err := time.ParseDuration(text)
	if seconds, serr := strconv.ParseUint(text, 10, 31); serr == nil {
		d, err = time.Duration(seconds)*time.Second, nil
	}
	if err != nil || d <= 0 {
		return 0, fmt.Errorf("-t %q: want seconds, or a time such as 90s or 5m, above 0", text)
	}
	return d, nil
}
