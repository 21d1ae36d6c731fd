package porcupine_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"raftlab/porcupine"
	"raftlab/porcupine/models"
)

func explain(t *testing.T, m porcupine.Model, history []porcupine.Operation) *porcupine.Failure {
	t.Helper()
	report, err := porcupine.Check(context.Background(), m, history,
		porcupine.Options{Explain: true,
			ExplainTime: time.Minute})
	if err != nil || report.Result != porcupine.Illegal {
		t.Fatalf("%s, %v", report.Result, err)
	}
	return report.Failure
}

func TestFailureOfAStaleRead(t *testing.T) {
	history := stale(registers(16, 1000))
	plain := models.RegisterModel
	plain.Access = nil
	for name, m := range map[string]porcupine.Model{"with Access": models.RegisterModel,
		"without": plain} {
		f := explain(t, m, history)
		if !f.Minimal || len(f.Core) != 3 || porcupine.CheckOperations(m, f.Core) {
			t.Fatalf("%s: the core is not write, write, stale read:\n%s", name, f)
		}
		if f.Size != 1000 || f.Stuck < 0 || f.StuckOperation.Output != f.Core[2].Output {
			t.Errorf("%s: stuck at %d (%+v) of %d", name, f.Stuck, f.StuckOperation, f.Size)
		}
	}
}

func TestFailureOfALostAppend(t *testing.T) {
	op := func(client int, kind uint8, call, ret int64, value string) porcupine.Operation {
		o := porcupine.Operation{ClientId: client, Call: call, Return: ret,
			Output: models.KvOutput{},
			Input:  models.KvInput{Op: kind, Key: "x", Value: value}}
		if kind == models.KvGet {
			o.Input, o.Output = models.KvInput{Key: "x"}, models.KvOutput{Value: value}
		}
		return o
	}
	history := []porcupine.Operation{
		op(0, models.KvAppend, 0, 1, "a"), op(0, models.KvAppend, 2, 3, "b"),
		op(1, models.KvGet, 4, 5, "ab"), op(0, models.KvAppend, 6, 7, "c"),
		op(1, models.KvGet, 8, 9, "abc"), op(0, models.KvAppend, 10, 20, "d"),
		op(1, models.KvAppend, 11, 12, "e"), op(1, models.KvGet, 30, 31, "abcd"),
		op(2, models.KvPut, 40, 41, "fresh"),
	}
	f := explain(t, models.KvModel, history)
	if f.Key != "x" || !f.Minimal || f.StuckOperation.Call != 30 {
		t.Errorf("key %q, minimal %t, stuck at %+v", f.Key, f.Minimal, f.StuckOperation)
	}
	want := []int64{0, 2, 6, 10, 11, 30} // all appends, and the get that misses one
	if len(f.Core) != len(want) {
		t.Fatalf("core:\n%s", f)
	}
	for i, o := range f.Core {
		if o.Call != want[i] {
			t.Errorf("core:\n%s", f)
		}
	}
	for _, words := range []string{`key "x", 9 operations`, `append("x", "e")`,
		"5 returned at 12, before 6 was called at 30"} {
		if !strings.Contains(f.String(), words) {
			t.Errorf("the explanation does not say %q:\n%s", words, f)
		}
	}
}

func TestFailureOfAnImpossibleAnswer(t *testing.T) {
	f := explain(t, register(), []porcupine.Operation{write(0, 1, 5), write(2, 3, 6),
		read(4, 5, 9)})
	if len(f.Core) != 1 || !strings.Contains(f.String(), "cannot have given its answer") {
		t.Errorf("core %+v:\n%s", f.Core, f)
	}
}

// A failure without the effort names the partition all the same.
func TestFailureUnexplained(t *testing.T) {
	report, err := porcupine.Check(context.Background(), register(),
		[]porcupine.Operation{write(0, 1, 5), read(4, 5, 9)},
		porcupine.Options{})
	if err != nil || report.Failure == nil || len(report.Failure.Core) != 0 ||
		!strings.Contains(report.Failure.String(), "partition 0, 2 operations") {
		t.Errorf("%+v, %v", report.Failure, err)
	}
}

func TestExplanationKeepsToItsTime(t *testing.T) {
	m, history := hard(6)
	report, err := porcupine.Check(context.Background(), m, history,
		porcupine.Options{Explain: true,
			ExplainTime: time.Nanosecond})
	if err != nil || report.Result != porcupine.Illegal || report.Failure.Minimal {
		t.Errorf("%s, %+v, %v", report.Result, report.Failure, err)
	}
}
