// Package attacks is the bank of hostile submissions: each tries to be graded for what it is not, or to harm whoever
// grades it. Its tests grade them all, side by side with an honest submission. None may score anything, each has to
// be told why, and the honest one gets what it gets alone.
//
// An attack is a file of the bank: what it does, what it is put on (a honest solution, or a stub that does nothing), what
// a reason has to say that names it, and then its files, in the format of package txtar. "status" is there where the
// submission is not even built. MARK in a file is the name of a program that the attack would have the grader run.
//
//	attack: ends the program with success before any test
//	on: honest
//	says: os.Exit(0)
//
//	-- raft/exit.go --
//	…
package attacks
