package tester

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"sync"
	"time"

	"raftlab/internal/trace"
	"raftlab/labrpc"
)

// Cluster is what scenarios of both labs share: servers that crash and lose touch, time, chance, counts.
// Every method but Rand and Go may unwind the scenario (runtime.Goexit) if the run has failed meanwhile.
type Cluster struct {
	host   Host
	n      int
	record *trace.Recorder

	booting func(node int) (applied int) // called before a boot: what the disk's snapshot stands for
	roles   *roles                       // who leads, as far as was seen

	shared sync.Mutex // what scenarios share among their activities (Locked)

	mu        sync.Mutex          // guards all below
	up        []bool              // per server: booted
	connected []bool              // per server: joined to the network
	group     []int               // per server: its side of a partition; links stay within a side
	passes    func(i, j int) bool // which links a fault leaves; nil: all
	ways      [][]labrpc.Faults   // ways[i][j]: what happens to messages from i to j
	fallen    []int               // servers that have crashed by themselves and that nobody has taken notice of
	failure   *Failure
	abandon   chan struct{} // closed at the first failure
	rng       *rand.Rand
	going     int // activities started by Go that have not ended
	open      []*question
}

func newCluster(servers int, seed uint64) *Cluster {
	c := &Cluster{n: servers, up: make([]bool, servers), connected: make([]bool, servers),
		group: make([]int, servers), ways: make([][]labrpc.Faults, servers), abandon: make(chan struct{}),
		rng: rand.New(rand.NewPCG(seed, 0x7261667474657374))}
	c.roles = newRoles(servers, func() { c.host.Changed() })
	return c
}

// Servers returns how many servers there are; they are numbered from 0.
func (c *Cluster) Servers() int { return c.n }

// Majority returns the size of the smallest majority.
func (c *Cluster) Majority() int { return c.n/2 + 1 }

// Now returns the time since the run began, on the clock that the run is under.
func (c *Cluster) Now() time.Duration { return c.host.Now() }

// Sleep lets time pass.
func (c *Cluster) Sleep(d time.Duration) {
	c.host.Wait(d, c.failed)
	c.unwindIfFailed()
}

// Wait blocks until ready returns true or limit has passed, and says whether it was ready. ready is looked
// at after every event and must not block.
func (c *Cluster) Wait(limit time.Duration, ready func() bool) bool {
	ok := false
	c.host.Wait(limit, func() bool {
		ok = ready()
		return ok || c.failed()
	})
	c.unwindIfFailed()
	return ok
}

// Poll is Wait for what no event announces: it looks every few milliseconds, and ready may call servers.
func (c *Cluster) Poll(limit time.Duration, ready func() bool) bool {
	const every = 25 * time.Millisecond
	for end := c.Now() + limit; ; c.Sleep(every) {
		if ready() {
			return true
		}
		if c.Now() >= end {
			return false
		}
	}
}

// Go runs f concurrently with the scenario; Join waits for it.
func (c *Cluster) Go(f func()) {
	c.mu.Lock()
	c.going++
	c.mu.Unlock()
	c.host.Go(func() {
		defer func() {
			c.mu.Lock()
			c.going--
			c.mu.Unlock()
			c.host.Changed()
		}()
		f()
	})
}

// Join waits until everything started by Go has ended.
func (c *Cluster) Join() {
	forever := 1000 * time.Hour // the scenario's own limit comes first
	c.Wait(forever, func() bool {
		c.mu.Lock()
		defer c.mu.Unlock()
		return c.going == 0
	})
}

// Intn returns a number in [0, n), drawn from the run's seed.
func (c *Cluster) Intn(n int) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.rng.IntN(n)
}

// Chance returns true p times in a hundred.
func (c *Cluster) Chance(percent int) bool { return c.Intn(100) < percent }

// Between returns a duration drawn evenly from [least, most), to the microsecond.
func (c *Cluster) Between(least, most time.Duration) time.Duration {
	return least + time.Duration(c.Intn(int((most-least)/time.Microsecond)))*time.Microsecond
}

// Crash ends servers at once, losing all but their disks. A server that is down stays down.
func (c *Cluster) Crash(nodes ...int) {
	for _, i := range nodes {
		if !c.Up(i) {
			continue
		}
		c.Disconnect(i)
		c.ask(i, "Kill", func() { c.host.Crash(i) })
		c.note(func() { c.up[i] = false })
		c.record.Record(trace.Event{Kind: trace.Crash, Node: i, Peer: trace.Nobody})
	}
}

// Restart crashes servers that are up and boots them from their disks, not yet connected.
func (c *Cluster) Restart(nodes ...int) {
	for _, i := range nodes {
		c.Crash(i)
		c.relink() // a server that crashed by itself is to come back alone, too
		c.record.Record(trace.Event{Kind: trace.Restart, Node: i, Peer: trace.Nobody, Index: c.booting(i)})
		c.ask(i, "its start", func() { c.host.Boot(i) })
		c.note(func() { c.up[i] = true })
		c.disturbAgain(i)
	}
}

// Up says whether server i is running.
func (c *Cluster) Up(i int) (yes bool) {
	c.note(func() { yes = c.up[i] })
	return yes
}

// UpCount returns how many servers are running.
func (c *Cluster) UpCount() int {
	n := 0
	for i := range c.n {
		if c.Up(i) {
			n++
		}
	}
	return n
}

// Connected says whether server i is running and joined to the network.
func (c *Cluster) Connected(i int) (yes bool) {
	c.note(func() { yes = c.up[i] && c.connected[i] })
	return yes
}

// InTouch returns the servers that are running and joined to the network.
func (c *Cluster) InTouch() []int {
	var nodes []int
	for i := range c.n {
		if c.Connected(i) {
			nodes = append(nodes, i)
		}
	}
	return nodes
}

// Connect joins servers to the network.
func (c *Cluster) Connect(nodes ...int) { c.join(true, trace.Connect, nodes) }

// Disconnect cuts servers off from all others, both ways. They go on running.
func (c *Cluster) Disconnect(nodes ...int) { c.join(false, trace.Disconnect, nodes) }

func (c *Cluster) join(yes bool, kind trace.Kind, nodes []int) {
	for _, i := range nodes {
		c.note(func() { c.connected[i] = yes })
		c.record.Record(trace.Event{Kind: kind, Node: i, Peer: trace.Nobody})
	}
	c.relink()
}

// ConnectAll joins every server to the network and ends any partition.
func (c *Cluster) ConnectAll() {
	c.note(func() { clear(c.group) })
	c.Connect(c.All()...)
}

// Partition splits the servers: those of one side reach one another only. Servers not named are a side
// too. Who is disconnected stays so.
func (c *Cluster) Partition(sides ...[]int) {
	c.note(func() {
		clear(c.group)
		for g, side := range sides {
			for _, i := range side {
				c.group[i] = g + 1
			}
		}
	})
	c.record.Record(trace.Event{Kind: trace.Fault, Node: trace.Nobody, Peer: trace.Nobody,
		Text: fmt.Sprintf("partition %v", sides)})
	c.relink()
}

// relink makes the host's links say what connected and group say.
func (c *Cluster) relink() {
	for i := range c.n {
		for j := range c.n {
			var up bool
			c.note(func() {
				up = c.connected[i] && c.connected[j] && c.group[i] == c.group[j] && (c.passes == nil || c.passes(i, j))
			})
			c.host.Link(i, j, up)
		}
	}
}

// note runs f, which looks at or changes the cluster's own notes, under their lock. f calls nothing that
// could block.
func (c *Cluster) note(f func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	f()
}

// Locked runs f while no other activity of the scenario is in Locked: for what activities share. f must
// not block.
func (c *Cluster) Locked(f func()) {
	c.shared.Lock()
	defer c.shared.Unlock()
	f()
}

// All returns the numbers of all servers.
func (c *Cluster) All() []int { return c.Others() }

// Others returns the numbers of all servers but those given.
func (c *Cluster) Others(except ...int) []int {
	var nodes []int
next:
	for i := range c.n {
		for _, x := range except {
			if i == x {
				continue next
			}
		}
		nodes = append(nodes, i)
	}
	return nodes
}

// After returns the server k places after i, counting round.
func (c *Cluster) After(i, k int) int { return (i + k) % c.n }

// Reliable turns message loss and request delays off or on.
func (c *Cluster) Reliable(yes bool) { c.fault("reliable", yes, c.host.Reliable) }

// LongReordering holds two replies in three for up to seconds, or no longer does.
func (c *Cluster) LongReordering(yes bool) { c.fault("long reordering", yes, c.host.LongReordering) }

// LongDelays makes calls to cut-off servers take seconds to fail, or no longer does.
func (c *Cluster) LongDelays(yes bool) { c.fault("long delays", yes, c.host.LongDelays) }

func (c *Cluster) fault(name string, yes bool, set func(bool)) {
	set(yes)
	c.record.Record(trace.Event{Kind: trace.Fault, Node: trace.Nobody, Peer: trace.Nobody,
		Text: fmt.Sprintf("%s: %v", name, yes)})
}

// Requests returns how many requests have reached all servers.
func (c *Cluster) Requests() int {
	total := 0
	for i := range c.n {
		total += c.host.Requests(i)
	}
	return total
}

// RequestsTo returns how many requests have reached server i.
func (c *Cluster) RequestsTo(i int) int { return c.host.Requests(i) }

// Memory returns how many bytes server i has taken: see Host.
func (c *Cluster) Memory(i int) int { return c.host.Memory(i) }

// Bytes returns how many payload bytes the network has carried.
func (c *Cluster) Bytes() int64 { return c.host.Bytes() }

// LogSize returns the largest saved Raft state of any server, in bytes.
func (c *Cluster) LogSize() int {
	size := 0
	for i := range c.n {
		size = max(size, c.host.Disk(i).RaftStateSize())
	}
	return size
}

// AtMost fails the run with Budget if got is more than limit; what says what is counted, with its unit.
func (c *Cluster) AtMost(what string, got, limit int) {
	if got > limit {
		c.Failf(Budget, "%s: %d, at most %d are allowed", what, got, limit)
	}
}

// Failf fails the run and unwinds the scenario.
func (c *Cluster) Failf(invariant, format string, args ...any) {
	c.fail(invariant, fmt.Sprintf(format, args...))
	runtime.Goexit()
}

// fail notes the first failure and wakes everybody who waits. It never blocks: invariants call it while
// the recorder passes on an event.
func (c *Cluster) fail(invariant, message string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.failure == nil {
		c.failure = &Failure{Invariant: invariant, Message: message, at: c.host.Now()}
		close(c.abandon)
		c.host.Changed()
	}
}

func (c *Cluster) failed() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.failure != nil
}

func (c *Cluster) unwindIfFailed() {
	if c.failed() {
		runtime.Goexit()
	}
}

// Leader waits for a leader among the connected servers and returns it: the one of the highest term.
func (c *Cluster) Leader() int {
	leader := -1
	c.Poll(ElectionLimit, func() bool {
		leader, _ = c.leaderNow()
		return leader >= 0
	})
	if leader < 0 {
		c.Failf(Progress, "no leader among the connected servers %v within %v", c.InTouch(), ElectionLimit)
	}
	return leader
}

// leaderNow returns the connected leader of the highest term, or -1.
func (c *Cluster) leaderNow() (leader, term int) {
	leader = -1
	for i := range c.n {
		if !c.Connected(i) {
			continue
		}
		if t, leads := c.state(i); leads && (leader < 0 || t > term) {
			leader, term = i, t
		}
	}
	return leader, term
}
