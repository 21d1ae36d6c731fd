package labrpc

import (
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// The behaviours that suites written for the classic labrpc rely on, each on a network in real
// time.

type JunkArgs struct{ X int }
type JunkReply struct{ X string }

// JunkServer has handlers of both shapes, and methods that are no handlers.
type JunkServer struct {
	mu    sync.Mutex
	texts []string
	ints  []int
	block chan struct{} // Handler3 returns when it is closed
}

func (js *JunkServer) Handler1(args string, reply *int) {
	js.mu.Lock()
	defer js.mu.Unlock()
	js.texts = append(js.texts, args)
	*reply, _ = strconv.Atoi(args)
}

func (js *JunkServer) Handler2(args int, reply *string) {
	js.mu.Lock()
	defer js.mu.Unlock()
	js.ints = append(js.ints, args)
	*reply = "handler2-" + strconv.Itoa(args)
}

func (js *JunkServer) Handler3(args int, reply *int) {
	<-js.block
	*reply = -args
}

func (js *JunkServer) Handler4(args *JunkArgs, reply *JunkReply) { reply.X = "pointer" }
func (js *JunkServer) Handler5(args JunkArgs, reply *JunkReply)  { reply.X = "value" }
func (js *JunkServer) Handler6(args string, reply *int)          { *reply = len(args) }
func (js *JunkServer) Handler7(args int, reply *string) {
	*reply = strings.Repeat("x", args)
}

func (js *JunkServer) NoHandler1(args int) int               { return args }
func (js *JunkServer) NoHandler2(args int, reply string)     {}
func (js *JunkServer) NoHandler3(args int, reply *int) error { return nil }
func (js *JunkServer) NoHandler4(args int, reply ...int)     {}

func (js *JunkServer) seen() (texts, ints int) {
	js.mu.Lock()
	defer js.mu.Unlock()
	return len(js.texts), len(js.ints)
}

// lab is a network with one JunkServer, "server", and an enabled end to it.
type lab struct {
	*Network
	junk *JunkServer
	end  *ClientEnd
}

func newLab(t *testing.T, o Options) *lab {
	t.Helper()
	l := &lab{Network: NewNetwork(o), junk: &JunkServer{block: make(chan struct{})}}
	l.AddServer("server", serverOf(l.junk))
	l.end = l.join("end")
	t.Cleanup(func() {
		l.Cleanup()
		close(l.junk.block)
	})
	return l
}

func serverOf(junk *JunkServer) *Server {
	s := MakeServer()
	s.AddService(MakeService(junk))
	return s
}

func (l *lab) join(name any) *ClientEnd {
	end := l.MakeEnd(name)
	l.Connect(name, "server")
	l.Enable(name, true)
	return end
}

func TestHandlersOfBothShapes(t *testing.T) {
	l := newLab(t, Options{Instant: true})
	var n int
	if !l.end.Call("JunkServer.Handler1", "9099", &n) || n != 9099 {
		t.Errorf("Handler1 gave %d", n)
	}
	var s string
	if !l.end.Call("JunkServer.Handler2", 111, &s) || s != "handler2-111" {
		t.Errorf("Handler2 gave %q", s)
	}
	for method, want := range map[string]string{"Handler4": "pointer", "Handler5": "value"} {
		for _, args := range []any{JunkArgs{1}, &JunkArgs{1}} {
			var reply JunkReply
			if !l.end.Call("JunkServer."+method, args, &reply) || reply.X != want {
				t.Errorf("%s(%T) gave %q", method, args, reply.X)
			}
		}
	}
	if n := l.GetCount("server"); n != 6 {
		t.Errorf("GetCount is %d after 6 calls", n)
	}
}

func TestDisabledEndsDeliverNothing(t *testing.T) {
	l := newLab(t, Options{})
	l.Enable("end", false)
	n := 0
	if l.end.Call("JunkServer.Handler1", "1", &n) || n != 0 {
		t.Errorf("a disabled end delivered, reply %d", n)
	}
	l.Enable("end", true)
	if !l.end.Call("JunkServer.Handler1", "2", &n) || n != 2 {
		t.Errorf("an enabled end did not deliver, reply %d", n)
	}
}

func TestUnreliableLosesSomeCallsOfMany(t *testing.T) {
	l := newLab(t, Options{Seed: 1})
	l.Reliable(false)
	const clients = 300
	results := make(chan bool, clients)
	for i := range clients {
		end := l.join(i)
		go func() {
			reply := ""
			ok := end.Call("JunkServer.Handler2", i, &reply)
			results <- ok && reply == "handler2-"+strconv.Itoa(i)
		}()
	}
	total := 0
	for range clients {
		if <-results {
			total++
		}
	}
	if total == 0 || total == clients {
		t.Errorf("%d of %d calls succeeded on an unreliable network", total, clients)
	}
	if total < 200 || total > 280 {
		t.Errorf("%d of %d calls succeeded; want about four in five", total, clients)
	}
}

// Calls that an earlier, disabled time of the end delays do not hold up later ones, and never
// execute.
func TestDisabledCallsDoNotDelayLaterOnes(t *testing.T) {
	l := newLab(t, Options{})
	l.LongDelays(true)
	l.Enable("end", false)
	const early = 20
	var wg sync.WaitGroup
	for i := range early {
		wg.Go(func() {
			reply := ""
			if l.end.Call("JunkServer.Handler2", 100+i, &reply) {
				t.Errorf("call %d through a disabled end succeeded", i)
			}
		})
	}
	for l.GetTotalCount() < early {
		time.Sleep(time.Millisecond)
	}
	l.Enable("end", true)
	for i := range 10 {
		reply := ""
		if !l.end.Call("JunkServer.Handler2", i, &reply) {
			t.Errorf("call %d failed", i)
		}
	}
	l.Cleanup()
	wg.Wait()
	if _, n := l.junk.seen(); n != 10 || l.GetCount("server") != 10 {
		t.Errorf("%d calls executed, GetCount is %d; want 10", n, l.GetCount("server"))
	}
}

func TestTotalBytesAreThePayload(t *testing.T) {
	l := newLab(t, Options{Instant: true})
	long := strings.Repeat("x", 1000)
	for range 10 {
		n := 0
		l.end.Call("JunkServer.Handler6", long, &n)
	}
	if bytes := l.GetTotalBytes(); bytes < 10_000 || bytes > 10_500 {
		t.Errorf("ten requests of 1000 bytes count as %d bytes", bytes)
	}
	before := l.GetTotalBytes()
	for range 10 {
		s := ""
		l.end.Call("JunkServer.Handler7", 1000, &s)
	}
	if bytes := l.GetTotalBytes() - before; bytes < 10_000 || bytes > 10_500 {
		t.Errorf("ten replies of 1000 bytes count as %d bytes", bytes)
	}
}
