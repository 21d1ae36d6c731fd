package porcupine

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"

	ours "raftlab/porcupine"
	"raftlab/porcupine/models"
)

// shape says what a random history looks like.
type shape struct {
	kind       string // register, cas, kv or append
	operations int
	clients    int
	keys       int
	values     int // how many there are to write; 0: each is written once
	pending    int // one operation in so many never returns; 0: none
	damage     int // how many times something in it is changed
}

func (s shape) String() string {
	return fmt.Sprintf("%s: %d operations, %d clients, %d keys, %d values (0: unique), 1 in %d pending, damaged %d times",
		s.kind, s.operations, s.clients, s.keys, s.values, s.pending, s.damage)
}

func randomShape(r *rand.Rand) shape {
	s := shape{
		kind:       []string{"register", "cas", "kv", "append"}[r.IntN(4)],
		operations: 1 + r.IntN(24),
		clients:    2 + r.IntN(7),
		keys:       1,
		values:     []int{0, 0, 2, 4}[r.IntN(4)],
		damage:     []int{0, 1, 2, 4}[r.IntN(4)],
	}
	if s.kind == "append" { // the rival tries all orders of what is appended
		s.operations = 1 + r.IntN(16)
	}
	if r.IntN(3) == 0 {
		s.pending = 3 + r.IntN(8)
	}
	if r.IntN(4) == 0 {
		s.keys = 3
	}
	return s
}

// generate lets clients loose on a correct store and writes down what they see; then it damages the
// record.
func (s shape) generate(r *rand.Rand) []ours.Operation {
	history := s.calls(r)
	s.answer(r, history)
	for range s.damage {
		s.damageOne(r, history)
	}
	return history
}

// calls draws who asks for what, and when.
func (s shape) calls(r *rand.Rand) []ours.Operation {
	free := make([]int64, s.clients) // when each client may call again
	var history []ours.Operation
	for i := range s.operations {
		client := r.IntN(s.clients)
		call := free[client] + int64(r.IntN(6))
		op := ours.Operation{ClientId: client, Input: s.input(r, i), Call: call,
			Return: call + int64(r.IntN(30))}
		free[client] = op.Return + 1
		if s.pending > 0 && r.IntN(s.pending) == 0 {
			op.Pending = true
		}
		history = append(history, op)
	}
	return history
}

// input draws a request; number makes its value unique.
func (s shape) input(r *rand.Rand, number int) any {
	key := string(rune('a' + r.IntN(s.keys)))
	n := number + 1
	if s.values > 0 {
		n = r.IntN(s.values)
	}
	switch s.kind {
	case "register", "cas":
		in := models.RegisterInput{Op: uint8(r.IntN(2)), Key: key, Value: n}
		if s.kind == "cas" && r.IntN(2) == 0 {
			in.Op, in.From = models.RegisterCas, r.IntN(max(s.values, n+1))
		}
		return in
	}
	in := models.KvInput{Op: uint8(r.IntN(2)), Key: key, Value: fmt.Sprintf("%d.", n)}
	if s.kind == "append" && r.IntN(4) > 0 {
		in.Op = models.KvGet
		if r.IntN(3) > 0 {
			in.Op = models.KvAppend
		}
	}
	return in
}

// answer lets the operations take effect, each at a random time of its interval, on a correct
// store.
func (s shape) answer(r *rand.Rand, history []ours.Operation) {
	type effect struct {
		at float64
		op int
	}
	var effects []effect
	for i, op := range history {
		if op.Pending && r.IntN(2) == 0 {
			continue // it never does
		}
		at := float64(op.Call) + r.Float64()*float64(op.Return-op.Call)
		effects = append(effects, effect{at, i})
	}
	slices.SortFunc(effects, func(a, b effect) int { return cmp.Compare(a.at, b.at) })
	values, texts := map[string]any{}, map[string]string{}
	for _, e := range effects {
		op := &history[e.op]
		switch in := op.Input.(type) {
		case models.RegisterInput:
			wasSet := in.Op == models.RegisterCas && values[in.Key] == in.From
			out := models.RegisterOutput{Ok: wasSet}
			if in.Op == models.RegisterRead {
				out.Value = values[in.Key]
			}
			if in.Op == models.RegisterWrite || out.Ok {
				values[in.Key] = in.Value
			}
			op.Output = out
		case models.KvInput:
			out := models.KvOutput{}
			switch in.Op {
			case models.KvGet:
				out.Value = texts[in.Key]
			case models.KvPut:
				texts[in.Key] = in.Value
			case models.KvAppend:
				texts[in.Key] += in.Value
			}
			op.Output = out
		}
		if op.Pending {
			op.Output = nil
		}
	}
}

// damageOne changes an answer, or the time of a return.
func (s shape) damageOne(r *rand.Rand, history []ours.Operation) {
	op, other := &history[r.IntN(len(history))], history[r.IntN(len(history))]
	if op.Pending {
		return
	}
	if r.IntN(3) == 0 {
		op.Return = op.Call + r.Int64N(op.Return-op.Call+1)
		return
	}
	switch out := op.Output.(type) {
	case models.RegisterOutput:
		in := op.Input.(models.RegisterInput)
		if in.Op == models.RegisterCas {
			out.Ok = !out.Ok
		} else if in.Op == models.RegisterRead {
			out.Value = other.Input.(models.RegisterInput).Value
		}
		op.Output = out
	case models.KvOutput:
		if op.Input.(models.KvInput).Op == models.KvGet {
			if answer, ok := other.Output.(models.KvOutput); ok && r.IntN(2) == 0 {
				out.Value = answer.Value
			} else {
				out.Value += other.Input.(models.KvInput).Value
			}
			op.Output = out
		}
	}
}

// spec is the model of histories of this shape that both checkers share.
func (s shape) spec() spec {
	if s.kind == "kv" || s.kind == "append" {
		return kvSpec()
	}
	return registerSpec()
}

// model is the product's own model for them.
func (s shape) model() ours.Model {
	switch s.kind {
	case "register":
		return models.RegisterModel
	case "cas":
		return models.CasModel
	}
	return models.KvModel
}
