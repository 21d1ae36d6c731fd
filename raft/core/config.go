package core

import (
	"fmt"
	"math"
	"slices"
)

// Config is what a peer is told about itself and its cluster. It does not change while a Node
// lives.
type Config struct {
	// ID is this peer. It is one of Peers.
	ID NodeID
	// Peers are all voters, this one too; at least one, none twice, in any order.
	Peers []NodeID

	// ElectionTimeout is how long a follower waits for its leader before it stands for election:
	// each time a span drawn uniformly from [ElectionTimeout, 2·ElectionTimeout) (§5.2). It is also
	// how long a leader holds on without a majority (CheckQuorum) and how long a transfer may take.
	// Above HeartbeatInterval; ten times a round trip or more.
	ElectionTimeout Span
	// HeartbeatInterval is the time between a leader's heartbeats, and after which a request that
	// got no answer (a vote, an append) is made again. Above 0.
	HeartbeatInterval Span
	// RetryInterval is how long a follower that still lacks a snapshot is given before it is sent
	// again. 0 stands for ElectionTimeout. A transfer of a large snapshot should fit in.
	RetryInterval Span

	// PreVote lets a peer ask whether it could win before it raises its term (thesis §9.6), so that
	// one that comes back, or that hears nobody, disturbs nobody. It needs CheckQuorum.
	PreVote bool
	// CheckQuorum makes a leader step down when it has not heard from a majority for
	// ElectionTimeout (thesis §6.2); in return peers that hear from a leader, and the leader
	// itself, grant no votes and keep their term (thesis §4.2.3). The second without the first
	// could keep a useless leader for ever.
	CheckQuorum bool
	// NoOp makes a leader append an empty entry when elected, which commits entries of earlier
	// terms and lets reads begin without waiting for a proposal (§8). The lab's rules forbid it.
	NoOp bool

	// MaxInflight is how many appends may be on the way to one follower; more proposals pile up and
	// leave in one batch with the next answer. 1 or more. 2 or 3 saves messages; a high-latency
	// link wants its round trip divided by the time between batches.
	MaxInflight int
	// MaxBatchEntries bounds the entries of one append. 1 or more.
	MaxBatchEntries int
	// MaxBatchBytes bounds the Data of one append, in bytes, though one entry always fits. 1 or
	// more.
	MaxBatchBytes int

	// Seed decides all timeouts, together with ID: peers may share it.
	Seed uint64
}

// Validate reports the first setting that contradicts another or is out of range.
func (c Config) Validate() error {
	fail := func(format string, args ...any) error {
		return fmt.Errorf("core: config of node %d: "+format, append([]any{c.ID}, args...)...)
	}
	sorted := slices.Sorted(slices.Values(c.Peers))
	for i, id := range sorted {
		if id == None {
			return fail("Peers %v has node 0; number peers from 1", c.Peers)
		}
		if i > 0 && id == sorted[i-1] {
			return fail("Peers %v has node %d twice", c.Peers, id)
		}
	}
	switch {
	case !slices.Contains(c.Peers, c.ID):
		return fail("ID %d is not in Peers %v", c.ID, c.Peers)
	case c.HeartbeatInterval <= 0:
		return fail("HeartbeatInterval %d is not above 0", c.HeartbeatInterval)
	case c.ElectionTimeout <= c.HeartbeatInterval:
		return fail("ElectionTimeout %d is not above HeartbeatInterval %d",
			c.ElectionTimeout, c.HeartbeatInterval)
	case c.ElectionTimeout > math.MaxInt64/4:
		return fail("ElectionTimeout %d is above %d", c.ElectionTimeout, int64(math.MaxInt64/4))
	case c.RetryInterval < 0:
		return fail("RetryInterval %d is below 0", c.RetryInterval)
	case c.PreVote && !c.CheckQuorum:
		return fail("PreVote is true but CheckQuorum false: turn both on, or both off")
	case c.MaxInflight < 1:
		return fail("MaxInflight %d is not 1 or more", c.MaxInflight)
	case c.MaxBatchEntries < 1:
		return fail("MaxBatchEntries %d is not 1 or more", c.MaxBatchEntries)
	case c.MaxBatchBytes < 1:
		return fail("MaxBatchBytes %d is not 1 or more", c.MaxBatchBytes)
	}
	return nil
}
