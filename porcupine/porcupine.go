package porcupine

import (
	"context"
	"time"
)

// CheckOperations reports whether history is linearizable. It takes as long as it takes.
//
// The functions of this shape panic with the error of [Check] if the model lacks a function or the
// history cannot be one, such as an operation that returns before its call.
func CheckOperations(model Model, history []Operation) bool {
	return CheckOperationsTimeout(model, history, 0) == Ok
}

// CheckOperationsTimeout judges history within timeout; 0 is for ever. The verdict is Unknown if
// the time was not enough and no partition was found illegal.
func CheckOperationsTimeout(model Model, history []Operation, timeout time.Duration) CheckResult {
	return must(Check(context.Background(), model, history, Options{Timeout: timeout})).Result
}

// CheckOperationsVerbose judges history within timeout (0 is for ever), and returns what
// [Visualize] shows.
func CheckOperationsVerbose(model Model, history []Operation, timeout time.Duration) (
	CheckResult, LinearizationInfo) {
	report := must(Check(context.Background(), model, history,
		Options{Timeout: timeout, Verbose: true}))
	return report.Result, report.Info
}

// CheckEvents is [CheckOperations] for a history of events.
func CheckEvents(model Model, history []Event) bool {
	return CheckEventsTimeout(model, history, 0) == Ok
}

// CheckEventsTimeout is [CheckOperationsTimeout] for a history of events.
func CheckEventsTimeout(model Model, history []Event, timeout time.Duration) CheckResult {
	return must(CheckHistory(context.Background(), model, history,
		Options{Timeout: timeout})).Result
}

// CheckEventsVerbose is [CheckOperationsVerbose] for a history of events.
func CheckEventsVerbose(model Model, history []Event, timeout time.Duration) (CheckResult,
	LinearizationInfo) {
	report := must(CheckHistory(context.Background(), model, history,
		Options{Timeout: timeout, Verbose: true}))
	return report.Result, report.Info
}

func must(report Report, err error) Report {
	if err != nil {
		panic(err)
	}
	return report
}
