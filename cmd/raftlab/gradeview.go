package main

import (
	"fmt"
	"io"
	"sync"
	"time"

	"raftlab/internal/grader"
)

// gradeView shows how far a grading is.
type gradeView struct {
	out   *terminal
	began time.Time
	over  chan struct{}
	ended sync.WaitGroup

	mu    sync.Mutex // guards all below
	now   grader.Progress
	since time.Time // of the first run
}

// newGradeView begins to show a line of progress, if w is a terminal.
func newGradeView(w io.Writer) *gradeView {
	v := &gradeView{out: newTerminal(w), began: time.Now(), over: make(chan struct{})}
	if !v.out.is {
		return v
	}
	v.ended.Go(func() {
		const often = 200 * time.Millisecond
		tick := time.NewTicker(often)
		defer tick.Stop()
		for {
			select {
			case <-v.over:
				return
			case <-tick.C:
				v.out.live(v.line())
			}
		}
	})
	return v
}

// update takes in how far the grading is.
func (v *gradeView) update(p grader.Progress) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if p.Runs > 0 && v.since.IsZero() {
		v.since = time.Now()
	}
	v.now = p
}

// close ends the line of progress.
func (v *gradeView) close() {
	close(v.over)
	v.ended.Wait()
	v.out.clear()
}

// line is a line of progress: how much is done, how fast, and how long it will take.
func (v *gradeView) line() string {
	v.mu.Lock()
	defer v.mu.Unlock()
	p := v.now
	if p.Runs == 0 {
		if p.Done > 0 {
			return fmt.Sprintf("%s: %d of %s", p.Doing, p.Done, plural(p.Submissions, "submission"))
		}
		return p.Doing + " …"
	}
	line := fmt.Sprintf("%d of %s done, %d of %s", p.Done, plural(p.Submissions, "submission"), p.Made,
		plural(p.Runs, "run"))
	took, made := time.Since(v.since), p.Made-p.Earlier
	if made == 0 {
		return line + ", building"
	}
	left := took * time.Duration(p.Runs-p.Made) / time.Duration(made)
	return line + fmt.Sprintf(", %.1f runs/s, %v left", float64(made)/took.Seconds(), left.Round(time.Second))
}

// summary says what was done and how fast.
func (v *gradeView) summary() string {
	v.mu.Lock()
	defer v.mu.Unlock()
	took := time.Since(v.began)
	made := v.now.Made - v.now.Earlier
	return fmt.Sprintf("%s, %s in %.1f s (%.1f runs/s)", plural(v.now.Submissions, "submission"), plural(made, "run"),
		took.Seconds(), float64(made)/took.Seconds())
}
