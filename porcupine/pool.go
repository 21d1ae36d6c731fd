package porcupine

import (
	"cmp"
	"errors"
	"fmt"
	"runtime/debug"
)

// firstTurn is how many choices a search tries before the next part has its turn; each turn is
// twice as long as the one before. A part that is found illegal soon thus ends a check that others
// would hold up.
const firstTurn = 1 << 12

// pool is workers that judge parts in turns.
type pool struct {
	model   *Model
	budget  *budget
	verbose bool
	turn    int            // choices in the first turn; 0: firstTurn
	queue   chan *task     // holds all tasks
	results chan verdictOf // holds all verdicts: a worker left behind never blocks
	quit    chan struct{}
}

// task is a part being judged.
type task struct {
	number int
	part   *part
	turn   int
	search *search // nil before the first turn

	guessed bool    // Access is known, or was guessed if it can be
	trial   *search // along a guess; nil if there is none, or it led nowhere
	pieces  *pieces // by a guess of what is independent; nil likewise
}

// verdictOf is an outcome and the number of the part it is about.
type verdictOf struct {
	part int
	outcome
}

// work gives tasks their turns until quit is closed. When told to stop it goes on, so that each
// task reports how far it came.
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

// safely gives t a turn, whatever Step does. It reports whether t is decided, and whether Step
// behaved.
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
		p.results <- verdictOf{t.number, outcome{result: Unknown,
			panicked: errors.New("porcupine: Step ended its " +
				"goroutine, as t.Fatal does: let it return, and report from the test")}}
	}()
	out, decided = t.advance(p)
	return out, decided, true
}

// advance judges the part by the quickest way that fits it, for one turn.
func (t *task) advance(p *pool) (out outcome, decided bool) {
	if p.budget.halted.Load() {
		return t.giveUp(), true
	}
	if t.search == nil {
		access := accesses(p.model, t.part.history)
		if access != nil {
			t.guessed = true
			if out, ok := judgeByAccess(p.model, t.part, access, p.budget, nil); ok {
				return out, true
			}
		}
		t.search = newSearch(t.part, p.model, access, p.budget, p.verbose)
		t.turn = cmp.Or(p.turn, firstTurn)
	}
	if out, decided = t.search.run(t.turn); decided {
		t.drop(&t.trial)
		t.pieces.drop()
		return out, true
	}
	if out, decided = t.guess(p); decided {
		t.drop(&t.search)
		return out, true
	}
	t.turn *= 2
	return out, false
}

// guess is for a model without Access, and a part that turns out to be hard: a search along a guess
// of what Access would say. Only an order is a result, or that a proven guess allows none.
func (t *task) guess(p *pool) (out outcome, decided bool) {
	if !t.guessed {
		t.guessed = true
		access := infer(p.model, t.part, t.search.class, p.budget)
		if access == nil {
			t.pieces = split(p.model, t.part, 0, p.budget)
			return out, false
		}
		sure := func() bool { return proven(p.model, t.part, p.budget, access) }
		if out, ok := judgeByAccess(p.model, t.part, access, p.budget, sure); ok {
			return out, true
		}
		t.trial = newSearch(t.part, p.model, access, p.budget, false)
	}
	if t.pieces != nil {
		if out, decided = t.pieces.advance(p, t.part, t.turn); !decided && t.pieces.tasks == nil {
			// the guess was wrong: another
			t.pieces = split(p.model, t.part, t.pieces.field+1, p.budget)
		}
		return out, decided
	}
	if t.trial == nil {
		return out, false
	}
	out, decided = t.trial.run(t.turn)
	if decided {
		t.trial = nil
	}
	return out, decided && out.result == Ok
}

// giveUp is the outcome of a task that was told to stop.
func (t *task) giveUp() outcome {
	t.drop(&t.trial)
	t.pieces.drop()
	if t.search != nil {
		return t.search.finish(Unknown)
	}
	return outcome{result: Unknown, stuck: -1}
}

// drop gives back what a search holds.
func (t *task) drop(s **search) {
	if *s != nil {
		(*s).finish(Unknown)
		*s = nil
	}
}
