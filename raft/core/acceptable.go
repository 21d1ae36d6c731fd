package core

// acceptable reports whether an honest peer could have sent m to this node. What is refused here
// can neither make the node panic nor break an invariant of its own (Check): a lie that passes may
// break Raft's promises between nodes, which rest on honest ones, but never those within one.
func (n *Node) acceptable(m *Message) bool {
	return m.To == n.cfg.ID && n.peer(m.From) != nil && m.wellFormed() && !n.contradicts(m)
}

// wellFormed reports whether m makes sense by itself.
func (m *Message) wellFormed() bool {
	if m.Term == 0 || m.Term > maxTerm || m.Index > maxIndex-Index(len(m.Entries)) ||
		(m.Index == 0) != (m.LogTerm == 0) && (m.Type == RequestVote || m.Type == AppendEntries) ||
		m.PreVote && m.Type != RequestVote && m.Type != RequestVoteResponse {
		return false
	}
	switch m.Type {
	case RequestVote:
		return m.LogTerm < m.Term
	case RequestVoteResponse, TimeoutNow:
		return true
	case AppendEntries:
		return m.Seq > 0 && m.LogTerm <= m.Term && termsRise(m.LogTerm, m.Entries, m.Term)
	case AppendEntriesResponse:
		return (m.Seq > 0 || m.Reject) && m.Hint <= m.Index
	case InstallSnapshot:
		s := m.Snapshot
		return m.Seq > 0 && s != nil && s.Index > 0 && s.Index <= maxIndex &&
			s.Term > 0 && s.Term <= m.Term
	case InstallSnapshotResponse:
		return m.Seq > 0 != m.Reject // rejected only if of an older term
	}
	return false
}

// termsRise reports whether the terms of es are 1 at least, never fall, begin at low and end at
// high.
func termsRise(low Term, es []Entry, high Term) bool {
	low = max(low, 1)
	for i := range es {
		if es[i].Term < low {
			return false
		}
		low = es[i].Term
	}
	return len(es) == 0 || low <= high
}

// contradicts reports whether m cannot be true, given what this node knows.
func (n *Node) contradicts(m *Message) bool {
	switch m.Type {
	case AppendEntries:
		return m.Term >= n.term && (n.usurps(m) || n.rewritesCommitted(m))
	case InstallSnapshot:
		return m.Term >= n.term && (n.usurps(m) || n.forgetsCommitted(m.Snapshot))
	case AppendEntriesResponse, InstallSnapshotResponse:
		return n.role == Leader && m.Term == n.term && n.answersNothing(m)
	case TimeoutNow:
		return n.usurps(m)
	}
	return false
}

// usurps reports whether m's sender claims to lead a term that has another leader.
func (n *Node) usurps(m *Message) bool {
	return m.Term == n.term && n.leader != None && n.leader != m.From
}

// rewritesCommitted reports whether m has another entry where ours is committed. Any leader has all
// of those (Leader Completeness, §5.4.3).
func (n *Node) rewritesCommitted(m *Message) bool {
	if m.Index > n.commit {
		return false
	}
	if t, ok := n.log.term(m.Index); ok && t != m.LogTerm {
		return true
	}
	for k := range m.Entries {
		i := m.Index + 1 + Index(k)
		if i > n.commit {
			break
		}
		if t, ok := n.log.term(i); ok && t != m.Entries[k].Term {
			return true
		}
	}
	return false
}

// forgetsCommitted reports whether s has another entry where ours is committed; or comes after all
// of ours, but of an older term, or out of all proportion.
func (n *Node) forgetsCommitted(s *Snapshot) bool {
	if s.Index > n.commit {
		t, _ := n.log.term(n.commit)
		return s.Term < t || s.Index > maxLeap
	}
	t, ok := n.log.term(s.Index)
	return ok && t != s.Term
}

// answersNothing reports whether m answers a request that this leader never sent.
func (n *Node) answersNothing(m *Message) bool {
	return m.Seq > n.peer(m.From).sent || m.Seq > 0 && m.Index > n.log.last()
}
