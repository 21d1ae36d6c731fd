package core

import (
	"strings"
	"testing"
)

// TestCheckFindsBrokenStates: an invariant that nothing can break in a test has to be seen to be
// looked at.
func TestCheckFindsBrokenStates(t *testing.T) {
	for _, tt := range []struct {
		want   string
		damage func(n *Node)
	}{
		{"commit 9", func(n *Node) { n.commit = 9 }},
		{"applied 3", func(n *Node) { n.applied = 3; n.commit = 2 }},
		{"base 7", func(n *Node) { n.log.base = 7 }},
		{"saved 9", func(n *Node) { n.disk.saved = 9 }},
		{"save begins at 9", func(n *Node) { n.disk.from = 9 }},
		{"dead", func(n *Node) { n.log.dead = 9 }},
		{"snapshot is", func(n *Node) { n.snapshot = nil }},
		{"snapshot at 1/5", func(n *Node) { n.snapshot = &Snapshot{Index: 1, Term: 5} }},
		{"entry 3 has term 0", func(n *Node) { n.log.entries[1].Term = 0 }},
		{"entry 4 has term 9", func(n *Node) { n.log.entries[2].Term = 9 }},
		{"leader is 2", func(n *Node) { n.leader = 2 }},
		{"leader is 1", func(n *Node) { n.role = Follower }},
		{"leader is 2", func(n *Node) { n.role, n.leader = PreCandidate, 2 }},
		{"vote is for 3", func(n *Node) { n.vote = 3 }},
		{"reads [8]", func(n *Node) {
			n.role, n.leader = Follower, None
			n.reads.asked = []uint64{8}
		}},
		{"transferred to 2", func(n *Node) {
			n.role, n.leader = Follower, None
			n.transfer.to = 2
		}},
		{"match < next", func(n *Node) { n.peers[0].next = 9 }},
		{"acked 99", func(n *Node) { n.peers[0].acked = 99 }},
		{"told of commit 9", func(n *Node) { n.peers[0].told = 9 }},
		{"pending", func(n *Node) { n.peers[0].flow, n.peers[0].pending = snapshot, 3 }},
		{"round 99", func(n *Node) { n.peers[0].round = 99 }},
		{"without a majority", func(n *Node) {
			n.peers[0].match, n.disk.saved = 1, 1
			n.peers[1].match = 0
		}},
	} {
		c := newCluster(t, 3, plain)
		n := c.elect(1)
		c.propose(1, "a", "b", "c", "d")
		c.settle()
		if err := c.compact(c.host(1), 1); err != nil {
			t.Fatal(err)
		}
		tt.damage(n)
		if err := n.Check(); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("want %q, got: %v", tt.want, err)
		}
	}
}

func TestCheckerFindsBrokenSteps(t *testing.T) {
	entries := func(n *Node) {
		n.log.entries = append([]Entry(nil), n.log.entries...)
		n.log.entries[0].Data = []byte("other")
	}
	for _, tt := range []struct {
		want   string
		damage func(n *Node)
	}{
		{"", func(n *Node) {}},
		{"term fell", func(n *Node) {
			n.term, n.role, n.leader, n.log = 1, Follower, None, log{}
			n.commit, n.applied = 0, 0
			n.disk = disk{}
		}},
		{"vote moved from 1 to 3", func(n *Node) { n.role, n.leader, n.vote = Follower, None, 3 }},
		{"commit fell from 3 to 2", func(n *Node) {
			n.commit, n.applied = 2, 2
			n.peers[0].told = 2
			n.peers[1].told = 2
		}},
		{"applied fell from 3 to 2", func(n *Node) { n.applied = 2 }},
		{"committed entry 1 changed", entries},
		{"rewrote its entry 4", func(n *Node) {
			n.log.truncate(4)
			n.log.append(Entry{2, []byte("y")})
			n.log.entries[3].Data = nil
		}},
		{"match of 2 fell", func(n *Node) { n.peers[0].match = 2 }},
	} {
		c := newCluster(t, 3, plain)
		c.elect(2)
		n := c.elect(1)
		c.propose(1, "a", "b", "c")
		c.settle()
		c.cut[[2]NodeID{1, 2}], c.cut[[2]NodeID{1, 3}] = true, true
		c.propose(1, "d", "e")
		var checker Checker
		if err := checker.Check(n); err != nil {
			t.Fatal(err)
		}
		checker.log.entries = append([]Entry(nil), checker.log.entries...)
		tt.damage(n)
		err := checker.Check(n)
		if tt.want == "" && err == nil {
			continue
		}
		if tt.want == "" || err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("want %q, got: %v", tt.want, err)
		}
	}
	c := newCluster(t, 3, plain)
	c.elect(1)
	c.propose(1, "a", "b")
	c.settle()
	var checker Checker
	if err := checker.Check(c.node(1)); err != nil {
		t.Fatal(err)
	}
	if err := c.compact(c.host(1), 1); err != nil {
		t.Fatal(err)
	}
	if err := checker.Check(c.node(1)); err != nil {
		t.Fatal(err)
	}
	fresh := newNode(t, testConfig(1, 3), Durable{Term: 1, Vote: 1, Entries: terms(1, 1)})
	fresh.role, fresh.leader, fresh.commit, fresh.applied = Leader, 1, 2, 2
	for i := range fresh.peers {
		fresh.peers[i].next, fresh.peers[i].match = 3, 2
	}
	if err := checker.Check(fresh); err == nil || !strings.Contains(err.Error(), "first fell") {
		t.Errorf("%v", err)
	}
	checker = Checker{}
	fresh.role, fresh.leader = Follower, None
	if err := checker.Check(fresh); err != nil {
		t.Fatal(err)
	}
	fresh.role, fresh.leader = Leader, 1
	if err := checker.Check(fresh); err == nil || !strings.Contains(err.Error(), "no candidate") {
		t.Errorf("%v", err)
	}
}
