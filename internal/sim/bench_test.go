package sim_test

import (
	"context"
	"testing"
	"time"

	"raftlab/internal/sim"
	"raftlab/internal/suite"
	"raftlab/internal/tester"
)

// run simulates a scenario of the benchmark's own on three peers of the reference.
func run(b *testing.B, scenario func(*tester.Raft)) {
	b.Helper()
	p, err := reference()
	if err != nil {
		b.Fatal(err)
	}
	s := suite.Scenario{Name: b.Name(), Servers: 3, Limit: 1000 * time.Hour, Raft: scenario}
	if r := sim.Run(context.Background(), sim.Job{Program: p, Scenario: s, Seed: 1}); r.Verdict != sim.Passed {
		b.Fatal(r)
	}
}

// BenchmarkAsk is a question to a peer and its answer: a switch to the instance, a goroutine in it, and back.
func BenchmarkAsk(b *testing.B) {
	run(b, func(r *tester.Raft) {
		follower := r.After(r.Leader(), 1)
		for b.Loop() {
			r.Start(follower, 1)
		}
	})
}

// BenchmarkMessage is an RPC between peers: most of what happens in an hour of an idle cluster.
func BenchmarkMessage(b *testing.B) {
	run(b, func(r *tester.Raft) {
		r.Leader()
		before := r.Requests()
		for b.Loop() {
			r.Sleep(time.Second)
		}
		b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(r.Requests()-before), "ns/RPC")
	})
}

// BenchmarkRestart is a crash and a new boot from the disk.
func BenchmarkRestart(b *testing.B) {
	run(b, func(r *tester.Raft) {
		for b.Loop() {
			r.Restart(0)
		}
	})
}

// BenchmarkAgree is a command agreed on by three peers, and applied by all.
func BenchmarkAgree(b *testing.B) {
	run(b, func(r *tester.Raft) {
		for b.Loop() {
			r.Agree(1, 3)
		}
	})
}

// BenchmarkLoad is what a program costs that was compiled before.
func BenchmarkLoad(b *testing.B) {
	c, err := referenceCode()
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		p, err := sim.Load(context.Background(), c, machineCode())
		if err != nil {
			b.Fatal(err)
		}
		if err := p.Close(); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkSeed is one seed of every scenario of a part.
func BenchmarkSeed(b *testing.B) {
	p, err := reference()
	if err != nil {
		b.Fatal(err)
	}
	for _, part := range []string{"2A", "2B", "2C", "2D", "3A", "3B"} {
		b.Run(part, func(b *testing.B) {
			seed := uint64(0)
			for b.Loop() {
				seed++
				for _, s := range suite.All() {
					if s.Part != part {
						continue
					}
					if r := sim.Run(context.Background(), sim.Job{Program: p, Scenario: s, Seed: seed}); r.Verdict != sim.Passed {
						b.Errorf("%s, seed %d: %v", s.Name, seed, r)
					}
				}
			}
		})
	}
}
