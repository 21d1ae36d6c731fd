package core

import "fmt"

// flow is how a leader sends entries to one follower.
//
//	         accepted                    needs compacted entries
//	Probe ───────────────▶ Replicate        Probe ─────────▶ Snapshot
//	  ▲     rejected, lost     │              ▲                 │
//	  └────────────────────────┘              └── installed ────┘ (or Replicate at once)
type flow uint8

const (
	// probe looks for where the logs meet, one request at a time. It carries entries only
	// once that is known (thesis §3.5): until then they would mostly be sent in vain.
	probe flow = iota
	// replicate streams entries without waiting for answers, as far as the window allows.
	replicate
	// snapshot waits for one to be installed.
	snapshot
)

// String is the name that Status shows.
func (f flow) String() string { return [...]string{"Probe", "Replicate", "Snapshot"}[f] }

// progress is what a leader knows of one follower, and how it sends to it. It knows nothing of the
// log but indexes.
type progress struct {
	id   NodeID
	flow flow

	// match is the last index known to be on the follower's disk.
	// Invariant: it never falls while the leader leads; match ≤ the leader's last.
	match Index
	// next is the index of the next entry to send. In replicate it runs ahead of the answers.
	// Invariant: match < next ≤ the leader's last + 1
	next Index

	// sent and acked are the Seq of the last request and the highest one answered. An answer is
	// taken to account for all requests before it: on a network that reorders, a few more may be
	// under way than the window says.
	// Invariant: acked ≤ sent
	sent, acked uint64
	// rewound is sent as of the last rejection acted upon. Requests up to it were sent in the same
	// mistaken belief: their rejections, late or doubled, say nothing new.
	// Invariant: rewound ≤ sent
	rewound uint64
	// waiting, in probe: a request is out. Its answer, or the next heartbeat, ends the wait.
	waiting bool

	// told is the commit index that the follower will know when it has all requests sent so far.
	// Invariant: told ≤ commit
	told Index

	// pending is the Index of the snapshot sent, and due when it may be sent again.
	pending Index
	due     Time

	// round is the Seq whose answer, or a later one, confirms the round of reads under way.
	round uint64
	// heard is when the follower last answered in this term; at first, the time of the election.
	heard Time
}

// inflight is how many requests are out, as far as the answers tell.
func (p *progress) inflight() int { return int(p.sent - p.acked) }

// open reports whether the window has room for another append with entries.
func (p *progress) open(maxInflight int) bool {
	switch p.flow {
	case probe:
		return !p.waiting
	case replicate:
		return p.inflight() < maxInflight
	}
	return false
}

// carries reports whether the next request should have entries: never before it is known where
// the logs meet, and not again while they are out (a follower that does not answer would else get
// them with every round of reads).
func (p *progress) carries(maxInflight int) bool {
	switch p.flow {
	case probe:
		return !p.waiting && p.next == p.match+1
	case replicate:
		return p.inflight() < maxInflight
	}
	return false
}

// sending accounts for a request with n entries, the first at next, and returns its Seq.
func (p *progress) sending(n int) uint64 {
	p.sent++
	switch p.flow {
	case probe:
		p.waiting = true
	case replicate:
		p.next += Index(n)
	}
	return p.sent
}

// sendingSnapshot accounts for a snapshot up to i, not to be sent again before due.
func (p *progress) sendingSnapshot(i Index, due Time) uint64 {
	p.sent++
	p.flow, p.pending, p.due, p.next = snapshot, i, due, i+1
	return p.sent
}

// accepted takes the news that the follower's log matches up to i.
func (p *progress) accepted(i Index) {
	p.match = max(p.match, i)
	switch p.flow {
	case probe:
		if p.match+1 >= p.next {
			p.flow = replicate
		}
	case snapshot:
		if p.match >= p.pending {
			p.flow = replicate
			p.next = p.match + 1
		}
	}
	p.next = max(p.next, p.match+1)
}

// rejected takes the news that the request numbered seq, whose entries came after i, met a log that
// lacks or contradicts the entry at i. It reports whether that is still news.
func (p *progress) rejected(seq uint64, i Index) bool {
	return seq > p.rewound && i > p.match
}

// rewind goes back to probing, from next, or from after match if that is later.
func (p *progress) rewind(next Index) {
	p.flow, p.waiting, p.rewound = probe, false, p.sent
	p.next = max(next, p.match+1)
}

// lost takes the driver's word that the request numbered seq was not answered. What comes after it
// will be rejected or was overtaken by its answer, so nothing is sent before the next heartbeat.
func (p *progress) lost(seq uint64) {
	switch {
	case seq > p.sent || seq <= p.acked || seq <= p.rewound:
	case p.flow == replicate:
		p.flow, p.waiting, p.next = probe, true, p.match+1
	case p.flow == snapshot:
		p.due = 0
	}
}

// String is one line, such as
//
//	2: Replicate match 4 next 7 inflight 2
func (p *progress) String() string {
	s := fmt.Sprintf("%d: %v match %d next %d inflight %d", p.id, p.flow, p.match, p.next,
		p.inflight())
	switch {
	case p.flow == probe && p.waiting:
		s += " waiting"
	case p.flow == snapshot:
		s += fmt.Sprintf(" pending %d", p.pending)
	}
	return s
}
