// BEGIN SOLUTION
// BEGIN PROMPT
// // Package raft is the lab's Raft: parts 2A to 2D of docs/labs/raft.md.
// //
// // [Make] starts a peer. [Raft.Start] offers it a command; if the peer leads and stays in touch with a
// // majority, every peer delivers the command on its applyCh, all in the same order, as an [ApplyMsg]. What
// // must survive a crash is in the [Persister].
// //
// // Set RAFTLAB_DEADLOCK=1 in the environment to have every lock of a deadlock.Mutex checked: one that is
// // waited for too long, or two that are taken in opposite orders, end the program with a report that names
// // both places.
// package raft
// END PROMPT

// Package raft is the lab's Raft: the API that students write against, on the pure machine of raft/core.
//
// [Make] starts a peer. [Raft.Start] offers it a command; if the peer leads and stays in touch with a
// majority, every peer delivers the command on its applyCh, all in the same order, as an [ApplyMsg]. What
// must survive a crash is in the [Persister].
//
// The package is a driver and no more. It holds one lock, hands each event (a call, an RPC, a deadline) to
// the core, and carries out what the core asks for in the order that the core demands: save, then answer,
// then deliver. It decides nothing itself. One goroutine delivers; each RPC under way has one; the core
// says when it next wants to be woken, so nothing ever polls.
//
// Set RAFTLAB_DEADLOCK=1 in the environment to have every lock of a deadlock.Mutex checked: one that is
// waited for too long, or two that are taken in opposite orders, end the program with a report that names
// both places.
package raft

// END SOLUTION
