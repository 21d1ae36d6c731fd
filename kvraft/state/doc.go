// Package state is the replicated machine behind the key/value service: a store, and the sessions that make
// commands take effect exactly once.
//
// It is pure. [Machine.Apply] is given each committed command with its log index, in order, and its answers
// follow from those alone; so replicas that apply one log are equal, and their snapshots are equal byte for
// byte. There is no time, disk, network or lock in here: whoever drives a Machine calls it from one goroutine
// at a time and decides where snapshots go.
//
// # Exactly once
//
// A client that hears nothing sends its command again, and so a log may hold a command twice, or hold an
// old one after a newer one. A client therefore numbers its commands 1, 2, 3, …, has one of them under way at a
// time, and gives a repetition the number of the original. For each client the machine keeps its session:
// the number of the last command that it executed, and the reply to it.
//
//	number of the command    what Apply does
//	higher than the last     executes it; the session then holds it
//	equal to the last        nothing; returns the reply that it gave then
//	lower                    nothing; ErrSuperseded: the client no longer waits for that one
//
// Sessions are part of the snapshot. Were they not, a server restored from one would execute again what the
// log repeats.
package state
