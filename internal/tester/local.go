package tester

import (
	"sync"
	"time"

	"raftlab/internal/trace"
	"raftlab/labrpc"
)

// RaftLab is a Raft implementation as its own tests hand it to the harness.
type RaftLab struct {
	// NewDisk returns an empty disk.
	NewDisk func() Disk
	// CopyDisk returns a copy that later saves to the original do not reach.
	CopyDisk func(Disk) Disk
	// Make starts a peer. next blocks until the peer delivers something or gone is closed (then false).
	Make func(ends []*labrpc.ClientEnd, me int, disk Disk) (
		peer RaftPeer, next func(gone <-chan struct{}) (Apply, bool))
}

// observeEvery is how often a peer is asked for its term and role.
const observeEvery = 20 * time.Millisecond

// local is a RaftHost in this process, in real time, on a labrpc network.
type local struct {
	*realTime
	setup    Setup
	lab      RaftLab
	net      *labrpc.Network
	record   *trace.Recorder
	baseline map[int]bool // goroutines that were there before
	gone     chan struct{}
	links    sync.Mutex
	up       [][]bool // up[i][j]: links says that i reaches j
	nodes    []*localNode
}

// localNode is one server's place: its disk, and the life that it is in, if any.
type localNode struct {
	mu   sync.Mutex // guards all below, and is held while a delivery is told to the harness
	disk Disk
	life *localLife
	born int // lives so far
}

// localLife is a server from boot to crash.
type localLife struct {
	peer RaftPeer
	ends []labrpcEnd
	over chan struct{} // closed by the crash
}

// labrpcEnd names a network end: one server's way to another, in one life of the first.
type labrpcEnd struct{ from, to, life int }

// NewLocalRaft returns a maker of hosts for peers of the given implementation.
func NewLocalRaft(lab RaftLab) func(Setup) RaftHost {
	return func(setup Setup) RaftHost {
		h := &local{realTime: newRealTime(), setup: setup, lab: lab, baseline: goroutineIDs(),
			gone: make(chan struct{})}
		h.record = trace.NewRecorder(h.Now, setup.Sinks...)
		h.net = labrpc.NewNetwork(labrpc.Options{
			Seed:   setup.Seed,
			Trace:  h.record.Record,
			Misuse: func(err error) { setup.Report(Misuse, err.Error()) },
		})
		for range setup.Servers {
			h.nodes = append(h.nodes, &localNode{disk: lab.NewDisk()})
			h.up = append(h.up, make([]bool, setup.Servers))
		}
		return h
	}
}

// Recorder implements Host.
func (h *local) Recorder() *trace.Recorder { return h.record }

// Run implements Host. A scenario that is stuck in a call is left behind after a moment.
func (h *local) Run(main func(), abandon <-chan struct{}) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		main()
	}()
	select {
	case <-done:
		return
	case <-abandon:
	}
	const moment = 2 * time.Second
	select {
	case <-done:
	case <-time.After(moment):
	}
}

// Boot implements Host.
func (h *local) Boot(i int) {
	node := h.nodes[i]
	life := &localLife{over: make(chan struct{})}
	var ends []*labrpc.ClientEnd
	for j := range h.nodes {
		name := labrpcEnd{i, j, node.born}
		life.ends = append(life.ends, name)
		ends = append(ends, h.net.MakeEnd(name))
		h.net.Own(name, i)
		h.net.Connect(name, j)
	}
	var next func(<-chan struct{}) (Apply, bool)
	life.peer, next = h.lab.Make(ends, i, node.disk)
	node.mu.Lock()
	node.life = life
	node.born++
	node.mu.Unlock()
	h.links.Lock()
	for j, name := range life.ends {
		h.net.Enable(name, h.up[i][j])
	}
	h.links.Unlock()
	server := labrpc.MakeServer()
	server.AddService(labrpc.MakeService(life.peer))
	h.net.AddServer(i, server)
	go h.deliver(i, life, next)
	go h.observe(i, life)
}

// Crash implements Host.
func (h *local) Crash(i int) {
	node := h.nodes[i]
	for _, name := range node.life.ends {
		h.net.Enable(name, false)
	}
	h.net.DeleteServer(i)
	node.mu.Lock()
	life := node.life
	node.disk = h.lab.CopyDisk(node.disk)
	node.life = nil
	node.mu.Unlock()
	close(life.over)
	life.peer.Kill()
}

// Disk implements Host.
func (h *local) Disk(i int) Disk {
	node := h.nodes[i]
	node.mu.Lock()
	defer node.mu.Unlock()
	return node.disk
}

// Peer implements RaftHost.
func (h *local) Peer(i int) RaftPeer {
	node := h.nodes[i]
	node.mu.Lock()
	defer node.mu.Unlock()
	if node.life == nil {
		return nil
	}
	return node.life.peer
}

// deliver takes what a peer delivers for as long as there is a harness: a crashed peer too must not find
// its applyCh blocked, but what it says no longer counts.
func (h *local) deliver(i int, life *localLife, next func(<-chan struct{}) (Apply, bool)) {
	for {
		m, ok := next(h.gone)
		if !ok {
			return
		}
		if old, is := life.peer.(ConditionalInstaller); is && m.Install &&
			!old.CondInstallSnapshot(m.Term, m.Index, m.Data) {
			continue
		}
		if s, due := h.deliverOne(i, life, m); due {
			h.snapshot(life, s)
		}
	}
}

func (h *local) deliverOne(i int, life *localLife, m Apply) (Snapshot, bool) {
	node := h.nodes[i]
	node.mu.Lock()
	defer node.mu.Unlock()
	if node.life != life {
		return Snapshot{}, false
	}
	return h.setup.Applied(i, m)
}

func (h *local) snapshot(life *localLife, s Snapshot) {
	peer, is := life.peer.(Snapshotter)
	if !is {
		h.setup.Report(Misuse, "the Raft under test has no method Snapshot(index int, snapshot []byte), "+
			"which part 2D calls")
		return
	}
	peer.Snapshot(s.Index, s.Data)
}

// observe records a peer's term and role whenever they change.
func (h *local) observe(i int, life *localLife) {
	ticker := time.NewTicker(observeEvery)
	defer ticker.Stop()
	term, leads := -1, false
	for {
		t, l := life.peer.GetState()
		if t != term || l != leads {
			term, leads = t, l
			h.observed(i, life, trace.Event{Kind: trace.State, Node: i, Peer: trace.Nobody, Term: t, Leader: l})
		}
		select {
		case <-ticker.C:
		case <-life.over:
			return
		}
	}
}

func (h *local) observed(i int, life *localLife, e trace.Event) {
	node := h.nodes[i]
	node.mu.Lock()
	defer node.mu.Unlock()
	if node.life == life {
		h.record.Record(e)
	}
}

// Link implements Host.
func (h *local) Link(from, to int, up bool) {
	h.links.Lock()
	defer h.links.Unlock()
	h.up[from][to] = up
	if life := h.lifeOf(from); life != nil {
		h.net.Enable(life.ends[to], up)
	}
}

// SetLink implements Host.
func (h *local) SetLink(from, to int, faults labrpc.LinkFaults) {
	if life := h.lifeOf(from); life != nil {
		h.net.SetLink(life.ends[to], faults)
	}
}

func (h *local) lifeOf(i int) *localLife {
	node := h.nodes[i]
	node.mu.Lock()
	defer node.mu.Unlock()
	return node.life
}

// Pause implements Host.
func (h *local) Pause(i int) { h.net.Pause(i) }

// Resume implements Host.
func (h *local) Resume(i int) { h.net.Resume(i) }

// Reliable implements Host.
func (h *local) Reliable(yes bool) { h.net.Reliable(yes) }

// LongDelays implements Host.
func (h *local) LongDelays(yes bool) { h.net.LongDelays(yes) }

// LongReordering implements Host.
func (h *local) LongReordering(yes bool) { h.net.LongReordering(yes) }

// Requests implements Host.
func (h *local) Requests(i int) int { return h.net.GetCount(i) }

// Bytes implements Host.
func (h *local) Bytes() int64 { return h.net.GetTotalBytes() }

// Close implements Host.
func (h *local) Close() (busy, idle []string) {
	for i := range h.nodes {
		if h.lifeOf(i) != nil {
			h.Crash(i)
		}
	}
	h.net.Cleanup()
	busy, idle = leaked(h.baseline, leakGrace)
	close(h.gone)
	return busy, idle
}
