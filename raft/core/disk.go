package core

// disk knows what the driver has yet to save, what it is saving, and what is durable.
type disk struct {
	ballot   bool      // term or vote changed since the last save
	snapshot *Snapshot // taken or received since the last save
	// from is where the entries changed since the last save begin; 0: none have.
	// Invariant: from is 0 or beyond applied: what is handed out to be applied is in a save by then.
	from Index

	// handed is the Seq of the last save handed out.
	handed uint64
	// saving are the saves handed out that are not durable yet, by Seq.
	saving []saving
	// saved is the last index up to which the log, as it is now, is durable.
	// Invariant: saved ≤ the log's last
	saved Index
}

// saving is one save under way: once durable, the log as it is now is durable up to last.
type saving struct {
	seq  uint64
	last Index
}

// dirty reports whether there is anything to save.
func (d *disk) dirty() bool { return d.ballot || d.snapshot != nil || d.from != 0 }

// changed takes note that the log has new entries from i on.
func (d *disk) changed(i Index) {
	if d.from == 0 || i < d.from {
		d.from = i
	}
}

// truncated takes note that entries after i are gone: what becomes durable of them counts for
// nothing, even if entries of the same term come to stand there again.
func (d *disk) truncated(i Index) {
	d.saved = min(d.saved, i)
	for k := range d.saving {
		d.saving[k].last = min(d.saving[k].last, i)
	}
}

// replaced takes note that s stands for the whole log.
func (d *disk) replaced(s *Snapshot) {
	d.truncated(0)
	d.snapshot, d.from = s, s.Index+1
}

// save is the next Save, of all changes since the last.
func (d *disk) save(n *Node) Save {
	d.handed++
	s := Save{Seq: d.handed, Ballot: d.ballot, Term: n.term, Vote: n.vote,
		Snapshot: d.snapshot, First: d.from}
	if d.from != 0 {
		s.Entries = n.log.slice(d.from, n.log.last())
	}
	d.saving = append(d.saving, saving{d.handed, n.log.last()})
	d.ballot, d.snapshot, d.from = false, nil, 0
	return s
}

// done takes the news that all saves up to seq are durable.
func (d *disk) done(seq uint64) {
	k := 0
	for k < len(d.saving) && d.saving[k].seq <= seq {
		d.saved = max(d.saved, d.saving[k].last)
		k++
	}
	d.saving = append(d.saving[:0], d.saving[k:]...)
}

// Saved says that the save numbered seq, and with it all before it, is durable. Only now does a
// leader count itself among those that have the entries, and a candidate its own vote.
func (n *Node) Saved(seq uint64) {
	n.disk.done(seq)
	switch {
	case n.role == Candidate && n.ballot.ownSave <= min(seq, n.disk.handed):
		n.countVote(n.cfg.ID)
	case n.role == Leader:
		n.advanceCommit()
	}
}

// Durable is what the disk has once all saves are durable, this moment's changes included: for
// drivers that always write the whole state. It shares the log's memory, which nobody modifies.
func (n *Node) Durable() Durable {
	d := Durable{Term: n.term, Vote: n.vote, Entries: n.log.slice(n.log.first(), n.log.last())}
	if n.snapshot != nil {
		d.Snapshot = *n.snapshot
	}
	return d
}
