package schedule

import (
	"slices"
	"time"
)

// Lab is what is put to the test.
type Lab string

// The labs, as scripts call them.
const (
	Raft Lab = "raft"
	KV   Lab = "kvraft"
)

// Bounds of a schedule that Validate accepts.
const (
	MaxPeers   = 9
	MaxClients = 50
	MaxSteps   = 1000
	MaxTime    = 10 * time.Minute // of Heal, and of every duration in it
)

// Schedule is a run of a lab with all that goes wrong in it. Values are compared with reflect.DeepEqual: slices that
// are empty are nil.
type Schedule struct {
	Lab   Lab
	Peers int    // servers, 1 to MaxPeers, numbered from 0
	Seed  uint64 // of the run: network, harness, interleavings
	// Snapshots is for raft after how many entries the service takes one, for kvraft how many bytes of state make the
	// server take one; 0: never.
	Snapshots int
	Work      Work
	Steps     []Step        // by time
	Heal      time.Duration // when all faults end; after the last step
}

// Work is what is asked of the servers beside the steps, until Heal.
type Work struct {
	Clients    int           // that ask at once, each for one thing at a time; 0 to MaxClients
	Every      time.Duration // a client's rest between two operations, on average; 0: none
	Operations int           // of all clients together, at most; 0: as many as there is time for
	// Everybody has clients of raft offer each command to every server that calls itself leader, rather than to the
	// one that the harness takes for the leader.
	Everybody bool

	// The rest is for kvraft.
	Keys    int           // 1 or more
	Gets    int           // of a hundred operations
	Appends int           // of a hundred; what remains are puts
	Stay    time.Duration // a client leaves after about so long, and a new one comes; 0: it stays
}

// Step is one fault, and when it begins.
type Step struct {
	At      time.Duration
	Elected bool // it waits, from At on, for a server to become leader
	Passes  int  // Elected: elections that it lets pass before that
	Kind    Kind
	Who     Peers         // whom it befalls; of Cut and Noise whose messages, nil: everybody's, clients' too
	To      Peers         // Cut, Noise: messages to whom
	Sides   []Peers       // Partition: who is together; servers not named are a side, too
	Point   Point         // Crash: at which instant; "": at once
	Count   int           // Crash: of how many saves or sends from now, 1 or more
	Delay   time.Duration // Slow: of each save. Noise: of each message
	Jitter  time.Duration // Noise: what chance adds to Delay, at most
	Loss    int           // Noise: of a hundred messages
	Twice   int           // Noise: of a hundred messages
	Rate    int           // Clock: in a hundredth of the true rate, 50 to 200; 0: the rate stays
	Jump    time.Duration // Clock: forward
	For     time.Duration // until it ends; 0: until Heal
}

// Kind says what a step does. It is the word by which scripts call it.
type Kind string

// The kinds of steps.
const (
	Partition  Kind = "partition"  // servers reach those on their side alone
	Bridge     Kind = "bridge"     // the others are in two halves that only Who reaches both of
	Ring       Kind = "ring"       // each server reaches the one before and the one after it alone
	Cut        Kind = "cut"        // no message passes from Who to To; those the other way do
	Noise      Kind = "noise"      // messages are lost, doubled or late
	Unreliable Kind = "unreliable" // the lab's preset: a tenth of requests and of replies lost, requests late
	Reorder    Kind = "reorder"    // the lab's preset: two replies in three are held back for up to seconds
	Pause      Kind = "pause"      // messages to and from Who wait
	Freeze     Kind = "freeze"     // the processes of Who stand still: their timers ring late, messages wait
	Crash      Kind = "crash"      // Who lose everything but their disks; with For they restart after that
	Slow       Kind = "slow"       // saves take longer
	Clock      Kind = "clock"      // the clocks of Who run at another rate, or jump
	Snapshot   Kind = "snapshot"   // raft: the services of Who take one at the next command that they apply

	// What ends faults before Heal.
	Connect Kind = "connect" // of partition, bridge, ring and cut
	Quiet   Kind = "quiet"   // of noise, unreliable and reorder
	Resume  Kind = "resume"  // of pause and freeze
	Restart Kind = "restart" // of crash: servers start from their disks. Those that run crash before
)

// Point is an instant at which a server crashes.
type Point string

// The points. A send is a request or a reply that leaves the server.
const (
	AtOnce    Point = ""
	AfterSave Point = "save"   // the save is on the disk, and nothing follows
	AfterSend Point = "send"   // the message is on its way, and nothing follows
	Unsent    Point = "unsent" // the save is on the disk, and the message that follows it does not leave
)

// Peer is a server: its number, or a role, which is negative.
type Peer int

// The roles. Those of one server first.
const (
	Leader   Peer = -1 - iota // of the highest term that was seen
	Old                       // the leader before that one
	Follower                  // some server that runs and does not lead
	Any                       // some server that runs
	Next                      // the server after the leader, counting round

	Followers // all that do not lead
	Minority  // as many as may fail, the leader not among them
	Near      // as many as may fail, the leader among them
	Down      // all that have crashed and not restarted
	All       // every server
	Rest      // every server that the step does not name
	roles     = iota
)

var roleNames = [roles]string{"leader", "old", "follower", "any", "next", "followers", "minority", "near", "down",
	"all", "rest"}

// Peers are servers that one step concerns.
type Peers []Peer

// Classes returns the names of the classes of faults that Random draws from.
func Classes() []string { return slices.Clone(classNames[:]) }

var classNames = [...]string{"partition", "bridge", "ring", "cut", "loss", "duplicate", "delay", "reorder",
	"unreliable", "pause", "freeze", "crash", "crashpoint", "slow", "clock", "snapshot"}
