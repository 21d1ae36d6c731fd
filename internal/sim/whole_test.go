package sim_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"raftlab/internal/sim"
	"raftlab/internal/sim/build"
)

// tests is the test program of testdata/whole.
var tests = sync.OnceValues(func() (*sim.Whole, error) {
	builder, err := shared()
	if err != nil {
		return nil, err
	}
	module, err := builder.Build(context.Background(), build.Spec{Tests: filepath.Join("testdata", "whole")})
	if err != nil {
		return nil, err
	}
	code, err := sim.CodeOf(module)
	if err != nil {
		return nil, err
	}
	return sim.LoadWhole(context.Background(), code, filepath.Join(os.TempDir(), "raftlab-sim-test", "machine-code"))
})

func whole(t *testing.T, name string, seed uint64) sim.WholeResult {
	t.Helper()
	w, err := tests()
	if err != nil {
		t.Fatal(err)
	}
	return w.Run(t.Context(), sim.WholeJob{Args: []string{"-test.v", "-test.paniconexit0", "-test.run=^" + name + "$"}, Seed: seed,
		Limits: sim.Limits{Memory: 64 << 20, Output: 1 << 20, CPU: time.Second}, Time: 10 * time.Minute})
}

func TestWholeVerdicts(t *testing.T) {
	for name, want := range map[string]struct {
		verdict sim.Verdict
		says    string // the detail or the output
	}{
		"TestSleeps":   {sim.Passed, "--- PASS: TestSleeps"},
		"TestSkips":    {sim.Passed, "--- SKIP: TestSkips"},
		"TestFails":    {sim.Exited, "os.Exit(1)"},
		"TestPanics":   {sim.Panicked, "panic: oh"},
		"TestExits":    {sim.Exited, "os.Exit(7)"},
		"TestQuits":    {sim.Panicked, "unexpected call to os.Exit(0)"},
		"TestLoops":    {sim.CPULimit, "whole_test.go:39"},
		"TestComputes": {sim.CPULimit, "has computed for 1s"},
		"TestWaits":    {sim.Panicked, "all goroutines are asleep"},
		"TestGrows":    {sim.MemoryLimit, "64 MB"},
		"TestTalks":    {sim.OutputLimit, "1048576 bytes"},
		"TestLasts":    {sim.TimeLimit, "10m"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := whole(t, name, 1)
			if r.Verdict != want.verdict || !strings.Contains(r.Detail+r.Output, want.says) {
				t.Errorf("verdict %q, %s\n%s; want %q, %q", r.Verdict, r.Detail, r.Output, want.verdict, want.says)
			}
		})
	}
}

// TestWholeIsReplayed checks that a seed gives the same output again, another seed another one.
func TestWholeIsReplayed(t *testing.T) {
	first, again, other := whole(t, "TestSleeps", 1), whole(t, "TestSleeps", 1),
		whole(t, "TestSleeps", 2)
	if first.Output != again.Output || first.Elapsed != again.Elapsed || !strings.Contains(first.Output, "drew ") {
		t.Errorf("%v\n%s\nand again %v\n%s", first.Elapsed, first.Output, again.Elapsed, again.Output)
	}
	if other.Output == first.Output {
		t.Errorf("another seed gives the same:\n%s", other.Output)
	}
}

// writer is called when something is written.
type writer func()

// Write implements io.Writer.
func (w writer) Write(p []byte) (int, error) {
	w()
	return len(p), nil
}

func TestWholeIsGivenUp(t *testing.T) {
	w, err := tests()
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	r := w.Run(ctx, sim.WholeJob{Args: []string{"-test.v", "-test.run=TestLasts"}, Output: writer(cancel)})
	if r.Verdict != sim.Infrastructure || !strings.Contains(r.Detail, "given up") {
		t.Errorf("verdict %q, %s", r.Verdict, r.Detail)
	}
}
