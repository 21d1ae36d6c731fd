package worker_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"raftlab/internal/grader/course"
	"raftlab/internal/grader/worker"
	"raftlab/internal/sim"
	"raftlab/internal/sim/build"
)

// TestMain makes the test's program a worker as well, and some that go wrong.
func TestMain(m *testing.M) {
	if len(os.Args) != 3 || os.Args[1] != "worker" {
		os.Exit(m.Run())
	}
	in := bufio.NewReader(os.Stdin)
	if os.Args[2] == "good" {
		if err := worker.Serve(context.Background(), in, os.Stdout); err != nil {
			fmt.Fprintln(os.Stderr, "raftlab:", err)
			os.Exit(3)
		}
		return
	}
	for lines := 1; ; lines++ {
		if _, err := in.ReadString('\n'); err != nil {
			return
		}
		if lines == 1 {
			fmt.Println(`{"seconds":1}`)
			continue
		}
		misbehave(os.Args[2])
	}
}

// misbehave is what a simulator does at its first run that meets its match.
func misbehave(how string) {
	switch how {
	case "panics":
		panic("in the simulator")
	case "exits":
		os.Exit(7)
	case "spins":
		for n := uint64(1); n != 0; n += 2 {
			runtime.KeepAlive(n)
		}
	case "babbles":
		fmt.Println("PASS")
	case "forges":
		fmt.Println("{}")
	}
}

func command(t *testing.T, how string) []string {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return []string{self, "worker", how}
}

// tiny is a submission of which, with three servers, one leads for ever; with five one exits, with seven one panics.
func tiny(t *testing.T, dir string) worker.Unit {
	t.Helper()
	root, err := build.FindRoot()
	if err != nil {
		t.Fatal(err)
	}
	if dir == "" {
		dir = filepath.Join(root, "internal", "sim", "campaign", "testdata", "tiny")
	}
	return worker.Unit{Root: root, Dir: dir, Lab: course.Raft, Cache: filepath.Join(os.TempDir(), "raftlab-grader-test")}
}

func TestRuns(t *testing.T) {
	w, opened, err := worker.Start(t.Context(), command(t, "good"), tiny(t, ""))
	if err != nil || w == nil {
		t.Fatalf("%+v, %v", opened, err)
	}
	defer w.Stop()
	const patience = time.Minute
	for _, c := range []struct{ test, verdict, kind, message string }{
		{"TestInitialElection2A", "passed", "", ""},
		{"TestReElection2A", "failed", "Progress", "no leader"},
		{"TestManyElections2A", "panicked", " raft/raft.go:", "server 3: panic: runtime error"},
		{"TestFailNoAgree2B", "exited", "os.Exit", "called os.Exit(3)"},
	} {
		for range 2 {
			o, err := w.Run(t.Context(), worker.Task{Test: c.test, Seed: 17}, patience)
			if err != nil {
				t.Fatal(err)
			}
			if o.Verdict != c.verdict || !strings.Contains(o.Kind, c.kind) || (o.Detail == nil) != (c.message == "") {
				t.Errorf("%s: %+v", c.test, o)
			}
			if o.Detail == nil {
				continue
			}
			if !strings.Contains(o.Detail.Message, c.message) || !strings.Contains(o.Detail.Output, "here is") {
				t.Errorf("%s: %+v, want a message with %q", c.test, o.Detail, c.message)
			}
			if text := fmt.Sprint(o.Detail, o.Kind); strings.Contains(text, "testdata") {
				t.Errorf("%s says where the submission lies: %s", c.test, text)
			}
		}
	}
	_, err = w.Run(t.Context(), worker.Task{Test: "TestNone2A"}, patience)
	if !lost(err, false, "TestNone2A cannot be run") {
		t.Errorf("a test that does not exist: %v", err)
	}
	w.Stop() // again
}

func lost(err error, hung bool, text string) bool {
	var lost *worker.LostError
	return errors.As(err, &lost) && lost.Hung == hung && strings.Contains(lost.Text, text)
}

func TestDoesNotCompile(t *testing.T) {
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "raft"), 0o777); err != nil {
		t.Fatal(err)
	}
	text := "package raft\n\nvar x int = \"\"\n"
	if err := os.WriteFile(filepath.Join(dir, "raft", "raft.go"), []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
	w, opened, err := worker.Start(t.Context(), command(t, "good"), tiny(t, dir))
	if err != nil || w != nil || len(opened.Problems) == 0 || opened.Lost != "" {
		t.Fatalf("%+v, %v", opened, err)
	}
	if p := opened.Problems[0]; p.File != "raft/raft.go" || p.Line != 3 || !strings.Contains(p.Text, "cannot use") {
		t.Errorf("the compiler says %+v", p)
	}
	u := tiny(t, dir)
	u.Root = dir
	if _, opened, err := worker.Start(t.Context(), command(t, "good"), u); err != nil || opened.Lost == "" {
		t.Errorf("without a lab: %+v, %v", opened, err)
	}
}

func TestWorkersThatGoWrong(t *testing.T) {
	for how, want := range map[string]struct {
		hung bool
		text string
	}{
		"panics":  {false, "has died: panic: in the simulator"},
		"exits":   {false, "has died: exit status 7"},
		"spins":   {true, "did not come back"},
		"babbles": {false, "what is no answer"},
		"forges":  {false, "without a verdict"},
	} {
		w, opened, err := worker.Start(t.Context(), command(t, how), worker.Unit{Limits: sim.Limits{}})
		if err != nil {
			t.Fatalf("%s: %+v, %v", how, opened, err)
		}
		o, err := w.Run(t.Context(), worker.Task{Test: "TestInitialElection2A", Seed: 1}, 300*time.Millisecond)
		if !lost(err, want.hung, want.text) {
			t.Errorf("%s: got %+v, %v; want %q", how, o, err, want.text)
		}
		w.Stop()
	}
	if _, _, err := worker.Start(t.Context(), []string{filepath.Join(t.TempDir(), "none")}, worker.Unit{}); err == nil {
		t.Error("a program that is not there was started")
	}
}

func TestGivingUp(t *testing.T) {
	w, _, err := worker.Start(t.Context(), command(t, "spins"), worker.Unit{})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := w.Run(ctx, worker.Task{}, time.Minute); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v", err)
	}
}
