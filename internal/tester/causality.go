package tester

import (
	"fmt"
	"slices"
	"sync"

	"raftlab/internal/trace"
)

// causality judges what servers can know, from the outside: from messages, saves and crashes alone. Its invariants
// are Causality, that nothing is applied or answered which no chain of messages could have told, and Quorum, that
// nothing is committed, and nobody elected, without a majority that can have known of it (and have saved
// it, in runs where servers crash).
//
// An operation of a client's is to spread from server to server: what a client could carry from one to another does not
// count, so that clients which write to a majority themselves are no substitute for Raft.
//
// It counts too much as known rather than too little: a server is taken to know all that any message to it could have
// said, and to save all that it knows. So whoever it accuses is guilty, however a peer chooses to work; a peer that
// errs but happens to have exchanged the messages that it should is not accused here.
type causality struct {
	fail    func(invariant, message string)
	servers int
	durable bool // what counts towards a majority is what was saved
	exact   bool // an event stands in the stream where it happened, not a little later

	mu      sync.Mutex // guards all below
	actors  []*actor   // servers, then clients by number
	calls   map[uint64]*carried
	oldest  uint64              // of calls
	offers  map[uint64][]moment // of commands, by digest
	indexes map[int]uint64      // the digest of what was applied there first
}

// actor is a server, or a client.
type actor struct {
	clock uint32 // of what it did, over all its lives
	knows knowledge
	disk  knowledge // what it knew at its last save
	copy  *knowledge

	term   int       // in which it was last seen, in this life
	marks  [2]uint32 // its clock when it was seen last, and before that
	before uint32    // its clock at some time before it came to that term
	leads  bool

	called uint32   // a client's clock when its operation began
	heard  []moment // when servers first heard of that
}

// moment is when an actor did something, on its own clock.
type moment struct {
	actor int
	clock uint32
}

// knowledge is what an actor can know. Vectors are never changed once they are made, so that messages and actors
// share them.
type knowledge struct {
	seen vector   // of each actor's doings, up to which time on its clock
	held []vector // by server: what that server is known to have saved (or to know), in the same terms
}

// vector holds a time for each actor; those that it is too short for are 0.
type vector []uint32

// carried is what the messages of a call carry.
type carried struct{ request, reply *knowledge }

// manyCalls is how many of the latest calls are remembered.
const manyCalls = 20_000

func newCausality(cfg Config, fail func(invariant, message string)) *causality {
	c := &causality{fail: fail, servers: cfg.Servers, durable: cfg.Durable, calls: map[uint64]*carried{},
		offers: map[uint64][]moment{}, indexes: map[int]uint64{}}
	if cfg.telepathic {
		c.fail = func(string, string) {}
	}
	c.actor(cfg.Servers - 1)
	return c
}

// rely asks the host, which is not running yet, how far its events can be relied on. Where it cannot tell of saves,
// what a server knows has to do.
func (c *causality) rely(h Host) {
	const none = 0
	c.durable = c.durable && h.SlowDisk(0, none)
	_, c.exact = h.(ExactHost)
}

// offer notes that a command is about to be offered to a server.
func (c *causality) offer(node int, digest uint64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.offers[digest] = append(c.offers[digest], moment{node, c.tick(node)})
}

// see is a trace.Sink.
func (c *causality) see(e trace.Event) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch e.Kind {
	case trace.Request, trace.Return, trace.Deliver, trace.Reply:
		c.message(e)
	case trace.Save:
		a := c.actor(e.Node)
		a.hold(e.Node)
		a.disk = *a.sent()
	case trace.Restart:
		c.restart(e.Node)
	case trace.State:
		c.state(e)
	case trace.Apply:
		if _, known := c.indexes[e.Index]; !known {
			c.indexes[e.Index] = e.Digest
		}
		c.applied(e, e.Digest, fmt.Sprintf("applied %q at index %d", e.Text, e.Index))
	case trace.Install:
		if digest, known := c.indexes[e.Index]; known {
			c.applied(e, digest, fmt.Sprintf("delivered a snapshot up to index %d", e.Index))
		}
	case trace.Call:
		client := c.actor(c.servers + e.Node)
		client.called, client.heard = c.tick(c.servers+e.Node), nil
	case trace.Answer:
		c.answered(e)
	}
}

// actor returns actor i, made if need be.
func (c *causality) actor(i int) *actor {
	for len(c.actors) <= i {
		held := make([]vector, c.servers)
		c.actors = append(c.actors, &actor{term: -1, knows: knowledge{held: held}, disk: knowledge{held: held}})
	}
	return c.actors[i]
}

// tick moves an actor's clock on and returns what it shows.
func (c *causality) tick(i int) uint32 {
	a := c.actor(i)
	a.clock++
	seen := make(vector, max(len(a.knows.seen), i+1))
	copy(seen, a.knows.seen)
	seen[i] = a.clock
	a.knows.seen, a.copy = seen, nil
	if !c.durable && i < c.servers {
		a.hold(i)
	}
	return a.clock
}

// hold notes that a server has saved what it knows; or that it knows it, where nobody saves.
func (a *actor) hold(i int) {
	a.knows.held = slices.Clone(a.knows.held)
	a.knows.held[i], a.copy = a.knows.seen, nil
}

// sent returns what a message of the actor carries now.
func (a *actor) sent() *knowledge {
	if a.copy == nil {
		k := a.knows
		a.copy = &k
	}
	return a.copy
}

// learn adds what a message has carried.
func (c *causality) learn(i int, k *knowledge) {
	a := c.actor(i)
	if k == nil || k == a.copy {
		return
	}
	before := a.knows.seen
	a.knows, a.copy = join(a.knows, *k), nil
	if !c.durable && i < c.servers {
		a.hold(i)
	}
	for j := c.servers; i < c.servers && j < len(c.actors); j++ {
		client := c.actors[j]
		if before.at(j) < client.called && client.called <= a.knows.seen.at(j) {
			client.heard = append(client.heard, moment{i, c.tick(i)})
		}
	}
}

// told returns what a request of an actor carries: of a client, that it has done what it has.
func (c *causality) told(i int) *knowledge {
	a := c.actor(i)
	if i < c.servers {
		return a.sent()
	}
	k := &knowledge{seen: make(vector, i+1), held: make([]vector, c.servers)}
	k.seen[i] = a.clock
	return k
}

func join(a, b knowledge) knowledge {
	k := knowledge{seen: later(a.seen, b.seen), held: make([]vector, len(a.held))}
	for i := range k.held {
		k.held[i] = later(a.held[i], b.held[i])
	}
	return k
}

// later returns the later of two times for each actor: one of the two vectors where that will do.
func later(a, b vector) vector {
	if len(a) < len(b) {
		a, b = b, a
	}
	first, second := true, len(a) == len(b) // whether a, b is nowhere the earlier
	for i, t := range b {
		first = first && a[i] >= t
		second = second && a[i] <= t
	}
	switch {
	case first:
		return a
	case second:
		return b
	}
	v := slices.Clone(a)
	for i, t := range b {
		v[i] = max(v[i], t)
	}
	return v
}

func (v vector) at(i int) uint32 {
	if i < len(v) {
		return v[i]
	}
	return 0
}

// message follows what calls tell.
func (c *causality) message(e trace.Event) {
	who := e.Node
	if e.Node == trace.Nobody {
		if e.Client == 0 {
			return
		}
		who = c.servers + e.Client - 1
	}
	call := c.calls[e.ID]
	switch e.Kind {
	case trace.Request:
		c.calls[e.ID] = &carried{request: c.told(who)}
		for ; len(c.calls) > manyCalls; c.oldest++ {
			delete(c.calls, c.oldest)
		}
	case trace.Deliver:
		if call == nil { // it was under way for so long that it is forgotten
			c.learn(who, c.everything())
			return
		}
		c.learn(who, call.request)
	case trace.Reply:
		if call == nil {
			return
		}
		said := c.actor(who).sent()
		if call.reply != nil && call.reply != said {
			both := join(*call.reply, *said)
			said = &both
		}
		call.reply = said
	case trace.Return:
		if call == nil {
			c.learn(who, c.everything())
			return
		}
		c.learn(who, call.reply)
	}
}

// everything is the knowledge of all that has happened.
func (c *causality) everything() *knowledge {
	k := &knowledge{held: make([]vector, c.servers)}
	for i := range c.actors {
		k.seen = append(k.seen, c.actors[i].clock)
	}
	for i := range k.held {
		k.held[i] = k.seen
	}
	return k
}

// restart takes from a server what was not on its disk.
func (c *causality) restart(i int) {
	a := c.actor(i)
	if c.exact && c.durable {
		a.knows, a.copy = a.disk, nil
	}
	now := c.tick(i)
	a.term, a.leads, a.marks = -1, false, [2]uint32{now, now}
}

// state notes what a server says of itself. Whoever leads a term has been elected in it, by votes that came after
// it was last in an earlier one. What it says may be recorded only after it has gone on: then the time at
// which it had said the thing before is the one to rely on.
func (c *causality) state(e trace.Event) {
	a := c.actor(e.Node)
	if e.Term > a.term {
		a.before = a.marks[1]
		if c.exact {
			a.before = a.marks[0]
		}
	}
	elected := e.Leader && (!a.leads || e.Term > a.term)
	a.term, a.leads = e.Term, e.Leader
	if elected {
		m := moment{e.Node, a.before}
		if have := c.holders(e.Node, m); len(have) < c.majority() {
			c.fail(Quorum, fmt.Sprintf("server %d leads term %d, but since it was in an earlier term it can have been "+
				"elected by the servers %v only: %s", e.Node, e.Term, have, c.why("its candidature")))
		}
	}
	a.marks[1], a.marks[0] = a.marks[0], c.tick(e.Node)
}

// applied judges what a server applies.
func (c *causality) applied(e trace.Event, digest uint64, what string) {
	offers := c.offers[digest]
	if len(offers) == 0 {
		c.fail(Causality, fmt.Sprintf("server %d %s, which was never offered to any server", e.Node, what))
		return
	}
	told := false
	var best []int
	for _, m := range offers {
		if c.actors[e.Node].knows.seen.at(m.actor) < m.clock {
			continue
		}
		told = true
		have := c.holders(e.Node, m)
		if len(have) >= c.majority() {
			return
		}
		if len(have) > len(best) {
			best = have
		}
	}
	if !told {
		c.fail(Causality, fmt.Sprintf("server %d %s, which was offered to server %d: no chain of messages and saves "+
			"leads from there to it", e.Node, what, offers[0].actor))
		return
	}
	c.fail(Quorum, fmt.Sprintf("server %d %s, but as far as any message could tell it only the servers %v of %d have it: "+
		"%s", e.Node, what, best, c.servers, c.why("the entry")))
}

// answered judges the answer of the service to a client that has changed something.
func (c *causality) answered(e trace.Event) {
	if e.Method == "Get" {
		return // a leader with a lease may answer alone
	}
	i, best := c.servers+e.Node, []int{}
	for _, m := range c.actor(i).heard {
		have := c.holders(i, m)
		if len(have) >= c.majority() {
			return
		}
		if len(have) > len(best) {
			best = have
		}
	}
	c.fail(Quorum, fmt.Sprintf("client %d was told that its %s of %q is done, but as far as any message between servers "+
		"could tell only the servers %v of %d have it: %s", e.Node, e.Method, e.Text, best, c.servers,
		c.why("the operation from another that has it")))
}

// holders returns the servers that are known to actor i to have saved (or to know) what happened at a moment.
func (c *causality) holders(i int, m moment) []int {
	have := []int{}
	for server, v := range c.actors[i].knows.held {
		if v.at(m.actor) >= m.clock {
			have = append(have, server)
		}
	}
	return have
}

func (c *causality) majority() int { return c.servers/2 + 1 }

// why ends a message about a missing majority.
func (c *causality) why(what string) string {
	if c.durable {
		return "a majority must have saved something since it heard of " + what
	}
	return "a majority must have heard of " + what
}
