package grader

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"
	"sync"
	"time"

	"raftlab/internal/grader/course"
	"raftlab/internal/grader/intake"
	"raftlab/internal/grader/journal"
	"raftlab/internal/grader/results"
	"raftlab/internal/grader/worker"
	"raftlab/internal/sim"
)

// batch is a grading under way.
type batch struct {
	Options
	journal     *journal.Journal
	submissions []*submission // by name
	units       []*unit
	index       map[unitName]*unit

	mu       sync.Mutex // guards all below, and what units say it guards
	changed  *sync.Cond
	prepared int // how many of units somebody prepares, or has
	pending  int // of those, how many are not ready yet
	progress Progress
}

// submission is one of a batch.
type submission struct {
	source  intake.Source
	staged  intake.Staged
	refusal *intake.Refusal // it is not graded, by its own fault
	lost    string          // nothing was found out about it, and why
	took    time.Duration   // to take in
	units   []*unit
}

type unitName struct{ submission, lab string }

// unit is a lab of a submission: what is built, and judged, by itself.
type unit struct {
	of    *submission
	lab   string
	tasks []task         // in the order of tests and seeds
	first map[string]int // of each test: its first task

	// Guarded by the batch's lock.
	built *journal.Built // nil: not known
	runs  []*journal.Run // of each task; nil: no record
	next  int            // the first task that nobody has taken
	busy  int            // tasks that are taken and not done
	lost  int            // runs that are
	state state
	spare *worker.Worker // a process that has it open and that nobody uses
}

type task struct {
	test   course.Test
	number int // of its seed
}

// state is where a unit is on its way.
type state int

const (
	waiting state = iota
	ready         // can be run
	claimed       // somebody does
	done
)

// takeIn stages all submissions, side by side.
func (b *batch) takeIn(ctx context.Context, sources []intake.Source) error {
	dir := filepath.Join(b.Out, stagedDir)
	if err := errors.Join(os.RemoveAll(dir), os.MkdirAll(dir, 0o777)); err != nil {
		return fmt.Errorf("take submissions in: %w", err)
	}
	b.submissions = make([]*submission, len(sources))
	slices.SortFunc(sources, func(a, b intake.Source) int {
		if a.Name < b.Name {
			return -1
		}
		return 1
	})
	var all sync.WaitGroup
	var mu sync.Mutex // guards count
	slots, count := make(chan struct{}, b.Jobs), 0
	for i, source := range sources {
		all.Go(func() {
			slots <- struct{}{}
			defer func() { <-slots }()
			if ctx.Err() == nil {
				b.submissions[i] = b.stage(ctx, source, filepath.Join(dir, source.Name))
			}
			mu.Lock()
			defer mu.Unlock()
			count++
			b.Progress(Progress{Doing: "taking in", Submissions: len(sources), Done: count})
		})
	}
	all.Wait()
	if ctx.Err() != nil {
		return ctx.Err()
	}
	b.index = map[unitName]*unit{}
	for _, s := range b.submissions {
		b.divide(s)
		for _, u := range s.units {
			b.units = append(b.units, u)
			b.index[unitName{s.source.Name, u.lab}] = u
		}
	}
	return nil
}

// stage takes one submission in.
func (b *batch) stage(ctx context.Context, source intake.Source, dir string) *submission {
	s := &submission{source: source}
	began := time.Now()
	var err error
	func() {
		defer func() {
			if p := recover(); p != nil { // an archive is anybody's
				err = fmt.Errorf("taking it in panicked: %v\n%s", p, debug.Stack())
			}
		}()
		s.staged, err = intake.Stage(ctx, source, dir, intake.Options{Allow: b.Course.Allow, Labs: b.Course.Labs})
	}()
	s.took = time.Since(began)
	switch {
	case errors.As(err, &s.refusal):
		s.staged.Hash = fmt.Sprintf("refused %x", sha256.Sum256([]byte(s.refusal.Error())))
	case err != nil:
		s.lost = err.Error()
	}
	if err != nil {
		_ = os.RemoveAll(dir) // what of it was written is of no use, and what stays does no harm
	}
	return s
}

// divide makes the units of a submission.
func (b *batch) divide(s *submission) {
	if s.refusal != nil || s.lost != "" {
		return
	}
	for _, lab := range b.Course.Labs {
		if !s.has(lab, b.Course) {
			continue
		}
		u := &unit{of: s, lab: lab, first: map[string]int{}}
		for _, test := range b.Course.Tests {
			if test.Lab() != lab {
				continue
			}
			u.first[test.Scenario.Name] = len(u.tasks)
			for number := range test.Seeds.Count() {
				u.tasks = append(u.tasks, task{test, number})
			}
		}
		if u.runs = make([]*journal.Run, len(u.tasks)); len(u.tasks) > 0 {
			s.units = append(s.units, u)
		}
	}
}

// has says whether there is what a lab is about.
func (s *submission) has(lab string, c course.Course) bool {
	if lab == course.Raft {
		return s.staged.Raft
	}
	return s.staged.KV && (s.staged.Raft || c.ReferenceRaft)
}

// recall takes in what the journal knows. What found out nothing is found out anew.
func (b *batch) recall(e journal.Entry) {
	switch {
	case e.Built != nil && e.Built.Lost == "":
		if u := b.index[unitName{e.Built.Submission, e.Built.Lab}]; u != nil {
			u.built = e.Built
		}
	case e.Run != nil && e.Run.Verdict != "" && e.Run.Verdict != string(sim.Infrastructure):
		test, known := b.Course.Test(e.Run.Test)
		u := b.index[unitName{e.Run.Submission, test.Lab()}]
		if known && u != nil && e.Run.Number >= 0 && e.Run.Number < test.Seeds.Count() {
			u.runs[u.first[e.Run.Test]+e.Run.Number] = e.Run
		}
	}
}

// tidyUp removes what nobody needs after a grading that has ended well.
func (b *batch) tidyUp() error {
	if err := os.RemoveAll(filepath.Join(b.Out, cacheDir)); err != nil {
		return fmt.Errorf("tidy up: %w", err)
	}
	return nil
}

// document sums up what is known.
func (b *batch) document(interrupted bool) results.Document {
	b.mu.Lock()
	defer b.mu.Unlock()
	d := results.Document{Schema: results.Schema, Course: b.Course.Describe(), Interrupted: interrupted,
		Submissions: []results.Submission{}}
	total := &results.Timing{}
	for _, s := range b.submissions {
		sub := b.score(s, interrupted)
		total.Stage += sub.Timing.Stage
		total.Build += sub.Timing.Build
		total.Run += sub.Timing.Run
		total.Virtual += sub.Timing.Virtual
		d.Submissions = append(d.Submissions, sub)
	}
	d.Timing = total
	if !b.Timing {
		d.Timing = nil
		for i := range d.Submissions {
			d.Submissions[i].Timing = nil
			for j := range d.Submissions[i].Tests {
				d.Submissions[i].Tests[j].Timing = nil
			}
		}
	}
	return d
}
