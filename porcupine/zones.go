package porcupine

import (
	"cmp"
	"slices"
)

// zones judges a part whose operations are reads, writes, updates and appends of plain values, when
// each value read names the write it comes from. The method is that of Gibbons and Korach, "Testing
// shared memories" (SIAM J. Comput. 26, 1997), carried over to updates and appends.
//
// A write, with the reads of its value, is a cluster; nothing else can come between them. An update
// or an append that must follow a certain cluster at once is joined to it, with its own reads: the
// whole is a block, whose inner order is known. What is left is the order of the blocks. With
//
//	first = the earliest return in a block, last = the latest call in it,
//
// block A must come before B if and only if first(A) < last(B). An order exists if and only if no
// two blocks must each come before the other; sorted by min(first, last) they are then in order:
//
//	first < last: a forward zone. Two that overlap must each come before the other.
//	last < first: a backward zone. Two never do; one inside a forward zone must come before and after it.
//
// Writes and appends that nobody saw are blocks by themselves (an append that nobody saw can stand
// before any write). The initial value is a block that must come before all others. Operations that
// are pending, and whose value nobody saw, can be left out. All this takes O(n log n).
type zones struct {
	p      *part
	access []Access
	init   any

	versions []version // the first is the initial value
	// saw is, of a read, the number of the version that it saw; of an append that a read saw, -2
	// minus that read; of all others, -1.
	saw     []int32
	byValue map[any]int32
	order   []int32 // of the blocks' operations, block by block
	blocks  []block
	free    []int32 // operations that may stand anywhere within their interval
}

// version is a value that was written.
type version struct {
	write int32 // the operation; -1: the initial value
	next  int32 // the version that must follow at once, plus one; 0: unknown
	reads int32 // how many reads
	used  bool  // it must be in the order
	tail  bool  // it follows another one
}

// block is a run of operations that nothing can come between.
type block struct {
	first, last int32 // earliest return, latest call
	begin, end  int32 // its operations, in zones.order
	firstOp     int32 // the operation that returns at first; -1: the initial value
	lastOp      int32
	low         int32 // the lesser of first and last
}

// zoneVerdict is what zones finds; undecided leaves the part to the search.
type zoneVerdict struct {
	result    CheckResult
	undecided bool
	order     []int32 // Ok
	// Illegal: operations that are in each other's way, and the writes of what they saw
	core []int32
}

// accesses asks the model about each operation. It returns nil if there is one that the model
// cannot tell.
func accesses(m *Model, history []Operation) []Access {
	if m.Access == nil {
		return nil
	}
	list := make([]Access, len(history))
	for i := range history {
		list[i] = m.Access(history[i].Input, history[i].Output)
		if list[i].Kind == AccessOther {
			return nil
		}
	}
	return list
}

// judgeZones judges p, in which operations do what access says.
func judgeZones(p *part, access []Access, init any) zoneVerdict {
	z := &zones{p: p, access: access, init: init}
	for _, phase := range []func() (zoneVerdict, bool){z.writes, z.reads, z.links, z.lay, z.sort} {
		if verdict, done := phase(); done {
			return verdict
		}
	}
	return zoneVerdict{result: Ok, order: z.withFree()}
}

func undecided() (zoneVerdict, bool) { return zoneVerdict{undecided: true}, true }

func refuted(core ...int32) (zoneVerdict, bool) {
	return zoneVerdict{result: Illegal, core: core}, true
}

// writes numbers the versions. It gives up on a value that is written twice.
func (z *zones) writes() (zoneVerdict, bool) {
	z.versions = append(make([]version, 0, len(z.access)/2+1), version{write: -1, used: true})
	z.byValue = make(map[any]int32, len(z.access)/2+1)
	z.saw = make([]int32, len(z.access))
	if !isComparable(z.init) {
		return undecided()
	}
	z.byValue[z.init] = 0
	appends, updates := false, false
	for op := range z.access {
		op := int32(op)
		z.saw[op] = -1
		a := z.access[op]
		if a.Kind == AccessTry || a.Kind == AccessUnequal {
			return undecided()
		}
		if !a.Kind.writes() {
			continue
		}
		if a.Kind == AccessAppend {
			appends = true
			continue
		}
		updates = updates || a.Kind == AccessUpdate
		if !isComparable(a.Value) {
			return undecided()
		}
		number := int32(len(z.versions))
		if z.byValue[a.Value] != 0 || a.Value == z.init {
			return undecided()
		}
		z.byValue[a.Value] = number
		z.versions = append(z.versions, version{write: op, used: z.p.ret[op] != never})
	}
	if appends && updates {
		return undecided()
	}
	if appends {
		return z.appends()
	}
	return zoneVerdict{}, false
}

// reads finds the version that each read saw.
func (z *zones) reads() (zoneVerdict, bool) {
	for op := range z.access {
		op := int32(op)
		a := z.access[op]
		if a.Kind.writes() || z.p.ret[op] == never {
			continue
		}
		if a.Kind == AccessNothing {
			z.free = append(z.free, op)
			continue
		}
		if z.saw[op] < 0 { // or else the appends said
			if !isComparable(a.Value) {
				return undecided()
			}
			number, ok := z.byValue[a.Value]
			if !ok {
				return refuted(op)
			}
			z.saw[op] = number
		}
		v := &z.versions[z.saw[op]]
		v.used = true
		v.reads++
	}
	return zoneVerdict{}, false
}

// links joins updates to the versions they update.
func (z *zones) links() (zoneVerdict, bool) {
	var work []int32
	for number, v := range z.versions {
		if v.used {
			work = append(work, int32(number))
		}
	}
	for len(work) > 0 {
		number := work[len(work)-1]
		work = work[:len(work)-1]
		v := &z.versions[number]
		if v.write < 0 || z.access[v.write].Kind != AccessUpdate || v.tail {
			continue
		}
		from := z.access[v.write].From
		if !isComparable(from) {
			return undecided()
		}
		before, ok := z.byValue[from]
		if !ok {
			return refuted(v.write)
		}
		b := &z.versions[before]
		if b.next != 0 {
			return refuted(z.withWrites(v.write, z.versions[b.next-1].write)...)
		}
		b.next, v.tail = number+1, true
		if !b.used {
			b.used = true
			work = append(work, before)
		}
	}
	return zoneVerdict{}, false
}

// lay writes out the blocks and checks their inner order.
func (z *zones) lay() (zoneVerdict, bool) {
	begin := make([]int32, len(z.versions)+1) // of each version's reads
	for number, v := range z.versions {
		begin[number+1] = begin[number] + v.reads
	}
	readers := make([]int32, begin[len(z.versions)])
	fill := slices.Clone(begin)
	for _, e := range z.p.events { // in order of calls
		if op := e.op(); !e.isReturn() && z.saw[op] >= 0 && z.p.ret[op] != never {
			readers[fill[z.saw[op]]] = op
			fill[z.saw[op]]++
		}
	}
	z.order = make([]int32, 0, len(z.access))
	laid := 0
	for number, v := range z.versions {
		if !v.used || v.tail {
			continue
		}
		b := block{begin: int32(len(z.order))}
		for at := int32(number); ; at = z.versions[at].next - 1 {
			laid++
			if w := z.versions[at].write; w >= 0 {
				z.order = append(z.order, w)
			}
			z.order = append(z.order, readers[begin[at]:begin[at+1]]...)
			if z.versions[at].next == 0 {
				break
			}
		}
		b.end = int32(len(z.order))
		if core := z.measure(&b, number == 0); core != nil {
			return refuted(z.withWrites(core...)...)
		}
		z.blocks = append(z.blocks, b)
	}
	return z.circles(laid)
}

// circles refutes updates that each need the next one's value, and so were not laid.
func (z *zones) circles(laid int) (zoneVerdict, bool) {
	var core []int32
	for _, v := range z.versions {
		if v.used {
			laid--
		}
	}
	if laid == 0 {
		return zoneVerdict{}, false
	}
	placed := make([]bool, len(z.access))
	for _, op := range z.order {
		placed[op] = true
	}
	for _, v := range z.versions {
		if v.used && v.write >= 0 && !placed[v.write] {
			core = append(core, v.write)
		}
	}
	return refuted(core...)
}

// measure sets the ends of b, and returns two of its operations that are the wrong way round.
func (z *zones) measure(b *block, initial bool) (core []int32) {
	b.first, b.last, b.firstOp, b.lastOp = never, -1, -1, -1
	for i := b.end - 1; i >= b.begin; i-- {
		op := z.order[i]
		call, ret := z.p.call[op], z.p.ret[op]
		if b.first < call {
			return []int32{op, b.firstOp}
		}
		if ret < b.first {
			b.first, b.firstOp = ret, op
		}
		if call > b.last {
			b.last, b.lastOp = call, op
		}
	}
	if initial {
		b.first, b.firstOp = -1, -1
	}
	b.low = min(b.first, b.last)
	return nil
}

// sort puts the blocks in order, and looks for two that must each come before the other.
func (z *zones) sort() (zoneVerdict, bool) {
	slices.SortFunc(z.blocks, func(a, b block) int { return cmp.Compare(a.low, b.low) })
	var forward *block // the last forward zone
	for i := range z.blocks {
		b := &z.blocks[i]
		if forward != nil && b.first < forward.last { // as they are sorted, forward.first < b.last
			b = z.plainest(forward, b)
			return refuted(z.withWrites(forward.firstOp, forward.lastOp, b.firstOp, b.lastOp)...)
		}
		if b.first < b.last {
			forward = b
		}
	}
	return zoneVerdict{}, false
}

// plainest returns of the blocks that cannot be before nor after forward, of which b is one, the
// one that is easiest to explain: a write by itself, if possible one that was called after the
// write of forward had returned.
func (z *zones) plainest(forward, b *block) *block {
	write := z.order[forward.begin]
	cost := func(b *block) int {
		switch {
		case b.end-b.begin > 1:
			return 2
		case b.last < z.p.ret[write]:
			return 1
		}
		return 0
	}
	for i := range z.blocks {
		other := &z.blocks[i]
		if other != forward && other.first < forward.last && forward.first < other.last &&
			cost(other) < cost(b) {
			b = other
		}
	}
	return b
}

// withWrites returns ops and the writes whose values they saw, or needed, in order of their calls.
func (z *zones) withWrites(ops ...int32) []int32 {
	var core []int32
	in := map[int32]bool{-1: true}
	for len(ops) > 0 {
		op := ops[0]
		ops = ops[1:]
		if in[op] {
			continue
		}
		in[op] = true
		core = append(core, op)
		ops = append(ops, z.supports(op)...)
	}
	slices.SortFunc(core, func(a, b int32) int { return cmp.Compare(z.p.call[a], z.p.call[b]) })
	return core
}

// supports returns the writes that made what op saw.
func (z *zones) supports(op int32) []int32 {
	switch a := z.access[op]; {
	case z.saw[op] <= -2: // an append: the read that shows where it belongs
		return []int32{-2 - z.saw[op]}
	case a.Kind == AccessUpdate:
		if number, ok := z.byValue[a.From]; ok {
			return []int32{z.versions[number].write}
		}
	case z.saw[op] >= 0:
		var writes []int32
		target := z.saw[op]
		if z.byValue[a.Value] == target { // a plain value; one made by appends is not in byValue
			return []int32{z.versions[target].write}
		}
		for head, v := range z.versions { // rare: only when something is wrong
			if v.tail || !v.used {
				continue
			}
			writes = writes[:0]
			for at := int32(head); at >= 0; at = z.versions[at].next - 1 {
				writes = append(writes, z.versions[at].write)
				if at == target {
					return writes
				}
			}
		}
	}
	return nil
}

// withFree returns the order with the free operations in it: each stands before the first operation
// that was called after its return. All that returned before its call stand before that one too.
func (z *zones) withFree() []int32 {
	order := make([]int32, 0, len(z.order)+len(z.free))
	slices.SortFunc(z.free, func(a, b int32) int { return cmp.Compare(z.p.ret[a], z.p.ret[b]) })
	free := z.free
	for _, b := range z.blocks {
		for _, op := range z.order[b.begin:b.end] {
			for len(free) > 0 && z.p.ret[free[0]] < z.p.call[op] {
				order = append(order, free[0])
				free = free[1:]
			}
			order = append(order, op)
		}
	}
	return append(order, free...)
}
