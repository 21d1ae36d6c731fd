package tester

import (
	"strings"
	"testing"

	"raftlab/internal/trace"
)

// story is a run told event by event to a causality of three servers.
type story struct {
	*causality
	invariant, message string
	call               uint64
}

func newStory(durable, exact bool) *story {
	s := &story{}
	s.causality = newCausality(Config{Servers: 3, Durable: durable}, func(invariant, message string) {
		if s.invariant == "" {
			s.invariant, s.message = invariant, message
		}
	})
	s.exact = exact
	for i := range 3 {
		s.does(trace.Restart, i)
	}
	return s
}

const x = uint64(7) // the digest of a command

func (s *story) does(kind trace.Kind, node int) { s.see(trace.Event{Kind: kind, Node: node, Peer: -1}) }

func (s *story) says(node, term int, leads bool) {
	s.see(trace.Event{Kind: trace.State, Node: node, Peer: -1, Term: term, Leader: leads})
}

func (s *story) applies(node int) {
	s.see(trace.Event{Kind: trace.Apply, Node: node, Peer: -1, Index: 1, Digest: x, Text: "x"})
}

// asks has one server call another, which saves before it answers, if it is to.
func (s *story) asks(from, to int, saves bool) {
	id := s.sends(trace.Event{Node: from, Peer: to})
	s.arrives(id, from, to)
	if saves {
		s.does(trace.Save, to)
	}
	s.replies(id, from, to)
}

func (s *story) sends(e trace.Event) uint64 {
	s.call++
	e.Kind, e.ID = trace.Request, s.call
	s.see(e)
	return s.call
}

func (s *story) arrives(id uint64, from, to int) {
	s.see(trace.Event{Kind: trace.Deliver, Node: to, Peer: from, ID: id})
}

func (s *story) replies(id uint64, from, to int) {
	s.see(trace.Event{Kind: trace.Reply, Node: to, Peer: from, ID: id})
	s.see(trace.Event{Kind: trace.Return, Node: from, Peer: to, ID: id})
}

// tale is a story and what is to be made of it.
type tale struct {
	name           string
	durable, exact bool
	tell           func(s *story)
	invariant      string // "": nobody is accused
	says           string
}

func judge(t *testing.T, tales []tale) {
	for _, c := range tales {
		t.Run(c.name, func(t *testing.T) {
			s := newStory(c.durable, c.exact)
			c.tell(s)
			if s.invariant != c.invariant || !strings.Contains(s.message, c.says) {
				t.Errorf("got %q: %s; want %q with %q", s.invariant, s.message, c.invariant, c.says)
			}
		})
	}
}

func TestCausalityOfCommands(t *testing.T) {
	judge(t, []tale{
		{"as Raft does it", true, true, func(s *story) {
			s.says(0, 0, false)
			s.does(trace.Save, 0)
			s.asks(0, 1, true)
			s.says(0, 1, true)
			s.offer(0, x)
			s.does(trace.Save, 0)
			s.asks(0, 2, true)
			s.applies(0)
			s.asks(0, 1, false)
			s.applies(1)
		}, "", ""},
		{"a command from nowhere", false, true, func(s *story) { s.applies(1) }, Causality, "never offered"},
		{"a command that no message told of", false, true, func(s *story) {
			s.offer(0, x)
			s.asks(1, 2, false)
			s.applies(1)
		}, Causality, "no chain of messages"},
		{"what a crashed server knew", true, true, func(s *story) {
			s.offer(0, x)
			s.asks(0, 1, true)
			s.asks(0, 2, false)
			s.does(trace.Crash, 2)
			s.does(trace.Restart, 2)
			s.applies(2)
		}, Causality, "no chain of messages"},
		{"what a crashed server may have saved, where that is not known to the instant", true, false, func(s *story) {
			s.offer(0, x)
			s.does(trace.Save, 0)
			s.asks(0, 1, true)
			s.asks(0, 2, false)
			s.does(trace.Crash, 2)
			s.does(trace.Restart, 2)
			s.applies(2)
		}, "", ""},
	})
}

func TestQuorumOfEntries(t *testing.T) {
	judge(t, []tale{
		{"an entry that one server has", false, true, func(s *story) {
			s.offer(0, x)
			s.applies(0)
		}, Quorum, "only the servers [0] of 3"},
		{"an entry that the leader cannot know a follower to have", false, true, func(s *story) {
			s.offer(0, x)
			s.arrives(s.sends(trace.Event{Node: 0, Peer: 1}), 0, 1)
			s.applies(0)
		}, Quorum, "only the servers [0] of 3"},
		{"an entry that two know of, where nobody saves", false, true, func(s *story) {
			s.offer(0, x)
			s.asks(0, 1, false)
			s.applies(0)
		}, "", ""},
		{"an entry that two know of and one has saved", true, true, func(s *story) {
			s.offer(0, x)
			s.does(trace.Save, 0)
			s.asks(0, 1, false)
			s.applies(0)
		}, Quorum, "saved something since it heard of the entry"},
		{"an answer before the save", true, true, func(s *story) {
			s.offer(0, x)
			s.does(trace.Save, 0)
			s.asks(0, 1, false)
			s.does(trace.Save, 1)
			s.applies(0)
		}, Quorum, "only the servers [0] of 3"},
		{"a request that comes twice, and two answers", true, true, func(s *story) {
			s.offer(0, x)
			s.does(trace.Save, 0)
			id := s.sends(trace.Event{Node: 0, Peer: 1})
			s.arrives(id, 0, 1)
			s.see(trace.Event{Kind: trace.Reply, Node: 1, Peer: 0, ID: id})
			s.arrives(id, 0, 1)
			s.does(trace.Save, 1)
			s.replies(id, 0, 1)
			s.applies(0)
		}, "", ""},
		{"the same command twice", true, true, func(s *story) {
			s.offer(1, x)
			s.offer(0, x)
			s.does(trace.Save, 0)
			s.asks(0, 2, true)
			s.applies(0)
		}, "", ""},
		{"a snapshot that no message brought", true, true, func(s *story) {
			s.offer(0, x)
			s.does(trace.Save, 0)
			s.asks(0, 1, true)
			s.applies(0)
			s.see(trace.Event{Kind: trace.Install, Node: 2, Peer: -1, Index: 1})
		}, Causality, "delivered a snapshot up to index 1"},
	})
}

func TestQuorumOfElectionsAndClients(t *testing.T) {
	judge(t, []tale{
		{"a leader that nobody elected", false, true, func(s *story) {
			s.says(0, 0, false)
			s.says(0, 1, true)
		}, Quorum, "server 0 leads term 1"},
		{"a leader by what it heard before", false, true, func(s *story) {
			s.asks(0, 1, false)
			s.says(0, 1, false)
			s.says(0, 2, true)
		}, Quorum, "by the servers [0] only"},
		{"a leader by what it heard before, where it may have said so late", false, false, func(s *story) {
			s.asks(0, 1, false)
			s.says(0, 1, false)
			s.says(0, 2, true)
		}, "", ""},
		{"a leader by votes that were not saved", true, true, func(s *story) {
			s.says(0, 1, false)
			s.does(trace.Save, 0)
			s.asks(0, 1, false)
			s.says(0, 2, true)
		}, Quorum, "saved something since it heard of its candidature"},
		{"a leader that was a candidate for a while", true, true, func(s *story) {
			s.says(0, 1, false)
			s.does(trace.Save, 0)
			s.asks(0, 1, true)
			s.says(0, 2, false)
			s.says(0, 2, true)
		}, "", ""},
		{"a client's write", true, true, func(s *story) { s.client(true, "Put") }, "", ""},
		{"a client's write that one server knows of", true, true, func(s *story) { s.client(false, "Put") }, Quorum,
			"its Put of"},
		{"a client's write that it tells each server itself", true, true, func(s *story) {
			const client = 1
			s.see(trace.Event{Kind: trace.Call, Node: client, Peer: -1, Method: "Put"})
			for range 2 { // a round to read, a round to write
				for server := range 3 {
					id := s.sends(trace.Event{Node: -1, Peer: server, Client: client + 1})
					s.arrives(id, -1, server)
					s.does(trace.Save, server)
					s.see(trace.Event{Kind: trace.Reply, Node: server, Peer: -1, Client: client + 1, ID: id})
					s.see(trace.Event{Kind: trace.Return, Node: -1, Peer: server, Client: client + 1, ID: id})
				}
			}
			s.see(trace.Event{Kind: trace.Answer, Node: client, Peer: -1, Method: "Put"})
		}, Quorum, "between servers could tell only the servers [0] of 3"},
		{"a client's write that a server has passed on, and another answers", true, true, func(s *story) {
			const client = 1
			s.see(trace.Event{Kind: trace.Call, Node: client, Peer: -1, Method: "Append"})
			s.arrives(s.sends(trace.Event{Node: -1, Peer: 0, Client: client + 1}), -1, 0)
			s.does(trace.Save, 0)
			s.asks(0, 1, true)
			s.asks(0, 2, true)
			s.does(trace.Crash, 0)
			s.asks(1, 2, true) // elected, and has committed something of its own
			id := s.sends(trace.Event{Node: -1, Peer: 1, Client: client + 1})
			s.arrives(id, -1, 1)
			s.see(trace.Event{Kind: trace.Reply, Node: 1, Peer: -1, Client: client + 1, ID: id})
			s.see(trace.Event{Kind: trace.Return, Node: -1, Peer: 1, Client: client + 1, ID: id})
			s.see(trace.Event{Kind: trace.Answer, Node: client, Peer: -1, Method: "Append"})
		}, "", ""},
		{"a client's read from a leader with a lease", true, true, func(s *story) { s.client(false, "Get") }, "", ""},
	})
}

// client has a client do something by server 0, which tells server 1 of it, or nobody.
func (s *story) client(tells bool, method string) {
	const client = 2 // others have been there before it
	s.see(trace.Event{Kind: trace.Call, Node: client, Peer: -1, Method: method})
	id := s.sends(trace.Event{Node: -1, Peer: 0, Client: client + 1})
	s.arrives(id, -1, 0)
	s.does(trace.Save, 0)
	if tells {
		s.asks(0, 1, true)
	}
	s.see(trace.Event{Kind: trace.Reply, Node: 0, Peer: -1, Client: client + 1, ID: id})
	s.see(trace.Event{Kind: trace.Return, Node: -1, Peer: 0, Client: client + 1, ID: id})
	s.see(trace.Event{Kind: trace.Answer, Node: client, Peer: -1, Method: method})
}

// A message that was under way while ever so many others came and went is forgotten, and taken to have told all.
func TestCausalityForgets(t *testing.T) {
	s := newStory(true, true)
	s.offer(0, x)
	s.does(trace.Save, 0)
	old := s.sends(trace.Event{Node: 0, Peer: 1})
	for range manyCalls {
		s.sends(trace.Event{Node: 2, Peer: 1})
	}
	if len(s.calls) != manyCalls {
		t.Errorf("%d calls are remembered, want %d", len(s.calls), manyCalls)
	}
	s.arrives(old, 0, 1)
	s.applies(1)
	if s.invariant != "" {
		t.Errorf("accused: %s: %s", s.invariant, s.message)
	}
}
