package core

import "slices"

// ballot is the count of one election, or pre-vote. A peer counts once, however often its answer
// comes.
type ballot struct {
	voters  []NodeID // all, sorted
	granted []bool   // parallel to voters
	yes     int
	// ownSave is the save that makes a candidate's vote for itself durable. Only then does it
	// count: else a crash could forget it, and let this peer vote for another in the same term.
	ownSave uint64
	// transfer says that the leader asked for this election.
	transfer bool
}

func makeBallot(voters []NodeID) ballot {
	return ballot{
		voters:  slices.Sorted(slices.Values(voters)),
		granted: make([]bool, len(voters)),
	}
}

// clear begins a new count.
func (b *ballot) clear() {
	clear(b.granted)
	b.yes, b.ownSave, b.transfer = 0, 0, false
}

// grant counts id's vote and reports whether a majority has now been reached.
func (b *ballot) grant(id NodeID) (won bool) {
	if i, ok := slices.BinarySearch(b.voters, id); ok && !b.granted[i] {
		b.granted[i] = true
		b.yes++
	}
	return b.yes >= quorum(len(b.voters))
}

// resetElectionTimer draws a new timeout (§5.2).
func (n *Node) resetElectionTimer() {
	t := n.cfg.ElectionTimeout
	n.electionAt = n.now.plus(t + Span(n.random.next()%uint64(t)))
}

// tickElection stands for election if no leader was heard of in time, and asks those again that
// have not granted their vote (§5.1: servers retry RPCs).
func (n *Node) tickElection() {
	switch {
	case n.now >= n.electionAt && n.term >= maxTerm:
		n.resetElectionTimer() // somebody lied: there is no higher term
	case n.now >= n.electionAt && n.cfg.PreVote:
		n.preCampaign()
	case n.now >= n.electionAt:
		n.campaign(false)
	case n.role != Follower && n.now >= n.beatAt:
		n.requestVotes()
	}
}

// preCampaign asks whether an election could be won, without raising the term (thesis §9.6).
func (n *Node) preCampaign() {
	n.role, n.leader = PreCandidate, None
	n.resetElectionTimer()
	n.ballot.clear()
	if n.ballot.grant(n.cfg.ID) { // no promise: need not be durable
		n.campaign(false)
		return
	}
	n.requestVotes()
}

// campaign stands for election in the next term (§5.2).
func (n *Node) campaign(transfer bool) {
	n.role, n.leader = Candidate, None
	n.term++
	n.vote = n.cfg.ID
	n.disk.ballot = true
	n.resetElectionTimer()
	n.ballot.clear()
	n.ballot.ownSave, n.ballot.transfer = n.disk.handed+1, transfer
	n.requestVotes()
}

// requestVotes asks those who have not granted their vote yet.
func (n *Node) requestVotes() {
	n.beatAt = n.now.plus(n.cfg.HeartbeatInterval)
	m := Message{
		Type: RequestVote, From: n.cfg.ID, Term: n.term, Transfer: n.ballot.transfer,
		Index: n.log.last(), LogTerm: n.log.lastTerm(),
	}
	for i, id := range n.ballot.voters {
		if id == n.cfg.ID || n.ballot.granted[i] {
			continue
		}
		m.To = id
		if n.role == PreCandidate {
			m.PreVote, m.Term = true, n.term+1
			n.out.send = append(n.out.send, m)
		} else {
			n.out.sendSaved = append(n.out.sendSaved, m)
		}
	}
}

// sticky reports whether we have a leader that works, and so no need of an election: then who
// asks for one is cut off from it, or has come back from where it was (thesis §4.2.3).
func (n *Node) sticky() bool {
	if !n.cfg.CheckQuorum {
		return false
	}
	return n.role == Leader ||
		n.leader != None && n.now < n.heardAt.plus(n.cfg.ElectionTimeout)
}

// onRequestVote grants a vote to the first who asks in a term, if its log is as up to date as ours
// (§5.2, §5.4.1).
func (n *Node) onRequestVote(m *Message) {
	upToDate := m.LogTerm > n.log.lastTerm() ||
		m.LogTerm == n.log.lastTerm() && m.Index >= n.log.last()
	if m.PreVote {
		if m.Term <= n.term || !upToDate {
			n.refuse(m)
			return
		}
		n.respond(m, Message{Type: RequestVoteResponse, PreVote: true, Term: m.Term})
		return
	}
	if n.vote != None && n.vote != m.From || !upToDate {
		n.refuse(m)
		return
	}
	if n.vote == None {
		n.vote = m.From
		n.disk.ballot = true
	}
	n.resetElectionTimer()
	n.respond(m, Message{Type: RequestVoteResponse})
}

// onRequestVoteResponse counts a vote of this very election.
func (n *Node) onRequestVoteResponse(m *Message) {
	switch {
	case m.Reject:
	case m.PreVote && n.role == PreCandidate && m.Term == n.term+1:
		if n.ballot.grant(m.From) {
			n.campaign(false)
		}
	case !m.PreVote && n.role == Candidate:
		n.countVote(m.From)
	}
}

// countVote counts a vote for a candidate.
func (n *Node) countVote(id NodeID) {
	if n.ballot.grant(id) {
		n.becomeLeader()
	}
}

// becomeLeader begins to lead: with a heartbeat to all, so that nobody else stands (§5.2).
func (n *Node) becomeLeader() {
	n.role, n.leader = Leader, n.cfg.ID
	for i := range n.peers {
		p := &n.peers[i]
		*p = progress{id: p.id, next: n.log.last() + 1, heard: n.now}
	}
	n.quorumAt = Never
	if n.cfg.CheckQuorum && len(n.peers) > 0 {
		n.quorumAt = n.now.plus(n.cfg.ElectionTimeout)
	}
	if n.cfg.NoOp {
		n.appendOwn(Entry{Term: n.term})
	}
	n.beatAt = n.now
	n.tickHeartbeat()
}

// tickQuorum steps down if a majority, this node included, has not been heard from for an election
// timeout (thesis §6.2): a majority may have another leader already.
func (n *Node) tickQuorum() {
	if n.now < n.quorumAt {
		return
	}
	n.times[0] = n.now
	for i := range n.peers {
		n.times[i+1] = n.peers[i].heard
	}
	n.quorumAt = reached(n.times).plus(n.cfg.ElectionTimeout)
	if n.now >= n.quorumAt {
		n.becomeFollower(n.term, None)
	}
}
