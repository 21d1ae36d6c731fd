package sim

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"raftlab/internal/sim/frame"
	"raftlab/internal/tester"
	"raftlab/internal/trace"
	"raftlab/labrpc"
)

// host is a tester.Host whose servers are instances of a program. Its methods are called by activities of its
// engine, or by whoever runs the simulation while no activity is there.
type host struct {
	*engine
	job     Job
	setup   tester.Setup
	net     *network
	record  *trace.Recorder
	nodes   []*node
	living  []*instance
	printed map[string]string // by peer: output of lives that are over
	asked   uint64            // questions so far
	verdict finding
}

// node is a server's place: its disk and the life that it is in, if any.
type node struct {
	disk  disk
	slow  time.Duration // that each save takes longer
	life  *instance
	lives int
	up    []bool // by server: whether messages to it pass
	ends  []any  // of the life
	rate  int    // of the clock, in hundredths
	mine  mine   // where the life is to end

	paused, frozen bool // in this life
}

// finding is a verdict that the engine itself came to.
type finding struct {
	verdict Verdict
	peer    string
	detail  string
}

// disk is what a server has saved. Each save writes over the one before.
type disk struct{ state, snapshot []byte }

// RaftStateSize implements tester.Disk.
func (d disk) RaftStateSize() int { return len(d.state) }

// ReadSnapshot implements tester.Disk.
func (d disk) ReadSnapshot() []byte { return slices.Clone(d.snapshot) }

// SnapshotSize implements tester.Disk.
func (d disk) SnapshotSize() int { return len(d.snapshot) }

// end names a network end: one server's way to another, in one life of the first.
type end struct{ from, to, life int }

// question is something that a peer was asked and an activity waits for.
type question struct {
	id     uint64
	what   string
	since  time.Duration
	asker  *activity // nil: nobody's activity
	urgent bool      // the peer should answer at once
	done   bool
	number int
	term   int
	leads  bool
	text   string
}

func newHost(job Job, e *engine, setup tester.Setup) *host {
	h := &host{engine: e, job: job, setup: setup, printed: map[string]string{}}
	h.record = trace.NewRecorder(h.Now, setup.Sinks...)
	for range setup.Servers {
		h.nodes = append(h.nodes, &node{up: make([]bool, setup.Servers), rate: trueRate})
	}
	var err error
	if h.net, err = newNetwork(e, setup.Servers, setup.Seed); err != nil {
		h.found(Infrastructure, "", err.Error())
		return h
	}
	h.net.record = h.record
	h.net.misuse = func(text string) { setup.Report(tester.Misuse, text) }
	return h
}

// Exact implements tester.ExactHost.
func (h *host) Exact() {}

// found ends the run with a verdict. The first one counts.
func (h *host) found(v Verdict, peer, detail string) {
	if h.verdict.verdict == "" {
		h.verdict = finding{v, peer, detail}
		h.setup.Report(string(v), fmt.Sprintf("%s: %s", peer, detail))
	}
}

// Now implements tester.Env.
func (h *host) Now() time.Duration { return h.now }

// Go implements tester.Env.
func (h *host) Go(f func()) { h.spawn(f) }

// Wait implements tester.Env.
func (h *host) Wait(limit time.Duration, ready func() bool) bool { return h.wait(limit, ready) }

// Changed implements tester.Env.
func (h *host) Changed() { h.changed = true }

// Run implements tester.Host.
func (h *host) Run(main func(), abandon <-chan struct{}) {
	h.at(h.now, h.watch)
	h.main(main, abandon)
	if err := h.ctx.Err(); err != nil {
		h.found(Infrastructure, "the simulation", "was given up: "+err.Error())
	}
}

// watch looks now and then for questions that are not answered.
func (h *host) watch() {
	const every = time.Second
	for _, in := range h.living {
		h.watchOne(in)
	}
	h.at(h.now+every, h.watch)
}

func (h *host) watchOne(in *instance) {
	for _, q := range in.questions {
		if q.urgent && !in.frozen && h.now-q.since > in.limits.Patience {
			h.found(Deadlocked, in.who, fmt.Sprintf("%s has not returned for %v", q.what, h.now-q.since))
			return
		}
	}
}

// Recorder implements tester.Host.
func (h *host) Recorder() *trace.Recorder { return h.record }

// bear makes an instance that is about to boot, from the image of that key.
func (h *host) bear(who string, node int, key, life uint64) *instance {
	image, err := h.job.Program.image(key)
	if err == nil {
		var m *machine
		if m, err = h.job.Program.acquire(); err == nil {
			seed := mix(h.setup.Seed, key, life)
			in := &instance{engine: h.engine, host: h, who: who, node: node, limits: h.job.Limits, rng: seed,
				local: h.now, due: never, hears: true, term: -1, odds: h.job.Odds, pause: h.job.Pause}
			in.skew = int64(in.rng.next()%(2*mostDrift+1)) - mostDrift
			in.setRate(trueRate)
			in.began = image.clock + int64(in.rng.next()%mostOffset)
			m.memory.limit = h.job.Limits.Memory
			m.begin(in, image, rng(in.rng.next()))
			h.living = append(h.living, in)
			return in
		}
	}
	var load *LoadError
	if as(err, &load) {
		h.found(load.Verdict, who, load.Ending)
	} else {
		h.found(Infrastructure, who, err.Error())
	}
	return nil
}

// How far peers' clocks are from each other.
const (
	mostDrift  = 100                      // parts in a million
	mostOffset = uint64(10 * time.Second) // and so far apart, in nanoseconds
)

// Boot implements tester.Host.
func (h *host) Boot(i int) {
	n := h.nodes[i]
	in := h.bear(fmt.Sprint("server ", i), i, uint64(i), uint64(n.lives))
	if in == nil {
		return
	}
	n.ends = nil
	for j := range h.nodes {
		var name any = end{i, j, n.lives}
		n.ends = append(n.ends, name)
		h.net.model.Own(name, i)
		h.net.model.Connect(name, j)
	}
	n.lives++
	n.life, in.ends = in, n.ends
	in.setRate(n.rate)
	if !h.boot(in, h.role(), i, len(h.nodes), n.disk) {
		return
	}
	for j, name := range n.ends {
		h.net.enable(name, n.up[j])
	}
	h.net.arrive(i, in)
}

func (h *host) role() int {
	if h.setup.Applied == nil {
		return frame.KVServer
	}
	return frame.RaftPeer
}

// boot tells an instance what it is, and waits until it is that.
func (h *host) boot(in *instance, role, me, ends int, d disk) bool {
	w := frame.New(nil, frame.Boot)
	w.Int(role)
	w.Int(me)
	w.Int(ends)
	w.Int(maxRaftState(h.setup))
	w.Bool(role == frame.RaftPeer)
	w.Bytes(d.state)
	w.Bytes(d.snapshot)
	in.booting = &question{what: "its start", urgent: true}
	return h.ask(in, in.booting, w.B)
}

// ready says whether an instance has become what it was told to be: Make has returned, and there is a peer to talk to.
func (in *instance) ready() bool { return in.booting != nil && in.booting.done }

func maxRaftState(s tester.Setup) int {
	if s.MaxRaftState == 0 {
		return -1 // as the lab's API has it
	}
	return s.MaxRaftState
}

// ask posts a frame and waits until the question in it is answered, or the peer is gone: then it returns false.
func (h *host) ask(in *instance, q *question, frame []byte) bool {
	q.since, q.asker = h.now, h.current
	in.questions = append(in.questions, q)
	in.post(frame)
	if q.asker == nil {
		h.runFor(in.limits.Patience, func() bool { return q.done || in.dead })
		return q.done
	}
	for !q.done && !in.dead {
		h.pause()
	}
	return q.done
}

// answer ends a question and lets its asker go on.
func (h *host) answer(in *instance, q *question) {
	if q.done {
		return // it says so twice
	}
	q.done = true
	in.questions = slices.DeleteFunc(in.questions, func(other *question) bool { return other == q })
	h.wakeAsker(q)
}

func (h *host) wakeAsker(q *question) {
	if a := q.asker; a != nil {
		h.at(h.now, func() {
			if slices.Contains(h.alive, a) {
				h.run(a)
			}
		})
	}
}

// question makes the beginning of a frame that asks something.
func (h *host) question(k frame.Kind, what string) (*question, frame.Writer) {
	h.asked++
	q := &question{id: h.asked, what: what, urgent: true}
	w := frame.New(nil, k)
	w.Uint(q.id)
	return q, w
}

// Crash implements tester.Host.
func (h *host) Crash(i int) {
	n := h.nodes[i]
	for _, name := range n.ends {
		h.net.enable(name, false)
	}
	h.net.leave(i)
	if n.life != nil {
		h.bury(n.life)
	}
	n.bereft()
}

// bereft is the place of a server whose life has ended.
func (n *node) bereft() { n.life, n.mine, n.paused, n.frozen = nil, mine{}, false, false }

// bury ends an instance's life, and keeps what it has printed.
func (h *host) bury(in *instance) {
	if in.m == nil {
		return
	}
	in.m.free()
	h.living = slices.DeleteFunc(h.living, func(other *instance) bool { return other == in })
	if in.out.size > 0 {
		h.printed[in.who] += in.out.String()
	}
	for _, q := range in.questions {
		h.wakeAsker(q)
	}
	in.questions = nil
}

// ended implements guestHost.
func (h *host) ended(in *instance, e ending) {
	code, detail := in.m.program.code, e.describe()
	if in.site != 0 && code.Place != nil && e.kind() == CPULimit {
		detail += ", last at " + code.Place(in.site)
	}
	if words := lastWords(code.Localize(in.out.String())); words != "" && e.kind() == Panicked {
		detail = words
	}
	h.found(e.kind(), in.who, detail)
	h.bury(in)
}

// lastWords returns the beginning of what a Go program prints when it panics: the reason, and where.
func lastWords(output string) string {
	const lines = 30
	at := max(strings.LastIndex(output, "\npanic: "), strings.LastIndex(output, "\nfatal error: ")) + 1
	words := strings.SplitAfterN(output[at:], "\n", lines+1)
	return strings.TrimSpace(strings.Join(words[:min(lines, len(words))], ""))
}

// Disk implements tester.Host.
func (h *host) Disk(i int) tester.Disk { return h.nodes[i].disk }

// SlowDisk implements tester.Host.
func (h *host) SlowDisk(i int, delay time.Duration) bool {
	h.nodes[i].slow = delay
	return true
}

// State implements tester.Host.
func (h *host) State(i int) (term int, isLeader bool) {
	in := h.nodes[i].life
	if in == nil || !in.ready() {
		return 0, false
	}
	if !in.fresh && !in.dead && !in.frozen {
		q, w := h.question(frame.Observe, "GetState")
		if h.ask(in, q, w.B) {
			return q.term, q.leads
		}
	}
	return max(0, in.term), in.leads
}

// Peer implements tester.RaftHost.
func (h *host) Peer(i int) tester.RaftPeer {
	if in := h.nodes[i].life; in != nil && in.ready() {
		return peer{h, i, in}
	}
	return nil
}

// peer is a Raft peer in an instance.
type peer struct {
	h  *host
	i  int
	in *instance
}

// Start implements tester.RaftPeer.
func (p peer) Start(command any) (index, term int, isLeader bool) {
	q, w := p.h.question(frame.Start, "Start")
	w.Command(command)
	if !p.h.ask(p.in, q, w.B) {
		return 0, 0, false
	}
	return q.number, q.term, q.leads
}

// GetState implements tester.RaftPeer.
func (p peer) GetState() (term int, isLeader bool) { return p.h.State(p.i) }

// Kill implements tester.RaftPeer.
func (p peer) Kill() { p.in.post([]byte{byte(frame.Kill)}) }

// Link implements tester.Host.
func (h *host) Link(from, to int, up bool) {
	n := h.nodes[from]
	n.up[to] = up
	if n.life != nil {
		h.net.enable(n.ends[to], up)
	}
}

// SetLink implements tester.Host.
func (h *host) SetLink(from, to int, faults labrpc.LinkFaults) {
	if n := h.nodes[from]; n.life != nil {
		h.misused(h.net.model.SetLink(n.ends[to], faults))
	}
}

// SetAll implements tester.Host.
func (h *host) SetAll(faults labrpc.LinkFaults) { h.misused(h.net.model.SetAll(faults)) }

func (h *host) misused(err error) {
	if err != nil {
		h.setup.Report(tester.Misuse, err.Error())
	}
}

// Reliable implements tester.Host.
func (h *host) Reliable(yes bool) { h.net.model.Reliable(yes) }

// LongDelays implements tester.Host.
func (h *host) LongDelays(yes bool) { h.net.model.LongDelays(yes) }

// LongReordering implements tester.Host.
func (h *host) LongReordering(yes bool) { h.net.model.LongReordering(yes) }

// Requests implements tester.Host.
func (h *host) Requests(i int) int { return h.net.nodes[i].requests }

// Memory implements tester.Host.
func (h *host) Memory(i int) int {
	if life := h.nodes[i].life; life != nil && life.m != nil {
		return int(life.m.memory.asked)
	}
	return 0
}

// Bytes implements tester.Host.
func (h *host) Bytes() int64 { return h.net.bytes }
