// Package trace holds the one event type of the project and its recorder.
//
// A message, a fault, a crash, a save, an apply, a client call: each is one Event. Logs, invariants, the
// determinism hash, the timeline page and reports are readers of the same stream; nothing else is ever
// parsed to find out what happened in a run. An Event says what an observer outside the peers could see
// (what was sent, saved, applied or answered), never what a peer believes.
package trace

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Nobody is the Node or Peer of an event that concerns no particular server.
const Nobody = -1

// Event is one thing that happened in a run. Fields that do not apply to its Kind are zero, except Node
// and Peer, which are Nobody.
type Event struct {
	Seq    uint64        // position in the run, from 1; set by the Recorder
	At     time.Duration // the run's clock (virtual in the simulator); set by the Recorder
	Kind   Kind
	Node   int    // the server at which it happened; for a client's call, the client
	Peer   int    // the other end of a message
	Client int    // of a client's message: the client's number, from 1
	ID     uint64 // ties the events of one call together
	Method string // Service.Method of a message; the operation of a client's call
	Term   int
	Index  int    // log index
	Bytes  int    // payload bytes of a message, a save or a snapshot
	Leader bool   // State: whether Node calls itself leader; Start: whether it accepted
	Digest uint64 // fingerprint of a command or a snapshot, equal when the values are; see DigestOf
	Text   string // for people: a short form of the value, the reason of a drop, the name of a fault
}

// ClientName is how a network knows a client that makes calls, as it knows a server by its number; from 0.
type ClientName int

// Caller returns what the Node and the Client of an event are where the caller bears that name.
func Caller(name any) (node, client int) {
	switch name := name.(type) {
	case int:
		if name >= 0 {
			return name, 0
		}
	case ClientName:
		return Nobody, int(name) + 1
	}
	return Nobody, 0
}

// Kind says what an Event is about.
type Kind uint8

// The kinds of events. Request to Drop are one message's life; the rest is what servers, clients and the
// harness do.
const (
	None       Kind = iota
	Request         // Node sent a request to Peer
	Deliver         // Peer's request began to execute at Node
	Reply           // Node sent the reply to Peer
	Return          // the reply reached Node; the call returned true
	Drop            // a request or reply of Node to Peer was lost; Text says why
	Start           // a command was offered to Node: Index, Term and Leader are its answer
	Apply           // Node delivered the command at Index
	Install         // Node delivered a snapshot that stands for all entries up to Index
	Compact         // the service at Node handed over a snapshot up to Index
	Save            // Node saved Bytes of state
	State           // Node was seen in Term, as Leader or not
	Crash           // Node lost everything but its disk
	Restart         // Node came up from its disk
	Connect         // Node was joined to the network
	Disconnect      // Node was cut off
	Pause           // Node stopped running, keeping its memory
	Resume          // Node went on
	Fault           // a change to the network; Text says which
	Call            // client Node invoked an operation
	Answer          // client Node's operation returned
	Violation       // an invariant was broken; Method is its name
	Note            // for people only
	kinds           // how many there are
)

var kindNames = [kinds]string{"none", "request", "deliver", "reply", "return", "drop", "start", "apply",
	"install", "compact", "save", "state", "crash", "restart", "connect", "disconnect", "pause", "resume",
	"fault", "call", "answer", "violation", "note"}

// String returns the kind's lower-case name, as it stands in JSONL.
func (k Kind) String() string {
	if k < kinds {
		return kindNames[k]
	}
	return "kind(" + strconv.Itoa(int(k)) + ")"
}

// MarshalText implements encoding.TextMarshaler.
func (k Kind) MarshalText() ([]byte, error) {
	if k >= kinds {
		return nil, fmt.Errorf("trace: marshal event: no kind has number %d", k)
	}
	return []byte(kindNames[k]), nil
}

// UnmarshalText implements encoding.TextUnmarshaler.
func (k *Kind) UnmarshalText(text []byte) error {
	for i, name := range kindNames {
		if name == string(text) {
			*k = Kind(i)
			return nil
		}
	}
	return fmt.Errorf("trace: unmarshal event: unknown kind %q; known are %s",
		text, strings.Join(kindNames[1:], ", "))
}

// String renders the event as one line for people.
func (e Event) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%10.4fs ", e.At.Seconds())
	if e.Node != Nobody {
		fmt.Fprintf(&b, "%-3d", e.Node)
	} else {
		b.WriteString("-  ")
	}
	b.WriteString(e.Kind.String())
	if e.Peer != Nobody {
		arrow := " -> "
		if e.Kind == Deliver || e.Kind == Return {
			arrow = " <- "
		}
		b.WriteString(arrow + strconv.Itoa(e.Peer))
	}
	if e.Method != "" {
		b.WriteString(" " + e.Method)
	}
	for _, f := range []struct {
		name  string
		value int
	}{{"of client", e.Client}, {"call", int(e.ID)}, {"term", e.Term}, {"index", e.Index}, {"bytes", e.Bytes}} {
		if f.value != 0 {
			fmt.Fprintf(&b, " %s %d", f.name, f.value)
		}
	}
	if e.Leader {
		b.WriteString(" leader")
	}
	if e.Text != "" {
		b.WriteString(" " + strconv.Quote(e.Text))
	}
	return b.String()
}
