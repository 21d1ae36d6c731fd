package labrpc

import (
	"fmt"
	"sync"
	"time"

	"raftlab/internal/trace"
)

// Network is a simulated network: ends that calls are made from, servers that answer them, and
// controls that may be changed at any time, from any goroutine. No method but Call blocks.
//
// Names of ends and servers are any comparable values but nil. A name that nothing bears yet may be
// used in any control.
type Network struct {
	options Options
	origin  time.Time // of the clock that the model is given

	mu     sync.Mutex // guards all below; never held while a message is encoded, decoded or handled
	model  *Model
	ends   map[any]*ClientEnd
	hosts  map[any]*host
	held   map[any][]*passage // by server: what waits for its Resume, in order
	flight *call              // the calls under way: a list through call.next and call.prev
	free   []*call            // finished ones, for use again
	idle   []chan<- *passage  // the goroutines that wait for a request to serve
	calls  uint64             // the number of the latest call
	closed bool
}

// host is what the network knows of a server's name: the server that bears it, if any, and its
// numbers.
type host struct {
	name    any
	node    int     // in events
	server  *Server // nil: there is none now
	methods map[string]*Count
}

// MakeNetwork returns a network with the default options and a seed from the clock.
func MakeNetwork() *Network {
	return NewNetwork(Options{Seed: uint64(time.Now().UnixNano())})
}

// NewNetwork returns a reliable network without ends or servers. Options that Validate refuses are
// misuse: without o.Misuse it panics, with it the network has the default latency.
func NewNetwork(o Options) *Network {
	n := &Network{
		options: o,
		origin:  time.Now(),
		ends:    make(map[any]*ClientEnd),
		hosts:   make(map[any]*host),
		held:    make(map[any][]*passage),
	}
	model, err := NewModel(o)
	if err != nil {
		n.misuse(err)
		model, _ = NewModel(Options{Seed: o.Seed}) // valid by definition
	}
	n.model = model
	return n
}

// Seed returns the seed of the network's random choices.
func (n *Network) Seed() uint64 { return n.options.Seed }

// Cleanup ends the network: calls under way return false, and so does every later one. It does not
// wait for handlers that run.
func (n *Network) Cleanup() {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.close()
}

// MakeEnd makes an end for calls, connected to nobody and disabled. To make two ends of one name is
// misuse: they would be the same one.
func (n *Network) MakeEnd(endname any) *ClientEnd {
	n.mu.Lock()
	e := n.ends[endname]
	known := e != nil
	if !known {
		e = &ClientEnd{network: n, name: endname}
		n.ends[endname] = e
	}
	n.mu.Unlock()
	if known {
		n.misuse(fmt.Errorf("labrpc: MakeEnd(%v): there is an end of that name already", endname))
	}
	return e
}

// Connect makes the end's later calls go to the server of that name, there or not yet; nil connects
// it to nobody. Calls under way are not concerned.
func (n *Network) Connect(endname, servername any) {
	n.control(func() { n.model.Connect(endname, servername) })
}

// Enable lets the end's messages pass, or stops them. Once it is disabled its calls under way
// return false at once, whether their handlers run or not, and a request that has not reached its
// server never does.
func (n *Network) Enable(endname any, enabled bool) {
	n.control(func() {
		n.model.Enable(endname, enabled)
		n.cutBroken()
	})
}

// Own says that the end's calls are made by the server, or client, of that name; nil: by nobody
// known. It matters to Pause and to events.
func (n *Network) Own(endname, servername any) {
	n.control(func() { n.model.Own(endname, servername) })
}

// AddServer puts the server on the network, in place of the one that bore its name, whose calls
// fail as if it had been deleted.
func (n *Network) AddServer(servername any, server *Server) {
	if !n.named("AddServer", servername) {
		return
	}
	if server == nil {
		n.misuse(fmt.Errorf("labrpc: AddServer(%v, nil): want a server", servername))
		return
	}
	n.control(func() {
		n.host(servername).server = server
		n.model.AddServer(servername)
		n.cutBroken()
		n.release(servername)
	})
}

// DeleteServer takes the server of that name, if any, off the network for good. Calls that have
// left for it return false at once, whether their handlers run or not; what those still reply is
// never delivered.
func (n *Network) DeleteServer(servername any) {
	if !n.named("DeleteServer", servername) {
		return
	}
	n.control(func() {
		n.host(servername).server = nil
		n.model.DeleteServer(servername)
		n.cutBroken()
		n.release(servername)
	})
}

// Pause holds every message that would leave or reach the server, or an end that it owns, until
// Resume, DeleteServer or AddServer. Its handlers and other goroutines run on, but nobody hears of
// them. Calls to it wait; none fails for this.
func (n *Network) Pause(servername any) {
	if n.named("Pause", servername) {
		n.control(func() { n.model.Pause(servername) })
	}
}

// Resume lets all that Pause holds go on, in the order in which it was held.
func (n *Network) Resume(servername any) {
	if !n.named("Resume", servername) {
		return
	}
	n.control(func() {
		n.model.Resume(servername)
		n.release(servername)
	})
}

// Reliable turns the classic faults off or on: requests take 0 to 26 ms longer, a tenth of the
// requests and a tenth of the replies is lost, and Call returns false when the lost message would
// have arrived.
func (n *Network) Reliable(reliable bool) {
	n.control(func() { n.model.Reliable(reliable) })
}

// LongDelays makes a Call through a disabled, unconnected or cut end, or to a server that is down,
// take up to 7 s to return false, instead of up to 100 ms.
func (n *Network) LongDelays(long bool) {
	n.control(func() { n.model.LongDelays(long) })
}

// LongReordering holds two replies in three for 200 ms to 2.2 s.
func (n *Network) LongReordering(long bool) {
	n.control(func() { n.model.LongReordering(long) })
}

// SetLink sets the faults of one end's link, in place of those it had. Faults that Validate refuses
// are misuse and change nothing.
func (n *Network) SetLink(endname any, faults LinkFaults) {
	n.setFaults(func() error { return n.model.SetLink(endname, faults) })
}

// SetAll sets the faults that every link has beside its own. Faults that Validate refuses are
// misuse and change nothing.
func (n *Network) SetAll(faults LinkFaults) {
	n.setFaults(func() error { return n.model.SetAll(faults) })
}

func (n *Network) setFaults(set func() error) {
	var err error
	n.control(func() { err = set() })
	if err != nil {
		n.misuse(err)
	}
}

func (n *Network) control(change func()) {
	n.mu.Lock()
	defer n.mu.Unlock()
	change()
}

func (n *Network) named(operation string, servername any) bool {
	if servername == nil {
		n.misuse(fmt.Errorf("labrpc: %s(nil): a server's name must not be nil", operation))
	}
	return servername != nil
}

// misuse reports a programming error. The lock must not be held.
func (n *Network) misuse(err error) {
	if n.options.Misuse == nil {
		panic(err)
	}
	n.options.Misuse(err)
}

// host returns what is known of the server's name, which may be nil for calls to nobody. The lock
// is held.
func (n *Network) host(servername any) *host {
	h := n.hosts[servername]
	if h == nil {
		node, _ := trace.Caller(servername)
		h = &host{name: servername, node: node, methods: make(map[string]*Count)}
		n.hosts[servername] = h
	}
	return h
}

// now is the time since the network was made.
func (n *Network) now() time.Duration { return time.Since(n.origin) }
