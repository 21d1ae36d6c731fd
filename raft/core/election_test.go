package core

import (
	"slices"
	"testing"
)

// step hands m to its receiver alone and returns what that sends.
func (c *cluster) step(m Message) []Message {
	c.net = nil
	c.deliver(m)
	sent := c.net
	c.net = nil
	return sent
}

// answer is step for a request, of which it returns the response.
func (c *cluster) answer(m Message) Message {
	c.t.Helper()
	for _, r := range c.step(m) {
		if r.Type == m.Type.Response() && r.To == m.From {
			return r
		}
	}
	c.t.Fatalf("%v got no response", m)
	return Message{}
}

// plain turns off what the paper does not have.
func plain(c *Config) { c.PreVote, c.CheckQuorum, c.NoOp = false, false, false }

func noNoOp(c *Config) { c.NoOp = false }

// terms makes entries of the given terms.
func terms(ts ...Term) (es []Entry) {
	for i, t := range ts {
		es = append(es, Entry{t, []byte{byte(i), byte(t)}})
	}
	return es
}

// with restarts id from d.
func (c *cluster) with(id NodeID, d Durable) *cluster {
	c.host(id).disk = d
	c.start(c.host(id))
	return c
}

func TestVoteOncePerTerm(t *testing.T) {
	c := newCluster(t, 3, plain)
	ask := Message{Type: RequestVote, From: 2, To: 1, Term: 5}
	if r := c.answer(ask); r.Reject || r.Term != 5 {
		t.Fatalf("first request: %v", r)
	}
	if r := c.answer(ask); r.Reject {
		t.Errorf("the same request, doubled: %v", r)
	}
	ask.From = 3
	if r := c.answer(ask); !r.Reject {
		t.Errorf("another candidate of the term: %v", r)
	}
	c.crash(c.host(1))
	c.start(c.host(1))
	if r := c.answer(ask); !r.Reject {
		t.Errorf("another candidate, after a restart: %v", r)
	}
	ask.Term = 4
	if r := c.answer(ask); !r.Reject || r.Term != 5 {
		t.Errorf("an older term: %v", r)
	}
	ask.Term = 6
	if r := c.answer(ask); r.Reject || r.Term != 6 {
		t.Errorf("a newer term: %v", r)
	}
}

// TestUpToDate: §5.4.1, the last terms decide, then the lengths.
func TestUpToDate(t *testing.T) {
	for _, tt := range []struct {
		index   Index
		term    Term
		granted bool
	}{
		{3, 2, true}, {4, 2, true}, {1, 3, true}, {2, 2, false}, {9, 1, false}, {0, 0, false},
	} {
		for _, preVote := range []bool{false, true} {
			c := newCluster(t, 3).with(1, Durable{Term: 2, Entries: terms(1, 1, 2)})
			r := c.answer(Message{Type: RequestVote, PreVote: preVote, From: 2, To: 1, Term: 7,
				Index: tt.index, LogTerm: tt.term})
			if r.Reject == tt.granted {
				t.Errorf("log ends at 3/2, candidate's at %d/%d: %v", tt.index, tt.term, r)
			}
		}
	}
}

// TestMajority: votes of this term count, once each, and half is not enough.
func TestMajority(t *testing.T) {
	for n := 2; n <= 7; n++ {
		c := newCluster(t, n, plain)
		c.expire(1)
		c.expire(1)
		n1 := c.node(1)
		yes := Message{Type: RequestVoteResponse, From: 2, To: 1, Term: 1}
		c.step(yes) // late, of the first election
		no := yes
		no.Term, no.Reject = 2, true
		c.step(no)
		early := yes
		early.PreVote, early.Term = true, 3
		c.step(early)
		yes.Term = 2
		for votes := 1; votes < n/2+1; votes++ {
			if n1.Role() != Candidate {
				t.Fatalf("%d peers: %v with %d votes", n, n1.Role(), votes)
			}
			yes.From = NodeID(votes + 1)
			c.step(yes)
			if votes+1 < n/2+1 {
				c.step(yes) // doubled
			}
		}
		if n1.Role() != Leader {
			t.Errorf("%d peers: %v with %d votes", n, n1.Role(), n/2+1)
		}
	}
}

// TestHigherTermEndsRole: whatever brings it, answers too (§5.1).
func TestHigherTermEndsRole(t *testing.T) {
	for _, m := range []Message{
		{Type: AppendEntriesResponse, Reject: true},
		{Type: InstallSnapshotResponse, Reject: true},
		{Type: RequestVoteResponse, Reject: true},
		{Type: RequestVoteResponse, PreVote: true, Reject: true},
		{Type: RequestVote, LogTerm: 1, Index: 1},
		{Type: RequestVote}, // which is rejected, as its log is short
		{Type: AppendEntries, Seq: 1},
		{Type: InstallSnapshot, Seq: 1, Snapshot: &Snapshot{Index: 1, Term: 1}},
	} {
		for _, role := range []Role{Candidate, Leader} {
			c := newCluster(t, 3, plain).with(1, Durable{Term: 1, Entries: terms(1)})
			c.expire(1)
			if role == Leader {
				c.settle()
			}
			n := c.node(1)
			if n.Role() != role {
				t.Fatalf("role %v, want %v", n.Role(), role)
			}
			m.From, m.To, m.Term = 2, 1, 9
			c.lies = true // the message comes from nowhere
			c.step(m)
			if n.Role() != Follower || n.Term() != 9 {
				t.Errorf("%v after %v: %v in term %d", role, m, n.Role(), n.Term())
			}
		}
	}
}

// TestCandidateYields: to the leader of its own term (§5.2).
func TestCandidateYields(t *testing.T) {
	c := newCluster(t, 3, plain)
	c.expire(1)
	r := c.answer(Message{Type: AppendEntries, From: 2, To: 1, Term: 1, Seq: 1})
	if n := c.node(1); r.Reject || n.Role() != Follower || n.Leader() != 2 || n.Status().Vote != 1 {
		t.Errorf("%v: %+v", r, n.Status())
	}
}

func TestTimeoutsAreRandom(t *testing.T) {
	c := newCluster(t, 5, plain)
	draws := map[Span]int{}
	for id := range NodeID(5) {
		h := c.host(id + 1)
		for range 200 {
			d := Span(h.node.electionAt - h.node.now)
			if d < timeout || d >= 2*timeout {
				t.Fatalf("timeout %d", d)
			}
			draws[(d-timeout)*10/timeout]++
			c.expire(h.id)
		}
	}
	for tenth, count := range draws {
		if count < 60 || count > 140 {
			t.Errorf("%d of 1000 draws in tenth %d", count, tenth)
		}
	}
	first := map[Time]bool{}
	for _, h := range newCluster(t, 5, plain).hosts {
		first[h.node.electionAt] = true
	}
	if len(first) < 5 {
		t.Errorf("peers with one seed draw the same timeout: %v", first)
	}
}

// TestElectionTimerResets: on hearing the leader, even of what is rejected, and on granting a vote;
// and on nothing else.
func TestElectionTimerResets(t *testing.T) {
	base := Message{From: 2, To: 1, Term: 5, Seq: 1}
	for _, tt := range []struct {
		name   string
		adjust func(*Message)
		resets bool
	}{
		{"heartbeat", func(m *Message) { m.Type = AppendEntries }, true},
		{"append that is rejected", func(m *Message) {
			m.Type, m.Index, m.LogTerm = AppendEntries,
				9, 5
		}, true},
		{"snapshot", func(m *Message) {
			m.Type, m.Snapshot = InstallSnapshot, &Snapshot{Index: 1,
				Term: 1}
		}, true},
		{"granted vote", func(m *Message) { m.Type, m.Index, m.LogTerm = RequestVote, 1, 1 }, true},
		{"denied vote", func(m *Message) { m.Type = RequestVote }, false},
		{"pre-vote", func(m *Message) {
			m.Type, m.PreVote, m.Index, m.LogTerm = RequestVote, true,
				1, 1
		}, false},
		{"stale leader", func(m *Message) { m.Type, m.Term = AppendEntries, 1 }, false},
	} {
		c := newCluster(t, 3).with(1, Durable{Term: 2, Entries: terms(1)})
		n := c.node(1)
		was := n.electionAt
		c.host(1).now = 500
		m := base
		tt.adjust(&m)
		c.step(m)
		if (n.electionAt != was) != tt.resets {
			t.Errorf("%s: timer reset is %v", tt.name, n.electionAt != was)
		}
	}
}

// TestSingleNode leads once its vote for itself is durable, and commits once its entry is.
func TestSingleNode(t *testing.T) {
	c := newCluster(t, 1, noNoOp)
	h := c.host(1)
	h.slow = true
	c.expire(1)
	if h.node.Role() != Candidate {
		t.Fatalf("%v before its vote is durable", h.node.Role())
	}
	c.saveAll(h)
	if h.node.Role() != Leader || h.node.Deadline() != Never {
		t.Fatalf("%v, deadline %d", h.node.Role(), h.node.Deadline())
	}
	c.propose(1, "x")
	if h.applied != 0 {
		t.Error("applied before it was durable")
	}
	c.call(h, func(n *Node) { _ = n.ReadIndex(0, 7) })
	c.saveAll(h)
	if h.applied != 1 || !slices.Equal(h.reads, []Read{{7, 1}}) {
		t.Errorf("applied %d, reads %v", h.applied, h.reads)
	}
	c.call(h, func(n *Node) { _ = n.ReadIndex(0, 8) })
	if !slices.Equal(h.reads, []Read{{7, 1}, {8, 1}}) {
		t.Errorf("reads %v", h.reads)
	}
}

// TestOwnVoteDurable: the others' votes may be in before one's own is on disk.
func TestOwnVoteDurable(t *testing.T) {
	c := newCluster(t, 2, plain)
	h := c.host(1)
	h.slow = true
	c.expire(1)
	c.step(Message{Type: RequestVoteResponse, From: 2, To: 1, Term: 1})
	if h.node.Role() != Candidate {
		t.Errorf("%v before its vote is durable", h.node.Role())
	}
	h.node.Saved(0)
	if h.node.Role() != Candidate {
		t.Errorf("%v after nothing was saved", h.node.Role())
	}
	c.saveAll(h)
	if h.node.Role() != Leader {
		t.Errorf("%v after all", h.node.Role())
	}
}

// TestVoteRetried: those who have not granted are asked again (§5.1), with the same pre-vote, term
// and flag.
func TestVoteRetried(t *testing.T) {
	c := newCluster(t, 5, plain)
	c.expire(1)
	c.net = nil
	c.step(Message{Type: RequestVoteResponse, From: 2, To: 1, Term: 1})
	c.tick(c.host(1), c.host(1).now.plus(beat))
	var asked []NodeID
	for _, m := range c.net {
		if m.Type == RequestVote && m.Term == 1 {
			asked = append(asked, m.To)
		}
	}
	if !slices.Equal(asked, []NodeID{3, 4, 5}) {
		t.Errorf("asked again: %v", asked)
	}
}

func TestHighestTermIsTheEnd(t *testing.T) {
	c := newCluster(t, 3, plain).with(1, Durable{Term: maxTerm})
	c.expire(1)
	if n := c.node(1); n.Role() != Follower || n.Term() != maxTerm ||
		n.Deadline() <= c.host(1).now {
		t.Errorf("%+v, deadline %d", n.Status(), n.Deadline())
	}
}

// TestCheckQuorum: a leader that hears only a minority steps down in between one and two election
// timeouts (thesis §6.2); one that hears a majority stays.
func TestCheckQuorum(t *testing.T) {
	c := newCluster(t, 5)
	c.elect(1)
	since := c.host(1).now
	for _, id := range []NodeID{2, 3, 4} {
		c.cut[[2]NodeID{id, 1}] = true
	}
	for c.node(1).Role() == Leader {
		if c.host(1).now > since.plus(2*timeout) {
			t.Fatal("still leads")
		}
		c.tick(c.host(1), c.node(1).Deadline())
		c.settle()
	}
	if passed := Span(c.host(1).now - since); passed < timeout {
		t.Errorf("stepped down after %d", passed)
	}

	c = newCluster(t, 5)
	c.elect(1)
	c.cut[[2]NodeID{2, 1}], c.cut[[2]NodeID{3, 1}] = true, true
	c.run(10 * timeout)
	if c.leader() != c.node(1) || c.node(1).Term() != 1 {
		t.Errorf("1 lost leadership though a majority answers: %+v", c.node(1).Status())
	}
}

// TestElectionBudget: three peers elect a leader and beat for a second in at most 30 requests; an
// idle second takes at most 60. Here a heartbeat is 100 and the timeout 300, in milliseconds.
func TestElectionBudget(t *testing.T) {
	for seed := range uint64(50) {
		c := newCluster(t, 3, func(c *Config) {
			c.NoOp, c.ElectionTimeout, c.Seed = false, 300, seed
		})
		requests := 0
		c.trace = func(_ string, args ...any) {
			if m, ok := args[0].(Message); ok && !m.Type.IsResponse() {
				requests++
			}
		}
		c.run(1000)
		if c.leader() == nil || requests > 30 {
			t.Fatalf("seed %d: %d requests in the first second, leader %v", seed, requests,
				c.leader())
		}
		requests = 0
		if c.run(1000); requests > 22 {
			t.Fatalf("seed %d: %d requests in an idle second", seed, requests)
		}
	}
}
