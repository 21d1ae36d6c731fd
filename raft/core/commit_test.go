package core

import "testing"

// TestCommitNeedsMajority: of disks, the leader's own among them.
func TestCommitNeedsMajority(t *testing.T) {
	for n := 2; n <= 6; n++ {
		c := newCluster(t, n, plain)
		n1 := c.elect(1)
		c.propose(1, "x")
		c.net = nil
		for have := 1; have < n/2+1; have++ {
			if n1.commit != 0 {
				t.Fatalf("%d peers: committed with %d copies", n, have)
			}
			ack := Message{Type: AppendEntriesResponse, From: NodeID(have + 1), To: 1, Term: 1,
				Index: 1,
				Seq:   n1.peer(NodeID(have + 1)).sent}
			c.step(ack)
			c.step(ack) // doubled
		}
		if n1.commit != 1 {
			t.Errorf("%d peers: not committed with %d copies", n, n/2+1)
		}
	}
}

// TestLeaderCountsItselfWhenSaved: with a slow disk the followers alone must be a majority (thesis
// §10.2.1).
func TestLeaderCountsItselfWhenSaved(t *testing.T) {
	c := newCluster(t, 3, plain)
	n := c.elect(1)
	h := c.host(1)
	h.slow = true
	c.propose(1, "x")
	ack := Message{Type: AppendEntriesResponse, From: 2, To: 1, Term: 1, Index: 1,
		Seq: n.peer(2).sent}
	c.step(ack)
	if n.commit != 0 {
		t.Fatal("one follower's copy and an unsaved one")
	}
	c.saveAll(h)
	if n.commit != 1 {
		t.Error("saved, but not committed")
	}
	c.propose(1, "y")
	for _, id := range []NodeID{2, 3} {
		c.step(Message{Type: AppendEntriesResponse, From: id, To: 1, Term: 1, Index: 2,
			Seq: n.peer(id).sent})
	}
	if n.commit != 2 || h.applied != 2 {
		t.Error("both followers have it: need not wait for the leader's disk")
	}
}

// TestTruncatedSavesDoNotCount: a save under way when its entries are truncated makes nothing
// durable, even if others of the same index and term come to stand there (the disk truncates after
// it has written).
func TestTruncatedSavesDoNotCount(t *testing.T) {
	c := newCluster(t, 3, plain)
	h := c.host(1)
	h.slow = true
	app := Message{Type: AppendEntries, From: 2, To: 1, Term: 2, Seq: 1, Entries: terms(1, 2, 2)}
	c.step(app) // save 1
	app.From, app.Term, app.Entries = 3, 3, terms(1, 3)
	c.step(app) // save 2 truncates
	app.From, app.Term, app.Entries = 2, 4, terms(1, 2, 2)
	c.lies = true // no leader would bring the old ones back; but our own count must stand it
	c.step(app)   // save 3
	for i, want := range []Index{1, 1, 3} {
		c.save(h, 1)
		if got := h.node.Status().Saved; got != want {
			t.Errorf("after save %d: saved %d, want %d", i+1, got, want)
		}
	}
}

// TestOldTermsCommitThroughNewOnes: §5.4.2.
func TestOldTermsCommitThroughNewOnes(t *testing.T) {
	old := Durable{Term: 2, Entries: terms(1, 2)}
	c := newCluster(t, 3, plain).with(1, old).with(2, old).with(3, old)
	n := c.elect(1)
	c.run(3 * beat)
	if n.commit != 0 || n.peer(2).match != 2 {
		t.Fatalf("commit %d with %v", n.commit, n.peer(2))
	}
	c.propose(1, "x")
	c.settle()
	if n.commit != 3 || c.host(3).applied != 3 {
		t.Errorf("commit %d, 3 applied %d", n.commit, c.host(3).applied)
	}
}

// TestNoOp: a new leader commits its predecessors' entries at once (§8), if it may.
func TestNoOp(t *testing.T) {
	old := Durable{Term: 2, Entries: terms(1, 2)}
	c := newCluster(t, 3).with(1, old).with(2, old)
	n := c.elect(1)
	if n.commit != 3 || c.host(3).applied != 3 || n.log.slice(3, 3)[0].Data != nil {
		t.Errorf("%+v", n.Status())
	}
}

// TestCommitNeverFalls: not by an old leader's message, nor by a new leader that knows less.
func TestCommitNeverFalls(t *testing.T) {
	c := newCluster(t, 3, plain)
	c.step(Message{Type: AppendEntries, From: 2, To: 1, Term: 1, Seq: 1, Entries: terms(1, 1),
		Commit: 2})
	c.step(Message{Type: AppendEntries, From: 2, To: 1, Term: 1, Seq: 1, Entries: terms(1),
		Commit: 1})
	c.step(Message{Type: AppendEntries, From: 3, To: 1, Term: 2, Seq: 1, Index: 2, LogTerm: 1})
	if n := c.node(1); n.commit != 2 || n.log.last() != 2 {
		t.Errorf("%+v", n.Status())
	}
}
