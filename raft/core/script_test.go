package core

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

var update = flag.Bool("update", false,
	"write what happens into testdata/*.txt instead of comparing")

// TestScripts plays the stories in testdata. A story is prose and commands: a line that begins with
// "> " is a command, and the indented lines after it are what must happen, in order: roles that
// change, messages sent, entries applied, reads answered. Everything else is prose.
//
//	> cluster N [option...]     N peers; options: prevote quorum noop inflight=N batch=N
//	> disk ID term=T vote=V log=T,T,...   what peer ID finds when it starts; before anything happens
//	> timeout ID                its election timeout passes, on its clock alone
//	> heartbeat ID              its heartbeat is due, on its clock alone
//	> pass ID... SPAN           time passes on its clock; 1000 is an election timeout
//	> deliver [A>B...]          deliver all that is under way and what follows; or just from A to B
//	> one A>B                   deliver the first from A to B, not what follows
//	> drop A>B                  lose all that is under way from A to B; and tell nobody
//	> lost A>B                  likewise, and A's driver sees the failure
//	> twice A>B                 double what is under way from A to B
//	> reverse A>B               let the later overtake the earlier
//	> cut A>B... / heal         links that lose everything, from now on
//	> propose ID DATA...        one proposal of all; a refusal is shown
//	> read ID N / transfer ID TO / compact ID INDEX
//	> crash ID / restart ID
//	> slow ID / save ID / fast ID   saves wait; those waiting become durable; and all do at once
//	> state                     one line per peer: what it is and has
//	> progress ID               what a leader knows of its followers
func TestScripts(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("no scripts: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			got := play(t, string(text))
			if *update {
				if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			} else if got != string(text) {
				t.Errorf("%s: %s\nif that is right, run go test -run TestScripts -update", file,
					firstDifference(string(text), got))
			}
		})
	}
}

// firstDifference shows where want and got part.
func firstDifference(want, got string) string {
	w, g := strings.Split(want, "\n"), strings.Split(got, "\n")
	command := ""
	for i := 0; ; i++ {
		if i < len(g) && strings.HasPrefix(g[i], "> ") {
			command = g[i]
		}
		if i >= len(w) || i >= len(g) || w[i] != g[i] {
			return fmt.Sprintf("line %d, after %q:\nwant %q\n got %q", i+1, command,
				slices.Concat(w, []string{"(end)"})[min(i, len(w))],
				slices.Concat(g, []string{"(end)"})[min(i, len(g))])
		}
	}
}

// script is a story being played.
type script struct {
	*cluster
	t   *testing.T
	out *strings.Builder
}

// play carries out the commands in text and returns it with what happened.
func play(t *testing.T, text string) string {
	s := &script{t: t, out: &strings.Builder{}}
	skip := false
	for line := range strings.Lines(text) {
		if skip && strings.HasPrefix(line, "  ") {
			continue
		}
		s.out.WriteString(line)
		var command string
		if command, skip = strings.CutPrefix(strings.TrimSuffix(line, "\n"), "> "); skip {
			s.do(strings.Fields(command))
		}
	}
	return s.out.String()
}

func (s *script) printf(format string, args ...any) {
	fmt.Fprintf(s.out, "  "+format+"\n", args...)
}

// do carries out one command.
func (s *script) do(words []string) {
	name, args := words[0], words[1:]
	if s.cluster == nil && name != "cluster" {
		s.t.Fatalf("%v: no cluster yet", words)
	}
	switch name {
	case "cluster":
		s.begin(args)
	case "disk":
		s.setDisk(args)
	case "timeout":
		s.expire(s.id(args[0]))
	case "heartbeat":
		s.heartbeat(s.id(args[0]))
	case "pass":
		for _, id := range args[:len(args)-1] {
			h := s.host(s.id(id))
			s.tick(h, h.now.plus(Span(s.number(args[len(args)-1]))))
		}
	case "deliver", "one", "drop", "lost", "twice", "reverse", "cut", "heal":
		s.network(name, args)
	case "crash":
		s.crash(s.host(s.id(args[0])))
	case "restart":
		s.start(s.host(s.id(args[0])))
	case "slow":
		s.host(s.id(args[0])).slow = true
	case "fast":
		s.host(s.id(args[0])).slow = false
	case "save":
		s.saveAll(s.host(s.id(args[0])))
	case "state":
		s.state()
	case "progress":
		for i := range s.node(s.id(args[0])).peers {
			s.printf("%v", &s.node(s.id(args[0])).peers[i])
		}
	default:
		s.ask(name, args)
	}
}

// ask carries out the commands that a service gives its node.
func (s *script) ask(name string, args []string) {
	h := s.host(s.id(args[0]))
	s.call(h, func(n *Node) {
		var err error
		switch name {
		case "propose":
			var data [][]byte
			for _, a := range args[1:] {
				data = append(data, []byte(a))
			}
			_, _, err = n.Propose(h.now, data...)
		case "read":
			err = n.ReadIndex(h.now, uint64(s.number(args[1])))
		case "transfer":
			err = n.Transfer(h.now, s.id(args[1]))
		case "compact":
			i := Index(s.number(args[1]))
			if i <= Index(len(s.committed)) {
				err = n.Compact(Snapshot{Index: i, Data: s.digest(i)})
			} else {
				err = n.Compact(Snapshot{Index: i})
			}
		default:
			s.t.Fatalf("no such command: %s %v", name, args)
		}
		if err != nil {
			s.printf("%v", err)
		}
	})
}

// begin makes the cluster.
func (s *script) begin(args []string) {
	s.cluster = newCluster(s.t, s.number(args[0]), func(c *Config) {
		c.PreVote, c.CheckQuorum, c.NoOp = false, false, false
		for _, option := range args[1:] {
			key, value, _ := strings.Cut(option, "=")
			switch key {
			case "prevote":
				c.PreVote, c.CheckQuorum = true, true
			case "quorum":
				c.CheckQuorum = true
			case "noop":
				c.NoOp = true
			case "inflight":
				c.MaxInflight = s.number(value)
			case "batch":
				c.MaxBatchEntries = s.number(value)
			default:
				s.t.Fatalf("no such option: %s", option)
			}
		}
	})
	s.cluster.trace = s.printf
}

// setDisk gives a peer a past.
func (s *script) setDisk(args []string) {
	h := s.host(s.id(args[0]))
	for _, a := range args[1:] {
		switch key, value, _ := strings.Cut(a, "="); key {
		case "term":
			h.disk.Term = Term(s.number(value))
		case "vote":
			h.disk.Vote = s.id(value)
		case "log":
			h.disk.Entries = nil
			for i, term := range strings.Split(value, ",") {
				e := Entry{Term: Term(s.number(term)), Data: fmt.Appendf(nil, "%d/%s", i+1, term)}
				h.disk.Entries = append(h.disk.Entries, e)
			}
			h.disk.Term = max(h.disk.Term, h.disk.Entries[len(h.disk.Entries)-1].Term)
		default:
			s.t.Fatalf("no such option: %s", a)
		}
	}
	s.start(h)
}

// network carries out the commands about messages.
func (s *script) network(name string, args []string) {
	if name == "heal" {
		clear(s.cut)
	}
	if name == "deliver" && len(args) == 0 {
		s.settle()
	}
	for _, arg := range args {
		a, b, ok := strings.Cut(arg, ">")
		if !ok {
			s.t.Fatalf("%s %s: want FROM>TO", name, arg)
		}
		link := [2]NodeID{s.id(a), s.id(b)}
		if name == "cut" {
			s.cut[link] = true
			continue
		}
		var on []Message
		s.net = slices.DeleteFunc(s.net, func(m Message) bool {
			hit := m.From == link[0] && m.To == link[1] && (name != "one" || len(on) == 0)
			if hit {
				on = append(on, m)
			}
			return hit
		})
		s.treat(name, on)
	}
}

// treat does to messages, taken from the network, what name says.
func (s *script) treat(name string, ms []Message) {
	switch name {
	case "deliver", "one":
		for _, m := range ms {
			s.deliver(m)
		}
	case "lost":
		for _, m := range ms {
			s.call(s.host(m.From), func(n *Node) { n.Lost(m) })
		}
	case "twice":
		s.net = append(append(s.net, ms...), ms...)
	case "reverse":
		slices.Reverse(ms)
		s.net = append(s.net, ms...)
	}
}

// state shows every peer: entries as index/term, committed ones before the bar.
func (s *script) state() {
	for _, h := range s.hosts {
		n := h.node
		if n == nil {
			s.printf("%d: down", h.id)
			continue
		}
		var log strings.Builder
		if n.log.base > 0 {
			fmt.Fprintf(&log, " snapshot %d/%d", n.log.base, n.log.baseTerm)
		}
		if n.commit == n.log.base {
			log.WriteString(" |")
		}
		for i := n.log.first(); i <= n.log.last(); i++ {
			t, _ := n.log.term(i)
			fmt.Fprintf(&log, " %d/%d", i, t)
			if i == n.commit {
				log.WriteString(" |")
			}
		}
		s.printf("%d: %v term %d vote %d log%s", h.id, n.role, n.term, n.vote, &log)
	}
}

func (s *script) number(word string) int {
	n, err := strconv.Atoi(word)
	if err != nil {
		s.t.Fatal(err)
	}
	return n
}

func (s *script) id(word string) NodeID { return NodeID(s.number(word)) }
