// Package raft is a submission for tests of what runs submissions: of three servers the first leads for ever, of
// five one exits, of seven one panics.
package raft

import (
	"fmt"
	"os"
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

type Raft struct{ me int }

func Make(peers []*labrpc.ClientEnd, me int, persister *Persister, applyCh chan ApplyMsg) *Raft {
	fmt.Println("here is", me, "of", len(peers))
	switch {
	case len(peers) == 5 && me == 1:
		go exit()
	case len(peers) == 7 && me == 3:
		go crash(nil)
	}
	return &Raft{me: me}
}

func exit() {
	time.Sleep(100 * time.Millisecond)
	os.Exit(3)
}

func crash(nobody *Raft) {
	time.Sleep(100 * time.Millisecond)
	nobody.me++
}

func (rf *Raft) GetState() (term int, isLeader bool) { return 1, rf.me == 0 }

func (rf *Raft) Start(command any) (index, term int, isLeader bool) { return 0, 0, false }

func (rf *Raft) Kill() {}
