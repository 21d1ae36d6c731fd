package labrpc

import (
	"testing"
	"time"

	"raftlab/internal/trace"
)

// The goal is 4 µs for a call natively, 20 µs in wasm, with small arguments and no latency. The
// network's own part of that is small; the codec's is the rest. See the nested module bench for a
// rival.

type BenchArgs struct{ Term, Leader, PrevIndex, PrevTerm, Commit int }
type BenchReply struct {
	Term    int
	Success bool
}
type Bench struct{}

func (*Bench) Append(args *BenchArgs, reply *BenchReply) {
	reply.Term, reply.Success = args.Term, true
}

func benchEnd(b *testing.B, o Options) *ClientEnd {
	b.ReportAllocs()
	n := NewNetwork(o)
	b.Cleanup(n.Cleanup)
	s := MakeServer()
	s.AddService(MakeService(&Bench{}))
	n.AddServer(0, s)
	end := n.MakeEnd("end")
	n.Connect("end", 0)
	n.Enable("end", true)
	return end
}

func benchCall(b *testing.B, end *ClientEnd) {
	var reply BenchReply
	if !end.Call("Bench.Append", &BenchArgs{7, 1, 1000, 6, 999}, &reply) || reply.Term != 7 {
		b.Fatalf("the call failed: %+v", reply)
	}
}

func BenchmarkCall(b *testing.B) {
	recorder := trace.NewRecorder(func() time.Duration { return 0 })
	for _, c := range []struct {
		name    string
		options Options
	}{
		{"instant", Options{Instant: true}},
		{"traced", Options{Instant: true, Trace: recorder.Record}},
		{"timers", Options{Latency: 1}}, // each message waits for a timer
		{"default", Options{}},
	} {
		b.Run(c.name, func(b *testing.B) {
			end := benchEnd(b, c.options)
			for b.Loop() {
				benchCall(b, end)
			}
		})
	}
}

func BenchmarkConcurrentCalls(b *testing.B) {
	end := benchEnd(b, Options{Instant: true})
	b.SetParallelism(16)
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			benchCall(b, end)
		}
	})
}

func BenchmarkModel(b *testing.B) {
	m := newModel(b, Options{})
	m.Reliable(false)
	b.ReportAllocs()
	for i := range b.N {
		now := time.Duration(i)
		route, fate := m.Request(now, "e", 100)
		if fate.Copies > 0 {
			m.RequestArrives(fate.At[0], route)
			fate = m.Reply(fate.At[0], route, 100)
			m.ReplyArrives(fate.At[0], route)
		}
	}
}
