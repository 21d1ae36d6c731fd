package tester

import (
	"encoding/binary"
	"fmt"
	"slices"
	"sync"

	"raftlab/internal/trace"
)

// ledger is the harness's own account of what was applied where, and the judge of it. It reads the event
// stream; its invariants are StateMachineSafety, LeaderCompleteness and the applied half of Monotonic.
type ledger struct {
	fail func(invariant, message string)

	mu      sync.Mutex // guards all below
	entries []entry    // entries[i] is the command applied at index i+1
	prefix  []uint64   // prefix[i] fingerprints entries[:i]; known while every entry before it is
	claims  []claim    // snapshots of prefixes that were not known when they were delivered
	applied []int      // per server: the index it last applied, in this life
	highest []int      // per server: the highest index it applied in any life
}

// entry is what was applied at one index; the first server to apply there decides what belongs there.
type entry struct {
	known  bool
	digest uint64
	text   string
	first  int // the server that applied first
	count  int // servers whose state includes it, in any life
}

// claim is a server's word, by a snapshot, on what the state after an index is.
type claim struct {
	node, index int
	digest      uint64
}

func newLedger(servers int, fail func(invariant, message string)) *ledger {
	return &ledger{fail: fail, prefix: []uint64{0}, applied: make([]int, servers),
		highest: make([]int, servers)}
}

// see is the ledger's trace.Sink.
func (l *ledger) see(e trace.Event) {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch e.Kind {
	case trace.Apply:
		l.apply(e)
	case trace.Install:
		l.install(e)
	case trace.Restart:
		l.applied[e.Node] = e.Index
	}
}

func (l *ledger) apply(e trace.Event) {
	if want := l.applied[e.Node] + 1; e.Index != want {
		l.fail(Monotonic, fmt.Sprintf("server %d applied index %d, but the next after %d is %d",
			e.Node, e.Index, want-1, want))
		return
	}
	at := l.at(e.Index)
	if !at.known {
		*at = entry{known: true, digest: e.Digest, text: e.Text, first: e.Node}
		l.extendPrefix()
	} else if at.digest != e.Digest {
		l.fail(StateMachineSafety, fmt.Sprintf("at index %d server %d applied %q, server %d applied %q",
			e.Index, at.first, at.text, e.Node, e.Text))
		return
	}
	l.advance(e.Node, e.Index)
}

func (l *ledger) install(e trace.Event) {
	if e.Index < l.applied[e.Node] {
		l.fail(Monotonic, fmt.Sprintf("server %d delivered a snapshot of index %d after it had applied %d",
			e.Node, e.Index, l.applied[e.Node]))
		return
	}
	l.claims = append(l.claims, claim{e.Node, e.Index, e.Digest})
	l.checkClaims()
	l.advance(e.Node, e.Index)
}

// checkClaims compares the snapshots delivered with the state that they should hold, as far as it is known.
func (l *ledger) checkClaims() {
	l.claims = slices.DeleteFunc(l.claims, func(c claim) bool {
		if c.index >= len(l.prefix) {
			return false
		}
		if l.prefix[c.index] != c.digest {
			l.fail(StateMachineSafety, fmt.Sprintf("server %d delivered a snapshot of index %d that is not "+
				"the state after that index", c.node, c.index))
		}
		return true
	})
}

// taken checks that a leader did not give a new command an index up to which it had applied before it was
// asked. (What it has applied by the time it is heard says nothing: a leader that answers late may have been
// deposed, and applied another command there.)
func (l *ledger) taken(node, term, index, before int) {
	if index <= before {
		l.fail(LeaderCompleteness, fmt.Sprintf("server %d, leader of term %d, put a new command at index %d, "+
			"but had applied up to %d", node, term, index, before))
	}
}

// at returns the entry of an index from 1, making room for it.
func (l *ledger) at(index int) *entry {
	for len(l.entries) < index {
		l.entries = append(l.entries, entry{})
	}
	return &l.entries[index-1]
}

// extendPrefix fingerprints as far as the entries are known without a gap.
func (l *ledger) extendPrefix() {
	for i := len(l.prefix) - 1; i < len(l.entries) && l.entries[i].known; i++ {
		l.prefix = append(l.prefix, chain(l.prefix[i], l.entries[i].digest))
	}
	l.checkClaims()
}

// advance moves a server's applied index and counts it at each index that it reaches for the first time.
func (l *ledger) advance(node, index int) {
	l.applied[node] = index
	for l.highest[node] < index {
		l.highest[node]++
		l.at(l.highest[node]).count++
	}
}

// replicas returns how many servers have applied index, and whether what they applied has that digest.
func (l *ledger) replicas(index int, digest uint64) (count int, same bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if index < 1 || index > len(l.entries) || !l.entries[index-1].known {
		return 0, false
	}
	at := l.entries[index-1]
	return at.count, at.digest == digest
}

// appliedBy returns the index that a server has applied in this life.
func (l *ledger) appliedBy(node int) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.applied[node]
}

// last returns the highest index applied anywhere.
func (l *ledger) last() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.entries)
}

// chain extends the fingerprint of a sequence by one digest.
func chain(prefix, digest uint64) uint64 {
	x := (prefix ^ digest) * 0x9e3779b97f4a7c15 // an odd constant: the step loses nothing of either
	return x ^ x>>29 + prefix<<1
}

// A service is the state machine above one bare Raft peer: all it keeps is a fingerprint of what it has
// applied, and that is what its snapshots hold, with some padding.
type service struct {
	index  int
	prefix uint64
}

const (
	snapshotMagic = "raftlab!"
	snapshotSize  = 256 // bytes
)

func (s *service) apply(index int, digest uint64) { s.index, s.prefix = index, chain(s.prefix, digest) }

func (s *service) snapshot() []byte {
	data := make([]byte, snapshotSize)
	copy(data, snapshotMagic)
	binary.BigEndian.PutUint64(data[8:], uint64(s.index))
	binary.BigEndian.PutUint64(data[16:], s.prefix)
	return data
}

// restore takes the state from a snapshot, where the service has applied no further than last anywhere: a snapshot can
// be made up.
func (s *service) restore(data []byte, last int) error {
	if len(data) != snapshotSize || string(data[:8]) != snapshotMagic {
		return fmt.Errorf("these %d bytes are no snapshot that the service has made", len(data))
	}
	if index := binary.BigEndian.Uint64(data[8:]); index == 0 || index > uint64(last) {
		return fmt.Errorf("a snapshot of index %d was made up: %d is the last that was applied anywhere", index, last)
	}
	s.index = int(binary.BigEndian.Uint64(data[8:]))
	s.prefix = binary.BigEndian.Uint64(data[16:])
	return nil
}
