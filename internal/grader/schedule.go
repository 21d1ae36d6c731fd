package grader

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"raftlab/internal/grader/journal"
	"raftlab/internal/grader/worker"
	"raftlab/internal/sim"
)

// mostLost is how many runs of a unit may be lost until those that follow are not made any more.
const mostLost = 10

// run builds and runs all that is not known yet. It returns the first error in writing the journal; that ctx is done is
// none.
func (b *batch) run(ctx context.Context) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	b.start()
	defer context.AfterFunc(ctx, func() {
		b.mu.Lock()
		defer b.mu.Unlock()
		b.changed.Broadcast()
	})()
	var all sync.WaitGroup
	for range preparers(b.Jobs) {
		all.Go(func() { b.prepareUnits(ctx, cancel) })
	}
	for range b.Jobs {
		all.Go(func() { b.serve(ctx, cancel) })
	}
	all.Wait()
	for _, u := range b.units {
		if u.spare != nil {
			u.spare.Stop()
		}
	}
	var failed *writeError
	if errors.As(context.Cause(ctx), &failed) {
		return failed.err
	}
	return nil
}

// preparers is how many units are prepared at a time, and how many may be ready beside those that run. A build keeps
// several cores busy by itself.
func preparers(jobs int) int { return max(1, jobs/2) }

// writeError ends a grading whose journal cannot be written.
type writeError struct{ err error }

// Error implements error.
func (e *writeError) Error() string { return e.err.Error() }

// start counts what there is to do, and marks what is done already.
func (b *batch) start() {
	b.changed = sync.NewCond(&b.mu)
	b.mu.Lock()
	defer b.mu.Unlock()
	b.progress = Progress{Doing: "grading", Submissions: len(b.submissions)}
	for _, u := range b.units {
		b.progress.Runs += len(u.tasks)
		for _, r := range u.runs {
			if r != nil {
				b.progress.Made++
			}
		}
		if u.next = u.skip(0); u.next == len(u.tasks) || u.built != nil && u.built.Problems != nil {
			b.finish(u)
		}
	}
	b.progress.Earlier = b.progress.Made
	b.report()
}

// skip returns the first task from at on that has no record.
func (u *unit) skip(at int) int {
	for at < len(u.tasks) && u.runs[at] != nil {
		at++
	}
	return at
}

// Methods that need the lock.

// finish ends a unit. Runs that were not made are not waited for.
func (b *batch) finish(u *unit) {
	u.state = done
	u.next = len(u.tasks)
	for _, r := range u.runs {
		if r == nil {
			b.progress.Runs--
		}
	}
}

func (b *batch) report() {
	b.progress.Done = 0
	for _, s := range b.submissions {
		over := true
		for _, u := range s.units {
			over = over && u.state == done
		}
		if over {
			b.progress.Done++
		}
	}
	b.Progress(b.progress)
}

// choose returns the unit that a slot without one is to work on: one that nobody works on, else one that has
// tasks left; nil if there is none now.
func (b *batch) choose() *unit {
	var shared *unit
	for _, u := range b.units {
		switch {
		case u.state == ready:
			u.state = claimed
			return u
		case u.state == claimed && u.next < len(u.tasks) && shared == nil:
			shared = u
		}
	}
	return shared
}

// ahead returns how many units are ready and not claimed.
func (b *batch) ahead() int {
	n := 0
	for _, u := range b.units {
		if u.state == ready {
			n++
		}
	}
	return n
}

// Methods that take the lock.

// prepareUnits prepares one unit after the other, but not too many ahead.
func (b *batch) prepareUnits(ctx context.Context, cancel context.CancelCauseFunc) {
	for {
		b.mu.Lock()
		for ctx.Err() == nil && b.ahead() >= preparers(b.Jobs) {
			b.changed.Wait()
		}
		for b.prepared < len(b.units) && b.units[b.prepared].state == done {
			b.prepared++
		}
		if ctx.Err() != nil || b.prepared == len(b.units) {
			b.changed.Broadcast() // nothing more is to come
			b.mu.Unlock()
			return
		}
		u := b.units[b.prepared]
		b.prepared++
		b.pending++
		b.mu.Unlock()

		w, built := b.open(ctx, u)
		if built != nil {
			if err := b.journal.Append(journal.Entry{Built: built}); err != nil {
				cancel(&writeError{err})
			}
		}
		b.mu.Lock()
		b.pending--
		switch {
		case built == nil: // ctx is done
		case w == nil:
			u.built = built
			b.finish(u)
			b.clean(u)
		default:
			u.built, u.spare, u.state = built, w, ready
		}
		b.report()
		b.changed.Broadcast()
		b.mu.Unlock()
	}
}

// open builds a unit and starts a process for it: nil, if that finds out that it cannot be run. It returns no Built
// once ctx is done.
func (b *batch) open(ctx context.Context, u *unit) (*worker.Worker, *journal.Built) {
	built := &journal.Built{Submission: u.of.source.Name, Lab: u.lab}
	for range 2 { // a process that dies may have been another's victim
		w, opened, err := worker.Start(ctx, b.Worker, b.workerUnit(u))
		if ctx.Err() != nil {
			if w != nil {
				w.Stop()
			}
			return nil, nil
		}
		built.Problems, built.Lost, built.Seconds = opened.Problems, opened.Lost, opened.Seconds
		if err == nil {
			return w, built
		}
		built.Lost = err.Error()
		if lost := (*worker.LostError)(nil); errors.As(err, &lost) && lost.Hung {
			break
		}
	}
	return nil, built
}

func (b *batch) workerUnit(u *unit) worker.Unit {
	return worker.Unit{Root: b.Root, Dir: u.of.staged.Dir, Lab: u.lab, Cache: b.cacheOf(u), Limits: b.Course.Limits.Peer}
}

// cacheOf returns the folder for a unit's programs.
func (b *batch) cacheOf(u *unit) string {
	if b.Cache != "" {
		return b.Cache
	}
	return filepath.Join(b.Out, cacheDir, u.of.source.Name+"-"+u.lab)
}

// clean removes what a finished unit has left in the cache. What cannot be removed stays until the end.
func (b *batch) clean(u *unit) {
	if b.Cache == "" {
		_ = os.RemoveAll(b.cacheOf(u))
	}
}

// serve is one slot: it makes one run at a time, in a process for the unit that it works on.
func (b *batch) serve(ctx context.Context, cancel context.CancelCauseFunc) {
	var u *unit
	var w *worker.Worker
	defer func() {
		if w != nil {
			w.Stop()
		}
	}()
	for {
		next, at := b.take(ctx, u)
		if next != u && w != nil {
			w.Stop()
			w = nil
		}
		if u = next; u == nil {
			return
		}
		if w == nil {
			w = b.borrow(u)
		}
		var r *journal.Run
		if r, w = b.try(ctx, u, at, w); r == nil {
			return // ctx is done
		}
		b.record(u, at, r, cancel)
	}
}

// take waits for a task: of unit u, if that has any left. It returns no unit if there will be none.
func (b *batch) take(ctx context.Context, u *unit) (*unit, int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for ctx.Err() == nil {
		if u == nil || u.next == len(u.tasks) {
			u = b.choose()
		}
		switch {
		case u != nil:
			at := u.next
			u.next = u.skip(at + 1)
			u.busy++
			b.changed.Broadcast() // a unit fewer may be ahead
			return u, at
		case b.prepared == len(b.units) && b.pending == 0:
			return nil, 0
		}
		b.changed.Wait()
	}
	return nil, 0
}

// borrow takes the process that was started with a unit, if nobody has it.
func (b *batch) borrow(u *unit) *worker.Worker {
	b.mu.Lock()
	defer b.mu.Unlock()
	w := u.spare
	u.spare = nil
	return w
}

// record notes what came of a task.
func (b *batch) record(u *unit, at int, r *journal.Run, cancel context.CancelCauseFunc) {
	b.mu.Lock()
	if r.Detail != nil && u.hasBetter(at, r) {
		r.Detail = nil
	}
	u.runs[at] = r
	u.busy--
	b.progress.Made++
	if r.Lost {
		if u.lost++; u.lost == mostLost {
			u.next = len(u.tasks)
		}
	}
	over := u.next == len(u.tasks) && u.busy == 0 && u.state == claimed
	if over {
		b.finish(u)
	}
	b.report()
	b.changed.Broadcast()
	b.mu.Unlock()
	if err := b.journal.Append(journal.Entry{Run: r}); err != nil {
		cancel(&writeError{err})
	}
	if over {
		b.clean(u)
	}
}

// hasBetter says whether a run of an earlier seed is the better example of how a run ended. Later ones are not looked
// at: those might not count in the end.
func (u *unit) hasBetter(at int, r *journal.Run) bool {
	for i := u.first[r.Test]; i < at; i++ {
		if other := u.runs[i]; other != nil && other.Kind == r.Kind && u.simpler(i, at, other, r) {
			return true
		}
	}
	return false
}

// simpler says whether the run of task i is a better example than that of task j: its seed can be told, it has fewer
// events, it comes first.
func (u *unit) simpler(i, j int, a, b *journal.Run) bool {
	hiddenA, hiddenB := u.tasks[i].hidden(), u.tasks[j].hidden()
	switch {
	case hiddenA != hiddenB:
		return hiddenB
	case a.Events != b.Events:
		return a.Events < b.Events
	}
	return i < j
}

func (t task) hidden() bool { return t.number >= t.test.Seeds.Public.Count }

// try makes a run, in w if that is a process for it, and returns the process for the next. A run whose process dies is
// made once more. It returns no run once ctx is done.
func (b *batch) try(ctx context.Context, u *unit, at int, w *worker.Worker) (*journal.Run, *worker.Worker) {
	t := u.tasks[at]
	r := &journal.Run{Submission: u.of.source.Name, Test: t.test.Scenario.Name, Number: t.number}
	job := worker.Task{Test: r.Test, Seed: b.Course.Seed(t.test, t.number)}
	why := ""
	for range 2 {
		var err error
		if w == nil {
			var opened worker.Opened
			w, opened, err = worker.Start(ctx, b.Worker, b.workerUnit(u))
			if err == nil && w == nil {
				err = &worker.LostError{Text: "the submission cannot be opened again: " + opened.Lost}
			}
		}
		var o worker.Outcome
		if err == nil {
			o, err = w.Run(ctx, job, b.Course.Limits.Run)
		}
		if err == nil {
			r.Verdict, r.Kind, r.Events, r.Virtual, r.Seconds = o.Verdict, o.Kind, o.Events, o.Virtual, o.Seconds
			r.Detail = o.Detail
			return r, w
		}
		w = nil
		if ctx.Err() != nil {
			return nil, nil
		}
		why = err.Error()
		if lost := (*worker.LostError)(nil); errors.As(err, &lost) && lost.Hung {
			break
		}
	}
	r.Verdict, r.Lost, r.Kind = string(sim.Infrastructure), true, "lost: "+why
	r.Detail = &journal.Detail{Message: strings.TrimSpace(why)}
	return r, nil
}
