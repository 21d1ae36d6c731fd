package runner_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"raftlab/internal/runner"
)

// session runs Main on the module below testdata and returns the exit status and the two outputs. Logs of
// failures go to a folder that is returned too.
func session(t *testing.T, module string, args ...string) (status int, out, errs, logs string) {
	t.Helper()
	logs = filepath.Join(t.TempDir(), "logs")
	var o, e bytes.Buffer
	args = append([]string{"--real", "-C", filepath.Join("testdata", module), "-o", logs}, args...)
	status = runner.Main(t.Context(), args, &o, &e, false, nil)
	return status, o.String(), e.String(), logs
}

// want fails the test for each of words that text does not say.
func want(t *testing.T, text string, words ...string) {
	t.Helper()
	for _, w := range words {
		if !strings.Contains(text, w) {
			t.Errorf("nothing says %q in:\n%s", w, text)
		}
	}
}

// wantRow fails the test unless the table has that row: runs, failed, and the test's name.
func wantRow(t *testing.T, table string, runs, failed int, name string) {
	t.Helper()
	row := regexp.MustCompile(`(?m)^ *` + strconv.Itoa(runs) + ` +` + strconv.Itoa(failed) +
		` +\d+\.\d\ds +\d+\.\d\ds +` + name + `$`)
	if !row.MatchString(table) {
		t.Errorf("no row of %d runs, %d failed, for %s in:\n%s", runs, failed, name, table)
	}
}

func TestPasses(t *testing.T) {
	status, out, errs, logs := session(t, "fake", "-s", "7", "Pass2A|Folder2B|Pass3A", "3")
	if status != runner.Passed || errs != "" {
		t.Fatalf("exit status %d, errors %q", status, errs)
	}
	want(t, out, "3 tests, 3 runs of each", "base seed 7")
	wantRow(t, out, 3, 0, "TestPass2A")
	wantRow(t, out, 3, 0, "TestFolder2B")
	wantRow(t, out, 3, 0, "TestPass3A")
	if _, err := os.Stat(logs); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a folder for logs without a failure: %v", err)
	}
	if strings.Contains(out, "repeat") {
		t.Errorf("something to repeat without a failure:\n%s", out)
	}
}

// TestOtherPackageNeedNotCompile is a student's Raft in place of ours, which the service here asks more of.
func TestOtherPackageNeedNotCompile(t *testing.T) {
	status, out, errs, _ := session(t, "half", "2A", "1")
	if status != runner.Passed || errs != "" {
		t.Fatalf("exit status %d, errors %q", status, errs)
	}
	wantRow(t, out, 1, 0, "TestPass2A")
}

// TestEndsWithoutPass checks that whatever is not a pass is a failure of the right kind.
func TestEndsWithoutPass(t *testing.T) {
	status, out, _, logs := session(t, "fake", "-s", "7", "-p", "2", "-t", "2s", "2C|Slow2D", "1")
	if status != runner.Failed {
		t.Errorf("exit status %d", status)
	}
	kinds := map[string]string{
		"TestFail2C":  "failed",
		"TestPanic2C": "panicked",
		"TestQuiet2C": "panicked", // go test's guard against exiting in peace
		"TestDie2C":   "died without a verdict, exit status 3",
		"TestSkip2C":  "skipped, which is no verdict",
		"TestSlow2D":  "timed out",
	}
	for name, kind := range kinds {
		wantRow(t, out, 1, 1, name)
		said := regexp.MustCompile(`(?m)^FAIL ` + name + `, seed (\d+), after .*: ` + regexp.QuoteMeta(kind) + ` \((.*)\)$`)
		m := said.FindStringSubmatch(out)
		if m == nil {
			t.Errorf("%s is not said to have %s:\n%s", name, kind, out)
			continue
		}
		want(t, out, "RAFTLAB_SEED="+m[1]+" go test ./raft -count=1 -run '^"+name+"$'\n")
		log, err := os.ReadFile(m[2])
		if err != nil || filepath.Dir(m[2]) != logs || !strings.Contains(string(log), "=== RUN   "+name) {
			t.Errorf("log of %s in %s: %q, %v", name, m[2], log, err)
		}
	}
}

// TestKillsWhatHangs runs a test whose process stands still, its own time limit with it.
func TestKillsWhatHangs(t *testing.T) {
	var out bytes.Buffer
	o := runner.Options{Root: "testdata/fake", Pattern: "Stop2D", Runs: 1, Parallel: 1, Dir: t.TempDir(),
		Timeout: 500 * time.Millisecond, Grace: 500 * time.Millisecond}
	failed, err := runner.Run(t.Context(), o, &out, false)
	if failed != 1 || err != nil {
		t.Errorf("%d failed, %v", failed, err)
	}
	want(t, out.String(), "hung, killed after 1s")
}

// TestSeeds checks that a base seed draws the same seeds again, that each run has another one, and that
// the seed told of a failure is the one that it had.
func TestSeeds(t *testing.T) {
	_, first, _, logs := session(t, "fake", "-s", "11", "Odd2A", "12")
	_, again, _, _ := session(t, "fake", "-p", "1", "-s", "11", "Odd2A", "12")
	_, other, _, _ := session(t, "fake", "-s", "12", "Odd2A", "12")
	seeds := repeats(first)
	if len(seeds) < 2 || len(seeds) > 10 {
		t.Fatalf("%d of 12 drawn seeds are odd:\n%s", len(seeds), first)
	}
	for seed := range seeds {
		if n, err := strconv.ParseUint(seed, 10, 64); err != nil || n%2 == 0 {
			t.Errorf("seed %s failed, which is not odd", seed)
		}
		log, err := os.ReadFile(filepath.Join(logs, "TestOdd2A-"+seed+".log"))
		if err != nil || !strings.Contains(string(log), "seed "+seed+"\n") {
			t.Errorf("log of seed %s: %q, %v", seed, log, err)
		}
		if !repeats(again)[seed] {
			t.Errorf("seed %s was not drawn again from the same base", seed)
		}
		if repeats(other)[seed] {
			t.Errorf("seed %s was drawn again from another base", seed)
		}
	}
	wantRow(t, first, 12, len(seeds), "TestOdd2A")
}

// repeats returns the seeds in the lines that repeat failures.
func repeats(out string) map[string]bool {
	seeds := map[string]bool{}
	for _, m := range regexp.MustCompile(`(?m)^RAFTLAB_SEED=(\d+) go test `).FindAllStringSubmatch(out, -1) {
		seeds[m[1]] = true
	}
	return seeds
}

// TestRaceDetector runs with -r: a race is found, or, where no C compiler is, the compiler says so.
func TestRaceDetector(t *testing.T) {
	cgo, err := exec.Command("go", "env", "CGO_ENABLED").Output()
	if err != nil {
		t.Fatal(err)
	}
	status, out, errs, _ := session(t, "fake", "-r", "Race2D", "1")
	if strings.TrimSpace(string(cgo)) != "1" {
		if status != runner.Unusable || !strings.Contains(errs, "-race") {
			t.Errorf("no cgo: exit status %d, errors %q", status, errs)
		}
		return
	}
	if status != runner.Failed {
		t.Errorf("exit status %d, errors %q", status, errs)
	}
	want(t, out, ": data race (", "go test -race ./raft -count=1 -run '^TestRace2D$'")
}

func TestNothingToRun(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o666); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		module string
		args   []string
		says   string
	}{
		{"fake", []string{"Nonesuch"}, `no test of ./raft and ./kvraft matches "Nonesuch"`},
		{"fake", []string{"2Z"}, `matches "2Z$"`},
		{"broken", []string{"2A"}, "undefined: undefinedName"},
		{"half", []string{"2A|3A", "1"}, "the tests of ./kvraft do not compile"},
		{"empty", []string{"2A"}, "no tests in testdata/empty/{raft,kvraft}"},
		{"fake", []string{"-o", file, "Fail2C", "1"}, "keep a log: "},
	} {
		status, _, errs, _ := session(t, c.module, c.args...)
		if status != runner.Unusable {
			t.Errorf("%s %q: exit status %d", c.module, c.args, status)
		}
		want(t, errs, c.says)
		if strings.Contains(errs, "usage:") {
			t.Errorf("%s %q: usage for a right command:\n%s", c.module, c.args, errs)
		}
	}
}

func TestBadArguments(t *testing.T) {
	for _, c := range []struct {
		args []string
		says string
	}{
		{nil, "PATTERN is missing"},
		{[]string{""}, "PATTERN is empty"},
		{[]string{"2A", "ten"}, `RUNS "ten"`},
		{[]string{"2A", "0"}, `RUNS "0"`},
		{[]string{"2A", "1", "2B"}, `"2B": one word too many`},
		{[]string{"-p", "0", "2A"}, "-p 0"},
		{[]string{"-r", "-t", "soon", "2A"}, `-t "soon"`},
		{[]string{"--real", "-t", "-1s", "2A"}, `-t "-1s"`},
		{[]string{"-s", "x", "2A"}, "-s"},
		{[]string{"-x", "2A"}, "-x"},
		{[]string{"2A", "-p"}, "-p"},
		{[]string{"-t", "5s", "2A"}, "-t is for --real"},
		{[]string{"("}, "PATTERN: "},
	} {
		var out, errs bytes.Buffer
		if status := runner.Main(t.Context(), c.args, &out, &errs, false, nil); status != runner.Unusable {
			t.Errorf("%q: exit status %d", c.args, status)
		}
		if out.Len() > 0 {
			t.Errorf("%q: usage on standard output", c.args)
		}
		want(t, errs.String(), c.says, "usage: ./test-runner.sh")
	}
}

func TestHelp(t *testing.T) {
	var out, errs bytes.Buffer
	if status := runner.Main(t.Context(), []string{"-h"}, &out, &errs, false, nil); status != runner.Passed || errs.Len() > 0 {
		t.Errorf("exit status %d, errors %q", status, errs.String())
	}
	want(t, out.String(), "usage: ./test-runner.sh")
}

func TestParse(t *testing.T) {
	o, err := runner.Parse([]string{"-p", "3", "2A", "-r", "200", "-t", "90", "-s", "5", "-o", "logs"})
	if err != nil {
		t.Fatal(err)
	}
	want := runner.Options{Root: ".", Pattern: "2A$", Runs: 200, Parallel: 3, Real: true, Race: true, Dir: "logs", Seed: 5,
		Timeout: 90 * time.Second, Grace: 10 * time.Second}
	if o != want {
		t.Errorf("parsed %+v, want %+v", o, want)
	}
	o, err = runner.Parse([]string{"Backup|Figure8"})
	if err != nil || o.Real || o.Pattern != "Backup|Figure8" || o.Runs != 10 || o.Timeout != 10*time.Minute || o.Parallel < 1 {
		t.Errorf("parsed %+v, %v", o, err)
	}
}

// TestLiveLine checks that a terminal sees progress in one line, and the failure above it.
func TestLiveLine(t *testing.T) {
	var out, errs bytes.Buffer
	status := runner.Main(t.Context(), []string{"--real", "-C", "testdata/fake", "-o", t.TempDir(), "Pass2A|Fail2C", "1"},
		&out, &errs, true, nil)
	if status != runner.Failed {
		t.Errorf("exit status %d, errors %q", status, errs.String())
	}
	want(t, out.String(), "\r\x1b[K0 of 2 done, 0 failed", "\r\x1b[KFAIL TestFail2C")
}

// TestInterrupt presses Ctrl-C on the script itself, once a run is under way.
func TestInterrupt(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	fake, err := filepath.Abs("testdata/fake")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	script := exec.CommandContext(ctx, "../../test-runner.sh", "--real", "-C", fake, "-s", "1", "-p", "2", "Pass2A|Call2D", "2")
	script.Env = append(os.Environ(), "FAKE_LISTENER="+listener.Addr().String())
	var out, errs bytes.Buffer
	script.Stdout, script.Stderr = &out, &errs
	if err := script.Start(); err != nil {
		t.Fatal(err)
	}
	context.AfterFunc(ctx, func() { listener.Close() })
	calls := []net.Conn{accept(t, listener), accept(t, listener)} // then both runs of Pass2A have ended
	if err := script.Process.Signal(syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	for _, call := range calls { // ends when the process at the other end does
		if _, err := call.Read(make([]byte, 1)); !errors.Is(err, io.EOF) && !errors.Is(err, syscall.ECONNRESET) {
			t.Errorf("the run goes on: %v", err)
		}
	}
	var exit *exec.ExitError
	if err := script.Wait(); !errors.As(err, &exit) || exit.ExitCode() != runner.Interrupted {
		t.Errorf("exit: %v, want status %d", err, runner.Interrupted)
	}
	wantRow(t, out.String(), 2, 0, "TestPass2A")
	wantRow(t, out.String(), 0, 0, "TestCall2D")
	want(t, errs.String(), "interrupted")
}

// accept takes the next connection.
func accept(t *testing.T, listener net.Listener) net.Conn {
	t.Helper()
	conn, err := listener.Accept()
	if err != nil {
		t.Fatalf("no run reported that it began: %v", err)
	}
	return conn
}
