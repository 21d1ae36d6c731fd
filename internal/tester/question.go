package tester

import (
	"fmt"
	"slices"
	"time"
)

// question is a call into a server that has not returned.
type question struct {
	node   int
	method string
	since  time.Duration
}

// ask runs f, which calls a method of a server. Should that never return, the run's failure says so.
func (c *Cluster) ask(node int, method string, f func()) {
	q := &question{node, method, c.Now()}
	c.note(func() { c.open = append(c.open, q) })
	defer c.note(func() {
		c.open = slices.DeleteFunc(c.open, func(other *question) bool { return other == q })
	})
	f()
}

// state asks a server for its term and role.
func (c *Cluster) state(i int) (term int, isLeader bool) {
	c.ask(i, "GetState", func() { term, isLeader = c.host.State(i) })
	return term, isLeader
}

// unanswered says, for the end of a message, which calls have not returned for so long that they hardly will:
// a server that waits for a lock of its own for ever looks like this.
func (c *Cluster) unanswered() string {
	const long = time.Second
	now, text := c.Now(), ""
	c.note(func() {
		for _, q := range c.open {
			if waited := now - q.since; waited >= long {
				text += fmt.Sprintf("; server %d has not returned from %s for %.1fs", q.node, q.method, waited.Seconds())
			}
		}
	})
	return text
}
