// Package raft is a plain solution, as students write it from the paper: one big lock, tickers that poll, a goroutine
// for each follower, the log encoded with labgob at every change.
package raft

import (
	"bytes"
	"math/rand"
	"sync"
	"sync/atomic"
	"time"

	"raftlab/labgob"
	"raftlab/labrpc"
)

type ApplyMsg struct {
	CommandValid  bool
	Command       any
	CommandIndex  int
	SnapshotValid bool
	Snapshot      []byte
	SnapshotTerm  int
	SnapshotIndex int
}

type LogEntry struct {
	Term    int
	Command any
}

const (
	follower = iota
	candidate
	leader
)

type Raft struct {
	mu        sync.Mutex
	peers     []*labrpc.ClientEnd
	persister *Persister
	me        int
	dead      int32

	currentTerm, votedFor    int
	log                      []LogEntry
	base, baseTerm           int
	commitIndex, lastApplied int
	nextIndex, matchIndex    []int
	state                    int
	heard                    time.Time
	timeout                  time.Duration
	applyCh                  chan ApplyMsg
	applyCond                *sync.Cond
	snap                     []byte
	pendingSnap              bool
}

func (rf *Raft) last() int { return rf.base + len(rf.log) }
func (rf *Raft) termAt(i int) int {
	if i == rf.base {
		return rf.baseTerm
	}
	return rf.log[i-rf.base-1].Term
}

func (rf *Raft) GetState() (int, bool) {
	rf.mu.Lock()
	defer rf.mu.Unlock()
	return rf.currentTerm, rf.state == leader
}

func (rf *Raft) encoded() []byte {
	w := new(bytes.Buffer)
	e := labgob.NewEncoder(w)
	e.Encode(rf.currentTerm)
	e.Encode(rf.votedFor)
	e.Encode(rf.base)
	e.Encode(rf.baseTerm)
	e.Encode(rf.log)
	return w.Bytes()
}

func (rf *Raft) persist() { rf.persister.SaveRaftState(rf.encoded()) }

func (rf *Raft) readPersist(data []byte) {
	if len(data) == 0 {
		return
	}
	d := labgob.NewDecoder(bytes.NewBuffer(data))
	var log []LogEntry
	var term, vote, base, baseTerm int
	if d.Decode(&term) != nil || d.Decode(&vote) != nil || d.Decode(&base) != nil || d.Decode(&baseTerm) != nil ||
		d.Decode(&log) != nil {
		panic("readPersist")
	}
	rf.currentTerm, rf.votedFor, rf.base, rf.baseTerm, rf.log = term, vote, base, baseTerm, log
	rf.commitIndex, rf.lastApplied = base, base
}

func (rf *Raft) CondInstallSnapshot(t int, i int, s []byte) bool { return true }

func (rf *Raft) Snapshot(index int, snapshot []byte) {
	rf.mu.Lock()
	defer rf.mu.Unlock()
	if index <= rf.base || index > rf.lastApplied {
		return
	}
	rf.baseTerm = rf.termAt(index)
	rf.log = append([]LogEntry{}, rf.log[index-rf.base:]...)
	rf.base = index
	rf.snap = snapshot
	rf.persister.SaveStateAndSnapshot(rf.encoded(), snapshot)
}

type RequestVoteArgs struct{ Term, CandidateId, LastLogIndex, LastLogTerm int }
type RequestVoteReply struct {
	Term        int
	VoteGranted bool
}

func (rf *Raft) reset() {
	rf.heard = time.Now()
	rf.timeout = time.Duration(300+rand.Intn(300)) * time.Millisecond
}

func (rf *Raft) newTerm(t int) {
	if t > rf.currentTerm {
		rf.currentTerm, rf.votedFor, rf.state = t, -1, follower
		rf.persist()
	}
}

func (rf *Raft) RequestVote(args *RequestVoteArgs, reply *RequestVoteReply) {
	rf.mu.Lock()
	defer rf.mu.Unlock()
	rf.newTerm(args.Term)
	reply.Term = rf.currentTerm
	if args.Term < rf.currentTerm || rf.votedFor != -1 && rf.votedFor != args.CandidateId {
		return
	}
	lt := rf.termAt(rf.last())
	if args.LastLogTerm < lt || args.LastLogTerm == lt && args.LastLogIndex < rf.last() {
		return
	}
	rf.votedFor = args.CandidateId
	rf.persist()
	rf.reset()
	reply.VoteGranted = true
}

type AppendEntriesArgs struct {
	Term, LeaderId, PrevLogIndex, PrevLogTerm int
	Entries                                   []LogEntry
	LeaderCommit                              int
}
type AppendEntriesReply struct {
	Term    int
	Success bool
	XIndex  int
}

func (rf *Raft) AppendEntries(args *AppendEntriesArgs, reply *AppendEntriesReply) {
	rf.mu.Lock()
	defer rf.mu.Unlock()
	rf.newTerm(args.Term)
	reply.Term = rf.currentTerm
	if args.Term < rf.currentTerm {
		return
	}
	rf.state = follower
	rf.reset()
	if args.PrevLogIndex > rf.last() {
		reply.XIndex = rf.last() + 1
		return
	}
	if args.PrevLogIndex < rf.base {
		reply.XIndex = rf.base + 1
		return
	}
	if rf.termAt(args.PrevLogIndex) != args.PrevLogTerm {
		t, i := rf.termAt(args.PrevLogIndex), args.PrevLogIndex
		for i > rf.base+1 && rf.termAt(i-1) == t {
			i--
		}
		reply.XIndex = i
		return
	}
	for k, e := range args.Entries {
		i := args.PrevLogIndex + 1 + k
		if i > rf.last() || rf.termAt(i) != e.Term {
			rf.log = append(rf.log[:i-rf.base-1:i-rf.base-1], args.Entries[k:]...)
			rf.persist()
			break
		}
	}
	reply.Success = true
	if c := args.PrevLogIndex + len(args.Entries); args.LeaderCommit > rf.commitIndex {
		if args.LeaderCommit < c {
			c = args.LeaderCommit
		}
		if c > rf.commitIndex {
			rf.commitIndex = c
			rf.applyCond.Signal()
		}
	}
}

type InstallSnapshotArgs struct {
	Term, LastIncludedIndex, LastIncludedTerm int
	Data                                      []byte
}
type InstallSnapshotReply struct{ Term int }

func (rf *Raft) InstallSnapshot(args *InstallSnapshotArgs, reply *InstallSnapshotReply) {
	rf.mu.Lock()
	defer rf.mu.Unlock()
	rf.newTerm(args.Term)
	reply.Term = rf.currentTerm
	if args.Term < rf.currentTerm {
		return
	}
	rf.state = follower
	rf.reset()
	if args.LastIncludedIndex <= rf.commitIndex {
		return
	}
	if args.LastIncludedIndex < rf.last() && rf.termAt(args.LastIncludedIndex) == args.LastIncludedTerm {
		rf.log = append([]LogEntry{}, rf.log[args.LastIncludedIndex-rf.base:]...)
	} else {
		rf.log = nil
	}
	rf.base, rf.baseTerm, rf.snap = args.LastIncludedIndex, args.LastIncludedTerm, args.Data
	rf.commitIndex = args.LastIncludedIndex
	rf.persister.SaveStateAndSnapshot(rf.encoded(), args.Data)
	rf.pendingSnap = true
	rf.applyCond.Signal()
}

func (rf *Raft) Start(command any) (int, int, bool) {
	rf.mu.Lock()
	defer rf.mu.Unlock()
	if rf.state != leader || rf.killed() {
		return -1, rf.currentTerm, false
	}
	rf.log = append(rf.log, LogEntry{rf.currentTerm, command})
	rf.persist()
	return rf.last(), rf.currentTerm, true
}

func (rf *Raft) Kill()        { atomic.StoreInt32(&rf.dead, 1) }
func (rf *Raft) killed() bool { return atomic.LoadInt32(&rf.dead) == 1 }

func (rf *Raft) ticker() {
	for !rf.killed() {
		time.Sleep(10 * time.Millisecond)
		rf.mu.Lock()
		if rf.state != leader && time.Since(rf.heard) > rf.timeout {
			rf.elect()
		}
		rf.mu.Unlock()
	}
}

func (rf *Raft) elect() {
	rf.state = candidate
	rf.currentTerm++
	rf.votedFor = rf.me
	rf.persist()
	rf.reset()
	args := RequestVoteArgs{rf.currentTerm, rf.me, rf.last(), rf.termAt(rf.last())}
	votes := 1
	for i := range rf.peers {
		if i == rf.me {
			continue
		}
		go func(i int) {
			var reply RequestVoteReply
			if !rf.peers[i].Call("Raft.RequestVote", &args, &reply) {
				return
			}
			rf.mu.Lock()
			defer rf.mu.Unlock()
			rf.newTerm(reply.Term)
			if rf.state != candidate || rf.currentTerm != args.Term || !reply.VoteGranted {
				return
			}
			votes++
			if votes > len(rf.peers)/2 && rf.state == candidate {
				rf.state = leader
				for k := range rf.peers {
					rf.nextIndex[k], rf.matchIndex[k] = rf.last()+1, 0
				}
				for k := range rf.peers {
					if k != rf.me {
						go rf.feed(k, rf.currentTerm)
					}
				}
			}
		}(i)
	}
}

// feed replicates to one follower while we lead the term: polls every few milliseconds.
func (rf *Raft) feed(i, term int) {
	lastBeat := time.Time{}
	for !rf.killed() {
		rf.mu.Lock()
		if rf.state != leader || rf.currentTerm != term {
			rf.mu.Unlock()
			return
		}
		quiet := time.Since(lastBeat)
		if rf.last() >= rf.nextIndex[i] && quiet > 20*time.Millisecond || quiet > 110*time.Millisecond {
			lastBeat = time.Now()
			go rf.sendTo(i, term)
		}
		rf.mu.Unlock()
		time.Sleep(5 * time.Millisecond)
	}
}

func (rf *Raft) sendTo(i, term int) {
	rf.mu.Lock()
	if rf.state != leader || rf.currentTerm != term {
		rf.mu.Unlock()
		return
	}
	if rf.nextIndex[i] <= rf.base {
		args := InstallSnapshotArgs{term, rf.base, rf.baseTerm, rf.snap}
		rf.mu.Unlock()
		var reply InstallSnapshotReply
		if rf.peers[i].Call("Raft.InstallSnapshot", &args, &reply) {
			rf.mu.Lock()
			defer rf.mu.Unlock()
			rf.newTerm(reply.Term)
			if rf.state == leader && rf.currentTerm == term {
				rf.got(i, args.LastIncludedIndex)
			}
		}
		return
	}
	prev := rf.nextIndex[i] - 1
	args := AppendEntriesArgs{term, rf.me, prev, rf.termAt(prev), append([]LogEntry{}, rf.log[prev-rf.base:]...),
		rf.commitIndex}
	rf.mu.Unlock()
	var reply AppendEntriesReply
	if !rf.peers[i].Call("Raft.AppendEntries", &args, &reply) {
		return
	}
	rf.mu.Lock()
	defer rf.mu.Unlock()
	rf.newTerm(reply.Term)
	if rf.state != leader || rf.currentTerm != term {
		return
	}
	if reply.Success {
		rf.got(i, prev+len(args.Entries))
	} else if rf.nextIndex[i] == prev+1 && reply.XIndex > rf.matchIndex[i] {
		rf.nextIndex[i] = reply.XIndex
	}
}

func (rf *Raft) got(i, match int) {
	if match <= rf.matchIndex[i] {
		return
	}
	rf.matchIndex[i] = match
	rf.nextIndex[i] = match + 1
	for n := rf.last(); n > rf.commitIndex && rf.termAt(n) == rf.currentTerm; n-- {
		count := 1
		for k := range rf.peers {
			if k != rf.me && rf.matchIndex[k] >= n {
				count++
			}
		}
		if count > len(rf.peers)/2 {
			rf.commitIndex = n
			rf.applyCond.Signal()
			break
		}
	}
}

func (rf *Raft) applier() {
	rf.mu.Lock()
	for !rf.killed() {
		switch {
		case rf.pendingSnap:
			rf.pendingSnap = false
			m := ApplyMsg{SnapshotValid: true, Snapshot: rf.snap, SnapshotIndex: rf.base,
				SnapshotTerm: rf.baseTerm}
			rf.lastApplied = rf.base
			rf.mu.Unlock()
			rf.applyCh <- m
			rf.mu.Lock()
		case rf.lastApplied < rf.commitIndex:
			rf.lastApplied++
			m := ApplyMsg{CommandValid: true, Command: rf.log[rf.lastApplied-rf.base-1].Command,
				CommandIndex: rf.lastApplied}
			rf.mu.Unlock()
			rf.applyCh <- m
			rf.mu.Lock()
		default:
			rf.applyCond.Wait()
		}
	}
	rf.mu.Unlock()
}

func Make(peers []*labrpc.ClientEnd, me int, persister *Persister, applyCh chan ApplyMsg) *Raft {
	rf := &Raft{peers: peers, persister: persister, me: me, applyCh: applyCh, votedFor: -1}
	rf.applyCond = sync.NewCond(&rf.mu)
	rf.nextIndex, rf.matchIndex = make([]int, len(peers)), make([]int, len(peers))
	rf.readPersist(persister.ReadRaftState())
	rf.snap = persister.ReadSnapshot()
	rf.reset()
	go rf.ticker()
	go rf.applier()
	return rf
}
