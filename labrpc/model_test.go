package labrpc

import (
	"errors"
	"math"
	"strings"
	"testing"
	"time"
)

const ms = time.Millisecond

// newModel returns a model with an end "e" of owner "o", enabled and connected to a server "s".
func newModel(t testing.TB, o Options) *Model {
	t.Helper()
	m, err := NewModel(o)
	if err != nil {
		t.Fatal(err)
	}
	m.AddServer("o")
	m.AddServer("s")
	m.Own("e", "o")
	m.Connect("e", "s")
	m.Enable("e", true)
	return m
}

// trials sends so many requests, a second apart, and for each that arrives its reply.
func trials(m *Model, n int) (requests, replies tally) {
	for i := range n {
		now := time.Duration(i) * time.Second
		route, fate := m.Request(now, "e", 100)
		requests.add(now, fate)
		if fate.Copies > 0 {
			replies.add(now, m.Reply(now, route, 100))
		}
	}
	return requests, replies
}

// tally sums up fates: delays are those of first copies, waits those until a call fails.
type tally struct {
	sent, lost, doubled, slow int // slow: took 100 ms or more
	delays, waits             span
	reasons                   map[Reason]int
}

type span struct {
	min, max, sum time.Duration
	n             int
}

func (s *span) add(d time.Duration) {
	if s.n == 0 || d < s.min {
		s.min = d
	}
	s.max = max(s.max, d)
	s.sum += d
	s.n++
}

func (s *span) mean() time.Duration { return s.sum / time.Duration(max(s.n, 1)) }

func (y *tally) add(now time.Duration, f Fate) {
	y.sent++
	if f.Copies == 0 {
		y.lost++
		if y.reasons == nil {
			y.reasons = make(map[Reason]int)
		}
		y.reasons[f.Reason]++
		y.waits.add(f.FailAt - now)
		return
	}
	y.delays.add(f.At[0] - now)
	if f.At[0]-now >= 100*ms {
		y.slow++
	}
	if f.Copies == 2 {
		y.doubled++
	}
}

func between[T int | time.Duration](t *testing.T, what string, got, low, high T) {
	t.Helper()
	if got < low || got > high {
		t.Errorf("%s is %v; want %v to %v", what, got, low, high)
	}
}

// near wants part of n within four standard deviations of the probability p.
func near(t *testing.T, what string, got, n int, p float64) {
	t.Helper()
	mean, deviation := p*float64(n), math.Sqrt(p*(1-p)*float64(n))
	if math.Abs(float64(got)-mean) > 4*deviation {
		t.Errorf("%s: %d of %d; want %.0f ± %.0f", what, got, n, mean, 4*deviation)
	}
}

func TestReliableMessagesTakeTheBaseLatency(t *testing.T) {
	for _, c := range []struct {
		options   Options
		low, high time.Duration
	}{
		{Options{}, DefaultLatency, DefaultLatency + DefaultJitter},
		{Options{Instant: true}, 0, 0},
		{Options{Latency: 3 * ms}, 3 * ms, 3 * ms},
		{Options{Jitter: 2 * ms}, 0, 2 * ms},
		{Options{Latency: 3 * ms, Jitter: 2 * ms}, 3 * ms, 5 * ms},
	} {
		requests, replies := trials(newModel(t, c.options), 1000)
		for _, y := range []tally{requests, replies} {
			if y.sent != 1000 || y.lost+y.doubled > 0 {
				t.Errorf("%+v: of %d messages %d were lost, %d doubled",
					c.options, y.sent, y.lost, y.doubled)
			}
			between(t, "the shortest delay", y.delays.min, c.low, c.low+(c.high-c.low)/50)
			between(t, "the longest delay", y.delays.max, c.high-(c.high-c.low)/50, c.high)
		}
	}
}

func TestUnreliableDelaysRequestsAndLosesATenth(t *testing.T) {
	m := newModel(t, Options{Seed: 1, Instant: true})
	m.Reliable(false)
	requests, replies := trials(m, 20_000)
	near(t, "requests lost", requests.reasons[Lost], requests.sent, UnreliableLoss)
	near(t, "replies lost", replies.reasons[Lost], replies.sent, UnreliableLoss)
	between(t, "the shortest request delay", requests.delays.min, 0, ms)
	between(t, "the mean request delay", requests.delays.mean(), 13*ms, 14*ms)
	between(t, "the longest request delay", requests.delays.max, 26*ms, UnreliableDelay)
	between(t, "the longest wait for a lost request", requests.waits.max, 26*ms, UnreliableDelay)
	between(t, "the longest reply delay", replies.delays.max, 0, 0)
	m.Reliable(true)
	requests, replies = trials(m, 1000)
	if requests.lost+replies.lost > 0 || requests.delays.max > 0 {
		t.Errorf("made reliable again, it loses %d and %d", requests.lost, replies.lost)
	}
}

func TestLongReorderingHoldsTwoRepliesInThree(t *testing.T) {
	m := newModel(t, Options{Seed: 2, Instant: true})
	m.LongReordering(true)
	requests, replies := trials(m, 20_000)
	if requests.slow > 0 || replies.lost > 0 {
		t.Errorf("%d requests are slow, %d replies lost", requests.slow, replies.lost)
	}
	near(t, "replies held", replies.slow, replies.sent, ReorderedPart)
	between(t, "the longest delay", replies.delays.max, 2*time.Second, ReorderedMax)
	// Two in three, 200 ms and half of a half of two seconds on average.
	between(t, "the mean delay", replies.delays.mean(), 450*ms, 485*ms)
}

func TestUnreachableCallsFailAfterAWhile(t *testing.T) {
	ways := map[Reason]func(*Model){
		Unconnected: func(m *Model) { m.Connect("e", nil) },
		Disabled:    func(m *Model) { m.Enable("e", false) },
		Down:        func(m *Model) { m.DeleteServer("s") },
		Cut:         func(m *Model) { m.SetLink("e", LinkFaults{Request: Faults{Cut: true}}) },
	}
	for reason, spoil := range ways {
		m := newModel(t, Options{Seed: 3})
		spoil(m)
		requests, _ := trials(m, 2000)
		if requests.reasons[reason] != requests.sent {
			t.Errorf("%s: reasons are %v", reason, requests.reasons)
		}
		between(t, "the longest wait", requests.waits.max, 99*ms, UnreachableWait)
		between(t, "the mean wait", requests.waits.mean(), 45*ms, 55*ms)
		m.LongDelays(true)
		requests, _ = trials(m, 2000)
		between(t, "the longest long wait", requests.waits.max, 6900*ms, UnreachableLongWait)
		between(t, "the mean long wait", requests.waits.mean(), 3300*ms, 3700*ms)
	}
}

func TestLinkFaultsAndNetworkFaultsAddUp(t *testing.T) {
	m := newModel(t, Options{Seed: 4, Instant: true})
	m.Connect("other", "s")
	m.Enable("other", true)
	err := errors.Join(
		m.SetLink("e", LinkFaults{
			Request: Faults{Loss: 0.5, Delay: 10 * ms, Jitter: 4 * ms},
			Reply:   Faults{Duplicate: 0.5},
		}),
		m.SetAll(LinkFaults{
			Request: Faults{Loss: 0.2, Delay: 5 * ms, Jitter: ms},
			Reply:   Faults{Duplicate: 0.2},
		}))
	if err != nil {
		t.Fatal(err)
	}
	requests, replies := trials(m, 20_000)
	near(t, "requests lost", requests.lost, requests.sent, 1-0.5*0.8)
	near(t, "replies doubled", replies.doubled, replies.sent, 1-0.5*0.8)
	between(t, "the shortest delay", requests.delays.min, 15*ms, 16*ms)
	between(t, "the longest delay", requests.delays.max, 19*ms, 20*ms)
	if requests.doubled+replies.lost > 0 {
		t.Errorf("%d requests are doubled and %d replies lost", requests.doubled, replies.lost)
	}

	var elsewhere tally
	for range 20_000 {
		_, fate := m.Request(0, "other", 1)
		elsewhere.add(0, fate)
	}
	near(t, "requests lost on the other link", elsewhere.lost, elsewhere.sent, 0.2)
	between(t, "the longest delay there", elsewhere.delays.max, 5*ms, 6*ms)

	m.SetAll(LinkFaults{})
	m.SetLink("e", LinkFaults{Request: Faults{Loss: 1}})
	if requests, _ = trials(m, 100); requests.lost != 100 {
		t.Errorf("with a loss of 1, %d of %d are lost", requests.lost, requests.sent)
	}
}

func TestDoubledMessagesTravelApart(t *testing.T) {
	m := newModel(t, Options{Seed: 5, Instant: true})
	m.SetAll(LinkFaults{Request: Faults{Duplicate: 1, Jitter: 10 * ms}})
	var gaps span
	for range 1000 {
		_, fate := m.Request(0, "e", 1)
		if fate.Copies != 2 {
			t.Fatalf("a request arrives %d times", fate.Copies)
		}
		gaps.add(fate.At[1] - fate.At[0])
	}
	between(t, "the mean gap", gaps.mean(), 3*ms, 4*ms)
	between(t, "the smallest gap", gaps.min, 0, ms)
}

func TestBandwidthQueuesPerLinkAndDirection(t *testing.T) {
	m := newModel(t, Options{Instant: true})
	m.Connect("other", "s")
	m.Enable("other", true)
	m.SetAll(LinkFaults{Request: Faults{Bandwidth: 4000}})
	m.SetLink("e", LinkFaults{Request: Faults{Bandwidth: 1000}, Reply: Faults{Bandwidth: 100}})
	arrives := func(end any, now time.Duration, bytes int, want time.Duration) {
		t.Helper()
		if _, fate := m.Request(now, end, bytes); fate.Copies != 1 || fate.At[0] != want {
			t.Errorf("%d bytes from %v at %v have fate %+v; want one at %v", bytes, end, now, fate, want)
		}
	}
	arrives("e", 0, 1000, time.Second)
	arrives("e", 0, 500, 1500*ms)                // behind the first
	arrives("e", 1400*ms, 100, 1600*ms)          // behind both
	arrives("e", 5*time.Second, 100, 5100*ms)    // the queue is empty
	arrives("other", 0, 1000, 250*ms)            // another link, the network's own limit
	route, _ := m.Request(6*time.Second, "e", 0) // replies have their own queue
	if fate := m.Reply(6*time.Second, route, 50); fate.At[0] != 6500*ms {
		t.Errorf("a reply has fate %+v; want it at 6.5 s", fate)
	}
	m.SetLink("e", LinkFaults{})
	m.SetAll(LinkFaults{})
	arrives("e", 0, 1<<40, 0)
	m.SetLink("e", LinkFaults{Request: Faults{Bandwidth: 1000}})
	arrives("e", 0, 1000, time.Second) // nothing is left of the former queue
	m.SetLink("e", LinkFaults{Request: Faults{Bandwidth: 1}})
	for range 10 { // three thousand years each
		if _, fate := m.Request(0, "e", math.MaxInt); fate.At[0] != never {
			t.Errorf("a message too long for all time has fate %+v", fate)
		}
	}
}

func TestCutsStopWhatIsOnItsWay(t *testing.T) {
	for _, whole := range []bool{false, true} {
		m := newModel(t, Options{})
		cut := func(f LinkFaults) {
			if whole {
				m.SetAll(f)
			} else {
				m.SetLink("e", f)
			}
		}
		route, _ := m.Request(0, "e", 1)
		cut(LinkFaults{Request: Faults{Cut: true}})
		if fate := m.RequestArrives(ms, route); fate.Copies != 0 || fate.Reason != Cut {
			t.Errorf("a request arrives over a cut link: %+v", fate)
		}
		if fate := m.Reply(ms, route, 1); fate.Copies != 1 {
			t.Errorf("a cut of requests stops a reply: %+v", fate)
		}
		if fate := m.ReplyArrives(2*ms, route); fate.Copies != 1 {
			t.Errorf("a cut of requests stops a reply under way: %+v", fate)
		}
		cut(LinkFaults{Reply: Faults{Cut: true}})
		if fate := m.RequestArrives(ms, route); fate.Copies != 1 {
			t.Errorf("a cut of replies stops a request: %+v", fate)
		}
		for _, fate := range []Fate{m.Reply(ms, route, 1), m.ReplyArrives(ms, route)} {
			wait := fate.FailAt - ms
			if fate.Copies != 0 || fate.Reason != Cut || wait < 0 || wait > UnreachableWait {
				t.Errorf("a reply over a cut link has fate %+v", fate)
			}
		}
		if !route.Alive() {
			t.Error("a cut kills the call: it might yet be healed")
		}
	}
}

func TestPausedServersNeitherSendNorReceive(t *testing.T) {
	m := newModel(t, Options{})
	route, _ := m.Request(0, "e", 1)
	ask := map[string]func() Fate{
		"request leaves":  func() Fate { _, f := m.Request(0, "e", 1); return f },
		"request arrives": func() Fate { return m.RequestArrives(0, route) },
		"reply leaves":    func() Fate { return m.Reply(0, route, 1) },
		"reply arrives":   func() Fate { return m.ReplyArrives(0, route) },
	}
	concerns := map[string]string{"request leaves": "o", "request arrives": "s", "reply leaves": "s",
		"reply arrives": "o"}
	for _, paused := range []string{"o", "s"} {
		m.Pause(paused)
		for step, fate := range ask {
			f := fate()
			if held := f.Reason == Paused && f.Holder == any(paused); held != (concerns[step] == paused) {
				t.Errorf("%s is paused, %s: %+v", paused, step, f)
			}
		}
		m.Resume(paused)
		for step, fate := range ask {
			if f := fate(); f.Copies != 1 {
				t.Errorf("%s is resumed, %s: %+v", paused, step, f)
			}
		}
	}
	for _, change := range []func(any){m.AddServer, m.DeleteServer} {
		m.Pause("o")
		change("o")
		if f := m.ReplyArrives(0, route); f.Reason == Paused {
			t.Error("a server that is new, or gone, is still paused")
		}
	}
}

func TestRoutesDieWithTheirServerAndEnd(t *testing.T) {
	for _, c := range []struct {
		what   string
		change func(*Model)
		reason Reason
	}{
		{"delete", func(m *Model) { m.DeleteServer("s") }, Down},
		{"replace", func(m *Model) { m.AddServer("s") }, Down},
		{"delete and add", func(m *Model) { m.DeleteServer("s"); m.AddServer("s") }, Down},
		{"disable", func(m *Model) { m.Enable("e", false) }, Disabled},
		{"disable and enable", func(m *Model) { m.Enable("e", false); m.Enable("e", true) }, Disabled},
		{"connect elsewhere", func(m *Model) { m.Connect("e", "o") }, ""},
		{"enable again", func(m *Model) { m.Enable("e", true) }, ""},
		{"delete the owner", func(m *Model) { m.DeleteServer("o") }, ""},
	} {
		m := newModel(t, Options{})
		route, _ := m.Request(0, "e", 1)
		if route.Server() != any("s") || route.Owner() != any("o") {
			t.Fatalf("the route is from %v to %v", route.Owner(), route.Server())
		}
		c.change(m)
		if route.Alive() != (c.reason == "") {
			t.Errorf("%s: alive is %v", c.what, route.Alive())
		}
		for i, f := range []Fate{
			m.RequestArrives(ms, route), m.Reply(ms, route, 1), m.ReplyArrives(ms, route),
		} {
			if f.Reason != c.reason || (f.Copies == 0 && f.FailAt != ms) {
				t.Errorf("%s: fate %d is %+v; want reason %q", c.what, i, f, c.reason)
			}
		}
	}
	var nowhere Route
	if nowhere.Alive() || nowhere.Server() != nil || nowhere.Owner() != nil {
		t.Error("the zero route leads somewhere")
	}
}

func TestValidateNamesWhatIsWrong(t *testing.T) {
	for _, c := range []struct {
		err  error
		want []string
	}{
		{Options{Instant: true, Latency: ms, Jitter: 2 * ms}.Validate(),
			[]string{"Instant is true and Latency is 1ms", "Instant is true and Jitter is 2ms"}},
		{Options{Latency: -1, Jitter: 2 * time.Hour}.Validate(),
			[]string{"Latency is -1ns; want 0 to 1h0m0s", "Jitter is 2h0m0s"}},
		{LinkFaults{Request: Faults{Loss: 1.5}, Reply: Faults{Duplicate: math.NaN()}}.Validate(),
			[]string{"Request.Loss is 1.5; want a probability", "Reply.Duplicate is NaN"}},
		{LinkFaults{Request: Faults{Delay: -ms, Jitter: -ms}, Reply: Faults{Bandwidth: -7}}.Validate(),
			[]string{"Request.Delay is -1ms", "Request.Jitter is -1ms", "Reply.Bandwidth is -7"}},
	} {
		for _, want := range c.want {
			if c.err == nil || !strings.Contains(c.err.Error(), want) {
				t.Errorf("got %v; want %q in it", c.err, want)
			}
		}
	}
	if err := errors.Join(Options{}.Validate(), LinkFaults{}.Validate()); err != nil {
		t.Errorf("the zero values are refused: %v", err)
	}
	m := newModel(t, Options{})
	bad := LinkFaults{Reply: Faults{Cut: true, Loss: 2}}
	if m.SetLink("e", bad) == nil || m.SetAll(bad) == nil {
		t.Error("faults out of range are accepted")
	}
	if _, replies := trials(m, 10); replies.lost > 0 {
		t.Error("refused faults have an effect")
	}
	if _, err := NewModel(Options{Latency: -1}); err == nil {
		t.Error("options out of range are accepted")
	}
}
