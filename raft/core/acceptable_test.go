package core

import (
	"math"
	"reflect"
	"testing"
)

// liar is a node with entries 3..6 of terms 2 2 3 3 after a snapshot of 2/1, committed up to 4,
// following 2 in term 3; or leading term 4.
func liar(t *testing.T, leads bool) *cluster {
	c := newCluster(t, 3, plain)
	c.lies = true
	c.with(1, Durable{Term: 3, Snapshot: Snapshot{Index: 2, Term: 1}, Entries: terms(2, 2, 3, 3)})
	c.step(Message{Type: AppendEntries, From: 2, To: 1, Term: 3, Seq: 1, Index: 4, LogTerm: 2,
		Commit: 4})
	if leads {
		c.expire(1)
		c.step(Message{Type: RequestVoteResponse, From: 2, To: 1, Term: 4})
	}
	return c
}

// TestImpossibleMessages: each is refused, counted, not answered, and changes nothing else.
func TestImpossibleMessages(t *testing.T) {
	ae := Message{Type: AppendEntries, From: 2, To: 1, Term: 3, Seq: 1}
	is := Message{Type: InstallSnapshot, From: 2, To: 1, Term: 3, Seq: 1}
	type change = func(*Message)
	for _, tt := range []struct {
		name   string
		m      Message
		change change
		leads  bool
	}{
		{"no type", ae, func(m *Message) { m.Type = 0 }, false},
		{"unknown type", ae, func(m *Message) { m.Type = 99 }, false},
		{"for another", ae, func(m *Message) { m.To = 2 }, false},
		{"from oneself", ae, func(m *Message) { m.From = 1 }, false},
		{"from a stranger", ae, func(m *Message) { m.From = 7 }, false},
		{"term 0", ae, func(m *Message) { m.Term = 0 }, false},
		{"term beyond all", ae, func(m *Message) { m.Term = math.MaxUint64 }, false},
		{"index overflows", ae, func(m *Message) {
			m.Index, m.LogTerm, m.Entries = math.MaxUint64, 3, terms(3)
		}, false},
		{"index 0 with a term", ae, func(m *Message) { m.LogTerm = 1 }, false},
		{"index without a term", ae, func(m *Message) { m.Index = 4 }, false},
		{"append as a pre-vote", ae, func(m *Message) { m.PreVote = true }, false},
		{"no number", ae, func(m *Message) { m.Seq = 0 }, false},
		{"prev of a later term", ae, func(m *Message) { m.Index, m.LogTerm = 9, 4 }, false},
		{"entry of a later term", ae, func(m *Message) {
			m.Index, m.LogTerm, m.Entries = 6, 3, terms(4)
		}, false},
		{"entry of term 0", ae, func(m *Message) { m.Entries = terms(0) }, false},
		{"terms fall", ae, func(m *Message) {
			m.Index, m.LogTerm, m.Entries = 6, 3, terms(3, 2)
		}, false},
		{"terms fall after prev", ae, func(m *Message) {
			m.Index, m.LogTerm, m.Entries = 6, 3, terms(2)
		}, false},
		{"another leader of the term", ae, func(m *Message) { m.From = 3 }, false},
		{"prev is committed with another term", ae, func(m *Message) {
			m.Index, m.LogTerm = 4, 3
		}, false},
		{"prev is compacted with another term", ae, func(m *Message) {
			m.Index, m.LogTerm = 2, 2
		}, false},
		{"writes over a committed entry", ae, func(m *Message) {
			m.Term, m.Index, m.LogTerm, m.Entries = 9, 3, 2, terms(4)
		}, false},
		{"writes over a compacted entry", ae, func(m *Message) {
			m.Term, m.Index, m.LogTerm, m.Entries = 9, 1, 1, terms(2)
		}, false},
		{"usurps our term", ae, func(m *Message) { m.Term = 4 }, true},
		{"no snapshot", is, func(m *Message) { m.Snapshot = nil }, false},
		{"snapshot of nothing", is, func(m *Message) { m.Snapshot = &Snapshot{} }, false},
		{"snapshot without a term", is, func(m *Message) {
			m.Snapshot = &Snapshot{Index: 9}
		}, false},
		{"snapshot of a later term", is, func(m *Message) {
			m.Snapshot = &Snapshot{Index: 9, Term: 4}
		}, false},
		{"snapshot beyond all", is, func(m *Message) {
			m.Snapshot = &Snapshot{Index: math.MaxUint64, Term: 3}
		}, false},
		{"snapshot out of all proportion", is, func(m *Message) {
			m.Snapshot = &Snapshot{Index: maxLeap + 1, Term: 3}
		}, false},
		{"snapshot of another leader", is, func(m *Message) {
			m.From, m.Snapshot = 3, &Snapshot{Index: 9, Term: 3}
		}, false},
		{"snapshot of another past", is, func(m *Message) {
			m.Snapshot = &Snapshot{Index: 4, Term: 3}
		}, false},
		{"snapshot whose term fell", is, func(m *Message) {
			m.Snapshot = &Snapshot{Index: 9, Term: 1}
		}, false},
		{"numberless snapshot", is, func(m *Message) {
			m.Seq, m.Snapshot = 0, &Snapshot{Index: 9, Term: 3}
		}, false},
		{"candidate with entries of its term", ae, func(m *Message) {
			m.Type, m.Index, m.LogTerm = RequestVote, 9, 3
		}, false},
		{"TimeoutNow of another leader", ae, func(m *Message) {
			m.Type, m.From = TimeoutNow, 3
		}, false},
		{"answer without a number", ae, func(m *Message) {
			m.Type, m.Term, m.Seq = AppendEntriesResponse, 4, 0
		}, true},
		{"answer to what was not sent", ae, func(m *Message) {
			m.Type, m.Term, m.Seq = AppendEntriesResponse, 4, 99
		}, true},
		{"match beyond our log", ae, func(m *Message) {
			m.Type, m.Term, m.Index = AppendEntriesResponse, 4, 7
		}, true},
		{"hint beyond its question", ae, func(m *Message) {
			m.Type, m.Term, m.Reject, m.Index, m.Hint = AppendEntriesResponse, 4, true, 3, 4
		}, true},
		{"snapshot match beyond our log", ae, func(m *Message) {
			m.Type, m.Term, m.Index = InstallSnapshotResponse, 4, 7
		}, true},
		{"snapshot rejected", ae, func(m *Message) {
			m.Type, m.Term, m.Reject = InstallSnapshotResponse, 4, true
		}, true},
		{"numberless answer", ae, func(m *Message) {
			m.Type, m.Term, m.Seq = InstallSnapshotResponse, 4, 0
		}, true},
	} {
		c := liar(t, tt.leads)
		n := c.node(1)
		if n.refused > 0 || n.commit != 4 || (n.Role() == Leader) != tt.leads {
			t.Fatalf("%+v", n.Status())
		}
		before, timer := n.Status(), n.electionAt
		m := tt.m
		tt.change(&m)
		if n.Step(n.now, m); n.HasEffects() {
			t.Errorf("%s: has effects", tt.name)
		}
		before.Refused++
		if after := n.Status(); !reflect.DeepEqual(before, after) || n.electionAt != timer {
			t.Errorf("%s: was %+v\n is %+v", tt.name, before, after)
		}
	}
}

// TestUselessMessages: possible, but of no use any more. They change nothing and are no lies.
func TestUselessMessages(t *testing.T) {
	for _, m := range []Message{
		// We led term 3 once, perhaps.
		{Type: AppendEntriesResponse, Seq: 5, Index: 9, Term: 3},
		{Type: InstallSnapshotResponse, Seq: 5, Index: 9, Term: 3},
		// Answers to an older term.
		{Type: AppendEntriesResponse, Reject: true, Term: 3},
		{Type: InstallSnapshotResponse, Reject: true, Term: 3},
		// Of an older term themselves.
		{Type: AppendEntriesResponse, Seq: 5, Index: 9, Term: 2},
		{Type: TimeoutNow, Term: 2},
		// We do not stand; and a granted pre-vote raises no term.
		{Type: RequestVoteResponse, Term: 3},
		{Type: RequestVoteResponse, PreVote: true, Term: 4},
		{Type: RequestVoteResponse, PreVote: true, Term: 9},
		{Type: RequestVoteResponse, PreVote: true, Reject: true, Term: 3},
	} {
		c := liar(t, false)
		before := c.node(1).Status()
		m.From, m.To = 2, 1
		if sent := c.step(m); len(sent) > 0 {
			t.Errorf("%v: answered %v", m, sent)
		}
		if after := c.node(1).Status(); !reflect.DeepEqual(before, after) {
			t.Errorf("%v: was %+v\n is %+v", m, before, after)
		}
	}
}
