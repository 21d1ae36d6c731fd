package porcupine

// judgeByAccess decides a part by what the model says of each operation. It reports false if that
// leaves the verdict open, or if Step does not agree. That there is no order counts if sure is nil
// or true.
func judgeByAccess(m *Model, p *part, access []Access, b *budget, sure func() bool) (
	out outcome, decided bool) {
	verdict := judgeZones(p, access, m.Init())
	switch {
	case verdict.undecided:
		return outcome{}, false
	case verdict.result == Ok:
		if !replay(m, p, b, verdict.order) {
			return outcome{result: Unknown}, b.stopped()
		}
		return outcome{result: Ok, order: verdict.order}, true
	}
	if sure != nil && !sure() {
		return outcome{result: Unknown}, b.stopped()
	}
	return outcome{result: Illegal, core: verdict.core, access: access, stuck: -1}, true
}

// replay reports whether Step allows order.
func replay(m *Model, p *part, b *budget, order []int32) bool {
	state := m.Init()
	for _, op := range order {
		if b.stopped() {
			return false
		}
		ok, next := m.StepContext(b.ctx, state, p.history[op].Input, p.history[op].Output)
		if !ok {
			return false
		}
		state = next
	}
	return !b.stopped()
}
