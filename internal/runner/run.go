package runner

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// result is one run that ended by itself or by its time limit.
type result struct {
	test    test
	seed    uint64
	took    time.Duration
	failure string // what kind; "" for a pass
	log     string // where the output of a failure is kept
}

// seedOf is the seed of a test's run, below 10^9 so that it is easily typed. It does not depend on which
// other tests run.
func seedOf(base uint64, name string, run int) uint64 {
	h := fnv.New64a()
	h.Write([]byte(name))
	return rand.New(rand.NewPCG(base^h.Sum64(), uint64(run))).Uint64N(1e9)
}

// runOne runs t once in a folder of its own below tmp. The error is for what is not t's doing: the
// program cannot be started, a disk is full, or ctx was cancelled.
func runOne(ctx context.Context, o Options, t test, seed uint64, tmp string) (result, error) {
	r := result{test: t, seed: seed}
	dir, err := os.MkdirTemp(tmp, "run-")
	if err != nil {
		return r, err
	}
	defer os.RemoveAll(dir)
	output, err := os.Create(filepath.Join(tmp, filepath.Base(dir)+".log"))
	if err != nil {
		return r, err
	}
	defer os.Remove(output.Name())
	defer output.Close()

	limited, cancel := context.WithTimeout(ctx, o.Timeout+o.Grace)
	defer cancel()
	run := exec.CommandContext(limited, t.program, "-test.run", "^"+t.name+"$", "-test.v", "-test.paniconexit0",
		"-test.timeout", o.Timeout.String())
	run.Dir = dir
	run.Env = append(os.Environ(), "RAFTLAB_SEED="+strconv.FormatUint(seed, 10))
	run.Stdout, run.Stderr = output, output
	run.WaitDelay = time.Second
	ownGroup(run)

	began := time.Now()
	err = run.Run()
	r.took = time.Since(began)
	var exit *exec.ExitError
	if ctx.Err() != nil {
		return r, ctx.Err()
	}
	if err != nil && limited.Err() == nil && !errors.As(err, &exit) {
		return r, fmt.Errorf("start the tests of %s: %w", t.pkg, err)
	}

	text, readErr := os.ReadFile(output.Name())
	if readErr != nil {
		return r, readErr
	}
	switch {
	case limited.Err() != nil:
		r.failure = fmt.Sprintf("hung, killed after %v", o.Timeout+o.Grace)
	default:
		r.failure = verdict(string(text), t.name, err)
	}
	if r.failure != "" {
		r.log, err = o.keep(r, output)
	}
	return r, err
}

// verdict reads what a run's output and its exit say of the test: "" for a pass, else what kind of failure.
// Only a verdict in words together with a clean exit is a pass.
func verdict(output, name string, exit error) string {
	says := func(words string) bool { return strings.Contains(output, words) }
	switch {
	case exit == nil && says("--- PASS: "+name+" ("):
		return ""
	case exit == nil && says("--- SKIP: "+name+" ("):
		return "skipped, which is no verdict"
	case exit == nil:
		return "ended without a verdict"
	case says("panic: test timed out"):
		return "timed out"
	case says("WARNING: DATA RACE"):
		return "data race"
	case says("--- FAIL: "+name+" (") && !says("\npanic: "):
		return "failed"
	case says("panic: ") || says("fatal error: "):
		return "panicked"
	}
	return "died without a verdict, " + exit.Error()
}

// LogDir is the folder for the logs of failures.
func (o Options) LogDir() string {
	if o.Dir != "" {
		return o.Dir
	}
	return filepath.Join(o.Root, "out", fmt.Sprintf("runs-%d", o.Seed))
}

// keep copies the output of a failed run to where it stays, and returns that place.
func (o Options) keep(r result, output *os.File) (string, error) {
	if err := os.MkdirAll(o.LogDir(), 0o777); err != nil {
		return "", fmt.Errorf("keep a log: %w", err)
	}
	name := filepath.Join(o.LogDir(), fmt.Sprintf("%s-%d.log", r.test.name, r.seed))
	kept, err := os.Create(name)
	if err != nil {
		return "", fmt.Errorf("keep a log: %w", err)
	}
	_, err = output.Seek(0, io.SeekStart)
	if err == nil {
		_, err = io.Copy(kept, output)
	}
	if err := errors.Join(err, kept.Close()); err != nil {
		return "", fmt.Errorf("keep a log: %w", err)
	}
	return name, nil
}
