package porcupine

import "slices"

// search decides a part for any model. It goes through the events in order and lets operations take
// effect as late as it can: only the return of one that did not yet (the front) forces a choice, of
// which open operation is next. Choices are tried depth first, operations that must return soonest
// first.
//
// Four things keep it small, none of which loses an order:
//   - A configuration that was seen is not tried again (see visited).
//   - Of open operations with equal input and output, the one that must return soonest is taken: in
//     an order that takes another one first, the two can be exchanged.
//   - A reader, an operation that leaves every state as it is, is taken as soon as it is legal: in
//     an order that takes it later, it can be moved forward, as nothing after it tells the
//     difference.
//   - Step is asked once for each state and each class of equal operations.
//
// The third needs to know the readers: see readers.go.
type search struct {
	w      *window
	model  *Model
	budget *budget
	class  []int32 // of each operation
	reader []bool  // by class: no step was seen that changed a state
	single []bool  // by class: has one operation
	early  []bool  // by class: was taken as a reader
	earls  []int32 // an operation of each such class
	asked  []int32 // by state: how many of earls have been asked about there
	wrong  bool    // a class that was taken as a reader is none
	surely bool    // the model itself tells readers from writers, so none need be asked about

	states *states
	steps  transitions
	seen   *visited
	held   int64 // bytes taken from budget

	state int32
	lost  int32 // stands for all states that the guide calls lost; -1 without one
	// position of the last call of a single operation that took effect and is no reader
	lastWrite int32
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

// newSearch prepares to search p. access is what the model says of each operation, nil if it says
// nothing.
func newSearch(p *part, m *Model, access []Access, b *budget, verbose bool) *search {
	s := &search{w: newWindow(p), model: m, budget: b, states: newStates(m)}
	s.scratch = make([]uint64, 2*s.w.words)
	s.class = classes(p.history)
	count := 0
	for _, c := range s.class {
		count = max(count, int(c)+1)
	}
	s.reader, s.early, s.single = make([]bool, count), make([]bool, count), make([]bool, count)
	for c := range s.reader {
		s.reader[c] = true
	}
	met := make([]bool, count)
	for _, c := range s.class {
		s.single[c] = !met[c]
		met[c] = true
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

// finish makes the outcome, and gives back what the search held. The order in it is that of
// operations taking effect.
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
	s.earls, s.asked = s.earls[:0], s.asked[:0]
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

// explore tries so many choices at most (0: all there are). It leaves off when a reader turns out
// to be none.
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

// try lets op take effect, and reports whether that was all. It takes op back where that leads
// nowhere new.
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

// take lets op take effect.
func (s *search) take(op, next int32) {
	s.path = append(s.path, move{op, s.state, s.w.pos, s.lastWrite})
	if c := s.class[op]; !s.reader[c] && s.single[c] {
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
		if !slices.ContainsFunc(kept,
			func(other int32) bool { return s.class[other] == s.class[op] }) {
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
