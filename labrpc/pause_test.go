package labrpc

import (
	"slices"
	"testing"
	"time"

	"raftlab/internal/trace"
)

func TestPauseHoldsEverythingInOrder(t *testing.T) {
	var record []trace.Event
	o := Options{Latency: 10 * ms, Trace: func(e trace.Event) { record = append(record, e) }}
	virtualWith(t, o, func(t *testing.T, l *lab) {
		l.AddServer("owner", MakeServer())
		l.Own("end", "owner")
		sequence := func(kind trace.Kind) (ids []uint64) {
			for _, e := range record {
				if e.Kind == kind {
					ids = append(ids, e.ID)
				}
			}
			return ids
		}
		for _, c := range []struct {
			paused string
			when   time.Duration // how long after the calls: what is held is the
			kind   trace.Kind
		}{
			{"owner", -1, trace.Request},
			{"server", 5 * ms, trace.Deliver},
			{"owner", 15 * ms, trace.Return},
		} {
			record = nil
			if c.when < 0 {
				l.Pause(c.paused)
			}
			var calls []<-chan result
			for i := range 30 {
				calls = append(calls, l.start("JunkServer.Handler2", i, new(string)))
				time.Sleep(ms / 100) // they leave one after another
			}
			if c.when >= 0 {
				time.Sleep(c.when)
				l.Pause(c.paused)
			}
			time.Sleep(time.Hour)
			if n := len(sequence(c.kind)); n > 0 {
				t.Errorf("%s is paused: %d events of kind %v", c.paused, n, c.kind)
			}
			l.Resume(c.paused)
			for _, done := range calls {
				if r := <-done; !r.ok || r.took < time.Hour {
					t.Errorf("a call held by %s: %+v", c.paused, r)
				}
			}
			if ids := sequence(c.kind); len(ids) != 30 || !slices.IsSorted(ids) {
				t.Errorf("%s resumed: events %v are of calls %v", c.paused, c.kind, ids)
			}
		}
	})
}

func TestPausedServersHoldTheirReplies(t *testing.T) {
	virtual(t, func(t *testing.T, l *lab) {
		done := l.block()
		time.Sleep(15 * ms)
		l.Pause("server")
		l.junk.block <- struct{}{}
		time.Sleep(time.Minute)
		l.Resume("server")
		want(t, "a call", done, true, time.Minute+25*ms)

		l.Pause("server")
		done = l.block()
		time.Sleep(time.Minute)
		l.DeleteServer("server")
		want(t, "a call to a paused server that is deleted", done, false, time.Minute)

		l.AddServer("server", serverOf(l.junk))
		l.Own("end", "owner")
		l.Pause("owner")
		done = l.start("JunkServer.Handler1", "1", new(int))
		time.Sleep(time.Minute)
		l.DeleteServer("owner")
		want(t, "a call of a paused owner that is deleted", done, true, time.Minute+20*ms)
	})
}
