//go:build wasip1

package main

import (
	"reflect"
	"sync"
	"sync/atomic"
	"time"
	"unsafe"

	"raftlab/internal/sim/frame"
	"raftlab/internal/sim/meter"
	"raftlab/raft"
)

// peer is what the host can ask of a Raft, by itself or below a service.
type peer interface {
	GetState() (term int, isLeader bool)
}

// snapshotter is a peer of part 2D and later.
type snapshotter interface {
	Snapshot(index int, snapshot []byte)
}

// conditional is a peer of the editions in which the service asks before it switches to a snapshot.
type conditional interface {
	CondInstallSnapshot(lastIncludedTerm, lastIncludedIndex int, snapshot []byte) bool
}

// raftPeer is a Raft peer and the service above it, whose state the host keeps.
type raftPeer struct {
	raft     *raft.Raft
	services *services
	watch    *watch // nil until Make has returned
	watched  bool   // the host may order a snapshot at any delivery
}

func bootRaft(l life) server {
	p := &raftPeer{watched: l.watched}
	go func() {
		applyCh := make(chan raft.ApplyMsg)
		p.raft = raft.Make(l.ends, l.me, disk(l), applyCh)
		p.watch = newWatch(p.raft)
		p.services = serve(l.me, p.watch, p.raft)
		go p.deliver(applyCh)
		ready()
	}()
	return p
}

func ready() { host.end(host.begin(frame.Ready)) }

// disk is the Persister of a life: the host has a copy of everything before a save returns.
func disk(l life) *raft.Persister {
	return raft.OpenPersister(l.state, l.snapshot, func(state, snapshot []byte, both bool) {
		flag := uint32(0)
		if both {
			flag = 1
		}
		meter.Flush()
		slow := save(flag, unsafe.Pointer(unsafe.SliceData(state)), uint32(len(state)),
			unsafe.Pointer(unsafe.SliceData(snapshot)), uint32(len(snapshot)))
		if slow > 0 {
			time.Sleep(time.Duration(slow) * time.Microsecond)
		}
	})
}

func (p *raftPeer) handle(kind frame.Kind, r frame.Reader) {
	switch kind {
	case frame.Request:
		p.services.requested(r)
	case frame.Reply:
		p.watch.lookAfter(func() { replied(r) })
	case frame.Start:
		go p.start(r.Uint(), r.Command())
	case frame.Observe:
		go p.watch.tell(r.Uint())
	case frame.Kill:
		p.watch.end()
		go p.raft.Kill()
	}
}

func (p *raftPeer) start(id uint64, command any) {
	index, term, leads := p.raft.Start(command)
	answer(id, index, term, leads, "")
	p.watch.look()
}

// deliver passes on what the peer delivers.
func (p *raftPeer) deliver(applyCh chan raft.ApplyMsg) {
	for m := range applyCh {
		if m.CommandValid {
			w := host.begin(frame.Apply)
			w.Int(m.CommandIndex)
			w.Command(m.Command)
			if size := host.end(w); p.watched && size > 0 {
				p.snapshot(m.CommandIndex, size)
			}
			continue
		}
		s, is := snapshotIn(m)
		if !is {
			continue
		}
		if old, is := any(p.raft).(conditional); is && !old.CondInstallSnapshot(s.term, s.index, s.data) {
			continue
		}
		w := host.begin(frame.Install)
		w.Int(s.index)
		w.Int(s.term)
		w.Bytes(s.data)
		host.end(w)
	}
}

// delivered is a snapshot that a peer delivers.
type delivered struct {
	term, index int
	data        []byte
}

// snapshotIn returns the snapshot in a message. Its fields are looked for by name, since editions before 2021 do not have
// them.
func snapshotIn(m raft.ApplyMsg) (s delivered, is bool) {
	v := reflect.ValueOf(m)
	if field[bool](v, "SnapshotValid") {
		return delivered{field[int](v, "SnapshotTerm"), field[int](v, "SnapshotIndex"), field[[]byte](v, "Snapshot")}, true
	}
	return delivered{}, false
}

// field returns a field of a struct, the zero value if there is none of that type.
func field[T any](v reflect.Value, name string) (value T) {
	if f := v.FieldByName(name); f.IsValid() {
		value, _ = f.Interface().(T)
	}
	return value
}

// snapshot hands the peer the snapshot that the host has ordered, of so many bytes, before the next
// delivery is taken.
func (p *raftPeer) snapshot(index int, size uint32) {
	data := make([]byte, size)
	fetch(unsafe.Pointer(&data[0]), size)
	able, is := any(p.raft).(snapshotter)
	if !is {
		misuse("the Raft under test has no method Snapshot(index int, snapshot []byte), which part 2D calls")
		return
	}
	able.Snapshot(index, data)
}

// watch tells the host what a peer says of itself: when it is asked to, and when it has changed after
// something has come in.
type watch struct {
	peer peer
	due  chan struct{}
	over atomic.Bool // the peer is being killed: what it says from then on counts for nothing

	mu    sync.Mutex // guards all below; held until the host has heard, so that what it hears is in order
	term  int
	leads bool
}

func newWatch(p peer) *watch {
	w := &watch{peer: p, due: make(chan struct{}, 1)}
	go w.run()
	return w
}

// lookAfter has the peer looked at soon after the goroutine has run that goOn lets go on: of goroutines that are made
// ready, the last one runs first.
func (w *watch) lookAfter(goOn func()) {
	if w != nil {
		select {
		case w.due <- struct{}{}:
		default:
		}
	}
	goOn()
}

func (w *watch) run() {
	for range w.due {
		w.look()
	}
}

func (w *watch) end() {
	if w != nil {
		w.over.Store(true)
	}
}

// look looks at the peer, unless somebody does so at present.
func (w *watch) look() {
	if w == nil || !w.mu.TryLock() {
		return
	}
	defer w.mu.Unlock()
	term, leads := w.peer.GetState()
	if term == w.term && leads == w.leads || w.over.Load() {
		return
	}
	w.term, w.leads = term, leads
	f := host.begin(frame.State)
	f.Int(term)
	f.Bool(leads)
	host.end(f)
}

// tell answers the host's question.
func (w *watch) tell(id uint64) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if term, leads := w.peer.GetState(); !w.over.Load() {
		w.term, w.leads = term, leads
	}
	answer(id, 0, w.term, w.leads, "")
}
