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
	ErrCompacted  = errors.New("core: Compact: the log already begins after that snapshot; nothing to do")
	ErrNotApplied = errors.New("core: Compact: the snapshot is beyond what was handed out to apply")
)

// Node is one peer. It is not safe for concurrent use.
type Node struct{ effects Effects }

// New makes a follower that continues from what the disk has.
// The service must be at from.Snapshot. The Node keeps from.Entries and never modifies them.
func New(cfg Config, now Time, from Durable) (*Node, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	if err := from.validate(cfg.Peers); err != nil {
		return nil, err
	}
	return &Node{}, nil
}

// Tick lets time pass: at Deadline, or whenever the driver likes.
func (n *Node) Tick(now Time) {}

// Deadline is the next instant at which Tick does something, [Never] if none. Any other call may change it.
func (n *Node) Deadline() Time { return Never }

// Step takes a message. A request that is taken puts exactly one response to its sender into the
// same Effects (but TimeoutNow none). A message that no honest peer can have sent is refused: it changes
// nothing but Status.Refused and gets no response. Entries are kept, not copied deeply.
func (n *Node) Step(now Time, m Message) {}

// Lost says that the driver knows that request m got no answer (a failed RPC, a broken stream). Optional:
// the next heartbeat finds out by itself, a round trip later.
func (n *Node) Lost(m Message) {}

// Propose appends one entry per data to the log of a leader and returns the first one's index, and
// the term. They are committed once Effects.Apply has an entry of this term at this index; another
// term there means that they are lost. Errors: ErrNotLeader, ErrTransferring.
func (n *Node) Propose(now Time, data ...[]byte) (first Index, term Term, err error) {
	return 0, 0, ErrNotLeader
}

// ReadIndex asks for a linearizable read without a log entry (thesis §6.4). It is answered in
// Effects.Reads or ReadsLost, by the id that the caller chose. Error: ErrNotLeader.
func (n *Node) ReadIndex(now Time, id uint64) error { return ErrNotLeader }

// Transfer hands leadership to another peer (thesis §3.10). Errors: ErrNotLeader, ErrUnknownPeer,
// ErrTransferring.
func (n *Node) Transfer(now Time, to NodeID) error { return ErrNotLeader }

// Compact tells that the service has a snapshot of what it applied up to s.Index: the log
// before it goes. s.Term may be 0: the core knows it. Errors: ErrCompacted, ErrNotApplied; then nothing
// changed.
func (n *Node) Compact(s Snapshot) error { return ErrNotApplied }

// HasEffects reports whether Effects would return anything.
func (n *Node) HasEffects() bool { return false }

// Effects returns what must be done and forgets it.
func (n *Node) Effects() Effects { return n.effects }

// Saved says that all saves up to the one numbered seq are durable.
func (n *Node) Saved(seq uint64) {}

// Durable is what the disk would hold if all effects were carried out: for drivers that always
// write the whole state. Shared with the log, read only.
func (n *Node) Durable() Durable { return Durable{} }

// Term is the current term.
func (n *Node) Term() Term { return 0 }

// Role is the current role.
func (n *Node) Role() Role { return Follower }

// Leader is the leader of the current term if known, else None.
func (n *Node) Leader() NodeID { return None }

// Status copies what the node knows.
func (n *Node) Status() Status { return Status{} }

// Check reports the first broken invariant of this state, for tests.
func (n *Node) Check() error { return nil }
