package porcupine

import (
	"errors"
	"fmt"
	"runtime/debug"
)

// firstTurn is how many choices a search tries before the next part has its turn; each turn is twice as long
// as the one before. A part that is found illegal soon thus ends a check that others would hold up.
const firstTurn = 1 << 12

// pool is workers that judge parts in turns.
type pool struct {
	model   *Model
	budget  *budget
	verbose bool
	queue   chan *task     // holds all tasks
	results chan verdictOf // holds all verdicts: a worker left behind never blocks
	quit    chan struct{}
}

// task is a part being judged.
type task struct {
	number int
	part   *part
	search *search // nil before the first turn
	turn   int
}

// verdictOf is an outcome and the number of the part it is about.
type verdictOf struct {
	part int
	outcome
}

// work gives tasks their turns until quit is closed. When told to stop it goes on, so that each task reports how
// far it came.
func (p *pool) work() {
	for {
		select {
		case t := <-p.queue:
			out, decided, fine := p.safely(t)
			if decided {
				p.results <- verdictOf{t.number, out}
			} else {
				p.queue <- t
			}
			if !fine {
				return
			}
		case <-p.quit:
			return
		}
	}
}

// safely gives t a turn, whatever Step does. It reports whether t is decided, and whether Step behaved.
func (p *pool) safely(t *task) (out outcome, decided, fine bool) {
	defer func() {
		if fine {
			return
		}
		if r := recover(); r != nil {
			out, decided = outcome{result: Unknown}, true
			if u, ok := r.(unhashable); ok {
				out.err = u
			} else {
				out.panicked = fmt.Sprintf("porcupine: model panicked: %v\n\n%s", r, debug.Stack())
			}
			return
		}
		// Goexit: this function does not return to work.
		p.results <- verdictOf{t.number, outcome{result: Unknown, panicked: errors.New("porcupine: Step ended its " +
			"goroutine, as t.Fatal does: let it return, and report from the test")}}
	}()
	out, decided = t.advance(p)
	return out, decided, true
}

// advance judges the part by the quickest way that fits it, for one turn.
func (t *task) advance(p *pool) (out outcome, decided bool) {
	if p.budget.halted.Load() {
		if t.search != nil {
			return t.search.finish(Unknown), true
		}
		return outcome{result: Unknown, stuck: -1}, true
	}
	if t.search == nil {
		access := accesses(p.model, t.part.history)
		if access != nil {
			if out, ok := judgeByAccess(p.model, t.part, access, p.budget, p.verbose); ok {
				return out, true
			}
		}
		t.search = newSearch(t.part, p.model, access, p.budget, p.verbose)
		t.turn = firstTurn
	}
	out, decided = t.search.run(t.turn)
	t.turn *= 2
	return out, decided
}
