package tester

import (
	"time"

	"raftlab/internal/tester/schedule"
	"raftlab/internal/trace"
	"raftlab/labrpc"
)

// Setup is what a Host is made from.
type Setup struct {
	Servers int
	Seed    uint64
	// MaxRaftState is how many bytes of Raft state a server of the key/value service should save at most,
	// by taking snapshots; 0: it takes none.
	MaxRaftState int
	// Sinks see every event of the run, in order, one at a time. They call nothing that blocks.
	Sinks []trace.Sink
	// Applied is told what a server delivered, before that server is let go on. If the second result
	// is true, the host calls the server's Snapshot with the first before it takes the next delivery,
	// from the goroutine that reads deliveries: a Raft that holds its lock while it delivers deadlocks
	// there, as it would under a service. Nil where the service applies (kvraft).
	Applied func(node int, m Apply) (Snapshot, bool)
	// Report is told of what no run should contain: a call to a method that does not exist, a panic in
	// a server. The first report fails the run.
	Report func(invariant, message string)
	// Died is told of a server that has crashed at an instant that Saboteur.CrashAt has named, at that instant and
	// perhaps by the server's own goroutine. It blocks on nothing.
	Died func(node int)
}

// Apply is one delivery of a Raft peer to its service, whichever edition's ApplyMsg it came in.
type Apply struct {
	Install bool // a snapshot rather than a command
	Index   int
	Term    int // of a snapshot
	Command any
	Data    []byte // of a snapshot
}

// Snapshot stands for all commands up to Index.
type Snapshot struct {
	Index int
	Data  []byte
}

// Disk is what a server keeps across a crash, as the harness sees it.
type Disk interface {
	RaftStateSize() int
	ReadSnapshot() []byte
	SnapshotSize() int
}

// Host is a place where servers live: their memory, disks, clocks and network. Servers are numbered from
// 0. Its methods may be called from any activity of its Env; calls that change one server or link come
// one at a time.
type Host interface {
	Env

	// Run runs main as the run's first activity and returns when main has returned, or soon after
	// abandon is closed even if main is stuck.
	Run(main func(), abandon <-chan struct{})
	// Recorder returns the run's event stream.
	Recorder() *trace.Recorder

	// Boot starts server node from its disk, not yet joined to the network.
	Boot(node int)
	// Crash ends server node; its disk stays as it was at that instant.
	Crash(node int)
	// Disk returns the disk of server node as it is now.
	Disk(node int) Disk
	// SlowDisk makes each save of server node take so much longer, 0: no longer. False: this host, or the
	// disk, cannot.
	SlowDisk(node int, delay time.Duration) bool
	// State returns what the Raft peer of server node says of itself: its term, and whether it leads.
	// Zeros while the server is down.
	State(node int) (term int, isLeader bool)

	// Link lets messages of server from to server to, and the replies to them, pass or not.
	Link(from, to int, up bool)
	// SetLink makes the requests and replies of one link lossy, slow and so on.
	SetLink(from, to int, faults labrpc.LinkFaults)
	// SetAll makes all links lossy, slow and so on, beside what SetLink does.
	SetAll(faults labrpc.LinkFaults)
	// Pause stops a server's network, both ways, until Resume lets what was held go on.
	Pause(node int)
	Resume(node int)
	Reliable(yes bool)
	LongDelays(yes bool)
	LongReordering(yes bool)

	// Requests returns how many requests have reached server node, over all its incarnations.
	Requests(node int) int
	// Bytes returns the payload bytes that the network has carried.
	Bytes() int64
	// Memory returns how many bytes server node has taken, or in one process with the others its share of all; 0
	// while the server is down.
	Memory(node int) int

	// Close ends every server and reports what is still running after a grace of a few seconds: a line
	// for each, empty if all is quiet. The host is of no use afterwards.
	Close() (busy, idle []string)
}

// ExactHost is a Host whose events stand in the stream at the very places where they happened: what a crash takes
// is then known to the save.
type ExactHost interface{ Exact() }

// Saboteur is a Host that decides on every instant of its servers' lives. Each method concerns the present life of a
// server that runs, unless it says otherwise.
type Saboteur interface {
	// CrashAt has server node crash as soon as that point has been reached so many times from now: 1 or more. It is
	// then as after Crash, except that messages that have left it go on. It replaces what was asked for before;
	// schedule.AtOnce: nothing is to happen.
	CrashAt(node int, point schedule.Point, count int)
	// Freeze stops the process of server node until Thaw: it computes nothing, its timers ring late, and messages
	// to it wait. Its clock goes on.
	Freeze(node int)
	Thaw(node int)
	// SetClock makes the clock of server node run at so many hundredths of the true rate, in later lives too, and
	// adds jump to what it shows.
	SetClock(node int, rate int, jump time.Duration)
}

// RaftPeer is the lab's Raft as the harness uses it.
type RaftPeer interface {
	Start(command any) (index, term int, isLeader bool)
	GetState() (term int, isLeader bool)
	Kill()
}

// Snapshotter is a RaftPeer of part 2D and later.
type Snapshotter interface {
	Snapshot(index int, snapshot []byte)
}

// ConditionalInstaller is a RaftPeer of the editions in which the service asks before it switches to a
// snapshot that Raft delivered.
type ConditionalInstaller interface {
	CondInstallSnapshot(lastIncludedTerm, lastIncludedIndex int, snapshot []byte) bool
}

// RaftHost is a Host whose servers are bare Raft peers.
type RaftHost interface {
	Host
	// Peer returns the running peer of server node, nil while it is down.
	Peer(node int) RaftPeer
}

// KVClerk is a client's access to the lab's key/value service. Its methods block until they are done.
type KVClerk interface {
	Get(key string) string
	Put(key, value string)
	Append(key, value string)
}

// KVHost is a Host whose servers are those of a key/value service, and that makes clients of it.
type KVHost interface {
	Host
	// Clerk makes client number client, from 0 and each once. It reaches no server yet.
	Clerk(client int) KVClerk
	// Reach lets messages of a client to server node, and the replies, pass or not.
	Reach(client, node int, up bool)
}
