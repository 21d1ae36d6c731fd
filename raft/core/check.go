package core

import (
	"fmt"
	"slices"
)

// Check reports the first broken invariant of this node's state. It looks at the whole log: it is
// for tests. No message, however false, may lead to such a state.
func (n *Node) Check() error {
	fail := func(format string, args ...any) error {
		return fmt.Errorf("core: node %d, term %d, %v: "+format,
			append([]any{n.cfg.ID, n.term, n.role}, args...)...)
	}
	l := &n.log
	switch {
	case !(l.base <= n.applied && n.applied <= n.commit && n.commit <= l.last()):
		return fail("not base %d ≤ applied %d ≤ commit %d ≤ last %d",
			l.base, n.applied, n.commit, l.last())
	case n.disk.saved > l.last():
		return fail("saved %d is beyond last %d", n.disk.saved, l.last())
	case n.disk.from != 0 && (n.disk.from <= n.applied || n.disk.from > l.last()+1):
		return fail("the next save begins at %d, not after applied %d or beyond last %d",
			n.disk.from, n.applied, l.last())
	case l.dead > len(l.entries):
		return fail("log keeps %d dead entries for %d live ones", l.dead, len(l.entries))
	case (n.snapshot == nil) != (l.base == 0):
		return fail("log begins after %d, snapshot is %v", l.base, n.snapshot)
	case n.snapshot != nil && (n.snapshot.Index != l.base || n.snapshot.Term != l.baseTerm):
		return fail("log begins after %d/%d, snapshot at %d/%d",
			l.base, l.baseTerm, n.snapshot.Index, n.snapshot.Term)
	}
	low := max(l.baseTerm, 1)
	for i, e := range l.entries {
		if e.Term < low || e.Term > n.term {
			return fail("entry %d has term %d, after %d", l.first()+Index(i), e.Term, low)
		}
		low = e.Term
	}
	if err := n.checkRole(); err != "" {
		return fail("%s", err)
	}
	return nil
}

// checkRole is the part of Check that depends on the role.
func (n *Node) checkRole() string {
	leads := n.role == Leader
	switch {
	case leads != (n.leader == n.cfg.ID):
		return fmt.Sprintf("leader is %d", n.leader)
	case (leads || n.role == Candidate) && n.vote != n.cfg.ID:
		return fmt.Sprintf("vote is for %d", n.vote)
	case !leads && n.role != Follower && n.leader != None:
		return fmt.Sprintf("leader is %d", n.leader)
	case !leads && len(n.reads.asked)+len(n.reads.waiting) > 0:
		return fmt.Sprintf("reads %v and %v wait", n.reads.asked, n.reads.waiting)
	case !leads && n.transfer.to != None:
		return fmt.Sprintf("leadership is being transferred to %d", n.transfer.to)
	case !leads:
		return ""
	}
	matches := []Index{n.disk.saved}
	for i := range n.peers {
		p := &n.peers[i]
		matches = append(matches, p.match)
		if err := n.checkProgress(p); err != "" {
			return fmt.Sprintf("follower %v: %s", p, err)
		}
	}
	if t, _ := n.log.term(n.commit); t == n.term && reached(slices.Clone(matches)) < n.commit {
		return fmt.Sprintf("commit %d without a majority: %v", n.commit, matches)
	}
	return ""
}

// checkProgress checks what a leader knows of one follower.
func (n *Node) checkProgress(p *progress) string {
	switch {
	case !(p.match < p.next && p.next <= n.log.last()+1):
		return fmt.Sprintf("not match < next ≤ last %d + 1", n.log.last())
	case p.acked > p.sent || p.rewound > p.sent:
		return fmt.Sprintf("acked %d or rewound %d is beyond sent %d", p.acked, p.rewound, p.sent)
	case p.told > n.commit:
		return fmt.Sprintf("told of commit %d, beyond %d", p.told, n.commit)
	case p.flow == snapshot && p.pending > n.log.base:
		return fmt.Sprintf("pending is beyond base %d", n.log.base)
	case p.round > p.sent:
		return fmt.Sprintf("round %d is beyond sent %d", p.round, p.sent)
	}
	return ""
}

// Checker looks at one node after every call and reports the first invariant that its state, or the
// step from the state it saw last, breaks. It is for tests: its cost is that of reading the whole
// log. The zero Checker is ready; a node that restarts needs a new one, or carries on with the old
// one if its disk does.
type Checker struct {
	seen bool
	last Status
	log  log // as of last; its entries shared with the node
}

// Check checks n, as the one call since the last Check left it.
func (c *Checker) Check(n *Node) error {
	if err := n.Check(); err != nil {
		return err
	}
	now := n.Status()
	if c.seen {
		if err := c.checkStep(n, now); err != nil {
			return fmt.Errorf("core: node %d, term %d to %d, %v to %v: %w",
				now.ID, c.last.Term, now.Term, c.last.Role, now.Role, err)
		}
	}
	c.seen, c.last, c.log = true, now, n.log
	return nil
}

// checkStep checks one transition.
func (c *Checker) checkStep(n *Node, now Status) error {
	was := c.last
	sameTerm := now.Term == was.Term
	switch {
	case now.Term < was.Term:
		return fmt.Errorf("the term fell")
	case sameTerm && was.Vote != None && now.Vote != was.Vote:
		return fmt.Errorf("the vote moved from %d to %d", was.Vote, now.Vote)
	case now.Commit < was.Commit:
		return fmt.Errorf("commit fell from %d to %d", was.Commit, now.Commit)
	case now.Applied < was.Applied:
		return fmt.Errorf("applied fell from %d to %d", was.Applied, now.Applied)
	case now.First < was.First:
		return fmt.Errorf("first fell from %d to %d", was.First, now.First)
	case sameTerm && now.Role == Leader && was.Role != Leader && was.Role != Candidate:
		return fmt.Errorf("a leader that was no candidate")
	}
	if i, ok := c.changed(n, was.Commit); !ok {
		return fmt.Errorf("committed entry %d changed", i)
	}
	if was.Role != Leader || now.Role != Leader || !sameTerm {
		return nil
	}
	if i, ok := c.changed(n, was.Last); !ok || now.Last < was.Last {
		return fmt.Errorf("a leader rewrote its entry %d", i)
	}
	for k := range now.Followers {
		if now.Followers[k].Match < was.Followers[k].Match {
			return fmt.Errorf("match of %d fell from %d to %d", now.Followers[k].ID,
				was.Followers[k].Match, now.Followers[k].Match)
		}
	}
	return nil
}

// changed finds the first index, up to hi, at which n has another entry than it had; ok: there is
// none.
func (c *Checker) changed(n *Node, hi Index) (i Index, ok bool) {
	for i = max(c.log.first(), n.log.first()); i <= hi && i <= n.log.last(); i++ {
		was, is := c.log.entries[i-c.log.first()], n.log.entries[i-n.log.first()]
		if was.Term != is.Term || string(was.Data) != string(is.Data) {
			return i, false
		}
	}
	return i, true
}
