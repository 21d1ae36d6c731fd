package sim

import (
	"raftlab/internal/trace"
	"raftlab/labrpc"
)

// network acts on what labrpc's Model decides, by the event queue. It says of each message what
// labrpc.Network would: the same events, counts and reasons.
type network struct {
	engine *engine
	model  *labrpc.Model
	record *trace.Recorder
	misuse func(string)

	calls  []*call // under way, in the order in which they were made
	number uint64
	held   map[any][]*passage // by server: what waits for its Resume, in order
	nodes  []*station
	bytes  int64
}

// station is a server's place in the network.
type station struct {
	instance *instance // nil while the server is down
	requests int       // that have reached it, over all its lives
	asked    []*passage
	free     []uint64 // places in asked that are free
}

// call is one Call under way.
type call struct {
	caller  *instance
	number  uint64 // by which the caller knows it
	end     any
	method  string
	request []byte

	id       uint64
	route    labrpc.Route
	to       int
	sent     bool // the request has left; id, route and to are set
	finished bool // the caller has been told
	cut      bool // it was made to fail: no message of it goes on
	left     int  // copies at work
	copies   [2]passage
}

// passage is the way of one copy: request, handler, reply.
type passage struct {
	call   *call
	stage  stage
	answer []byte
	from   *instance // whose answer it is
}

type stage uint8

const (
	idle stage = iota
	requestLeaves
	requestArrives
	serving
	replyLeaves
	replyArrives
	fails // lost: the caller is told when the stage is due
)

// Reasons that are not the model's.
const (
	superfluous labrpc.Reason = "answered already"
	misused     labrpc.Reason = "misuse"
)

func newNetwork(e *engine, servers int, seed uint64) (*network, error) {
	model, err := labrpc.NewModel(labrpc.Options{Seed: seed})
	if err != nil {
		return nil, err
	}
	n := &network{engine: e, model: model, held: map[any][]*passage{}}
	for range servers {
		n.nodes = append(n.nodes, &station{})
	}
	return n, nil
}

// dial makes a call. The network owns the request.
func (n *network) dial(caller *instance, number uint64, end any, method string, request []byte) {
	caller.fly(len(request))
	c := &call{caller: caller, number: number, end: end, method: method, request: request}
	n.calls = append(n.calls, c)
	n.advance(c.engage(0, requestLeaves))
}

// engage puts a copy to work.
func (c *call) engage(i int, s stage) *passage {
	p := &c.copies[i]
	p.call, p.stage = c, s
	c.left++
	return p
}

// advance does what the copy's stage says, which is due.
func (n *network) advance(p *passage) {
	if p.call.cut {
		n.retire(p)
		return
	}
	switch p.stage {
	case requestLeaves:
		n.requestLeaves(p)
	case requestArrives:
		n.requestArrives(p)
	case replyLeaves:
		n.replyLeaves(p)
	case replyArrives:
		n.replyArrives(p)
	case fails:
		n.fail(p)
	}
}

func (n *network) requestLeaves(p *passage) {
	c, now := p.call, n.engine.now
	route, fate := n.model.Request(now, c.end, len(c.request))
	if n.hold(p, fate) {
		return
	}
	n.number++
	c.sent, c.id, c.route = true, n.number, route
	c.to, _ = trace.Caller(route.Server())
	n.bytes += int64(len(c.request))
	n.event(c, trace.Request, len(c.request), false, "")
	if fate.Copies == 0 {
		n.lose(p, fate)
		return
	}
	n.later(p, requestArrives, fate, 0)
	if fate.Copies == 2 {
		n.later(c.engage(1, requestArrives), requestArrives, fate, 1)
	}
}

func (n *network) later(p *passage, s stage, fate labrpc.Fate, i int) {
	p.stage = s
	n.engine.at(fate.At[i], func() { n.advance(p) })
}

func (n *network) requestArrives(p *passage) {
	c := p.call
	fate := n.model.RequestArrives(n.engine.now, c.route)
	if n.hold(p, fate) {
		return
	}
	if fate.Copies == 0 {
		n.lose(p, fate)
		return
	}
	p.stage = serving
	node := n.nodes[c.to]
	node.requests++
	n.event(c, trace.Deliver, len(c.request), true, "")
	node.instance.post(requestFrame(node.ask(p), c.method, c.request))
}

// ask returns the number by which the server that handles the copy knows it.
func (s *station) ask(p *passage) uint64 {
	if last := len(s.free) - 1; last >= 0 {
		id := s.free[last]
		s.free = s.free[:last]
		s.asked[id] = p
		return id
	}
	s.asked = append(s.asked, p)
	return uint64(len(s.asked) - 1)
}

// answered is told of the reply of a server, which the network owns, or of what was wrong with the request.
func (n *network) answered(to int, id uint64, problem string, answer []byte) {
	s := n.nodes[to]
	if s.instance == nil {
		return // it has left, and runs on: nobody hears it
	}
	if id >= uint64(len(s.asked)) || s.asked[id] == nil {
		n.misuse("a server answered a request that it does not have")
		return
	}
	p := s.asked[id]
	s.asked[id] = nil
	s.free = append(s.free, id)
	if problem != "" {
		if !p.call.finished {
			n.drop(p, misused)
		}
		n.misuse(problem)
		n.finish(p.call, false, nil)
		n.retire(p)
		return
	}
	s.instance.fly(len(answer))
	p.stage, p.answer, p.from = replyLeaves, answer, s.instance
	n.advance(p)
}

func (n *network) replyLeaves(p *passage) {
	c := p.call
	fate := n.model.Reply(n.engine.now, c.route, len(p.answer))
	if n.hold(p, fate) {
		return
	}
	n.event(c, trace.Reply, len(p.answer), true, "")
	if fate.Copies == 0 {
		n.lose(p, fate)
		return
	}
	n.later(p, replyArrives, fate, 0) // of two copies the caller would discard the second
}

func (n *network) replyArrives(p *passage) {
	c := p.call
	fate := n.model.ReplyArrives(n.engine.now, c.route)
	switch {
	case n.hold(p, fate):
		return
	case fate.Copies == 0:
		n.lose(p, fate)
		return
	case c.caller.dead:
		n.drop(p, labrpc.Down)
	case c.finished:
		n.drop(p, superfluous)
	default:
		n.bytes += int64(len(p.answer))
		n.event(c, trace.Return, len(p.answer), false, "")
		n.finish(c, true, p.answer)
	}
	n.retire(p)
}

// lose records that the copy is lost, and lets its call fail in due time.
func (n *network) lose(p *passage, fate labrpc.Fate) {
	n.drop(p, fate.Reason)
	p.stage = fails
	n.engine.at(fate.FailAt, func() { n.advance(p) })
}

// fail ends a lost copy. It ends the call too unless the other copy may still bring a reply.
func (n *network) fail(p *passage) {
	p.stage = idle
	if !p.call.hopeful() {
		n.finish(p.call, false, nil)
	}
	n.retire(p)
}

func (c *call) hopeful() bool { return c.copies[0].hopeful() || c.copies[1].hopeful() }

// hopeful reports whether the copy is at work and has not been lost.
func (p *passage) hopeful() bool { return p.stage != idle && p.stage != fails }

// finish tells the caller, the first time.
func (n *network) finish(c *call, ok bool, answer []byte) {
	if !c.finished {
		c.finished = true
		c.caller.aloft -= len(c.request)
		c.caller.post(replyFrame(c.number, ok, answer))
	}
}

// retire ends the work on a copy.
func (n *network) retire(p *passage) {
	if p.from != nil {
		p.from.aloft -= len(p.answer)
	}
	p.stage, p.answer, p.from = idle, nil, nil
	p.call.left--
}

// hold keeps the copy, at the stage where it is, if that is its fate.
func (n *network) hold(p *passage, fate labrpc.Fate) bool {
	if fate.Reason != labrpc.Paused {
		return false
	}
	n.held[fate.Holder] = append(n.held[fate.Holder], p)
	return true
}

// release lets go on what was held at a server.
func (n *network) release(server any) {
	queue := n.held[server]
	delete(n.held, server)
	for _, p := range queue {
		n.advance(p)
	}
}

// cutBroken makes the calls fail to which no reply can come any more.
func (n *network) cutBroken() {
	n.sweep()
	for _, c := range n.calls {
		if c.finished || !c.sent || !c.hopeful() || c.route.Alive() || c.answered() {
			continue
		}
		n.cut(c, n.model.RequestArrives(n.engine.now, c.route).Reason)
	}
}

func (n *network) cut(c *call, reason labrpc.Reason) {
	for i := range c.copies {
		if p := &c.copies[i]; c.sent && p.hopeful() {
			n.drop(p, reason)
		}
	}
	c.cut = true
	n.finish(c, false, nil)
}

// sweep forgets calls that are over.
func (n *network) sweep() {
	kept := n.calls[:0]
	for _, c := range n.calls {
		if !c.finished {
			kept = append(kept, c)
		}
	}
	clear(n.calls[len(kept):])
	n.calls = kept
}

// arrive puts an instance at a server's place.
func (n *network) arrive(i int, in *instance) {
	n.nodes[i].instance = in
	n.model.AddServer(i)
	n.cutBroken()
	n.release(i)
}

// leave takes a server off the network for good.
func (n *network) leave(i int) {
	s := n.nodes[i]
	s.instance = nil
	n.model.DeleteServer(i)
	n.cutBroken()
	n.release(i)
	s.asked, s.free = nil, nil
}

// halt takes a server off the network in the middle of something: what it has said goes on its way.
func (n *network) halt(i int, in *instance) {
	s := n.nodes[i]
	s.instance, s.asked, s.free = nil, nil, nil
	n.model.Halt(i)
	n.sweep()
	for _, c := range n.calls {
		if c.caller == in {
			c.finished, c.cut = true, !c.sent
		} else if c.sent && c.to == i {
			n.abandon(c)
		}
	}
	n.cutBroken()
	n.release(i)
}

// abandon ends the copies of a call that are in the hands of a server that has halted.
func (n *network) abandon(c *call) {
	for i := range c.copies {
		if p := &c.copies[i]; p.stage == serving || p.stage == replyLeaves {
			n.drop(p, labrpc.Down)
			n.retire(p)
		}
	}
	if !c.hopeful() && c.left == 0 {
		n.finish(c, false, nil)
	}
}

// answered reports whether a reply of the call is on its way that can arrive.
func (c *call) answered() bool {
	return c.route.Heard() && (c.copies[0].stage == replyArrives || c.copies[1].stage == replyArrives)
}

func (n *network) enable(end any, yes bool) {
	n.model.Enable(end, yes)
	n.cutBroken()
}

// drop records the loss of a copy: of its request until the handler has that, then of its reply.
func (n *network) drop(p *passage, reason labrpc.Reason) {
	if p.stage < serving {
		n.event(p.call, trace.Drop, len(p.call.request), false, string(reason))
	} else {
		n.event(p.call, trace.Drop, len(p.answer), true, string(reason))
	}
}

// event records a step of a call's life, at its server or at its caller.
func (n *network) event(c *call, kind trace.Kind, bytes int, atServer bool, text string) {
	node, client := trace.Caller(c.route.Owner())
	e := trace.Event{Kind: kind, Node: node, Peer: c.to, Client: client, ID: c.id, Method: c.method, Bytes: bytes,
		Text: text}
	if atServer {
		e.Node, e.Peer = e.Peer, e.Node
	}
	n.record.Record(e)
}
