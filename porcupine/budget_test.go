package porcupine_test

import (
	"context"
	"runtime"
	"strings"
	"testing"
	"time"

	"raftlab/porcupine"
)

// hard is a history that takes a search for ever: many concurrent writes that do not commute, and
// an impossible read.
func hard(writes int) (porcupine.Model, []porcupine.Operation) {
	m := porcupine.Model{
		Init: func() any { return uint64(1) },
		Step: func(state, input, output any) (bool, any) {
			if input == nil {
				return output == state, state
			}
			return true, state.(uint64)*31 + uint64(input.(int))
		},
	}
	var history []porcupine.Operation
	for i := range writes {
		history = append(history, write(0, 100, i))
	}
	return m, append(history, read(200, 300, uint64(0)))
}

func TestTimeout(t *testing.T) {
	m, history := hard(30)
	report, err := porcupine.Check(context.Background(), m, history,
		porcupine.Options{Timeout: 20 * time.Millisecond})
	if err != nil || report.Result != porcupine.Unknown || report.Limit != porcupine.TimeLimit ||
		report.Undecided != 1 {
		t.Errorf("%s, limit %q, %d undecided, %v", report.Result, report.Limit, report.Undecided,
			err)
	}
	got := porcupine.CheckOperationsTimeout(m, history, 20*time.Millisecond)
	if got != porcupine.Unknown {
		t.Errorf("CheckOperationsTimeout says %s", got)
	}
}

// A Step that never returns does not hold up the check; one that knows of the context is told.
func TestTimeoutInsideStep(t *testing.T) {
	release := make(chan struct{})
	defer close(release)
	told := make(chan struct{}, 1)
	m := register()
	for name, stuck := range map[string]porcupine.Model{
		"Step": {Init: m.Init, Step: func(state, input, output any) (bool, any) {
			<-release
			return true, state
		}},
		"StepContext": {Init: m.Init, StepContext: func(ctx context.Context, state, input,
			output any) (bool, any) {
			<-ctx.Done()
			told <- struct{}{}
			return true, state
		}},
	} {
		report, err := porcupine.Check(context.Background(), stuck,
			[]porcupine.Operation{read(0, 1, 0)},
			porcupine.Options{Timeout: 10 * time.Millisecond, Verbose: true, Explain: true})
		if err != nil || report.Result != porcupine.Unknown || report.Limit != porcupine.TimeLimit {
			t.Errorf("%s: %s, limit %q, %v", name, report.Result, report.Limit, err)
		}
	}
	<-told
}

func TestCancelledContext(t *testing.T) {
	m, history := hard(30)
	ctx, cancel := context.WithCancel(context.Background())
	step := m.Step
	m.Step = func(state, input, output any) (bool, any) {
		cancel()
		return step(state, input, output)
	}
	report, err := porcupine.Check(ctx, m, history, porcupine.Options{})
	if err != nil || report.Result != porcupine.Unknown || report.Limit != porcupine.Cancelled {
		t.Errorf("%s, limit %q, %v", report.Result, report.Limit, err)
	}
}

func TestMemoryBudget(t *testing.T) {
	m, history := hard(30)
	const most = 4 << 20
	report, err := porcupine.Check(context.Background(), m, history,
		porcupine.Options{MemoryBytes: most})
	if err != nil || report.Result != porcupine.Unknown || report.Limit != porcupine.MemoryLimit {
		t.Fatalf("%s, limit %q, %v", report.Result, report.Limit, err)
	}
	if report.PeakBytes < most || report.PeakBytes > 3*most {
		t.Errorf("a budget of %d ended at %d bytes", most, report.PeakBytes)
	}
}

// Memory is counted about right: what the heap holds is what the report says.
func TestMemoryCount(t *testing.T) {
	m, history := hard(30)
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	report, err := porcupine.Check(context.Background(), m, history,
		porcupine.Options{MemoryBytes: 64 << 20, Workers: 1})
	runtime.ReadMemStats(&after)
	if err != nil {
		t.Fatal(err)
	}
	// growing tables leave as much again behind
	allocated := int64(after.TotalAlloc - before.TotalAlloc)
	if allocated > 6*report.PeakBytes || allocated < report.PeakBytes/2 {
		t.Errorf("%d bytes reported, %d allocated", report.PeakBytes, allocated)
	}
}

func TestIllegalPartitionEndsTheCheck(t *testing.T) {
	m, history := hard(30)
	m.Partition = func(history []porcupine.Operation) [][]porcupine.Operation {
		return [][]porcupine.Operation{history[:len(history)-1], history[len(history)-1:]}
	}
	history = append(history[:30:30], read(200, 300, uint64(0)), read(400, 500, uint64(5)))
	report, err := porcupine.Check(context.Background(), m, history, porcupine.Options{Workers: 1})
	if err != nil || report.Result != porcupine.Illegal || report.Failure.Partition != 1 ||
		report.Undecided != 1 {
		t.Errorf("%s, %+v, %d undecided, %v", report.Result, report.Failure, report.Undecided, err)
	}
}

// The rival's users rely on it: a partition that waits in StepContext is let go once another is
// illegal.
func TestIllegalPartitionReleasesOthers(t *testing.T) {
	started, released := make(chan struct{}), make(chan struct{})
	m := porcupine.Model{
		Init: func() any { return 0 },
		Partition: func(history []porcupine.Operation) [][]porcupine.Operation {
			return [][]porcupine.Operation{history[:1], history[1:]}
		},
		StepContext: func(ctx context.Context, state, input, output any) (bool, any) {
			if input == "wait" {
				close(started)
				<-ctx.Done()
				close(released)
			} else {
				<-started
			}
			return false, nil
		},
	}
	history := []porcupine.Operation{{Input: "wait", Return: 1}, {Input: "fail", Return: 1}}
	if got := porcupine.CheckOperationsTimeout(m, history, 0); got != porcupine.Illegal {
		t.Errorf("verdict %s", got)
	}
	<-released
}

func TestPanicInStepReachesTheCaller(t *testing.T) {
	m := register()
	m.Step = func(state, input, output any) (bool, any) { panic("no such thing") }
	defer func() {
		if text, ok := recover().(string); !ok || !strings.Contains(text, "no such thing") ||
			!strings.Contains(text, "budget_test.go") {
			t.Errorf("panicked with %v", text)
		}
	}()
	porcupine.CheckOperations(m, []porcupine.Operation{read(0, 1, 0)})
}

func TestGoexitInStepReachesTheCaller(t *testing.T) {
	m := register()
	m.Step = func(state, input, output any) (bool, any) {
		runtime.Goexit()
		return false, nil
	}
	defer func() {
		if err, ok := recover().(error); !ok || !strings.Contains(err.Error(), "t.Fatal") {
			t.Errorf("panicked with %v", err)
		}
	}()
	porcupine.CheckOperations(m, []porcupine.Operation{read(0, 1, 0)})
}

func TestManyPartitionsWithFewWorkers(t *testing.T) {
	m := register()
	m.Partition = func(history []porcupine.Operation) [][]porcupine.Operation {
		var parts [][]porcupine.Operation
		for i := range history {
			parts = append(parts, history[i:i+1])
		}
		return parts
	}
	history := make([]porcupine.Operation, 1000)
	for i := range history {
		history[i] = read(int64(i), int64(i), 0)
	}
	report, err := porcupine.Check(context.Background(), m, history, porcupine.Options{Workers: 3})
	if err != nil || report.Result != porcupine.Ok || report.Partitions != 1000 {
		t.Errorf("%s, %d partitions, %v", report.Result, report.Partitions, err)
	}
	history[500].Output = 1
	report, err = porcupine.Check(context.Background(), m, history, porcupine.Options{Workers: 3})
	if err != nil || report.Result != porcupine.Illegal || report.Failure.Partition != 500 {
		t.Errorf("%s, %+v, %v", report.Result, report.Failure, err)
	}
}
