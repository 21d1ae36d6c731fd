package core

import (
	"fmt"
	"math"
)

// Term numbers elections (§5.1). Terms begin at 1; 0 is before the first election.
type Term uint64

// Index is a position in the log. Entries begin at 1; 0 is the position before the first.
type Index uint64

// NodeID names a peer. Peers are numbered from 1; 0 ([None]) is nobody.
type NodeID uint32

// None is the NodeID of nobody: no leader known, no vote cast.
const None NodeID = 0

// Time is an instant on the driver's clock, in any unit the driver likes (the lab: microseconds).
// The clock never falls: an earlier instant than one already seen is taken as that one.
type Time int64

// Never is an instant that does not come.
const Never Time = math.MaxInt64

// Span is a length of [Time].
type Span int64

// plus is t+s, or Never where the clock has no such instant.
func (t Time) plus(s Span) Time {
	if t > Never-Time(s) {
		return Never
	}
	return t + Time(s)
}

// What a message or a disk may claim is bounded. An honest cluster that held an election every
// nanosecond would need 146 years to get to maxTerm; a liar gets there with one message, and would
// otherwise make term+1 wrap round to 0. A snapshot leads to maxLeap at most, and from there no number
// of proposals leads to maxIndex.
const (
	maxTerm  Term  = 1 << 62
	maxLeap  Index = 1 << 62
	maxIndex Index = 1 << 63
)

// Entry is one entry of the log. Its index is its position.
//
// Data is opaque. Whoever hands it to the core gives it away: nobody modifies it ever after, so
// that the log, messages in flight and the service may share it. Data is nil for a no-op
// (Config.NoOp), and only then: an empty command is an empty, non-nil slice.
type Entry struct {
	Term Term
	Data []byte
}

// Snapshot stands for all entries up to and including Index, whose last has term Term (§7).
// The zero Snapshot stands for none.
//
// Data is opaque: the service's bytes, or whatever the driver finds them by. Like an entry's, it is
// never modified.
type Snapshot struct {
	Index Index
	Term  Term
	Data  []byte
}

// Durable is what a restart reads back: all that [Effects.Save] has asked for, in order.
// The zero Durable is a new peer's.
type Durable struct {
	Term     Term
	Vote     NodeID
	Snapshot Snapshot
	Entries  []Entry // those after Snapshot.Index, in order
}

// validate reports the first thing in d that no run of the algorithm can have saved.
func (d Durable) validate(peers []NodeID) error {
	fail := func(format string, args ...any) error {
		return fmt.Errorf("core: New: saved state is corrupt: "+format+
			"; restore it from a backup or start this peer under a new ID", args...)
	}
	known := d.Vote == None
	for _, id := range peers {
		known = known || id == d.Vote
	}
	switch s := d.Snapshot; {
	case d.Term > maxTerm:
		return fail("term %d is above %d", d.Term, maxTerm)
	case !known:
		return fail("vote is for node %d, peers are %v", d.Vote, peers)
	case d.Vote != None && d.Term == 0:
		return fail("vote is for node %d, but the term is 0", d.Vote)
	case (s.Index == 0) != (s.Term == 0):
		return fail("snapshot has index %d but term %d", s.Index, s.Term)
	case s.Index > maxIndex-Index(len(d.Entries)):
		return fail("snapshot index %d with %d entries is above %d", s.Index, len(d.Entries),
			maxIndex)
	case s.Term > d.Term:
		return fail("snapshot term %d is above the current term %d", s.Term, d.Term)
	}
	before := d.Snapshot.Term
	for i, e := range d.Entries {
		if e.Term == 0 || e.Term < before || e.Term > d.Term {
			return fail("entry %d has term %d, between %d before it and the current term %d",
				d.Snapshot.Index+Index(i)+1, e.Term, before, d.Term)
		}
		before = e.Term
	}
	return nil
}
