package kv

import (
	"bytes"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"raftlab/internal/tester"
	"raftlab/labgob"
	"raftlab/labrpc"
	"raftlab/raft"
)

// flaw is a mistake that a service may make.
type flaw string

// The mistakes that naive servers and clerks can be given.
const (
	noDedup          flaw = "executes each command as often as the log has it"
	dedupUnequal     flaw = "takes any number but the last one for a new command"
	oneSession       flaw = "keeps one last number for all clients"
	dedupNotSaved    flaw = "leaves the sessions out of snapshots"
	localReads       flaw = "reads at any server, from what it has applied"
	leaseReads       flaw = "reads from what it has applied for seconds after it was last known to lead"
	earlyAnswers     flaw = "answers a write when it is in the leader's log"
	waitersStay      flaw = "lets requests wait although leadership is lost"
	waitsForTicks    flaw = "puts requests into the log at the next tick of a slow clock"
	lostDisk         flaw = "saves nothing"
	neverSnapshots   flaw = "takes no snapshots"
	alwaysSnapshots  flaw = "takes snapshots though there is no limit"
	fatSnapshots     flaw = "keeps every value ever written in its snapshots"
	ignoresSnapshot  flaw = "does not read its snapshot when it starts"
	ignoresInstalls  flaw = "does not take snapshots from raft"
	installKeepsOld  flaw = "keeps what it has when it is given a snapshot"
	newNumberOnRetry flaw = "gives a command that it sends again a new number"
	impatient        flaw = "gives up a write soon, and asks for it again under a new number"
	givesUp          flaw = "returns after some failed tries"
)

// naive is the service as simply as it can be written, on the lab's API: reads are commands in the log, those
// who wait look at the term now and then, and snapshots are taken by whoever applies. Without a flaw it is
// correct, if slow.
type naive struct {
	flaws     []flaw
	gone      chan struct{} // closed when the test ends
	rf        *raft.Raft
	persister *raft.Persister
	limit     int // bytes of Raft state; negative: none

	mu      sync.Mutex // guards all below
	state   naiveState
	waiting map[int]chan naiveOp // by index: those who wait for what is applied there
	leadsAt time.Time            // when it was last known to lead
}

type naiveState struct {
	Data    map[string]string
	Last    map[uint64]int // by client
	Ballast []string       // of fatSnapshots
}

type naiveOp struct {
	Kind       string
	Key, Value string
	Client     uint64
	Number     int
	Answer     string // filled in when it is applied
}

type naiveReply struct {
	OK    bool
	Value string
}

func (s *naive) has(f flaw) bool { return slices.Contains(s.flaws, f) }

// naiveLab is the naive service with the given flaws, for one run; end ends whatever of it still waits.
func naiveLab(flaws ...flaw) (lab tester.KVLab, end func()) {
	labgob.Register(naiveOp{})
	gone := make(chan struct{})
	return tester.KVLab{
		NewDisk: func() tester.Disk { return raft.MakePersister() },
		CopyDisk: func(d tester.Disk) tester.Disk {
			if slices.Contains(flaws, lostDisk) {
				return raft.MakePersister()
			}
			return d.(*raft.Persister).Copy()
		},
		Start: func(ends []*labrpc.ClientEnd, me int, disk tester.Disk, limit int) (tester.KVServer, tester.KVRaft) {
			s := &naive{flaws: flaws, gone: gone, persister: disk.(*raft.Persister), limit: limit,
				state:   naiveState{Data: map[string]string{}, Last: map[uint64]int{}},
				waiting: map[int]chan naiveOp{}}
			if !s.has(ignoresSnapshot) {
				s.restore(s.persister.ReadSnapshot())
			}
			applyCh := make(chan raft.ApplyMsg)
			s.rf = raft.Make(ends, me, s.persister, applyCh)
			go s.apply(applyCh)
			return s, s.rf
		},
		MakeClerk: func(ends []*labrpc.ClientEnd) tester.KVClerk {
			return &naiveClerk{ends: ends, flaws: flaws, client: rand.Uint64()}
		},
	}, func() { close(gone) }
}

// Kill implements tester.KVServer.
func (s *naive) Kill() { s.rf.Kill() }

// Do is an RPC.
func (s *naive) Do(op *naiveOp, reply *naiveReply) {
	if s.has(waitsForTicks) {
		time.Sleep(100 * time.Millisecond)
	}
	if s.readsLocally() && op.Kind == "get" {
		s.mu.Lock()
		defer s.mu.Unlock()
		reply.OK, reply.Value = true, s.state.Data[op.Key]
		return
	}
	s.mu.Lock()
	index, term, leads := s.rf.Start(*op)
	if !leads {
		s.mu.Unlock()
		return
	}
	applied := make(chan naiveOp, 1)
	s.waiting[index] = applied
	s.mu.Unlock()
	if op.Kind != "get" && s.has(earlyAnswers) {
		reply.OK = true
		return
	}
	for {
		select {
		case done := <-applied:
			if done.Client == op.Client && done.Number == op.Number {
				reply.OK, reply.Value = true, done.Answer
				return
			}
			if !s.has(waitersStay) {
				return
			}
		case <-time.After(20 * time.Millisecond):
			now, leads := s.rf.GetState()
			if (!leads || now != term) && !s.has(waitersStay) || s.has(impatient) {
				return
			}
		case <-s.gone:
			return
		}
	}
}

func (s *naive) readsLocally() bool {
	_, leads := s.rf.GetState()
	s.mu.Lock()
	defer s.mu.Unlock()
	if leads {
		s.leadsAt = time.Now()
	}
	return s.has(localReads) ||
		s.has(leaseReads) && time.Since(s.leadsAt) < 10*time.Second
}

func (s *naive) apply(applyCh <-chan raft.ApplyMsg) {
	for {
		select {
		case m := <-applyCh:
			s.mu.Lock()
			if m.CommandValid {
				s.applyOne(m.CommandIndex, m.Command.(naiveOp))
			} else if m.SnapshotValid && !s.has(ignoresInstalls) {
				s.restore(m.Snapshot)
			}
			s.mu.Unlock()
		case <-s.gone:
			return
		}
	}
}

func (s *naive) applyOne(index int, op naiveOp) {
	session := op.Client
	if s.has(oneSession) {
		session = 0
	}
	fresh := op.Number > s.state.Last[session]
	if s.has(dedupUnequal) {
		fresh = op.Number != s.state.Last[session]
	}
	if op.Kind == "get" {
		op.Answer = s.state.Data[op.Key]
	} else if fresh || s.has(noDedup) {
		if op.Kind == "append" {
			op.Value = s.state.Data[op.Key] + op.Value
		}
		s.state.Data[op.Key] = op.Value
		s.state.Last[session] = op.Number
		if s.has(fatSnapshots) {
			s.state.Ballast = append(s.state.Ballast, op.Value)
		}
	}
	if waiter := s.waiting[index]; waiter != nil {
		waiter <- op
		delete(s.waiting, index)
	}
	due := s.limit >= 0 && s.persister.RaftStateSize() > s.limit && !s.has(neverSnapshots)
	if due || s.has(alwaysSnapshots) {
		s.rf.Snapshot(index, s.snapshot())
	}
}

func (s *naive) snapshot() []byte {
	saved := s.state
	if s.has(dedupNotSaved) {
		saved.Last = nil
	}
	var b bytes.Buffer
	if err := labgob.NewEncoder(&b).Encode(saved); err != nil {
		panic(err)
	}
	return b.Bytes()
}

func (s *naive) restore(snapshot []byte) {
	if len(snapshot) == 0 {
		return
	}
	saved := naiveState{Data: map[string]string{}, Last: map[uint64]int{}}
	if err := labgob.NewDecoder(bytes.NewReader(snapshot)).Decode(&saved); err != nil {
		panic(err)
	}
	if s.has(installKeepsOld) {
		for key, value := range s.state.Data {
			saved.Data[key] = value
		}
	}
	s.state = saved
}

// naiveClerk asks one server after the other, and waits for each as long as it takes.
type naiveClerk struct {
	ends   []*labrpc.ClientEnd
	flaws  []flaw
	client uint64
	number int
	leader int
}

func (ck *naiveClerk) Get(key string) string { return ck.do(naiveOp{Kind: "get", Key: key}) }
func (ck *naiveClerk) Put(key, value string) { ck.do(naiveOp{Kind: "put", Key: key, Value: value}) }
func (ck *naiveClerk) Append(key, value string) {
	ck.do(naiveOp{Kind: "append", Key: key, Value: value})
}

func (ck *naiveClerk) do(op naiveOp) string {
	ck.number++
	op.Client, op.Number = ck.client, ck.number
	for tries := 1; ; tries++ {
		var reply naiveReply
		if ck.ends[ck.leader].Call("naive.Do", &op, &reply) && reply.OK {
			return reply.Value
		}
		if slices.Contains(ck.flaws, givesUp) && tries == 2*len(ck.ends) {
			return ""
		}
		if slices.Contains(ck.flaws, newNumberOnRetry) || slices.Contains(ck.flaws, impatient) {
			ck.number++
			op.Number = ck.number
		}
		ck.leader = (ck.leader + 1) % len(ck.ends)
		time.Sleep(10 * time.Millisecond)
	}
}
