package raft

// Quiet has nothing that is metered.
func Quiet(a, b int) int { return a + b }
