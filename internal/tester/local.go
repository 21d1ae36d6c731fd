package tester

import (
	"fmt"
	"maps"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"raftlab/internal/trace"
	"raftlab/labrpc"
)

// observeEvery is how often a peer is asked for its term and role.
const observeEvery = 20 * time.Millisecond

// WatchedDisk is a Disk that can be made slow: it calls saved in the goroutine that saves, before the save
// returns.
type WatchedDisk interface {
	Watch(saved func(stateBytes, snapshotBytes int))
}

// local is a Host in this process, in real time, on a labrpc network. What the servers are, its boot knows.
type local struct {
	*realTime
	setup    Setup
	copyDisk func(Disk) Disk
	// boot starts a server, and fills in what of its life is not known without it.
	boot func(life *localLife, node int, ends []*labrpc.ClientEnd, disk Disk)

	net      *labrpc.Network
	record   *trace.Recorder
	baseline map[int]bool // goroutines that were there before
	gone     chan struct{}
	deserted atomic.Bool // nobody needs what callers ask: whoever calls in vain ends
	links    sync.Mutex
	up       [][]bool // up[i][j]: links says that i reaches j
	nodes    []*localNode
}

// localNode is one server's place: its disk, and the life that it is in, if any.
type localNode struct {
	mu   sync.Mutex // guards all below, and is held while a delivery is told to the harness
	disk Disk
	life *localLife
	born int           // lives so far
	slow time.Duration // that each save takes longer
}

// localLife is a server from boot to crash.
type localLife struct {
	server   localServer
	services []any  // whose methods answer RPCs
	deliver  func() // takes what the server delivers, until the host is gone; nil: nothing is delivered
	ends     []labrpcEnd
	over     chan struct{} // closed by the crash
}

// localServer is a server of either lab.
type localServer interface {
	GetState() (term int, isLeader bool)
	Kill()
}

// labrpcEnd names a network end: one server's way to another, in one life of the first.
type labrpcEnd struct{ from, to, life int }

func newLocal(setup Setup, newDisk func() Disk, copyDisk func(Disk) Disk) *local {
	h := &local{realTime: newRealTime(), setup: setup, copyDisk: copyDisk, baseline: goroutineIDs(),
		gone: make(chan struct{})}
	h.record = trace.NewRecorder(h.Now, setup.Sinks...)
	h.net = labrpc.NewNetwork(labrpc.Options{
		Seed:  setup.Seed,
		Trace: h.record.Record,
		Misuse: func(err error) {
			if h.deserted.Load() {
				runtime.Goexit()
			}
			setup.Report(Misuse, err.Error())
		},
	})
	for range setup.Servers {
		h.nodes = append(h.nodes, &localNode{disk: newDisk()})
		h.up = append(h.up, make([]bool, setup.Servers))
	}
	return h
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
	if disk, is := node.disk.(WatchedDisk); is {
		disk.Watch(func(state, _ int) { h.saved(i, life, state) })
	}
	h.boot(life, i, ends, node.disk)
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
	for _, receiver := range life.services {
		server.AddService(labrpc.MakeService(receiver))
	}
	h.net.AddServer(i, server)
	if life.deliver != nil {
		go life.deliver()
	}
	go h.observe(i, life)
}

// saved records a save, unless its life is over, and makes it take as long as SlowDisk has asked for.
func (h *local) saved(i int, life *localLife, bytes int) {
	node := h.nodes[i]
	node.mu.Lock()
	slow := node.slow
	select {
	case <-life.over:
	default:
		h.record.Record(trace.Event{Kind: trace.Save, Node: i, Peer: trace.Nobody, Bytes: bytes})
	}
	node.mu.Unlock()
	if slow > 0 {
		time.Sleep(slow)
	}
}

// SlowDisk implements Host.
func (h *local) SlowDisk(i int, delay time.Duration) bool {
	node := h.nodes[i]
	node.mu.Lock()
	defer node.mu.Unlock()
	node.slow = delay
	_, can := node.disk.(WatchedDisk)
	return can
}

// State implements Host.
func (h *local) State(i int) (term int, isLeader bool) {
	if life := h.lifeOf(i); life != nil {
		return life.server.GetState()
	}
	return 0, false
}

// Crash implements Host.
func (h *local) Crash(i int) { h.unplug(i).Kill() }

// unplug ends server i for everybody but itself, and returns what it was.
func (h *local) unplug(i int) localServer {
	node := h.nodes[i]
	for _, name := range node.life.ends {
		h.net.Enable(name, false)
	}
	h.net.DeleteServer(i)
	node.mu.Lock()
	life := node.life
	node.disk = h.copyDisk(node.disk)
	node.life = nil
	close(life.over)
	node.mu.Unlock()
	return life.server
}

// Disk implements Host.
func (h *local) Disk(i int) Disk {
	node := h.nodes[i]
	node.mu.Lock()
	defer node.mu.Unlock()
	return node.disk
}

// observe records a peer's term and role whenever they change.
func (h *local) observe(i int, life *localLife) {
	ticker := time.NewTicker(observeEvery)
	defer ticker.Stop()
	term, leads := -1, false
	for {
		t, l := life.server.GetState()
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

// SetAll implements Host.
func (h *local) SetAll(faults labrpc.LinkFaults) { h.net.SetAll(faults) }

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

// Memory implements Host. Nobody can tell whose the memory of a process is.
func (h *local) Memory(i int) int {
	if h.lifeOf(i) == nil {
		return 0
	}
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int(m.HeapAlloc) / len(h.nodes)
}

// Bytes implements Host.
func (h *local) Bytes() int64 { return h.net.GetTotalBytes() }

// Close implements Host.
func (h *local) Close() (busy, idle []string) {
	h.killAll()
	if !h.deserted.Load() {
		h.net.Cleanup()
	}
	busy, idle = leaked(h.baseline, leakGrace)
	close(h.gone)
	return busy, idle
}

// killAll crashes every server. A Kill that does not return, as where a server waits for its own lock for ever, is
// reported and left behind.
func (h *local) killAll() {
	killed := make(chan int, len(h.nodes))
	left := map[int]bool{}
	for i := range h.nodes {
		if h.lifeOf(i) != nil {
			server := h.unplug(i)
			left[i] = true
			go func() {
				server.Kill()
				killed <- i
			}()
		}
	}
	patience := time.NewTimer(leakGrace)
	defer patience.Stop()
	for len(left) > 0 {
		select {
		case i := <-killed:
			delete(left, i)
		case <-patience.C:
			h.setup.Report(NoLeak, fmt.Sprintf("Kill has not returned within %v at the servers %v", leakGrace,
				slices.Sorted(maps.Keys(left))))
			return
		}
	}
}
