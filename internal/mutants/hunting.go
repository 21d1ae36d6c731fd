package mutants

import (
	"context"

	"raftlab/internal/hunt"
	"raftlab/internal/sim/campaign"
	"raftlab/internal/tester/schedule"
)

// shrinkRuns is how many runs the shrinking of a schedule may take.
const shrinkRuns = 400

// hunt runs schedules of faults drawn from so many seeds, from 1 on, until one catches the mutant, and reports whether one
// did.
func (t *trial) hunt(ctx context.Context, lab string, seeds int) (caught bool, err error) {
	run := hunt.On(t.on, t.mutant.Detector == strict)
	report := hunt.Hunt(ctx, run, hunt.Plan{Seeds: campaign.Seeds{First: 1, Count: seeds}, Jobs: 1,
		Draw: schedule.Options{Lab: schedule.Lab(lab)}})
	t.v.Runs += report.Runs
	t.v.CPU += report.Real
	if ctx.Err() != nil {
		return false, ctx.Err()
	}
	if len(report.Groups) == 0 {
		return false, nil
	}
	failure := report.Groups[0].Example
	o, err := t.judge(failure.Record)
	if err != nil {
		return false, err
	}
	c := o.catch(Hunt, lab, failure.Schedule.Seed, report.Real)
	c.Steps = len(failure.Schedule.Steps)
	if t.Shrink {
		shrunk := hunt.Shrink(ctx, run, failure, hunt.Effort{Runs: shrinkRuns, Jobs: 1})
		if ctx.Err() != nil {
			return false, ctx.Err()
		}
		c.Shrunk, c.Script = len(shrunk.Schedule.Steps), shrunk.Schedule.String()
	}
	t.v.Catches = append(t.v.Catches, c)
	return true, nil
}
