package labrpc

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

// script drives a model by bytes: any bytes are a script. It keeps what the model must answer for
// and checks each fate.
type script struct {
	t      *testing.T
	m      *Model
	bytes  []byte
	now    time.Duration
	fates  []Fate
	routes []Route
	cut    map[any]LinkFaults // as set; nil is the whole network
	paused map[any]bool
	queue  map[any]time.Duration // by end that jitter does not touch: the latest arrival
}

var (
	fuzzEnds    = []any{"a", "b", 3}
	fuzzServers = []any{0, 1, "s"}
)

func run(t *testing.T, seed uint64, bytes []byte) []Fate {
	m, err := NewModel(Options{Seed: seed, Latency: time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	s := &script{t: t, m: m, bytes: bytes, cut: make(map[any]LinkFaults), paused: make(map[any]bool),
		queue: make(map[any]time.Duration)}
	for i, server := range fuzzServers {
		m.AddServer(server)
		m.Connect(fuzzEnds[i], server)
		m.Enable(fuzzEnds[i], true)
	}
	for len(s.bytes) > 0 {
		s.step()
	}
	return s.fates
}

func (s *script) next(n int) int {
	if len(s.bytes) == 0 {
		return 0
	}
	b := s.bytes[0]
	s.bytes = s.bytes[1:]
	return int(b) % n
}

func (s *script) step() {
	end, server, yes := fuzzEnds[s.next(3)], fuzzServers[s.next(3)], s.next(2) == 1
	switch s.next(20) {
	case 0:
		s.m.Connect(end, server)
	case 1:
		s.m.Enable(end, yes)
	case 2:
		s.m.Own(end, server)
	case 3:
		s.m.AddServer(server)
		delete(s.paused, server)
	case 4:
		s.m.DeleteServer(server)
		delete(s.paused, server)
	case 5:
		s.m.Pause(server)
		s.paused[server] = true
	case 6:
		s.m.Resume(server)
		delete(s.paused, server)
	case 7:
		s.m.Reliable(yes)
	case 8:
		s.m.LongDelays(yes)
	case 9:
		s.m.LongReordering(yes)
	case 10, 11:
		s.faults(end, yes)
	case 12:
		s.now += time.Duration(s.next(256)) * time.Millisecond
	case 13, 14:
		if len(s.routes) > 0 {
			r := s.routes[s.next(len(s.routes))]
			s.arrived(r, s.m.RequestArrives(s.now, r), toServer)
		}
	case 15, 16:
		if len(s.routes) > 0 {
			r := s.routes[s.next(len(s.routes))]
			s.check(s.m.Reply(s.now, r, s.next(256)))
			s.arrived(r, s.m.ReplyArrives(s.now, r), toCaller)
		}
	default:
		s.request(end)
	}
}

func (s *script) faults(end any, whole bool) {
	draw := func() Faults {
		return Faults{
			Loss: float64(s.next(3)) / 2, Duplicate: float64(s.next(3)) / 2, Cut: s.next(3) == 2,
			Delay: time.Duration(s.next(50)), Jitter: time.Duration(s.next(50)),
			Bandwidth: int64(s.next(100)),
		}
	}
	f := LinkFaults{draw(), draw()}
	set := func() error { return s.m.SetLink(end, f) }
	if whole {
		end, set = nil, func() error { return s.m.SetAll(f) }
	}
	if err := set(); err != nil {
		s.t.Fatal(err)
	}
	s.cut[end] = f
	clear(s.queue)
}

func (s *script) request(end any) {
	l := s.m.link(end)
	route, fate := s.m.Request(s.now, end, s.next(256))
	s.check(fate)
	s.routes = append(s.routes, route)
	if fate.Copies == 0 {
		return
	}
	if !l.enabled || l.server == nil || !l.server.up || s.isCut(end, toServer) || !route.Alive() {
		s.t.Fatalf("a request leaves without a way to go: %+v", fate)
	}
	jitter := s.cut[end].Request.Jitter + s.cut[nil].Request.Jitter
	limited := s.cut[end].Request.Bandwidth+s.cut[nil].Request.Bandwidth > 0
	if limited && jitter == 0 && !s.m.unreliable {
		if fate.At[0] < s.queue[end] {
			s.t.Fatalf("the bandwidth's queue is not first in, first out: %v after %v",
				fate.At[0], s.queue[end])
		}
		s.queue[end] = fate.At[0]
	}
}

func (s *script) isCut(end any, d direction) bool {
	own, all := s.cut[end], s.cut[nil]
	return own.of(d).Cut || all.of(d).Cut
}

func (s *script) arrived(r Route, f Fate, d direction) {
	s.check(f)
	if f.Copies == 0 {
		return
	}
	for end, l := range s.m.links {
		if l == r.link && s.isCut(end, d) {
			s.t.Fatalf("a cut link delivers: %+v", f)
		}
	}
	at := r.Server()
	if d == toCaller {
		at = r.Owner()
	}
	if !r.Alive() || s.paused[at] || f.At[0] != s.now {
		s.t.Fatalf("delivered at %v by a dead route (alive is %v) or to a paused server: %+v",
			s.now, r.Alive(), f)
	}
}

// check holds what is true of any fate.
func (s *script) check(f Fate) {
	s.fates = append(s.fates, f)
	ok := false
	switch {
	case f.Copies == 0 && f.Reason == Paused:
		ok = s.paused[f.Holder] && f == Fate{Reason: Paused, Holder: f.Holder}
	case f.Copies == 0:
		ok = f.Reason != "" && f.FailAt >= s.now && f.Holder == nil
	case f.Copies == 1:
		ok = f.Reason == "" && f.At[0] >= s.now
	case f.Copies == 2:
		ok = f.Reason == "" && f.At[0] >= s.now && f.At[1] >= f.At[0]
	}
	if !ok {
		s.t.Fatalf("at %v an impossible fate: %+v", s.now, f)
	}
}

// Whatever is done to a model, each fate is possible, a cut direction delivers nothing, a
// bandwidth's queue is first in, first out, and the same seed and calls give the same fates.
func FuzzModel(f *testing.F) {
	rng := rand.New(rand.NewPCG(7, 7))
	for seed := range uint64(40) {
		bytes := make([]byte, 4000)
		for i := range bytes {
			bytes[i] = byte(rng.Uint32())
		}
		f.Add(seed, bytes)
	}
	f.Fuzz(func(t *testing.T, seed uint64, bytes []byte) {
		first := run(t, seed, bytes)
		if second := run(t, seed, bytes); !slices.Equal(first, second) {
			t.Fatal("the same seed and the same calls have different fates")
		}
	})
}

func TestSeedsDecideFates(t *testing.T) {
	fates := func(seed uint64) []Fate {
		m := newModel(t, Options{Seed: seed})
		m.Reliable(false)
		m.LongReordering(true)
		var fates []Fate
		for i := range 200 {
			route, fate := m.Request(time.Duration(i), "e", i)
			fates = append(fates, fate)
			if fate.Copies > 0 {
				fates = append(fates, m.Reply(fate.At[0], route, i))
			}
		}
		return fates
	}
	if !slices.Equal(fates(11), fates(11)) {
		t.Error("one seed gives two series of fates")
	}
	if slices.Equal(fates(11), fates(12)) {
		t.Error("two seeds give the same fates")
	}
}
