package core

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
)

// simulation is a cluster to which everything happens that a network, a disk and a power supply can
// do.
type simulation struct {
	*cluster
	sky  weather
	rng  *rand.Rand
	now  Time
	asks map[uint64]Index // reads: what had been committed somewhere when they were asked
	next uint64           // id of the next read, number of the next proposal
	seen map[NodeID]int   // how many of a host's reads have been checked
}

// TestSimulation runs whole clusters of one to seven through faults of every kind, then heals them.
// go test -run TestSimulation/seed=17 repeats one.
func TestSimulation(t *testing.T) {
	seeds := 300
	if testing.Short() {
		seeds = 60
	}
	for seed := range seeds {
		t.Run(fmt.Sprintf("seed=%d", seed), func(t *testing.T) { simulate(t, uint64(seed)) })
	}
}

func simulate(t *testing.T, seed uint64) {
	rng := rand.New(rand.NewPCG(seed, 7))
	size := []int{1, 2, 3, 3, 3, 3, 4, 5, 5, 7}[rng.IntN(10)]
	preVote, checkQuorum, noOp := rng.IntN(2) == 0, rng.IntN(3) > 0, rng.IntN(2) == 0
	inflight, batch, bytes := 1+rng.IntN(5), 1+rng.IntN(8), 1+rng.IntN(40)
	s := &simulation{rng: rng, asks: map[uint64]Index{}, seen: map[NodeID]int{}}
	s.cluster = newCluster(t, size, func(c *Config) {
		c.CheckQuorum, c.PreVote, c.NoOp = checkQuorum, preVote && checkQuorum, noOp
		c.MaxInflight, c.MaxBatchEntries, c.MaxBatchBytes = inflight, batch, bytes
		c.Seed = seed
	})
	for _, h := range s.hosts {
		h.slow = rng.IntN(2) == 0
	}
	if lazy := rng.IntN(4); lazy > 1 {
		s.later = func() bool { return rng.IntN(4) < lazy }
	}
	for i := range 3000 {
		if i%250 == 0 {
			s.changeWeather()
		}
		s.act()
		s.checkReads()
	}
	s.checkLogs()
	s.heal()
}

// weather is how likely things are, for a while: of 1000 acts, and of 100 messages.
type weather struct {
	tick, save, client, compact, link, transfer, crash, start, coup int // the rest: network
	lose, double, overtake                                          int
}

// changeWeather draws another: without calm nothing would ever be committed, without storms nothing
// ever lost.
func (s *simulation) changeWeather() {
	up := func(most int) int { return s.rng.IntN(most + 1) }
	s.sky = weather{tick: 20 + up(150), save: 50 + up(200), client: 20 + up(80),
		compact: up(20), link: up(15), transfer: up(5), crash: up(12), start: 10 + up(20), coup: up(12),
		lose: up(15), double: up(15), overtake: up(60)}
	if s.rng.IntN(2) == 0 {
		clear(s.cut)
		s.sky.link, s.sky.crash, s.sky.lose, s.sky.coup = 0, 0, 0, 0
	}
}

// act does one random thing.
func (s *simulation) act() {
	h := s.hosts[s.rng.IntN(len(s.hosts))]
	x := s.rng.IntN(1000)
	happens := func(share int) bool { x -= share; return x < 0 && x >= -share }
	switch {
	case happens(s.sky.tick):
		s.pass()
	case happens(s.sky.save):
		s.saveSome(h)
	case happens(s.sky.client):
		s.ask(h)
	case happens(s.sky.compact):
		s.compactSome(h)
	case happens(s.sky.link):
		s.changeLink()
	case happens(s.sky.transfer):
		if n := s.leader(); n != nil {
			s.call(s.host(n.cfg.ID), func(n *Node) { _ = n.Transfer(s.now, h.id) })
		}
	case happens(s.sky.coup):
		s.call(h, func(n *Node) { n.Tick(max(s.now, n.electionAt)) }) // a clock that runs fast
	case happens(s.sky.crash):
		if n := s.leader(); n != nil && s.rng.IntN(2) == 0 {
			h = s.host(n.cfg.ID)
		}
		if h.node != nil {
			s.crash(h)
			s.checkLogs()
		}
	case happens(s.sky.start):
		if h.node == nil {
			h.now = s.now
			s.start(h)
		}
	default:
		s.network()
	}
}

// pass lets a little time pass.
func (s *simulation) pass() {
	s.now += Time(s.rng.IntN(60))
	for _, h := range s.hosts {
		s.tick(h, s.now)
	}
}

// network delivers a message, out of order now and then, or loses or doubles one.
func (s *simulation) network() {
	if len(s.net) == 0 {
		return
	}
	i := 0
	if s.rng.IntN(100) < s.sky.overtake {
		i = s.rng.IntN(len(s.net))
	}
	m := s.take(i)
	switch x := s.rng.IntN(100); {
	case x < s.sky.lose:
		if h := s.host(m.From); h.node != nil && s.rng.IntN(2) == 0 {
			s.call(h, func(n *Node) { n.Lost(m) })
		}
	case x < s.sky.lose+s.sky.double:
		s.net = append(s.net, m)
		fallthrough
	default:
		s.deliver(m)
	}
}

// saveSome makes some saves durable, and perhaps pulls the plug before anything is sent.
func (s *simulation) saveSome(h *host) {
	if h.node == nil || len(h.saves) == 0 {
		return
	}
	k := 1 + s.rng.IntN(len(h.saves))
	if s.sky.crash > 0 && s.rng.IntN(50) == 0 {
		for _, save := range h.saves[:k] {
			save.Apply(&h.disk)
		}
		s.crash(h)
		return
	}
	s.save(h, k)
	s.call(h, func(*Node) {})
}

// ask proposes or reads, mostly at the leader.
func (s *simulation) ask(h *host) {
	if n := s.leader(); n != nil && s.rng.IntN(10) > 0 {
		h = s.host(n.cfg.ID)
	}
	s.next++
	if s.rng.IntN(3) == 0 {
		s.asks[s.next] = s.highest()
		s.call(h, func(n *Node) { _ = n.ReadIndex(s.now, s.next) })
		return
	}
	s.call(h, func(n *Node) {
		data := make([][]byte, 1+s.rng.IntN(3))
		for i := range data {
			data[i] = fmt.Appendf(nil, "%d.%d", s.next, i)
		}
		_, _, _ = n.Propose(s.now, data...)
	})
}

// highest is the highest index that any node knows to be committed, or that a service has applied.
func (s *simulation) highest() Index {
	i := Index(len(s.committed))
	for _, h := range s.hosts {
		if h.node != nil {
			i = max(i, h.node.commit)
		}
	}
	return i
}

// checkReads: a read sees whatever had been committed when it was asked.
func (s *simulation) checkReads() {
	for _, h := range s.hosts {
		for _, r := range h.reads[s.seen[h.id]:] {
			if r.Index < s.asks[r.ID] {
				s.t.Fatalf("Linearizable: node %d answers read %d at %d, asked after %d committed",
					h.id, r.ID, r.Index, s.asks[r.ID])
			}
		}
		s.seen[h.id] = len(h.reads)
	}
}

func (s *simulation) compactSome(h *host) {
	if h.node != nil && h.applied > 0 {
		_ = s.compact(h, h.applied-Index(s.rng.IntN(min(int(h.applied), 3))))
	}
}

// changeLink cuts or heals one direction of a link, or heals all.
func (s *simulation) changeLink() {
	a, b := s.hosts[s.rng.IntN(len(s.hosts))].id, s.hosts[s.rng.IntN(len(s.hosts))].id
	if s.rng.IntN(3) == 0 {
		clear(s.cut)
	} else {
		s.cut[[2]NodeID{a, b}] = s.rng.IntN(3) > 0
	}
}

// checkDisks: what Save after Save has left on a disk is what the node has, once all are durable.
func (s *simulation) checkDisks() {
	for _, h := range s.hosts {
		want := h.node.Durable()
		if h.disk.Term != want.Term || h.disk.Vote != want.Vote ||
			h.disk.Snapshot.Index != want.Snapshot.Index ||
			!slices.EqualFunc(h.disk.Entries, want.Entries, sameEntry) {
			s.t.Fatalf("node %d: disk has %+v, want %+v", h.id, h.disk, want)
		}
	}
}

// heal ends all faults: then there must be progress, everywhere, and silence after it.
func (s *simulation) heal() {
	clear(s.cut)
	s.later = nil
	for _, h := range s.hosts {
		h.slow, h.now = false, s.now
		if h.node == nil {
			s.start(h)
		}
		s.call(h, func(*Node) {})
		s.saveAll(h)
	}
	s.checkDisks()
	s.run(10 * 2 * timeout)
	leader := s.leader()
	if leader == nil {
		s.t.Fatal("Progress: no leader after healing")
	}
	last := s.propose(leader.cfg.ID, "after healing")
	s.run(2 * beat)
	for _, h := range s.hosts {
		if h.applied != last {
			s.t.Errorf("Progress: node %d applied %d of %d: leader has %+v",
				h.id, h.applied, last, leader.Status())
		}
	}
	s.call(s.host(leader.cfg.ID), func(n *Node) { _ = n.ReadIndex(s.host(n.cfg.ID).now, 0) })
	s.run(2 * beat)
	if got := s.host(leader.cfg.ID).reads; len(got) == 0 || got[len(got)-1] != (Read{0, last}) {
		s.t.Errorf("Progress: read not answered: %v", got)
	}
	sent := 0
	s.trace = func(string, ...any) { sent++ }
	s.run(10 * beat)
	if most := 2 * 11 * (len(s.hosts) - 1); sent > most {
		s.t.Errorf("Progress: %d messages in ten idle heartbeats, at most %d expected", sent, most)
	}
}
