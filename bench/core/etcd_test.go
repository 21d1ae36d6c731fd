package core

import (
	"io"
	"log"

	"go.etcd.io/raft/v3"
	"go.etcd.io/raft/v3/raftpb"
)

// etcd is a cluster of go.etcd.io/raft/v3, by its RawNode and MemoryStorage: no goroutines, no
// channels.
type etcd struct {
	nodes    []*raft.RawNode
	storages []*raft.MemoryStorage
	services []service
}

func newEtcd(n int) *etcd {
	c := &etcd{services: make([]service, n)}
	var peers []uint64
	for i := range n {
		peers = append(peers, uint64(i+1))
	}
	for _, id := range peers {
		storage := raft.NewMemoryStorage()
		err := storage.ApplySnapshot(raftpb.Snapshot{Metadata: raftpb.SnapshotMetadata{
			Index: 1, Term: 1, ConfState: raftpb.ConfState{Voters: peers}}})
		if err != nil {
			panic(err)
		}
		node, err := raft.NewRawNode(&raft.Config{
			ID: id, ElectionTick: 10, HeartbeatTick: 1, Storage: storage, Applied: 1,
			MaxSizePerMsg: 1 << 20, MaxInflightMsgs: 256, PreVote: true, CheckQuorum: true,
			Logger: &raft.DefaultLogger{Logger: log.New(io.Discard, "", 0)},
		})
		if err != nil {
			panic(err)
		}
		c.nodes = append(c.nodes, node)
		c.storages = append(c.storages, storage)
	}
	if err := c.nodes[0].Campaign(); err != nil {
		panic(err)
	}
	c.run()
	if c.nodes[0].BasicStatus().RaftState != raft.StateLeader {
		panic("not elected")
	}
	return c
}

func (c *etcd) propose(data [][]byte) {
	var err error
	if len(data) == 1 {
		err = c.nodes[0].Propose(data[0])
	} else {
		m := raftpb.Message{Type: raftpb.MsgProp, From: 1, Entries: make([]raftpb.Entry, len(data))}
		for i := range data {
			m.Entries[i].Data = data[i]
		}
		err = c.nodes[0].Step(m)
	}
	if err != nil {
		panic(err)
	}
	c.run()
}

// run handles what is ready until nothing is.
func (c *etcd) run() {
	for again := true; again; {
		again = false
		for i, n := range c.nodes {
			if n.HasReady() {
				c.handle(i, n.Ready())
				again = true
			}
		}
	}
}

func (c *etcd) handle(i int, rd raft.Ready) {
	if !raft.IsEmptyHardState(rd.HardState) {
		if err := c.storages[i].SetHardState(rd.HardState); err != nil {
			panic(err)
		}
	}
	if err := c.storages[i].Append(rd.Entries); err != nil {
		panic(err)
	}
	for k := range rd.Messages {
		// What a peer makes of a message is its own affair.
		_ = c.nodes[rd.Messages[k].To-1].Step(rd.Messages[k])
	}
	for k := range rd.CommittedEntries {
		c.services[i].apply(rd.CommittedEntries[k].Data)
	}
	c.nodes[i].Advance(rd)
	if len(rd.CommittedEntries) == 0 {
		return
	}
	last := rd.CommittedEntries[len(rd.CommittedEntries)-1].Index
	if last%keep < uint64(len(rd.CommittedEntries)) {
		if err := c.storages[i].Compact(last); err != nil {
			panic(err)
		}
	}
}

func (c *etcd) applied(i int) (count int, sum uint64) {
	return c.services[i].count, c.services[i].sum
}
