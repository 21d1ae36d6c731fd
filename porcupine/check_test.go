package porcupine_test

import (
	"context"
	"math"
	"strings"
	"testing"

	"raftlab/porcupine"
	"raftlab/porcupine/models"
)

// register is a register of ints in the simplest form: nil reads.
func register() porcupine.Model {
	return porcupine.Model{
		Init: func() any { return 0 },
		Step: func(state, input, output any) (bool, any) {
			if input == nil {
				return output == state, state
			}
			return true, input
		},
	}
}

func read(call, ret int64, value any) porcupine.Operation {
	return porcupine.Operation{Call: call, Return: ret, Output: value}
}

func write(call, ret int64, value any) porcupine.Operation {
	return porcupine.Operation{Call: call, Return: ret, Input: value}
}

func TestVerdicts(t *testing.T) {
	never := func(op porcupine.Operation) porcupine.Operation {
		op.Pending = true
		return op
	}
	for _, test := range []struct {
		name    string
		history []porcupine.Operation
		want    porcupine.CheckResult
	}{
		{"nothing", nil, porcupine.Ok},
		{"a read sees a write under way", []porcupine.Operation{write(0, 100, 7), read(25, 75, 7),
			read(30, 60, 0)}, porcupine.Ok},
		{"what was seen is not unseen", []porcupine.Operation{write(0, 100, 7), read(10, 30, 7),
			read(40, 90, 0)}, porcupine.Illegal},
		{"touching intervals are concurrent", []porcupine.Operation{write(0, 10, 7),
			read(10, 20, 0)}, porcupine.Ok},
		{"intervals of no length", []porcupine.Operation{write(0, 100, 7), read(30, 30, 7),
			read(30, 30, 0)}, porcupine.Ok},
		{"no length, and in order", []porcupine.Operation{write(0, 100, 7), read(10, 10, 7),
			read(40, 90, 0)}, porcupine.Illegal},
		{"a value from nowhere", []porcupine.Operation{write(0, 1, 7), read(2, 3, 8)},
			porcupine.Illegal},
		{"a value from the future", []porcupine.Operation{read(0, 1, 7), write(2, 3, 7)},
			porcupine.Illegal},
		{"times at the ends of the clock", []porcupine.Operation{write(math.MinInt64, 0, 7),
			read(1, math.MaxInt64, 7)}, porcupine.Ok},
		{"a pending write happens late", []porcupine.Operation{never(write(0, 0, 7)), read(5, 6, 0),
			read(90, 91, 7)}, porcupine.Ok},
		{"a pending write happens once", []porcupine.Operation{never(write(0, 0, 7)),
			write(1, 2, 8), read(3, 4, 7),
			write(5, 6, 9), read(7, 8, 7)}, porcupine.Illegal},
		{"a pending write never happens", []porcupine.Operation{never(write(0, 0, 7)),
			read(5, 6, 0)}, porcupine.Ok},
		{"a pending write is not seen before its call",
			[]porcupine.Operation{read(0, 1, 7), never(write(2, 0, 7))}, porcupine.Illegal},
	} {
		t.Run(test.name, func(t *testing.T) {
			got := porcupine.CheckOperationsTimeout(register(), test.history, 0)
			if got != test.want {
				t.Errorf("operations: %s, want %s", got, test.want)
			}
			if porcupine.CheckOperations(register(), test.history) != (test.want == porcupine.Ok) {
				t.Errorf("CheckOperations does not agree with %s", got)
			}
			var info porcupine.LinearizationInfo
			got, info = porcupine.CheckOperationsVerbose(register(), test.history, 0)
			if got != test.want {
				t.Errorf("verbose: %s, want %s", got, test.want)
			}
			if test.want == porcupine.Ok && len(test.history) > 0 &&
				len(info.PartialLinearizations()[0]) != 1 {
				t.Errorf("orders of a legal history: %v", info.PartialLinearizations())
			}
		})
	}
}

func TestEvents(t *testing.T) {
	call, ret := porcupine.CallEvent, porcupine.ReturnEvent
	for _, test := range []struct {
		name   string
		events []porcupine.Event
		want   porcupine.CheckResult
	}{
		{"nothing", nil, porcupine.Ok},
		{"concurrent", []porcupine.Event{{Kind: call, Value: 7, Id: 3}, {Kind: call, Id: 9},
			{Kind: ret, Value: 0, Id: 9},
			{Kind: ret, Id: 3}}, porcupine.Ok},
		{"in turn", []porcupine.Event{{Kind: call, Value: 7, Id: 3}, {Kind: ret, Id: 3},
			{Kind: call, Id: 9},
			{Kind: ret, Value: 0, Id: 9}}, porcupine.Illegal},
		{"a write that never returns", []porcupine.Event{{Kind: call, Value: 7, Id: 3},
			{Kind: call, Id: 9},
			{Kind: ret, Value: 7, Id: 9}}, porcupine.Ok},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := porcupine.CheckEventsTimeout(register(), test.events, 0); got != test.want {
				t.Errorf("%s, want %s", got, test.want)
			}
			if porcupine.CheckEvents(register(), test.events) != (test.want == porcupine.Ok) {
				t.Errorf("CheckEvents does not agree with %s", test.want)
			}
			got, _ := porcupine.CheckEventsVerbose(register(), test.events, 0)
			if got != test.want {
				t.Errorf("verbose: %s, want %s", got, test.want)
			}
		})
	}
}

func TestEventTimesAreIndicesInTheWholeHistory(t *testing.T) {
	in := func(key string) models.KvInput {
		return models.KvInput{Op: models.KvPut, Key: key, Value: "v"}
	}
	_, info := porcupine.CheckEventsVerbose(models.KvModel, []porcupine.Event{
		{Kind: porcupine.CallEvent, Value: in("b"), Id: 1, Metadata: "called"},
		{Kind: porcupine.CallEvent, Value: in("a"), Id: 2, Metadata: "called"},
		{Kind: porcupine.ReturnEvent, Value: models.KvOutput{}, Id: 1},
		{Kind: porcupine.ReturnEvent, Value: models.KvOutput{}, Id: 2, Metadata: "returned"},
	}, 0)
	a := info.PartialLinearizationsOperations()[0][0][0]
	if a.Call != 1 || a.Return != 3 || a.Metadata != "returned" {
		t.Errorf("key a: call %d, return %d, metadata %v", a.Call, a.Return, a.Metadata)
	}
	if b := info.PartialLinearizationsOperations()[1][0][0]; b.Call != 0 || b.Return != 2 ||
		b.Metadata != "called" {
		t.Errorf("key b: call %d, return %d, metadata %v", b.Call, b.Return, b.Metadata)
	}
}

func TestUnusableInput(t *testing.T) {
	ctx := context.Background()
	slices := register()
	slices.Init = func() any { return []int{0} }
	for _, test := range []struct {
		name  string
		check func() error
		want  []string
	}{
		{"no Init", func() error {
			_, err := porcupine.Check(ctx, porcupine.Model{Step: register().Step}, nil,
				porcupine.Options{})
			return err
		}, []string{"Init"}},
		{"no Step", func() error {
			_, err := porcupine.Check(ctx, porcupine.Model{Init: register().Init}, nil,
				porcupine.Options{})
			return err
		}, []string{"Step", "StepContext"}},
		{"a return before the call", func() error {
			_, err := porcupine.Check(ctx, register(),
				[]porcupine.Operation{read(1, 2, 0), write(9, 5, 77)}, porcupine.Options{})
			return err
		}, []string{"operation 1", "77", "at 5", "at 9"}},
		{"states without ==", func() error {
			_, err := porcupine.Check(ctx, slices, []porcupine.Operation{read(1, 2, 0)},
				porcupine.Options{})
			return err
		}, []string{"[]int", "Equal"}},
		{"an Id called twice", func() error {
			_, err := porcupine.CheckHistory(ctx, register(), []porcupine.Event{{Id: 4}, {Id: 4}},
				porcupine.Options{})
			return err
		}, []string{"event 1", "Id 4"}},
		{"a return without a call", func() error {
			_, err := porcupine.CheckHistory(ctx, register(),
				[]porcupine.Event{{Kind: porcupine.ReturnEvent, Id: 4}},
				porcupine.Options{})
			return err
		}, []string{"event 0", "Id 4"}},
		{"two returns", func() error {
			_, err := porcupine.CheckHistory(ctx, register(),
				[]porcupine.Event{{Id: 4}, {Kind: porcupine.ReturnEvent, Id: 4},
					{Kind: porcupine.ReturnEvent, Id: 4}}, porcupine.Options{})
			return err
		}, []string{"event 2", "Id 4"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			err := test.check()
			if err == nil {
				t.Fatal("no error")
			}
			for _, want := range test.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("error %q does not say %q", err, want)
				}
			}
		})
	}
}

func TestClassicFunctionsPanicWithTheError(t *testing.T) {
	defer func() {
		if err, ok := recover().(error); !ok || !strings.Contains(err.Error(), "before its call") {
			t.Errorf("panicked with %v", err)
		}
	}()
	porcupine.CheckOperations(register(), []porcupine.Operation{write(9, 5, 77)})
}

// A set of ints as a slice: Equal and no Hash.
func TestModelWithEqualAlone(t *testing.T) {
	m := porcupine.Model{
		Init: func() any { return []int(nil) },
		Step: func(state, input, output any) (bool, any) {
			members := state.([]int)
			if input == nil {
				return output == len(members), state
			}
			for _, member := range members {
				if member == input {
					return true, state
				}
			}
			return true, append(members[:len(members):len(members)], input.(int))
		},
		Equal: func(a, b any) bool {
			x, y := a.([]int), b.([]int)
			if len(x) != len(y) {
				return false
			}
			in := map[int]bool{}
			for _, member := range x {
				in[member] = true
			}
			for _, member := range y {
				if !in[member] {
					return false
				}
			}
			return true
		},
	}
	history := []porcupine.Operation{write(0, 50, 1), write(0, 50, 2), write(0, 50, 3),
		write(0, 50, 1), read(10, 20, 2), read(60, 61, 3)}
	if !porcupine.CheckOperations(m, history) {
		t.Error("legal history refused")
	}
	history[5].Output = 4
	if porcupine.CheckOperations(m, history) {
		t.Error("four members of three")
	}
}

// Whatever a wrong Access says, only what Step allows passes.
func TestWrongAccessLetsNothingPass(t *testing.T) {
	m := register()
	m.Access = func(input, output any) porcupine.Access {
		return porcupine.Access{Kind: porcupine.AccessNothing}
	}
	if porcupine.CheckOperations(m, []porcupine.Operation{write(0, 1, 7), read(2, 3, 8)}) {
		t.Error("illegal history passed")
	}
	if !porcupine.CheckOperations(m, []porcupine.Operation{write(0, 1, 7), read(2, 3, 7)}) {
		t.Error("legal history refused")
	}
	m.Access = func(input, output any) porcupine.Access { // says that a write of 7 writes 8
		if input == nil {
			return porcupine.Access{Kind: porcupine.AccessRead, Value: output}
		}
		return porcupine.Access{Kind: porcupine.AccessWrite, Value: 8}
	}
	if porcupine.CheckOperations(m, []porcupine.Operation{write(0, 1, 7), read(2, 3, 8)}) {
		t.Error("illegal history passed")
	}
}
