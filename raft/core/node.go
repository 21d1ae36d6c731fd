package core

import "errors"

// Errors of Propose, ReadIndex and Transfer.
var (
	ErrNotLeader    = errors.New("core: this node is not the leader; ask Status().Leader")
	ErrTransferring = errors.New("core: leadership is being transferred; ask again shortly")
	ErrUnknownPeer  = errors.New("core: Transfer: no such peer; choose one of Config.Peers")
)

// Errors of Compact.
var (
	ErrCompacted  = errors.New("core: Compact: a snapshot as late is there already; drop this one")
	ErrNotApplied = errors.New("core: Compact: the snapshot is beyond what was handed out to apply")
)

// Node is one peer. It is not safe for concurrent use, and blocks nowhere.
type Node struct {
	cfg    Config
	random random
	now    Time

	// Invariant: term never falls; vote changes only together with it, or from None.
	term Term
	vote NodeID
	role Role
	// leader of term, None if not known.
	// Invariant: it changes within a term only from and to None; it is cfg.ID just in role Leader.
	leader NodeID

	log log
	// snapshot is the one that log begins after; nil if there is none. Never modified.
	snapshot *Snapshot
	// Invariant: log.base ≤ applied ≤ commit ≤ log.last(); none of them falls.
	commit  Index
	applied Index

	electionAt Time // follower or candidate: when to stand for election
	beatAt     Time // leader: next heartbeat; candidate: when to ask again
	heardAt    Time // follower: when the leader was last heard

	ballot   ballot     // of a candidate
	peers    []progress // the others, by ID; of a leader
	quorumAt Time       // leader: when to look whether a majority still answers
	reads    reads
	transfer transfer

	out     outbox
	disk    disk
	refused uint64

	indexes []Index // scratch: one value per voter
	times   []Time
}

// New makes a follower that continues from what the disk has. The service must be at from.Snapshot.
// The Node keeps from.Entries and never modifies them. Errors: what Config.Validate says; a from
// that no run can have saved, named.
func New(cfg Config, now Time, from Durable) (*Node, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	if err := from.validate(cfg.Peers); err != nil {
		return nil, err
	}
	if cfg.RetryInterval == 0 {
		cfg.RetryInterval = cfg.ElectionTimeout
	}
	n := &Node{
		cfg: cfg, random: seed(cfg.Seed, cfg.ID), now: now,
		term: from.Term, vote: from.Vote,
		commit: from.Snapshot.Index, applied: from.Snapshot.Index,
		ballot:  makeBallot(cfg.Peers),
		peers:   makePeers(cfg.ID, cfg.Peers),
		indexes: make([]Index, len(cfg.Peers)),
		times:   make([]Time, len(cfg.Peers)),
	}
	n.log.reset(from.Snapshot.Index, from.Snapshot.Term)
	n.log.entries = from.Entries[:len(from.Entries):len(from.Entries)]
	if from.Snapshot.Index != 0 {
		n.snapshot = &from.Snapshot
	}
	n.disk.saved = n.log.last()
	n.out.term = n.term
	n.resetElectionTimer()
	return n, nil
}

// Tick lets time pass: at Deadline, or whenever the driver likes.
func (n *Node) Tick(now Time) {
	n.advance(now)
	if n.role == Leader {
		n.tickTransfer()
		n.tickQuorum()
		n.tickHeartbeat()
		return
	}
	n.tickElection()
}

// advance sets the clock.
func (n *Node) advance(now Time) { n.now = max(n.now, now) }

// Deadline is the next instant at which Tick does something, [Never] if none. Any other call may
// change it.
func (n *Node) Deadline() Time {
	switch n.role {
	case Leader:
		return min(n.beatAt, n.quorumAt, n.transfer.deadline())
	case Follower:
		return n.electionAt
	}
	return min(n.electionAt, n.beatAt)
}

// Step takes a message. A request that is taken puts exactly one response to its sender into the
// same Effects (but TimeoutNow none). A message that no honest peer can have sent is refused: it
// changes nothing but Status.Refused and gets no response. m.Entries and what they and m.Snapshot
// point to are kept: do not modify them any more.
func (n *Node) Step(now Time, m Message) {
	n.advance(now)
	if !n.acceptable(&m) {
		n.refused++
		return
	}
	if !n.settleTerm(&m) {
		return
	}
	switch m.Type {
	case RequestVote:
		n.onRequestVote(&m)
	case RequestVoteResponse:
		n.onRequestVoteResponse(&m)
	case AppendEntries:
		n.onAppendEntries(&m)
	case AppendEntriesResponse:
		n.onAppendEntriesResponse(&m)
	case InstallSnapshot:
		n.onInstallSnapshot(&m)
	case InstallSnapshotResponse:
		n.onInstallSnapshotResponse(&m)
	case TimeoutNow:
		n.onTimeoutNow()
	}
}

// settleTerm compares m's term with ours (§5.1) and reports whether m is then to be handled.
func (n *Node) settleTerm(m *Message) bool {
	switch {
	case m.Type == RequestVote && m.Term >= n.term && !m.Transfer && n.sticky():
		n.refuse(m) // and keep our term (thesis §4.2.3)
		return false
	case m.Term < n.term:
		if !m.Type.IsResponse() {
			n.refuse(m) // with our term, which makes the sender catch up
		}
		return false
	case m.PreVote && !(m.Type == RequestVoteResponse && m.Reject):
		return true // a question about a future term; a yes repeats it
	}
	leader := n.leader
	if m.Type == AppendEntries || m.Type == InstallSnapshot {
		leader = m.From // only the leader of a term sends these
	} else if m.Term > n.term {
		leader = None
	}
	if m.Term > n.term || leader != n.leader {
		n.becomeFollower(m.Term, leader)
	}
	return true
}

// refuse answers a request with no, and our term.
func (n *Node) refuse(m *Message) {
	if t := m.Type.Response(); t != 0 {
		n.respond(m, Message{Type: t, PreVote: m.PreVote, Reject: true})
	}
}

// becomeFollower follows leader, if known, in term t.
func (n *Node) becomeFollower(t Term, leader NodeID) {
	if t > n.term {
		n.term, n.vote = t, None
		n.disk.ballot = true
	}
	if n.role == Leader {
		n.loseReads()
		n.transfer = transfer{}
		n.resetElectionTimer() // a leader had none
	}
	n.role, n.leader = Follower, leader
}

// Term is the current term.
func (n *Node) Term() Term { return n.term }

// Role is the current role.
func (n *Node) Role() Role { return n.role }

// Leader is the leader of the current term if known, else None.
func (n *Node) Leader() NodeID { return n.leader }

// random is splitmix64: all that timeouts need, and the same on every machine.
type random uint64

// seed makes peers that share s draw differently (else they would tie for ever, §5.2).
func seed(s uint64, id NodeID) random {
	r := random(s)
	return random(r.next() + uint64(id)*0xd1342543de82ef95)
}

func (r *random) next() uint64 {
	*r += 0x9e3779b97f4a7c15
	z := uint64(*r)
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}
