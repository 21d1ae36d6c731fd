package mutants

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"

	"raftlab/internal/suite"
)

// patience is how long one scenario may take in real time; in virtual time all take well under two seconds.
const patience = 45 * time.Second

// attempt runs one scenario with one seed on a compiled mutant and says how it failed, "" if it passed,
// and the CPU time used. The error is for what is not the mutant's doing.
func attempt(ctx context.Context, program, scenario string, seed uint64) (
	failure string, cpu time.Duration, err error) {
	limited, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	run := exec.CommandContext(limited, program, "-test.run", "^"+scenario+"$", "-test.v", "-test.timeout", "0")
	run.Dir = filepath.Dir(program)
	run.Env = append(os.Environ(), suite.ClockVariable+"=virtual", suite.StrictVariable+"=1",
		suite.SeedVariable+"="+strconv.FormatUint(seed, 10))
	var output bytes.Buffer
	run.Stdout, run.Stderr = &output, &output
	run.WaitDelay = time.Second
	err = run.Run()
	var exit *exec.ExitError
	switch {
	case ctx.Err() != nil:
		return "", 0, ctx.Err()
	case run.ProcessState == nil:
		return "", 0, fmt.Errorf("run %s: %w", program, err)
	}
	cpu = run.ProcessState.UserTime() + run.ProcessState.SystemTime()
	text := output.String()
	switch {
	case limited.Err() != nil:
		return fmt.Sprintf("did not end within %v", patience), cpu, nil
	case errors.As(err, &exit):
		return symptom(text), cpu, nil
	case err != nil:
		return "", cpu, fmt.Errorf("run %s of %s: %w", scenario, program, err)
	case !strings.Contains(text, "--- PASS: "+scenario+" ("):
		return "", cpu, fmt.Errorf("run %s of %s: no verdict in %q", scenario, program, text)
	}
	return "", cpu, nil
}

var (
	broken = regexp.MustCompile(`(?m)^\s+\w+\.go:\d+: ([A-Z]\w+: .*)$`)
	ended  = regexp.MustCompile(`(?m)^(?:panic|fatal error): (.*?)(?: \[recovered.*)?$`)
)

// symptom finds in the output of a run what went wrong.
func symptom(output string) string {
	if strings.Contains(output, "WARNING: DATA RACE") {
		return "data race"
	}
	if m := broken.FindStringSubmatch(output); m != nil {
		return m[1]
	}
	if m := ended.FindStringSubmatch(output); m != nil {
		return "panic: " + m[1]
	}
	lines := strings.Split(strings.TrimSpace(output), "\n")
	return "failed: " + strings.TrimSpace(lines[0])
}
