package porcupine

import (
	"slices"
	"strings"
)

// appends finds out, for zones, which appends made each value that was read. What it needs is that
// no piece appended begins with another one: then a value can be cut into pieces in one way at
// most, after the write, or the initial value, that it begins with. Else, and when pieces repeat,
// it leaves the part to the search.
//
// The longest value that begins with a certain write gives the order of the appends after that
// write; each shorter one must be a beginning of it.
func (z *zones) appends() (zoneVerdict, bool) {
	pieces, ok := z.pieces()
	if !ok {
		return undecided()
	}
	heads, ok := z.heads()
	if !ok {
		return undecided()
	}
	values := map[string][]int32{} // the reads of each
	for op := range z.access {
		op := int32(op)
		a := z.access[op]
		if a.Kind == AccessRead && z.p.ret[op] != never {
			text, ok := a.Value.(string)
			if !ok {
				return undecided()
			}
			values[text] = append(values[text], op)
		}
	}
	longestFirst := make([]string, 0, len(values))
	for text := range values {
		longestFirst = append(longestFirst, text)
	}
	slices.SortFunc(longestFirst, func(a, b string) int {
		if len(a) != len(b) {
			return len(b) - len(a)
		}
		return strings.Compare(a, b)
	})
	for _, text := range longestFirst {
		readers := values[text]
		fits, clash := z.place(text, heads, pieces)
		switch {
		case len(fits) > 1:
			return undecided()
		case len(fits) == 0 && clash >= 0:
			return refuted(z.clash(readers[0], clash)...)
		case len(fits) == 0:
			return refuted(readers[0])
		}
		number := z.extend(fits[0], text, readers[0])
		for _, op := range readers {
			z.saw[op] = number
		}
	}
	return zoneVerdict{}, false
}

// pieceSet is the pieces appended, with the version that each makes.
type pieceSet struct {
	version map[string]int32
	lengths []int // of pieces, in order
}

// chain is the appends that followed a write, as the longest value that began with it shows.
type chain struct {
	text     string
	ends     []int   // where each version of it ends in text; the first is the write's own
	versions []int32 // of them
	reader   int32   // an operation that saw text
}

// pieces numbers the appends as versions, by what they append. It reports whether no piece begins
// with another.
func (z *zones) pieces() (pieceSet, bool) {
	pieces := pieceSet{version: map[string]int32{}}
	var sorted []string
	for op := range z.access {
		op := int32(op)
		a := z.access[op]
		if a.Kind != AccessAppend {
			continue
		}
		text, ok := a.Value.(string)
		if _, twice := pieces.version[text]; !ok || twice || text == "" {
			return pieces, false
		}
		pieces.version[text] = int32(len(z.versions))
		z.versions = append(z.versions, version{write: op, used: z.p.ret[op] != never})
		sorted = append(sorted, text)
		pieces.lengths = append(pieces.lengths, len(text))
	}
	slices.Sort(pieces.lengths)
	pieces.lengths = slices.Compact(pieces.lengths)
	slices.Sort(sorted)
	for i := 1; i < len(sorted); i++ {
		if strings.HasPrefix(sorted[i], sorted[i-1]) {
			return pieces, false
		}
	}
	return pieces, true
}

// heads are the values that appends can have been added to, by length.
type heads struct {
	lengths []int // in order
	chains  map[string]*chain
}

func (z *zones) heads() (heads, bool) {
	h := heads{chains: map[string]*chain{}}
	for value, number := range z.byValue {
		text, ok := value.(string)
		if !ok {
			return h, false
		}
		h.chains[text] = &chain{text: text, ends: []int{len(text)}, versions: []int32{number},
			reader: -1}
		h.lengths = append(h.lengths, len(text))
	}
	slices.Sort(h.lengths)
	h.lengths = slices.Compact(h.lengths)
	return h, true
}

// fit is a way to make a value: the version that it is, or the pieces that take a chain further, to
// it.
type fit struct {
	chain    *chain
	ends     []int
	versions []int32 // of the pieces; if none, the version is known
	known    int32
}

// place finds the ways in which text can be made. If there is none, clash is a read whose value
// denies text, or -1.
func (z *zones) place(text string, h heads, pieces pieceSet) (fits []fit, clash int32) {
	clash = -1
	for _, length := range h.lengths {
		if length > len(text) {
			break
		}
		c := h.chains[text[:length]]
		if c == nil {
			continue
		}
		if strings.HasPrefix(c.text, text) {
			if at, ok := slices.BinarySearch(c.ends, len(text)); ok {
				fits = append(fits, fit{chain: c, known: c.versions[at]})
			}
			continue
		}
		ends, versions, other := z.cut(text, length, pieces)
		switch {
		case versions == nil:
		case c.reader >= 0 || other >= 0:
			clash = max(c.reader, other)
		default:
			fits = append(fits, fit{chain: c, ends: ends, versions: versions})
		}
	}
	return fits, clash
}

// extend takes a chain as far as f says, as reader saw text, and returns the version of text.
func (z *zones) extend(f fit, text string, reader int32) int32 {
	if len(f.versions) == 0 {
		return f.known
	}
	c := f.chain
	c.text, c.reader = text, reader
	c.ends, c.versions = append(c.ends, f.ends...), append(c.versions, f.versions...)
	for i, v := range f.versions {
		before := c.versions[i]
		z.versions[v].tail, z.versions[v].used = true, true
		z.versions[before].next = v + 1
		z.versions[before].used = true
		z.saw[z.versions[v].write] = -2 - reader
	}
	return f.versions[len(f.versions)-1]
}

// cut cuts text from length on into pieces. It returns no versions if that cannot be done without
// using one twice, and as other a read that showed a piece elsewhere, or -1.
func (z *zones) cut(text string, length int, pieces pieceSet) (
	ends []int, versions []int32, other int32) {
	other = -1
	used := map[int32]bool{}
	for at := length; at < len(text); {
		size, v := pieces.first(text[at:])
		if size == 0 || used[v] {
			return nil, nil, -1
		}
		used[v] = true
		if by := z.saw[z.versions[v].write]; by <= -2 {
			other = -2 - by
		}
		at += size
		ends, versions = append(ends, at), append(versions, v)
	}
	return ends, versions, other
}

// first returns the piece that text begins with: its size (0 if there is none) and version.
func (p pieceSet) first(text string) (size int, v int32) {
	for _, size := range p.lengths {
		if size > len(text) {
			break
		}
		if v, ok := p.version[text[:size]]; ok {
			return size, v
		}
	}
	return 0, 0
}

// clash returns two reads that deny each other, and all that made what they saw.
func (z *zones) clash(a, b int32) []int32 {
	core := []int32{a, b}
	text := z.access[a].Value.(string) + z.access[b].Value.(string)
	for _, v := range z.versions[1:] {
		if piece, ok := z.access[v.write].Value.(string); ok && strings.Contains(text, piece) {
			core = append(core, v.write)
		}
	}
	return core
}
