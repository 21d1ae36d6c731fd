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
	if invariant, message := verdictOn(len(history), report, err); invariant != "" {
		k.Failf(invariant, "%s", message)
	}
}

// verdictOn turns what a check came to into the invariant that is broken, "" if none is.
func verdictOn(operations int, report porcupine.Report, err error) (invariant, message string) {
	switch {
	case err != nil:
		return Undecided, fmt.Sprintf("the history of %d operations cannot be judged: %v", operations, err)
	case report.Result == porcupine.Illegal:
		return Linearizable, fmt.Sprintf("no order of the %d operations explains what the clients saw:\n%v",
			operations, report.Failure)
	case report.Result != porcupine.Ok:
		return Undecided, fmt.Sprintf("whether the history of %d operations is linearizable was not decided: the "+
			"check ran out of %s", operations, budgetOf(report.Limit))
	}
	return "", ""
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
