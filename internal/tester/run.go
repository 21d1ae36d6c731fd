package tester

import (
	"fmt"
	"strings"
	"time"

	"raftlab/internal/trace"
)

// DefaultLimit is how long a scenario may take, on the clock it runs under.
const DefaultLimit = 120 * time.Second

// Config says how to set up a run.
type Config struct {
	Servers       int           // 1 or more
	Seed          uint64        // all of the harness's and the network's choices follow from it
	Unreliable    bool          // the network begins lossy and slow (labrpc's classic preset)
	LongDelays    bool          // calls that reach nobody take up to seconds to fail, from the beginning
	SnapshotEvery int           // services take a snapshot at every so many entries; 0: never
	MaxRaftState  int           // of the key/value service: bytes of saved Raft state; 0: no snapshots
	Limit         time.Duration // 0: DefaultLimit
	// Durable says that servers crash, so that only what a server has saved counts towards a majority.
	Durable bool
	// telepathic says that servers talk past the network, as those do that this package's own tests make up: nothing
	// is asked then of what they can know.
	telepathic bool
	// Strict also fails a run whose killed servers leave goroutines that are blocked for good, doing
	// nothing; a server that keeps running is always a failure.
	Strict bool
	Sinks  []trace.Sink // further readers of the run's events
}

// Result is what came of a run. Only a run without a Failure has passed.
type Result struct {
	Failure  *Failure
	Notes    []string      // what is worth saying but fails nobody
	Elapsed  time.Duration // on the run's clock
	Requests int           // that reached a server
	Bytes    int64         // payload carried by the network
	Applied  int           // the highest index applied by a bare Raft
	Events   uint64        // recorded
	Hash     uint64        // of all events: equal runs have equal hashes

	Operations int // that clients asked of the key/value service
}

// RunRaft runs a scenario over bare Raft peers that newHost makes, boots and connects, and judges it.
func RunRaft(cfg Config, newHost func(Setup) RaftHost, scenario func(*Raft)) Result {
	c := newCluster(cfg.Servers, cfg.Seed)
	causality := newCausality(cfg, c.fail)
	r := &Raft{Cluster: c, causality: causality, ledger: newLedger(cfg.Servers, c.fail),
		services: make([]service, cfg.Servers), snapshotEvery: cfg.SnapshotEvery, due: make([]bool, cfg.Servers)}
	r.host = newHost(Setup{
		Servers: cfg.Servers,
		Seed:    cfg.Seed,
		Sinks: append([]trace.Sink{newElections(cfg.Servers, c.fail).see, r.ledger.see, causality.see, c.roles.see},
			cfg.Sinks...),
		Applied: r.applied,
		Report:  c.fail,
		Died:    c.died,
	})
	c.host, c.record, c.booting = r.host, r.host.Recorder(), r.booted
	causality.rely(r.host)
	result := c.run(cfg, func() { scenario(r) })
	result.Applied = r.LastApplied()
	return result
}

// run boots and connects the servers, runs the scenario under its time limit, ends it all and sums up.
func (c *Cluster) run(cfg Config, scenario func()) Result {
	if cfg.Limit == 0 {
		cfg.Limit = DefaultLimit
	}
	c.host.Run(func() {
		over := false
		c.host.Go(func() {
			if !c.host.Wait(cfg.Limit, func() bool { return c.ended(&over) }) {
				c.fail(TimeLimit, fmt.Sprintf("the scenario did not end within %v%s", cfg.Limit, c.unanswered()))
			}
		})
		defer c.end(&over)
		if cfg.Unreliable {
			c.Reliable(false)
		}
		if cfg.LongDelays {
			c.LongDelays(true)
		}
		c.Restart(c.All()...)
		c.ConnectAll()
		scenario()
	}, c.abandon)
	c.recordViolation()
	result := Result{Elapsed: c.host.Now(), Requests: c.Requests(), Bytes: c.Bytes()}
	result.Events, result.Hash = c.record.Hash()
	c.stop(cfg.Strict, &result)
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.failure != nil {
		c.failure.Events = telling(c.failure, c.record.Last(memory))
		result.Failure = c.failure
	}
	return result
}

// recordViolation puts what failed the run among its events. Invariants cannot do so themselves: they fail the
// run while the recorder passes on an event.
func (c *Cluster) recordViolation() {
	c.mu.Lock()
	f := c.failure
	c.mu.Unlock()
	if f != nil {
		c.record.Record(trace.Event{Kind: trace.Violation, Node: trace.Nobody, Peer: trace.Nobody,
			Method: f.Invariant, Text: f.Message})
	}
}

func (c *Cluster) ended(over *bool) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return *over || c.failure != nil
}

func (c *Cluster) end(over *bool) {
	c.mu.Lock()
	*over = true
	c.mu.Unlock()
	c.host.Changed()
}

// stop ends all servers and judges NoLeak. After a failure leaks mean nothing: calls may be stuck.
func (c *Cluster) stop(strict bool, result *Result) {
	busy, idle := c.host.Close()
	if c.failed() {
		return
	}
	if strict {
		busy, idle = append(busy, idle...), nil
	}
	if len(busy) > 0 {
		c.fail(NoLeak, "killed servers are still running:\n  "+strings.Join(busy, "\n  "))
	}
	for _, line := range idle {
		result.Notes = append(result.Notes, "a killed server left a blocked goroutine: "+line)
	}
}
