package porcupine

import "sort"

// judgeByAccess decides a part by what the model says of each operation. It reports false if that leaves
// the verdict open, or if Step does not agree.
func judgeByAccess(m *Model, p *part, access []Access, b *budget, verbose bool) (outcome, bool) {
	init := m.Init()
	verdict := judgeZones(p, access, init, never)
	switch {
	case verdict.undecided:
		return outcome{}, false
	case verdict.result == Ok:
		if !replay(m, p, b, verdict.order) {
			return outcome{result: Unknown}, b.halted.Load()
		}
		return outcome{result: Ok, order: verdict.order}, true
	}
	out := outcome{result: Illegal, core: verdict.core, stuck: -1}
	if verbose {
		var order []int32
		out.stuck, order = firstStuck(p, access, init)
		if replay(m, p, b, order) {
			out.partials = [][]int32{order}
		}
	}
	return out, true
}

// replay reports whether Step allows order.
func replay(m *Model, p *part, b *budget, order []int32) bool {
	state := m.Init()
	for _, op := range order {
		if b.halted.Load() {
			return false
		}
		ok, next := m.StepContext(b.ctx, state, p.history[op].Input, p.history[op].Output)
		if !ok {
			return false
		}
		state = next
	}
	return !b.halted.Load()
}

// firstStuck returns the operation whose return no order gets past, and an order that gets that far. A
// history can only become illegal as it goes on, so halving finds the place. (Should a beginning be undecided, it
// counts as not illegal yet.)
func firstStuck(p *part, access []Access, init any) (stuck int32, order []int32) {
	first := sort.Search(len(p.events), func(at int) bool {
		return judgeZones(p, access, init, int32(at)+1).result == Illegal
	})
	return p.events[first].op(), judgeZones(p, access, init, int32(first)).order
}
