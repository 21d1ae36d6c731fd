package kvraft

import "raftlab/raft"

// RaftOf gives the tests outside this package the server's Raft peer, which answers RPCs of its own.
func RaftOf(kv *KVServer) *raft.Raft { return kv.rf }
