package models_test

import (
	"testing"

	"raftlab/porcupine"
	"raftlab/porcupine/models"
)

func kv(op uint8, value string) models.KvInput {
	return models.KvInput{Op: op, Key: "k", Value: value}
}

func cas(from, to any) models.RegisterInput {
	return models.RegisterInput{Op: models.RegisterCas, From: from, Value: to}
}

var (
	readIt  = models.RegisterInput{}
	writeIt = models.RegisterInput{Op: models.RegisterWrite, Value: 2}
	set     = models.RegisterOutput{Ok: true}
	refused = models.RegisterOutput{}
)

// steps are single steps of the models, with the words for them and what Access says.
var steps = []struct {
	model         porcupine.Model
	state         any
	input, output any
	legal         bool
	next          any
	words         string
	kind          porcupine.AccessKind
}{
	{models.KvModel, "v", kv(models.KvGet, ""), models.KvOutput{Value: "v"}, true, "v",
		`get("k") -> "v"`, porcupine.AccessRead},
	{models.KvModel, "v", kv(models.KvGet, ""), models.KvOutput{Value: "w"}, false, "v",
		`get("k") -> "w"`, porcupine.AccessRead},
	{models.KvModel, "v", kv(models.KvGet, ""), nil, true, "v", `get("k") -> ?`,
		porcupine.AccessNothing},
	{models.KvModel, "v", kv(models.KvPut, "w"), models.KvOutput{}, true, "w", `put("k", "w")`,
		porcupine.AccessWrite},
	{models.KvModel, "v", kv(models.KvPut, "w"), nil, true, "w", `put("k", "w") -> ?`,
		porcupine.AccessWrite},
	{models.KvModel, "v", kv(models.KvAppend, "w"), models.KvOutput{}, true, "vw",
		`append("k", "w")`, porcupine.AccessAppend},
	{models.KvModel, "v", kv(9, "w"), models.KvOutput{}, false, "v",
		`operation 9 on "k", which no store knows`, porcupine.AccessOther},

	{models.RegisterModel, nil, readIt, models.RegisterOutput{}, true, nil, "read() -> nil",
		porcupine.AccessRead},
	{models.RegisterModel, 2, readIt, models.RegisterOutput{Value: 2}, true, 2, "read() -> 2",
		porcupine.AccessRead},
	{models.RegisterModel, 2, readIt, models.RegisterOutput{Value: "2"}, false, 2, `read() -> "2"`,
		porcupine.AccessRead},
	{models.RegisterModel, 2, readIt, nil, true, 2, "read() -> ?", porcupine.AccessNothing},
	{models.RegisterModel, 1, writeIt, refused, true, 2, "write(2)", porcupine.AccessWrite},
	{models.RegisterModel, 1, cas(1, 2), set, false, 1, "cas(1, 2) -> set", porcupine.AccessOther},
	{models.RegisterModel, 1, models.RegisterInput{Op: 7}, set, false, 1,
		"operation 7, which no register knows", porcupine.AccessOther},

	{models.CasModel, 1, cas(1, 2), set, true, 2, "cas(1, 2) -> set", porcupine.AccessUpdate},
	{models.CasModel, 1, cas(1, 2), refused, false, 2, "cas(1, 2) -> refused",
		porcupine.AccessUnequal},
	{models.CasModel, 3, cas(1, 2), refused, true, 3, "cas(1, 2) -> refused",
		porcupine.AccessUnequal},
	{models.CasModel, 3, cas(1, 2), set, false, 3, "cas(1, 2) -> set", porcupine.AccessUpdate},
	{models.CasModel, 1, cas(1, 2), nil, true, 2, "cas(1, 2) -> ?", porcupine.AccessTry},
	{models.CasModel, 3, cas(1, 2), nil, true, 3, "cas(1, 2) -> ?", porcupine.AccessTry},
	{models.CasModel, 1, cas(1, 1), set, true, 1, "cas(1, 1) -> set", porcupine.AccessRead},
	{models.CasModel, 1, cas(1, 1), nil, true, 1, "cas(1, 1) -> ?", porcupine.AccessNothing},
	{models.CasModel, 1, models.RegisterInput{Op: models.RegisterWrite, Key: "k", Value: "v"}, nil,
		true, "v",
		`write("k", "v") -> ?`, porcupine.AccessWrite},
	{models.CasModel, 1, models.RegisterInput{Key: "k"}, models.RegisterOutput{Value: 1}, true, 1,
		`read("k") -> 1`,
		porcupine.AccessRead},
}

func TestSteps(t *testing.T) {
	for _, s := range steps {
		t.Run(s.words, func(t *testing.T) {
			legal, next := s.model.Step(s.state, s.input, s.output)
			if legal != s.legal || legal && next != s.next {
				t.Errorf("from %v: legal %t, state %v; want %t, %v", s.state, legal, next, s.legal,
					s.next)
			}
			if words := s.model.DescribeOperation(s.input, s.output); words != s.words {
				t.Errorf("described as %s", words)
			}
			if access := s.model.Access(s.input, s.output); access.Kind != s.kind {
				t.Errorf("access %+v, want kind %d", access, s.kind)
			}
		})
	}
}

// TestAccessAgreesWithStep holds the meaning of each kind of access against Step, in several
// states.
func TestAccessAgreesWithStep(t *testing.T) {
	for _, s := range steps {
		states := []any{nil, 1, 2, 3, "2"}
		if _, isText := s.model.Init().(string); isText {
			states = []any{"", "v", "w", "vw"}
		}
		a := s.model.Access(s.input, s.output)
		for _, state := range states {
			legal, next := s.model.Step(state, s.input, s.output)
			wantLegal, wantNext := legal, next
			switch a.Kind {
			case porcupine.AccessNothing:
				wantLegal, wantNext = true, state
			case porcupine.AccessRead:
				wantLegal, wantNext = state == a.Value, state
			case porcupine.AccessWrite:
				wantLegal, wantNext = true, a.Value
			case porcupine.AccessUpdate:
				wantLegal, wantNext = state == a.From, a.Value
			case porcupine.AccessAppend:
				wantLegal, wantNext = true, state.(string)+a.Value.(string)
			case porcupine.AccessUnequal:
				wantLegal, wantNext = state != a.From, state
			case porcupine.AccessTry:
				wantLegal = true
				if wantNext = state; state == a.From {
					wantNext = a.Value
				}
			}
			if legal != wantLegal || legal && next != wantNext {
				t.Errorf("%s in state %v: Step says %t, %v; Access says %t, %v", s.words, state,
					legal, next, wantLegal, wantNext)
			}
		}
	}
}

func TestPartitions(t *testing.T) {
	op := func(key string, call int64) porcupine.Operation {
		return porcupine.Operation{Input: models.KvInput{Key: key}, Call: call}
	}
	parts := models.KvModel.Partition([]porcupine.Operation{op("b", 0), op("a", 1), op("b", 2),
		op("", 3)})
	if len(parts) != 3 || parts[0][0].Call != 3 || parts[1][0].Call != 1 || parts[2][0].Call != 0 ||
		parts[2][1].Call != 2 {
		t.Errorf("parts %+v", parts)
	}
	if models.KvModel.PartitionName(parts[2][0].Input) != "b" {
		t.Errorf("name %q", models.KvModel.PartitionName(parts[2][0].Input))
	}
	if parts := models.KvModel.Partition(nil); len(parts) != 0 {
		t.Errorf("parts of nothing: %v", parts)
	}

	call := func(key string, id int) porcupine.Event {
		return porcupine.Event{Value: models.RegisterInput{Key: key}, Id: id}
	}
	ret := func(id int) porcupine.Event {
		return porcupine.Event{Kind: porcupine.ReturnEvent,
			Id: id}
	}
	events := models.RegisterModel.PartitionEvent([]porcupine.Event{call("b", 7), call("a", 8),
		ret(8), ret(7)})
	if len(events) != 2 || events[0][0].Id != 8 || events[0][1].Id != 8 || events[1][1].Id != 7 {
		t.Errorf("parts %+v", events)
	}
}

// A return without a call reaches the checker, which names it.
func TestStrayReturn(t *testing.T) {
	events := []porcupine.Event{{Kind: porcupine.ReturnEvent, Id: 3}}
	if parts := models.KvModel.PartitionEvent(events); len(parts) != 1 || len(parts[0]) != 1 {
		t.Errorf("parts %+v", parts)
	}
}
