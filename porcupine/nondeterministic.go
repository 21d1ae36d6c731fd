package porcupine

import (
	"context"
	"fmt"
	"slices"
	"strings"
)

// NondeterministicModel is a specification in which one operation may lead to any of several
// states. Turn it into a [Model] with ToModel. Its fields mean what they mean in Model, but for
// these:
type NondeterministicModel struct {
	Partition      func(history []Operation) [][]Operation
	PartitionEvent func(history []Event) [][]Event

	// Init returns the states that the system may begin in.
	Init func() []any
	// Step returns the states that the system may be in after the operation; none if the operation
	// cannot give that output in that state.
	Step func(state, input, output any) []any
	// StepContext, when set, is called instead of Step.
	StepContext func(ctx context.Context, state, input, output any) []any

	Equal func(state1, state2 any) bool
	Hash  func(state any) uint64

	DescribeOperation         func(input, output any) string
	DescribeState             func(state any) string
	DescribeOperationMetadata func(info any) string

	_ struct{} // only keyed literals
}

// ToModel returns the deterministic model whose states are the sets (as []any) of states that nm
// may be in. Sets are compared without regard to order; Equal weeds out doubles. It panics if nm
// has neither Step nor StepContext.
//
// For models with wide choice, setting Hash pays: a set is then told from another by the hashes
// of its members.
func (nm *NondeterministicModel) ToModel() Model {
	step := nm.StepContext
	if step == nil {
		plain := nm.Step
		if plain == nil {
			panic("porcupine: nondeterministic model has neither Step nor StepContext: set one of them")
		}
		step = func(_ context.Context, state, input,
			output any) []any {
			return plain(state, input, output)
		}
	}
	sets := stateSets{equal: nm.Equal, hash: nm.Hash}
	if sets.equal == nil {
		sets.equal = func(state1, state2 any) bool { return state1 == state2 }
	}
	stepSet := func(ctx context.Context, state, input, output any) (bool, any) {
		var next []any
		for _, member := range state.([]any) {
			if ctx.Err() != nil {
				return false, nil
			}
			next = append(next, step(ctx, member, input, output)...)
		}
		if ctx.Err() != nil {
			return false, nil
		}
		next = sets.distinct(next)
		return len(next) > 0, next
	}
	init := nm.Init
	m := Model{
		Partition:      nm.Partition,
		PartitionEvent: nm.PartitionEvent,
		Init:           func() any { return sets.distinct(init()) },
		Step: func(state, input, output any) (bool, any) {
			return stepSet(context.Background(), state, input, output)
		},
		StepContext:               stepSet,
		Equal:                     sets.same,
		DescribeOperation:         nm.DescribeOperation,
		DescribeOperationMetadata: nm.DescribeOperationMetadata,
	}
	if nm.Hash != nil {
		m.Hash = sets.sum
	}
	filled, _ := m.filled() // cannot fail: it has Init and Step
	m.DescribeOperation = filled.DescribeOperation
	m.DescribeOperationMetadata = filled.DescribeOperationMetadata
	describe := nm.DescribeState
	if describe == nil {
		describe = func(state any) string { return fmt.Sprintf("%v", state) }
	}
	m.DescribeState = func(state any) string {
		var words []string
		for _, member := range state.([]any) {
			words = append(words, describe(member))
		}
		return "{" + strings.Join(words, ", ") + "}"
	}
	return m
}

// stateSets compares sets of states, each a []any without doubles in no particular order.
type stateSets struct {
	equal func(state1, state2 any) bool
	hash  func(state any) uint64 // nil: unknown
}

// distinct returns the first of each group of equal states, in the order given.
func (s stateSets) distinct(states []any) []any {
	if s.hash == nil {
		var kept []any
		for _, state := range states {
			if !s.contains(kept, state) {
				kept = append(kept, state)
			}
		}
		return kept
	}
	var kept []any
	seen := make(map[uint64][]any, len(states))
	for _, state := range states {
		h := s.hash(state)
		if !s.contains(seen[h], state) {
			seen[h] = append(seen[h], state)
			kept = append(kept, state)
		}
	}
	return kept
}

func (s stateSets) contains(states []any, state any) bool {
	return slices.ContainsFunc(states, func(other any) bool { return s.equal(state, other) })
}

// same reports whether two sets have the same members. Neither has doubles, so with equal sizes
// one direction is enough.
func (s stateSets) same(set1, set2 any) bool {
	a, b := set1.([]any), set2.([]any)
	if len(a) != len(b) {
		return false
	}
	for _, state := range a {
		if !s.contains(b, state) {
			return false
		}
	}
	return true
}

// sum hashes a set: a sum of scrambled hashes does not depend on order.
func (s stateSets) sum(set any) uint64 {
	var sum uint64
	for _, state := range set.([]any) {
		sum += mix(s.hash(state))
	}
	return sum
}
