package core

import (
	"crypto/sha256"
	"fmt"
	"slices"
	"testing"
)

// The spans of all tests: a heartbeat is 100, an election timeout 1000 to 2000.
const (
	beat    Span = 100
	timeout Span = 1000
)

// testConfig is a configuration with everything on, of which a test may turn things off.
func testConfig(id NodeID, n int) Config {
	cfg := Config{ID: id, ElectionTimeout: timeout, HeartbeatInterval: beat, PreVote: true,
		CheckQuorum: true, NoOp: true, MaxInflight: 4, MaxBatchEntries: 64, MaxBatchBytes: 1 << 20,
		Seed: 1}
	for p := range n {
		cfg.Peers = append(cfg.Peers, NodeID(p+1))
	}
	return cfg
}

// host is one peer with the driver around it: a disk, an outbox, a service.
type host struct {
	id      NodeID
	cfg     Config
	now     Time
	node    *Node // nil: crashed
	checker Checker

	disk    Durable
	slow    bool      // saves wait for save()
	saves   []Save    // handed out, not durable yet
	held    []Effects // with a SendSaved that waits
	durable uint64

	applied Index // of the service
	reads   []Read
	lost    []uint64
	refused uint64 // by earlier lives
}

// cluster is a number of hosts and the network between them, in one goroutine. All that Raft
// promises is checked after every call of any node.
type cluster struct {
	t     testing.TB
	hosts []*host
	net   []Message          // sent, not delivered
	cut   map[[2]NodeID]bool // links that lose everything
	trace func(format string, args ...any)
	later func() bool // if not nil: whether the driver takes effects only after a later call

	leaders   map[Term]NodeID // Election Safety
	committed []commitment    // State Machine Safety; index i is at i-1
	lies      bool            // some messages are forged: nodes need not agree
}

type commitment struct {
	Entry
	in Term // the highest term that any node had seen when this was first applied
}

func newCluster(t testing.TB, n int, adjust ...func(*Config)) *cluster {
	c := &cluster{t: t, cut: map[[2]NodeID]bool{}, leaders: map[Term]NodeID{},
		trace: func(string, ...any) {}}
	for i := range n {
		h := &host{id: NodeID(i + 1), cfg: testConfig(NodeID(i+1), n)}
		for _, f := range adjust {
			f(&h.cfg)
		}
		c.hosts = append(c.hosts, h)
	}
	for _, h := range c.hosts {
		c.start(h)
	}
	return c
}

func (c *cluster) host(id NodeID) *host { return c.hosts[id-1] }
func (c *cluster) node(id NodeID) *Node { return c.hosts[id-1].node }

// start gives h a node that continues from its disk.
func (c *cluster) start(h *host) {
	n, err := New(h.cfg, h.now, h.disk)
	if err != nil {
		c.t.Fatalf("start %d: %v", h.id, err)
	}
	h.node, h.checker = n, Checker{}
	h.saves, h.held, h.durable = nil, nil, 0
	h.applied = h.disk.Snapshot.Index
	c.checkDigest(h, h.disk.Snapshot)
}

// crash loses whatever is not on h's disk.
func (c *cluster) crash(h *host) {
	h.refused += h.node.refused
	h.node, h.saves, h.held = nil, nil, nil
}

// call runs f on h's node, if it is up, and carries out the effects.
func (c *cluster) call(h *host, f func(n *Node)) {
	if h.node == nil {
		return
	}
	f(h.node)
	c.check(h)
	if c.later != nil && c.later() {
		return
	}
	for h.node.HasEffects() {
		c.carryOut(h, h.node.Effects())
		c.check(h)
	}
}

// carryOut is the driver of Effects.
func (c *cluster) carryOut(h *host, e Effects) {
	if e.RoleChanged {
		c.trace("%d: %v term %d leader %d", h.id, h.node.Role(), h.node.Term(), h.node.Leader())
	}
	if e.Save.Seq != 0 {
		h.saves = append(h.saves, e.Save)
	}
	c.send(e.Send)
	if len(e.SendSaved) > 0 {
		e.SendSaved = slices.Clone(e.SendSaved) // Effects will be called again before
		h.held = append(h.held, e)
	}
	if e.Restore != nil {
		c.checkDigest(h, *e.Restore)
		c.trace("%d restores %d/%d", h.id, e.Restore.Index, e.Restore.Term)
		h.applied = e.Restore.Index
	}
	c.apply(h, e.ApplyFirst, e.Apply)
	for _, r := range e.Reads {
		c.trace("%d may answer read %d at %d", h.id, r.ID, r.Index)
		h.reads = append(h.reads, r)
	}
	for _, id := range e.ReadsLost {
		c.trace("%d loses read %d", h.id, id)
		h.lost = append(h.lost, id)
	}
	if !h.slow {
		c.save(h, len(h.saves))
	}
	c.release(h)
}

// save makes the first k saves of h durable.
func (c *cluster) save(h *host, k int) {
	for _, s := range h.saves[:k] {
		s.Apply(&h.disk)
		h.durable = s.Seq
	}
	h.saves = h.saves[k:]
	if k > 0 {
		h.node.Saved(h.durable)
		c.check(h)
	}
	c.release(h)
}

// release sends what waited for saves that are durable.
func (c *cluster) release(h *host) {
	for len(h.held) > 0 && h.held[0].SendSavedAfter <= h.durable {
		c.send(h.held[0].SendSaved)
		h.held = h.held[1:]
	}
}

// saveAll makes all saves durable and carries out what follows.
func (c *cluster) saveAll(h *host) {
	for len(h.saves) > 0 {
		c.save(h, len(h.saves))
		c.call(h, func(*Node) {})
	}
}

func (c *cluster) send(ms []Message) {
	for _, m := range ms {
		if c.cut[[2]NodeID{m.From, m.To}] {
			c.trace("%v (lost)", m)
			continue
		}
		c.trace("%v", m)
		c.net = append(c.net, m)
	}
}

// take removes message i from the network.
func (c *cluster) take(i int) Message {
	m := c.net[i]
	c.net = slices.Delete(c.net, i, i+1)
	return m
}

// deliver hands m to its receiver, and checks that a request gets just one response.
func (c *cluster) deliver(m Message) {
	h := c.host(m.To)
	if h.node == nil {
		return
	}
	refused, before := h.node.refused, len(h.node.out.sendSaved)
	h.node.Step(h.now, m)
	if !c.lies && h.node.refused > refused {
		c.t.Fatalf("node %d in term %d refused a message from an honest peer: %v", h.id,
			h.node.term, m)
	}
	responses := 0
	for _, r := range h.node.out.sendSaved[before:] {
		if r.Type.IsResponse() && r.Type == m.Type.Response() && r.To == m.From {
			responses++
		}
	}
	if want := min(1, int(m.Type.Response())); !c.lies && responses != want {
		c.t.Fatalf("%v got %d responses", m, responses)
	}
	c.check(h)
	c.call(h, func(*Node) {})
}

// settle delivers everything in order until all is quiet.
func (c *cluster) settle() {
	for i := 0; len(c.net) > 0; i++ {
		if i > 100_000 {
			c.t.Fatalf("storm: %d messages and no end, the last %v", i, c.net[0])
		}
		c.deliver(c.take(0))
	}
}

// tick sets h's clock and lets it see.
func (c *cluster) tick(h *host, now Time) {
	h.now = max(h.now, now)
	c.call(h, func(n *Node) { n.Tick(h.now) })
}

// expire makes h's election timeout pass, for h alone.
func (c *cluster) expire(id NodeID) {
	h := c.host(id)
	c.tick(h, h.node.electionAt)
}

// heartbeat makes h's heartbeat due, for h alone.
func (c *cluster) heartbeat(id NodeID) {
	h := c.host(id)
	c.tick(h, h.node.beatAt)
}

// elect makes id win an election and settles.
func (c *cluster) elect(id NodeID) *Node {
	c.t.Helper()
	for _, h := range c.hosts {
		h.now = h.now.plus(timeout) // no leader is remembered
	}
	c.expire(id)
	c.settle()
	if n := c.node(id); n.Role() != Leader {
		c.t.Fatalf("%d did not win: %+v", id, n.Status())
	}
	return c.node(id)
}

// propose proposes strings to id and returns the first index.
func (c *cluster) propose(id NodeID, data ...string) (first Index) {
	c.t.Helper()
	c.call(c.host(id), func(n *Node) {
		var bs [][]byte
		for _, d := range data {
			bs = append(bs, []byte(d))
		}
		var err error
		if first, _, err = n.Propose(c.host(id).now, bs...); err != nil {
			c.t.Fatalf("propose to %d: %v", id, err)
		}
	})
	return first
}

// run lets one common clock run for d on a network without faults or delay.
func (c *cluster) run(d Span) {
	var now Time
	for _, h := range c.hosts {
		now = max(now, h.now)
	}
	for end := now.plus(d); ; {
		c.settle()
		next := Never
		for _, h := range c.hosts {
			if h.node != nil {
				next = min(next, max(now, h.node.Deadline()))
			}
		}
		if next > end {
			now = end
		} else {
			now = next
		}
		for _, h := range c.hosts {
			h.now = now
			if h.node != nil && h.node.Deadline() <= now {
				c.tick(h, now)
			}
		}
		if next > end {
			return
		}
	}
}

// leader is the one leader of the highest term, nil if there is none.
func (c *cluster) leader() *Node {
	var best *Node
	for _, h := range c.hosts {
		if h.node != nil && h.node.Role() == Leader && (best == nil || h.node.term > best.term) {
			best = h.node
		}
	}
	return best
}

// digest stands for the service's state after the first i commitments.
func (c *cluster) digest(i Index) []byte {
	sum := sha256.New()
	for _, e := range c.committed[:i] {
		fmt.Fprintf(sum, "%d %q\n", e.Term, e.Data)
	}
	return sum.Sum(nil)
}

// compact lets h's service take a snapshot of what it applied up to i.
func (c *cluster) compact(h *host, i Index) (err error) {
	c.call(h, func(n *Node) {
		var data []byte
		if i <= Index(len(c.committed)) {
			data = c.digest(i)
		}
		err = n.Compact(Snapshot{Index: i, Data: data})
	})
	return err
}
