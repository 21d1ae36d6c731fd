package core

import (
	"errors"
	"slices"
	"testing"
)

// read asks id for a read.
func (c *cluster) read(id NodeID, read uint64) {
	c.t.Helper()
	c.call(c.host(id), func(n *Node) {
		if err := n.ReadIndex(c.host(id).now, read); err != nil {
			c.t.Fatalf("read %d at %d: %v", read, id, err)
		}
	})
}

func TestReadNeedsLeader(t *testing.T) {
	c := newCluster(t, 3)
	if err := c.node(1).ReadIndex(0, 1); !errors.Is(err, ErrNotLeader) {
		t.Errorf("%v", err)
	}
}

// TestReadWaitsForCommitInTerm: a new leader may not know of all that is committed (thesis §6.4).
func TestReadWaitsForCommitInTerm(t *testing.T) {
	c := newCluster(t, 3, noNoOp)
	c.elect(2)
	c.propose(2, "x")
	c.deliver(c.take(0)) // 1 has it
	c.crash(c.host(2))
	c.net = nil
	c.elect(1)
	c.read(1, 7)
	c.settle()
	if got := c.host(1).reads; len(got) > 0 {
		t.Fatalf("answered %v, though nothing is committed in term 2", got)
	}
	c.propose(1, "y")
	c.settle()
	if got := c.host(1).reads; !slices.Equal(got, []Read{{7, 2}}) {
		t.Errorf("answered %v", got)
	}
}

// TestReadRounds: reads that come during a round share the next.
func TestReadRounds(t *testing.T) {
	c := newCluster(t, 3)
	c.elect(1)
	requests, _ := c.count(func() {
		for i := range uint64(10) {
			c.read(1, i)
		}
		c.settle()
	})
	if got := c.host(1).reads; len(got) != 10 || requests != 2 {
		t.Errorf("%d requests to a follower, answered %v", requests, got)
	}
}

// TestReadNeedsLaterAnswers: answers to what was sent before do not confirm a read, whenever they
// arrive.
func TestReadNeedsLaterAnswers(t *testing.T) {
	c := newCluster(t, 3)
	c.elect(1)
	c.heartbeat(1)
	for len(c.net) > 0 && !c.net[0].Type.IsResponse() {
		c.deliver(c.take(0))
	}
	c.read(1, 7)
	early := c.net[:2]
	c.net = c.net[2:]
	for _, m := range slices.Clone(early) {
		c.deliver(m)
	}
	if got := c.host(1).reads; len(got) > 0 {
		t.Fatalf("answered %v", got)
	}
	c.deliver(c.take(0)) // one request, and
	c.settle()
	if got := c.host(1).reads; len(got) != 1 {
		t.Errorf("answered %v", got)
	}
}

// TestReadSurvivesLoss: the next heartbeat asks again. A rejected append confirms as well as an
// accepted one.
func TestReadSurvivesLoss(t *testing.T) {
	c := newCluster(t, 3)
	c.elect(1)
	c.crash(c.host(3))
	c.propose(1, "x")
	c.net = nil
	c.read(1, 7)
	c.net = nil
	c.heartbeat(1)
	c.deliver(c.take(0))
	if m := c.net[len(c.net)-1]; !m.Reject {
		t.Fatalf("not rejected: %v", m)
	}
	c.settle()
	if got := c.host(1).reads; !slices.Equal(got, []Read{{7, 1}}) {
		t.Errorf("answered %v", got)
	}
}

// TestReadsLost: all of them, when leadership is.
func TestReadsLost(t *testing.T) {
	c := newCluster(t, 3, noNoOp)
	c.elect(1)
	c.read(1, 1)
	c.propose(1, "x")
	c.settle()
	c.read(1, 2)
	c.read(1, 3)
	c.step(Message{Type: AppendEntries, From: 2, To: 1, Term: 9, Seq: 1, Index: 1, LogTerm: 1})
	h := c.host(1)
	if !slices.Equal(h.lost, []uint64{2, 3}) || len(h.reads) != 1 || h.node.Status().Reads != 0 {
		t.Errorf("lost %v, answered %v", h.lost, h.reads)
	}
}
