// Package tester is the harness: it drives servers through faults and judges what they do.
//
// A scenario (package suite) is a function over a vocabulary: a Raft or a KV for the lab's two services,
// each built on a Cluster that can crash, restart, connect and partition servers, let time pass and count
// messages. The vocabulary says nothing of where the servers live. A Host does: Local keeps them in this
// process on a labrpc network and in real time; the simulator keeps each in an instance of its own, in
// virtual time. So a scenario takes time, concurrency and randomness from the harness, never from the
// packages time, sync or math/rand, and the same scenario serves both.
//
// # What is judged
//
// Servers are black boxes: the harness sees what they answer (GetState, Start), apply, save and send.
// Each of those is a trace.Event, and the invariants are readers of the stream, looked at after every
// event:
//
//	ElectionSafety       at most one leader in a term                                 (§5.2)
//	StateMachineSafety   no two servers apply different commands at one index         (§5.4.3)
//	LeaderCompleteness   a leader of a later term has every applied entry in its log  (§5.4)
//	Monotonic            terms and applied indexes never fall; nothing is skipped or applied twice
//	Linearizable         what clients saw is explained by some order of their operations, in real time
//	Progress             with a majority in touch, a leader emerges and commands are applied in time
//	Budget               RPCs, bytes and saved state stay within the lab's limits
//	NoLeak               a killed server stops: no goroutine of it keeps running
//
// A failure names the invariant and the servers, shows the last events that matter and the one line that
// runs the same thing again. The harness holds no lock while it calls into a server.
//
// A crash is total: what a crashed server sends, saves or applies later goes nowhere, because its network
// ends are gone, its disk was copied and its applies are dropped by incarnation.
package tester
