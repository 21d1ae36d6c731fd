package core

import "slices"

// makePeers is the progress of all others, by ID.
func makePeers(self NodeID, voters []NodeID) []progress {
	var peers []progress
	for _, id := range slices.Sorted(slices.Values(voters)) {
		if id != self {
			peers = append(peers, progress{id: id})
		}
	}
	return peers
}

// peer is the progress of id, nil if there is none.
func (n *Node) peer(id NodeID) *progress {
	for i := range n.peers {
		if n.peers[i].id == id {
			return &n.peers[i]
		}
	}
	return nil
}

// Propose appends one entry per data to the log of a leader and returns the first one's index, and
// the term. They are committed once Effects.Apply has an entry of this term at this index; another
// term there means that they are lost. The slices now belong to the log (see Entry); nil is taken
// as empty. Errors: ErrNotLeader, ErrTransferring; then nothing was appended.
func (n *Node) Propose(now Time, data ...[]byte) (first Index, term Term, err error) {
	n.advance(now)
	if n.role != Leader {
		return 0, 0, ErrNotLeader
	}
	if n.transfer.to != None {
		return 0, 0, ErrTransferring
	}
	first = n.log.last() + 1
	n.log.grow(len(data))
	for _, d := range data {
		if d == nil {
			d = []byte{}
		}
		n.appendOwn(Entry{Term: n.term, Data: d})
	}
	for i := range n.peers {
		n.feed(&n.peers[i])
	}
	return first, n.term, nil
}

// appendOwn adds a leader's own entry.
func (n *Node) appendOwn(e Entry) {
	n.disk.changed(n.log.last() + 1)
	n.log.append(e)
}

// tickHeartbeat sends every follower an append, with whatever it may be sent, when that is due. It
// keeps elections away (§5.2) and finds out what was lost: it asks for all that was sent so far.
func (n *Node) tickHeartbeat() {
	if n.role != Leader || n.now < n.beatAt {
		return
	}
	n.beatAt = Never
	if len(n.peers) > 0 {
		n.beatAt = n.now.plus(n.cfg.HeartbeatInterval)
	}
	for i := range n.peers {
		p := &n.peers[i]
		p.waiting = false // long enough: a probe that was lost is made again
		n.sendAppend(p)
		n.handOver(p)
	}
}

// feed sends p what it lacks, as far as its window allows. Where nothing else will soon tell it of
// the commit index, an empty append does; while requests are out, the next one will.
func (n *Node) feed(p *progress) {
	for p.open(n.cfg.MaxInflight) && (p.flow == probe || p.next <= n.log.last()) {
		n.sendAppend(p)
	}
	if p.flow == replicate && p.inflight() == 0 && p.told < min(n.commit, p.match) {
		n.sendAppend(p)
	}
}

// sendAppend sends p one append, with entries where that makes sense.
func (n *Node) sendAppend(p *progress) {
	if p.next <= n.log.base {
		// It lacks compacted entries, it seems. Ask first: a peer that is down needs no snapshot,
		// and one that only answered late has more than we know.
		if p.flow == snapshot {
			p.next = n.log.first()
		} else {
			p.rewind(n.log.first())
		}
	}
	prev := p.next - 1
	m := Message{Type: AppendEntries, From: n.cfg.ID, To: p.id, Term: n.term,
		Index: prev, Commit: n.commit}
	m.LogTerm, _ = n.log.term(prev)
	if p.carries(n.cfg.MaxInflight) {
		m.Entries = n.log.batch(p.next, n.cfg.MaxBatchEntries, n.cfg.MaxBatchBytes)
	}
	m.Seq = p.sending(len(m.Entries))
	p.told = max(p.told, min(n.commit, prev+Index(len(m.Entries))))
	n.out.send = append(n.out.send, m)
}

// onAppendEntries follows the leader of this term (§5.3).
func (n *Node) onAppendEntries(m *Message) {
	n.hearLeader()
	prev, prevTerm, entries := m.Index, m.LogTerm, m.Entries
	if prev < n.log.base {
		// Late: we have compacted since. Whatever is up to base is committed, and so the same.
		gone := min(n.log.base-prev, Index(len(entries)))
		prev, prevTerm, entries = n.log.base, n.log.baseTerm, entries[gone:]
	}
	if !n.log.matches(prev, prevTerm) {
		r := Message{Type: AppendEntriesResponse, Reject: true, Index: m.Index}
		r.Hint = n.log.latest(m.Index, m.LogTerm)
		r.LogTerm, _ = n.log.term(r.Hint)
		n.respond(m, r)
		return
	}
	have := n.log.agree(prev+1, entries)
	if have < len(entries) {
		// Only a real conflict truncates: a request that was overtaken by a longer one must not.
		n.replaceFrom(prev+1+Index(have), entries[have:])
	}
	last := m.Index + Index(len(m.Entries))
	n.commitTo(min(m.Commit, last)) // what we have after last may not be the leader's
	n.respond(m, Message{Type: AppendEntriesResponse, Index: last})
}

// hearLeader takes note that the leader of this term lives.
func (n *Node) hearLeader() {
	n.heardAt = n.now
	n.resetElectionTimer()
}

// replaceFrom drops all entries from i on and puts es there.
func (n *Node) replaceFrom(i Index, es []Entry) {
	if i <= n.log.last() {
		n.log.truncate(i - 1)
		n.disk.truncated(i - 1)
	}
	n.disk.changed(i)
	n.log.append(es...)
}

// commitTo raises the commit index to i, if that is higher.
func (n *Node) commitTo(i Index) { n.commit = max(n.commit, i) }

// onAppendEntriesResponse learns what a follower has, and sends it more.
func (n *Node) onAppendEntriesResponse(m *Message) {
	p := n.hearFollower(m)
	switch {
	case p == nil:
		return
	case !m.Reject:
		n.matched(p, m.Index)
		return
	case p.rejected(m.Seq, m.Index):
		n.backUp(p, m)
	}
	n.feed(p)
	n.confirmReads()
}

// hearFollower notes the arrival of a follower's answer. It is nil if we do not lead any more, or
// if a request of an older term was answered.
func (n *Node) hearFollower(m *Message) *progress {
	if n.role != Leader || m.Seq == 0 {
		return nil
	}
	p := n.peer(m.From)
	p.heard = n.now
	p.acked = max(p.acked, m.Seq)
	return p
}

// matched takes the news that p's log matches ours up to i.
func (n *Node) matched(p *progress, i Index) {
	p.accepted(i)
	if !n.advanceCommit() {
		n.feed(p)
	}
	n.handOver(p)
	n.confirmReads()
}

// backUp goes back to the last entry that may be in both logs (§5.3, fast backup). The follower
// skipped its entries of terms too high for our entry; we skip ours of terms too high for its.
// Where our entry at the hint has the hint's term, the logs are the same up to there (Log Matching,
// §5.3), and no further question is needed.
func (n *Node) backUp(p *progress, m *Message) {
	switch {
	case n.log.matches(m.Hint, m.LogTerm):
		p.rewind(m.Hint + 1)
		n.matched(p, m.Hint)
	case p.flow == snapshot:
		if n.now >= p.due {
			n.sendSnapshot(p) // it still lacks it
		}
	case p.match < n.log.base && (m.Index <= n.log.base || m.Hint < n.log.base):
		n.sendSnapshot(p) // they meet where we have no entries any more
	default:
		p.rewind(n.log.latest(min(m.Hint, m.Index-1), m.LogTerm) + 1)
	}
}

// advanceCommit commits what a majority has on disk, if that includes an entry of this term
// (§5.4.2: older ones are committed only through it), tells the followers and reports whether it
// did.
func (n *Node) advanceCommit() bool {
	n.indexes[0] = n.disk.saved
	for i := range n.peers {
		n.indexes[i+1] = n.peers[i].match
	}
	i := reached(n.indexes)
	if t, _ := n.log.term(i); i <= n.commit || t != n.term {
		return false
	}
	n.commitTo(i)
	n.startReads()
	for i := range n.peers {
		n.feed(&n.peers[i])
	}
	return true
}

// Lost says that the driver knows that the request m of this node got no answer, and never will:
// the RPC failed, the stream broke. Optional, and may be wrong: the next heartbeat then carries the
// entries again, where it would otherwise ask first whether they arrived.
func (n *Node) Lost(m Message) {
	if p := n.peer(m.To); n.role == Leader && m.Term == n.term && p != nil && m.Seq > 0 {
		p.lost(m.Seq)
	}
}
