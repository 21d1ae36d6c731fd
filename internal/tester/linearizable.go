package tester

import (
	"context"
	"fmt"
	"time"

	"raftlab/porcupine"
	"raftlab/porcupine/models"
)

// The budgets of a linearizability check, on the machine's clock. They are some hundred times what a history of
// the lab needs.
const (
	checkTime   = 60 * time.Second
	checkMemory = 1 << 30 // bytes
)

// Linearizable judges all that clients have seen so far. Every run over the service ends with it. That it
// could not be decided is not a pass: the run fails, and says which budget ran out.
func (k *KV) Linearizable() {
	history := k.History()
	report, err := porcupine.Check(context.Background(), models.KvModel, history, porcupine.Options{
		Timeout: checkTime, MemoryBytes: checkMemory, Explain: true})
	switch {
	case err != nil:
		k.Failf(Linearizable, "the history of %d operations cannot be judged: %v", len(history), err)
	case report.Result == porcupine.Illegal:
		k.Failf(Linearizable, "no order of the %d operations explains what the clients saw:\n%v", len(history),
			report.Failure)
	case report.Result != porcupine.Ok:
		k.Failf(Undecided, "whether the history of %d operations is linearizable was not decided: the check ran out of %s",
			len(history), budgetOf(report.Limit))
	}
}

// budgetOf names a limit of the check, with what it was.
func budgetOf(limit porcupine.Limit) string {
	switch limit {
	case porcupine.TimeLimit:
		return fmt.Sprintf("time (%v)", checkTime)
	case porcupine.MemoryLimit:
		return fmt.Sprintf("memory (%d MB)", checkMemory>>20)
	}
	return fmt.Sprintf("its budget (%q)", limit)
}
