package porcupine

import "math/bits"

// window is the operations that are open where the search stands. Each has a slot from its call to
// its return; a slot is used again afterwards, so there are no more slots than operations open at
// once. Pending operations have slots of their own, behind the others.
type window struct {
	part  *part
	slot  []int32  // of each operation
	words int      // of a set of slots
	lasts []uint64 // slots of pending operations, which keep theirs for ever

	pos      int32   // the first event that is not behind
	occupant []int32 // the operation in each open slot
	open     []uint64
	done     []uint64 // open and took effect
}

func newWindow(p *part) *window {
	w := &window{part: p, slot: make([]int32, len(p.history))}
	var free, pending []int32 // free: slots given back, last in, first out
	slots := int32(0)
	for _, e := range p.events {
		op := e.op()
		switch {
		case e.isReturn():
			free = append(free, w.slot[op])
		case p.ret[op] == never:
			pending = append(pending, op)
		case len(free) > 0:
			w.slot[op] = free[len(free)-1]
			free = free[:len(free)-1]
		default:
			w.slot[op] = slots
			slots++
		}
	}
	for _, op := range pending {
		w.slot[op] = slots
		slots++
	}
	w.words = max(1, int(slots+63)/64)
	w.occupant = make([]int32, slots)
	sets := make([]uint64, 3*w.words)
	w.open, w.done, w.lasts = sets[:w.words], sets[w.words:2*w.words], sets[2*w.words:]
	for _, op := range pending {
		add(w.lasts, w.slot[op])
	}
	return w
}

func add(set []uint64, i int32)      { set[i>>6] |= 1 << (i & 63) }
func remove(set []uint64, i int32)   { set[i>>6] &^= 1 << (i & 63) }
func has(set []uint64, i int32) bool { return set[i>>6]>>(i&63)&1 == 1 }

// advance goes forward over calls, and over returns of operations that took effect, to the first
// return of one that did not: the front, which must take effect next, or soon.
func (w *window) advance() {
	events := w.part.events
	for int(w.pos) < len(events) {
		e := events[w.pos]
		slot := w.slot[e.op()]
		switch {
		case !e.isReturn():
			add(w.open, slot)
			w.occupant[slot] = e.op()
		case has(w.done, slot):
			remove(w.open, slot)
			remove(w.done, slot)
		default:
			return
		}
		w.pos++
	}
}

// retreat undoes advance, back to pos.
func (w *window) retreat(pos int32) {
	for w.pos > pos {
		w.pos--
		e := w.part.events[w.pos]
		slot := w.slot[e.op()]
		if e.isReturn() {
			add(w.open, slot)
			add(w.done, slot)
			w.occupant[slot] = e.op()
		} else {
			remove(w.open, slot)
		}
	}
}

// atEnd reports whether all that must take effect did.
func (w *window) atEnd() bool { return int(w.pos) == len(w.part.events) }

// ready appends to list the open operations that did not take effect, in order of slot.
func (w *window) ready(list []int32) []int32 {
	for i, word := range w.open {
		for set := word &^ w.done[i]; set != 0; set &= set - 1 {
			list = append(list, w.occupant[i<<6|bits.TrailingZeros64(set)])
		}
	}
	return list
}
