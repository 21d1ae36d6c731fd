// Package raft is no Raft: server 0 leads for ever, once it has told the others. What else it does wrong the environment says.
package raft

import (
	"fmt"
	"io"
	"math/big"
	"os"
	"runtime"
	"sync"
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
	mu    sync.Mutex
	me    int
	leads bool
	count int
	keep  [][]byte
	peers []*labrpc.ClientEnd
	dead  bool
}

var (
	fault = os.Getenv("FAULT")
	taken bool
)

func init() {
	switch fault {
	case "exit in init":
		os.Exit(0)
	case "input":
		if all, err := io.ReadAll(os.Stdin); len(all) > 0 || err != nil {
			panic(err)
		}
	case "panic in init":
		panic("not today")
	}
}

func Make(peers []*labrpc.ClientEnd, me int, persister *Persister, applyCh chan ApplyMsg) *Raft {
	rf := &Raft{me: me, peers: peers}
	go func() {
		for !rf.killed() {
			time.Sleep(10 * time.Millisecond)
		}
	}()
	if first := me == 0; first || fault == "shared variable" && !taken {
		taken = true
		go rf.rise()
	}
	if me == 1 {
		rf.break_(applyCh)
	}
	return rf
}

// rise makes the server leader when all others have heard of it.
func (rf *Raft) rise() {
	time.Sleep(20 * time.Millisecond) // until all are there
	for i, peer := range rf.peers {
		for args, reply := 0, 0; i != rf.me && !peer.Call("Raft.Follow", &args, &reply); {
			time.Sleep(10 * time.Millisecond)
		}
	}
	rf.mu.Lock()
	defer rf.mu.Unlock()
	rf.leads = true
}

// Follow is an RPC.
func (rf *Raft) Follow(args, reply *int) {}

func (rf *Raft) break_(applyCh chan ApplyMsg) {
	switch fault {
	case "lock across a sleep":
		go func() {
			for !rf.killed() {
				rf.mu.Lock()
				time.Sleep(50 * time.Millisecond)
				rf.mu.Unlock()
				time.Sleep(time.Millisecond)
			}
		}()
	case "nil dereference":
		go func() {
			var p *Raft
			p.count++ // nil
		}()
	case "trap":
		go func() {
			time.Sleep(time.Millisecond)
			runtime.Breakpoint()
		}()
	case "exit":
		go func() {
			time.Sleep(time.Millisecond)
			os.Exit(3)
		}()
	case "blocked":
		<-applyCh
	case "endless loop":
		for {
		} // endless
	case "endless loop of calls":
		for {
			rf.add() // calls
		}
	case "endless in the library":
		huge := new(big.Int).Lsh(big.NewInt(3), 1<<20)
		huge.Exp(huge, huge, new(big.Int).Add(huge, big.NewInt(1)))
	case "busy loop":
		go func() {
			for {
				rf.mu.Lock()
				if rf.dead {
					return
				}
				rf.mu.Unlock()
			}
		}()
	case "memory":
		go func() {
			for {
				rf.keep = append(rf.keep, make([]byte, 1<<20))
			}
		}()
	case "output":
		go func() {
			for {
				fmt.Println("a line, and no end to them")
			}
		}()
	case "leak":
		go func() {
			for {
				time.Sleep(time.Second)
			}
		}()
	case "timer":
		time.AfterFunc(time.Hour, func() {})
	case "unknown method":
		go func() {
			var args, reply int
			time.Sleep(time.Second)
			rf.peers[0].Call("Raft.Nothing", &args, &reply)
		}()
	}
}

func (rf *Raft) add() { rf.count++ }

func (rf *Raft) killed() bool {
	rf.mu.Lock()
	defer rf.mu.Unlock()
	return rf.dead
}

func (rf *Raft) GetState() (int, bool) {
	rf.mu.Lock()
	if fault == "lock never released" && rf.me == 1 {
		return 1, false
	}
	defer rf.mu.Unlock()
	return 1, rf.leads
}

func (rf *Raft) Start(command any) (int, int, bool) { return 0, 0, false }

func (rf *Raft) Kill() {
	rf.mu.Lock()
	defer rf.mu.Unlock()
	rf.dead = true
}
