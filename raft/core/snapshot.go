package core

// Compact says that the service has a snapshot s of all it applied up to s.Index: the entries up to
// there go. The snapshot reaches the disk with the next Save, and whatever follower needs it.
// s.Term is not looked at: the log knows it. Errors, which change nothing: ErrCompacted, if a
// snapshot as late is there already; ErrNotApplied, if s.Index has not been handed out in
// Effects.Apply yet.
func (n *Node) Compact(s Snapshot) error {
	switch {
	case s.Index <= n.log.base:
		return ErrCompacted
	case s.Index > n.applied:
		return ErrNotApplied
	}
	n.log.compact(s.Index)
	s.Term = n.log.baseTerm
	n.snapshot = &s
	n.disk.snapshot = n.snapshot
	return nil
}

// sendSnapshot sends p the snapshot (§7). It is sent only in answer to a rejection: who is down is
// not sent it again and again. If it gets lost, heartbeats are rejected until it is due again.
func (n *Node) sendSnapshot(p *progress) {
	m := Message{Type: InstallSnapshot, From: n.cfg.ID, To: p.id, Term: n.term,
		Snapshot: n.snapshot}
	m.Seq = p.sendingSnapshot(n.snapshot.Index, n.now.plus(n.cfg.RetryInterval))
	n.out.send = append(n.out.send, m)
}

// onInstallSnapshot takes the leader's snapshot in place of the log, unless the log has as much
// (§7).
func (n *Node) onInstallSnapshot(m *Message) {
	n.hearLeader()
	s := m.Snapshot
	switch {
	case s.Index <= n.commit:
		// Late: what we have committed, the leader has too.
	case n.log.matches(s.Index, s.Term):
		// All entries up to there are the leader's, and what it has a snapshot of is committed.
		// Those after it stay.
		n.commitTo(s.Index)
	default:
		n.log.reset(s.Index, s.Term)
		n.snapshot, n.out.restore = s, s
		n.disk.replaced(s)
		n.commit, n.applied = s.Index, s.Index
	}
	n.respond(m, Message{Type: InstallSnapshotResponse, Index: n.commit})
}

// onInstallSnapshotResponse learns that a follower has the snapshot, or had no need of it.
func (n *Node) onInstallSnapshotResponse(m *Message) {
	if p := n.hearFollower(m); p != nil {
		n.matched(p, m.Index)
	}
}
