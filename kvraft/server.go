package kvraft

// BEGIN SOLUTION
// BEGIN PROMPT
// import (
// 	"github.com/sasha-s/go-deadlock"
//
// 	"raftlab/labrpc"
// 	"raftlab/raft"
// )
// END PROMPT

import (
	"errors"
	"log"
	"sync"

	"github.com/sasha-s/go-deadlock"

	"raftlab/kvraft/state"
	"raftlab/labgob"
	"raftlab/labrpc"
	"raftlab/raft"
)

// maxBatch is how many deliveries are applied under one lock.
const maxBatch = 256

// END SOLUTION

// KVServer is one server of the service.
type KVServer struct {
	me           int
	rf           *raft.Raft
	applyCh      chan raft.ApplyMsg
	persister    *raft.Persister
	maxraftstate int
	// BEGIN SOLUTION
	// BEGIN PROMPT
	//
	// mu deadlock.Mutex // guards all below
	// // Your state here.
	// END PROMPT
	stopped chan struct{} // closed when the server ends

	mu        deadlock.Mutex // guards all below; may be held while rf is called, never the other way round
	advanced  *sync.Cond     // the machine has applied more, or dead is set
	machine   *state.Machine
	proposals map[state.ClientID]*proposal // each client's write that this server has put into the log
	compacted uint64                       // index of the latest snapshot
	saving    bool                         // a snapshot is being taken
	dead      bool
	// END SOLUTION
}

// BEGIN SOLUTION

// proposal is a write in the log. Any number of requests may wait for it: a client sends again what it had
// no answer to.
type proposal struct {
	number uint64
	term   int           // in which it was put into the log
	done   chan struct{} // closed when err is set
	err    Err
}

// END SOLUTION

// StartKVServer starts server me of those at servers and returns at once. It goes on from what persister
// holds, which is raft's disk and holds the service's snapshot. When raft's saved state nears
// maxraftstate bytes, the service takes a snapshot; a negative maxraftstate means never.
//
// A snapshot that cannot be read is logged, and the server then takes no part in anything: without that
// state it would answer wrongly.
func StartKVServer(servers []*labrpc.ClientEnd, me int, persister *raft.Persister, maxraftstate int) *KVServer {
	// BEGIN SOLUTION
	// BEGIN PROMPT
	// kv := &KVServer{me: me, persister: persister, maxraftstate: maxraftstate, applyCh: make(chan raft.ApplyMsg)}
	//
	// // Your code here: register with labgob what you will give to rf.Start (3A), and take up what the snapshot in
	// // persister holds (3B).
	//
	// kv.rf = raft.Make(servers, me, persister, kv.applyCh)
	//
	// // Start a goroutine that carries out what comes on applyCh (3A).
	//
	// return kv
	// END PROMPT
	labgob.Register(state.Command{})
	kv := &KVServer{me: me, persister: persister, maxraftstate: maxraftstate,
		applyCh: make(chan raft.ApplyMsg, maxBatch), stopped: make(chan struct{}),
		machine: state.New(state.NewMapStore()), proposals: map[state.ClientID]*proposal{}}
	kv.advanced = sync.NewCond(&kv.mu)
	var unreadable error
	if snapshot := persister.ReadSnapshot(); len(snapshot) > 0 {
		unreadable = kv.machine.Restore(snapshot)
		kv.compacted = kv.machine.Applied()
	}
	kv.rf = raft.Make(servers, me, persister, kv.applyCh)
	if unreadable != nil {
		log.Printf("kvraft: server %d does not start: %v", me, unreadable)
		kv.Kill()
		return kv
	}
	go kv.apply()
	go kv.watchRole()
	return kv
	// END SOLUTION
}

// Kill ends the server: requests that wait are refused, and its goroutines end. It does not wait for them.
func (kv *KVServer) Kill() {
	// BEGIN SOLUTION
	// BEGIN PROMPT
	// kv.rf.Kill()
	// // Your code here: answer the requests that wait, and let your goroutines end.
	// END PROMPT
	kv.mu.Lock()
	defer kv.mu.Unlock()
	kv.end()
	// END SOLUTION
}

// Get is an RPC: a linearizable read.
func (kv *KVServer) Get(args *GetArgs, reply *GetReply) {
	// BEGIN SOLUTION
	// BEGIN PROMPT
	// // Your code here (3A).
	// END PROMPT
	reply.Err = ErrWrongLeader
	index, leads := kv.rf.ReadIndex()
	if !leads {
		return
	}
	kv.mu.Lock()
	defer kv.mu.Unlock()
	for kv.machine.Applied() < uint64(index) && !kv.dead {
		kv.advanced.Wait()
	}
	if kv.dead {
		return
	}
	value, exists := kv.machine.Get(args.Key)
	if !exists {
		reply.Err = ErrNoKey
		return
	}
	reply.Err, reply.Value = OK, value
	// END SOLUTION
}

// PutAppend is an RPC: a write, executed once however often it is asked for.
func (kv *KVServer) PutAppend(args *PutAppendArgs, reply *PutAppendReply) {
	// BEGIN SOLUTION
	// BEGIN PROMPT
	// // Your code here (3A).
	// END PROMPT
	if !args.Command.IsWrite() {
		reply.Err = ErrNoWrite
		return
	}
	p := kv.propose(args.Command)
	<-p.done
	reply.Err = p.err
	// END SOLUTION
}

// BEGIN SOLUTION

// propose puts a command into the log, unless that has been done already, and returns what to wait for. No
// change of leadership can slip in between the log and the map: watchRole needs the lock, and looks at
// raft's state after the change.
func (kv *KVServer) propose(c state.Command) *proposal {
	kv.mu.Lock()
	defer kv.mu.Unlock()
	p := &proposal{number: c.Number, done: make(chan struct{})}
	if kv.dead {
		p.finish(ErrWrongLeader)
		return p
	}
	if _, executed, err := kv.machine.Executed(c.Client, c.Number); executed || err != nil {
		p.finish(errOf(err))
		return p
	}
	earlier := kv.proposals[c.Client]
	if earlier != nil && earlier.number >= c.Number {
		if earlier.number == c.Number {
			return earlier
		}
		p.finish(ErrSuperseded)
		return p
	}
	var leads bool
	if _, p.term, leads = kv.rf.Start(c); !leads {
		p.finish(ErrWrongLeader)
		return p
	}
	if earlier != nil {
		earlier.finish(ErrSuperseded)
	}
	kv.proposals[c.Client] = p
	return p
}

func (p *proposal) finish(err Err) {
	p.err = err
	close(p.done)
}

// errOf translates an error of the machine.
func errOf(err error) Err {
	if errors.Is(err, state.ErrSuperseded) {
		return ErrSuperseded
	}
	return OK
}

// apply carries out what raft delivers, until the server ends.
func (kv *KVServer) apply() {
	for {
		select {
		case m := <-kv.applyCh:
			kv.applyBatch(m)
		case <-kv.stopped:
			return
		}
	}
}

// applyBatch carries out first and whatever else has been delivered.
func (kv *KVServer) applyBatch(first raft.ApplyMsg) {
	kv.mu.Lock()
	defer kv.mu.Unlock()
	kv.applyOne(first)
	for n := min(len(kv.applyCh), maxBatch-1); n > 0; n-- {
		kv.applyOne(<-kv.applyCh) // there is no other reader: none of these blocks
	}
	kv.advanced.Broadcast()
	if !kv.saving && kv.snapshotDue() {
		kv.saving = true
		go kv.takeSnapshots(kv.machine.Freeze())
	}
}

// watchRole waits for raft's role or term to change. A write put into the log in a term that this server no
// longer leads may never be committed, and there is nothing to tell it by: those who wait are sent elsewhere. A
// new leader puts a no-op into the log, since it knows what is committed, and so may answer reads, only
// once an entry of its own term is (§8).
func (kv *KVServer) watchRole() {
	led := 0 // the last term that this server led
	for {
		select {
		case <-kv.rf.RoleChanged():
		case <-kv.stopped:
			return
		}
		term, leads := kv.rf.GetState()
		kv.mu.Lock()
		for client, p := range kv.proposals {
			if !leads || p.term != term {
				p.finish(ErrWrongLeader)
				delete(kv.proposals, client)
			}
		}
		kv.mu.Unlock()
		if leads && term != led {
			led = term
			kv.rf.Start(state.Command{Kind: state.NoOp})
		}
	}
}

// takeSnapshots hands f to raft as a snapshot, and then later states for as long as its saved state is too
// large. Operations go on meanwhile.
func (kv *KVServer) takeSnapshots(f state.Frozen) {
	for again := true; again; {
		kv.rf.Snapshot(int(f.Index()), f.Encode())
		kv.mu.Lock()
		kv.compacted = max(kv.compacted, f.Index())
		again = kv.snapshotDue()
		if again {
			f = kv.machine.Freeze()
		} else {
			kv.saving = false
		}
		kv.mu.Unlock()
	}
}

// The methods below need kv.mu.

func (kv *KVServer) applyOne(m raft.ApplyMsg) {
	switch {
	case kv.dead:
	case m.SnapshotValid:
		kv.install(m)
	case m.CommandValid:
		c, ours := m.Command.(state.Command)
		if !ours {
			log.Printf("kvraft: server %d stops: the entry at index %d is a %T, not a command of this service",
				kv.me, m.CommandIndex, m.Command)
			kv.end()
			return
		}
		if _, err := kv.machine.Apply(uint64(m.CommandIndex), c); errors.Is(err, state.ErrApplied) {
			return
		}
		kv.settle(c.Client)
	}
}

// install makes a snapshot from another server the state.
func (kv *KVServer) install(m raft.ApplyMsg) {
	if uint64(m.SnapshotIndex) <= kv.machine.Applied() {
		return
	}
	if err := kv.machine.Restore(m.Snapshot); err != nil {
		log.Printf("kvraft: server %d stops: the snapshot of index %d: %v", kv.me, m.SnapshotIndex, err)
		kv.end()
		return
	}
	kv.compacted = kv.machine.Applied()
	for client := range kv.proposals {
		kv.settle(client)
	}
}

// settle answers the client's write if it has been executed.
func (kv *KVServer) settle(client state.ClientID) {
	p := kv.proposals[client]
	if p == nil {
		return
	}
	if _, executed, err := kv.machine.Executed(client, p.number); executed || err != nil {
		p.finish(errOf(err))
		delete(kv.proposals, client)
	}
}

// snapshotDue says whether raft's saved state is near the limit and a snapshot would make it shorter.
func (kv *KVServer) snapshotDue() bool {
	return kv.maxraftstate >= 0 && !kv.dead && kv.machine.Applied() > kv.compacted &&
		4*kv.persister.RaftStateSize() >= 3*kv.maxraftstate
}

func (kv *KVServer) end() {
	if kv.dead {
		return
	}
	kv.dead = true
	close(kv.stopped)
	kv.rf.Kill()
	for _, p := range kv.proposals {
		p.finish(ErrWrongLeader)
	}
	clear(kv.proposals)
	kv.advanced.Broadcast()
}

// END SOLUTION
