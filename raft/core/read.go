package core

// reads are a leader's linearizable reads that are not answered yet (thesis §6.4). They go in
// rounds: all that came while one round was under way share the next.
type reads struct {
	// waiting are those for the next round.
	waiting []uint64
	// asked are those of the round under way. Empty: there is none.
	asked []uint64
	// index is what the service must have applied to answer asked: the commit index as the round
	// began.
	index Index
}

// ReadIndex asks for a linearizable read without a log entry. It is answered by Effects.Reads once
// a majority has confirmed, to requests sent after this call, that this node still led; or by
// Effects.ReadsLost. id is the caller's, and may repeat. Error: ErrNotLeader; then no answer comes.
//
// A leader that has committed nothing in its term does not know yet how far its predecessors
// committed, and holds reads until it has: without Config.NoOp, until a proposal is made.
func (n *Node) ReadIndex(now Time, id uint64) error {
	n.advance(now)
	if n.role != Leader {
		return ErrNotLeader
	}
	n.reads.waiting = append(n.reads.waiting, id)
	n.startReads()
	return nil
}

// startReads begins a round for those waiting, unless one is under way.
func (n *Node) startReads() {
	r := &n.reads
	if len(r.asked) > 0 || len(r.waiting) == 0 {
		return
	}
	if t, _ := n.log.term(n.commit); t != n.term {
		return
	}
	r.asked, r.waiting = r.waiting, r.asked[:0]
	r.index = n.commit
	for i := range n.peers {
		p := &n.peers[i]
		p.round = p.sent + 1
		n.sendAppend(p)
	}
	n.confirmReads()
}

// confirmReads answers the round under way if a majority has confirmed it.
func (n *Node) confirmReads() {
	r := &n.reads
	if len(r.asked) == 0 {
		return
	}
	yes := 1
	for i := range n.peers {
		if n.peers[i].acked >= n.peers[i].round {
			yes++
		}
	}
	if yes < quorum(len(n.peers)+1) {
		return
	}
	for _, id := range r.asked {
		n.out.reads = append(n.out.reads, Read{ID: id, Index: r.index})
	}
	r.asked = r.asked[:0]
	n.startReads()
}

// loseReads gives up all reads, as leadership is lost.
func (n *Node) loseReads() {
	n.out.readsLost = append(append(n.out.readsLost, n.reads.asked...), n.reads.waiting...)
	n.reads = reads{}
}
