package tester

import (
	"fmt"
	"sync"
	"time"

	"raftlab/internal/trace"
	"raftlab/porcupine"
	"raftlab/porcupine/models"
)

const (
	// stateSlack is how many times its limit the saved Raft state may be, between two snapshots.
	stateSlack = 8
	// OperationLimit is how soon an operation must be done while a majority is in touch.
	OperationLimit = 10 * time.Second
)

// KV is the vocabulary of scenarios over the key/value service (parts 3A and 3B).
type KV struct {
	*Cluster
	host         KVHost
	maxRaftState int // bytes; 0: no snapshots

	mu      sync.Mutex // guards all below
	history []porcupine.Operation
	last    int64 // the latest time in history
	clients int
}

// Client is a client of the service: it has a clerk of its own, and asks for one thing at a time. Links from
// clients to servers are apart from those between servers: a server that is disconnected, or on the other side of a
// partition, hears clients all the same, until Reach says otherwise.
type Client struct {
	kv    *KV
	id    int
	clerk KVClerk
}

// RunKV runs a scenario over the key/value service on servers that newHost makes, boots and connects, and judges it:
// by what the scenario demands, and by the linearizability of all that clients saw.
func RunKV(cfg Config, newHost func(Setup) KVHost, scenario func(*KV)) Result {
	c := newCluster(cfg.Servers, cfg.Seed)
	k := &KV{Cluster: c, maxRaftState: cfg.MaxRaftState}
	causality := newCausality(cfg, c.fail)
	k.host = newHost(Setup{
		Servers:      cfg.Servers,
		Seed:         cfg.Seed,
		MaxRaftState: cfg.MaxRaftState,
		Sinks:        append([]trace.Sink{newElections(cfg.Servers, c.fail).see, causality.see, c.roles.see}, cfg.Sinks...),
		Report:       c.fail,
		Died:         c.died,
	})
	c.host, c.record, c.booting = k.host, k.host.Recorder(), func(int) int { return 0 }
	causality.rely(k.host)
	result := c.run(cfg, func() {
		scenario(k)
		k.Linearizable()
	})
	result.Operations = len(k.History())
	return result
}

// Client makes a client that reaches the given servers, all if none are given.
func (k *KV) Client(servers ...int) *Client {
	k.mu.Lock()
	id := k.clients
	k.clients++
	k.mu.Unlock()
	c := &Client{kv: k, id: id, clerk: k.host.Clerk(id)}
	if len(servers) == 0 {
		servers = k.All()
	}
	c.Reach(servers...)
	return c
}

// Clients makes n clients that reach all servers.
func (k *KV) Clients(n int) []*Client {
	all := make([]*Client, n)
	for i := range all {
		all[i] = k.Client()
	}
	return all
}

// Reach lets the client reach the given servers, and no others.
func (c *Client) Reach(servers ...int) {
	up := make([]bool, c.kv.n)
	for _, i := range servers {
		up[i] = true
	}
	for i, yes := range up {
		c.kv.host.Reach(c.id, i, yes)
	}
	c.kv.record.Record(trace.Event{Kind: trace.Fault, Node: trace.Nobody, Peer: trace.Nobody,
		Text: fmt.Sprintf("client %d reaches %v", c.id, servers)})
}

// ID returns the client's number, from 0 in the order in which the scenario made them.
func (c *Client) ID() int { return c.id }

// Get returns the value of key.
func (c *Client) Get(key string) string {
	return c.do("Get", models.KvInput{Op: models.KvGet, Key: key}, func() string { return c.clerk.Get(key) })
}

// Put makes value the value of key.
func (c *Client) Put(key, value string) {
	c.do("Put", models.KvInput{Op: models.KvPut, Key: key, Value: value}, func() string {
		c.clerk.Put(key, value)
		return ""
	})
}

// Append adds value at the end of the value of key.
func (c *Client) Append(key, value string) {
	c.do("Append", models.KvInput{Op: models.KvAppend, Key: key, Value: value}, func() string {
		c.clerk.Append(key, value)
		return ""
	})
}

// Expect reads key, which must be want: the client knows, as nobody else writes there meanwhile.
func (c *Client) Expect(key, want string) {
	if got := c.Get(key); got != want {
		c.kv.Failf(Linearizable, "client %d read %q from key %q; it must be %q", c.id, trace.Short(got), key,
			trace.Short(want))
	}
}

// do carries out one operation and records it: as pending from before it is asked for, as done once it has been
// answered.
func (c *Client) do(method string, in models.KvInput, ask func() string) string {
	k := c.kv
	k.unwindIfFailed()
	text := in.Key
	if in.Op != models.KvGet {
		text += " = " + trace.Short(in.Value)
	}
	k.mu.Lock()
	n := len(k.history)
	k.history = append(k.history, porcupine.Operation{ClientId: c.id, Input: in, Call: k.instant(), Pending: true})
	k.mu.Unlock()
	e := trace.Event{Kind: trace.Call, Node: c.id, Peer: trace.Nobody, ID: uint64(n + 1), Method: method, Text: text}
	k.record.Record(e)

	value := ask()

	k.mu.Lock()
	op := &k.history[n]
	op.Return, op.Output, op.Pending = k.instant(), models.KvOutput{Value: value}, false
	k.mu.Unlock()
	e.Kind, e.Text = trace.Answer, in.Key
	if in.Op == models.KvGet {
		e.Text += " = " + trace.Short(value)
	}
	k.record.Record(e)
	k.host.Changed()
	k.unwindIfFailed()
	return value
}

// instant returns the time in nanoseconds, or a little more: no two instants are equal. Else an operation that begins
// where another ended, on a clock that stood still between, would count as concurrent with it. k.mu is held.
func (k *KV) instant() int64 {
	k.last = max(k.last+1, int64(k.Now()))
	return k.last
}

// Begin has f done beside the scenario, which goes on, and returns what tells whether f has ended.
func (k *KV) Begin(f func()) (ended func() bool) {
	over := false
	k.Go(func() {
		f()
		k.Locked(func() { over = true })
		k.host.Changed()
	})
	return func() (yes bool) {
		k.Locked(func() { yes = over })
		return yes
	}
}

// Soon waits until what Begin began has ended; Progress is broken after limit. what says what it is.
func (k *KV) Soon(limit time.Duration, what string, ended func() bool) {
	if !k.Wait(limit, ended) {
		k.Failf(Progress, "%s took longer than %v, with a majority of the servers in touch", what, limit)
	}
}

// NotYet fails the run if what Begin began has ended: it cannot have been done rightly, why says.
func (k *KV) NotYet(what string, ended func() bool, why string) {
	if ended() {
		k.Failf(Linearizable, "%s was done, though %s", what, why)
	}
}

// Trimmed fails the run if a server has saved more than its limit allows, or a snapshot where none should be.
func (k *KV) Trimmed() {
	if k.maxRaftState > 0 {
		k.AtMost("bytes of saved Raft state", k.LogSize(), stateSlack*k.maxRaftState)
		return
	}
	k.AtMost("bytes of snapshots, where maxraftstate is -1", k.SnapshotSize(), 0)
}

// SnapshotSize returns the size of the largest snapshot on any server's disk, in bytes.
func (k *KV) SnapshotSize() int {
	size := 0
	for i := range k.n {
		size = max(size, k.host.Disk(i).SnapshotSize())
	}
	return size
}

// History returns what clients have asked and been answered so far, in order of the calls. The caller owns it.
func (k *KV) History() []porcupine.Operation {
	k.mu.Lock()
	defer k.mu.Unlock()
	return append([]porcupine.Operation(nil), k.history...)
}
