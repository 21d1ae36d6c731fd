package tester

import (
	"sync"
	"time"

	"raftlab/labrpc"
)

// fakeGroup stands in for a Raft cluster: a log that its members share in memory, led by server 0. It needs
// no network, so a test can have it do exactly the wrong thing that it wants the harness to notice.
type fakeGroup struct {
	mu      sync.Mutex // guards all below
	log     []any
	changed chan struct{} // closed and replaced when log grows
	lives   int

	// What a test may bend; nil: as it should be.
	deliver func(me int, m Apply) Apply
	state   func(me int) (term int, isLeader bool)
	start   func(me int, index, term int, isLeader bool) (int, int, bool)
	born    func(p *fakePeer)
	kill    func(me int)
	copied  func(d *fakeDisk) *fakeDisk
}

// fakePeer is one member in one life.
type fakePeer struct {
	group  *fakeGroup
	me     int
	ends   []*labrpc.ClientEnd
	disk   *fakeDisk
	next   int // entries delivered
	killed chan struct{}
}

// fakeDisk keeps a snapshot.
type fakeDisk struct {
	mu       sync.Mutex // guards all below
	index    int
	snapshot []byte
}

func (d *fakeDisk) RaftStateSize() int { return 8 }

func (d *fakeDisk) ReadSnapshot() []byte {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.snapshot
}

func (d *fakeDisk) SnapshotSize() int { return len(d.ReadSnapshot()) }

func (d *fakeDisk) copy() *fakeDisk {
	d.mu.Lock()
	defer d.mu.Unlock()
	return &fakeDisk{index: d.index, snapshot: d.snapshot}
}

func newFakeGroup() *fakeGroup { return &fakeGroup{changed: make(chan struct{})} }

// lab presents the group to Local.
func (g *fakeGroup) lab() RaftLab {
	return RaftLab{
		NewDisk: func() Disk { return &fakeDisk{} },
		CopyDisk: func(d Disk) Disk {
			if g.copied != nil {
				return g.copied(d.(*fakeDisk))
			}
			return d.(*fakeDisk).copy()
		},
		Make: func(ends []*labrpc.ClientEnd, me int, disk Disk) (
			RaftPeer, func(<-chan struct{}) (Apply, bool)) {
			p := &fakePeer{group: g, me: me, ends: ends, disk: disk.(*fakeDisk), killed: make(chan struct{})}
			p.next = p.disk.index
			g.mu.Lock()
			g.lives++
			g.mu.Unlock()
			if g.born != nil {
				g.born(p)
			}
			return p, p.nextDelivery
		},
	}
}

func (p *fakePeer) nextDelivery(gone <-chan struct{}) (Apply, bool) {
	for {
		p.group.mu.Lock()
		changed := p.group.changed
		if p.next < len(p.group.log) {
			m := Apply{Index: p.next + 1, Command: p.group.log[p.next]}
			p.next++
			p.group.mu.Unlock()
			if p.group.deliver != nil {
				m = p.group.deliver(p.me, m)
			}
			return m, true
		}
		p.group.mu.Unlock()
		select {
		case <-changed:
		case <-p.killed:
			<-gone
			return Apply{}, false
		case <-gone:
			return Apply{}, false
		}
	}
}

// Start implements RaftPeer.
func (p *fakePeer) Start(command any) (index, term int, isLeader bool) {
	g := p.group
	g.mu.Lock()
	index, term, isLeader = 0, 1, p.me == 0
	if isLeader {
		g.log = append(g.log, command)
		index = len(g.log)
		close(g.changed)
		g.changed = make(chan struct{})
	}
	g.mu.Unlock()
	if g.start != nil {
		return g.start(p.me, index, term, isLeader)
	}
	return index, term, isLeader
}

// GetState implements RaftPeer.
func (p *fakePeer) GetState() (term int, isLeader bool) {
	if p.group.state != nil {
		return p.group.state(p.me)
	}
	return 1, p.me == 0
}

// Snapshot implements Snapshotter.
func (p *fakePeer) Snapshot(index int, snapshot []byte) {
	p.disk.mu.Lock()
	defer p.disk.mu.Unlock()
	p.disk.index, p.disk.snapshot = index, snapshot
}

// Kill implements RaftPeer.
func (p *fakePeer) Kill() {
	close(p.killed)
	if p.group.kill != nil {
		p.group.kill(p.me)
	}
}

// startStray leaves a goroutine behind that outlives the harness's patience, though not the test.
func startStray(busy bool) {
	if busy {
		go busyStray()
		return
	}
	release := make(chan struct{})
	time.AfterFunc(10*leakGrace, func() { close(release) })
	go blockedStray(release)
}

func busyStray() {
	for range 1000 {
		time.Sleep(leakGrace / 100)
	}
}

func blockedStray(release chan struct{}) { <-release }
