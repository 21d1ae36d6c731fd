package sim

import (
	"context"
	"fmt"
	"time"

	"raftlab/internal/suite"
	"raftlab/internal/tester"
	"raftlab/internal/trace"
)

// Job is one simulation: a scenario with a seed, on peers of a program.
type Job struct {
	Program  *Program
	Scenario suite.Scenario
	Seed     uint64
	Sinks    []trace.Sink // further readers of the run's events
	Limits   Limits
	// Strict also fails a run whose killed servers leave goroutines that are blocked for good.
	Strict bool
	// Odds is how many locks, channel operations and the like of instrumented code pass between two at which
	// the seed may have another goroutine go first; 0: nowhere.
	Odds uint32
	// Pause is for how long a goroutine may pause there, at most, as where an operating system gives the processor to
	// another; 0: 200 µs.
	Pause time.Duration
}

// Run simulates a job and judges it. It blocks until that is done, or ctx is. Any number of
// simulations may run at once, also of one program; each of them runs on one core.
func Run(ctx context.Context, job Job) Result {
	job.Limits = job.Limits.orDefault()
	e := &engine{ctx: ctx}
	var h *host
	cfg := job.Scenario.Config(job.Seed)
	cfg.Strict, cfg.Sinks = job.Strict, job.Sinks
	var r Result
	if job.Scenario.Raft != nil {
		r.Result = tester.RunRaft(cfg, func(s tester.Setup) tester.RaftHost {
			h = newHost(job, e, s)
			return h
		}, job.Scenario.Raft)
	} else {
		r.Result = tester.RunKV(cfg, func(s tester.Setup) tester.KVHost {
			h = newHost(job, e, s)
			return &kvHost{host: h}
		}, job.Scenario.KV)
	}
	r.Steps, r.Output = e.steps, h.printed
	r.Verdict, r.Peer, r.Detail = judge(r.Failure, h.verdict)
	return r
}

// judge makes one verdict of what the harness and the engine say. The harness hears of what the engine finds, so
// without a failure of the harness's there is none.
func judge(failure *tester.Failure, own finding) (v Verdict, peer, detail string) {
	switch {
	case failure == nil && own.verdict == "":
		return Passed, "", ""
	case failure == nil: // a finding that came when the harness listened no more
		return own.verdict, own.peer, own.detail
	case failure.Invariant == string(own.verdict):
		return own.verdict, own.peer, own.detail
	case failure.Invariant == tester.TimeLimit:
		return TimeLimit, "", failure.Message
	}
	return Failed, "", ""
}

// String is a line about the result.
func (r Result) String() string {
	switch {
	case r.Verdict == Passed:
		return fmt.Sprintf("passed in %.1f s of simulated time", r.Elapsed.Seconds())
	case r.Failure != nil && r.Verdict == Failed:
		return r.Failure.Error()
	}
	return fmt.Sprintf("%s: %s: %s", r.Verdict, r.Peer, r.Detail)
}
