//go:build wasip1

package main

import (
	"sync"

	"raftlab/internal/sim/frame"
	"raftlab/labrpc"
)

// ends are the network ends of this program.
type ends []*labrpc.ClientEnd

func newEnds(n int) ends {
	all := make(ends, n)
	for i := range all {
		all[i] = labrpc.NewEnd(end(i))
	}
	return all
}

// end is the labrpc.Carrier of one network end.
type end int

// calls are those under way.
var calls struct {
	mu    sync.Mutex // guards all below
	slots []*call
	free  []*call
}

// call is a place for a call under way, used again and again.
type call struct {
	slot  uint64
	turn  uint64        // how often it was used: a reply to an earlier call does not concern it
	done  chan struct{} // receives once
	ok    bool
	reply []byte
}

const turnShift = 32 // of a call's number: slots below, turns above

func (e end) Exchange(svcMeth string, request []byte) ([]byte, bool) {
	calls.mu.Lock()
	var c *call
	if last := len(calls.free) - 1; last >= 0 {
		c, calls.free = calls.free[last], calls.free[:last]
	} else {
		c = &call{slot: uint64(len(calls.slots)), done: make(chan struct{}, 1)}
		calls.slots = append(calls.slots, c)
	}
	c.turn++
	number := c.slot | c.turn<<turnShift
	calls.mu.Unlock()

	w := host.begin(frame.Call)
	w.Uint(number)
	w.Int(int(e))
	w.String(svcMeth)
	w.Bytes(request)
	host.end(w)
	<-c.done

	calls.mu.Lock()
	defer calls.mu.Unlock()
	reply, ok := c.reply, c.ok
	c.reply = nil
	calls.free = append(calls.free, c)
	return reply, ok
}

func (e end) Misuse(err error) { misuse(err.Error()) }

// replied ends the call that the frame is about.
func replied(r frame.Reader) {
	number, ok, reply := r.Uint(), r.Bool(), copied(r.Bytes())
	calls.mu.Lock()
	defer calls.mu.Unlock()
	slot := number & (1<<turnShift - 1)
	if slot >= uint64(len(calls.slots)) {
		return
	}
	if c := calls.slots[slot]; c.turn == number>>turnShift {
		c.ok, c.reply = ok, reply
		c.done <- struct{}{}
	}
}

// services answers requests.
type services struct {
	server *labrpc.Server
	me     int
	watch  *watch // looks at the peer after each request

	mu   sync.Mutex // guards idle
	idle []chan<- request
}

type request struct {
	id     uint64
	method string
	args   []byte
}

func serve(me int, w *watch, receivers ...any) *services {
	s := &services{server: labrpc.MakeServer(), me: me, watch: w}
	for _, receiver := range receivers {
		s.server.AddService(labrpc.MakeService(receiver))
	}
	return s
}

// requested has a request served by a goroutine that is idle, or by a new one: their stacks have grown.
func (s *services) requested(r frame.Reader) {
	q := request{r.Uint(), r.String(), copied(r.Bytes())}
	s.mu.Lock()
	defer s.mu.Unlock()
	if last := len(s.idle) - 1; last >= 0 {
		s.idle[last] <- q
		s.idle = s.idle[:last]
		return
	}
	go s.work(q)
}

func (s *services) work(q request) {
	next := make(chan request, 1)
	for {
		reply, err := s.server.Serve(q.method, s.me, q.args)
		w := host.begin(frame.Response)
		w.Uint(q.id)
		if err != nil {
			w.String(err.Error())
		} else {
			w.String("")
		}
		w.Bytes(reply)
		host.end(w)
		s.watch.look()
		s.mu.Lock()
		s.idle = append(s.idle, next)
		s.mu.Unlock()
		q = <-next
	}
}
