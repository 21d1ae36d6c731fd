package sim

import (
	"context"
	"iter"
	"runtime"
	"time"
)

// engine is the clock and the event queue of one simulation. Exactly one thing runs at a time: the loop
// itself, an activity of the scenario, or an instance. Control passes from one to the other and back, so
// nothing here needs a lock.
type engine struct {
	ctx     context.Context
	now     time.Duration
	queue   queue
	seq     uint64
	steps   uint64
	current *activity // that runs now
	alive   []*activity
	waiters []*waiter
	changed bool // something happened that a waiter may be waiting for
	over    bool // the run has ended: activities unwind instead of going on
}

// at has do called when the clock stands at that time, after what is due then already.
func (e *engine) at(when time.Duration, do func()) {
	e.push(event{at: when, do: do})
}

func (e *engine) push(ev event) {
	e.seq++
	ev.at, ev.seq = max(ev.at, e.now), e.seq
	e.queue.push(ev)
}

// ahead says whether anything is due up to and including that time.
func (e *engine) ahead(when time.Duration) bool { return len(e.queue) > 0 && e.queue[0].at <= when }

// step wakes who waits for what is there, takes the next event, and says whether there was one.
func (e *engine) step() bool {
	for e.changed {
		e.changed = false
		e.wake()
	}
	if len(e.queue) == 0 {
		return false
	}
	ev := e.queue.pop()
	e.steps++
	e.now = max(e.now, ev.at)
	if ev.inst != nil {
		if ev.inst.turn == ev.turn {
			ev.inst.wake()
		}
	} else {
		ev.do()
	}
	return true
}

// stopped says whether whoever asked for the simulation has given it up. It looks now and then.
func (e *engine) stopped() bool {
	const every = 256
	return e.steps%every == 0 && e.ctx.Err() != nil
}

// runFor takes events until done says so or that much time has passed. It is for times at which no activity is there.
func (e *engine) runFor(limit time.Duration, done func() bool) {
	for end := e.now + limit; !done() && !e.stopped() && e.ahead(end); {
		e.step()
	}
}

// An activity is a coroutine of the scenario: it runs while it has been handed control, and gives it back when it
// waits or ends.
type activity struct {
	next  func() (struct{}, bool)
	yield func(struct{}) bool
}

// waiter is an activity in Wait.
type waiter struct {
	activity *activity
	ready    func() bool
	ok, done bool
}

// spawn makes an activity of f, due now.
func (e *engine) spawn(f func()) {
	a := &activity{}
	a.next, _ = iter.Pull(func(yield func(struct{}) bool) {
		a.yield = yield
		defer e.forget(a)
		if !e.over {
			f()
		}
	})
	e.alive = append(e.alive, a)
	e.at(e.now, func() { e.run(a) })
}

func (e *engine) forget(a *activity) {
	for i, other := range e.alive {
		if other == a {
			e.alive = append(e.alive[:i], e.alive[i+1:]...)
			return
		}
	}
}

// run hands control to an activity until it gives it back. If it unwinds (runtime.Goexit), so does the caller of run: see
// steadily.
func (e *engine) run(a *activity) {
	e.current = a
	unwound := true
	defer func() {
		e.current = nil
		e.changed = e.changed || unwound // waiters were perhaps being looked at
	}()
	a.next()
	unwound = false
}

// steadily runs f, which runs activities, again and again until it has returned: with every activity that unwinds f is
// cut short, wherever it is.
func steadily(f func()) {
	for returned := false; !returned; {
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			f()
			returned = true
		}()
		<-ended
	}
}

// pause gives control back. It returns when the activity is run again; once the run is over it unwinds it.
func (e *engine) pause() {
	e.current.yield(struct{}{})
	if e.over {
		runtime.Goexit()
	}
}

// wake runs the activities that have waited for what is there now.
func (e *engine) wake() {
	for _, w := range append([]*waiter(nil), e.waiters...) {
		if !w.done && w.ready() {
			w.ok = true
			e.wakeOne(w)
		}
	}
}

func (e *engine) wakeOne(w *waiter) {
	w.done = true
	for i, other := range e.waiters {
		if other == w {
			e.waiters = append(e.waiters[:i], e.waiters[i+1:]...)
			break
		}
	}
	e.run(w.activity)
}

// wait is Env.Wait.
func (e *engine) wait(limit time.Duration, ready func() bool) bool {
	if ready() {
		return true
	}
	w := &waiter{activity: e.current, ready: ready}
	e.waiters = append(e.waiters, w)
	e.at(e.now+limit, func() {
		if !w.done {
			w.ok = ready()
			e.wakeOne(w)
		}
	})
	e.pause()
	return w.ok
}

// main runs f as the first activity and returns when it has ended, or a moment after abandon is closed.
func (e *engine) main(f func(), abandon <-chan struct{}) {
	ended := false
	e.spawn(func() {
		defer func() { ended = true }()
		f()
	})
	until := never // when an abandoned run is over
	steadily(func() {
		for !ended && !e.stopped() && e.now <= until {
			select {
			case <-abandon:
				const moment = time.Second
				until, abandon, e.changed = e.now+moment, nil, true
			default:
			}
			if !e.step() {
				return
			}
		}
	})
	e.over = true
	steadily(func() {
		for len(e.alive) > 0 {
			e.run(e.alive[0])
		}
	})
	e.waiters = nil
}

// event is something that is due: an instance whose turn has come, or a call.
type event struct {
	at   time.Duration
	seq  uint64
	inst *instance
	turn uint64 // of inst: if it has had another since, this event means nothing
	do   func()
}

// queue is a binary heap of events, by time and then by the order in which they were pushed.
type queue []event

func (q queue) less(i, j int) bool {
	return q[i].at < q[j].at || q[i].at == q[j].at && q[i].seq < q[j].seq
}

func (q *queue) push(ev event) {
	h := append(*q, ev)
	*q = h
	for i := len(h) - 1; i > 0; {
		parent := (i - 1) / 2
		if !h.less(i, parent) {
			return
		}
		h[i], h[parent] = h[parent], h[i]
		i = parent
	}
}

func (q *queue) pop() event {
	h := *q
	top, last := h[0], len(h)-1
	h[0], h[last] = h[last], event{}
	h = h[:last]
	*q = h
	for i := 0; ; {
		child := 2*i + 1
		if child >= last {
			return top
		}
		if child+1 < last && h.less(child+1, child) {
			child++
		}
		if !h.less(child, i) {
			return top
		}
		h[i], h[child] = h[child], h[i]
		i = child
	}
}
