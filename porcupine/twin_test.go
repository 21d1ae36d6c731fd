package porcupine_test

import (
	"cmp"
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"raftlab/porcupine"
	"raftlab/porcupine/models"
)

// allOrders is the dumb twin of the checker: what linearizable means, by trying every order and
// remembering nothing.
func allOrders(m porcupine.Model, history []porcupine.Operation) bool {
	taken := make([]bool, len(history))
	left := 0
	for _, op := range history {
		if !op.Pending {
			left++
		}
	}
	var try func(state any, left int) bool
	try = func(state any, left int) bool {
		if left == 0 {
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
			after := left
			if !op.Pending {
				after--
			}
			taken[i] = true
			found := try(next, after)
			taken[i] = false
			if found {
				return true
			}
		}
		return false
	}
	return try(m.Init(), left)
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
	kind                        string // register, cas, kv
	operations, clients, values int    // 0 values: each is written once
	pending                     bool
	damaged                     bool // answers are exchanged, intervals cut
}

func randomShape(r *rand.Rand) shape {
	return shape{kind: []string{"register", "cas", "kv"}[r.IntN(3)], operations: 1 + r.IntN(7),
		clients: 1 + r.IntN(5),
		values:  r.IntN(4), pending: r.IntN(2) == 0, damaged: r.IntN(2) == 0}
}

func (s shape) String() string {
	return fmt.Sprintf("%s, %d operations, %d clients, %d values, pending %t, damaged %t",
		s.kind, s.operations, s.clients, s.values, s.pending, s.damaged)
}

func (s shape) model() porcupine.Model {
	switch s.kind {
	case "register":
		return models.RegisterModel
	case "cas":
		return models.CasModel
	}
	return models.KvModel
}

// history records clients at work on a correct store, and damages the record if it should.
func (s shape) history(r *rand.Rand) []porcupine.Operation {
	history := s.answers(r, s.calls(r))
	for range len(history) {
		if s.damaged {
			s.damage(r, history)
		}
	}
	return history
}

// answers lets each operation take effect at a random time of its interval, on a correct store.
func (s shape) answers(r *rand.Rand, history []porcupine.Operation) []porcupine.Operation {
	order := r.Perm(len(history))
	at := make([]int64, len(history))
	for i, op := range history {
		at[i] = op.Call + r.Int64N(op.Return-op.Call+1)
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(at[a], at[b]) })
	model := s.model()
	state := model.Init()
	for _, i := range order {
		op := &history[i]
		if op.Pending && r.IntN(2) == 0 {
			continue // it never happens
		}
		op.Output = answer(state, op.Input)
		_, state = model.Step(state, op.Input, op.Output)
		if op.Pending {
			op.Output = nil
		}
	}
	return history
}

// damage changes an answer, or lets an operation return sooner than it may have taken effect.
func (s shape) damage(r *rand.Rand, history []porcupine.Operation) {
	op, other := &history[r.IntN(len(history))], history[r.IntN(len(history))]
	switch {
	case op.Pending:
	case r.IntN(2) == 0:
		op.Return = op.Call + r.Int64N(op.Return-op.Call+1)
	case other.Pending:
	default:
		op.Output = answer(s.model().Init(), op.Input)
		if get, ok := op.Output.(models.KvOutput); ok {
			get.Value = other.Input.(models.KvInput).Value
			op.Output = get
		} else {
			op.Output = models.RegisterOutput{Value: other.Input.(models.RegisterInput).Value,
				Ok: r.IntN(2) == 0}
		}
	}
}

func (s shape) calls(r *rand.Rand) []porcupine.Operation {
	free := make([]int64, s.clients)
	var history []porcupine.Operation
	for i := range s.operations {
		client := r.IntN(s.clients)
		n := i + 1
		if s.values > 0 {
			n = r.IntN(s.values)
		}
		var input any = models.RegisterInput{Op: uint8(r.IntN(2)), Value: n}
		if s.kind == "cas" && r.IntN(2) == 0 {
			input = models.RegisterInput{Op: models.RegisterCas, Value: n, From: r.IntN(n + 1)}
		}
		if s.kind == "kv" {
			input = models.KvInput{Op: uint8(r.IntN(3)), Value: string(rune('a' + n))}
		}
		call := free[client] + r.Int64N(4)
		op := porcupine.Operation{ClientId: client, Input: input, Call: call, Return: call +
			r.Int64N(12),
			Pending: s.pending && r.IntN(5) == 0}
		free[client] = op.Return + 1
		history = append(history, op)
	}
	return history
}

// answer is what a correct store says.
func answer(state, input any) any {
	switch in := input.(type) {
	case models.RegisterInput:
		switch in.Op {
		case models.RegisterRead:
			return models.RegisterOutput{Value: state}
		case models.RegisterCas:
			return models.RegisterOutput{Ok: state == in.From}
		}
		return models.RegisterOutput{}
	case models.KvInput:
		if in.Op == models.KvGet {
			return models.KvOutput{Value: state.(string)}
		}
	}
	return models.KvOutput{}
}

// TestTwin compares the checker, by each of its ways, with the dumb twin.
func TestTwin(t *testing.T) {
	const seed = 1
	counts := map[bool]int{}
	for number := range 12000 {
		r := rand.New(rand.NewPCG(seed, uint64(number)))
		s := randomShape(r)
		history := s.history(r)
		model := s.model()
		want := porcupine.Illegal
		if allOrders(model, history) {
			want = porcupine.Ok
		}
		counts[want == porcupine.Ok]++
		plain := model
		plain.Access = nil
		whole := plain
		whole.Equal = func(a, b any) bool { return a == b } // and no Hash
		for _, way := range []struct {
			name  string
			model porcupine.Model
			opts  porcupine.Options
		}{
			{"with Access", model, porcupine.Options{Verbose: true, Explain: number%16 == 0}},
			{"without Access", plain, porcupine.Options{Verbose: true, Explain: number%16 == 0}},
			{"without Access, guessing at once", plain,
				porcupine.WithFirstTurn(porcupine.Options{Verbose: true}, 1)},
			{"with Equal alone", whole, porcupine.Options{Verbose: true}},
		} {
			report, err := porcupine.Check(context.Background(), way.model, history, way.opts)
			if err != nil || report.Result != want {
				t.Fatalf("history %d of seed %d (%s), %s: %s, %v; all orders say %s\n%s", number,
					seed, s, way.name,
					report.Result, err, want, describe(model, history))
			}
			if why := wrongOrders(plain, report); why != "" {
				t.Fatalf("history %d of seed %d (%s), %s: %s\n%s", number, seed, s, way.name, why,
					describe(model, history))
			}
			if report.Failure != nil && way.opts.Explain {
				if f := report.Failure; len(f.Core) == 0 || !f.Minimal || allOrders(plain, f.Core) {
					t.Fatalf("history %d of seed %d (%s), %s: the core is legal, or not minimal:\n%s\n%s", number, seed, s,
						way.name, f, describe(model, history))
				}
			}
		}
	}
	if min(counts[true], counts[false]) < 1500 {
		t.Errorf("%d histories Ok, %d Illegal: too much alike", counts[true], counts[false])
	}
}

// wrongOrders says what is wrong with the orders in a verbose report, "" if nothing is.
func wrongOrders(m porcupine.Model, report porcupine.Report) string {
	for _, orders := range report.Info.PartialLinearizationsOperations() {
		for i, order := range orders {
			state := m.Init()
			for j, op := range order {
				legal, next := m.Step(state, op.Input, op.Output)
				if !legal {
					return fmt.Sprintf("order %d: step %d is illegal", i, j)
				}
				state = next
				for _, later := range order[j+1:] {
					if !later.Pending && later.Return < op.Call {
						return fmt.Sprintf("order %d: step %d stands before one that had returned",
							i, j)
					}
				}
			}
		}
		if report.Result == porcupine.Ok && len(orders) != 1 {
			return fmt.Sprintf("a legal part has %d orders", len(orders))
		}
	}
	if report.Result != porcupine.Ok {
		return ""
	}
	total := 0
	for _, orders := range report.Info.PartialLinearizationsOperations() {
		for _, op := range orders[0] {
			if !op.Pending {
				total++
			}
		}
	}
	if total > report.Operations {
		return fmt.Sprintf("%d operations in the orders of %d", total, report.Operations)
	}
	return ""
}

func describe(m porcupine.Model, history []porcupine.Operation) string {
	text := ""
	for _, op := range history {
		text += fmt.Sprintf("client %d [%d, %d] pending %t %s\n", op.ClientId, op.Call, op.Return,
			op.Pending,
			m.DescribeOperation(op.Input, op.Output))
	}
	return text
}

// A register that may lose a write, or keep both values: reads see any that it holds.
var lossy = porcupine.NondeterministicModel{
	Init: func() []any { return []any{0} },
	Step: func(state, input, output any) []any {
		switch {
		case input == nil && output == state:
			return []any{state}
		case input == nil:
			return nil
		}
		return []any{state, input}
	},
}

// TestNondeterministicTwin compares the power set with following each choice alone.
func TestNondeterministicTwin(t *testing.T) {
	hashed := lossy
	hashed.Equal = func(a, b any) bool { return a == b }
	hashed.Hash = func(state any) uint64 { return uint64(state.(int)) }
	plain, withHash := lossy.ToModel(), hashed.ToModel()
	counts := map[bool]int{}
	for number := range 3000 {
		r := rand.New(rand.NewPCG(2, uint64(number)))
		history := lossyHistory(r)
		want := followChoices(history)
		counts[want]++
		for name, m := range map[string]porcupine.Model{"plain": plain, "with Hash": withHash} {
			if got := porcupine.CheckOperations(m, history); got != want {
				t.Fatalf("history %d: %s model says %t, following each choice says %t\n%+v", number,
					name, got, want, history)
			}
		}
	}
	if min(counts[true], counts[false]) < 500 {
		t.Errorf("%d histories Ok, %d Illegal: too much alike", counts[true], counts[false])
	}
}

func lossyHistory(r *rand.Rand) []porcupine.Operation {
	var history []porcupine.Operation
	for i := range 2 + r.IntN(5) {
		call := int64(4*i) - r.Int64N(8)
		op := porcupine.Operation{ClientId: i, Call: call, Return: call + r.Int64N(8),
			Output: r.IntN(3)}
		if r.IntN(2) == 0 {
			op.Input = 1 + r.IntN(2)
		}
		history = append(history, op)
	}
	return history
}

// followChoices tries all orders and, in each, all choices of the lossy register.
func followChoices(history []porcupine.Operation) bool {
	taken := make([]bool, len(history))
	var try func(state any, left int) bool
	try = func(state any, left int) bool {
		if left == 0 {
			return true
		}
		for i, op := range history {
			if taken[i] || !mayComeNext(history, taken, op) {
				continue
			}
			for _, next := range lossy.Step(state, op.Input, op.Output) {
				taken[i] = true
				found := try(next, left-1)
				taken[i] = false
				if found {
					return true
				}
			}
		}
		return false
	}
	return try(lossy.Init()[0], len(history))
}
