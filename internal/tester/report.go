package tester

import (
	"fmt"
	"strings"
	"time"

	"raftlab/internal/trace"
)

// Names of the invariants; the package doc says what each demands.
const (
	ElectionSafety     = "ElectionSafety"
	StateMachineSafety = "StateMachineSafety"
	LeaderCompleteness = "LeaderCompleteness"
	Monotonic          = "Monotonic"
	Causality          = "Causality" // something was applied that no chain of messages could have told
	Quorum             = "Quorum"    // something was committed, or somebody elected, without a majority
	Linearizable       = "Linearizable"
	Progress           = "Progress"
	Budget             = "Budget"
	NoLeak             = "NoLeak"
	Undecided          = "Undecided" // the linearizability check ran out of a budget
	Misuse             = "Misuse"    // the network was called in a way that cannot work
	Panic              = "Panic"     // a server panicked
	TimeLimit          = "TimeLimit" // the scenario did not end in time
)

const (
	// shownEvents is how many events a failure shows,
	shownEvents = 24
	// memory among how many of the latest they are looked for.
	memory = 4096
)

// Failure is why a run did not pass.
type Failure struct {
	Invariant string // which of the names above
	Message   string // what happened and what should have
	Events    []trace.Event

	at time.Duration // when
}

// Error returns the invariant and the message on one line.
func (f *Failure) Error() string { return f.Invariant + ": " + f.Message }

// Report returns all there is to say, in several lines.
func (f *Failure) Report() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n", f.Error())
	if len(f.Events) > 0 {
		b.WriteString("the last events that matter:\n")
		for _, e := range f.Events {
			fmt.Fprintf(&b, "  %s\n", e)
		}
	}
	return b.String()
}

// matters says whether an event helps to understand a failure of the given invariant. Messages are most
// of a run and rarely tell anything, but where time or traffic is the complaint they do.
func matters(invariant string, e trace.Event) bool {
	switch e.Kind {
	case trace.Violation:
		return false // the report begins with it
	case trace.Request, trace.Deliver, trace.Reply, trace.Return, trace.Drop:
		return invariant == Progress || invariant == Budget || invariant == TimeLimit ||
			invariant == ElectionSafety
	case trace.Save:
		return invariant == Monotonic || invariant == LeaderCompleteness
	default:
		return true
	}
}

// telling picks the latest events that matter to a failure: none that came after it, while the run was being
// ended.
func telling(f *Failure, events []trace.Event) []trace.Event {
	var picked []trace.Event
	for i := len(events) - 1; i >= 0 && len(picked) < shownEvents; i-- {
		if events[i].At <= f.at && matters(f.Invariant, events[i]) {
			picked = append(picked, events[i])
		}
	}
	for i, j := 0, len(picked)-1; i < j; i, j = i+1, j-1 {
		picked[i], picked[j] = picked[j], picked[i]
	}
	return picked
}
