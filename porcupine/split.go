package porcupine

import (
	"cmp"
	"math/rand/v2"
	"reflect"
	"slices"
)

// pieces is a part cut up by a guess: that operations whose inputs differ in a certain field, such
// as a key, have nothing to do with each other. Linearizability is local (Herlihy and Wing 1990,
// §3.1), so if the guess is right the pieces can be judged apart. Nothing proves it right; but when
// each piece has an order, and Step allows the orders merged, the part has one.
type pieces struct {
	ids    [][]int32 // of each piece, the operations' numbers in the part
	tasks  []*task
	orders [][]int32 // nil until found, in the part's numbers
	field  int       // of the inputs, that the guess is about
}

// Bounds on the effort that a guess is worth.
const (
	maxSamples = 256  // states and pairs of operations that are tried
	maxPieces  = 4096 // pieces
)

// split guesses which field of the inputs, from the one numbered first on, tells independent
// operations apart. It returns nil if none does.
func split(m *Model, p *part, first int, b *budget) *pieces {
	t := reflect.TypeOf(p.history[0].Input)
	if t == nil || t.Kind() != reflect.Struct {
		return nil
	}
	for i := range p.history {
		if reflect.TypeOf(p.history[i].Input) != t {
			return nil
		}
	}
	for field := first; field < t.NumField(); field++ {
		groups := groupBy(p, field)
		if len(groups) > 1 && len(groups) <= maxPieces && independent(m, p, b, groups) {
			c := newPieces(p, groups)
			c.field = field
			return c
		}
	}
	return nil
}

// groupBy groups the operations by a field of their inputs, in order of first call. Fields that are
// not plain values make no groups.
func groupBy(p *part, field int) [][]int32 {
	number := map[any]int{}
	var groups [][]int32
	for _, e := range p.events {
		if e.isReturn() {
			continue
		}
		v := reflect.ValueOf(p.history[e.op()].Input).Field(field)
		var key any
		switch {
		case v.Kind() == reflect.String:
			key = v.String()
		case v.CanInt():
			key = v.Int()
		case v.CanUint():
			key = v.Uint()
		default:
			return nil
		}
		n, ok := number[key]
		if !ok {
			n = len(groups)
			number[key] = n
			groups = append(groups, nil)
		}
		groups[n] = append(groups[n], e.op())
	}
	return groups
}

// independent tries pairs of operations from different groups in some states, and reports whether
// it made no difference which came first.
func independent(m *Model, p *part, b *budget, groups [][]int32) bool {
	group := make([]int, len(p.history))
	for n, ops := range groups {
		for _, op := range ops {
			group[op] = n
		}
	}
	g := &guesser{m: m, b: b}
	random := rand.New(rand.NewPCG(uint64(len(p.history)), 0)) // the same for the same history
	state := m.Init()
	tried := 0
	var calls []int32
	for _, e := range p.events {
		op := e.op()
		if e.isReturn() || tried == maxSamples || b.halted.Load() {
			continue
		}
		if near := calls[max(0, len(calls)-64):]; len(near) > 0 {
			other := near[random.IntN(len(near))]
			if group[other] != group[op] {
				tried++
				if !g.commute(state, &p.history[other], &p.history[op]) {
					return false
				}
			}
		}
		if ok, next := g.try(state, &p.history[op]); ok {
			state = next
		}
		calls = append(calls, op)
	}
	return tried > 0
}

// try is step without the demand that states be comparable.
func (g *guesser) try(state any, op *Operation) (legal bool, next any) {
	defer func() {
		if recover() != nil {
			legal = false
		}
	}()
	return g.m.StepContext(g.b.ctx, state, op.Input, op.Output)
}

// commute reports whether x and y do the same in either order.
func (g *guesser) commute(state any, x, y *Operation) bool {
	okX, afterX := g.try(state, x)
	okY, afterY := g.try(state, y)
	if !okX {
		afterX = state
	}
	if !okY {
		afterY = state
	}
	okXY, afterXY := g.try(afterX, y)
	okYX, afterYX := g.try(afterY, x)
	if okXY != okY || okYX != okX {
		return false
	}
	return !okX || !okY || g.same(afterXY, afterYX)
}

func (g *guesser) same(a, b any) bool {
	if g.m.Equal != nil {
		return g.m.Equal(a, b)
	}
	return isComparable(a) && isComparable(b) && a == b
}

func newPieces(p *part, groups [][]int32) *pieces {
	c := &pieces{ids: groups, orders: make([][]int32, len(groups))}
	for _, ids := range groups {
		history := make([]Operation, len(ids))
		for i, op := range ids {
			history[i] = p.history[op]
		}
		sub, err := newPart(history)
		if err != nil {
			return nil // cannot be: p has the same operations
		}
		c.tasks = append(c.tasks, &task{part: sub, guessed: true})
	}
	return c
}

// advance gives each piece that has no order yet a turn. It is decided when all have one and Step
// allows the whole; then, or when one turns out to have none, the pieces are of no use any more.
func (c *pieces) advance(p *pool, whole *part, turn int) (out outcome, decided bool) {
	if c.tasks == nil {
		return out, false
	}
	missing := 0
	for i, t := range c.tasks {
		if c.orders[i] != nil {
			continue
		}
		t.turn = turn
		piece, decided := t.advance(p)
		switch {
		case !decided:
			missing++
		case piece.result != Ok:
			c.drop()
			return out, false
		default:
			c.orders[i] = make([]int32, len(piece.order))
			for j, op := range piece.order {
				c.orders[i][j] = c.ids[i][op]
			}
		}
	}
	if missing > 0 {
		return out, false
	}
	order := c.merge(whole)
	c.tasks = nil
	if !replay(p.model, whole, p.budget, order) {
		return out, false
	}
	return outcome{result: Ok, order: order, stuck: -1}, true
}

// merge puts the orders together. Each operation stands at the latest call of those up to it in its
// own order, which lies within its interval; so all keep to real time.
func (c *pieces) merge(whole *part) []int32 {
	type point struct{ at, op int32 }
	var points []point
	for _, order := range c.orders {
		at := int32(-1)
		for _, op := range order {
			at = max(at, whole.call[op])
			points = append(points, point{at, op})
		}
	}
	slices.SortStableFunc(points, func(a, b point) int { return cmp.Compare(a.at, b.at) })
	order := make([]int32, len(points))
	for i, p := range points {
		order[i] = p.op
	}
	return order
}

// drop gives back what the pieces hold.
func (c *pieces) drop() {
	if c == nil {
		return
	}
	for _, t := range c.tasks {
		t.giveUp()
	}
	c.tasks = nil
}
