package mutants

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"raftlab/internal/sim"
	"raftlab/internal/suite"
	"raftlab/internal/tester"
)

// raceDetector reports whether programs can be built with it: it wants a C compiler.
func raceDetector(ctx context.Context) bool {
	out, err := exec.CommandContext(ctx, "go", "env", "CGO_ENABLED").Output()
	return err == nil && strings.TrimSpace(string(out)) == "1"
}

// raced is a mutant built with the race detector, which the simulator cannot have: one thread runs each peer there.
type raced struct{ program string }

// buildRaced compiles the tests of a mutant's package with its files in place of the tree's. It works in dir, which
// must exist.
func (m Mutant) buildRaced(ctx context.Context, root, dir string) (raced, error) {
	patched, err := m.Patch(root)
	if err != nil {
		return raced{}, err
	}
	replace := map[string]string{}
	for name, text := range patched {
		as := filepath.Join(dir, strconv.Itoa(len(replace))+".go")
		if err := os.WriteFile(as, []byte(text), 0o666); err != nil {
			return raced{}, fmt.Errorf("mutant %s: %w", m.ID, err)
		}
		replace[filepath.Join(root, filepath.FromSlash(name))] = as
	}
	list, err := json.Marshal(map[string]any{"Replace": replace})
	if err != nil {
		return raced{}, err
	}
	overlay := filepath.Join(dir, "overlay.json")
	if err := os.WriteFile(overlay, list, 0o666); err != nil {
		return raced{}, fmt.Errorf("mutant %s: %w", m.ID, err)
	}
	built := raced{filepath.Join(dir, "raced.test")}
	compile := exec.CommandContext(ctx, "go", "test", "-c", "-race", "-overlay", overlay, "-o", built.program,
		"./"+m.labs()[0])
	compile.Dir = root
	if out, err := compile.CombinedOutput(); err != nil {
		return raced{}, fmt.Errorf("mutant %s does not compile: %w\n%s", m.ID, err, out)
	}
	return built, nil
}

// raceSeeds is how many seeds are tried at most; each takes as long as the scenario says.
const raceSeeds = 3

// patience is how long one scenario may take in real time under the race detector.
const patience = time.Minute

// run runs one scenario and says how it failed. The error is for what is not the mutant's doing.
func (r raced) run(ctx context.Context, scenario string, seed uint64) (outcome, error) {
	limited, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	test := exec.CommandContext(limited, r.program, "-test.run", "^"+scenario+"$", "-test.v", "-test.timeout", "0")
	test.Dir = filepath.Dir(r.program)
	// In real time: in virtual time nothing happens while anybody computes, and few races are left.
	test.Env = append(os.Environ(), suite.ClockVariable+"=", suite.SeedVariable+"="+strconv.FormatUint(seed, 10))
	var output bytes.Buffer
	test.Stdout, test.Stderr = &output, &output
	test.WaitDelay = time.Second
	err := test.Run()
	var exit *exec.ExitError
	switch {
	case ctx.Err() != nil:
		return outcome{}, ctx.Err()
	case test.ProcessState == nil:
		return outcome{}, fmt.Errorf("run %s: %w", r.program, err)
	}
	o := outcome{took: test.ProcessState.UserTime() + test.ProcessState.SystemTime()}
	text := output.String()
	switch {
	case strings.Contains(text, "WARNING: DATA RACE"):
		o.verdict, o.invariant, o.said = sim.Failed, "data race", "data race"
	case limited.Err() != nil:
		o.verdict, o.invariant, o.said = sim.TimeLimit, tester.TimeLimit, fmt.Sprintf("did not end within %v", patience)
	case errors.As(err, &exit):
		o.verdict, o.invariant = sim.Failed, "test"
		o.said, _, _ = strings.Cut(strings.TrimSpace(text), "\n")
	case err != nil:
		return o, fmt.Errorf("run %s of %s: %w", scenario, r.program, err)
	case !strings.Contains(text, "--- PASS: "+scenario+" ("):
		return o, fmt.Errorf("run %s of %s: no verdict in %q", scenario, r.program, text)
	default:
		o.verdict = sim.Passed
	}
	return o, nil
}
