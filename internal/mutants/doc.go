// Package mutants is the bank of wrong Rafts and key/value services: the tester is tested.
//
// A mutant is the reference with one mistake in it, of a kind that real implementations have made. Each is a
// file of bank, named by its id:
//
//	mistake: grants its vote without looking at whom it has voted for
//	breaks: Election Safety
//	caught by: TestManyElections2A
//
//	--- raft/core/election.go
//	-	if n.vote != None && n.vote != m.From || !upToDate {
//	+	if !upToDate {
//
// The patch is a diff without line numbers. Lines that begin with - and those that begin with a blank
// must stand in the file together, once; what takes their place are those that begin with a blank and those
// that begin with +. An empty line begins another hunk, a line --- FILE another file; lines that only the handout needs
// are not there. Ids are those of the course's list of mistakes where it has the mistake (a letter follows where there are
// several ways to make it); from 50 on they are mostly our own. The letter in front says who judges: K and C
// the scenarios of kvraft, A both labs' (they are correct), all others those of raft.
//
// The head says what must come of the mutant, in one of these lines:
//
//	caught by: SCENARIO …   one of these fails on it, within some seeds; hunt stands for schedules drawn from the seed
//	survives: REASON        nothing can see it, and why
//	equivalent: REASON      on this reference it is no mistake, and why
//	correct: REASON         it is none at all, only unusual: all scenarios and the hunt must pass on it
//
// Where that takes more than the usual look, "detector: race" has the named scenarios run under go test's race detector
// first, which the simulator cannot have, and "detector: strict" counts goroutines that a killed server leaves blocked.
// What is correct may also be a solution of its own, written from the lab's API and not from the reference: then there is
// no patch, and "solution: NAME" names its folder in testdata.
//
// Run (raftlab mutants) makes each a submission in a folder, has it built for the simulator as any other, and tries on
// it the scenarios that must catch it, on seeds from 1 on; then, if none has, all of its lab on a few seeds, those
// first that take little; then the hunt. `make mutants` tries the whole bank and writes docs/reports/mutants.md. The tests
// of this package see to it that all patches apply and compile and that every scenario has a mutant made for it, and
// try a part.
//
// To add one, write its file, try it (raftlab mutants --only ID), and look at it closer if need be: raftlab mutants
// --only ID --write DIR leaves a submission that raftlab test, hunt and replay take. If nothing catches it, the
// tester is what gets mended.
package mutants
