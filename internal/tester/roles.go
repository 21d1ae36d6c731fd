package tester

import (
	"sync"

	"raftlab/internal/trace"
)

// roles follows who leads, from State events. It is a trace.Sink that judges nothing.
type roles struct {
	won func() // called at each election, while the event is passed on: it must not block

	mu        sync.Mutex // guards all below
	leads     []bool     // per server: whether it said so last, in this life
	leader    int        // the last to have become leader of a term above all before; -1: nobody yet
	old       int        // who was that before another server was; -1: nobody
	term      int        // of leader
	elections int        // how often leader was seen to win a term
}

func newRoles(servers int, won func()) *roles {
	return &roles{won: won, leads: make([]bool, servers), leader: -1, old: -1}
}

func (v *roles) see(e trace.Event) {
	v.mu.Lock()
	defer v.mu.Unlock()
	switch e.Kind {
	case trace.Crash:
		v.leads[e.Node] = false
	case trace.State:
		v.leads[e.Node] = e.Leader
		if !e.Leader || e.Term <= v.term {
			return
		}
		if v.leader != e.Node {
			v.old = v.leader
		}
		v.leader, v.term = e.Node, e.Term
		v.elections++
		v.won()
	}
}

// seen returns the leader of the highest term that was seen, the one before it, -1 where there was none, and how
// many elections were won.
func (v *roles) seen() (leader, old, elections int) {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.leader, v.old, v.elections
}

// callsItselfLeader says whether a server does, as far as was seen.
func (v *roles) callsItselfLeader(node int) bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.leads[node]
}
