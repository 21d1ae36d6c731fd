package porcupine

import "slices"

// search decides a part for any model. It goes through the events in order and lets operations take
// effect as late as it can: only the return of one that did not yet (the front) forces a choice, of which
// open operation is next. Choices are tried depth first, operations that must return soonest first.
//
// Four things keep it small, none of which loses an order:
//   - A configuration that was seen is not tried again (see visited).
//   - Of open operations with equal input and output, the one that must return soonest is taken: in an order
//     that takes another one first, the two can be exchanged.
//   - A reader, an operation that leaves every state as it is, is taken as soon as it is legal: in an order that
//     takes it later, it can be moved forward, as nothing after it tells the difference.
//   - Step is asked once for each state and each class of equal operations.
//
// The third needs to know the readers. Every operation counts as one until a step is seen in which it changes a
// state. That this finds all of them is made sure by asking, whenever an operation changed the state, about
// each reader that was taken early and whose interval reaches beyond the last call of those that
// changed the state: an order that has the reader here instead is one that the search does not try. If
// such a reader changes the state after all, it is no reader, and the search begins again knowing that.
// So: suppose an order exists. Follow it in the search, which is always at a configuration where at least the same
// operations took effect, more readers apart, in the same state. The order's next operation was taken
// early there and leaves the state (asked), or is a reader that is legal (taken at once), or is one of the choices.
// Hence the search gets to the end too.
type search struct {
	w      *window
	model  *Model
	budget *budget
	class  []int32 // of each operation
	reader []bool  // by class: no step was seen that changed a state
	early  []bool  // by class: was taken as a reader
	wrong  bool    // a class that was taken as a reader is none
	surely bool    // the model itself tells readers from writers, so none need be asked about

	states *states
	steps  transitions
	seen   *visited
	held   int64 // bytes taken from budget

	state     int32
	lost      int32 // stands for all states that the guide calls lost; -1 without one
	lastWrite int32 // position of the last call of an operation that took effect and is no reader
	path      []move
	frames    []frame
	choices   []int32 // of all frames
	scratch   []uint64

	furthest int32
	guide    *guide    // nil without Access
	partials *partials // nil unless asked for
}

// move is an operation taking effect, with what it replaced.
type move struct {
	op, state, pos, lastWrite int32
}

// frame is a configuration whose choices are being tried.
type frame struct {
	first, next int32 // of choices
	moves       int   // path's length before the moves that led here
}

// newSearch prepares to search p. access is what the model says of each operation, nil if it says nothing.
func newSearch(p *part, m *Model, access []Access, b *budget, verbose bool) *search {
	s := &search{w: newWindow(p), model: m, budget: b, states: newStates(m)}
	s.scratch = make([]uint64, 2*s.w.words)
	s.class = classes(p.history)
	count := 0
	for _, c := range s.class {
		count = max(count, int(c)+1)
	}
	s.reader, s.early = make([]bool, count), make([]bool, count)
	for c := range s.reader {
		s.reader[c] = true
	}
	if access != nil {
		s.surely = true
		for i, a := range access {
			s.reader[s.class[i]] = !a.Kind.writes()
		}
		s.guide = newGuide(p, access)
	}
	s.lost = -1
	if s.guide != nil {
		s.lost = s.states.add(lostState{})
	}
	if verbose {
		s.partials = newPartials(len(p.history))
	}
	return s
}

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

// run goes on for so many choices at most (0: to the end), and reports whether it has decided.
func (s *search) run(choices int) (out outcome, decided bool) {
	result := Unknown
	for result == Unknown && !s.budget.halted.Load() {
		if s.frames == nil {
			result = s.begin()
		}
		if result == Unknown {
			result = s.explore(choices)
		}
		if result == Ok && s.guide != nil && !s.confirmed() {
			s.forgetAccess()
			s.wrong = true
			result = Unknown
		}
		if s.wrong && result != Ok {
			s.reset()
			result = Unknown
			continue
		}
		if choices > 0 {
			break
		}
	}
	if result == Unknown && !s.budget.halted.Load() {
		return out, false
	}
	return s.finish(result), true
}

// confirmed reports whether Step allows the order found: a lost state was not put to it.
func (s *search) confirmed() bool {
	return replay(s.model, s.w.part, s.budget, s.taken())
}

// taken is the operations that took effect, in order.
func (s *search) taken() []int32 {
	order := make([]int32, len(s.path))
	for i, m := range s.path {
		order[i] = m.op
	}
	return order
}

// forgetAccess is for a model whose Access is not what its Step does.
func (s *search) forgetAccess() {
	s.undo(0)
	s.guide, s.lost, s.surely = nil, -1, false
	for c := range s.reader {
		s.reader[c] = true
	}
}

// finish makes the outcome, and gives back what the search held. The order in it is that of operations taking
// effect.
func (s *search) finish(result CheckResult) outcome {
	out := outcome{result: result, stuck: -1}
	switch {
	case result == Ok:
		out.order = s.taken()
	case result == Illegal && s.guide == nil: // a guide turns back earlier
		out.stuck = s.w.part.events[s.furthest].op()
	}
	if s.partials != nil && result != Ok {
		s.partials.note(s.path)
		out.partials = s.partials.list()
	}
	s.charge(-s.held)
	return out
}

// reset goes back to the beginning, keeping what was learnt of the model.
func (s *search) reset() {
	s.undo(0)
	s.w.retreat(0)
	s.frames, s.choices = nil, s.choices[:0]
	clear(s.early)
	s.charge(-s.seen.bytes())
	s.wrong = false
}

// begin takes what can be taken before the first choice.
func (s *search) begin() CheckResult {
	s.seen = newVisited(s.w.words, slices.Max(append(s.w.lasts, 0)) != 0)
	s.lastWrite = -1
	s.furthest = 0
	s.state = s.states.intern(s.model.Init(), 0)
	s.w.advance()
	s.takeReaders()
	if s.w.atEnd() {
		return Ok
	}
	s.push(0)
	return Unknown
}

// explore tries so many choices at most (0: all there are). It leaves off when a reader turns out to be none.
func (s *search) explore(limit int) CheckResult {
	for tried := 0; len(s.frames) > 0 && !s.wrong; {
		if s.budget.halted.Load() || limit > 0 && tried == limit {
			return Unknown
		}
		f := &s.frames[len(s.frames)-1]
		if int(f.next) == len(s.choices) {
			s.pop()
			continue
		}
		tried++
		op := s.choices[f.next]
		f.next++
		next := s.step(s.state, op)
		if next == illegal || s.wrong {
			continue
		}
		if s.try(op, next) {
			return Ok
		}
	}
	if s.budget.halted.Load() {
		return Unknown
	}
	return Illegal
}

// try lets op take effect, and reports whether that was all. It takes op back where that leads nowhere new.
func (s *search) try(op, next int32) bool {
	mark := len(s.path)
	s.take(op, next)
	s.w.advance()
	s.askReaders()
	s.takeReaders()
	if s.w.atEnd() {
		return true
	}
	isNew, grown := s.seen.add(s.configuration())
	s.charge(grown)
	if isNew && s.guide.hopeful(s.w.pos, s.states.values[s.state]) {
		s.push(mark)
		return false
	}
	if isNew && s.partials != nil {
		s.partials.note(s.path)
	}
	s.undo(mark)
	return false
}

func (s *search) charge(bytes int64) {
	s.held += bytes
	s.budget.take(bytes)
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
	if s.budget.halted.Load() || s.budget.ctx.Err() != nil {
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

// take lets op take effect.
func (s *search) take(op, next int32) {
	s.path = append(s.path, move{op, s.state, s.w.pos, s.lastWrite})
	if !s.reader[s.class[op]] {
		s.lastWrite = max(s.lastWrite, s.w.part.call[op])
	}
	add(s.w.done, s.w.slot[op])
	s.guide.took(op)
	s.state = next
	if s.guide != nil && next != s.lost && s.guide.lost(s.states.values[next]) {
		s.state = s.lost
	}
}

// undo takes back all moves but the first ones, as many as moves says.
func (s *search) undo(moves int) {
	for len(s.path) > moves {
		m := s.path[len(s.path)-1]
		s.path = s.path[:len(s.path)-1]
		s.w.retreat(m.pos)
		remove(s.w.done, s.w.slot[m.op])
		s.guide.undid(m.op)
		s.state, s.lastWrite = m.state, m.lastWrite
	}
}

// takeReaders takes the open readers that are legal now, and those that come up as the front moves on.
func (s *search) takeReaders() {
	for !s.wrong {
		first := len(s.choices)
		s.choices = s.w.ready(s.choices)
		moves := len(s.path)
		for _, op := range s.choices[first:] {
			if c := s.class[op]; s.reader[c] && s.step(s.state, op) == s.state && s.reader[c] {
				s.early[c] = true
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

// askReaders asks about the readers that took effect before now and may take effect here instead.
func (s *search) askReaders() {
	if s.surely {
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

// configuration describes where the search stands. Its sets are good until the next call.
func (s *search) configuration() configuration {
	done, pending := s.scratch[:s.w.words], s.scratch[s.w.words:]
	for i, set := range s.w.done {
		done[i] = set &^ s.w.lasts[i]
		pending[i] = set & s.w.lasts[i]
	}
	return configuration{s.w.pos, s.state, done, pending}
}

// push begins to try the choices here; moves is where the path goes back to when all have failed.
func (s *search) push(moves int) {
	first := len(s.choices)
	s.choices = s.w.ready(s.choices)
	here := s.choices[first:]
	ret := s.w.part.ret
	for i := 1; i < len(here); i++ { // insertion: few, and nearly sorted
		for j := i; j > 0 && ret[here[j]] < ret[here[j-1]]; j-- {
			here[j], here[j-1] = here[j-1], here[j]
		}
	}
	kept := here[:0]
	for _, op := range here {
		if !slices.ContainsFunc(kept, func(other int32) bool { return s.class[other] == s.class[op] }) {
			kept = append(kept, op)
		}
	}
	s.choices = s.choices[:first+len(kept)]
	s.frames = append(s.frames, frame{int32(first), int32(first), moves})
}

// pop leaves a configuration all of whose choices failed.
func (s *search) pop() {
	if s.partials != nil {
		s.partials.note(s.path)
	}
	f := s.frames[len(s.frames)-1]
	s.frames = s.frames[:len(s.frames)-1]
	s.choices = s.choices[:f.first]
	s.undo(f.moves)
}
