package porcupine_test

import (
	"context"
	"fmt"
	"hash/maphash"
	"maps"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"raftlab/porcupine"
	"raftlab/porcupine/models"
)

// The histories here are too large for the dumb twin; they are legal by construction, or broken in
// a way that is plain to see.

// decide is how long a history that a quick way decides may take: far from what it does take, and
// far from what a search would.
const decide = 20 * time.Second

func verdict(t *testing.T, m porcupine.Model, history []porcupine.Operation) porcupine.CheckResult {
	t.Helper()
	report, err := porcupine.Check(context.Background(), m, history,
		porcupine.Options{Timeout: decide})
	if err != nil {
		t.Fatal(err)
	}
	return report.Result
}

// registers is clients that write unique values and read, all the time.
func registers(clients, operations int) []porcupine.Operation {
	r := rand.New(rand.NewPCG(3, uint64(clients)))
	return shape{kind: "register", operations: operations, clients: clients}.history(r)
}

// stale lets the last read see the first value.
func stale(history []porcupine.Operation) []porcupine.Operation {
	var value any
	last, end := -1, int64(0)
	for i, op := range history {
		in := op.Input.(models.RegisterInput)
		if in.Op == models.RegisterWrite && value == nil {
			value = in.Value
		}
		if in.Op == models.RegisterRead && op.Call > end {
			last, end = i, op.Call
		}
	}
	history[last].Output = models.RegisterOutput{Value: value}
	return history
}

func TestManyClientsOnOneRegister(t *testing.T) {
	plain := models.RegisterModel
	plain.Access = nil
	for name, m := range map[string]porcupine.Model{"with Access": models.RegisterModel,
		"found out": plain} {
		for _, clients := range []int{8, 24, 64, 130} {
			if got := verdict(t, m, registers(clients, 3000)); got != porcupine.Ok {
				t.Errorf("%s, %d clients: %s", name, clients, got)
			}
			if got := verdict(t, m, stale(registers(clients, 3000))); got != porcupine.Illegal {
				t.Errorf("%s, %d clients, a stale read: %s", name, clients, got)
			}
		}
	}
}

// appendHistory is many clients that append to one key and read it. With repeat, each piece is
// appended twice.
func appendHistory(clients, operations int, repeat bool) []porcupine.Operation {
	r := rand.New(rand.NewPCG(4, uint64(clients)))
	s := shape{kind: "kv", operations: operations, clients: clients}
	history := s.calls(r)
	for i := range history {
		piece := i
		if repeat {
			piece = i / 2
		}
		in := models.KvInput{Op: models.KvAppend, Key: "k", Value: fmt.Sprintf("(%d)", piece)}
		switch r.IntN(10) {
		case 0:
			in.Op = models.KvPut
		case 1, 2, 3, 4:
			in.Op = models.KvGet
		}
		history[i].Input = in
	}
	return s.answers(r, history)
}

func TestManyClientsAppend(t *testing.T) {
	plain := models.KvModel
	plain.Access = nil
	for _, repeat := range []bool{false, true} {
		history := appendHistory(12, 400, repeat)
		for name, m := range map[string]porcupine.Model{"with Access": models.KvModel,
			"found out": plain} {
			if got := verdict(t, m, history); got != porcupine.Ok {
				t.Errorf("%s, pieces repeated %t: %s", name, repeat, got)
			}
		}
		for i := len(history) - 1; ; i-- { // the last get loses the first character of what it saw
			if out := history[i].Output.(models.KvOutput); strings.HasPrefix(out.Value, "(") {
				history[i].Output = models.KvOutput{Value: out.Value[1:]}
				break
			}
		}
		if got := verdict(t, models.KvModel, history); got != porcupine.Illegal {
			t.Errorf("pieces repeated %t, a piece broken: %s", repeat, got)
		}
	}
}

var seed = maphash.MakeSeed()

// wholeStore is a store as one map, without a Partition, as people write them.
func wholeStore() porcupine.Model {
	return porcupine.Model{
		Init: func() any { return map[string]string{} },
		Step: func(state, input, output any) (bool, any) {
			in, store := input.(models.KvInput), state.(map[string]string)
			if in.Op == models.KvGet {
				return output.(models.KvOutput).Value == store[in.Key], state
			}
			store = maps.Clone(store)
			if in.Op == models.KvPut {
				store[in.Key] = in.Value
			} else {
				store[in.Key] += in.Value
			}
			return true, store
		},
		Equal: func(a, b any) bool {
			return maps.Equal(a.(map[string]string),
				b.(map[string]string))
		},
		Hash: func(state any) (sum uint64) {
			for key, value := range state.(map[string]string) {
				sum += maphash.String(seed, key+"="+value)
			}
			return sum
		},
	}
}

func TestStoreInOneMap(t *testing.T) {
	var history []porcupine.Operation
	for key := range 12 {
		for _, op := range appendHistory(3, 40, false) {
			in := op.Input.(models.KvInput)
			in.Key = fmt.Sprint(key)
			op.Input, op.ClientId = in, op.ClientId+3*key
			history = append(history, op)
		}
	}
	if got := verdict(t, wholeStore(), history); got != porcupine.Ok {
		t.Errorf("verdict %s", got)
	}
}

// Equal appends, one of them as far as a read of the state "1." is concerned no more than a read:
// found by chance among a hundred thousand random histories.
func TestPutThatLooksLikeARead(t *testing.T) {
	plain := models.KvModel
	plain.Access = nil
	op := func(kind uint8, call, ret int64, value string) porcupine.Operation {
		o := porcupine.Operation{Input: models.KvInput{Op: kind, Value: value},
			Output: models.KvOutput{}, Call: call, Return: ret}
		if kind == models.KvGet {
			o.Input, o.Output = models.KvInput{}, models.KvOutput{Value: value}
		}
		return o
	}
	history := []porcupine.Operation{op(models.KvAppend, 9, 14, "1."),
		op(models.KvAppend, 15, 36, "1."),
		op(models.KvPut, 19, 27, "1."), op(models.KvAppend, 28, 34, "1."), op(models.KvGet, 36, 50,
			"1.1."),
		op(models.KvGet, 55, 60, "1.1.")}
	if !allOrders(plain, history) {
		t.Fatal("the twin refuses the history")
	}
	if got := verdict(t, plain, history); got != porcupine.Ok {
		t.Errorf("verdict %s", got)
	}
}

func TestAMillionOperations(t *testing.T) {
	history := make([]porcupine.Operation, 1000000)
	for i := range history { // client 0 writes, client 1 reads what is being written
		call := int64(i / 2 * 10)
		history[i] = porcupine.Operation{ClientId: i % 2, Call: call, Return: call + 8,
			Output: models.RegisterOutput{},
			Input:  models.RegisterInput{Op: models.RegisterWrite, Value: i}}
		if i%2 == 1 {
			history[i].Input, history[i].Output = models.RegisterInput{}, models.RegisterOutput{Value: i - 1}
		}
	}
	if got := verdict(t, models.RegisterModel, history); got != porcupine.Ok {
		t.Errorf("verdict %s", got)
	}
	history[len(history)-1].Output = models.RegisterOutput{Value: len(history) - 6}
	if got := verdict(t, models.RegisterModel, history); got != porcupine.Illegal {
		t.Errorf("with a stale read: %s", got)
	}
}

// Operations that never return keep their places in the window for ever; they must not make the
// search explode.
func TestManyPendingOperations(t *testing.T) {
	var history []porcupine.Operation
	for i := range 60 {
		history = append(history, porcupine.Operation{ClientId: i, Call: int64(i), Pending: true,
			Input: models.RegisterInput{Op: models.RegisterCas, From: i % 5, Value: (i + 1) % 5}})
	}
	for i := range 40 {
		call := int64(100 + 10*i)
		history = append(history, porcupine.Operation{ClientId: 60, Call: call, Return: call + 5,
			Output: models.RegisterOutput{},
			Input:  models.RegisterInput{Op: models.RegisterWrite, Value: i % 5}},
			porcupine.Operation{ClientId: 60, Call: call + 6, Return: call + 8,
				Input: models.RegisterInput{},
				// now and then one of them has happened
				Output: models.RegisterOutput{Value: (i + i%2) % 5}})
	}
	if got := verdict(t, models.CasModel, history); got != porcupine.Ok {
		t.Errorf("verdict %s", got)
	}
	history[len(history)-1].Output = models.RegisterOutput{Value: 9}
	if got := verdict(t, models.CasModel, history); got != porcupine.Illegal {
		t.Errorf("with an impossible read: %s", got)
	}
}
