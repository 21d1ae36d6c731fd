package campaign

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// Seeds is a range of seeds, Count of them from First on.
type Seeds struct {
	First uint64
	Count int // at least 1
}

// MaxSeeds is how many seeds one campaign may have.
const MaxSeeds = 10_000_000

// ParseSeeds reads "100" (the first hundred seeds, 1 to 100), "=17" (that one alone) or "1-500".
func ParseSeeds(text string) (Seeds, error) {
	number := func(s string) (uint64, bool) {
		n, err := strconv.ParseUint(s, 10, 64)
		return n, err == nil
	}
	first, last, isRange := strings.Cut(text, "-")
	one, isOne := strings.CutPrefix(text, "=")
	s, from, to, ok := Seeds{}, uint64(1), uint64(0), false
	switch {
	case isOne:
		from, ok = number(one)
		to = from
	case isRange:
		var ends bool
		from, ok = number(first)
		to, ends = number(last)
		ok = ok && ends
	default:
		to, ok = number(text)
	}
	if !ok {
		return s, fmt.Errorf("seeds %q: want how many (100), a range (1-500) or one alone (=17)", text)
	}
	switch {
	case to < from && !isRange:
		return s, fmt.Errorf("seeds %q: at least one", text)
	case to < from:
		return s, fmt.Errorf("seeds %q: the range ends before it begins", text)
	case to-from >= MaxSeeds:
		return s, fmt.Errorf("seeds %q: at most %d at a time", text, MaxSeeds)
	}
	return Seeds{from, int(to-from) + 1}, nil
}

// At returns the i-th seed, from 0. After the largest there is comes 0.
func (s Seeds) At(i int) uint64 { return s.First + uint64(i) }

// String says which seeds they are.
func (s Seeds) String() string {
	if s.Count == 1 {
		return fmt.Sprintf("seed %d", s.First)
	}
	if s.First > math.MaxUint64-uint64(s.Count) {
		return fmt.Sprintf("%d seeds from %d", s.Count, s.First)
	}
	return fmt.Sprintf("seeds %d to %d", s.First, s.At(s.Count-1))
}
