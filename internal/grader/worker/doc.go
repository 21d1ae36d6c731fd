// Package worker runs a submission's simulations in a process of their own, so that one which makes the simulator
// panic, hang or take all memory ends with nobody but itself.
//
// The side that grades starts a process whose standard input and output are a private pipe, and serves the other:
//
//	w, opened, err := worker.Start(ctx, command, worker.Unit{Root: root, Dir: staged.Dir, Lab: "raft"})
//	outcome, err := w.Run(ctx, worker.Task{Test: "TestBackup2B", Seed: 17}, 3*time.Minute)
//	var lost *worker.LostError // the process died, or did not come back and was killed
//	w.Stop()
//
//	worker.Serve(ctx, os.Stdin, os.Stdout) // in that process, which does nothing else
//
// On the pipe go lines of JSON: the Unit and an Opened, then a Task and an Outcome for each run. Nothing of what a
// submission prints goes there; it stays in the sandbox, and comes as a string in the Outcome.
package worker

import (
	"time"

	"raftlab/internal/grader/journal"
	"raftlab/internal/grader/results"
	"raftlab/internal/sim"
)

// Unit is what a worker is for: a lab of a submission.
type Unit struct {
	Root   string     // of the module's sources
	Dir    string     // that the submission lies in
	Lab    string     // course.Raft or course.KV
	Cache  string     // where programs are kept; "": a folder of the user's
	Limits sim.Limits // of each peer
}

// Opened is how building and loading a submission has ended: with neither field set, well.
type Opened struct {
	Problems []results.Place `json:"problems,omitempty"` // it does not compile
	Lost     string          `json:"lost,omitempty"`     // nothing was found out about it, and why
	Seconds  float64         `json:"seconds"`
}

// Task is a run to be made.
type Task struct {
	Test string `json:"test"`
	Seed uint64 `json:"seed"`
}

// Outcome is what came of a run.
type Outcome struct {
	Verdict string          `json:"verdict"`
	Kind    string          `json:"kind,omitempty"` // equal for runs that ended alike; "" for a pass
	Events  uint64          `json:"events"`
	Virtual float64         `json:"virtual"` // seconds
	Seconds float64         `json:"seconds"`
	Detail  *journal.Detail `json:"detail,omitempty"` // nil for a pass
}

// LostError says that a run or a build found out nothing: its process died, or was killed since it did not come back.
type LostError struct {
	Hung bool
	Text string
}

// Error implements error.
func (e *LostError) Error() string { return e.Text }

// How long a worker may take, beside the processor time that its user allows.
const (
	// openPatience is for building and loading, on the real clock.
	openPatience = 15 * time.Minute
	// idlePatience is how long a worker with work to do may use no processor time at all.
	idlePatience = 2 * time.Minute
)
