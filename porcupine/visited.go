package porcupine

import "math/bits"

// configuration is where a search stands, in full: what can still happen depends on nothing else.
//
// Behind pos lie returns of operations that all took effect, so only operations still open at pos
// need a bit each: the window of concurrent operations, not the whole history.
type configuration struct {
	pos     int32    // the first event that is not behind
	state   int32    // number of the state
	done    []uint64 // by slot: open, must return, took effect
	pending []uint64 // by slot: never returns, took effect
}

// visited is the set of configurations that led nowhere, or are being tried. Of two that differ in
// pending operations alone, the one that used fewer of them has all the other's choices and more;
// so a configuration counts as visited when one with a subset of its pending operations is there.
type visited struct {
	words   int // of done
	more    int // words of pending; 0 if nothing is pending
	entries []uint64
	index   []uint32 // place of an entry, plus one; 0 is empty
	used    int
}

func newVisited(words int, anyPending bool) *visited {
	v := &visited{words: words}
	if anyPending {
		v.more = words
	}
	return v
}

// add puts c in the set and reports whether it is new there, and the bytes by which the set grew.
func (v *visited) add(c configuration) (isNew bool, grown int64) {
	if 4*(v.used+1) > 3*len(v.index) {
		grown = v.rehash()
	}
	mask := uint64(len(v.index) - 1)
	head := uint64(c.pos)<<32 | uint64(uint32(c.state))
	i := v.hash(head, c.done) & mask
	for ; v.index[i] != 0; i = (i + 1) & mask {
		if v.covers(v.entry(v.index[i]-1), head, c) {
			return false, grown
		}
	}
	before := cap(v.entries)
	v.entries = append(v.entries, head)
	v.entries = append(v.entries, c.done...)
	if v.more > 0 {
		v.entries = append(v.entries, c.pending...)
	}
	v.used++
	v.index[i] = uint32(v.used)
	return true, grown + 8*int64(cap(v.entries)-before)
}

func (v *visited) entry(number uint32) []uint64 {
	size := 1 + v.words + v.more
	return v.entries[int(number)*size:][:size]
}

func (v *visited) covers(entry []uint64, head uint64, c configuration) bool {
	if entry[0] != head {
		return false
	}
	for i, w := range c.done {
		if entry[1+i] != w {
			return false
		}
	}
	for i, w := range entry[1+v.words:] {
		if w&^c.pending[i] != 0 {
			return false
		}
	}
	return true
}

func (v *visited) hash(head uint64, done []uint64) uint64 {
	h := mix(head)
	for _, w := range done {
		h = mix(bits.RotateLeft64(h, 5) ^ w)
	}
	return h
}

// rehash doubles the index.
func (v *visited) rehash() (grown int64) {
	size := max(64, 2*len(v.index))
	grown = int64(size-len(v.index)) * 4
	v.index = make([]uint32, size)
	mask := uint64(size - 1)
	for number := range uint32(v.used) {
		entry := v.entry(number)
		i := v.hash(entry[0], entry[1:1+v.words]) & mask
		for v.index[i] != 0 {
			i = (i + 1) & mask
		}
		v.index[i] = number + 1
	}
	return grown
}

// bytes is the size of the set.
func (v *visited) bytes() int64 { return 8*int64(cap(v.entries)) + 4*int64(len(v.index)) }
