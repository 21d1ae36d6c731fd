package sim

import (
	"time"

	"raftlab/internal/tester"
)

// Verdict is what a simulation says of a submission. Only Passed is a pass.
type Verdict string

// The verdicts.
const (
	Passed         Verdict = "passed"
	Failed         Verdict = "failed"             // an invariant or the scenario: Result.Failure names it
	Panicked       Verdict = "panicked"           // a peer did
	Exited         Verdict = "exited"             // a peer called os.Exit, or its like
	Deadlocked     Verdict = "deadlocked"         // a call into a peer can never return
	TimeLimit      Verdict = "virtual time limit" // the scenario did not end in time
	CPULimit       Verdict = "CPU limit"          // a peer computes without end
	MemoryLimit    Verdict = "memory limit"
	OutputLimit    Verdict = "output limit"
	NotBuilt       Verdict = "could not build"
	Infrastructure Verdict = "infrastructure" // nothing was found out about the submission
)

// Limits are what each peer may use. A field that is 0 has the default.
type Limits struct {
	Memory uint64        // bytes; default 256 MB
	Output int64         // bytes printed; default 64 MB
	CPU    time.Duration // of simulated computing without ever waiting for anything; default 10 s
	// Patience is how long a call into a peer that should return at once (Make, Start, GetState) may take, in
	// simulated time; default 30 s.
	Patience time.Duration
}

func (l Limits) orDefault() Limits {
	set := func(field *int64, value int64) {
		if *field == 0 {
			*field = value
		}
	}
	if l.Memory == 0 {
		l.Memory = 256 << 20
	}
	set(&l.Output, 64<<20)
	set((*int64)(&l.CPU), int64(10*time.Second))
	set((*int64)(&l.Patience), int64(30*time.Second))
	return l
}

// initLimits are those of init functions.
func initLimits() Limits { return Limits{}.orDefault() }

// Result is what came of one simulation.
type Result struct {
	tester.Result
	Verdict Verdict
	Peer    string            // whom a verdict other than Passed or Failed is about, as "server 2"
	Detail  string            // what there is to say about that, in several lines
	Output  map[string]string // what each peer printed, all its lives in order; long ones without their middle
	Steps   uint64            // events that the engine handled
}
