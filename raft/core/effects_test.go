package core

import (
	"slices"
	"testing"
)

func newNode(t *testing.T, cfg Config, from Durable) *Node {
	t.Helper()
	n, err := New(cfg, 0, from)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// TestEffectsEmpty: nothing to do costs nothing.
func TestEffectsEmpty(t *testing.T) {
	n := newNode(t, testConfig(1, 3), Durable{})
	if n.HasEffects() {
		t.Error("a new node has effects")
	}
	if allocs := testing.AllocsPerRun(100, func() { n.Effects() }); allocs > 0 {
		t.Errorf("%v allocations", allocs)
	}
	n.Tick(1)
	if e := n.Effects(); e.Save.Seq != 0 || e.SendSavedAfter != 0 ||
		len(e.Send)+len(e.SendSaved) > 0 || e.RoleChanged {
		t.Errorf("%+v", e)
	}
}

// TestPromisesWait: what promises something is in SendSaved, with the number of the save it waits
// for.
func TestPromisesWait(t *testing.T) {
	n := newNode(t, testConfig(1, 3), Durable{})
	n.Tick(n.Deadline())
	e := n.Effects()
	if len(e.Send) != 2 || !e.Send[0].PreVote || len(e.SendSaved) > 0 || e.Save.Seq != 0 {
		t.Fatalf("pre-vote: %+v", e)
	}
	n.Step(0, Message{Type: RequestVoteResponse, PreVote: true, From: 2, To: 1, Term: 1})
	e = n.Effects()
	if len(e.Send) > 0 || len(e.SendSaved) != 2 || e.Save.Seq != 1 || !e.Save.Ballot ||
		e.Save.Vote != 1 ||
		e.SendSavedAfter != 1 || !e.RoleChanged {
		t.Fatalf("vote: %+v", e)
	}
	app := Message{Type: AppendEntries, From: 3, To: 1, Term: 2, Seq: 1, Entries: terms(2)}
	n.Step(0, app)
	e = n.Effects()
	if len(e.Send) > 0 || len(e.SendSaved) != 1 || e.Save.Seq != 2 || len(e.Save.Entries) != 1 ||
		e.SendSavedAfter != 2 {
		t.Fatalf("append: %+v", e)
	}
	n.Step(0, app) // again: there is nothing to save, but the first save may still be under way
	e = n.Effects()
	if len(e.SendSaved) != 1 || e.Save.Seq != 0 || e.SendSavedAfter != 2 {
		t.Errorf("the same append: %+v", e)
	}
}

// TestSavesMerge: many steps, one save.
func TestSavesMerge(t *testing.T) {
	n := newNode(t, testConfig(1, 3), Durable{Term: 2, Vote: 1, Entries: terms(1, 1, 2, 2)})
	n.Step(0, Message{Type: AppendEntries, From: 3, To: 1, Term: 3, Seq: 1, Index: 4, LogTerm: 2,
		Entries: terms(3)})
	n.Step(0, Message{Type: AppendEntries, From: 3, To: 1, Term: 3, Seq: 2, Index: 5, LogTerm: 3,
		Entries: terms(3)})
	n.Step(0, Message{Type: AppendEntries, From: 2, To: 1, Term: 4, Seq: 1, Index: 2, LogTerm: 1,
		Entries: terms(4, 4)})
	e := n.Effects()
	s := e.Save
	if s.Seq != 1 || s.Term != 4 || s.Vote != None || s.First != 3 || len(s.Entries) != 2 ||
		s.Snapshot != nil {
		t.Errorf("%+v", s)
	}
	if len(e.SendSaved) != 3 {
		t.Errorf("%v", e.SendSaved)
	}
	if n.HasEffects() {
		t.Error("effects are left")
	}
}

// TestCompactBeforeSave: a service may be ahead of the disk. The snapshot then stands for entries
// whose save is still under way.
func TestCompactBeforeSave(t *testing.T) {
	n := newNode(t, testConfig(1, 3), Durable{Term: 1, Entries: terms(1, 1)})
	app := Message{Type: AppendEntries, From: 2, To: 1, Term: 2, Seq: 1, Index: 1, LogTerm: 1,
		Entries: terms(2, 2, 2), Commit: 3}
	n.Step(0, app)
	first := n.Effects()
	if err := n.Compact(Snapshot{Index: 3}); err != nil {
		t.Fatal(err)
	}
	app.Seq, app.Index, app.LogTerm, app.Entries = 2, 4, 2, terms(2)
	n.Step(0, app)
	second := n.Effects()
	disk := Durable{Term: 1, Entries: terms(1, 1)}
	first.Save.Apply(&disk)
	second.Save.Apply(&disk)
	if disk.Snapshot.Index != 3 || disk.Snapshot.Term != 2 || len(disk.Entries) != 2 {
		t.Errorf("%+v", disk)
	}
	if n.Saved(2); n.Status().Saved != 5 {
		t.Errorf("%+v", n.Status())
	}
}

// TestSlicesValidUntilNextEffects: and the lists are used again after, not before.
func TestSlicesValidUntilNextEffects(t *testing.T) {
	c := newCluster(t, 3)
	n := c.elect(1)
	if _, _, err := n.Propose(0, []byte("x")); err != nil {
		t.Fatal(err)
	}
	e := n.Effects()
	want := slices.Clone(e.Send)
	n.Tick(n.Deadline())
	for i := range want {
		if e.Send[i].String() != want[i].String() {
			t.Errorf("%v became %v", want[i], e.Send[i])
		}
	}
}

// TestReplicationAllocates: nothing, but what the log itself takes now and then.
func TestReplicationAllocates(t *testing.T) {
	c := newCluster(t, 3)
	n := c.elect(1)
	data := []byte("sixteen bytes...")
	var seq uint64
	round := func() {
		if _, _, err := n.Propose(0, data); err != nil {
			t.Fatal(err)
		}
		e := n.Effects()
		seq = e.Save.Seq
		n.Saved(seq)
		for _, m := range e.Send {
			n.Step(0, Message{Type: AppendEntriesResponse, From: m.To, To: 1, Term: m.Term,
				Seq:   m.Seq,
				Index: m.Index + Index(len(m.Entries))})
		}
		for n.HasEffects() {
			e = n.Effects()
		}
		for i := range n.peers {
			n.peers[i].acked = n.peers[i].sent
		}
		if err := n.Compact(Snapshot{Index: n.applied - 1}); err != nil {
			t.Fatal(err)
		}
	}
	if allocs := testing.AllocsPerRun(1000, round); allocs > 4 { // snapshot, array after Compact
		t.Errorf("%v allocations for one entry", allocs)
	}
}
