// Package kvraft is a plain solution, as students write it: every operation is a command in the log, those who wait
// have a channel by index, and the state is encoded with labgob when the log is too long.
package kvraft

import (
	"bytes"
	"sync"
	"sync/atomic"
	"time"

	"raftlab/labgob"
	"raftlab/labrpc"
	"raftlab/raft"
)

type Op struct {
	Kind, Key, Value string
	ClientId         int64
	Seq              int
}

type result struct {
	op    Op
	value string
}

type KVServer struct {
	mu        sync.Mutex
	me        int
	rf        *raft.Raft
	applyCh   chan raft.ApplyMsg
	dead      int32
	persister *raft.Persister

	maxraftstate int
	data         map[string]string
	last         map[int64]int
	applied      int
	waiting      map[int]chan result
}

type Args struct{ Op Op }

type Reply struct {
	OK    bool
	Value string
}

func (kv *KVServer) Get(args *Args, reply *Reply)       { kv.do(args.Op, reply) }
func (kv *KVServer) PutAppend(args *Args, reply *Reply) { kv.do(args.Op, reply) }

func (kv *KVServer) do(op Op, reply *Reply) {
	kv.mu.Lock()
	if op.Kind != "Get" && kv.last[op.ClientId] >= op.Seq {
		reply.OK = true
		kv.mu.Unlock()
		return
	}
	index, term, leads := kv.rf.Start(op)
	if !leads {
		kv.mu.Unlock()
		return
	}
	ch := make(chan result, 1)
	kv.waiting[index] = ch
	kv.mu.Unlock()

	for !kv.killed() {
		select {
		case r := <-ch:
			if r.op == op {
				reply.OK, reply.Value = true, r.value
			}
			return
		case <-time.After(50 * time.Millisecond):
			if now, leads := kv.rf.GetState(); !leads || now != term {
				kv.mu.Lock()
				if kv.waiting[index] == ch {
					delete(kv.waiting, index)
				}
				kv.mu.Unlock()
				return
			}
		}
	}
}

func (kv *KVServer) applier() {
	for m := range kv.applyCh {
		if kv.killed() {
			return
		}
		kv.mu.Lock()
		if m.SnapshotValid {
			if m.SnapshotIndex > kv.applied {
				kv.restore(m.Snapshot)
				kv.applied = m.SnapshotIndex
			}
		} else if m.CommandValid && m.CommandIndex > kv.applied {
			kv.applied = m.CommandIndex
			kv.apply(m.CommandIndex, m.Command.(Op))
			if kv.maxraftstate != -1 && kv.persister.RaftStateSize() > kv.maxraftstate {
				kv.rf.Snapshot(kv.applied, kv.encoded())
			}
		}
		kv.mu.Unlock()
	}
}

func (kv *KVServer) apply(index int, op Op) {
	if op.Kind != "Get" && op.Seq > kv.last[op.ClientId] {
		kv.last[op.ClientId] = op.Seq
		if op.Kind == "Put" {
			kv.data[op.Key] = op.Value
		} else {
			kv.data[op.Key] += op.Value
		}
	}
	if ch := kv.waiting[index]; ch != nil {
		ch <- result{op, kv.data[op.Key]}
		delete(kv.waiting, index)
	}
}

func (kv *KVServer) encoded() []byte {
	w := new(bytes.Buffer)
	e := labgob.NewEncoder(w)
	e.Encode(kv.applied)
	e.Encode(kv.data)
	e.Encode(kv.last)
	return w.Bytes()
}

func (kv *KVServer) restore(snapshot []byte) {
	if len(snapshot) == 0 {
		return
	}
	d := labgob.NewDecoder(bytes.NewBuffer(snapshot))
	var applied int
	var data map[string]string
	var last map[int64]int
	if d.Decode(&applied) != nil || d.Decode(&data) != nil || d.Decode(&last) != nil {
		panic("restore")
	}
	kv.applied, kv.data, kv.last = applied, data, last
}

func (kv *KVServer) Kill() {
	atomic.StoreInt32(&kv.dead, 1)
	kv.rf.Kill()
}

func (kv *KVServer) killed() bool { return atomic.LoadInt32(&kv.dead) == 1 }

func StartKVServer(servers []*labrpc.ClientEnd, me int, persister *raft.Persister, maxraftstate int) *KVServer {
	labgob.Register(Op{})
	kv := &KVServer{me: me, persister: persister, maxraftstate: maxraftstate, applyCh: make(chan raft.ApplyMsg),
		data: map[string]string{}, last: map[int64]int{}, waiting: map[int]chan result{}}
	kv.restore(persister.ReadSnapshot())
	kv.rf = raft.Make(servers, me, persister, kv.applyCh)
	go kv.applier()
	return kv
}
