package labrpc

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"raftlab/internal/trace"
)

func TestEventsSayWhatHappened(t *testing.T) {
	recorder := trace.NewRecorder(func() time.Duration { return 0 })
	virtualWith(t, Options{Latency: 10 * ms, Trace: recorder.Record}, func(t *testing.T, l *lab) {
		l.AddServer(7, serverOf(l.junk))
		l.Connect("end", 7)
		l.Own("end", 3)
		l.end.Call("JunkServer.Handler2", 1, new(string))
		l.Own("end", "a client")
		l.SetAll(LinkFaults{Reply: Faults{Loss: 1}})
		l.end.Call("JunkServer.Handler2", 1, new(string))
		l.Connect("end", nil)
		l.end.Call("JunkServer.Handler2", 1, new(string))
		l.Connect("end", 7)
		blocked := l.block()
		time.Sleep(5 * ms)
		l.Enable("end", false)
		<-blocked
		l.Enable("end", true)
		blocked = l.block()
		time.Sleep(15 * ms)
		l.DeleteServer(7)
		<-blocked

		var lines []string
		for _, e := range recorder.Last(100) {
			if unsent := e.Text == string(Down); (e.Bytes == 0) != unsent || e.Bytes > 30 {
				t.Errorf("%v: has %d bytes", e, e.Bytes)
			}
			e.Bytes = 0
			lines = append(lines, strings.Join(strings.Fields(e.String())[1:], " "))
		}
		method, blocks := " JunkServer.Handler2 call ", " JunkServer.Handler3 call "
		want := []string{
			"3 request -> 7" + method + "1", "7 deliver <- 3" + method + "1",
			"7 reply -> 3" + method + "1", "3 return <- 7" + method + "1",
			"- request -> 7" + method + "2", "7 deliver" + method + "2", "7 reply" + method + "2",
			"7 drop" + method + `2 "lost"`,
			"- request" + method + "3", "- drop" + method + `3 "the end is not connected"`,
			"- request -> 7" + blocks + "4", "- drop -> 7" + blocks + `4 "the end is disabled"`,
			"- request -> 7" + blocks + "5", "7 deliver" + blocks + "5",
			"7 drop" + blocks + `5 "the server is down"`,
		}
		if !slices.Equal(lines, want) {
			t.Errorf("events:\n%s\nwant:\n%s", strings.Join(lines, "\n"), strings.Join(want, "\n"))
		}
	})
}

// Everything at once: faults change while clients call. Every call must return once the network
// closes, and each call's events must be in causal order.
func TestChaos(t *testing.T) {
	for seed := range uint64(8) {
		var record []trace.Event
		o := Options{Seed: seed, Trace: func(e trace.Event) { record = append(record, e) }}
		virtualWith(t, o, func(t *testing.T, l *lab) { chaos(t, l, seed) })
		checkLives(t, record)
	}
}

func chaos(t *testing.T, l *lab, seed uint64) {
	rng := rand.New(rand.NewPCG(seed, 0))
	var clients sync.WaitGroup
	stop := make(chan struct{})
	for i := range 20 {
		end := l.join(i)
		l.Own(i, i)
		clients.Go(func() {
			for k := 0; ; k++ {
				select {
				case <-stop:
					return
				default:
				}
				reply := ""
				ok := end.Call("JunkServer.Handler2", k, &reply)
				if want := fmt.Sprint("handler2-", k); ok != (reply == want) {
					t.Errorf("Call returned %v, reply %q", ok, reply)
				}
			}
		})
	}
	for range 400 {
		i, on := rng.IntN(20), rng.IntN(2) == 0
		switch rng.IntN(10) {
		case 0:
			l.Enable(i, on)
		case 1:
			l.AddServer("server", serverOf(l.junk))
		case 2:
			l.DeleteServer("server")
		case 3:
			l.Pause(i)
		case 4:
			l.Resume(i)
		case 5:
			l.Reliable(on)
			l.LongReordering(!on)
		case 6:
			f := Faults{Duplicate: rng.Float64(), Loss: rng.Float64() / 2, Jitter: 9 * ms}
			l.SetAll(LinkFaults{Request: f})
		case 7:
			l.SetLink(i, LinkFaults{Reply: Faults{Cut: on, Bandwidth: 10000}})
		case 8:
			l.Pause("server")
		case 9:
			l.Resume("server")
		}
		time.Sleep(time.Duration(rng.IntN(30)) * ms)
	}
	close(stop)
	l.Cleanup()
	clients.Wait()
	synctest.Wait()
	if l.flight != nil {
		t.Error("a call is still under way")
	}
}

// checkLives holds the events of each call to what a call's life can be.
func checkLives(t *testing.T, record []trace.Event) {
	t.Helper()
	type life map[trace.Kind]int
	lives := make(map[uint64]life)
	returned := 0
	for _, e := range record {
		l := lives[e.ID]
		if l == nil {
			l = life{}
			lives[e.ID] = l
		}
		ok := true
		switch e.Kind {
		case trace.Request:
			ok = len(l) == 0
		case trace.Deliver:
			ok = l[trace.Request] == 1 && l[trace.Deliver] < 2
		case trace.Reply:
			ok = l[trace.Deliver] > l[trace.Reply]
		case trace.Return:
			ok = l[trace.Reply] > 0 && l[trace.Return] == 0
			returned++
		case trace.Drop:
			ok = l[trace.Request] == 1 && e.Text != ""
		}
		if l[e.Kind]++; !ok {
			t.Fatalf("event %v of a call with events %v", e, l)
		}
	}
	if returned == 0 || returned == len(lives) {
		t.Errorf("%d of %d calls returned true: a test of nothing", returned, len(lives))
	}
	for id, l := range lives {
		if l[trace.Return]+l[trace.Drop] == 0 {
			t.Errorf("call %d just ends: %v", id, l)
		}
	}
}
