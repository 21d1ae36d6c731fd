// Package kvraft is a solution whose requests all wait on one condition variable and look whether their operation has
// been applied; a ticker wakes them to look whether leadership is lost. The answer to each client's last operation is
// part of the state.
package kvraft

import (
	"bytes"
	"sync"
	"time"

	"raftlab/labgob"
	"raftlab/labrpc"
	"raftlab/raft"
)

type Request struct {
	Client, Number uint64
	Write, Add     bool
	Key, Value     string
}

type Answer struct {
	Wrong bool // ask another server
	Value string
}

type done struct { // to a client's last request
	Number uint64
	Value  string
}

type store struct {
	Applied int
	Pairs   map[string]string
	Done    map[uint64]done
}

type KVServer struct {
	rf      *raft.Raft
	disk    *raft.Persister
	limit   int
	applyCh chan raft.ApplyMsg
	stop    chan struct{}

	mu    sync.Mutex
	news  *sync.Cond
	dead  bool
	store store
}

func StartKVServer(servers []*labrpc.ClientEnd, me int, persister *raft.Persister, maxraftstate int) *KVServer {
	labgob.Register(Request{})
	kv := &KVServer{disk: persister, limit: maxraftstate, applyCh: make(chan raft.ApplyMsg, 100),
		stop: make(chan struct{})}
	kv.news = sync.NewCond(&kv.mu)
	kv.load(persister.ReadSnapshot())
	kv.rf = raft.Make(servers, me, persister, kv.applyCh)
	go kv.applyAll()
	go kv.tick()
	return kv
}

func (kv *KVServer) Kill() {
	kv.rf.Kill()
	kv.mu.Lock()
	defer kv.mu.Unlock()
	if !kv.dead {
		kv.dead = true
		close(kv.stop)
		kv.news.Broadcast()
	}
}

func (kv *KVServer) Do(r *Request, a *Answer) {
	_, term, leads := kv.rf.Start(*r)
	kv.mu.Lock()
	defer kv.mu.Unlock()
	for leads && !kv.dead {
		if d := kv.store.Done[r.Client]; d.Number == r.Number {
			a.Value = d.Value
			return
		} else if d.Number > r.Number {
			break
		}
		kv.news.Wait()
		kv.mu.Unlock()
		now, still := kv.rf.GetState()
		leads = still && now == term
		kv.mu.Lock()
	}
	a.Wrong = true
}

func (kv *KVServer) tick() {
	for {
		select {
		case <-time.After(40 * time.Millisecond):
			kv.news.Broadcast()
		case <-kv.stop:
			return
		}
	}
}

func (kv *KVServer) applyAll() {
	for {
		select {
		case m := <-kv.applyCh:
			kv.mu.Lock()
			kv.apply(m)
			kv.mu.Unlock()
			kv.news.Broadcast()
		case <-kv.stop:
			return
		}
	}
}

func (kv *KVServer) apply(m raft.ApplyMsg) {
	s := &kv.store
	switch {
	case m.SnapshotValid:
		if m.SnapshotIndex > s.Applied {
			kv.load(m.Snapshot)
		}
		return
	case m.CommandIndex <= s.Applied:
		return
	}
	s.Applied = m.CommandIndex
	if r := m.Command.(Request); r.Number > s.Done[r.Client].Number {
		d := done{Number: r.Number}
		switch {
		case !r.Write:
			d.Value = s.Pairs[r.Key]
		case r.Add:
			s.Pairs[r.Key] += r.Value
		default:
			s.Pairs[r.Key] = r.Value
		}
		s.Done[r.Client] = d
	}
	if kv.limit >= 0 && kv.disk.RaftStateSize() > kv.limit/2 {
		kv.rf.Snapshot(s.Applied, kv.bytes())
	}
}

func (kv *KVServer) bytes() []byte {
	small := store{kv.store.Applied, kv.store.Pairs, map[uint64]done{}}
	for client, d := range kv.store.Done {
		small.Done[client] = d
	}
	var b bytes.Buffer
	if err := labgob.NewEncoder(&b).Encode(small); err != nil {
		panic(err)
	}
	return b.Bytes()
}

func (kv *KVServer) load(snapshot []byte) {
	s := store{Pairs: map[string]string{}, Done: map[uint64]done{}}
	if len(snapshot) > 0 {
		if err := labgob.NewDecoder(bytes.NewReader(snapshot)).Decode(&s); err != nil {
			panic(err)
		}
	}
	kv.store = s
}
