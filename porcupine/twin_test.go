package porcupine_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"raftlab/porcupine"
	"raftlab/porcupine/models"
)

// The dumb twin: what linearizable means, by trying every order. It keeps no memory of what it tried.
func permutations(m porcupine.Model, history []porcupine.Operation) bool {
	taken := make([]bool, len(history))
	var try func(state any, returned int) bool
	required := 0
	for _, op := range history {
		if !op.Pending {
			required++
		}
	}
	try = func(state any, returned int) bool {
		if returned == required {
			return true
		}
		for i, op := range history {
			if taken[i] || !mayComeNext(history, taken, op) {
				continue
			}
			legal, next := m.Step(state, op.Input, op.Output)
			if !legal {
				continue
			}
			more := 1
			if op.Pending {
				more = 0
			}
			taken[i] = true
			found := try(next, returned+more)
			taken[i] = false
			if found {
				return true
			}
		}
		return false
	}
	return try(m.Init(), 0)
}

// mayComeNext reports whether everything that returned before op was called has been taken.
func mayComeNext(history []porcupine.Operation, taken []bool, op porcupine.Operation) bool {
	for i, other := range history {
		if !taken[i] && !other.Pending && other.Return < op.Call {
			return false
		}
	}
	return true
}

// shape says what random histories look like.
type shape struct {
	operations, clients, values int
	appends, cas, pending       bool
	broken                      bool // one answer is replaced by another value
}

// randomHistory runs clients against a real store and records what they see, each operation taking effect at
// a random time between its call and its return.
func randomHistory(r *rand.Rand, s shape) []porcupine.Operation {
	var history []porcupine.Operation
	busyUntil := make([]int64, s.clients)
	value := func() any { return r.IntN(s.values) }
	now := int64(0)
	type effect struct {
		at int64
		op int
	}
	var effects []effect
	for range s.operations {
		client := r.IntN(s.clients)
		call := max(busyUntil[client], now-int64(r.IntN(4)))
		length := int64(r.IntN(12))
		in := models.RegisterInput{Op: uint8(r.IntN(2)), Value: value()}
		if s.cas && r.IntN(3) == 0 {
			in.Op, in.From = models.RegisterCas, value()
		}
		op := porcupine.Operation{ClientId: client, Input: in, Call: call, Return: call + length}
		if s.pending && r.IntN(5) == 0 {
			op.Pending = true
			busyUntil[client] = 1 << 40
		} else {
			busyUntil[client] = op.Return + 1 + int64(r.IntN(3))
		}
		if busyUntil[client] < 1<<40 || op.Pending && call < 1<<39 {
			effects = append(effects, effect{call + int64(r.IntN(int(length)+1)), len(history)})
			history = append(history, op)
			now = max(now, call)
		}
	}
	for i := range effects { // insertion sort by time: it is short
		for j := i; j > 0 && effects[j].at < effects[j-1].at; j-- {
			effects[j], effects[j-1] = effects[j-1], effects[j]
		}
	}
	var state any
	for _, e := range effects {
		op := &history[e.op]
		in := op.Input.(models.RegisterInput)
		out := models.RegisterOutput{}
		switch in.Op {
		case models.RegisterRead:
			out.Value = state
		case models.RegisterCas:
			out.Ok = state == in.From
		}
		if op.Pending {
			if r.IntN(2) == 0 {
				continue // it never happens
			}
		} else {
			op.Output = out
		}
		if in.Op == models.RegisterWrite || out.Ok {
			state = in.Value
		}
	}
	if s.broken && len(history) > 0 {
		op := &history[r.IntN(len(history))]
		if out, ok := op.Output.(models.RegisterOutput); ok {
			out.Value, out.Ok = value(), r.IntN(2) == 0
			op.Output = out
		}
	}
	return history
}

func (s shape) String() string {
	return fmt.Sprintf("%d operations, %d clients, %d values, cas %t, pending %t, broken %t",
		s.operations, s.clients, s.values, s.cas, s.pending, s.broken)
}

func TestTwin(t *testing.T) {
	seed := uint64(1)
	r := rand.New(rand.NewPCG(seed, 0))
	counts := map[bool]int{}
	for i := range 20000 {
		s := shape{operations: 1 + r.IntN(8), clients: 1 + r.IntN(5), values: 1 + r.IntN(4),
			cas: r.IntN(2) == 0, pending: r.IntN(2) == 0, broken: r.IntN(2) == 0}
		history := randomHistory(r, s)
		model := models.CasModel
		if i%2 == 0 {
			model.Access = nil
		}
		want := permutations(model, history)
		counts[want]++
		if got := porcupine.CheckOperations(model, history); got != want {
			for _, op := range history {
				t.Logf("%d: [%d,%d] pending %t %s", op.ClientId, op.Call, op.Return, op.Pending, model.DescribeOperation(op.Input, op.Output))
			}
			t.Fatalf("history %d of seed %d (%s): linearizable %t by the checker, %t by all orders", i, seed, s, got, want)
		}
	}
	t.Log(counts)
}
