package labrpc

import (
	"time"

	"raftlab/internal/trace"
)

// call is one Call under way. The network's lock guards it, but for what is fixed when it begins.
//
// A call is used again once nobody refers to it: neither the caller nor a copy of its request or reply that is
// under way, held or in a handler. So a handler that never returns keeps its call for itself.
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

// passage is the way of one copy: request, handler, reply. At most one timer or goroutine is at work on it.
type passage struct {
	call   *call
	stage  stage
	at     time.Duration // when the stage is due
	late   time.Duration // how late the request reached its handler: see replyLeaves
	server *Server       // that handles it
	answer []byte
	timer  *time.Timer // runs the stage
	armed  bool        // the timer is set and has not run
}

type stage uint8

const (
	idle stage = iota
	requestLeaves
	requestArrives
	serving // in a goroutine of its own
	replyLeaves
	replyArrives
	fails // lost: the caller is told when the stage is due
)

// exchange sends one request and waits for what becomes of it.
func (n *Network) exchange(end any, svcMeth string, request []byte) (answer []byte, ok bool, err error) {
	n.mu.Lock()
	if n.closed {
		n.mu.Unlock()
		return nil, false, nil
	}
	c := n.begin(end, svcMeth, request)
	p := c.engage(0)
	p.stage = requestLeaves
	n.advance(p, n.now())
	n.mu.Unlock()

	<-c.done

	n.mu.Lock()
	defer n.mu.Unlock()
	answer, ok, err = c.answer, c.ok, c.err
	n.leave(c)
	return answer, ok, err
}

// advance does what the copy's stage says, which is due. The lock is held, as in all below but fire, handle
// and work.
func (n *Network) advance(p *passage, now time.Duration) {
	if n.closed || p.call.cut {
		n.retire(p)
		return
	}
	switch p.stage {
	case requestLeaves:
		n.requestLeaves(p, now)
	case requestArrives:
		n.requestArrives(p, now)
	case replyLeaves:
		n.replyLeaves(p, now)
	case replyArrives:
		n.replyArrives(p, now)
	case fails:
		n.fail(p)
	}
}

// wait makes the stage the copy's next one, at its time.
func (n *Network) wait(p *passage, s stage, at, now time.Duration) {
	p.stage, p.at = s, at
	if at <= now {
		n.advance(p, now)
		return
	}
	p.armed = true
	if p.timer == nil {
		p.timer = time.AfterFunc(at-now, p.fire)
	} else {
		p.timer.Reset(at - now)
	}
}

// fire runs in the goroutine of the copy's timer.
func (p *passage) fire() {
	n := p.call.network
	n.mu.Lock()
	defer n.mu.Unlock()
	p.armed = false
	n.advance(p, n.now())
}

func (n *Network) requestLeaves(p *passage, now time.Duration) {
	c := p.call
	route, fate := n.model.Request(now, c.end, len(c.request))
	if n.hold(p, fate) {
		return
	}
	n.calls++
	c.sent, c.id, c.route = true, n.calls, route
	c.host = n.host(route.Server())
	c.count = c.host.counts(c.svcMeth)
	c.count.Calls++
	c.count.CallBytes += int64(len(c.request))
	c.record(trace.Request, len(c.request), "")
	if fate.Copies == 0 {
		n.lose(p, fate, now)
		return
	}
	n.wait(p, requestArrives, fate.At[0], now)
	if fate.Copies == 2 {
		n.wait(c.engage(1), requestArrives, fate.At[1], now)
	}
}

func (n *Network) requestArrives(p *passage, now time.Duration) {
	c := p.call
	fate := n.model.RequestArrives(now, c.route)
	if n.hold(p, fate) {
		return
	}
	if fate.Copies == 0 {
		n.lose(p, fate, now)
		return
	}
	p.stage, p.server, p.late = serving, c.host.server, now-p.at
	p.server.requests.Add(1)
	c.count.Requests++
	c.record(trace.Deliver, len(c.request), "")
	n.assign(p)
}

// handle runs the handler. The lock is not held.
func (p *passage) handle() (answer []byte, err error) {
	c := p.call
	return p.server.handle(c.svcMeth, c.host.name, c.request)
}

// handled goes on with the copy when its handler has returned.
func (n *Network) handled(p *passage, answer []byte, err error) {
	if err != nil {
		p.call.err = err
		n.finish(p.call)
		n.retire(p)
		return
	}
	now := n.now()
	p.stage, p.answer, p.at = replyLeaves, answer, now-p.late
	n.advance(p, now)
}

// maxIdle bounds how many goroutines wait for a request to serve.
const maxIdle = 16

// assign has the copy served by a goroutine that is idle, or by a new one. Reusing goroutines saves growing
// a new stack for each request.
func (n *Network) assign(p *passage) {
	if last := len(n.idle) - 1; last >= 0 {
		n.idle[last] <- p
		n.idle = n.idle[:last]
		return
	}
	go n.work(p)
}

// work serves p, and then whatever it is assigned, until too many are idle or the network is closed.
func (n *Network) work(p *passage) {
	var assigned chan *passage
	for working := true; working; {
		answer, err := p.handle()
		n.mu.Lock()
		n.handled(p, answer, err)
		working = !n.closed && len(n.idle) < maxIdle
		if working {
			if assigned == nil {
				assigned = make(chan *passage, 1)
			}
			n.idle = append(n.idle, assigned)
		}
		n.mu.Unlock()
		if working {
			p, working = <-assigned
		}
	}
}

// replyLeaves sends the reply. Timers are late, by a millisecond where the operating system counts in those.
// A reply whose request was delivered late is taken to have left earlier by as much, so that a round trip is
// late once, not twice; never does anything arrive before its time.
func (n *Network) replyLeaves(p *passage, now time.Duration) {
	c := p.call
	fate := n.model.Reply(p.at, c.route, len(p.answer))
	if n.hold(p, fate) {
		return
	}
	c.record(trace.Reply, len(p.answer), "")
	if fate.Copies == 0 {
		n.lose(p, fate, now)
		return
	}
	n.wait(p, replyArrives, fate.At[0], now) // of two copies the caller would discard the second
}

func (n *Network) replyArrives(p *passage, now time.Duration) {
	c := p.call
	fate := n.model.ReplyArrives(now, c.route)
	switch {
	case n.hold(p, fate):
		return
	case fate.Copies == 0:
		n.lose(p, fate, now)
		return
	case c.finished:
		c.drop(superfluous, len(p.answer), true)
	default:
		c.count.Replies++
		c.count.ReplyBytes += int64(len(p.answer))
		c.record(trace.Return, len(p.answer), "")
		c.ok, c.answer = true, p.answer
		n.finish(c)
	}
	n.retire(p)
}

// superfluous is why the second reply to a doubled request is lost.
const superfluous Reason = "answered already"

// lose records that the copy is lost, and lets its call fail in due time.
func (n *Network) lose(p *passage, fate Fate, now time.Duration) {
	reply := p.stage == replyLeaves || p.stage == replyArrives
	bytes := len(p.call.request)
	if reply {
		bytes = len(p.answer)
	}
	p.call.drop(fate.Reason, bytes, reply)
	n.wait(p, fails, fate.FailAt, now)
}

// fail ends a lost copy. It ends the call too unless the other copy may still bring a reply.
func (n *Network) fail(p *passage) {
	p.stage = idle
	if !p.call.hopeful() {
		n.finish(p.call)
	}
	n.retire(p)
}

// hopeful reports whether a copy is on its way that has not been lost.
func (c *call) hopeful() bool {
	for i := range c.copies {
		if s := c.copies[i].stage; s != idle && s != fails {
			return true
		}
	}
	return false
}

// hold keeps the copy, at the stage where it is, if that is its fate.
func (n *Network) hold(p *passage, fate Fate) bool {
	if fate.Reason != Paused {
		return false
	}
	n.held[fate.Holder] = append(n.held[fate.Holder], p)
	return true
}

// release lets go on what was held at the server.
func (n *Network) release(servername any) {
	queue := n.held[servername]
	delete(n.held, servername)
	now := n.now()
	for _, p := range queue {
		p.at = now
		n.advance(p, now)
	}
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

// closed is why messages are lost when the network is closed.
const closed Reason = "the network is closed"

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
	if c.sent && c.hopeful() {
		c.drop(reason, len(c.request), false)
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
func (c *call) engage(i int) *passage {
	p := &c.copies[i]
	p.call = c
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
func (c *call) record(kind trace.Kind, bytes int, text string) {
	listen := c.network.options.Trace
	if listen == nil {
		return
	}
	e := trace.Event{Kind: kind, Node: nodeOf(c.route.Owner()), Peer: c.host.node, ID: c.id,
		Method: c.svcMeth, Bytes: bytes, Text: text}
	if kind == trace.Deliver || kind == trace.Reply {
		e.Node, e.Peer = e.Peer, e.Node
	}
	listen(e)
}

// drop counts and records the loss of a request or a reply.
func (c *call) drop(reason Reason, bytes int, reply bool) {
	c.count.Drops++
	listen := c.network.options.Trace
	if listen == nil {
		return
	}
	e := trace.Event{Kind: trace.Drop, Node: nodeOf(c.route.Owner()), Peer: c.host.node, ID: c.id,
		Method: c.svcMeth, Bytes: bytes, Text: string(reason)}
	if reply {
		e.Node, e.Peer = e.Peer, e.Node
	}
	listen(e)
}

// nodeOf returns the number of a server in events: its name, if that is one.
func nodeOf(name any) int {
	if i, ok := name.(int); ok && i >= 0 {
		return i
	}
	return trace.Nobody
}
