package core

import "testing"

// TestPreVotePromisesNothing: it changes neither term nor vote nor timer, and may be given to all
// (thesis §9.6).
func TestPreVotePromisesNothing(t *testing.T) {
	c := newCluster(t, 3)
	n := c.node(1)
	for _, from := range []NodeID{2, 3, 2} {
		r := c.answer(Message{Type: RequestVote, PreVote: true, From: from, To: 1, Term: 4})
		if r.Reject || !r.PreVote || r.Term != 4 {
			t.Errorf("%v", r)
		}
	}
	if n.Term() != 0 || n.Status().Vote != None || n.disk.handed != 0 {
		t.Errorf("%+v", n.Status())
	}
	c.with(1, Durable{Term: 4})
	if r := c.answer(Message{Type: RequestVote, PreVote: true, From: 2, To: 1,
		Term: 4}); !r.Reject || r.Term != 4 {
		t.Errorf("a pre-vote for the current term: %v", r)
	}
}

// TestPreVoteNeedsMajority: only then is the term raised.
func TestPreVoteNeedsMajority(t *testing.T) {
	c := newCluster(t, 5).with(1, Durable{Term: 3})
	n := c.node(1)
	c.expire(1)
	yes := Message{Type: RequestVoteResponse, PreVote: true, From: 2, To: 1, Term: 4}
	for _, m := range []Message{
		yes, yes, // doubled
		{Type: RequestVoteResponse, PreVote: true, Reject: true, From: 3, To: 1, Term: 3},
		{Type: RequestVoteResponse, PreVote: true, From: 3, To: 1, Term: 5},
		{Type: RequestVoteResponse, PreVote: true, From: 4, To: 1, Term: 3}, // of an earlier one
		{Type: RequestVoteResponse, From: 4, To: 1, Term: 3},
	} {
		c.step(m)
		if n.Role() != PreCandidate || n.Term() != 3 {
			t.Fatalf("%v in term %d after %v", n.Role(), n.Term(), m)
		}
	}
	yes.From = 3
	c.step(yes)
	if n.Role() != Candidate || n.Term() != 4 {
		t.Errorf("%v in term %d with a majority", n.Role(), n.Term())
	}
}

// TestSticky: who hears from a leader, and the leader, grant no votes and keep their term (thesis
// §4.2.3).
func TestSticky(t *testing.T) {
	for _, preVote := range []bool{false, true} {
		c := newCluster(t, 3)
		c.elect(1)
		ask := Message{Type: RequestVote, PreVote: preVote, From: 3, Term: 9, Index: 9, LogTerm: 8}
		for _, id := range []NodeID{1, 2} {
			ask.To = id
			if r := c.answer(ask); !r.Reject || r.Term != 1 || c.node(id).Term() != 1 {
				t.Errorf("%v: %v", ask, r)
			}
		}
		ask.To = 2
		c.host(2).now = c.host(2).now.plus(timeout)
		if r := c.answer(ask); r.Reject {
			t.Errorf("an election timeout later: %v", r)
		}
		ask.To, ask.Transfer = 1, true
		if r := c.answer(ask); r.Reject {
			t.Errorf("on the leader's own behalf: %v", r)
		}
	}
}

// TestNotSticky: without CheckQuorum nobody is, as nothing would end a useless leader.
func TestNotSticky(t *testing.T) {
	c := newCluster(t, 3, plain)
	c.elect(1)
	if r := c.answer(Message{Type: RequestVote, From: 3, To: 2, Term: 9, Index: 9,
		LogTerm: 8}); r.Reject {
		t.Errorf("%v", r)
	}
}

// TestOneWayPeer: a peer that hears nobody deposes no leader, however long (the link is cut towards
// it).
func TestOneWayPeer(t *testing.T) {
	c := newCluster(t, 5)
	c.elect(1)
	for id := range NodeID(5) {
		c.cut[[2]NodeID{id + 1, 4}] = true
	}
	c.run(50 * timeout)
	if n := c.leader(); n != c.node(1) || n.Term() != 1 {
		t.Errorf("leader %+v", n.Status())
	}
}

// TestHigherTermComesBack: a peer with a higher term and a shorter log makes the others catch up
// with its term, once, and does not lead.
func TestHigherTermComesBack(t *testing.T) {
	c := newCluster(t, 3)
	c.crash(c.host(3))
	c.elect(1)
	c.propose(1, "x")
	c.settle()
	c.host(3).disk.Term = 7
	c.host(3).now = c.host(1).now
	c.start(c.host(3))
	c.run(10 * timeout)
	n := c.leader()
	if n == nil || n == c.node(3) || n.Term() != 8 {
		t.Fatalf("leader %+v", n.Status())
	}
	if c.host(3).applied != c.host(1).applied {
		t.Errorf("3 applied %d", c.host(3).applied)
	}
}
