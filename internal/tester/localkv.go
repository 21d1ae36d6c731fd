package tester

import (
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"

	"raftlab/internal/trace"
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

	asking atomic.Int64 // operations of clerks that have not returned

	mu      sync.Mutex // guards all below
	clients map[int][]clientEnd
}

// nowhere names a server without services.
type nowhere struct{}

// countedClerk is a clerk whose host knows how many operations are under way.
type countedClerk struct {
	clerk KVClerk
	host  *localKV
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
		h.net.Own(name, trace.ClientName(client))
		h.net.Connect(name, i)
	}
	h.mu.Lock()
	h.clients[client] = names
	h.mu.Unlock()
	rng := rand.New(rand.NewPCG(h.setup.Seed, uint64(client)))
	rng.Shuffle(len(ends), func(i, j int) { ends[i], ends[j] = ends[j], ends[i] })
	return countedClerk{h.lab.MakeClerk(ends), h}
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

// Close implements Host. A clerk has no Kill, and never gives up: after a failure it would ask a network that answers
// at once for as long as this process lives, and take the time of the tests that follow. So its next call is one
// that cannot work, which ends the goroutine that makes it.
func (h *localKV) Close() (busy, idle []string) {
	if h.asking.Load() == 0 {
		return h.local.Close()
	}
	h.deserted.Store(true)
	h.net.AddServer(nowhere{}, labrpc.MakeServer())
	h.mu.Lock()
	for _, names := range h.clients {
		for _, name := range names {
			h.net.Connect(name, nowhere{})
			h.net.Enable(name, true)
		}
	}
	h.mu.Unlock()
	return h.local.Close()
}

func (c countedClerk) Get(key string) string {
	defer c.host.ask()()
	return c.clerk.Get(key)
}

func (c countedClerk) Put(key, value string) {
	defer c.host.ask()()
	c.clerk.Put(key, value)
}

func (c countedClerk) Append(key, value string) {
	defer c.host.ask()()
	c.clerk.Append(key, value)
}

// ask counts an operation that begins; what it returns is called when the operation has ended, or its
// goroutine. The last to leave a network that Close left open closes it.
func (h *localKV) ask() (done func()) {
	h.asking.Add(1)
	return func() {
		if h.asking.Add(-1) == 0 && h.deserted.Load() {
			h.net.Cleanup()
		}
	}
}
