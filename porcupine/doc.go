// Package porcupine judges whether a history of calls by concurrent clients is linearizable.
//
// # What linearizable means
//
// A history says who called what and when, and what came back and when. It is linearizable (Herlihy
// and Wing, "Linearizability: a correctness condition for concurrent objects", TOPLAS 12, 1990) if
// each operation can be given one instant between its call and its return, so that the operations,
// done one after the other at their instants on a single correct object, give the very answers that
// the clients got. In short: the system cannot be told from one machine that does one thing at a
// time.
//
// Intervals are closed: an operation that returns at 10 and one that is called at 10 are
// concurrent. An operation that never returned (Operation.Pending, or a call event without a
// return) took effect at some time after its call, or never. An empty history is linearizable.
//
// # Use
//
// A [Model] says what one client alone would see; package models has ready ones. [CheckOperations]
// and [CheckEvents] answer yes or no; those ending in Timeout answer [Ok], [Illegal] or [Unknown];
// those ending in Verbose also return what [Visualize] draws. The names and meanings are those of
// the known Go package of the same name, version 1.3: a model and a test written for it compile
// with this one's import path. [Check] and [CheckHistory] are the full form: a context, [Options]
// with budgets, and a [Report] that explains an illegal history. Package histfile reads histories
// from files, and "raftlab check" does so from a command line.
//
// Unknown means that a budget ran out that the caller had set, and Report.Limit says which. It is
// not a verdict, least of all a pass.
//
// # What it costs
//
// To decide linearizability is NP-complete in general (Gibbons and Korach 1997), but not for most
// histories that stores produce.
//
//   - Operations that read, write, update or append plain values, each value written once, take O(n
//     log n): a million in about a second. Models say so by [Model.Access]; the models of this
//     repository do. Without it the checker tries to find out whether a model is such a register,
//     and proves it, when a history proves hard.
//   - All else is searched for, in time that can be exponential in how many operations are open at
//     once, but hardly depends on how many there are. It helps to split the history
//     (Model.Partition), and to give Access where it fits even if values repeat.
//
// Partitions are checked side by side, in turns. Memory is that of the configurations tried since
// the history began, some 24 bytes each, and of the states.
//
// # Limits of a model
//
// Without [Model.Equal] states are compared with ==, and a state that cannot be (a slice, a map) is
// an error. Step must be pure, total and deterministic; for systems that may do one of several
// things there is [NondeterministicModel].
package porcupine
