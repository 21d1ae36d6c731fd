package porcupine

import (
	"cmp"
	"context"
	"runtime"
	"slices"
	"time"
)

// Options bounds a check and says what to find out. The zero value has no budget and wants the
// verdict alone.
type Options struct {
	// Timeout is how long the check may take; 0 is for ever. It holds inside a Step that does not
	// return, too: the check ends, and the goroutine that is in Step is left behind until Step
	// returns.
	Timeout time.Duration
	// MemoryBytes is how much the search may hold at once; 0 is without limit. It counts what
	// grows: configurations, states (roughly) and transitions, not the history itself.
	MemoryBytes int64
	// Workers is how many partitions are checked side by side; 0 is one for each CPU, two at least.
	Workers int
	// Verbose collects what [Visualize] shows, in Report.Info. After one partition was found
	// illegal the others are checked too, for as long again as that took, or a second.
	Verbose bool
	// Explain makes the check look for a small illegal part of an illegal history:
	// Report.Failure.Core.
	Explain bool
	// ExplainTime bounds the effort after the verdict, for Explain and Verbose together; 0 is two
	// seconds.
	ExplainTime time.Duration

	firstTurn int // choices; 0 is the default
}

// Report is what a check found out.
type Report struct {
	Result CheckResult
	// Limit is what ran out when Result is Unknown.
	Limit Limit
	// Failure says what is wrong when Result is Illegal.
	Failure *Failure
	// Info is for Visualize; filled in if Options.Verbose was set.
	Info LinearizationInfo

	Operations int           // in the history
	Partitions int           // of the history
	Undecided  int           // partitions without a verdict, because of Limit or of an illegal one
	PeakBytes  int64         // most that the search held at once, as Options.MemoryBytes counts it
	Elapsed    time.Duration // of the check, Explain apart
}

// Check judges a history of operations. It returns when it has a verdict, when a budget in opts
// runs out, or when ctx is done. An empty history is Ok. The error is not nil if there is no model
// or no history to judge; it says what to change.
//
// The history is read until Check returns and not changed; after a time-out, a Step that did not
// end may still read it.
func Check(ctx context.Context, model Model, history []Operation, opts Options) (Report, error) {
	full, err := model.filled()
	if err != nil {
		return Report{}, err
	}
	if len(history) == 0 {
		return Report{Result: Ok}, nil
	}
	return checkParts(ctx, &full, full.Partition(history), opts)
}

// CheckHistory is Check for a history of events. In Report.Info times are indices into history.
func CheckHistory(ctx context.Context, model Model, history []Event, opts Options) (Report, error) {
	full, err := model.filled()
	if err != nil {
		return Report{}, err
	}
	if len(history) == 0 {
		return Report{Result: Ok}, nil
	}
	groups := full.PartitionEvent(history)
	positions := eventPositions(history, len(groups) > 1)
	parts := make([][]Operation, len(groups))
	for i, group := range groups {
		parts[i], err = fromEvents(group, func(index int) int64 { return positions(group, index) })
		if err != nil {
			return Report{}, err
		}
	}
	return checkParts(ctx, &full, parts, opts)
}

// eventPositions returns a function that finds the index in history of an event in a partition of
// it, so that all partitions share one clock.
func eventPositions(history []Event, partitioned bool) func(group []Event, index int) int64 {
	if !partitioned {
		return func(_ []Event, index int) int64 { return int64(index) }
	}
	type end struct {
		id   int
		kind EventKind
	}
	at := make(map[end]int64, len(history))
	for i, e := range history {
		at[end{e.Id, e.Kind}] = int64(i)
	}
	return func(group []Event, index int) int64 {
		return at[end{group[index].Id, group[index].Kind}]
	}
}

// outcome is what an engine says of one part.
type outcome struct {
	result   CheckResult
	order    []int32   // Ok: all that took effect, in order
	stuck    int32     // Illegal: the operation whose return no order gets past; -1: not known
	core     []int32   // Illegal: operations that are illegal by themselves, if the engine knows
	access   []Access  // Illegal: what each operation does, if that is known for sure
	partials [][]int32 // not Ok: orders of some operations, longest first; only if verbose
	err      error
	panicked any // the value that Step panicked with
}

func checkParts(ctx context.Context, m *Model, histories [][]Operation, opts Options) (
	Report, error) {
	begin := time.Now()
	c := &check{model: m, opts: opts, parts: make([]*part, len(histories)),
		outcomes: make([]outcome, len(histories))}
	report := Report{Partitions: len(histories)}
	for i, history := range histories {
		report.Operations += len(history)
		var err error
		if c.parts[i], err = newPart(history); err != nil {
			return Report{}, err
		}
		c.outcomes[i].result = Unknown
	}
	if err := c.run(ctx); err != nil {
		return Report{}, err
	}
	report.Elapsed = time.Since(begin)
	report.PeakBytes = c.budget.most.Load()
	report.Result = Ok
	for _, o := range c.outcomes {
		switch {
		case o.result == Illegal:
			report.Result = Illegal
		case o.result == Unknown:
			report.Undecided++
			if report.Result == Ok {
				report.Result = Unknown
			}
		}
	}
	if report.Result == Unknown {
		report.Limit = c.budget.reason()
	}
	if report.Result == Illegal {
		report.Failure = c.explain(ctx)
	}
	if opts.Verbose {
		report.Info = newInfo(c)
	}
	return report, nil
}

// check is one check under way.
type check struct {
	model    *Model
	opts     Options
	parts    []*part
	outcomes []outcome
	budget   *budget
}

// handover is how long a check that told its workers to stop waits for them to say how far they
// came.
const handover = 50 * time.Millisecond

// restTime is how long a verbose check goes on after it found a part illegal, at least; if it took
// longer up to then, it takes as long again.
const restTime = time.Second

// run judges the parts, hardest first, until all are judged, the verdict is known, or a budget ran
// out.
func (c *check) run(ctx context.Context) error {
	begin := time.Now()
	c.budget = newBudget(ctx, c.opts.MemoryBytes)
	defer c.budget.cancel()
	results, stop := c.start()
	defer stop()
	var timeout, rest, grace <-chan time.Time
	if c.opts.Timeout > 0 {
		timeout = time.After(c.opts.Timeout)
	}
	stopped := c.budget.ctx.Done()
	for waiting := len(c.parts); waiting > 0; {
		select {
		case v := <-results:
			waiting--
			if err := c.note(v); err != nil {
				c.budget.halt(NoLimit)
				return err
			}
			switch {
			case v.result == Illegal && !c.opts.Verbose:
				c.budget.halt(NoLimit)
			case v.result == Illegal && rest == nil:
				rest = time.After(max(restTime, time.Since(begin)))
			}
		case <-timeout:
			c.budget.halt(TimeLimit)
		case <-rest:
			c.budget.halt(NoLimit)
		case <-stopped:
			stopped = nil
			c.budget.halt(Cancelled) // unless it was one of the others
			grace = time.After(handover)
		case <-grace: // someone is in a Step that does not return
			return nil
		}
	}
	return nil
}

// start sets workers on the parts. They report each one, and end after stop.
func (c *check) start() (results <-chan verdictOf, stop func()) {
	p := &pool{model: c.model, budget: c.budget, verbose: c.opts.Verbose, turn: c.opts.firstTurn,
		queue:   make(chan *task, len(c.parts)),
		results: make(chan verdictOf, len(c.parts)),
		quit:    make(chan struct{})}
	for _, i := range c.hardestFirst() {
		p.queue <- &task{number: i, part: c.parts[i]}
	}
	workers := c.opts.Workers
	if workers <= 0 {
		workers = max(2, runtime.GOMAXPROCS(0))
	}
	for range min(workers, len(c.parts)) {
		go p.work()
	}
	return p.results, func() { close(p.quit) }
}

// note takes in a worker's verdict. It panics with what Step panicked with.
func (c *check) note(v verdictOf) error {
	if v.panicked != nil {
		c.budget.halt(NoLimit)
		panic(v.panicked)
	}
	if v.err != nil {
		return v.err
	}
	c.outcomes[v.part] = v.outcome
	return nil
}

// hardestFirst orders the parts by how long they may take: the search suffers from concurrency
// most.
func (c *check) hardestFirst() []int {
	type load struct{ part, concurrency, size int }
	loads := make([]load, len(c.parts))
	for i, p := range c.parts {
		loads[i] = load{i, p.concurrency(), len(p.history)}
	}
	slices.SortFunc(loads, func(a, b load) int {
		return cmp.Or(cmp.Compare(b.concurrency, a.concurrency), cmp.Compare(b.size, a.size),
			a.part-b.part)
	})
	order := make([]int, len(loads))
	for i, l := range loads {
		order[i] = l.part
	}
	return order
}
