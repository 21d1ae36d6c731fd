package tester

import (
	"fmt"
	"math/rand/v2"
	"sync"

	"raftlab/labrpc"
)

// KVLab is an implementation of the key/value service as its own tests hand it to the harness.
type KVLab struct {
	// NewDisk returns an empty disk.
	NewDisk func() Disk
	// CopyDisk returns a copy that later saves to the original do not reach.
	CopyDisk func(Disk) Disk
	// Start starts a server, and returns it and the Raft peer that it is on. Both answer RPCs.
	Start func(ends []*labrpc.ClientEnd, me int, disk Disk, maxRaftState int) (KVServer, KVRaft)
	// MakeClerk makes a clerk that uses the servers at ends.
	MakeClerk func(ends []*labrpc.ClientEnd) KVClerk
}

// KVServer is a server of the lab's key/value service as the harness uses it.
type KVServer interface{ Kill() }

// KVRaft is the Raft peer below a KVServer as the harness uses it.
type KVRaft interface {
	GetState() (term int, isLeader bool)
}

// localKV is a KVHost in this process.
type localKV struct {
	*local
	lab KVLab

	mu      sync.Mutex // guards all below
	clients map[int][]clientEnd
}

// clientEnd names a network end: a client's way to a server.
type clientEnd struct{ client, to int }

// kvNode is a server with the Raft peer that it is on.
type kvNode struct {
	KVServer
	KVRaft
}

// NewLocalKV returns a maker of hosts for the servers and clerks of the given implementation.
func NewLocalKV(lab KVLab) func(Setup) KVHost {
	return func(setup Setup) KVHost {
		h := &localKV{local: newLocal(setup, lab.NewDisk, lab.CopyDisk), lab: lab, clients: map[int][]clientEnd{}}
		maxRaftState := setup.MaxRaftState
		if maxRaftState == 0 {
			maxRaftState = -1 // as the lab's API has it
		}
		h.boot = func(life *localLife, i int, ends []*labrpc.ClientEnd, disk Disk) {
			server, raft := lab.Start(ends, i, disk, maxRaftState)
			life.server, life.services = kvNode{server, raft}, []any{server, raft}
		}
		return h
	}
}

// Clerk implements KVHost. The clerk is given the servers in an order of its own, as no order is promised.
func (h *localKV) Clerk(client int) KVClerk {
	var names []clientEnd
	var ends []*labrpc.ClientEnd
	for i := range h.nodes {
		name := clientEnd{client, i}
		names = append(names, name)
		ends = append(ends, h.net.MakeEnd(name))
		h.net.Connect(name, i)
	}
	h.mu.Lock()
	h.clients[client] = names
	h.mu.Unlock()
	rng := rand.New(rand.NewPCG(h.setup.Seed, uint64(client)))
	rng.Shuffle(len(ends), func(i, j int) { ends[i], ends[j] = ends[j], ends[i] })
	return h.lab.MakeClerk(ends)
}

// Reach implements KVHost.
func (h *localKV) Reach(client, node int, up bool) {
	h.mu.Lock()
	names := h.clients[client]
	h.mu.Unlock()
	if names == nil {
		h.setup.Report(Misuse, fmt.Sprintf("client %d was not made", client))
		return
	}
	h.net.Enable(names[node], up)
}
