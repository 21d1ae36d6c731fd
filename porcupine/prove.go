package porcupine

import (
	"cmp"
	"slices"
)

// proven reports whether Step does what access says in every state that the system can be in, so
// that the model is a register and nothing else. It is for reads, writes and updates; each value is
// written once.
//
// Suppose that it does so in each state that a prefix of an order leads to. Then that state is the
// value of the last write w in it. If w is followed by op, no write lies wholly between the return
// of w and the call of op, and w is called before op returns: op can see w. So it is enough to ask
// Step about each op in the state of each write that it can see, which is some for each that was
// open at the time: O(nc) steps for n operations of c clients.
func proven(m *Model, p *part, b *budget, access []Access) bool {
	v := &prover{g: guesser{m: m, b: b, init: m.Init()}, p: p, access: access, left: 1<<20 +
		64*len(access)}
	for op, a := range access {
		switch a.Kind {
		case AccessWrite, AccessUpdate:
			v.writes = append(v.writes, int32(op))
		case AccessAppend, AccessTry, AccessUnequal:
			return false
		}
	}
	slices.SortFunc(v.writes, func(a, b int32) int { return cmp.Compare(p.call[a], p.call[b]) })
	return v.run()
}

// prover goes through the calls in order.
type prover struct {
	g      guesser
	p      *part
	access []Access
	writes []int32 // in order of calls
	left   int     // steps it may still take

	called  int     // how many of writes were called by now
	seeable []int32 // of those, what a call now may see; the initial value is always tried
	settled int32   // the latest call of a write that returned by now
}

func (v *prover) run() bool {
	v.settled = -1
	for at, e := range v.p.events {
		op := e.op()
		isWrite := v.access[op].Kind == AccessWrite || v.access[op].Kind == AccessUpdate
		switch {
		case !e.isReturn():
			if isWrite {
				v.called++
				v.seeable = append(v.seeable, op)
			}
			if !v.holds(op) {
				return false
			}
		case isWrite && v.p.call[op] > v.settled:
			v.settled = v.p.call[op]
			v.seeable = slices.DeleteFunc(v.seeable,
				func(w int32) bool { return v.p.ret[w] < v.settled })
		}
		if at%1024 == 0 && v.g.b.stopped() {
			return false
		}
	}
	return !v.g.b.stopped() // or else the model may have given up
}

// holds asks Step about op in each state that it can see.
func (v *prover) holds(op int32) bool {
	if v.settled < 0 && !v.agrees(op, v.g.init) {
		return false
	}
	for _, w := range v.seeable {
		if w != op && !v.agrees(op, v.access[w].Value) {
			return false
		}
	}
	for _, w := range v.writes[v.called:] {
		if v.p.call[w] > v.p.ret[op] {
			break
		}
		if !v.agrees(op, v.access[w].Value) {
			return false
		}
	}
	return true
}

// agrees asks Step about op in one state.
func (v *prover) agrees(op int32, state any) bool {
	if v.left--; v.left < 0 {
		return false
	}
	legal, next := v.g.step(state, &v.p.history[op])
	switch a := v.access[op]; a.Kind {
	case AccessNothing:
		return legal && next == state
	case AccessRead:
		return legal == (state == a.Value) && (!legal || next == state)
	case AccessWrite:
		return legal && next == a.Value
	case AccessUpdate:
		return legal == (state == a.From) && (!legal || next == a.Value)
	}
	return false
}
