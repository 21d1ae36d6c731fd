package raft

import (
	"bytes"
	"sync"
)

// Persister is a peer's disk: it holds the peer's saved state and its latest snapshot, and outlives it.
// Each save is atomic and durable when the call returns. It is safe for concurrent use.
//
// Bytes are copied on the way in and out: callers keep what they pass and own what they get.
type Persister struct {
	mu       sync.Mutex // guards all below
	state    []byte
	snapshot []byte
	watch    func(state, snapshot int)
	keep     func(state, snapshot []byte, both bool)
}

// MakePersister returns an empty disk.
func MakePersister() *Persister { return &Persister{} }

// OpenPersister returns a disk with the given content, whose saves go to another place too: keep is told of
// each, by the goroutine that saves, before the save returns. It is given what was saved, both or the state
// alone, and must not change it. The slices belong to the Persister.
func OpenPersister(state, snapshot []byte, keep func(state, snapshot []byte, both bool)) *Persister {
	return &Persister{state: state, snapshot: snapshot, keep: keep}
}

// Copy returns a disk with the same content, which later saves to this one do not reach. It is not
// watched.
func (p *Persister) Copy() *Persister {
	p.mu.Lock()
	defer p.mu.Unlock()
	return &Persister{state: p.state, snapshot: p.snapshot} // never modified, only replaced
}

// Watch has saved called after each save, with the sizes in bytes of what is then on the disk. It is called
// by the goroutine that saves, which may hold locks: it must not block or call the peer.
func (p *Persister) Watch(saved func(state, snapshot int)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.watch = saved
}

// Save replaces state and snapshot together (editions since 2023). A nil or empty snapshot is none.
func (p *Persister) Save(state, snapshot []byte) {
	p.replace(bytes.Clone(state), bytes.Clone(snapshot), true)
}

// SaveStateAndSnapshot is Save under its older name (editions to 2022).
func (p *Persister) SaveStateAndSnapshot(state, snapshot []byte) { p.Save(state, snapshot) }

// SaveRaftState replaces the state and leaves the snapshot as it is (editions to 2022).
func (p *Persister) SaveRaftState(state []byte) { p.replace(bytes.Clone(state), nil, false) }

func (p *Persister) replace(state, snapshot []byte, both bool) {
	p.mu.Lock()
	p.state = state
	if both {
		p.snapshot = snapshot
	}
	watch, keep, sizes := p.watch, p.keep, [2]int{len(p.state), len(p.snapshot)}
	p.mu.Unlock()
	if keep != nil {
		keep(state, snapshot, both)
	}
	if watch != nil {
		watch(sizes[0], sizes[1])
	}
}

// ReadRaftState returns the saved state, empty if there is none.
func (p *Persister) ReadRaftState() []byte {
	p.mu.Lock()
	defer p.mu.Unlock()
	return bytes.Clone(p.state)
}

// RaftStateSize returns the size of the saved state in bytes.
func (p *Persister) RaftStateSize() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.state)
}

// ReadSnapshot returns the saved snapshot, empty if there is none.
func (p *Persister) ReadSnapshot() []byte {
	p.mu.Lock()
	defer p.mu.Unlock()
	return bytes.Clone(p.snapshot)
}

// SnapshotSize returns the size of the saved snapshot in bytes.
func (p *Persister) SnapshotSize() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.snapshot)
}
