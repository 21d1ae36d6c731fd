package porcupine

// classes numbers the operations so that those with equal input and output share a number.
func classes(history []Operation) []int32 {
	type kind struct{ input, output any }
	class := make([]int32, len(history))
	known := make(map[kind]int32, len(history))
	count := int32(0)
	number := func(k kind) (c int32) {
		c = count
		defer func() {
			if recover() != nil { // not comparable: like no other
				count++
			}
		}()
		if c, ok := known[k]; ok {
			return c
		}
		known[k] = c
		count++
		return c
	}
	for i := range history {
		class[i] = number(kind{history[i].Input, history[i].Output})
	}
	return class
}

// step returns the state after op, or illegal.
func (s *search) step(state, op int32) int32 {
	if state == s.lost {
		return s.stepLost(op)
	}
	c := s.class[op]
	key := transitionKey(state, c)
	if next, known := s.steps.get(key); known {
		return next
	}
	operation := &s.w.part.history[op]
	before := s.states.values[state]
	legal, after := s.model.StepContext(s.budget.ctx, before, operation.Input, operation.Output)
	if s.budget.stopped() {
		return illegal // not remembered: the model may have given up
	}
	next := int32(illegal)
	if legal {
		next = s.number(state, before, after)
	}
	s.charge(s.steps.put(key, next))
	if next != illegal && next != state && s.reader[c] {
		s.reader[c] = false
		s.wrong = s.wrong || s.early[c]
	}
	return next
}

// lostState is what stands in the table of states for those that are lost.
type lostState struct{}

// stepLost is step in a lost state, where Access says all there is to say.
func (s *search) stepLost(op int32) int32 {
	switch a := s.guide.access[op]; a.Kind {
	case AccessWrite:
		return s.states.intern(a.Value, 0)
	case AccessAppend, AccessNothing, AccessTry, AccessUnequal:
		return s.lost
	}
	return illegal
}

// number interns the state after a step, looking first at the state before it.
func (s *search) number(state int32, before, after any) int32 {
	if s.model.Equal != nil && s.model.Hash == nil && s.model.Equal(before, after) {
		return state
	}
	place := uint64(0)
	if s.model.Equal != nil && s.model.Hash == nil {
		c := s.configuration()
		place = s.seen.hash(uint64(c.pos), s.w.done)
	}
	held := s.states.bytes
	next := s.states.intern(after, place)
	s.charge(s.states.bytes - held)
	return next
}
