package core

import "bytes"

// What Raft promises (Figure 3), checked by every cluster after every call.

// check looks at one node after a call.
func (c *cluster) check(h *host) {
	c.t.Helper()
	if err := h.checker.Check(h.node); err != nil {
		c.t.Fatal(err)
	}
	n := h.node
	if c.lies {
		return
	}
	if n.role != Leader {
		return
	}
	if other, ok := c.leaders[n.term]; ok && other != h.id {
		c.t.Fatalf("Election Safety: %d and %d lead term %d", other, h.id, n.term)
	} else if !ok {
		c.leaders[n.term] = h.id
		c.checkComplete(n)
	}
}

// checkComplete: a new leader has all entries committed in earlier terms.
func (c *cluster) checkComplete(n *Node) {
	for k, e := range c.committed {
		i := Index(k + 1)
		if e.in >= n.term || i <= n.log.base {
			continue
		}
		if !n.log.matches(i, e.Term) || !bytes.Equal(n.log.slice(i, i)[0].Data, e.Data) {
			c.t.Fatalf("Leader Completeness: %d leads term %d without entry %d of term %d",
				n.cfg.ID, n.term, i, e.Term)
		}
	}
}

// apply applies entries to h's service: in order, without gaps, the same everywhere.
func (c *cluster) apply(h *host, first Index, es []Entry) {
	if len(es) == 0 {
		return
	}
	c.trace("%d applies %d..%d", h.id, first, first+Index(len(es))-1)
	var highest Term
	for _, other := range c.hosts {
		if other.node != nil {
			highest = max(highest, other.node.term)
		}
	}
	for k, e := range es {
		i := first + Index(k)
		if i != h.applied+1 {
			c.t.Fatalf("node %d applies %d after %d", h.id, i, h.applied)
		}
		h.applied = i
		if c.lies {
			continue
		}
		if i > Index(len(c.committed)) {
			c.committed = append(c.committed, commitment{e, highest})
		}
		if was := c.committed[i-1]; was.Term != e.Term || !bytes.Equal(was.Data, e.Data) {
			c.t.Fatalf("State Machine Safety: node %d applies %d/%d %q, another %d/%d %q",
				h.id, i, e.Term, e.Data, i, was.Term, was.Data)
		}
	}
}

// checkDigest: a snapshot is of what was applied.
func (c *cluster) checkDigest(h *host, s Snapshot) {
	if !c.lies && s.Index > 0 && !bytes.Equal(s.Data, c.digest(s.Index)) {
		c.t.Fatalf("State Machine Safety: node %d gets another snapshot of %d than was taken", h.id,
			s.Index)
	}
}

// checkLogs: two logs that have an entry of the same index and term are the same up to there.
func (c *cluster) checkLogs() {
	for _, a := range c.hosts {
		for _, b := range c.hosts[:a.id-1] {
			if a.node != nil && b.node != nil {
				c.checkMatching(a.node, b.node)
			}
		}
	}
}

func (c *cluster) checkMatching(a, b *Node) {
	same := false
	for i := min(a.log.last(), b.log.last()); i > max(a.log.base, b.log.base); i-- {
		x, y := a.log.slice(i, i)[0], b.log.slice(i, i)[0]
		agree := x.Term == y.Term && bytes.Equal(x.Data, y.Data)
		if !agree && (same || x.Term == y.Term) {
			c.t.Fatalf("Log Matching: nodes %d and %d differ at %d", a.cfg.ID, b.cfg.ID, i)
		}
		same = same || agree
	}
}
