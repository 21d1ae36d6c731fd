// BEGIN SOLUTION
// BEGIN PROMPT
// // Package kvraft is the lab's key/value service: [KVServer] on raft, and the [Clerk] that clients use. These are
// // parts 3A and 3B of docs/labs/kv.md.
// //
// // The service is linearizable: each operation takes effect at one instant between its call and its return,
// // and exactly once, whatever the network does to messages and however often servers crash. A key that was
// // never written reads "".
// package kvraft
// END PROMPT

// Package kvraft is the lab's key/value service: [KVServer] on raft, and the [Clerk] that clients use.
//
// The service is linearizable: each operation takes effect at one instant between its call and its return,
// and exactly once, whatever the network does to messages and however often servers crash. A key that was
// never written reads "".
//
// # Writes
//
// A server that leads puts each write into raft's log and answers when it has applied it. The machine that
// applies (package state) knows each client's last write, so a write that is sent again because an answer
// was lost is executed once. A server that loses leadership sends the clients that wait on it elsewhere at
// that moment: what they asked may be lost, or may yet be committed by others.
//
// # Reads
//
// A read is not in the log. The leader asks raft for an index that a majority confirms to be no older than the
// question, waits until it has applied that much, and answers from its own state. No clock takes part in it:
// a leader that was paused and does not know that it was replaced finds no majority, and answers nothing.
//
// # Snapshots
//
// When raft's saved state nears its limit, the service copies its state, which takes little time, and
// encodes the copy beside the operations that go on.
package kvraft

// END SOLUTION
