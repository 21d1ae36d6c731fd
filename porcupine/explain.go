package porcupine

import (
	"cmp"
	"context"
	"slices"
	"sort"
	"strings"
	"sync/atomic"
	"time"
)

// defaultExplainTime bounds the search for a small core, if the options do not.
const defaultExplainTime = 2 * time.Second

// explain says what is wrong with the first illegal part, and, for pictures, up to where an order
// exists in each. It takes as long as the options allow, for all of it.
func (c *check) explain(ctx context.Context) *Failure {
	limit := c.opts.ExplainTime
	if limit <= 0 {
		limit = defaultExplainTime
	}
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	var failure *Failure
	for number := range c.outcomes {
		o := &c.outcomes[number]
		if o.result != Illegal || failure != nil && !c.opts.Verbose {
			continue
		}
		s := &shrinker{model: c.model, part: c.parts[number], memory: c.opts.MemoryBytes, ctx: ctx,
			outcome: o}
		if c.opts.Verbose || c.opts.Explain {
			s.apart(s.locate)
			if found := s.found.Load(); found != nil {
				o.stuck = found.stuck
				if len(found.order) > 0 {
					o.partials = append([][]int32{found.order}, o.partials...)
				}
			}
		}
		if failure != nil {
			continue
		}
		failure = &Failure{Partition: number, model: c.model, Size: len(s.part.history),
			Stuck: int(o.stuck)}
		if len(s.part.history) > 0 {
			failure.Key = c.model.PartitionName(s.part.history[0].Input)
		}
		if o.stuck >= 0 {
			failure.StuckOperation = s.part.history[o.stuck]
		}
		if c.opts.Explain {
			s.apart(s.shrink)
			if best := s.best.Load(); best != nil {
				failure.Core, failure.Minimal = best.operations(s.part), best.minimal
			}
		}
	}
	return failure
}

// apart runs work on a goroutine of its own, which is left behind if it is in a Step that does not
// return.
func (s *shrinker) apart(work func()) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		work()
	}()
	select {
	case <-done:
	case <-s.ctx.Done():
		select {
		case <-done:
		case <-time.After(handover):
		}
	}
}

// shrinker finds the place where a history becomes illegal, and makes the illegal part of a history
// smaller, as long as there is time. What it leaves is an explanation: whatever the operations left
// out did or did not do, no order of the others exists.
//
// Of operations of which it is known what they do (see Access), reads are left out, and then writes
// that no read left sees. Of others, readers are left out, and writers are made pending: what is
// left is illegal even if they may have happened at any time after their call.
type shrinker struct {
	model   *Model
	part    *part
	memory  int64
	ctx     context.Context
	outcome *outcome

	access []Access // nil if not known
	reader []bool   // by operation
	best   atomic.Pointer[core]
	found  atomic.Pointer[beginning]
}

// beginning is how far a history is legal.
type beginning struct {
	stuck int32   // the operation whose return no order gets past
	order []int32 // an order that gets there
}

// locate finds the first return that no order gets past. A history can only become illegal as it
// goes on, so halving finds the place.
func (s *shrinker) locate() {
	if s.outcome.stuck >= 0 {
		s.found.Store(&beginning{stuck: s.outcome.stuck})
		return
	}
	var order []int32
	first := sort.Search(len(s.part.events), func(at int) bool {
		must, may := s.upTo(int32(at))
		out := s.judge(must, may)
		if out.result == Ok {
			order = order[:0]
			for _, i := range out.order {
				order = append(order, slices.Concat(must, may)[i])
			}
		}
		return out.result == Illegal
	})
	if s.ctx.Err() == nil && first < len(s.part.events) {
		s.found.Store(&beginning{s.part.events[first].op(), order})
	}
}

// upTo returns the operations that returned by the event at end, and those that were open then:
// they may have happened.
func (s *shrinker) upTo(end int32) (must, may []int32) {
	for op, call := range s.part.call {
		switch ret := s.part.ret[op]; {
		case ret <= end:
			must = append(must, int32(op))
		case call <= end:
			may = append(may, int32(op))
		}
	}
	slices.SortFunc(must, s.byCall)
	return must, may
}

// core is a set of operations that is illegal by itself.
type core struct {
	must    []int32 // in order of their calls
	may     []int32 // made pending
	minimal bool
}

func (c *core) operations(p *part) []Operation {
	var ops []Operation
	for _, op := range c.must {
		ops = append(ops, p.history[op])
	}
	return ops
}

// shrink looks for a small core, beginning with what an engine says, and publishes each smaller
// one.
func (s *shrinker) shrink() {
	o := s.outcome
	s.access = o.access
	if s.access == nil {
		s.access = accesses(s.model, s.part.history)
	}
	s.findReaders()
	all := &core{}
	if o.core != nil && s.illegal(o.core, nil) {
		all.must = slices.Clone(o.core)
		slices.SortFunc(all.must, s.byCall)
	} else {
		end := int32(never - 1)
		if o.stuck >= 0 {
			end = s.part.ret[o.stuck]
		}
		all.must, all.may = s.upTo(end)
	}
	if !s.illegal(all.must, all.may) {
		return // out of time
	}
	s.best.Store(all)
	for size := (len(all.must) + 1) / 2; size > 0; size /= 2 {
		changed := false
		for at := 0; at < len(s.best.Load().must); {
			if s.ctx.Err() != nil {
				return
			}
			if s.without(at, size) {
				changed = true
			} else {
				at += size
			}
		}
		if size == 1 && changed {
			size = 2 // once more: what could not go before may go now
		}
	}
	last := *s.best.Load()
	last.minimal = s.ctx.Err() == nil
	s.best.Store(&last)
}

func (s *shrinker) byCall(a, b int32) int { return cmp.Compare(s.part.call[a], s.part.call[b]) }

// findReaders asks of each operation whether it only reads.
func (s *shrinker) findReaders() {
	s.reader = make([]bool, len(s.part.history))
	if s.access != nil {
		for op, a := range s.access {
			s.reader[op] = !a.Kind.writes()
		}
		return
	}
	// A search that ended has seen what changes a state.
	b := s.budget()
	defer b.cancel()
	search := newSearch(s.part, s.model, nil, b, false)
	search.run(0)
	for op := range s.reader {
		s.reader[op] = search.reader[search.class[op]]
	}
}

// without tries to do without some operations of the best core, from the one at index at on, and
// reports whether it could.
func (s *shrinker) without(at, size int) bool {
	best := s.best.Load()
	next := &core{may: slices.Clone(best.may)}
	var writes []int32
	for i, op := range best.must {
		switch {
		case i < at || i >= at+size:
			next.must = append(next.must, op)
		case !s.reader[op]:
			writes = append(writes, op)
		}
	}
	if s.exact() {
		for _, op := range writes {
			behind := best.must[min(at+size, len(best.must)):]
			if s.needed(op, best.must[:at]) || s.needed(op, behind) {
				next.must = append(next.must, op)
			}
		}
		slices.SortFunc(next.must, s.byCall)
	} else {
		next.may = append(next.may, writes...)
	}
	if len(next.must) == len(best.must) || !s.illegal(next.must, next.may) {
		return false
	}
	s.best.Store(next)
	return true
}

// exact reports whether a write that nobody sees can be left out of an order without harm.
func (s *shrinker) exact() bool {
	return s.access != nil && !slices.ContainsFunc(s.access, func(a Access) bool {
		return a.Kind == AccessTry || a.Kind == AccessUnequal
	})
}

// needed reports whether an operation of ops sees what write did.
func (s *shrinker) needed(write int32, ops []int32) bool {
	w := s.access[write]
	made, isText := w.Value.(string)
	return slices.ContainsFunc(ops, func(op int32) bool {
		a := s.access[op]
		if op == write || a.Kind != AccessRead && a.Kind != AccessUpdate {
			return false
		}
		if whole, ok := a.needs().(string); ok && isText {
			return w.Kind == AccessAppend && strings.Contains(whole, made) ||
				strings.HasPrefix(whole, made)
		}
		return isComparable(a.needs()) && isComparable(w.Value) && a.needs() == w.Value
	})
}

func (s *shrinker) budget() *budget {
	b := newBudget(s.ctx, s.memory)
	context.AfterFunc(s.ctx, func() { b.halt(TimeLimit) })
	return b
}

// illegal reports whether the operations of must are illegal, with those of may pending.
func (s *shrinker) illegal(must, may []int32) bool {
	return len(must) > 0 && s.judge(must, may).result == Illegal
}

// judge judges the operations of must, with those of may pending. In its outcome an operation is
// named by its place in the two.
func (s *shrinker) judge(must, may []int32) outcome {
	history := make([]Operation, 0, len(must)+len(may))
	for _, op := range must {
		history = append(history, s.part.history[op])
	}
	for _, op := range may {
		history = append(history, s.part.history[op])
		history[len(history)-1].Pending = true
	}
	p, err := newPart(history)
	if err != nil {
		return outcome{result: Unknown}
	}
	b := s.budget()
	defer b.cancel()
	pool := &pool{model: s.model, budget: b, results: make(chan verdictOf, 1)}
	t := &task{part: p}
	for {
		if out, decided, fine := pool.safely(t); decided || !fine {
			return out
		}
	}
}
