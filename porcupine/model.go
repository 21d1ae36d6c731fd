package porcupine

import (
	"context"
	"fmt"
)

// Operation is one call of a client and its return, with the times of both.
//
// Call and Return may be in any unit and from any origin, as long as all operations of a history
// share one clock. The interval is closed: an operation that returned at 10 and one that was called
// at 10 are concurrent, since two reads of a clock may give the same time.
type Operation struct {
	ClientId int // who called; for pictures and reports only
	Input    any // what was asked
	Call     int64
	Output   any // what was answered
	Return   int64
	Metadata any // shown in pictures, never judged

	// Pending says that the operation never returned: it took effect at some time after Call, or
	// never. Return is then ignored. Step is given Output as it stands, and should let every
	// outcome of the call be; models in this repository take a nil Output for an unknown one.
	Pending bool

	_ struct{} // only keyed literals, so that fields can be added
}

// EventKind tells a call from a return.
type EventKind bool

// The two kinds of Event.
const (
	CallEvent   EventKind = false
	ReturnEvent EventKind = true
)

// Event is a call or a return. The order of a history's events is the order in which they happened.
//
// A call without a return is a pending operation (see [Operation]); Step is given a nil output for
// it.
type Event struct {
	ClientId int       // who called; for pictures and reports only
	Kind     EventKind // the call, or its return
	Value    any       // input of a call, output of a return
	Id       int       // ties a return to its call; one call and at most one return have it
	Metadata any       // shown in pictures; that of the return hides that of the call

	_ struct{} // only keyed literals
}

// Model is a sequential specification: what one client alone would see. Only Init and one of Step
// and StepContext must be set.
//
// Step must be a pure function: equal state, input and output give equal results, and none of the
// three is changed. It must end without a panic on any state that the model itself can make, as the
// checker may try an operation where the real system never ran it.
type Model struct {
	// Partition splits a history into parts that can be judged apart: the history is linearizable
	// if and only if each part is. A map, for instance, splits by key. Init and Step then speak of
	// one part. Nil: one part.
	Partition func(history []Operation) [][]Operation
	// PartitionEvent is Partition for histories of events. Nil: one part.
	PartitionEvent func(history []Event) [][]Event

	// Init returns the state before the first operation.
	Init func() any
	// Step reports whether an operation with that input can give that output in that state, and the
	// state after it.
	Step func(state, input, output any) (bool, any)
	// StepContext, when set, is called instead of Step. A slow model should end early when ctx is
	// done: what it returns then is not looked at.
	StepContext func(ctx context.Context, state, input, output any) (bool, any)

	// Equal reports whether two states are the same. Nil: ==, which needs states of a comparable
	// type.
	Equal func(state1, state2 any) bool
	// Hash returns a number that is the same for equal states. Nil: states that == can compare are
	// found by their value; others are compared with Equal alone, which is slower.
	Hash func(state any) uint64

	// Access says what an operation does to a state that is a plain value, and so opens the fast
	// path of a register or a string (see [Access]). Nil: the checker finds out for itself whether
	// the model behaves like a register, and searches when it does not.
	Access func(input, output any) Access

	// PartitionName names the partition that an operation with that input is in, for reports: its
	// key. Nil: "".
	PartitionName func(input any) string
	// DescribeOperation puts an operation into words, as in "get(x) -> 3". Nil: "input -> output"
	// by fmt's %v.
	DescribeOperation func(input, output any) string
	// DescribeState puts a state into words. Nil: fmt's %v.
	DescribeState func(state any) string
	// DescribeOperationMetadata puts metadata into words. Nil: fmt's %v, and "" for nil.
	DescribeOperationMetadata func(info any) string

	_ struct{} // only keyed literals
}

// CheckResult is the verdict on a history.
type CheckResult string

// The three verdicts. Unknown is no verdict at all: a budget that the caller set ran out. It is
// never a pass; without a budget it never occurs.
const (
	Unknown CheckResult = "Unknown"
	Ok      CheckResult = "Ok"
	Illegal CheckResult = "Illegal"
)

// filled returns m with its defaults in place of nil functions. The error names the function that
// is missing.
func (m Model) filled() (Model, error) {
	if m.Init == nil {
		return m, fmt.Errorf("porcupine: model has no Init: set it to a function that returns the first state")
	}
	if m.Step == nil && m.StepContext == nil {
		return m, fmt.Errorf("porcupine: model has neither Step nor StepContext: set one of them")
	}
	if m.Partition == nil {
		m.Partition = func(history []Operation) [][]Operation { return [][]Operation{history} }
	}
	if m.PartitionEvent == nil {
		m.PartitionEvent = func(history []Event) [][]Event { return [][]Event{history} }
	}
	if m.StepContext == nil {
		step := m.Step
		m.StepContext = func(_ context.Context, state, input, output any) (bool, any) {
			return step(state, input, output)
		}
	}
	if m.PartitionName == nil {
		m.PartitionName = func(any) string { return "" }
	}
	if m.DescribeOperation == nil {
		m.DescribeOperation = func(input, output any) string {
			return fmt.Sprintf("%v -> %v", input, output)
		}
	}
	if m.DescribeState == nil {
		m.DescribeState = func(state any) string { return fmt.Sprintf("%v", state) }
	}
	if m.DescribeOperationMetadata == nil {
		m.DescribeOperationMetadata = func(info any) string {
			if info == nil {
				return ""
			}
			return fmt.Sprintf("%v", info)
		}
	}
	return m, nil
}
