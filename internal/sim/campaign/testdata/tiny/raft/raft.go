// Package raft is a submission for tests of what runs submissions: of three servers the first leads for ever, of
// five one exits, of seven one panics.
package raft

import (
	"fmt"
	"os"
	"sync/atomic"
	"time"

	"raftlab/labrpc"
)

type ApplyMsg struct {
	CommandValid bool
	Command      any
	CommandIndex int

	SnapshotValid bool
	Snapshot      []byte
	SnapshotTerm  int
	SnapshotIndex int
}

type Raft struct {
	me    int
	leads atomic.Bool
}

func Make(peers []*labrpc.ClientEnd, me int, persister *Persister, applyCh chan ApplyMsg) *Raft {
	fmt.Println("here is", me, "of", len(peers))
	switch {
	case len(peers) == 5 && me == 1:
		go exit()
	case len(peers) == 7 && me == 3:
		go crash(nil)
	}
	rf := &Raft{me: me}
	if me == 0 {
		go rf.rise(peers)
	}
	return rf
}

// rise makes the server leader when all others have heard of it.
func (rf *Raft) rise(peers []*labrpc.ClientEnd) {
	time.Sleep(200 * time.Millisecond) // until all are there, and those gone that go
	for _, peer := range peers[1:] {
		for args, reply := 0, 0; !peer.Call("Raft.Follow", &args, &reply); {
			time.Sleep(10 * time.Millisecond)
		}
	}
	rf.leads.Store(true)
}

// Follow is an RPC.
func (rf *Raft) Follow(args, reply *int) {}

func exit() {
	time.Sleep(100 * time.Millisecond)
	os.Exit(3)
}

func crash(nobody *Raft) {
	time.Sleep(100 * time.Millisecond)
	nobody.me++
}

func (rf *Raft) GetState() (term int, isLeader bool) { return 1, rf.leads.Load() }

func (rf *Raft) Start(command any) (index, term int, isLeader bool) { return 0, 0, false }

func (rf *Raft) Kill() {}
