package core

import (
	"errors"
	"testing"
)

// handOver asks id to transfer leadership.
func (c *cluster) handOver(id, to NodeID) (err error) {
	c.call(c.host(id), func(n *Node) { err = n.Transfer(c.host(id).now, to) })
	return err
}

func TestTransfer(t *testing.T) {
	c := newCluster(t, 5)
	c.elect(1)
	for _, tt := range []struct {
		id, to NodeID
		want   error
	}{{2, 1, ErrNotLeader}, {1, 1, ErrUnknownPeer}, {1, 9, ErrUnknownPeer}, {1, None,
		ErrUnknownPeer},
		{1, 4, nil}, {1, 4, nil}, {1, 3, ErrTransferring}} {
		if err := c.handOver(tt.id, tt.to); !errors.Is(err, tt.want) {
			t.Errorf("node %d to %d: %v, want %v", tt.id, tt.to, err, tt.want)
		}
	}
	if s := c.node(1).Status(); s.Transferee != 4 {
		t.Errorf("%+v", s)
	}
	c.settle()
	if n := c.node(4); n.Role() != Leader || n.Term() != 2 || c.node(1).Leader() != 4 {
		t.Errorf("%+v", n.Status())
	}
}

// TestTransferCatchesUpFirst: the target gets all entries before it is told to stand.
func TestTransferCatchesUpFirst(t *testing.T) {
	c := newCluster(t, 3)
	c.elect(1)
	c.cut[[2]NodeID{1, 3}] = true
	c.propose(1, "x")
	c.settle()
	clear(c.cut)
	if err := c.handOver(1, 3); err != nil {
		t.Fatal(err)
	}
	if _, _, err := c.node(1).Propose(0, []byte("y")); !errors.Is(err, ErrTransferring) {
		t.Errorf("proposal: %v", err)
	}
	for _, m := range c.net {
		if m.Type == TimeoutNow {
			t.Error("told to stand without the last entry")
		}
	}
	c.settle()
	if n := c.node(3); n.Role() != Leader || !n.log.matches(2, 1) {
		t.Errorf("%+v", n.Status())
	}
}

// TestTransferRepeated: TimeoutNow may get lost.
func TestTransferRepeated(t *testing.T) {
	c := newCluster(t, 3)
	c.elect(1)
	if err := c.handOver(1, 2); err != nil {
		t.Fatal(err)
	}
	c.net = nil
	c.heartbeat(1)
	c.settle()
	if c.node(2).Role() != Leader {
		t.Errorf("%+v", c.node(2).Status())
	}
}

// TestTransferAborts: after an election timeout, to the tick.
func TestTransferAborts(t *testing.T) {
	c := newCluster(t, 3, plain)
	n := c.elect(1)
	c.crash(c.host(2))
	if err := c.handOver(1, 2); err != nil {
		t.Fatal(err)
	}
	h := c.host(1)
	end := h.now.plus(timeout)
	c.tick(h, end-1)
	if _, _, err := n.Propose(h.now, []byte("y")); !errors.Is(err, ErrTransferring) {
		t.Errorf("before: %v", err)
	}
	if d := n.Deadline(); d > end {
		t.Errorf("deadline %d is after %d", d, end)
	}
	c.tick(h, end)
	if _, _, err := n.Propose(h.now, []byte("y")); err != nil {
		t.Errorf("after: %v", err)
	}
}

// TestTransferEnds with leadership.
func TestTransferEnds(t *testing.T) {
	c := newCluster(t, 3, plain)
	n := c.elect(1)
	if err := c.handOver(1, 2); err != nil {
		t.Fatal(err)
	}
	c.step(Message{Type: AppendEntries, From: 3, To: 1, Term: 9, Seq: 1})
	if s := n.Status(); s.Transferee != None || s.Role != Follower {
		t.Errorf("%+v", s)
	}
}

// TestTimeoutNowLate: of an old term, nobody stands.
func TestTimeoutNowLate(t *testing.T) {
	c := newCluster(t, 3).with(1, Durable{Term: 3})
	if sent := c.step(Message{Type: TimeoutNow, From: 2, To: 1, Term: 2}); len(sent) > 0 ||
		c.node(1).Role() != Follower {
		t.Errorf("%v, %v", sent, c.node(1).Role())
	}
	c.step(Message{Type: TimeoutNow, From: 2, To: 1, Term: 3})
	if n := c.node(1); n.Role() != Candidate || n.Term() != 4 {
		t.Errorf("%+v", n.Status())
	}
}
