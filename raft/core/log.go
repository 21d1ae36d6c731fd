package core

import "sort"

// log is the log behind the last snapshot. All arithmetic between indexes and slice positions is
// here.
//
//	              base                                           last
//	               │                                              │
//	index   1 … 4  5 ┃ 6    7    8    9    10   11   12    13    14
//	      ───────────╂──────────────────────────────────────────────
//	       compacted ┃ entries[0]   …                 entries[len-1]
//	                 ┃      applied ≤ commit ≤ last  (in Node)
//
// The entry at base is gone, but its term is still known: it may be the prev of an append.
//
// Slices of entries are handed out to messages, saves and the service. So a slot of the backing
// array is written once: what is truncated is not written over, but left to those who still read
// it.
type log struct {
	// Invariant: base and baseTerm are those of the last snapshot, both 0 if there is none.
	base     Index
	baseTerm Term
	// Invariant: terms never fall from one entry to the next, beginning at baseTerm; none is 0.
	entries []Entry
	// dead counts the slots before entries[0] of its backing array, which it still keeps in memory.
	// Invariant: dead ≤ len(entries)
	dead int
}

// first is the index of the first entry; last+1 if there is none.
func (l *log) first() Index { return l.base + 1 }

// last is the index of the last entry; base if there is none.
func (l *log) last() Index { return l.base + Index(len(l.entries)) }

// lastTerm is the term of the entry at last.
func (l *log) lastTerm() Term {
	if len(l.entries) == 0 {
		return l.baseTerm
	}
	return l.entries[len(l.entries)-1].Term
}

// term is the term of the entry at i; ok says whether it is known, from base to last.
func (l *log) term(i Index) (t Term, ok bool) {
	switch {
	case i == l.base:
		return l.baseTerm, true
	case i < l.base || i > l.last():
		return 0, false
	}
	return l.entries[i-l.base-1].Term, true
}

// matches reports whether the log is known to have an entry of term t at i.
func (l *log) matches(i Index, t Term) bool {
	have, ok := l.term(i)
	return ok && have == t
}

// slice is the entries from lo to hi, both included. lo is first or later; hi is lo-1 or later, and
// last at most.
func (l *log) slice(lo, hi Index) []Entry {
	from, to := lo-l.base-1, hi-l.base
	return l.entries[from:to:to]
}

// batch is as many entries from lo on as fit in both limits, but one at least if there is one.
func (l *log) batch(lo Index, maxEntries, maxBytes int) []Entry {
	if lo > l.last() {
		return nil
	}
	es := l.slice(lo, l.last())
	bytes := 0
	for i := range es {
		bytes += len(es[i].Data)
		if i > 0 && bytes > maxBytes || i == maxEntries {
			return es[:i:i]
		}
	}
	return es
}

// latest is the highest index, i at most and base at least, whose entry has term t or a lower one.
// As terms never fall, no entry between it and i has a term of t or lower.
func (l *log) latest(i Index, t Term) Index {
	i = max(min(i, l.last()), l.base)
	n := sort.Search(int(i-l.base), func(k int) bool { return l.entries[k].Term > t })
	return l.base + Index(n)
}

// agree is how many of es, the first of which is at lo, the log has already. Where it has another
// entry after those, rather than none, there is a conflict.
func (l *log) agree(lo Index, es []Entry) int {
	for i := range es {
		if !l.matches(lo+Index(i), es[i].Term) {
			return i
		}
	}
	return len(es)
}

// append adds es at the end.
func (l *log) append(es ...Entry) {
	l.grow(len(es))
	l.entries = append(l.entries, es...)
}

// grow makes room for n entries more, so that append moves none.
func (l *log) grow(n int) {
	if have := len(l.entries); cap(l.entries)-have < n {
		l.move(max(n, have))
	}
}

// move puts the entries into a new array with room for n more.
func (l *log) move(n int) {
	l.entries = append(make([]Entry, 0, len(l.entries)+n), l.entries...)
	l.dead = 0
}

// truncate drops all entries after i. The next append begins a fresh array, as the old one's slots
// have been handed out.
func (l *log) truncate(i Index) {
	n := i - l.base
	l.entries = l.entries[:n:n]
	l.dead = min(l.dead, len(l.entries))
}

// compact drops the entries up to i, which the log has. Once most of the array is dead, what is
// left moves, and lets go of it. As many entries as were dropped may well come before the next
// time; there is room for them at once, within reason.
func (l *log) compact(i Index) {
	l.baseTerm, _ = l.term(i)
	n := int(i - l.base)
	l.entries = l.entries[n:]
	l.base = i
	if l.dead += n; l.dead >= len(l.entries) {
		const reason = 8192 // slots, of 32 bytes
		l.move(min(n, reason))
	}
}

// reset drops everything and begins after an entry of term t at i.
func (l *log) reset(i Index, t Term) { *l = log{base: i, baseTerm: t} }
