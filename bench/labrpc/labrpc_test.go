package labrpc

import (
	"sync/atomic"
	"testing"

	"raftlab/labrpc"
)

// The messages are of the size and shape of an idle Raft's, and of one with 10 kB of entries.

type Args struct {
	Term, Leader, PrevIndex, PrevTerm, Commit int
	Entries                                   []byte
}

type Reply struct {
	Term, Conflict int
	Success        bool
}

type Peer struct{ calls atomic.Int64 }

func (p *Peer) Append(args *Args, reply *Reply) {
	p.calls.Add(1)
	reply.Term, reply.Success = args.Term, true
}

type end interface {
	Call(svcMeth string, args, reply any) bool
}

// networks make an end that reaches a Peer, and say what to do when done with it.
var networks = []struct {
	name string
	make func() (e end, closeDown func())
}{
	{"raftlab", func() (end, func()) {
		n := labrpc.NewNetwork(labrpc.Options{Instant: true})
		s := labrpc.MakeServer()
		s.AddService(labrpc.MakeService(&Peer{}))
		n.AddServer(0, s)
		e := n.MakeEnd("end")
		n.Connect("end", 0)
		n.Enable("end", true)
		return e, n.Cleanup
	}},
	{"classic", func() (end, func()) {
		n := newClassic()
		n.addServer(0, newClassicServer(&Peer{}))
		return n.makeEnd("end", 0), func() { close(n.done) }
	}},
}

func call(b *testing.B, e end, args *Args) {
	var reply Reply
	if !e.Call("Peer.Append", args, &reply) || !reply.Success || reply.Term != args.Term {
		b.Fatalf("call failed: %+v", reply)
	}
}

func sequential(b *testing.B, args *Args) {
	for _, network := range networks {
		b.Run(network.name, func(b *testing.B) {
			e, closeDown := network.make()
			defer closeDown()
			b.ReportAllocs()
			for b.Loop() {
				call(b, e, args)
			}
		})
	}
}

func concurrent(b *testing.B, args *Args) {
	for _, network := range networks {
		b.Run(network.name, func(b *testing.B) {
			e, closeDown := network.make()
			defer closeDown()
			b.ReportAllocs()
			b.SetParallelism(16)
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					call(b, e, args)
				}
			})
		})
	}
}

func small() *Args { return &Args{Term: 7, Leader: 1, PrevIndex: 1000, PrevTerm: 6, Commit: 999} }

func large() *Args {
	args := small()
	args.Entries = make([]byte, 10_000)
	return args
}

func BenchmarkSequentialSmall(b *testing.B) { sequential(b, small()) }
func BenchmarkSequential10kB(b *testing.B)  { sequential(b, large()) }
func BenchmarkConcurrentSmall(b *testing.B) { concurrent(b, small()) }
func BenchmarkConcurrent10kB(b *testing.B)  { concurrent(b, large()) }
