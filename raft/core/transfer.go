package core

// transfer is a handing over of leadership (thesis §3.10).
type transfer struct {
	to      NodeID // None: there is none
	abortAt Time
}

// deadline is when tickTransfer has something to do.
func (t *transfer) deadline() Time {
	if t.to == None {
		return Never
	}
	return t.abortAt
}

// Transfer hands leadership to another peer: brings it up to date, then tells it to stand for
// election at once. Meanwhile proposals are refused (ErrTransferring), so that the target can catch
// up. If this node still leads after ElectionTimeout, it goes on as before. Success shows in
// Effects.RoleChanged. Errors: ErrNotLeader; ErrUnknownPeer (this node is none either);
// ErrTransferring, if another transfer is under way.
func (n *Node) Transfer(now Time, to NodeID) error {
	n.advance(now)
	p := n.peer(to)
	switch {
	case n.role != Leader:
		return ErrNotLeader
	case p == nil:
		return ErrUnknownPeer
	case n.transfer.to == to:
		return nil
	case n.transfer.to != None:
		return ErrTransferring
	}
	n.transfer = transfer{to: to, abortAt: n.now.plus(n.cfg.ElectionTimeout)}
	if p.match < n.log.last() {
		n.sendAppend(p) // with what it lacks, or asking for what was sent
	}
	n.handOver(p)
	return nil
}

// handOver tells p to stand for election, if it is to lead and has all our entries. Heartbeats
// repeat it, as it may get lost.
func (n *Node) handOver(p *progress) {
	if n.transfer.to == p.id && p.match == n.log.last() {
		n.out.send = append(n.out.send,
			Message{Type: TimeoutNow, From: n.cfg.ID, To: p.id, Term: n.term})
	}
}

// tickTransfer gives up a transfer that takes too long.
func (n *Node) tickTransfer() {
	if n.transfer.to != None && n.now >= n.transfer.abortAt {
		n.transfer = transfer{}
	}
}

// onTimeoutNow stands for election without waiting, and without asking whether it makes sense: the
// leader has said so.
func (n *Node) onTimeoutNow() {
	if n.term < maxTerm {
		n.campaign(true)
	}
}
