package tester

import "raftlab/labrpc"

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

// localRaft is a RaftHost in this process.
type localRaft struct{ *local }

// NewLocalRaft returns a maker of hosts for peers of the given implementation.
func NewLocalRaft(lab RaftLab) func(Setup) RaftHost {
	return func(setup Setup) RaftHost {
		h := localRaft{newLocal(setup, lab.NewDisk, lab.CopyDisk)}
		h.boot = func(life *localLife, i int, ends []*labrpc.ClientEnd, disk Disk) {
			peer, next := lab.Make(ends, i, disk)
			life.server, life.services = peer, []any{peer}
			life.deliver = func() { h.deliver(i, life, next) }
		}
		return h
	}
}

// Peer implements RaftHost.
func (h localRaft) Peer(i int) RaftPeer {
	if life := h.lifeOf(i); life != nil {
		return life.server.(RaftPeer)
	}
	return nil
}

// deliver takes what a peer delivers for as long as there is a harness: a crashed peer too must not find
// its applyCh blocked, but what it says no longer counts.
func (h localRaft) deliver(i int, life *localLife, next func(<-chan struct{}) (Apply, bool)) {
	for {
		m, ok := next(h.gone)
		if !ok {
			return
		}
		if old, is := life.server.(ConditionalInstaller); is && m.Install &&
			!old.CondInstallSnapshot(m.Term, m.Index, m.Data) {
			continue
		}
		if s, due := h.deliverOne(i, life, m); due {
			h.snapshot(life, s)
		}
	}
}

func (h localRaft) deliverOne(i int, life *localLife, m Apply) (Snapshot, bool) {
	node := h.nodes[i]
	node.mu.Lock()
	defer node.mu.Unlock()
	if node.life != life {
		return Snapshot{}, false
	}
	return h.setup.Applied(i, m)
}

func (h localRaft) snapshot(life *localLife, s Snapshot) {
	peer, is := life.server.(Snapshotter)
	if !is {
		h.setup.Report(Misuse, "the Raft under test has no method Snapshot(index int, snapshot []byte), "+
			"which part 2D calls")
		return
	}
	peer.Snapshot(s.Index, s.Data)
}
