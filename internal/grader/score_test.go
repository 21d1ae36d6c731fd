package grader

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"strings"
	"testing"

	"raftlab/internal/grader/intake"
	"raftlab/internal/grader/journal"
	"raftlab/internal/grader/results"
)

// invented is a batch of one submission whose runs nobody makes, with an open journal.
func invented(t *testing.T, course string) (*batch, *unit) {
	t.Helper()
	b := &batch{Options: Options{Course: parse(t, course), Progress: func(Progress) {}}}
	s := &submission{source: intake.Source{Name: "ann"}, staged: intake.Staged{Raft: true, Hash: "h"}}
	b.submissions = []*submission{s}
	b.divide(s)
	u := s.units[0]
	u.built, u.state = &journal.Built{}, claimed
	var err error
	if b.journal, err = journal.Claim(filepath.Join(t.TempDir(), journalFile)); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { b.journal.Close() })
	b.start()
	return b, u
}

// outcomes are made up: what comes of each task, some of it lost.
func outcomes(u *unit, random *rand.Rand, lost int) []journal.Run {
	runs := make([]journal.Run, len(u.tasks))
	for i, task := range u.tasks {
		r := journal.Run{Submission: "ann", Test: task.test.Scenario.Name, Number: task.number, Verdict: "passed",
			Events: uint64(random.IntN(5))}
		if kind := random.IntN(4); kind > 0 {
			r.Verdict, r.Kind = "failed", fmt.Sprint("kind ", kind)
			r.Detail = &journal.Detail{Invariant: "I", Message: fmt.Sprint("of task ", i)}
		}
		if random.IntN(len(u.tasks)) < lost {
			r.Verdict, r.Kind, r.Lost = "infrastructure", "lost: x", true
			r.Detail = &journal.Detail{Message: "x"}
		}
		runs[i] = r
	}
	return runs
}

// TestOrderOfRunsDoesNotMatter has the runs of a unit end in any order, with some still under way when too many are
// lost.
func TestOrderOfRunsDoesNotMatter(t *testing.T) {
	const several = `{labs: [raft], seeds: {public: 9, hidden: 3, secret: ` + secret + `},
		parts: {2B: {skip: true}, 2C: {skip: true}, 2D: {skip: true}}}`
	random, givenUp := rand.New(rand.NewPCG(3, 4)), 0
	for round := range 21 {
		var want string
		_, u := invented(t, several)
		made := outcomes(u, random, []int{0, 3, 15}[round%3])
		for range 4 {
			b, u := invented(t, several)
			play(b, u, made, random)
			text, err := json.MarshalIndent(b.document(false), "", " ")
			if err != nil {
				t.Fatal(err)
			}
			if want == "" {
				want = string(text)
			}
			if string(text) != want {
				t.Fatalf("in another order:\n%s\nfirst:\n%s", text, want)
			}
		}
		if strings.Contains(want, "since 10 runs before it were lost") {
			givenUp++
		}
	}
	if givenUp == 0 || givenUp == 21 {
		t.Errorf("%d of 21 units were given up", givenUp)
	}
}

// play has up to four slots take tasks in order, and end in any.
func play(b *batch, u *unit, made []journal.Run, random *rand.Rand) {
	var busy []int
	for {
		for len(busy) < 4 && u.next < len(u.tasks) {
			busy = append(busy, u.next)
			u.next = u.skip(u.next + 1)
			u.busy++
		}
		if len(busy) == 0 {
			return
		}
		i := random.IntN(len(busy))
		r := made[busy[i]]
		b.record(u, busy[i], &r, func(error) {})
		busy = append(busy[:i], busy[i+1:]...)
	}
}

func TestMissingRecordsAreBroken(t *testing.T) {
	b, u := invented(t, small)
	for at, verdict := range []string{"passed", "", "failed"} {
		b.record(u, at, &journal.Run{Test: u.tasks[at].test.Scenario.Name, Number: at, Verdict: verdict,
			Kind: fmt.Sprint(at)}, func(error) {})
	}
	s := b.document(false).Submissions[0]
	if got := short(s); got != "graded 1.33: 1+1+1 0+0+3 0+0+3 0+0+3" {
		t.Errorf("three records of twelve: %s", got)
	}
	if f := s.Tests[1].Failures; len(f) != 1 || f[0].Verdict != "infrastructure" ||
		f[0].Message != "has left no record" || f[0].Runs != 3 {
		t.Errorf("without a record: %+v", f)
	}
	again := b.document(true).Submissions[0]
	if short(again) != short(s) || again.Tests[1].Failures != nil {
		t.Errorf("interrupted: %+v", again)
	}
}

func TestStatuses(t *testing.T) {
	both := "labs: [raft, kv]\nseeds: {public: 1}"
	problem := []results.Place{{File: "kvraft/server.go", Line: 1, Column: 2, Text: "no"}}
	for name, c := range map[string]struct {
		raft, kv *journal.Built
		want     string
		first    string // failure of the first test of the service
	}{
		"both built":          {&journal.Built{}, &journal.Built{}, "graded", "has left no record"},
		"no service compiles": {&journal.Built{}, &journal.Built{Problems: problem}, "graded", "solution/server.go:1:2: no"},
		"neither compiles":    {&journal.Built{Problems: problem}, &journal.Built{Problems: problem}, "could not build", ""},
		"one lost":            {&journal.Built{}, &journal.Built{Lost: "no disk"}, "graded", "no disk"},
		"both lost":           {&journal.Built{Lost: "x"}, &journal.Built{Lost: "x"}, "infrastructure", ""},
		"one not known":       {&journal.Built{Problems: problem}, nil, "infrastructure", ""},
	} {
		b := &batch{Options: Options{Course: parse(t, both), Out: "/out"}}
		s := &submission{staged: intake.Staged{Raft: true, KV: true,
			Origin: map[string]string{"kvraft/server.go": "solution/server.go"}}}
		b.divide(s)
		s.units[0].built, s.units[1].built = c.raft, c.kv
		got := b.score(s, false)
		service := got.Tests[len(got.Tests)-1]
		said := ""
		if len(service.Failures) > 0 {
			said = service.Failures[0].Message
		}
		if got.Status != c.want || said != c.first || got.Score != 0 {
			t.Errorf("%s: %s, %v points, %q; want %s, %q", name, got.Status, got.Score, said, c.want, c.first)
		}
		if c.want == "could not build" && (len(got.Problems) != 1 || got.Problems[0].File != "solution/server.go") {
			t.Errorf("%s: problems %+v", name, got.Problems)
		}
	}
	b := &batch{Options: Options{Course: parse(t, both), Out: "/out"}}
	alone := &submission{staged: intake.Staged{KV: true}}
	b.divide(alone)
	if got := b.score(alone, false); got.Status != results.NotAccepted || len(got.Notes) != 1 {
		t.Errorf("a service alone: %+v", got)
	}
	b.Course = parse(t, both+"\nreference-raft: true")
	b.divide(alone)
	if len(alone.units) != 1 || alone.units[0].lab != "kv" {
		t.Errorf("a service alone, on the course's Raft: %d units", len(alone.units))
	}
	if got := b.score(alone, true); len(got.Notes) != 1 || got.Notes[0] != "kvraft runs on the course's own raft" {
		t.Errorf("a service alone, on the course's Raft: notes %q", got.Notes)
	}
}

// TestJournalThatCannotBeWritten ends the grading: what it finds out would be lost.
func TestJournalThatCannotBeWritten(t *testing.T) {
	b, u := invented(t, small)
	u.state, b.units = waiting, []*unit{u}
	b.Worker, b.Root, b.Cache, b.Jobs = workerCommand(t, "good"), root(t), cache(), 1
	u.of.staged.Dir = filepath.Join(submissions(t, "skeleton"), "skeleton")
	b.journal.Close()
	if err := b.run(t.Context()); err == nil || !strings.Contains(err.Error(), "write the journal") {
		t.Errorf("got %v", err)
	}
}
