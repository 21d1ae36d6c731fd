package porcupine

// How the search knows readers without being told.
//
// Every operation counts as one until a step is seen in which it changes a state. That this finds
// all of them is made sure by asking, whenever an operation changed the state, about each reader
// that was taken early and whose interval reaches beyond the last call of those that changed the
// state: an order that has the reader here instead is one that the search does not try. If such a
// reader changes the state after all, it is no reader, and the search begins again knowing that.
// So: suppose an order exists. Follow it in the search, which is always at a configuration where at
// least the same operations took effect, more readers apart, in the same state. The order's next
// operation was taken early there and leaves the state (asked), or is a reader that is legal (taken
// at once), or is one of the choices. Hence the search gets to the end too. (Where the search took
// one of several equal operations, the order may have another, called earlier; so of equal
// operations no call counts as the last.)

// takeReaders takes the open readers that are legal now, and those that come up as the front moves
// on.
func (s *search) takeReaders() {
	for !s.wrong {
		first := len(s.choices)
		s.choices = s.w.ready(s.choices)
		moves := len(s.path)
		for _, op := range s.choices[first:] {
			if c := s.class[op]; s.reader[c] && s.step(s.state, op) == s.state && s.reader[c] {
				if !s.early[c] {
					s.early[c] = true
					s.earls = append(s.earls, op)
				}
				s.take(op, s.state)
			}
		}
		s.choices = s.choices[:first]
		pos := s.w.pos
		s.w.advance()
		if len(s.path) == moves || s.w.pos == pos {
			break
		}
	}
	s.furthest = max(s.furthest, s.w.pos)
}

// askReaders asks about the readers that took effect before now and may take effect here instead:
// those that return after the last write, or all, if they are fewer.
func (s *search) askReaders() {
	if s.surely {
		return
	}
	if int(s.w.pos-s.lastWrite) > len(s.earls) {
		for int(s.state) >= len(s.asked) {
			s.asked = append(s.asked, 0)
		}
		for int(s.asked[s.state]) < len(s.earls) && !s.wrong {
			s.step(s.state, s.earls[s.asked[s.state]])
			s.asked[s.state]++
		}
		return
	}
	for at := s.w.pos - 1; at > s.lastWrite && !s.wrong; at-- {
		if e := s.w.part.events[at]; e.isReturn() && s.reader[s.class[e.op()]] {
			s.step(s.state, e.op())
		}
	}
	for slot, op := range s.w.occupant {
		slot := int32(slot)
		if has(s.w.open, slot) && has(s.w.done, slot) && s.reader[s.class[op]] && !s.wrong {
			s.step(s.state, op)
		}
	}
}
