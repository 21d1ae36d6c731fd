package core

import "cmp"

// quorum is how many of n voters are a majority: any two majorities share a voter.
func quorum(n int) int { return n/2 + 1 }

// reached is the highest value that a majority of the voters has reached, given each one's: the
// commit index from match indexes (§5.3), when a majority was last heard from. It sorts v, which
// has a handful of elements.
func reached[T cmp.Ordered](v []T) T {
	for i := 1; i < len(v); i++ {
		for j := i; j > 0 && v[j] > v[j-1]; j-- {
			v[j], v[j-1] = v[j-1], v[j]
		}
	}
	return v[quorum(len(v))-1]
}
