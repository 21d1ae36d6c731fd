// Package raft is a solution around one event loop: a goroutine owns all state, and everybody else, RPC handlers and
// Start included, hands it functions to run. There is no lock but that of the queue before applyCh, and every
// heartbeat carries whatever the follower lacks. A leader begins its term with an entry of its own, which has no index
// of the service's.
package raft

import (
	"bytes"
	"math/rand"
	"sort"
	"sync"
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

type Entry struct {
	Index, Term int
	Number      int // of commands up to here: what the service calls an index
	NoOp        bool
	Command     any
}

type Raft struct {
	peers     []*labrpc.ClientEnd
	me        int
	persister *Persister
	todo      chan func()
	stop      chan struct{}
	once      sync.Once
	queue     *queue

	// What follows belongs to the loop.
	term, vote  int
	log         []Entry // the first stands for the snapshot
	snapshot    []byte
	commit      int
	handed      int // to the queue
	leads       bool
	votes       map[int]bool
	next, match []int
	sent        []time.Time // when each follower was last sent something
	deadline    time.Time
}

const (
	beat    = 105 * time.Millisecond
	soon    = 15 * time.Millisecond // between two appends with new entries
	patient = 350 * time.Millisecond
)

func Make(peers []*labrpc.ClientEnd, me int, persister *Persister, applyCh chan ApplyMsg) *Raft {
	n := len(peers)
	rf := &Raft{peers: peers, me: me, persister: persister, todo: make(chan func()), stop: make(chan struct{}),
		vote: -1, log: make([]Entry, 1), next: make([]int, n), match: make([]int, n), sent: make([]time.Time, n)}
	rf.queue = newQueue(applyCh, rf.stop)
	if data := persister.ReadRaftState(); len(data) > 0 {
		d := labgob.NewDecoder(bytes.NewReader(data))
		rf.log = nil
		if d.Decode(&rf.term) != nil || d.Decode(&rf.vote) != nil || d.Decode(&rf.log) != nil {
			panic("the disk is damaged")
		}
		rf.snapshot = persister.ReadSnapshot()
	}
	rf.commit, rf.handed = rf.log[0].Index, rf.log[0].Index
	rf.wait()
	go rf.loop()
	go rf.queue.run()
	return rf
}

// loop runs everything.
func (rf *Raft) loop() {
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case f := <-rf.todo:
			f()
		case <-tick.C:
			rf.tick()
		case <-rf.stop:
			return
		}
	}
}

// do has the loop run f, and returns when that is done; false if the peer is dead.
func (rf *Raft) do(f func()) bool {
	done := make(chan struct{})
	select {
	case rf.todo <- func() { f(); close(done) }:
		<-done
		return true
	case <-rf.stop:
		return false
	}
}

func (rf *Raft) Kill() { rf.once.Do(func() { close(rf.stop) }) }

func (rf *Raft) GetState() (term int, leads bool) {
	rf.do(func() { term, leads = rf.term, rf.leads })
	return term, leads
}

func (rf *Raft) Start(command any) (index, term int, leads bool) {
	index = -1
	rf.do(func() {
		if term, leads = rf.term, rf.leads; leads {
			index = rf.last().Number + 1
			rf.add(Entry{Number: index, Command: command})
		}
	})
	return index, term, leads
}

func (rf *Raft) Snapshot(index int, snapshot []byte) {
	rf.do(func() {
		for k, e := range rf.log {
			if k > 0 && e.Number == index && e.Index <= rf.handed {
				rf.log = append([]Entry(nil), rf.log[k:]...)
				rf.log[0].Command = nil
				rf.snapshot = snapshot
				rf.save(true)
				return
			}
		}
	})
}

func (rf *Raft) CondInstallSnapshot(term, index int, snapshot []byte) bool { return true }

// The rest runs in the loop, but for handlers, who only hand it over.

func (rf *Raft) add(e Entry) {
	e.Index, e.Term = rf.last().Index+1, rf.term
	rf.log = append(rf.log, e)
	rf.save(false)
}

func (rf *Raft) last() Entry { return rf.log[len(rf.log)-1] }

func (rf *Raft) at(index int) *Entry {
	if i := index - rf.log[0].Index; i >= 0 && i < len(rf.log) {
		return &rf.log[i]
	}
	return nil
}

func (rf *Raft) save(snapshot bool) {
	var b bytes.Buffer
	e := labgob.NewEncoder(&b)
	e.Encode(rf.term)
	e.Encode(rf.vote)
	e.Encode(rf.log)
	if snapshot {
		rf.persister.SaveStateAndSnapshot(b.Bytes(), rf.snapshot)
	} else {
		rf.persister.SaveRaftState(b.Bytes())
	}
}

func (rf *Raft) wait() {
	rf.deadline = time.Now().Add(patient + time.Duration(rand.Int63n(int64(patient))))
}

func (rf *Raft) tick() {
	now := time.Now()
	if !rf.leads {
		if now.After(rf.deadline) {
			rf.stand()
		}
		return
	}
	for i := range rf.peers {
		quiet := now.Sub(rf.sent[i])
		if i != rf.me && (quiet >= beat || quiet >= soon && rf.next[i] <= rf.last().Index) {
			rf.sent[i] = now
			rf.feed(i)
		}
	}
}

// meet takes note of a term; true if it is news.
func (rf *Raft) meet(term int) bool {
	if term <= rf.term {
		return false
	}
	rf.term, rf.vote, rf.leads = term, -1, false
	rf.save(false)
	return true
}

type VoteArgs struct{ Term, Candidate, LastIndex, LastTerm int }
type VoteReply struct {
	Term int
	Yes  bool
}

func (rf *Raft) stand() {
	rf.term++
	rf.vote = rf.me
	rf.votes = map[int]bool{rf.me: true}
	rf.save(false)
	rf.wait()
	args := VoteArgs{rf.term, rf.me, rf.last().Index, rf.last().Term}
	for i := range rf.peers {
		if i == rf.me {
			continue
		}
		go func() {
			var reply VoteReply
			if rf.peers[i].Call("Raft.RequestVote", &args, &reply) {
				rf.do(func() { rf.counted(i, args, reply) })
			}
		}()
	}
}

func (rf *Raft) counted(i int, args VoteArgs, reply VoteReply) {
	if rf.meet(reply.Term) || rf.term != args.Term || rf.leads || !reply.Yes || rf.votes == nil {
		return
	}
	rf.votes[i] = true
	if len(rf.votes) <= len(rf.peers)/2 {
		return
	}
	rf.leads = true
	for k := range rf.peers {
		rf.next[k], rf.match[k], rf.sent[k] = rf.last().Index+1, 0, time.Time{}
	}
	rf.add(Entry{Number: rf.last().Number, NoOp: true})
	rf.tick()
}

func (rf *Raft) RequestVote(args *VoteArgs, reply *VoteReply) {
	rf.do(func() {
		rf.meet(args.Term)
		reply.Term = rf.term
		last := rf.last()
		upToDate := args.LastTerm > last.Term || args.LastTerm == last.Term && args.LastIndex >= last.Index
		if args.Term < rf.term || rf.vote >= 0 && rf.vote != args.Candidate || !upToDate {
			return
		}
		if rf.vote != args.Candidate {
			rf.vote = args.Candidate
			rf.save(false)
		}
		rf.wait()
		reply.Yes = true
	})
}

type AppendArgs struct {
	Term, PrevIndex, PrevTerm, Commit int
	Entries                           []Entry
}
type AppendReply struct {
	Term int
	Yes  bool
	Try  int // where to go on if not
}

type InstallArgs struct {
	Term  int
	Entry Entry
	Data  []byte
}
type InstallReply struct{ Term int }

func (rf *Raft) feed(i int) {
	prev := rf.at(rf.next[i] - 1)
	if prev == nil {
		args := InstallArgs{rf.term, rf.log[0], rf.snapshot}
		go func() {
			var reply InstallReply
			if rf.peers[i].Call("Raft.InstallSnapshot", &args, &reply) {
				rf.do(func() {
					if !rf.meet(reply.Term) && rf.term == args.Term && rf.leads {
						rf.has(i, args.Entry.Index)
					}
				})
			}
		}()
		return
	}
	entries := append([]Entry(nil), rf.log[prev.Index+1-rf.log[0].Index:]...)
	args := AppendArgs{rf.term, prev.Index, prev.Term, rf.commit, entries}
	go func() {
		var reply AppendReply
		if rf.peers[i].Call("Raft.AppendEntries", &args, &reply) {
			rf.do(func() { rf.answered(i, args, reply) })
		}
	}()
}

func (rf *Raft) answered(i int, args AppendArgs, reply AppendReply) {
	switch {
	case rf.meet(reply.Term) || rf.term != args.Term || !rf.leads:
	case reply.Yes:
		rf.has(i, args.PrevIndex+len(args.Entries))
	case rf.next[i] == args.PrevIndex+1: // the answer to the latest guess
		rf.next[i] = max(min(reply.Try, args.PrevIndex), rf.match[i]+1)
		rf.sent[i] = time.Time{}
	}
}

// has takes note that a follower has the log up to an index.
func (rf *Raft) has(i, index int) {
	rf.match[i] = max(rf.match[i], index)
	rf.next[i] = max(rf.next[i], rf.match[i]+1)
	rf.match[rf.me] = rf.last().Index
	all := append([]int(nil), rf.match...)
	sort.Ints(all)
	agreed := all[(len(all)-1)/2]
	if e := rf.at(agreed); agreed > rf.commit && e.Term == rf.term {
		rf.settle(agreed)
	}
}

// settle commits up to an index and hands on what that adds.
func (rf *Raft) settle(index int) {
	rf.commit = max(rf.commit, index)
	for rf.handed < rf.commit {
		rf.handed++
		if e := rf.at(rf.handed); !e.NoOp {
			rf.queue.put(ApplyMsg{CommandValid: true, Command: e.Command, CommandIndex: e.Number})
		}
	}
}

func (rf *Raft) AppendEntries(args *AppendArgs, reply *AppendReply) {
	rf.do(func() {
		rf.meet(args.Term)
		reply.Term = rf.term
		if args.Term < rf.term {
			return
		}
		rf.votes = nil // somebody else has won
		rf.wait()
		first := rf.log[0].Index
		if skip := first - args.PrevIndex; skip > 0 { // all that is in the snapshot already
			if skip > len(args.Entries) {
				reply.Yes = true
				return
			}
			args.PrevIndex, args.PrevTerm, args.Entries = first, rf.log[0].Term, args.Entries[skip:]
		}
		prev := rf.at(args.PrevIndex)
		if prev == nil {
			reply.Try = rf.last().Index + 1
			return
		}
		if prev.Term != args.PrevTerm {
			i := args.PrevIndex
			for i > first+1 && rf.at(i-1).Term == prev.Term {
				i--
			}
			reply.Try = i
			return
		}
		for k, e := range args.Entries {
			if mine := rf.at(e.Index); mine == nil || mine.Term != e.Term {
				rf.log = append(append([]Entry(nil), rf.log[:e.Index-first]...), args.Entries[k:]...)
				rf.save(false)
				break
			}
		}
		reply.Yes = true
		rf.settle(min(args.Commit, args.PrevIndex+len(args.Entries)))
	})
}

func (rf *Raft) InstallSnapshot(args *InstallArgs, reply *InstallReply) {
	rf.do(func() {
		rf.meet(args.Term)
		reply.Term = rf.term
		if args.Term < rf.term {
			return
		}
		rf.votes = nil // somebody else has won
		rf.wait()
		if args.Entry.Index <= rf.commit {
			return
		}
		if mine := rf.at(args.Entry.Index); mine != nil && mine.Term == args.Entry.Term {
			rf.log = append([]Entry(nil), rf.log[args.Entry.Index-rf.log[0].Index:]...)
		} else {
			rf.log = []Entry{args.Entry}
		}
		rf.log[0].Command = nil
		rf.snapshot = args.Data
		rf.commit, rf.handed = args.Entry.Index, args.Entry.Index
		rf.save(true)
		rf.queue.put(ApplyMsg{SnapshotValid: true, Snapshot: args.Data, SnapshotIndex: args.Entry.Number,
			SnapshotTerm: args.Entry.Term})
	})
}
