// Package core compares raftlab/raft/core with go.etcd.io/raft/v3: whole clusters in memory, in one
// goroutine. An operation ends when every node has appended the entry, learned that it is
// committed, and applied it.
package core

import (
	"bytes"
	"fmt"
	"testing"
)

const (
	batch = 1024
	// keep is how many applied entries either side lets its logs grow to before it compacts them.
	keep = 8192
)

// payload is the 16 bytes that an entry carries.
var payload = []byte("0123456789abcdef")

// cluster is a group of peers of which the first leads.
type cluster interface {
	// propose has the leader append these, as one proposal, and runs the peers until nothing is
	// left to do.
	propose(data [][]byte)
	// applied is how many entries with data peer i has applied, and a checksum of them.
	applied(i int) (count int, sum uint64)
}

var sides = []struct {
	name string
	make func(nodes int) cluster
}{
	{"raftlab", func(n int) cluster { return newRaftlab(n) }},
	{"etcd", func(n int) cluster { return newEtcd(n) }},
}

// service is what both sides apply entries to.
type service struct {
	count int
	sum   uint64
}

func (s *service) apply(data []byte) {
	if len(data) == 0 {
		return // the leader's first
	}
	s.count++
	s.sum = s.sum*31 + uint64(data[0])
}

func entries(n int) [][]byte {
	es := make([][]byte, n)
	for i := range es {
		es[i] = payload
	}
	return es
}

// TestSameWork: both sides apply the same entries everywhere, once each, by the time propose
// returns.
func TestSameWork(t *testing.T) {
	for _, nodes := range []int{1, 2, 3, 5, 7} {
		for _, side := range sides {
			c := side.make(nodes)
			var want service
			for i := range 3 * keep / 2 {
				data := [][]byte{bytes.Repeat([]byte{byte(i)}, 16)}
				if i%1000 == 0 {
					data = append(data, entries(batch)...)
				}
				c.propose(data)
				for _, d := range data {
					want.apply(d)
				}
			}
			for i := range nodes {
				if count, sum := c.applied(i); count != want.count || sum != want.sum {
					t.Errorf("%s: peer %d of %d applied %d (%x), want %d (%x)", side.name, i+1,
						nodes,
						count, sum, want.count, want.sum)
				}
			}
		}
	}
}

func BenchmarkOne(b *testing.B)   { benchmark(b, 1) }
func BenchmarkBatch(b *testing.B) { benchmark(b, batch) }

// benchmark measures one entry, of proposals of size entries.
func benchmark(b *testing.B, size int) {
	for _, nodes := range []int{1, 3, 5, 7} {
		for _, side := range sides {
			b.Run(fmt.Sprintf("nodes=%d/%s", nodes, side.name), func(b *testing.B) {
				c := side.make(nodes)
				c.propose(entries(keep)) // warm: arrays have grown
				data := entries(size)
				b.ReportAllocs()
				b.ResetTimer()
				for done := 0; done < b.N; done += size {
					c.propose(data[:min(size, b.N-done)])
				}
			})
		}
	}
}
