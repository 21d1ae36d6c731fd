package labrpc

import "raftlab/internal/trace"

// call is one Call under way. The network's lock guards it, but for what is fixed when it begins.
//
// A call is used again once nobody refers to it: neither the caller nor a copy of its request or
// reply that is under way, held or in a handler. So a handler that never returns keeps its call for
// itself.
type call struct {
	network *Network
	end     any
	svcMeth string
	request []byte
	done    chan struct{} // receives once: when the caller may go on

	id         uint64
	route      Route
	host       *host
	count      *Count
	sent       bool       // the request has left; id, route, host and count are set
	finished   bool       // the caller has been told; ok, answer and err are set
	cut        bool       // it was made to fail: no message of it goes on
	copies     [2]passage // of the request, then of its reply: the second if the network doubled it
	refs       int        // the caller, and each copy at work
	next, prev *call      // in the network's list

	ok     bool
	answer []byte
	err    error
}

// exchange sends one request and waits for what becomes of it. The lock is not held; in all other
// functions of this file it is.
func (n *Network) exchange(end any, svcMeth string, request []byte) (
	answer []byte, ok bool, err error,
) {
	n.mu.Lock()
	if n.closed {
		n.mu.Unlock()
		return nil, false, nil
	}
	c := n.begin(end, svcMeth, request)
	n.advance(c.engage(0, requestLeaves), n.now())
	n.mu.Unlock()

	<-c.done

	n.mu.Lock()
	defer n.mu.Unlock()
	answer, ok, err = c.answer, c.ok, c.err
	n.leave(c)
	return answer, ok, err
}

// hopeful reports whether a copy is on its way that has not been lost.
func (c *call) hopeful() bool {
	for i := range c.copies {
		if c.copies[i].hopeful() {
			return true
		}
	}
	return false
}

// close makes all calls fail and lets nothing go on.
func (n *Network) close() {
	n.closed = true
	n.cutIf(func(*call) Reason { return closed })
	for c := n.flight; c != nil; {
		next := c.next // c may leave the list
		n.disarm(c)
		c = next
	}
	for server := range n.held {
		n.release(server)
	}
	for _, assigned := range n.idle {
		close(assigned)
	}
	n.idle = nil
}

// cutBroken makes the calls fail to which no reply can come any more.
func (n *Network) cutBroken() {
	n.cutIf(func(c *call) Reason {
		if !c.sent || !c.hopeful() {
			return ""
		}
		return c.route.broken()
	})
}

// cutIf makes the calls fail for which why gives a reason.
func (n *Network) cutIf(why func(*call) Reason) {
	for c := n.flight; c != nil; {
		next := c.next // c may leave the list
		if !c.finished {
			if reason := why(c); reason != "" {
				n.cut(c, reason)
			}
		}
		c = next
	}
}

func (n *Network) cut(c *call, reason Reason) {
	for i := range c.copies {
		if p := &c.copies[i]; c.sent && p.hopeful() {
			p.drop(reason)
		}
	}
	c.cut = true
	n.finish(c)
	n.disarm(c)
}

// disarm ends the copies of the call that wait for their time.
func (n *Network) disarm(c *call) {
	for i := range c.copies {
		if p := &c.copies[i]; p.armed && p.timer.Stop() {
			p.armed = false
			n.retire(p)
		}
	}
}

// finish lets the caller go on, the first time. All but true replies leave ok false.
func (n *Network) finish(c *call) {
	if !c.finished {
		c.finished = true
		c.done <- struct{}{}
	}
}

// begin returns a call that is in the list, with the caller's reference.
func (n *Network) begin(end any, svcMeth string, request []byte) *call {
	var c *call
	if last := len(n.free) - 1; last >= 0 {
		c, n.free = n.free[last], n.free[:last]
	} else {
		c = &call{network: n, done: make(chan struct{}, 1)}
	}
	c.end, c.svcMeth, c.request, c.refs = end, svcMeth, request, 1
	c.next = n.flight
	if c.next != nil {
		c.next.prev = c
	}
	n.flight = c
	return c
}

// engage puts a copy to work.
func (c *call) engage(i int, s stage) *passage {
	p := &c.copies[i]
	p.call, p.stage = c, s
	c.refs++
	return p
}

// retire ends the work on a copy.
func (n *Network) retire(p *passage) {
	p.stage, p.late, p.server, p.answer = idle, 0, nil, nil
	n.leave(p.call)
}

// maxFree bounds how many finished calls are kept for use again.
const maxFree = 256

// leave gives back one reference to the call.
func (n *Network) leave(c *call) {
	if c.refs--; c.refs > 0 {
		return
	}
	if c.prev != nil {
		c.prev.next = c.next
	} else {
		n.flight = c.next
	}
	if c.next != nil {
		c.next.prev = c.prev
	}
	if len(n.free) < maxFree {
		*c = call{network: n, done: c.done, copies: [2]passage{
			{call: c, timer: c.copies[0].timer},
			{call: c, timer: c.copies[1].timer},
		}}
		n.free = append(n.free, c)
	}
}

// record passes on an event of the call's life, if anybody listens.
func (c *call) record(kind trace.Kind, bytes int) {
	c.event(kind, bytes, kind == trace.Deliver || kind == trace.Reply, "")
}

// drop counts and records the loss of a request, or of a reply.
func (c *call) drop(reason Reason, bytes int, reply bool) {
	c.count.Drops++
	c.event(trace.Drop, bytes, reply, string(reason))
}

func (c *call) event(kind trace.Kind, bytes int, atServer bool, text string) {
	listen := c.network.options.Trace
	if listen == nil {
		return
	}
	node, client := trace.Caller(c.route.Owner())
	e := trace.Event{Kind: kind, Node: node, Peer: c.host.node, Client: client, ID: c.id,
		Method: c.svcMeth, Bytes: bytes, Text: text}
	if atServer {
		e.Node, e.Peer = e.Peer, e.Node
	}
	listen(e)
}
