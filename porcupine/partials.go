package porcupine

import "slices"

// Partial linearizations are for pictures. What they may hold in all is bounded; the longest are
// kept.
const (
	maxPartials      = 64
	maxPartialsTotal = 1 << 22 // operations
)

// partials collects, for each operation, the longest order found that has it.
type partials struct {
	longest []int32 // by operation: number of the order, plus one
	orders  [][]int32
}

func newPartials(operations int) *partials {
	return &partials{longest: make([]int32, operations)}
}

// note considers the order of path. It looks back from the end until enough operations have a
// longer one: those before mostly have it too.
func (p *partials) note(path []move) {
	const enough = 64
	number := int32(0)
	satisfied := 0
	for i := len(path) - 1; i >= 0 && satisfied < enough; i-- {
		op := path[i].op
		if held := p.longest[op]; held > 0 && len(p.orders[held-1]) >= len(path) {
			satisfied++
			continue
		}
		if number == 0 {
			order := make([]int32, len(path))
			for j, m := range path {
				order[j] = m.op
			}
			p.orders = append(p.orders, order)
			number = int32(len(p.orders))
			p.trim()
		}
		p.longest[op] = number
	}
}

// trim forgets orders that are nobody's longest any more once there are many.
func (p *partials) trim() {
	if len(p.orders)%(8*maxPartials) != 0 {
		return
	}
	used := make([]bool, len(p.orders))
	for _, number := range p.longest {
		if number > 0 {
			used[number-1] = true
		}
	}
	for i := range p.orders[:len(p.orders)-1] {
		if !used[i] {
			p.orders[i] = nil
		}
	}
}

// list returns the distinct orders that are somebody's longest, longest first.
func (p *partials) list() [][]int32 {
	used := map[int32]bool{}
	var orders [][]int32
	for _, number := range p.longest {
		if number > 0 && !used[number] {
			used[number] = true
			orders = append(orders, p.orders[number-1])
		}
	}
	slices.SortStableFunc(orders, func(a, b []int32) int { return len(b) - len(a) })
	total := 0
	for i, order := range orders {
		total += len(order)
		if i == maxPartials || i > 0 && total > maxPartialsTotal {
			return orders[:i]
		}
	}
	return orders
}
