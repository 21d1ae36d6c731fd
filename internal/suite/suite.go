// Package suite is the registry of the lab's scenarios: what each is called, how much it is worth, what it
// needs and what happens in it.
//
// A scenario is a short story in the vocabulary of package tester. `go test` runs each under its Name on
// servers in its own process; the simulator and the grader run the very same functions on servers of
// theirs. So a scenario takes time, chance and concurrency from the harness alone.
package suite

import (
	"time"

	"raftlab/internal/tester"
)

// Scenario is one test of the lab.
type Scenario struct {
	Name          string // as `go test` knows it; ends in the part
	Part          string // "2A" to "3B"
	Title         string // what it is about, in a few words
	Points        int    // its share of a full mark
	Servers       int
	Unreliable    bool          // the network loses and delays messages from the start
	SnapshotEvery int           // the service takes a snapshot at every so many entries; 0: never
	Limit         time.Duration // on the run's clock; 0: tester.DefaultLimit
	MaxRaftState  int           // of the key/value service: bytes; 0: it takes no snapshots
	RealTime      bool          // a virtual ClockVariable does not suit it: servers wait with locks held
	Raft          func(*tester.Raft)
	KV            func(*tester.KV) // this or Raft is what happens
}

// Config returns how the harness is to be set up for the scenario.
func (s Scenario) Config(seed uint64) tester.Config {
	return tester.Config{Servers: s.Servers, Seed: seed, Unreliable: s.Unreliable,
		SnapshotEvery: s.SnapshotEvery, MaxRaftState: s.MaxRaftState, Limit: s.Limit,
		Durable:    s.Part >= "2C", // persistence is not asked for before
		LongDelays: s.Raft != nil}  // a lock held across a call must not go unnoticed
}

// Raft returns the scenarios of parts 2A to 2D, in order.
func Raft() []Scenario {
	var all []Scenario
	for _, part := range [][]Scenario{part2A(), part2B(), part2C(), part2D()} {
		all = append(all, part...)
	}
	return all
}

// KV returns the scenarios of parts 3A and 3B, in order.
func KV() []Scenario { return append(part3A(), part3B()...) }

// All returns the scenarios of all parts, in order.
func All() []Scenario { return append(Raft(), KV()...) }

// Find returns the scenario of that name.
func Find(name string) (Scenario, bool) {
	for _, s := range All() {
		if s.Name == name {
			return s, true
		}
	}
	return Scenario{}, false
}

// electionPause is long enough for any election that can be won to be won: two of the longest usual
// time-outs.
const electionPause = 2 * time.Second
