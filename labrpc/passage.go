package labrpc

import (
	"time"

	"raftlab/internal/trace"
)

// passage is the way of one copy: request, handler, reply. At most one timer or goroutine is at
// work on it.
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

// advance does what the copy's stage says, which is due. The lock is held, as in all below but
// fire, handle and work.
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
	c.record(trace.Request, len(c.request))
	if fate.Copies == 0 {
		n.lose(p, fate, now)
		return
	}
	var second *passage
	if fate.Copies == 2 {
		second = c.engage(1, requestArrives) // both are under way before either can fail
	}
	n.wait(p, requestArrives, fate.At[0], now)
	if second != nil {
		n.wait(second, requestArrives, fate.At[1], now)
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
	c.record(trace.Deliver, len(c.request))
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
		if !p.call.finished {
			p.drop(misused)
		}
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

// assign has the copy served by a goroutine that is idle, or by a new one. Reusing goroutines saves
// growing a new stack for each request.
func (n *Network) assign(p *passage) {
	if last := len(n.idle) - 1; last >= 0 {
		n.idle[last] <- p
		n.idle = n.idle[:last]
		return
	}
	go n.work(p)
}

// work serves p, and then whatever it is assigned, until too many are idle or the network is
// closed.
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

// replyLeaves sends the reply. Timers are late, by a millisecond where the operating system counts
// in those. A reply whose request was delivered late is taken to have left earlier by as much, so
// that a round trip is late once, not twice; never does anything arrive before its time.
func (n *Network) replyLeaves(p *passage, now time.Duration) {
	c := p.call
	fate := n.model.Reply(p.at, c.route, len(p.answer))
	if n.hold(p, fate) {
		return
	}
	c.record(trace.Reply, len(p.answer))
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
		p.drop(superfluous)
	default:
		c.count.Replies++
		c.count.ReplyBytes += int64(len(p.answer))
		c.record(trace.Return, len(p.answer))
		c.ok, c.answer = true, p.answer
		n.finish(c)
	}
	n.retire(p)
}

// Reasons that are not the model's.
const (
	superfluous Reason = "answered already" // the second reply to a doubled request
	misused     Reason = "misuse"           // no reply came about
	closed      Reason = "the network is closed"
)

// lose records that the copy is lost, and lets its call fail in due time.
func (n *Network) lose(p *passage, fate Fate, now time.Duration) {
	p.drop(fate.Reason)
	n.wait(p, fails, fate.FailAt, now)
}

// drop counts and records the loss of the copy: of its request until the handler has that, then of
// its reply.
func (p *passage) drop(reason Reason) {
	if p.stage < serving {
		p.call.drop(reason, len(p.call.request), false)
	} else {
		p.call.drop(reason, len(p.answer), true)
	}
}

// hopeful reports whether the copy is at work and has not been lost.
func (p *passage) hopeful() bool { return p.stage != idle && p.stage != fails }

// fail ends a lost copy. It ends the call too unless the other copy may still bring a reply.
func (n *Network) fail(p *passage) {
	p.stage = idle
	if !p.call.hopeful() {
		n.finish(p.call)
	}
	n.retire(p)
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
