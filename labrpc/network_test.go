package labrpc

import (
	"fmt"
	"runtime"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"raftlab/internal/trace"
)

// What Network adds to the model, in virtual time: a test that says 7 s takes none.

// virtual runs a test in a bubble of virtual time, with a lab whose messages take 10 ms one way.
func virtual(t *testing.T, test func(t *testing.T, l *lab)) {
	virtualWith(t, Options{Latency: 10 * ms}, test)
}

func virtualWith(t *testing.T, o Options, test func(t *testing.T, l *lab)) {
	synctest.Test(t, func(t *testing.T) { test(t, newLab(t, o)) })
}

// result is what a call in the background came to.
type result struct {
	ok   bool
	took time.Duration
}

// block calls Handler3, which waits for junk.block, in the background.
func (l *lab) block() <-chan result { return l.start("JunkServer.Handler3", 1, new(int)) }

func (l *lab) start(svcMeth string, args, reply any) <-chan result {
	done := make(chan result, 1)
	begin := time.Now()
	go func() {
		ok := l.end.Call(svcMeth, args, reply)
		done <- result{ok, time.Since(begin)}
	}()
	return done
}

func want(t *testing.T, what string, got <-chan result, ok bool, took time.Duration) {
	t.Helper()
	if r := <-got; r.ok != ok || r.took != took {
		t.Errorf("%s: Call returned %v after %v; want %v after %v", what, r.ok, r.took, ok, took)
	}
}

func TestCallTakesTheLatencyBothWays(t *testing.T) {
	virtual(t, func(t *testing.T, l *lab) {
		want(t, "a call", l.start("JunkServer.Handler1", "1", new(int)), true, 20*ms)
	})
}

// A timer that is late makes a round trip late once: the reply makes up for it.
func TestLatenessIsMadeUpFor(t *testing.T) {
	o := Options{Latency: 10 * ms, Trace: func(e trace.Event) {
		if e.Kind == trace.Request {
			time.Sleep(3 * ms) // no sink should; here it makes the timer late
		}
	}}
	virtualWith(t, o, func(t *testing.T, l *lab) {
		want(t, "a call", l.start("JunkServer.Handler1", "1", new(int)), true, 20*ms)
		done := l.block()
		time.Sleep(15 * ms)
		l.junk.block <- struct{}{}
		want(t, "a call of 2 ms at the server", done, true, 22*ms)
	})
}

func TestLostCallsReturnFalseWhenTheMessageWouldHaveArrived(t *testing.T) {
	virtual(t, func(t *testing.T, l *lab) {
		l.SetLink("end", LinkFaults{Request: Faults{Loss: 1}})
		want(t, "a lost request", l.start("JunkServer.Handler1", "1", new(int)), false, 10*ms)
		l.SetLink("end", LinkFaults{Reply: Faults{Loss: 1}})
		want(t, "a lost reply", l.start("JunkServer.Handler1", "1", new(int)), false, 20*ms)
		if n, _ := l.junk.seen(); n != 1 {
			t.Errorf("the handler ran %d times; want once, for the lost reply", n)
		}
	})
}

func TestOneWayCuts(t *testing.T) {
	virtual(t, func(t *testing.T, l *lab) {
		reply := 0
		l.SetLink("end", LinkFaults{Request: Faults{Cut: true}})
		if l.end.Call("JunkServer.Handler1", "1", &reply) || l.GetCount("server") != 0 {
			t.Error("a request passed a cut")
		}
		l.SetLink("end", LinkFaults{Reply: Faults{Cut: true}})
		if l.end.Call("JunkServer.Handler1", "2", &reply) || l.GetCount("server") != 1 || reply != 0 {
			t.Errorf("a reply passed a cut, or a request did not: reply %d, count %d",
				reply, l.GetCount("server"))
		}
		done := l.start("JunkServer.Handler1", "3", &reply)
		time.Sleep(5 * ms)
		l.SetLink("end", LinkFaults{}) // in time for the reply
		want(t, "a call healed in time", done, true, 20*ms)
		done = l.start("JunkServer.Handler1", "4", new(int))
		time.Sleep(15 * ms)
		l.SetLink("end", LinkFaults{Reply: Faults{Cut: true}}) // while the reply is under way
		if r := <-done; r.ok || r.took < 20*ms || r.took > 20*ms+UnreachableWait {
			t.Errorf("a call cut late: %+v", r)
		}
	})
}

func TestDeletingAServerEndsItsCallsAtOnce(t *testing.T) {
	changes := map[string]func(*lab){
		"delete":  func(l *lab) { l.DeleteServer("server") },
		"replace": func(l *lab) { l.AddServer("server", serverOf(l.junk)) },
		"delete and add": func(l *lab) {
			l.DeleteServer("server")
			l.AddServer("server", serverOf(l.junk))
		},
		"disable": func(l *lab) { l.Enable("end", false) },
		"disable and enable": func(l *lab) {
			l.Enable("end", false)
			l.Enable("end", true)
		},
		"clean up": func(l *lab) { l.Cleanup() },
	}
	for name, change := range changes {
		t.Run(name, func(t *testing.T) {
			for when, executed := range map[time.Duration]int{
				5 * ms:  0, // the request is under way
				15 * ms: 1, // the reply is
			} {
				virtual(t, func(t *testing.T, l *lab) {
					reply := 0
					done := l.start("JunkServer.Handler1", "9", &reply)
					blocked := l.block()
					time.Sleep(when)
					change(l)
					want(t, "a call", done, false, when)
					want(t, "a blocked call", blocked, false, when)
					time.Sleep(time.Minute)
					if n, _ := l.junk.seen(); n != executed || reply != 0 {
						t.Errorf("at %v: the handler ran %d times, want %d; reply %d", when, n, executed, reply)
					}
				})
			}
		})
	}
}

func TestAnEarlierServersReplyIsNeverDelivered(t *testing.T) {
	virtual(t, func(t *testing.T, l *lab) {
		reply := 0
		blocked := l.start("JunkServer.Handler3", 5, &reply)
		time.Sleep(15 * ms)
		fresh := &JunkServer{}
		l.AddServer("server", serverOf(fresh))
		want(t, "the call in the earlier server", blocked, false, 15*ms)
		l.junk.block <- struct{}{} // its handler returns
		synctest.Wait()
		if !l.end.Call("JunkServer.Handler1", "1", new(int)) || len(fresh.texts) != 1 {
			t.Error("the new server did not answer")
		}
		s := l.Stats().Servers["server"].Methods["JunkServer.Handler3"]
		if reply != 0 || s != (Count{Calls: 1, CallBytes: s.CallBytes, Requests: 1, Drops: 1}) {
			t.Errorf("reply %d, counts %+v", reply, s)
		}
	})
}

func TestLostCallsWaitTheirTime(t *testing.T) {
	virtual(t, func(t *testing.T, l *lab) {
		l.LongDelays(true)
		l.Enable("end", false)
		var calls []<-chan result
		for range 20 {
			calls = append(calls, l.start("JunkServer.Handler1", "1", new(int)))
		}
		time.Sleep(50 * ms)
		l.DeleteServer("server") // is none of their business any more
		longest := time.Duration(0)
		for _, done := range calls {
			longest = max(longest, (<-done).took)
		}
		between(t, "the longest wait", longest, 5*time.Second, UnreachableLongWait)
		if drops := l.Stats().Total.Drops; drops != 20 {
			t.Errorf("%d messages were dropped, want 20", drops)
		}
	})
}

func TestBlockedHandlersHoldUpNobody(t *testing.T) {
	virtual(t, func(t *testing.T, l *lab) {
		var blocked []<-chan result
		for range 60 {
			blocked = append(blocked, l.block())
		}
		time.Sleep(20 * time.Second)
		for range 100 {
			want(t, "a call", l.start("JunkServer.Handler1", "1", new(int)), true, 20*ms)
		}
		l.Enable("end", false)
		for _, done := range blocked {
			want(t, "a blocked call", done, false, 22*time.Second)
		}
		if n := l.GetCount("server"); n != 160 {
			t.Errorf("GetCount is %d, want 160", n)
		}
	})
}

func TestReconnectingLeavesCallsUnderWayAlone(t *testing.T) {
	virtual(t, func(t *testing.T, l *lab) {
		other := &JunkServer{}
		l.AddServer("other", serverOf(other))
		done := l.start("JunkServer.Handler1", "1", new(int))
		time.Sleep(5 * ms)
		l.Connect("end", "other")
		want(t, "the earlier call", done, true, 20*ms)
		want(t, "a later call", l.start("JunkServer.Handler1", "2", new(int)), true, 20*ms)
		if n, _ := l.junk.seen(); n != 1 || len(other.texts) != 1 {
			t.Errorf("the servers saw %d and %d calls, want one each", n, len(other.texts))
		}
	})
}

func TestDoubledRequestsRunTwiceAndAnswerOnce(t *testing.T) {
	virtual(t, func(t *testing.T, l *lab) {
		l.SetAll(LinkFaults{Request: Faults{Duplicate: 1, Jitter: 50 * ms}})
		for i := range 20 {
			reply := ""
			ok := l.end.Call("JunkServer.Handler2", i, &reply)
			if !ok || reply != fmt.Sprint("handler2-", i) {
				t.Errorf("call %d failed, reply %q", i, reply)
			}
		}
		time.Sleep(time.Second)
		if _, n := l.junk.seen(); n != 40 || l.GetCount("server") != 40 || l.GetTotalCount() != 20 {
			t.Errorf("%d executions, GetCount %d, GetTotalCount %d; want 40, 40, 20",
				n, l.GetCount("server"), l.GetTotalCount())
		}
		if s := l.Stats().Total; s.Replies != 20 || s.Drops != 20 {
			t.Errorf("counts are %+v; want 20 replies that counted and 20 that did not", s)
		}
	})
}

func TestTheSecondOfTwoHandlersEndsQuietlyAfterCleanup(t *testing.T) {
	var record []trace.Event
	o := Options{Latency: 10 * ms, Trace: func(e trace.Event) { record = append(record, e) }}
	virtualWith(t, o, func(t *testing.T, l *lab) {
		l.SetAll(LinkFaults{Request: Faults{Duplicate: 1}})
		done := l.block()
		time.Sleep(15 * ms)
		l.junk.block <- struct{}{}
		want(t, "the call", done, true, 25*ms)
		l.Cleanup()
		events := len(record)
		l.junk.block <- struct{}{}
		synctest.Wait()
		if l.flight != nil || len(record) != events {
			t.Errorf("after Cleanup the handler's reply goes on: %v", record[events:])
		}
	})
}

// One copy's loss must not end a call whose other copy may still be answered.
func TestACallFailsOnlyWhenAllCopiesAreLost(t *testing.T) {
	virtual(t, func(t *testing.T, l *lab) {
		l.SetAll(LinkFaults{
			Request: Faults{Duplicate: 1, Jitter: 50 * ms},
			Reply:   Faults{Loss: 0.5, Jitter: 50 * ms},
		})
		const n = 1500
		var calls []<-chan result
		for i := range n {
			calls = append(calls, l.start("JunkServer.Handler2", i, new(string)))
		}
		ok := 0
		for _, done := range calls {
			if (<-done).ok {
				ok++
			}
		}
		near(t, "answered", ok, n, 0.75)
	})
}

func TestCleanupLeavesNothing(t *testing.T) {
	before := runtime.NumGoroutine()
	l := &lab{Network: NewNetwork(Options{}), junk: &JunkServer{block: make(chan struct{})}}
	l.AddServer("server", serverOf(l.junk))
	l.end = l.join("end")
	delayed, paused := l.join("delayed"), l.join("paused")
	l.SetLink("delayed", LinkFaults{Request: Faults{Delay: time.Hour}})
	l.Own("paused", "owner")
	l.Pause("owner")
	var wg sync.WaitGroup
	call := func(end *ClientEnd) {
		wg.Go(func() {
			if end.Call("JunkServer.Handler3", 1, new(int)) {
				t.Error("a call returned true from a closed network")
			}
		})
	}
	for range 10 {
		call(l.end)
		call(delayed)
		call(paused)
	}
	for {
		l.mu.Lock()
		ready := l.host("server").total().Requests == 10 && l.calls == 20 && len(l.held["owner"]) == 10
		l.mu.Unlock()
		if ready {
			break
		}
		time.Sleep(ms)
	}
	l.Cleanup()
	wg.Wait()
	l.mu.Lock()
	for c := l.flight; c != nil; c = c.next {
		for i := range c.copies {
			if c.copies[i].armed {
				t.Error("a timer is still set")
			}
		}
	}
	if len(l.held) > 0 || len(l.idle) > 0 {
		t.Errorf("%d messages are held, %d goroutines idle", len(l.held), len(l.idle))
	}
	l.mu.Unlock()
	call(l.end)
	l.Cleanup() // once more does no harm
	wg.Wait()
	if n := l.GetTotalCount(); n != 20 {
		t.Errorf("GetTotalCount is %d after Cleanup, want 20", n)
	}
	close(l.junk.block)
	for deadline := time.Now().Add(5 * time.Second); runtime.NumGoroutine() > before; {
		if time.Now().After(deadline) {
			stacks := make([]byte, 1<<16)
			t.Fatalf("%d goroutines, %d before:\n%s", runtime.NumGoroutine(), before,
				stacks[:runtime.Stack(stacks, true)])
		}
		time.Sleep(ms)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.flight != nil {
		t.Error("a call is still under way")
	}
}

// A call in flight costs the caller and one goroutine for its handler, and nothing while it
// travels.
func TestGoroutinesPerCall(t *testing.T) {
	virtual(t, func(t *testing.T, l *lab) {
		before := inBubble()
		const n = 50
		for range n {
			l.block()
		}
		time.Sleep(5 * ms)
		if got := inBubble() - before; got != n {
			t.Errorf("%d goroutines for %d calls that travel, want their callers alone", got, n)
		}
		time.Sleep(10 * ms)
		if got := inBubble() - before; got != 2*n {
			t.Errorf("%d goroutines for %d calls in handlers, want two each", got, n)
		}
		for range n {
			l.junk.block <- struct{}{}
		}
		time.Sleep(time.Second)
		if got := inBubble() - before; got > maxIdle {
			t.Errorf("%d goroutines after all calls, want at most %d idle ones", got, maxIdle)
		}
	})
}

// inBubble counts the goroutines of the test's bubble of virtual time.
func inBubble() int {
	stacks := make([]byte, 1<<20)
	return strings.Count(string(stacks[:runtime.Stack(stacks, true)]), "synctest bubble")
}

func TestMakeNetworksDiffer(t *testing.T) {
	a, b := MakeNetwork(), MakeNetwork()
	if a.Seed() == b.Seed() {
		t.Errorf("two networks share the seed %d", a.Seed())
	}
	if n := NewNetwork(Options{Seed: 5}); n.Seed() != 5 {
		t.Errorf("the seed is %d, want 5", n.Seed())
	}
}
