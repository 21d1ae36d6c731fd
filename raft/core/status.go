package core

// Role is what a peer is in its term (§5.1).
type Role uint8

// The roles. A PreCandidate asks whether it could win, still in its old term (thesis §9.6).
const (
	Follower Role = iota
	PreCandidate
	Candidate
	Leader
)

// String is the name of the constant.
func (r Role) String() string {
	return [...]string{"Follower", "PreCandidate", "Candidate", "Leader"}[r]
}

// Status is what a peer knows at one moment, for drivers and tests.
type Status struct {
	ID     NodeID
	Term   Term
	Vote   NodeID
	Role   Role
	Leader NodeID // None: not known

	Commit  Index
	Applied Index // the last index handed out in Effects
	Saved   Index // the last index up to which the log is durable, as far as Saved has told
	First   Index // the first index in the log; Last+1 if it is empty
	Last    Index // the last index in the log, or the snapshot's

	Transferee NodeID // whom leadership is being handed to, or None
	Reads      int    // calls of ReadIndex not yet answered
	Refused    uint64 // messages that no honest peer can have sent

	Followers []FollowerStatus // of a leader: the others, by ID
}

// FollowerStatus is what a leader knows of one follower.
type FollowerStatus struct {
	ID       NodeID
	Match    Index  // the last index known to be on its disk
	Next     Index  // the index of the next entry to send
	State    string // "Probe", "Replicate" or "Snapshot"
	Inflight int    // requests sent and not known to be answered
	Heard    Time   // when it last answered
}

// Status copies what the node knows. It allocates if the node leads.
func (n *Node) Status() Status {
	s := Status{
		ID: n.cfg.ID, Term: n.term, Vote: n.vote, Role: n.role, Leader: n.leader,
		Commit: n.commit, Applied: n.applied, Saved: n.disk.saved,
		First: n.log.first(), Last: n.log.last(),
		Transferee: n.transfer.to, Reads: len(n.reads.asked) + len(n.reads.waiting),
		Refused: n.refused,
	}
	if n.role != Leader {
		return s
	}
	for i := range n.peers {
		p := &n.peers[i]
		s.Followers = append(s.Followers, FollowerStatus{
			ID: p.id, Match: p.match, Next: p.next, State: p.flow.String(),
			Inflight: p.inflight(), Heard: p.heard,
		})
	}
	return s
}
