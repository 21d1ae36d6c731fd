package core

// Effects is what a Node wants done, in one value. A driver carries it out in this order:
//
//	Save        write it, in the order of Seq; when durable, call Saved(Seq)
//	Send        send it now; need not wait for Save
//	SendSaved   send it once the save numbered SendSavedAfter is durable, and not before
//	Restore     give it to the service, before Apply
//	Apply       give them to the service, after Restore
//	Reads       answer each once the service has applied up to its Index, so after Apply
//
// A driver that writes synchronously does: write Save, call Saved, send both lists, restore, apply,
// answer; then take the next Effects, which Saved may have produced. One that writes asynchronously
// may take and carry out further Effects meanwhile, as long as saves reach the disk in order and
// each SendSaved waits for its own: Saved(7) says that 1 to 6 are durable too.
//
// Restore, Apply and Reads need not wait for Save: an entry is committed because a majority has it
// on disk, though perhaps not this peer. A service that keeps its own state on disk, and must not
// get ahead of the log there, makes them wait.
//
// Send, SendSaved and Reads are valid until the next call of Effects; what they point to (entries,
// snapshots), Save.Entries and Apply are shared with the log, read only, and valid for ever.
type Effects struct {
	// Save must reach the disk. Save.Seq is 0 if there is nothing to save.
	Save Save

	// Send may leave at once: AppendEntries, InstallSnapshot, TimeoutNow and pre-vote requests.
	// They promise nothing that a crash could break: a leader's entries may reach followers before
	// its own disk (thesis §10.2.1), as it counts itself only once Saved has been called.
	Send []Message

	// SendSaved promises what must survive a crash: requests for votes (a vote for oneself) and all
	// responses. It may leave once the save numbered SendSavedAfter is durable: this Save, or an
	// earlier one that may still be under way (an append that arrives again adds nothing to save,
	// but its answer must wait for the save of the first), or 0 if there has never been one.
	SendSaved      []Message
	SendSavedAfter uint64

	// Restore, if not nil, replaces the service's whole state, before Apply. Its snapshot is in
	// Save too. After a restart the service begins at Durable.Snapshot without being told here.
	Restore *Snapshot

	// Apply are newly committed entries, the first of which has index ApplyFirst. Each index comes
	// once per Node, in order, with no gap but what Restore covers. No-ops (Data nil) come too.
	Apply      []Entry
	ApplyFirst Index

	// Reads are calls of ReadIndex that may now be answered; ReadsLost those that may not, because
	// leadership was lost: ask elsewhere.
	Reads     []Read
	ReadsLost []uint64

	// RoleChanged says that term, role or known leader changed; Status has the new ones.
	RoleChanged bool
}

// Save is one atomic write: after a crash all of it is there or nothing. Carried out in this order
// it turns a stored Durable into the next:
//
//  1. if Ballot: the stored Term and Vote become Term and Vote;
//  2. if Snapshot is not nil: it becomes the stored one; stored entries up to its Index go;
//  3. if First is not 0: stored entries from First on go, and Entries are stored from there.
type Save struct {
	// Seq numbers the saves of one Node, from 1, without gaps. 0: nothing to save.
	Seq uint64

	Ballot bool // Term or Vote changed since the last save
	Term   Term // always the current ones
	Vote   NodeID

	Snapshot *Snapshot
	First    Index
	Entries  []Entry
}

// Apply carries out s on d, as a disk would. It never modifies the entries that d has.
func (s Save) Apply(d *Durable) {
	if s.Ballot {
		d.Term, d.Vote = s.Term, s.Vote
	}
	if s.Snapshot != nil {
		gone := min(s.Snapshot.Index-d.Snapshot.Index, Index(len(d.Entries)))
		d.Entries = d.Entries[gone:]
		d.Snapshot = *s.Snapshot
	}
	if s.First != 0 {
		keep := s.First - d.Snapshot.Index - 1
		d.Entries = append(d.Entries[:keep:keep], s.Entries...)
	}
}

// Read answers one ReadIndex: the service may answer the read ID from its state once it has applied
// Index.
type Read struct {
	ID    uint64
	Index Index
}

// outbox gathers effects until the driver takes them.
type outbox struct {
	send, sendSaved   []Message
	spare, spareSaved []Message // those handed out last, to be used again
	restore           *Snapshot
	reads, spareReads []Read
	readsLost         []uint64

	// What the driver was last told of.
	term   Term
	role   Role
	leader NodeID
}

// respond sends the one response r to the request m.
func (n *Node) respond(m *Message, r Message) {
	r.From, r.To = n.cfg.ID, m.From
	if r.Term == 0 {
		r.Term = n.term
	}
	if m.Term == n.term {
		r.Seq = m.Seq
	}
	n.out.sendSaved = append(n.out.sendSaved, r)
}

// HasEffects reports whether Effects would return anything to be done.
func (n *Node) HasEffects() bool {
	o := &n.out
	return len(o.send) > 0 || len(o.sendSaved) > 0 || n.disk.dirty() || n.commit > n.applied ||
		len(o.reads) > 0 || len(o.readsLost) > 0 || o.restore != nil || n.roleChanged()
}

// roleChanged reports what Effects.RoleChanged will say.
func (n *Node) roleChanged() bool {
	return n.out.term != n.term || n.out.role != n.role || n.out.leader != n.leader
}

// Effects returns what must be done and forgets it: the driver must carry out all of it, in the
// order that the type describes. It does nothing else, and allocates nothing, whether or not there
// is something.
func (n *Node) Effects() Effects {
	o := &n.out
	e := Effects{
		Send: o.send, SendSaved: o.sendSaved, Restore: o.restore,
		Reads: o.reads, ReadsLost: o.readsLost, RoleChanged: n.roleChanged(),
	}
	clear(o.spare) // let go of entries and snapshots
	clear(o.spareSaved)
	o.send, o.spare = o.spare[:0], o.send
	o.sendSaved, o.spareSaved = o.spareSaved[:0], o.sendSaved
	o.reads, o.spareReads = o.spareReads[:0], o.reads
	o.restore, o.readsLost = nil, nil
	o.term, o.role, o.leader = n.term, n.role, n.leader

	if n.disk.dirty() {
		e.Save = n.disk.save(n)
	}
	e.SendSavedAfter = n.disk.handed
	if n.commit > n.applied {
		e.ApplyFirst = n.applied + 1
		e.Apply = n.log.slice(e.ApplyFirst, n.commit)
		n.applied = n.commit
	}
	return e
}
