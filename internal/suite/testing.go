package suite

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"raftlab/internal/tester"
)

// Environment variables that `go test` of the lab's packages obeys.
const (
	// SeedVariable fixes the seed: a whole number. Otherwise each run draws one and prints it.
	SeedVariable = "RAFTLAB_SEED"
	// StrictVariable, set to 1, also fails runs whose killed servers leave goroutines blocked for good.
	StrictVariable = "RAFTLAB_STRICT"
)

// Test runs the scenario that bears t's name by the given function and reports what came of it: the seed
// first, a line of figures if it passed, and if not the failure and the line that runs it again.
func Test(t *testing.T, run func(tester.Config, Scenario) tester.Result) {
	t.Helper()
	s, found := Find(t.Name())
	if !found {
		t.Fatalf("no scenario is called %s", t.Name())
	}
	seed, err := seedFrom(os.Getenv(SeedVariable), time.Now())
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%s (%s): %s; seed %d", s.Name, s.Part, s.Title, seed)
	cfg := s.Config(seed)
	cfg.Strict = os.Getenv(StrictVariable) == "1"
	result := run(cfg, s)
	for _, note := range result.Notes {
		t.Log(note)
	}
	if result.Failure != nil {
		t.Fatalf("%s\nrun it again: %s", result.Failure, again(t.Name(), seed))
	}
	t.Logf("passed in %.1f s: %d servers, %d RPCs, %d bytes, %d entries applied",
		result.Elapsed.Seconds(), s.Servers, result.Requests, result.Bytes, result.Applied)
}

// seedFrom returns the seed that text fixes, or one drawn from the time if there is no text.
func seedFrom(text string, now time.Time) (uint64, error) {
	if text == "" {
		const large = 1_000_000_007 // seeds stay short enough to read out
		return uint64(now.UnixNano()) % large, nil
	}
	seed, err := strconv.ParseUint(text, 10, 64)
	if err != nil {
		return 0, fmt.Errorf("%s=%q is not a whole number from 0 to %d", SeedVariable, text, uint64(1<<64-1))
	}
	return seed, nil
}

// again returns the command line that repeats a run.
func again(name string, seed uint64) string {
	pkg := "./raft"
	if part := name[len(name)-2:]; strings.HasPrefix(part, "3") {
		pkg = "./kvraft"
	}
	return fmt.Sprintf("%s=%d go test %s -count=1 -run '^%s$'", SeedVariable, seed, pkg, name)
}
