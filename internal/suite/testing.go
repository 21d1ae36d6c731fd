package suite

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"raftlab/internal/tester"
)

// Environment variables that `go test` of the lab's packages obeys.
const (
	// SeedVariable fixes the seed: a whole number. Otherwise each run draws one and prints it.
	SeedVariable = "RAFTLAB_SEED"
	// StrictVariable, set to 1, also fails runs whose killed servers leave goroutines blocked for good.
	StrictVariable = "RAFTLAB_STRICT"
	// ClockVariable, set to "virtual", runs the scenario in a testing/synctest bubble: time passes only
	// when every goroutine waits, so minutes take seconds and no load can matter. It suits servers that
	// never wait while they hold a sync.Mutex (that freezes the bubble) and have no polling loop without a
	// sleep (that runs for ever). The choices of the goroutine scheduler remain: a seed does not fix all.
	ClockVariable = "RAFTLAB_CLOCK"
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
	cfg := s.Config(seed)
	cfg.Strict = os.Getenv(StrictVariable) == "1"
	judge := func(t *testing.T) {
		t.Logf("%s (%s): %s; seed %d", s.Name, s.Part, s.Title, seed)
		report(t, s, seed, run(cfg, s))
	}
	switch clock := os.Getenv(ClockVariable); {
	case clock == "" || clock == "real" || clock == "virtual" && s.RealTime:
		judge(t)
	case clock == "virtual":
		inBubble(t, judge)
	default:
		t.Fatalf("%s=%q is neither real nor virtual", ClockVariable, clock)
	}
}

// inBubble runs judge in virtual time. A bubble panics if goroutines are left that wait for ever; whether
// that matters was for NoLeak to say.
func inBubble(t *testing.T, judge func(*testing.T)) {
	defer func() {
		if p := recover(); p != nil && !strings.Contains(fmt.Sprint(p), "blocked goroutines remain") {
			panic(p)
		}
	}()
	synctest.Test(t, func(t *testing.T) {
		defer time.Sleep(time.Minute) // lets what is still asleep end: the bubble waits for nobody
		judge(t)
	})
}

func report(t *testing.T, s Scenario, seed uint64, result tester.Result) {
	for _, note := range result.Notes {
		t.Log(note)
	}
	if result.Failure != nil {
		t.Fatalf("%srun it again: %s", result.Failure.Report(), again(s, seed, os.Getenv))
	}
	done := fmt.Sprint(result.Applied, " entries applied")
	if s.KV != nil {
		done = fmt.Sprint(result.Operations, " operations")
	}
	t.Logf("passed in %.1f s: %d servers, %d RPCs, %d bytes, %s",
		result.Elapsed.Seconds(), s.Servers, result.Requests, result.Bytes, done)
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

// again returns the command line that repeats a run, in the module's folder: with what else env says that the run
// obeyed.
func again(s Scenario, seed uint64, env func(string) string) string {
	line := fmt.Sprintf("%s=%d ", SeedVariable, seed)
	for _, variable := range []string{ClockVariable, StrictVariable} {
		if value := env(variable); value != "" {
			line += variable + "=" + value + " "
		}
	}
	pkg := "./raft"
	if s.Part[0] == '3' {
		pkg = "./kvraft"
	}
	return fmt.Sprintf("%sgo test %s -count=1 -run '^%s$'", line, pkg, s.Name)
}
