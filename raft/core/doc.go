// Package core is Raft as a deterministic, pure state machine: what the paper (Ongaro and
// Ousterhout, "In Search of an Understandable Consensus Algorithm", extended version) and Ongaro's
// thesis say a server does, and nothing of how it is done. It knows no clock, network, disk, lock
// or goroutine. The same [Node] runs under a script, a simulated network, or gRPC with a
// write-ahead log.
//
// A driver tells a Node what happened, one call at a time, and does what it is asked to:
//
//	Tick, Deadline            time passes
//	Step, Lost                a message came; one was lost
//	Propose, ReadIndex        what the service wants: to write; to read
//	Transfer, Compact         to hand over leadership; to drop entries that a snapshot stands for
//	Saved                     that save is durable
//	Effects                   what to save, send, restore, apply and answer now
//
// All calls return at once, and none fails for what others do. Two Nodes given the same
// configuration and the same calls do the same.
//
// # Durable
//
// The word on which all else rests. A vote, or an entry that was acknowledged, must survive a
// crash, so whatever promises one waits in Effects.SendSaved until the save that it rests on is
// durable; the rest is in Effects.Send. A leader counts an entry of its own, and a candidate its
// own vote, only once Saved has been called. Safety then needs no review of the driver but this:
// saves reach the disk in order, each wholly or not at all, and SendSaved waits.
//
// # Committed
//
// An entry is committed once a majority has it durable and the leader of its own term, or of a
// later one that committed an entry of that term, knows so (§5.4.2). It is then handed out in
// Effects.Apply: by every node, once, in order, the same everywhere. A service has applied what was
// handed out: Compact takes a snapshot of that.
//
// # Messages
//
// They may be lost, doubled, delayed, reordered, and come from long ago. They may not be forged:
// Raft trusts its peers. Still, a message that no honest peer can have sent is refused and counted,
// and no message at all makes a Node panic or break what it promises by itself (Check): terms and
// commits never fall, committed entries never change, one vote per term, a leader only appends.
//
// # Where things are
//
//	types, message, config    the vocabulary
//	node                      Node, Step, terms (§5.1)
//	election                  votes (§5.2, §5.4.1); pre-votes, check-quorum (thesis §9.6, §6.2)
//	replication               appends, fast backup, commit (§5.3, §5.4.2)
//	progress                  what a leader knows of one follower, and its window
//	snapshot                  §7
//	read, transfer            thesis §6.4, §3.10
//	effects, disk             what is to be done; what is durable
//	log, quorum               index arithmetic; majorities
//	acceptable                lies
//	check                     invariants, for tests
//
// docs/DIVERGENCE.md lists where this differs from the paper and why. The stories in testdata show
// it at work.
package core
