package labrpc

import (
	"math"
	"time"

	// Every random choice of the network is drawn in this file, from this source: the user asked
	// for it. Its own documentation says that math/rand/v2 supersedes it.
	//lint:ignore SA1019 see above
	"golang.org/x/exp/rand"
)

// Model decides what happens to each message: lost, delayed until when, doubled, held, answered
// false after how long. It decides from its controls and its seed alone. It starts no goroutine or
// timer, takes no lock and reads no clock: time comes in as an argument, a duration since any fixed
// origin. Network acts on it with goroutines and timers; a simulator does so with its event queue.
// It must not be used concurrently.
//
// A driver takes each message through two decisions: when it leaves (Request, Reply) and, once for
// each copy, when that arrives (RequestArrives, ReplyArrives), since the network may have changed
// meanwhile:
//
//	route, fate := m.Request(now, end, bytes)    the caller's end sends its request
//	fate = m.RequestArrives(fate.At[i], route)   deliver it: the handler runs
//	fate = m.Reply(now, route, bytes)            the handler has returned
//	fate = m.ReplyArrives(fate.At[i], route)     deliver it, if it is the first: Call returns true
//
// A Fate with Copies 0 whose Reason is Paused is no decision yet: keep the message and ask the same
// question again, in order, when Fate.Holder resumes or is deleted or replaced. With any other
// Reason the message is lost; once all copies of a call are lost, Call returns false at FailAt of
// the last. After Enable(false), DeleteServer and AddServer a driver makes every call fail whose
// request has left and whose Route is no longer Alive, at once, even while its handler runs.
type Model struct {
	rng             *rand.Rand
	latency, jitter time.Duration // of every message

	unreliable, longDelays, longReordering bool

	all   LinkFaults
	links map[any]*link
	nodes map[any]*node
}

// link is the way from one ClientEnd to the server it is connected to, if any.
type link struct {
	owner, server *node
	enabled       bool
	epoch         uint64           // grows when the end is disabled: what left before never arrives
	faults        LinkFaults       //
	free          [2]time.Duration // by direction: when the bandwidth's queue will have drained
}

// node is whatever bears a server's name, there or not: a server, or the owner of ends.
type node struct {
	name        any
	up          bool
	incarnation uint64 // grows when the server is deleted or replaced: then nobody hears it
	halted      uint64 // the incarnation that Halt has ended, whose replies still arrive; 0: none
	paused      bool
}

type direction int

const (
	toServer direction = iota
	toCaller
)

// Reason says why a message does not go on. The zero value says that it does.
type Reason string

// The reasons of a Fate.
const (
	Unconnected Reason = "the end is not connected"
	Disabled    Reason = "the end is disabled"
	Down        Reason = "the server is down"
	Cut         Reason = "the link is cut"
	Lost        Reason = "lost"
	Paused      Reason = "paused" // not lost: held until Fate.Holder resumes
)

// Fate is what the model decided about one message.
type Fate struct {
	Copies int              // that go on: 0 if it is lost or held, 1, or 2 if it is doubled
	At     [2]time.Duration // At[:Copies] is when they arrive, in rising order, never before now
	Reason Reason           // why none goes on; "" if one does
	Holder any              // Reason is Paused: the server that holds it
	FailAt time.Duration    // lost: when Call returns false, unless another copy lives on
}

// Route is the way of one call, fixed when its request leaves: from which end, to which incarnation
// of which server. A later Connect does not change it.
type Route struct {
	link        *link
	server      *node
	epoch       uint64
	incarnation uint64
}

// NewModel returns a model with no ends and no servers, or the error of o.Validate. Of the options
// it uses Seed, Latency, Jitter and Instant.
func NewModel(o Options) (*Model, error) {
	if err := o.Validate(); err != nil {
		return nil, err
	}
	if o.Latency == 0 && o.Jitter == 0 && !o.Instant {
		o.Latency, o.Jitter = DefaultLatency, DefaultJitter
	}
	return &Model{
		rng:     rand.New(rand.NewSource(o.Seed)),
		latency: o.Latency,
		jitter:  o.Jitter,
		links:   make(map[any]*link),
		nodes:   make(map[any]*node),
	}, nil
}

// Connect makes the server's name the one that the end's later requests go to; nil connects it to
// nobody. Neither needs to exist yet. A new end is connected to nobody and disabled.
func (m *Model) Connect(end, server any) {
	m.link(end).server = m.node(server)
}

// Enable lets the end's messages pass, or stops them: both those to come and those on their way.
func (m *Model) Enable(end any, enabled bool) {
	l := m.link(end)
	if l.enabled && !enabled {
		l.epoch++
	}
	l.enabled = enabled
}

// Own says which server (or client: any name) makes the calls of this end; nil is nobody.
func (m *Model) Own(end, server any) {
	m.link(end).owner = m.node(server)
}

// AddServer makes server a running one, in place of what bore that name. It is not paused.
func (m *Model) AddServer(server any) {
	n := m.node(server)
	n.up, n.paused = true, false
	n.incarnation++
}

// DeleteServer takes the server down: nothing reaches it, and what it has said and still says is
// never heard. It is no longer paused.
func (m *Model) DeleteServer(server any) {
	n := m.node(server)
	n.up, n.paused = false, false
	n.incarnation++
}

// Halt takes the server down in the middle of something: nothing reaches it and it says nothing any more, but the replies
// that have left still arrive.
func (m *Model) Halt(server any) {
	n := m.node(server)
	n.up, n.paused = false, false
	n.halted = n.incarnation
	n.incarnation++
}

// Pause holds all messages that would leave or reach the server, or ends that it owns.
func (m *Model) Pause(server any) { m.node(server).paused = true }

// Resume ends a Pause. The driver then asks again for all that was held there, in order.
func (m *Model) Resume(server any) { m.node(server).paused = false }

// Reliable turns the classic faults of an unreliable network off or on; a new model is reliable.
func (m *Model) Reliable(reliable bool) { m.unreliable = !reliable }

// LongDelays makes calls that cannot get through take up to UnreachableLongWait to fail.
func (m *Model) LongDelays(long bool) { m.longDelays = long }

// LongReordering holds back ReorderedPart of the replies for a long while.
func (m *Model) LongReordering(long bool) { m.longReordering = long }

// SetLink sets the faults of one link, in place of those it had, or returns the error of
// f.Validate.
func (m *Model) SetLink(end any, f LinkFaults) error {
	if err := f.Validate(); err != nil {
		return err
	}
	m.link(end).faults = f
	return nil
}

// SetAll sets the faults that all links have beside their own, or returns the error of f.Validate.
func (m *Model) SetAll(f LinkFaults) error {
	if err := f.Validate(); err != nil {
		return err
	}
	m.all = f
	return nil
}

// Request decides about a request of so many bytes that leaves end now.
func (m *Model) Request(now time.Duration, end any, bytes int) (Route, Fate) {
	l := m.link(end)
	r := Route{link: l, server: l.server, epoch: l.epoch}
	if l.server != nil {
		r.incarnation = l.server.incarnation
	}
	switch {
	case l.owner != nil && l.owner.paused:
		return r, held(l.owner)
	case !l.enabled:
		return r, m.unreachable(now, Disabled)
	case l.server == nil:
		return r, m.unreachable(now, Unconnected)
	case !l.server.up:
		return r, m.unreachable(now, Down)
	}
	return r, m.travel(now, l, toServer, bytes)
}

// RequestArrives decides about a copy of a request that reaches its server now: go on with it, hold
// it or lose it.
func (m *Model) RequestArrives(now time.Duration, r Route) Fate {
	return m.arrives(now, r, toServer, r.server)
}

// Reply decides about a reply of so many bytes that leaves the server of r now.
func (m *Model) Reply(now time.Duration, r Route, bytes int) Fate {
	if reason := r.broken(); reason != "" {
		return Fate{Reason: reason, FailAt: now}
	}
	if r.server.paused {
		return held(r.server)
	}
	return m.travel(now, r.link, toCaller, bytes)
}

// ReplyArrives decides about a copy of a reply that reaches the caller now: go on with it, hold it
// or lose it. Only the first to arrive counts.
func (m *Model) ReplyArrives(now time.Duration, r Route) Fate {
	return m.arrives(now, r, toCaller, r.link.owner)
}

func (m *Model) arrives(now time.Duration, r Route, d direction, at *node) Fate {
	reason := r.broken()
	if d == toCaller {
		reason = r.unheard()
	}
	if reason != "" {
		return Fate{Reason: reason, FailAt: now}
	}
	if r.link.faults.of(d).Cut || m.all.of(d).Cut {
		return m.unreachable(now, Cut)
	}
	if at != nil && at.paused {
		return held(at)
	}
	return Fate{Copies: 1, At: [2]time.Duration{now}}
}

// Server returns the name of the server that the call goes to; nil if there is none.
func (r Route) Server() any {
	if r.server == nil {
		return nil
	}
	return r.server.name
}

// Owner returns the name of the server that owns the call's end; nil if it has no owner.
func (r Route) Owner() any {
	if r.link == nil || r.link.owner == nil {
		return nil
	}
	return r.link.owner.name
}

// Alive reports whether an answer can still come: the end was not disabled since the request left,
// and the server is still the same one.
func (r Route) Alive() bool { return r.broken() == "" }

// Heard reports whether a reply that has left can still arrive.
func (r Route) Heard() bool { return r.unheard() == "" }

// unheard says why a reply that has left cannot arrive.
func (r Route) unheard() Reason {
	last := r.server != nil && r.server.halted != 0 && r.server.halted == r.incarnation
	if reason := r.broken(); reason != Down || !last {
		return reason
	}
	if r.link.epoch != r.epoch || !r.link.enabled {
		return Disabled
	}
	return ""
}

func (r Route) broken() Reason {
	switch {
	case r.server == nil:
		return Unconnected
	case r.server.incarnation != r.incarnation || !r.server.up:
		return Down
	case r.link.epoch != r.epoch || !r.link.enabled:
		return Disabled
	}
	return ""
}

// travel decides about a message that has left on a link in working order.
func (m *Model) travel(now time.Duration, l *link, d direction, bytes int) Fate {
	own, all := l.faults.of(d), m.all.of(d)
	if own.Cut || all.Cut {
		return m.unreachable(now, Cut)
	}
	sent := l.transmit(now, d, bytes, slower(own.Bandwidth, all.Bandwidth))
	at := later(sent, m.transit(own, all, d))
	keep := (1 - own.Loss) * (1 - all.Loss)
	if m.unreliable {
		keep *= 1 - UnreliableLoss
	}
	if m.chance(1 - keep) {
		return Fate{Reason: Lost, FailAt: at}
	}
	fate := Fate{Copies: 1, At: [2]time.Duration{later(at, m.holdBack(d))}}
	if m.chance(1 - (1-own.Duplicate)*(1-all.Duplicate)) {
		// The copy is made on the way: past the queue, with delays of its own.
		second := later(later(sent, m.transit(own, all, d)), m.holdBack(d))
		fate.Copies, fate.At[1] = 2, max(second, fate.At[0])
		fate.At[0] = min(second, fate.At[0])
	}
	return fate
}

// transmit queues a message for the link's bandwidth and returns when its last byte is out. The
// queue is first in, first out.
func (l *link) transmit(now time.Duration, d direction, bytes int, bandwidth int64) time.Duration {
	if bandwidth == 0 {
		l.free[d] = 0
		return now
	}
	took := float64(bytes) / float64(bandwidth) * float64(time.Second)
	l.free[d] = later(max(now, l.free[d]), time.Duration(min(took, float64(never))))
	return l.free[d]
}

// transit draws how long a message is under way.
func (m *Model) transit(own, all *Faults, d direction) time.Duration {
	took := m.latency + own.Delay + all.Delay
	took += m.upTo(m.jitter) + m.upTo(own.Jitter) + m.upTo(all.Jitter)
	if m.unreliable && d == toServer {
		took += m.upTo(UnreliableDelay)
	}
	return took
}

// holdBack draws how long LongReordering keeps a message back. Short times are likelier than long
// ones: the time is uniform below a bound that is uniform itself.
func (m *Model) holdBack(d direction) time.Duration {
	if !m.longReordering || d != toCaller || !m.chance(ReorderedPart) {
		return 0
	}
	return ReorderedMin + m.upTo(m.upTo(ReorderedMax-ReorderedMin))
}

// unreachable is the fate of a message that has no way to go: the caller hears of it after a
// simulated time-out.
func (m *Model) unreachable(now time.Duration, reason Reason) Fate {
	wait := UnreachableWait
	if m.longDelays {
		wait = UnreachableLongWait
	}
	return Fate{Reason: reason, FailAt: later(now, m.upTo(wait))}
}

func held(by *node) Fate { return Fate{Reason: Paused, Holder: by.name} }

// upTo draws a duration, uniformly from [0, d); 0 if d is 0.
func (m *Model) upTo(d time.Duration) time.Duration {
	if d <= 0 {
		return 0
	}
	return time.Duration(m.rng.Int63n(int64(d)))
}

func (m *Model) chance(p float64) bool { return p > 0 && (p >= 1 || m.rng.Float64() < p) }

// never is later than anything that happens, and can be added to once without overflow.
const never time.Duration = math.MaxInt64 / 2

// later returns the instant d after t, or never.
func later(t, d time.Duration) time.Duration { return min(t+d, never) }

func slower(a, b int64) int64 {
	if a == 0 || b == 0 {
		return a + b
	}
	return min(a, b)
}

func (f *LinkFaults) of(d direction) *Faults {
	if d == toServer {
		return &f.Request
	}
	return &f.Reply
}

func (m *Model) link(end any) *link {
	l := m.links[end]
	if l == nil {
		l = new(link)
		m.links[end] = l
	}
	return l
}

// node returns what bears the name, made if need be; nil for the name nil.
func (m *Model) node(name any) *node {
	if name == nil {
		return nil
	}
	n := m.nodes[name]
	if n == nil {
		n = &node{name: name}
		m.nodes[name] = n
	}
	return n
}
