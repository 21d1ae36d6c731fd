package core

import (
	"errors"
	"fmt"
	"slices"
	"testing"
)

func TestProposeNeedsLeader(t *testing.T) {
	c := newCluster(t, 3)
	if _, _, err := c.node(1).Propose(0, []byte("x")); !errors.Is(err, ErrNotLeader) {
		t.Errorf("follower: %v", err)
	}
	c.expire(1)
	if _, _, err := c.node(1).Propose(0, []byte("x")); !errors.Is(err, ErrNotLeader) {
		t.Errorf("candidate: %v", err)
	}
	c.settle()
	first, term, err := c.node(1).Propose(0, []byte("x"), nil, []byte{})
	if first != 2 || term != 1 || err != nil { // after the no-op
		t.Errorf("leader: %d, %d, %v", first, term, err)
	}
	for _, e := range c.node(1).log.slice(2, 4) {
		if e.Data == nil {
			t.Errorf("a command became a no-op: %v", e)
		}
	}
	if first, _, err := c.node(1).Propose(0); first != 5 || err != nil {
		t.Errorf("nothing proposed: %d, %v", first, err)
	}
}

// TestAppendConsistency: §5.3, what a follower with entries of terms 1 1 2 2 does with an append.
func TestAppendConsistency(t *testing.T) {
	for _, tt := range []struct {
		name          string
		prev          Index
		prevTerm      Term
		entries       []Entry
		reject        bool
		match, hint   Index
		hintTerm      Term
		length        Index
		commit, wants Index // leader's commit, and ours after it
	}{
		{name: "heartbeat at the end", prev: 4, prevTerm: 2, match: 4, length: 4, commit: 9,
			wants: 4},
		{name: "heartbeat before the end does not truncate, nor commit the rest",
			prev: 2, prevTerm: 1, match: 2, length: 4, commit: 4, wants: 2},
		{name: "new entries", prev: 4, prevTerm: 2, entries: terms(3, 3), match: 6, length: 6,
			commit: 5, wants: 5},
		{name: "entries it has do not truncate",
			prev: 1, prevTerm: 1, entries: terms(1, 2), match: 3, length: 4, commit: 9, wants: 3},
		{name: "a conflict truncates all after it",
			prev: 1, prevTerm: 1, entries: terms(1, 3), match: 3, length: 3, commit: 3, wants: 3},
		{name: "from the beginning", entries: terms(3), match: 1, length: 1},
		{name: "beyond the end", prev: 6, prevTerm: 3, entries: terms(3), reject: true,
			match: 6, hint: 4, hintTerm: 2, length: 4, commit: 6},
		{name: "beyond the end, of an old term", prev: 6, prevTerm: 1, reject: true,
			match: 6, hint: 2, hintTerm: 1, length: 4},
		{name: "another term there, higher", prev: 4, prevTerm: 3, reject: true,
			match: 4, hint: 4, hintTerm: 2, length: 4, commit: 4},
		{name: "another term there, lower: skips a whole term", prev: 4, prevTerm: 1, reject: true,
			match: 4, hint: 2, hintTerm: 1, length: 4},
	} {
		c := newCluster(t, 3).with(1, Durable{Term: 2, Entries: terms(1, 1, 2, 2)})
		r := c.answer(Message{Type: AppendEntries, From: 2, To: 1, Term: 3, Seq: 5,
			Index: tt.prev, LogTerm: tt.prevTerm, Entries: tt.entries, Commit: tt.commit})
		if r.Reject != tt.reject || r.Index != tt.match || r.Hint != tt.hint ||
			r.LogTerm != tt.hintTerm ||
			r.Seq != 5 || r.Term != 3 {
			t.Errorf("%s: %v", tt.name, r)
		}
		if n := c.node(1); n.log.last() != tt.length || n.commit != tt.wants {
			t.Errorf("%s: last %d commit %d", tt.name, n.log.last(), n.commit)
		}
	}
}

// TestStaleAppend: an old leader's append changes nothing, and its sender learns our term (§5.1).
func TestStaleAppend(t *testing.T) {
	c := newCluster(t, 3).with(1, Durable{Term: 5, Entries: terms(1)})
	r := c.answer(Message{Type: AppendEntries, From: 2, To: 1, Term: 4, Seq: 3, Entries: terms(4)})
	if !r.Reject || r.Term != 5 || r.Seq != 0 || c.node(1).log.last() != 1 ||
		c.node(1).Leader() != None {
		t.Errorf("%v, %+v", r, c.node(1).Status())
	}
	r = c.answer(Message{Type: InstallSnapshot, From: 2, To: 1, Term: 4, Seq: 4,
		Snapshot: &Snapshot{Index: 9, Term: 4}})
	if !r.Reject || r.Term != 5 || r.Seq != 0 || c.node(1).commit != 0 {
		t.Errorf("%v, %+v", r, c.node(1).Status())
	}
}

// TestAnswerToOlderTerm: an answer to an append of an older term comes from the term that its
// sender leads by now. It must not be taken for an answer to the request of that number in this
// term.
func TestAnswerToOlderTerm(t *testing.T) {
	c := newCluster(t, 3, plain)
	c.elect(1)
	for i := range 9 {
		c.propose(1, fmt.Sprint(i))
		c.settle()
	}
	c.heartbeat(1)
	old := c.net[0] // #20 to 2, in term 1
	c.net = nil
	c.elect(3)
	n := c.elect(1) // in term 3
	c.propose(1, "x")
	c.net = nil
	r := c.answer(old)
	if !r.Reject || r.Term != n.term || r.Seq != 0 {
		t.Fatalf("%v", r)
	}
	p := *n.peer(2)
	if c.step(r); *n.peer(2) != p {
		t.Errorf("%v became %v", &p, n.peer(2))
	}
}

// TestBackupTermsPerRoundTrip: however long the wrong logs, the match is found in about one
// exchange per term, not per entry.
func TestBackupTermsPerRoundTrip(t *testing.T) {
	var long, other []Term
	for i := range Term(10) {
		for range 50 {
			long = append(long, 2*i+2)
			other = append(other, 2*i+1)
		}
	}
	c := newCluster(t, 3, plain).
		with(1, Durable{Term: 30, Entries: terms(append([]Term{1}, long...)...)}).
		with(2, Durable{Term: 30, Entries: terms(append([]Term{1}, other...)...)})
	c.cut[[2]NodeID{1, 3}] = false
	probes := 0
	c.trace = func(_ string, args ...any) {
		if m, ok := args[0].(Message); ok && m.Type == AppendEntriesResponse && m.Reject &&
			m.From == 2 {
			probes++
		}
	}
	c.elect(1)
	if probes > 11 || c.node(1).peer(2).match != c.node(1).log.last() {
		t.Errorf("%d rejections, %v", probes, c.node(1).peer(2))
	}
}

// count runs f and returns how many requests 1 sends to 2, and with entries.
func (c *cluster) count(f func()) (requests, loaded int) {
	c.trace = func(_ string, args ...any) {
		if m, ok := args[0].(Message); ok && m.From == 1 && m.To == 2 && !m.Type.IsResponse() {
			requests++
			loaded += min(len(m.Entries), 1)
		}
	}
	f()
	c.trace = func(string, ...any) {}
	return requests, loaded
}

// TestBurst: ten proposals, microseconds apart, on a network where a message takes half a
// millisecond. All peers agree on all of them within 42 requests.
func TestBurst(t *testing.T) {
	for _, window := range []int{1, 2, 3} {
		c := newCluster(t, 3, noNoOp, func(c *Config) { c.MaxInflight = window })
		c.elect(1)
		requests := 0
		c.trace = func(_ string, args ...any) {
			if m, ok := args[0].(Message); ok && !m.Type.IsResponse() {
				requests++
			}
		}
		for i := range 12 {
			c.propose(1, fmt.Sprint(i))
		}
		c.settle()
		for _, h := range c.hosts {
			if h.applied != 12 {
				t.Errorf("window %d: node %d applied %d", window, h.id, h.applied)
			}
		}
		if requests > 2*(window+3) {
			t.Errorf("window %d: %d requests", window, requests)
		}
	}
}

// TestOneAtATime: each takes an append and the news that it is committed, to each follower.
func TestOneAtATime(t *testing.T) {
	c := newCluster(t, 3)
	c.elect(1)
	requests, loaded := c.count(func() {
		for i := range 10 {
			c.propose(1, fmt.Sprint(i))
			c.settle()
		}
	})
	if requests != 20 || loaded != 10 {
		t.Errorf("%d requests, %d with entries", requests, loaded)
	}
}

func TestBatchLimits(t *testing.T) {
	c := newCluster(t, 2, func(c *Config) {
		c.MaxInflight, c.MaxBatchEntries, c.MaxBatchBytes = 100,
			4, 10
	})
	c.elect(1)
	c.net = nil
	c.propose(1, "1", "2", "3", "4", "5", "666666", "7777", "88888888888888", "9")
	var got []int
	for _, m := range c.net {
		got = append(got, len(m.Entries))
	}
	if want := []int{4, 2, 1, 1, 1}; !slices.Equal(got, want) {
		t.Errorf("batches of %v entries, want %v", got, want)
	}
}

// TestDeadFollower: proposals do not pile up messages to a follower that does not answer; it gets
// its heartbeats.
func TestDeadFollower(t *testing.T) {
	c := newCluster(t, 3)
	c.elect(1)
	c.crash(c.host(2))
	requests, _ := c.count(func() {
		for i := range 100 {
			c.propose(1, fmt.Sprint(i))
			c.settle()
		}
	})
	if requests > 4 {
		t.Errorf("%d requests to a dead follower", requests)
	}
	if requests, _ = c.count(func() { c.run(10 * beat) }); requests > 11 {
		t.Errorf("%d requests in ten heartbeats", requests)
	}
	c.host(2).now = c.host(1).now
	c.start(c.host(2))
	if requests, _ = c.count(func() { c.run(beat) }); requests > 6 || c.host(2).applied != 101 {
		t.Errorf("%d requests to catch up, applied %d", requests, c.host(2).applied)
	}
}

// TestReadsToDeadFollower: rounds of reads ask a follower that does not answer, but do not send it the
// entries that it lacks each time; heartbeats do.
func TestReadsToDeadFollower(t *testing.T) {
	c := newCluster(t, 3)
	c.elect(1)
	c.crash(c.host(2))
	c.propose(1, "x")
	c.heartbeat(1)
	n := c.node(1)
	n.Lost(Message{Type: AppendEntries, From: 1, To: 2, Term: n.term, Seq: n.peer(2).sent})
	c.settle()
	_, loaded := c.count(func() {
		for i := range uint64(50) {
			c.read(1, i)
			c.settle()
		}
	})
	if got := c.host(1).reads; len(got) != 50 || loaded > 1 {
		t.Errorf("%d reads answered; %d requests carried entries", len(got), loaded)
	}
	if _, loaded := c.count(func() { c.run(3 * beat) }); loaded < 2 {
		t.Errorf("%d requests carried entries in three heartbeats", loaded)
	}
}

// TestLost: what the driver reports goes again with the next heartbeat; what was overtaken, or is
// long past, is no news.
func TestLost(t *testing.T) {
	c := newCluster(t, 2)
	n := c.elect(1)
	p := n.peer(2)
	c.propose(1, "x")
	m := c.take(0)
	for _, other := range []Message{
		{Type: AppendEntries, From: 1, To: 2, Term: n.term - 1, Seq: m.Seq},
		{Type: AppendEntries, From: 1, To: 2, Term: n.term, Seq: m.Seq - 1},
		{Type: AppendEntries, From: 1, To: 2, Term: n.term, Seq: m.Seq + 1},
		{Type: AppendEntries, From: 1, To: 9, Term: n.term, Seq: m.Seq},
		{Type: TimeoutNow, From: 1, To: 2, Term: n.term},
	} {
		if n.Lost(other); p.flow != replicate {
			t.Fatalf("after %v: %v", other, p)
		}
	}
	n.Lost(m)
	if p.flow != probe || !p.waiting {
		t.Fatalf("%v", p)
	}
	c.propose(1, "y")
	if len(c.net) > 0 {
		t.Errorf("sent before the heartbeat: %v", c.net)
	}
	c.heartbeat(1)
	if len(c.net) != 1 || len(c.net[0].Entries) != 2 {
		t.Errorf("heartbeat: %v", c.net)
	}
	c.settle()
	if c.host(2).applied != 3 {
		t.Errorf("applied %d", c.host(2).applied)
	}
}

// TestEntriesNeverWrittenOver: what a leader handed to the network stays as it was, after it is
// deposed and its log truncated and overwritten.
func TestEntriesNeverWrittenOver(t *testing.T) {
	c := newCluster(t, 3, plain)
	c.elect(1)
	c.propose(1, "a", "b", "c")
	m := c.net[0]
	c.net = nil
	c.step(Message{Type: AppendEntries, From: 3, To: 1, Term: 2, Seq: 1, Entries: []Entry{
		{2, []byte("X")}, {2, []byte("Y")}, {2, []byte("Z")}}})
	for i, want := range []string{"a", "b", "c"} {
		if e := m.Entries[i]; string(e.Data) != want || e.Term != 1 {
			t.Errorf("entry %d in flight became %v", i+1, e)
		}
	}
	if got := c.node(1).log.slice(1, 3); string(got[0].Data) != "X" {
		t.Errorf("log has %v", got)
	}
}

// TestCandidacyResetsProgress: a leader of a new term knows nothing of its followers' logs,
// whatever it knew in an old one.
func TestCandidacyResetsProgress(t *testing.T) {
	c := newCluster(t, 3, plain)
	c.elect(1)
	c.propose(1, "a")
	c.settle()
	c.elect(2)
	c.expire(1)
	c.step(Message{Type: RequestVoteResponse, From: 3, To: 1, Term: 3})
	if n := c.node(1); n.Role() != Leader || n.peer(2).match != 0 || n.peer(2).sent != 1 {
		t.Errorf("%v", n.peer(2))
	}
}
