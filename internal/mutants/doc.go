// Package mutants is the bank of wrong Rafts: the tester is tested.
//
// A mutant is the reference with one mistake in it, of a kind that real implementations have made. Each is a
// file of bank, named by its id:
//
//	mistake: grants its vote without looking at whom it has voted for
//	breaks: Election Safety
//	caught by: TestManyElections2A TestFigure8Unreliable2C
//
//	--- raft/core/election.go
//	-	if n.vote != None && n.vote != m.From || !upToDate {
//	+	if !upToDate {
//
// The patch is a diff without line numbers. Lines that begin with - and those that begin with a blank
// must stand in the file together, once; what takes their place are those that begin with a blank and those
// that begin with +. An empty line begins another hunk, a line --- FILE another file. Ids are those of the
// course's list of mistakes where it has the mistake (a letter follows where there are several ways to make
// it); from 50 on they are our own.
//
// The head says what must come of the mutant, in one of these lines:
//
//	caught by: SCENARIO …   each of these fails on it, within some seeds
//	survives: REASON        no scenario can see it, and why
//	equivalent: REASON      on this reference it is no mistake, and why
//	correct: REASON         it is none at all, only unusual: every scenario must pass on it
//
// and, where the mistake is a data race, "detector: race".
//
// A mutant is built through `go test -overlay`, which never touches the tree, and each scenario runs on it in a
// process of its own, in virtual time, under a time limit: a mutant that panics or does not end is caught, too.
// `make mutants` tries the whole bank and writes docs/reports/mutants.md; the tests of this package see to
// it that all patches apply and compile, that every scenario has a mutant made for it, and try a few.
package mutants
