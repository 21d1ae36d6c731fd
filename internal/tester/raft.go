package tester

import (
	"fmt"
	"strings"
	"time"

	"raftlab/internal/trace"
)

// The lab's time limits, on the clock that the run is under.
const (
	// ElectionLimit is how soon a leader must follow the failure of the old one.
	ElectionLimit = 5 * time.Second
	// AgreeLimit is how soon a command must be applied while a majority is in touch.
	AgreeLimit = 10 * time.Second
	// attemptLimit is how long one leader has to get one command applied.
	attemptLimit = 2 * time.Second
	// settleLimit is how soon servers in touch must agree on a term.
	settleLimit = 2 * time.Second
)

// Raft is the vocabulary of scenarios over bare Raft peers (parts 2A to 2D).
type Raft struct {
	*Cluster
	host          RaftHost
	ledger        *ledger
	causality     *causality
	services      []service // per server; touched by the activity that delivers to it alone
	snapshotEvery int       // 0: services take no snapshots
	due           []bool    // per server: its service takes a snapshot at the next command (guarded by Locked)
}

// Command draws a command from the run's seed.
func (r *Raft) Command() int { return r.Intn(1 << 30) }

// NoLeader fails the run if a connected server calls itself leader.
func (r *Raft) NoLeader() {
	if leader, term := r.leaderNow(); leader >= 0 {
		r.Failf(ElectionSafety, "server %d leads term %d, but no majority is in touch: connected are %v",
			leader, term, r.InTouch())
	}
}

// Term waits until all connected servers are in one term, and returns it.
func (r *Raft) Term() int {
	var terms []int
	agreed := r.Poll(settleLimit, func() bool {
		terms = terms[:0]
		for i := range r.n {
			if r.Connected(i) {
				term, _ := r.state(i)
				terms = append(terms, term)
			}
		}
		for _, term := range terms {
			if term != terms[0] {
				return false
			}
		}
		return true
	})
	if !agreed {
		r.Failf(Progress, "the connected servers %v are in different terms %v for %v",
			r.InTouch(), terms, settleLimit)
	}
	if len(terms) == 0 || terms[0] < 1 {
		r.Failf(Progress, "a term must be 1 or more after an election, got %v", terms)
	}
	return terms[0]
}

// Start offers a command to server i and returns its answer; a server that is down refuses.
func (r *Raft) Start(i int, command any) (index, term int, isLeader bool) {
	before := r.ledger.appliedBy(i)
	peer := r.host.Peer(i)
	if peer == nil {
		return 0, 0, false
	}
	r.causality.offer(i, trace.DigestOf(command))
	r.ask(i, "Start", func() { index, term, isLeader = peer.Start(command) })
	e := trace.Event{Kind: trace.Start, Node: i, Peer: trace.Nobody, Leader: isLeader,
		Digest: trace.DigestOf(command), Text: trace.Short(command)}
	if isLeader {
		e.Index, e.Term = index, term
	}
	if isLeader || r.Connected(i) {
		r.record.Record(e)
	}
	if isLeader {
		r.ledger.taken(i, term, index, before)
	}
	return index, term, isLeader
}

// MustStart offers a command to server i, which must take it, and returns its index and term.
func (r *Raft) MustStart(i int, command any) (index, term int) {
	index, term, isLeader := r.Start(i, command)
	if !isLeader {
		r.Failf(Progress, "server %d, a moment ago the leader, refused command %s", i, trace.Short(command))
	}
	return index, term
}

// Agree has a command applied by at least replicas servers and returns its index. It offers the command to
// whoever leads, again if the leader fails, until AgreeLimit.
func (r *Raft) Agree(command any, replicas int) int { return r.agree(command, replicas, true) }

// AgreeAtOnce is Agree by the first leader that takes the command: no second try.
func (r *Raft) AgreeAtOnce(command any, replicas int) int { return r.agree(command, replicas, false) }

func (r *Raft) agree(command any, replicas int, again bool) int {
	const breath = 20 * time.Millisecond // between two looks for a leader
	for end, from := r.Now()+AgreeLimit, 0; r.Now() < end; r.Sleep(breath) {
		for k := range r.n {
			i := r.After(from, k)
			if !r.Connected(i) {
				continue
			}
			index, _, isLeader := r.Start(i, command)
			if !isLeader {
				continue
			}
			if r.AppliedWithin(attemptLimit, index, command, replicas) {
				return index
			}
			if !again {
				r.Failf(Progress, "server %d took command %s at index %d; %d servers should have applied it "+
					"within %v, %d have", i, trace.Short(command), index, replicas, attemptLimit, r.Replicas(index))
			}
			from = r.After(i, 1)
			break
		}
	}
	r.Failf(Progress, "command %s was not applied by %d servers within %v; connected are %v",
		trace.Short(command), replicas, AgreeLimit, r.InTouch())
	return 0
}

// LongCommand draws a command of so many bytes from the run's seed.
func (r *Raft) LongCommand(size int) string {
	const unlike = 16 // hexadecimal digits that no other begins with
	return fmt.Sprintf("%0*x", unlike, r.Command()) + strings.Repeat("-", size-unlike)
}

// AppliedWithin waits until replicas servers have applied the command at index, and says whether they did.
func (r *Raft) AppliedWithin(limit time.Duration, index int, command any, replicas int) bool {
	digest := trace.DigestOf(command)
	return r.Wait(limit, func() bool {
		count, same := r.ledger.replicas(index, digest)
		return same && count >= replicas
	})
}

// Replicas returns how many servers have applied an entry at index, in this life or an earlier one.
func (r *Raft) Replicas(index int) int {
	count, _ := r.ledger.replicas(index, 0)
	return count
}

// Applied returns the index that server i has applied since it booted.
func (r *Raft) Applied(i int) int { return r.ledger.appliedBy(i) }

// LastApplied returns the highest index that any server has applied.
func (r *Raft) LastApplied() int { return r.ledger.last() }

// EverybodyApplies waits until every running server has applied index; Progress is broken after limit.
func (r *Raft) EverybodyApplies(index int, limit time.Duration) {
	lagging := -1
	done := r.Wait(limit, func() bool {
		for i := range r.n {
			if r.Up(i) && r.Applied(i) < index {
				lagging = i
				return false
			}
		}
		return true
	})
	if !done {
		r.Failf(Progress, "server %d has applied up to %d only, not %d, within %v",
			lagging, r.Applied(lagging), index, limit)
	}
}

// applied is told of every delivery (Setup.Applied): it moves the service above that server, and orders a
// snapshot when one is due.
func (r *Raft) applied(node int, m Apply) (Snapshot, bool) {
	s := &r.services[node]
	if m.Install {
		if err := s.restore(m.Data, r.ledger.last()); err != nil || s.index != m.Index {
			r.fail(StateMachineSafety, fmt.Sprintf("server %d delivered a snapshot of index %d that the service "+
				"never took there (it holds index %d, error %v)", node, m.Index, s.index, err))
			return Snapshot{}, false
		}
		r.record.Record(trace.Event{Kind: trace.Install, Node: node, Peer: trace.Nobody, Index: m.Index,
			Term: m.Term, Bytes: len(m.Data), Digest: s.prefix})
		r.host.Changed()
		return Snapshot{}, false
	}
	digest := trace.DigestOf(m.Command)
	s.apply(m.Index, digest)
	r.record.Record(trace.Event{Kind: trace.Apply, Node: node, Peer: trace.Nobody, Index: m.Index,
		Digest: digest, Text: trace.Short(m.Command)})
	r.host.Changed()
	if !r.takesSnapshot(node, m.Index) {
		return Snapshot{}, false
	}
	data := s.snapshot()
	r.record.Record(trace.Event{Kind: trace.Compact, Node: node, Peer: trace.Nobody, Index: m.Index,
		Bytes: len(data)})
	return Snapshot{Index: m.Index, Data: data}, true
}

// takesSnapshot says whether the service of a server takes a snapshot after the command at index.
func (r *Raft) takesSnapshot(node, index int) (yes bool) {
	r.Locked(func() { yes, r.due[node] = r.due[node], false })
	return yes || r.snapshotEvery > 0 && index%r.snapshotEvery == 0
}

// snapshotSoon has the service of a server take a snapshot at the next command that it applies.
func (r *Raft) snapshotSoon(node int) { r.Locked(func() { r.due[node] = true }) }

// booted readies the service of a server that is about to boot: as its disk's snapshot has it.
func (r *Raft) booted(node int) int {
	r.services[node] = service{}
	data := r.host.Disk(node).ReadSnapshot()
	if len(data) == 0 {
		return 0
	}
	if err := r.services[node].restore(data, r.ledger.last()); err != nil {
		r.fail(StateMachineSafety, fmt.Sprintf("the disk of server %d: %v", node, err))
	}
	return r.services[node].index
}
