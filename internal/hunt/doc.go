// Package hunt looks for schedules of faults that a submission does not survive, and makes them small.
//
//	run := hunt.On(submission, false)                   // a campaign.Submission: in the simulator
//	report := hunt.Hunt(ctx, run, hunt.Plan{            // schedules drawn from seeds, until one fails
//		Draw: schedule.Options{Lab: schedule.Raft}, Seeds: campaign.Seeds{First: 1, Count: 500}})
//	for _, g := range report.Groups {
//		small := hunt.Shrink(ctx, run, g.Example, hunt.Effort{})
//		err := hunt.Write("raft-seed17.txt", small.Schedule, small.Head())
//	}
//
// Hunt draws, Shrink leaves out what a failure does not need, Exhaust crashes peers at every save and every send of a
// few short stories. Scenario makes an ordinary scenario of a schedule, so whatever runs scenarios runs schedules.
//
// Everything found depends on the submission and on what was asked for, not on the machine or on how many runs are made
// at a time: runs depend on their schedule alone, and of several results the one of the lowest seed, or
// of the first candidate, counts.
//
// Scripts that are kept in testdata/schedules of raft and kvraft are regression tests: the tests of this package run
// them all.
package hunt
