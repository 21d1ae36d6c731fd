package sim

import (
	"cmp"
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"raftlab/internal/sim/frame"
	"raftlab/internal/trace"
	"raftlab/labrpc"
)

// wire is a network as the comparison uses it: three servers that answer at once, an end from each to each.
type wire interface {
	call(from, to int)
	enable(from, to int, yes bool)
	pause(server int)
	resume(server int)
	add(server int)
	remove(server int)
	model(do func(m faulty))
}

// faulty is what the model and labrpc's network are told in the same words.
type faulty interface {
	Reliable(bool)
	LongReordering(bool)
	LongDelays(bool)
}

const wireServers = 3

// order is something done to a network at some time.
type order struct {
	at   time.Duration
	what string
	do   func(w wire)
}

// orders draws what is done, each at a time of its own. All that a server was sent while it was paused reaches it at one
// instant, and in which order labrpc's handlers then answer is nobody's choice: so it is sent one message only.
func orders(seed uint64) []order {
	rng := rand.New(rand.NewPCG(seed, 1))
	var all []order
	now := time.Duration(0)
	then := func(wait time.Duration, what string, do func(w wire)) {
		now += wait + time.Duration(rng.IntN(int(wait)))
		all = append(all, order{now, what, do})
	}
	const little, settled = 2 * time.Millisecond, 50 * time.Millisecond
	down := make([]bool, wireServers)
	for range 400 {
		from, to, flag := rng.IntN(wireServers), rng.IntN(wireServers), rng.IntN(2) == 0
		switch k := rng.IntN(40); {
		case k < 30:
			then(little, fmt.Sprint("call ", from, to), func(w wire) { w.call(from, to) })
		case k < 35:
			then(little, fmt.Sprint("enable ", from, to, flag), func(w wire) { w.enable(from, to, flag) })
		case k == 35:
			then(settled, fmt.Sprint("pause ", to), func(w wire) { w.pause(to) })
			then(little, fmt.Sprint("call ", from, to), func(w wire) { w.call(from, to) })
			then(settled, fmt.Sprint("resume ", to), func(w wire) { w.resume(to) })
		case k == 36:
			if down[to] = !down[to]; down[to] {
				then(little, fmt.Sprint("remove ", to), func(w wire) { w.remove(to) })
			} else {
				then(little, fmt.Sprint("add ", to), func(w wire) { w.add(to) })
			}
		case k == 37:
			then(little, fmt.Sprint("reliable ", flag), func(w wire) { w.model(func(m faulty) { m.Reliable(flag) }) })
		case k == 38:
			then(little, fmt.Sprint("long delays ", flag), func(w wire) { w.model(func(m faulty) { m.LongDelays(flag) }) })
		default:
			then(little, fmt.Sprint("reorder ", flag), func(w wire) { w.model(func(m faulty) { m.LongReordering(flag) }) })
		}
	}
	return all
}

const afterwards = 10 * time.Second

// wireFaults are there from the beginning.
var wireFaults = labrpc.LinkFaults{Request: labrpc.Faults{Duplicate: 0.2, Jitter: 3 * time.Millisecond, Loss: 0.05},
	Reply: labrpc.Faults{Jitter: 2 * time.Millisecond}}

// TestNetworkIsLabrpcs does the same to the simulated network and to labrpc's, in virtual time: both record the same
// events at the same instants.
func TestNetworkIsLabrpcs(t *testing.T) {
	kinds := map[trace.Kind]int{}
	for seed := range uint64(30) {
		all := orders(seed)
		ours := simulated(t, seed, all)
		theirs := native(t, seed, all)
		for _, e := range ours {
			kinds[e.Kind]++
		}
		if slices.Equal(ours, theirs) {
			continue
		}
		for i := range max(len(ours), len(theirs)) {
			if i < len(ours) && i < len(theirs) && ours[i] == theirs[i] {
				continue
			}
			t.Fatalf("seed %d, event %d of %d and %d:\nsimulator %v\nlabrpc    %v", seed, i, len(ours), len(theirs),
				ours[i:min(i+3, len(ours))], theirs[i:min(i+3, len(theirs))])
		}
	}
	for _, kind := range []trace.Kind{trace.Request, trace.Deliver, trace.Reply, trace.Return, trace.Drop} {
		if kinds[kind] < 200 {
			t.Errorf("only %d events of kind %v: the comparison says little", kinds[kind], kind)
		}
	}
}

// collect returns a sink, and what it has heard without what the two networks may differ in: messages of one have no
// length, as nothing is encoded; and of several that are lost at one instant any may be named first.
func collect() (trace.Sink, func() []trace.Event) {
	var events []trace.Event
	return func(e trace.Event) {
			e.Seq, e.Bytes = 0, 0
			events = append(events, e)
		}, func() []trace.Event {
			slices.SortStableFunc(events, func(a, b trace.Event) int {
				return cmp.Or(cmp.Compare(a.At, b.At), cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.ID, b.ID))
			})
			return events
		}
}

// simWire is the simulator's network, its servers instances without a program.
type simWire struct {
	t       *testing.T
	net     *network
	servers [wireServers]*instance
	calls   uint64
}

func simulated(t *testing.T, seed uint64, all []order) []trace.Event {
	e := &engine{ctx: context.Background()}
	n, err := newNetwork(e, wireServers, seed)
	if err != nil {
		t.Fatal(err)
	}
	w := &simWire{t: t, net: n}
	sink, events := collect()
	n.record = trace.NewRecorder(func() time.Duration { return e.now }, sink)
	n.misuse = func(text string) { t.Error(text) }
	if err := n.model.SetAll(wireFaults); err != nil {
		t.Fatal(err)
	}
	for i := range wireServers {
		for j := range wireServers {
			n.model.Connect(end{i, j, 0}, j)
			n.model.Own(end{i, j, 0}, i)
			n.model.Enable(end{i, j, 0}, true)
		}
		w.add(i)
	}
	for _, o := range all {
		e.at(o.at, func() { o.do(w) })
	}
	for e.ahead(all[len(all)-1].at + afterwards) {
		e.step()
		w.serve()
	}
	return events()
}

// serve answers what has reached the servers.
func (w *simWire) serve() {
	for i, in := range w.servers {
		frames := in.inbox
		in.inbox = nil
		for _, b := range frames {
			if kind, r := frame.Read(b); kind == frame.Request {
				w.net.answered(i, r.Uint(), "", nil)
			}
		}
	}
}

func (w *simWire) call(from, to int) {
	w.calls++
	w.net.dial(w.servers[from], w.calls, end{from, to, 0}, "Echo.Echo", nil)
	w.serve()
}

func (w *simWire) enable(from, to int, yes bool) { w.net.enable(end{from, to, 0}, yes) }
func (w *simWire) pause(server int)              { w.net.model.Pause(server) }
func (w *simWire) remove(server int)             { w.net.leave(server) }
func (w *simWire) model(do func(m faulty))       { do(w.net.model) }

func (w *simWire) resume(server int) {
	w.net.model.Resume(server)
	w.net.release(server)
	w.serve()
}

func (w *simWire) add(server int) {
	if w.servers[server] == nil {
		w.servers[server] = &instance{engine: w.net.engine, limits: Limits{}.orDefault()}
	}
	w.net.arrive(server, w.servers[server])
}

// labWire is labrpc's network.
type labWire struct {
	net  *labrpc.Network
	ends [wireServers][wireServers]*labrpc.ClientEnd
}

// Echo answers at once.
type Echo struct{}

// Echo is an RPC.
func (Echo) Echo(args, reply *int) {}

func native(t *testing.T, seed uint64, all []order) (events []trace.Event) {
	synctest.Test(t, func(t *testing.T) {
		sink, heard := collect()
		began := time.Now()
		record := trace.NewRecorder(func() time.Duration { return time.Since(began) }, sink)
		w := &labWire{net: labrpc.NewNetwork(labrpc.Options{Seed: seed, Trace: record.Record})}
		w.net.SetAll(wireFaults)
		for i := range wireServers {
			for j := range wireServers {
				w.ends[i][j] = w.net.MakeEnd(end{i, j, 0})
				w.net.Connect(end{i, j, 0}, j)
				w.net.Own(end{i, j, 0}, i)
				w.net.Enable(end{i, j, 0}, true)
			}
			w.add(i)
		}
		for _, o := range all {
			time.Sleep(o.at - time.Since(began))
			o.do(w)
		}
		time.Sleep(afterwards)
		synctest.Wait()
		events = slices.Clone(heard())
		w.net.Cleanup()
		for i := range wireServers {
			w.net.Resume(i)
		}
	})
	return events
}

func (w *labWire) call(from, to int) {
	go func() {
		var args, reply int
		w.ends[from][to].Call("Echo.Echo", &args, &reply)
	}()
}

func (w *labWire) enable(from, to int, yes bool) { w.net.Enable(end{from, to, 0}, yes) }
func (w *labWire) pause(server int)              { w.net.Pause(server) }
func (w *labWire) resume(server int)             { w.net.Resume(server) }
func (w *labWire) remove(server int)             { w.net.DeleteServer(server) }
func (w *labWire) model(do func(m faulty))       { do(w.net) }

func (w *labWire) add(server int) {
	s := labrpc.MakeServer()
	s.AddService(labrpc.MakeService(Echo{}))
	w.net.AddServer(server, s)
}
