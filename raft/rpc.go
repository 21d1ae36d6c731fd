package raft

// BEGIN SOLUTION
// BEGIN PROMPT
// // RequestVoteArgs is what a candidate sends. Names begin with a capital letter, or labgob leaves them out.
// type RequestVoteArgs struct {
// 	// Your fields here (2A).
// }
//
// // RequestVoteReply is what it gets back.
// type RequestVoteReply struct {
// 	// Your fields here (2A).
// }
//
// // RequestVote is an RPC (§5.2). The network calls it, on a goroutine of its own, for each request that arrives.
// func (rf *Raft) RequestVote(args *RequestVoteArgs, reply *RequestVoteReply) {
// 	// Your code here (2A).
// }
//
// // sendRequestVote asks server i for its vote, and waits: for seconds, if the server is out of reach. So hold no lock
// // here, and ask each server on a goroutine of its own. False means that there is no reply, for whatever reason.
// func (rf *Raft) sendRequestVote(i int, args *RequestVoteArgs, reply *RequestVoteReply) bool {
// 	return rf.peers[i].Call("Raft.RequestVote", args, reply)
// }
// END PROMPT

import "raftlab/raft/core"

// RequestVote is an RPC (§5.2).
func (rf *Raft) RequestVote(args, reply *core.Message) { rf.receive(args, reply) }

// AppendEntries is an RPC (§5.3).
func (rf *Raft) AppendEntries(args, reply *core.Message) { rf.receive(args, reply) }

// InstallSnapshot is an RPC (§7).
func (rf *Raft) InstallSnapshot(args, reply *core.Message) { rf.receive(args, reply) }

// TimeoutNow is an RPC (thesis §3.10); it has no reply.
func (rf *Raft) TimeoutNow(args, reply *core.Message) { rf.receive(args, reply) }

// END SOLUTION
