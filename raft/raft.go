package raft

// BEGIN SOLUTION
// BEGIN PROMPT
// import (
// 	"sync/atomic"
//
// 	"github.com/sasha-s/go-deadlock"
//
// 	"raftlab/labrpc"
// )
// END PROMPT

import (
	"errors"
	"log"
	"math/rand/v2"
	"sync/atomic"
	"time"

	"github.com/sasha-s/go-deadlock"

	"raftlab/labgob"
	"raftlab/labrpc"
	"raftlab/raft/core"
	"raftlab/raft/disk"
)

// The lab's rules leave a leader ten heartbeats a second, and five seconds for a new one to be there.
const (
	heartbeatInterval = 100 * time.Millisecond
	electionTimeout   = 400 * time.Millisecond // a peer waits for one to two of these
	maxInflight       = 2                      // appends under way to a follower: more save time, fewer RPCs
	maxBatchEntries   = 1024
	maxBatchBytes     = 1 << 20
)

// END SOLUTION

// ApplyMsg is one delivery to the service: a command, or a snapshot that stands for all commands up to
// SnapshotIndex.
type ApplyMsg struct {
	CommandValid bool
	Command      any
	CommandIndex int

	SnapshotValid bool
	Snapshot      []byte
	SnapshotTerm  int
	SnapshotIndex int
}

// Raft is one peer. Its methods are safe for concurrent use.
type Raft struct {
	peers     []*labrpc.ClientEnd // of all peers, this one too
	me        int                 // which of them this one is
	persister *Persister          // its disk
	applyCh   chan ApplyMsg
	dead      atomic.Bool
	// BEGIN SOLUTION
	// BEGIN PROMPT
	//
	// mu deadlock.Mutex // guards all below
	// // Your state here. Figure 2 of the paper says which numbers a server keeps, and which of them it must save
	// // before it answers anybody (2A, 2B, 2C).
	// END PROMPT
	epoch   time.Time     // when the core's clock stood at 0
	stopped chan struct{} // closed by Kill
	ready   chan struct{} // holds a token while deliveries wait
	role    chan struct{} // holds a token since term, role or known leader changed

	mu         deadlock.Mutex // guards all below
	node       *core.Node
	image      *disk.Image
	alarm      *time.Timer // rings when the core wants to be woken
	alarmAt    core.Time
	deliveries []delivery
	delivered  core.Index // the last index that has been, or is being, sent on applyCh
	reads      map[uint64]chan core.Index
	lastRead   uint64
	// END SOLUTION
}

// BEGIN SOLUTION

// delivery is a committed entry, or a snapshot, on its way to the service.
type delivery struct {
	index    core.Index
	data     []byte
	snapshot *core.Snapshot
}

// payload is what an entry's data holds, in labgob: a struct, since gob sends an interface only as a field.
type payload struct{ Command any }

// END SOLUTION

// Make starts peer me of those at peers and returns at once. The peer goes on from what persister holds,
// saves there, and delivers on applyCh, from one goroutine and with no lock held. A disk that cannot be
// read is logged, and the peer then takes no part in anything: to guess would risk what was promised.
func Make(peers []*labrpc.ClientEnd, me int, persister *Persister, applyCh chan ApplyMsg) *Raft {
	// BEGIN SOLUTION
	// BEGIN PROMPT
	// rf := &Raft{peers: peers, me: me, persister: persister, applyCh: applyCh}
	//
	// // Take up what an earlier life of this peer has saved (2C), then start the goroutines that work from now on: one
	// // that starts an election when no leader has been heard of for some time (2A), one that sends on applyCh (2B).
	//
	// return rf
	// END PROMPT
	rf := &Raft{peers: peers, me: me, persister: persister, applyCh: applyCh, epoch: time.Now(),
		stopped: make(chan struct{}), ready: make(chan struct{}, 1), role: make(chan struct{}, 1),
		reads: map[uint64]chan core.Index{}}
	durable, err := disk.Read(persister.ReadRaftState(), persister.ReadSnapshot())
	if err == nil {
		rf.node, err = core.New(configOf(me, len(peers)), 0, durable)
	}
	if err != nil {
		log.Printf("raft: peer %d does not start: its saved state is unusable: %v", me, err)
		rf.Kill()
		return rf
	}
	rf.image, rf.delivered = disk.New(durable), durable.Snapshot.Index

	rf.mu.Lock()
	defer rf.mu.Unlock()
	rf.alarmAt = core.Never
	rf.alarm = time.AfterFunc(time.Hour, rf.wake)
	rf.carryOut(nil)
	go rf.deliver()
	return rf
	// END SOLUTION
}

// BEGIN SOLUTION

func configOf(me, peers int) core.Config {
	cfg := core.Config{
		ID:                core.NodeID(me + 1),
		ElectionTimeout:   core.Span(electionTimeout.Microseconds()),
		HeartbeatInterval: core.Span(heartbeatInterval.Microseconds()),
		PreVote:           true,
		CheckQuorum:       true,
		MaxInflight:       maxInflight,
		MaxBatchEntries:   maxBatchEntries,
		MaxBatchBytes:     maxBatchBytes,
		Seed:              rand.Uint64(),
	}
	for i := range peers {
		cfg.Peers = append(cfg.Peers, core.NodeID(i+1))
	}
	return cfg
}

// END SOLUTION

// Start offers a command and returns at once: the index it will have if it is ever committed, the term,
// and whether this peer took it, which only a leader does. A command that labgob cannot encode, because its
// type is not registered for instance, is logged and not taken; nor is any after Kill.
func (rf *Raft) Start(command any) (index int, term int, isLeader bool) {
	// BEGIN SOLUTION
	// BEGIN PROMPT
	// // Your code here (2B). The first index is 1. Do not wait for anything.
	// return -1, 0, false
	// END PROMPT
	data, err := labgob.Marshal(&payload{command})
	if err != nil {
		log.Printf("raft: peer %d: Start: the command is not taken: %v", rf.me, err)
	}
	rf.mu.Lock()
	defer rf.mu.Unlock()
	if rf.killed() {
		return -1, 0, false
	}
	if err != nil {
		return -1, int(rf.node.Term()), false
	}
	first, t, err := rf.node.Propose(rf.now(), data)
	if err != nil {
		return -1, int(rf.node.Term()), false
	}
	rf.carryOut(nil)
	return int(first), int(t), true
	// END SOLUTION
}

// GetState returns the current term and whether this peer believes that it leads it. A killed peer leads
// nothing.
func (rf *Raft) GetState() (term int, isLeader bool) {
	// BEGIN SOLUTION
	// BEGIN PROMPT
	// // Your code here (2A).
	// return 0, false
	// END PROMPT
	rf.mu.Lock()
	defer rf.mu.Unlock()
	if rf.node == nil {
		return 0, false
	}
	return int(rf.node.Term()), rf.node.Role() == core.Leader && !rf.killed()
	// END SOLUTION
}

// Snapshot says that the service has a snapshot of its state up to and including index: Raft saves it and
// forgets the log before it. An index beyond what was delivered is logged and refused; one that an earlier
// snapshot covers changes nothing.
func (rf *Raft) Snapshot(index int, snapshot []byte) {
	// BEGIN SOLUTION
	// BEGIN PROMPT
	// // Your code here (2D). The service may hold locks of its own meanwhile: do not wait for it to read applyCh.
	// END PROMPT
	rf.mu.Lock()
	defer rf.mu.Unlock()
	if rf.killed() {
		return
	}
	err := core.ErrNotApplied
	if index >= 0 && core.Index(index) <= rf.delivered {
		s := core.Snapshot{Index: core.Index(index), Data: append([]byte(nil), snapshot...)}
		err = rf.node.Compact(s)
	}
	if err != nil && !errors.Is(err, core.ErrCompacted) {
		log.Printf("raft: peer %d: Snapshot(%d) is refused, delivered is %d: %v",
			rf.me, index, rf.delivered, err)
		return
	}
	rf.carryOut(nil)
	// END SOLUTION
}

// CondInstallSnapshot always agrees: snapshots are delivered in their place among the commands, so there is
// nothing left to decide. It is part of the API for services written to the 2021 and 2022 editions.
func (rf *Raft) CondInstallSnapshot(lastIncludedTerm, lastIncludedIndex int, snapshot []byte) bool {
	return true
}

// Kill ends the peer: it saves, answers and delivers nothing more, and its goroutines end.
func (rf *Raft) Kill() {
	// BEGIN SOLUTION
	// BEGIN PROMPT
	// rf.dead.Store(true)
	// // Your code here: wake up what waits, so that it sees this and ends.
	// END PROMPT
	if rf.dead.Swap(true) {
		return
	}
	close(rf.stopped)
	rf.mu.Lock()
	defer rf.mu.Unlock()
	if rf.alarm != nil {
		rf.alarm.Stop()
	}
	// END SOLUTION
}

func (rf *Raft) killed() bool { return rf.dead.Load() }

// BEGIN SOLUTION
// BEGIN PROMPT
// // persist saves what must survive a crash (2C). Make reads it back, with ReadRaftState and labgob.NewDecoder.
// func (rf *Raft) persist() {
// 	// Your code here (2C), as in
// 	//
// 	//	var b bytes.Buffer
// 	//	labgob.NewEncoder(&b).Encode(rf.x) // and so on
// 	//	rf.persister.SaveRaftState(b.Bytes())
// }
// END PROMPT

// receive hands a request to the core and the core's response to the caller. A killed peer answers with
// the zero message, which says nothing.
func (rf *Raft) receive(args, reply *core.Message) {
	rf.mu.Lock()
	defer rf.mu.Unlock()
	if rf.killed() {
		return
	}
	rf.node.Step(rf.now(), *args)
	rf.carryOut(reply)
}

// call carries one request as an RPC and hands the response to the core.
func (rf *Raft) call(request core.Message) {
	var response core.Message
	answered := rf.peers[request.To-1].Call("Raft."+request.Type.String(), &request, &response)
	rf.mu.Lock()
	defer rf.mu.Unlock()
	switch {
	case rf.killed():
		return
	case !answered:
		rf.node.Lost(request)
	case response.Type != 0:
		rf.node.Step(rf.now(), response)
	}
	rf.carryOut(nil)
}

// wake is the alarm: the core's deadline has come.
func (rf *Raft) wake() {
	rf.mu.Lock()
	defer rf.mu.Unlock()
	if rf.killed() {
		return
	}
	rf.alarmAt = core.Never
	rf.node.Tick(rf.now())
	rf.carryOut(nil)
}

// deliver sends on applyCh what carryOut has lined up, until Kill.
func (rf *Raft) deliver() {
	for {
		select {
		case <-rf.ready:
		case <-rf.stopped:
			return
		}
		rf.mu.Lock()
		batch := rf.deliveries
		rf.deliveries = nil
		rf.mu.Unlock()
		for _, d := range batch {
			if !rf.deliverOne(d) {
				return
			}
		}
	}
}

// deliverOne sends one delivery, and says whether to go on. A command that cannot be decoded stops
// deliveries for good: to skip it would make this peer's service differ from the others'.
func (rf *Raft) deliverOne(d delivery) bool {
	var m ApplyMsg
	if s := d.snapshot; s != nil {
		m = ApplyMsg{SnapshotValid: true, Snapshot: s.Data, SnapshotTerm: int(s.Term), SnapshotIndex: int(s.Index)}
	} else {
		var p payload
		if err := labgob.Unmarshal(d.data, &p); err != nil {
			log.Printf("raft: peer %d delivers nothing more: the command at index %d: %v", rf.me, d.index, err)
			return false
		}
		m = ApplyMsg{CommandValid: true, Command: p.Command, CommandIndex: int(d.index)}
	}
	rf.mu.Lock()
	rf.delivered = d.index // before the service has it: it may call Snapshot as soon as it does
	rf.mu.Unlock()
	select {
	case rf.applyCh <- m:
		return true
	case <-rf.stopped:
		return false
	}
}

// The methods below need rf.mu.

func (rf *Raft) now() core.Time { return core.Time(time.Since(rf.epoch).Microseconds()) }

// carryOut does what the core wants done. The response to the request being received, if any, goes to
// reply; there is none other, since this driver saves at once and so no response waits for a later call.
func (rf *Raft) carryOut(reply *core.Message) {
	for rf.node.HasEffects() {
		do := rf.node.Effects()
		if do.Save.Seq != 0 {
			rf.save(do.Save)
			rf.node.Saved(do.Save.Seq)
		}
		for _, list := range [...][]core.Message{do.Send, do.SendSaved} {
			for _, m := range list {
				if m.Type.IsResponse() {
					*reply = m
				} else {
					go rf.call(m)
				}
			}
		}
		rf.lineUp(do)
		if do.RoleChanged {
			select {
			case rf.role <- struct{}{}:
			default:
			}
		}
		for _, read := range do.Reads {
			rf.reads[read.ID] <- read.Index
			delete(rf.reads, read.ID)
		}
		for _, id := range do.ReadsLost {
			close(rf.reads[id])
			delete(rf.reads, id)
		}
	}
	if at := rf.node.Deadline(); at < rf.alarmAt {
		rf.alarmAt = at
		rf.alarm.Reset(time.Duration(at-rf.now()) * time.Microsecond)
	}
}

func (rf *Raft) save(s core.Save) {
	rf.image.Save(s)
	if s.Snapshot != nil {
		rf.persister.Save(rf.image.Bytes(), s.Snapshot.Data)
	} else {
		rf.persister.SaveRaftState(rf.image.Bytes())
	}
}

// lineUp queues what is to be delivered, the snapshot first.
func (rf *Raft) lineUp(do core.Effects) {
	if do.Restore != nil {
		rf.deliveries = append(rf.deliveries, delivery{index: do.Restore.Index, snapshot: do.Restore})
	}
	for i, e := range do.Apply {
		if e.Data != nil { // the core's own no-ops are none of the service's business
			rf.deliveries = append(rf.deliveries, delivery{index: do.ApplyFirst + core.Index(i), data: e.Data})
		}
	}
	if len(rf.deliveries) > 0 {
		select {
		case rf.ready <- struct{}{}:
		default:
		}
	}
}

// END SOLUTION
