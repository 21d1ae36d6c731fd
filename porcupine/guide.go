package porcupine

import (
	"cmp"
	"slices"
	"strings"
)

// lookAhead is how many reads to come the guide considers.
const lookAhead = 32

// guide helps the search with models that have Access, in two ways.
//
// It tells that a configuration is hopeless: a read to come can no longer see its value. It can if
// the state is that value, or (with appends) a beginning of it; or if a write is still to come that
// may be before the read, and makes the value or a beginning of it.
//
// And it tells that a state is lost: no operation to come needs that value, or one that begins with
// it. All lost states are one to the search, however they came about.
type guide struct {
	access  []Access
	call    []int32
	appends bool
	taken   []uint64 // by operation

	reads   []int32 // that return, in order of their returns; updates read too
	returns []int32 // their positions
	// of each of reads: what can make its value, or a beginning of it, in order of calls
	sources [][]int32

	texts []string      // with appends: the values needed, in order
	index map[any]int32 // of a value needed: its place in texts, or just a number
	left  []int32       // by that number: how many operations that need it were not taken
	need  []int32       // by operation: the number of what it needs; -1: nothing
}

// newGuide returns nil if values are such that there is nothing to go by.
func newGuide(p *part, access []Access) *guide {
	g := &guide{access: access, call: p.call, taken: make([]uint64, (len(access)+63)/64)}
	writes := map[any][]int32{}
	var lengths []int // of the texts written
	for op, a := range access {
		switch a.Kind {
		case AccessAppend:
			g.appends = true
		case AccessWrite, AccessUpdate, AccessTry:
			if !isComparable(a.Value) {
				return nil
			}
			writes[a.Value] = append(writes[a.Value], int32(op))
			text, _ := a.Value.(string)
			lengths = append(lengths, len(text))
		}
	}
	slices.Sort(lengths)
	lengths = slices.Compact(lengths)
	for _, e := range p.events {
		op := e.op()
		if !e.isReturn() || access[op].Kind != AccessRead && access[op].Kind != AccessUpdate {
			continue
		}
		value := access[op].needs()
		if !isComparable(value) {
			return nil
		}
		g.reads = append(g.reads, op)
		g.returns = append(g.returns, p.ret[op])
		g.sources = append(g.sources, g.sourcesOf(value, writes, lengths, p.ret[op]))
	}
	if !g.count() {
		return nil
	}
	return g
}

// count numbers the values needed. It reports false if one cannot be compared, or is no text among
// appends.
func (g *guide) count() bool {
	g.index = map[any]int32{}
	for _, a := range g.access {
		if !a.depends() {
			continue
		}
		value := a.needs()
		text, isText := value.(string)
		if !isComparable(value) || g.appends && !isText {
			return false
		}
		if _, known := g.index[value]; !known {
			g.index[value] = int32(len(g.index))
			g.texts = append(g.texts, text)
		}
	}
	if g.appends {
		slices.Sort(g.texts)
		for i, text := range g.texts {
			g.index[text] = int32(i)
		}
	}
	g.left = make([]int32, len(g.index))
	g.need = make([]int32, len(g.access))
	for op, a := range g.access {
		g.need[op] = -1
		if a.depends() {
			g.need[op] = g.index[a.needs()]
			g.left[g.need[op]]++
		}
	}
	return true
}

// depends reports whether the outcome of an operation depends on the state.
func (a Access) depends() bool {
	return a.Kind != AccessWrite && a.Kind != AccessAppend && a.Kind != AccessNothing
}

// lost reports whether no operation to come tells state from other states that none needs.
func (g *guide) lost(state any) bool {
	if !g.appends {
		i, needed := g.index[state]
		return !needed || g.left[i] == 0
	}
	text, isText := state.(string)
	if !isText {
		return false
	}
	i, _ := slices.BinarySearch(g.texts, text)
	for ; i < len(g.texts) && strings.HasPrefix(g.texts[i], text); i++ {
		if g.left[i] > 0 {
			return false
		}
	}
	return true
}

// needs is the state that the outcome of an operation depends on.
func (a Access) needs() any {
	if a.Kind == AccessRead {
		return a.Value
	}
	return a.From
}

// sourcesOf returns the writes called before a position that make value, or a beginning of it.
func (g *guide) sourcesOf(value any, writes map[any][]int32, lengths []int, before int32) []int32 {
	text, isText := value.(string)
	var sources []int32
	pick := func(ops []int32) {
		for _, op := range ops {
			if g.call[op] < before {
				sources = append(sources, op)
			}
		}
	}
	if !g.appends || !isText {
		pick(writes[value])
	} else {
		for _, length := range lengths {
			if length <= len(text) {
				pick(writes[text[:length]])
			}
		}
	}
	slices.SortFunc(sources, func(a, b int32) int { return cmp.Compare(g.call[b], g.call[a]) })
	return sources
}

func (g *guide) took(op int32) {
	if g == nil {
		return
	}
	add(g.taken, op)
	if n := g.need[op]; n >= 0 {
		g.left[n]--
	}
}

func (g *guide) undid(op int32) {
	if g == nil {
		return
	}
	remove(g.taken, op)
	if n := g.need[op]; n >= 0 {
		g.left[n]++
	}
}

// hopeful reports whether each of the next reads may still see its value, with pos the first event
// ahead.
func (g *guide) hopeful(pos int32, state any) bool {
	if g == nil {
		return true
	}
	text, isText := state.(string)
	first, _ := slices.BinarySearch(g.returns, pos)
	looked := 0
	for i := first; i < len(g.reads) && looked < lookAhead; i++ {
		op := g.reads[i]
		if has(g.taken, op) {
			continue
		}
		looked++
		value := g.access[op].needs()
		if g.appends && isText {
			if whole, ok := value.(string); ok && strings.HasPrefix(whole, text) {
				continue
			}
		} else if value == state {
			continue
		}
		if !slices.ContainsFunc(g.sources[i], func(w int32) bool { return !has(g.taken, w) }) {
			return false
		}
	}
	return true
}
