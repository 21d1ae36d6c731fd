package sim_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"raftlab/internal/sim"
	"raftlab/internal/sim/build"
	"raftlab/internal/suite"
)

// shared is what the tests of one run have in common.
var shared = sync.OnceValues(func() (*build.Builder, error) {
	root, err := build.FindRoot()
	if err != nil {
		return nil, err
	}
	return build.New(build.Config{Root: root, Cache: filepath.Join(os.TempDir(), "raftlab-sim-test", "programs")})
})

// machineCode is where compiled programs are kept between tests and runs.
func machineCode() string { return filepath.Join(os.TempDir(), "raftlab-sim-test", "machine-code") }

func code(spec build.Spec) (sim.Code, error) {
	builder, err := shared()
	if err != nil {
		return sim.Code{}, err
	}
	spec.Reactor = true
	module, err := builder.Build(context.Background(), spec)
	if err != nil {
		return sim.Code{}, err
	}
	return sim.CodeOf(module)
}

// referenceCode is the project's own Raft and service.
var referenceCode = sync.OnceValues(func() (sim.Code, error) {
	return code(build.Spec{Raft: filepath.Join("..", "..", "raft"), KV: filepath.Join("..", "..", "kvraft"),
		Tags: []string{"raftlab_kv"}})
})

var reference = sync.OnceValues(func() (*sim.Program, error) {
	c, err := referenceCode()
	if err != nil {
		return nil, err
	}
	return sim.Load(context.Background(), c, machineCode())
})

// faulty is a program with many faults, of which its environment chooses one.
var faulty = sync.OnceValues(func() (sim.Code, error) {
	return code(build.Spec{Raft: filepath.Join("testdata", "faulty", "raft")})
})

// judge runs a short scenario on the program with one of its faults.
func judge(t *testing.T, fault string) sim.Result {
	t.Helper()
	c, err := faulty()
	if err != nil {
		t.Fatal(err)
	}
	c.Env = append(slices.Clone(c.Env), "FAULT="+fault)
	p, err := sim.Load(context.Background(), c, machineCode())
	var broken *sim.LoadError
	if errors.As(err, &broken) {
		return sim.Result{Verdict: broken.Verdict, Detail: broken.Ending}
	}
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	s, found := suite.Find("TestInitialElection2A")
	if !found {
		t.Fatal("there is no such scenario")
	}
	limits := sim.Limits{Memory: 64 << 20, Output: 1 << 20}
	if strings.HasPrefix(fault, "endless") {
		limits.CPU = 2 * time.Second
	}
	return sim.Run(context.Background(), sim.Job{Program: p, Scenario: s, Seed: 1, Limits: limits})
}

// line returns the name and number of the line of the faulty program that bears a mark.
func line(t *testing.T, mark string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", "faulty", "raft", "raft.go"))
	if err != nil {
		t.Fatal(err)
	}
	before, _, found := strings.Cut(string(text), "// "+mark+"\n")
	if !found {
		t.Fatalf("no line is marked %q", mark)
	}
	return fmt.Sprintf("raft.go:%d", strings.Count(before, "\n")+1)
}

func TestVerdicts(t *testing.T) {
	for _, test := range []struct {
		fault   string
		verdict sim.Verdict
		peer    string
		detail  string // part of what it says
	}{
		{"", sim.Passed, "", ""},
		{"lock across a sleep", sim.Passed, "", ""},
		{"busy loop", sim.Passed, "", ""},
		{"nil dereference", sim.Panicked, "server 1", line(t, "nil")},
		{"exit", sim.Exited, "server 1", "os.Exit(3)"},
		{"exit in init", sim.Exited, "", "os.Exit(0)"},
		{"panic in init", sim.Panicked, "", "in an init function: panic: not today"},
		{"trap", sim.Panicked, "server 1", "was stopped: wasm error: unreachable"},
		{"input", sim.Passed, "", ""},
		{"blocked", sim.Deadlocked, "server 1", "raft.Make"},
		{"lock never released", sim.Deadlocked, "server 1", "GetState"},
		{"endless loop", sim.CPULimit, "server 1", "raft.go"},
		{"endless loop of calls", sim.CPULimit, "server 1", "raft.go"},
		{"endless in the library", sim.CPULimit, "server 1", "has computed for 2s"},
		{"memory", sim.MemoryLimit, "server 1", "64 MB"},
		{"output", sim.OutputLimit, "server 1", "1048576 bytes"},
		{"shared variable", sim.Failed, "", "ElectionSafety"},
		{"leak", sim.Failed, "", "NoLeak"},
		{"unknown method", sim.Failed, "", "Misuse"},
	} {
		t.Run(test.fault, func(t *testing.T) {
			r := judge(t, test.fault)
			if r.Verdict != test.verdict || r.Peer != test.peer ||
				!strings.Contains(r.Detail, test.detail) && !strings.Contains(r.String(), test.detail) {
				t.Errorf("verdict %q on %q: %s\n%v\nwant %q on %q: …%s…", r.Verdict, r.Peer, r.Detail, r,
					test.verdict, test.peer, test.detail)
			}
			if test.verdict == sim.Panicked && strings.Count(r.Detail, "\n") > 40 {
				t.Errorf("the report is too long to read:\n%s", r.Detail)
			}
		})
	}
}

// A killed peer's timer that is still set is worth a note; strictly taken it is a leak.
func TestATimerLeftSet(t *testing.T) {
	r := judge(t, "timer")
	if r.Verdict != sim.Passed || len(r.Notes) == 0 || !strings.Contains(r.Notes[0], "a timer is still set") {
		t.Errorf("verdict %q, notes %q", r.Verdict, r.Notes)
	}
	if r = judge(t, ""); len(r.Notes) > 0 {
		t.Errorf("without a timer there are notes: %q", r.Notes)
	}
}
