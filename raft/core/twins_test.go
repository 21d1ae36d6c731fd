package core

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
)

// Dumb twins: the slow, obvious versions of log, quorum and progress are their specification.

// plainLog is a log that keeps everything and counts from the beginning.
type plainLog struct {
	all  []Entry // index i is at i-1
	base Index
}

func (p *plainLog) last() Index { return Index(len(p.all)) }

func (p *plainLog) term(i Index) (Term, bool) {
	switch {
	case i < p.base || i > p.last():
		return 0, false
	case i == 0:
		return 0, true
	}
	return p.all[i-1].Term, true
}

func (p *plainLog) latest(i Index, t Term) Index {
	for i = max(min(i, p.last()), p.base); i > p.base && p.all[i-1].Term > t; i-- {
	}
	return i
}

func (p *plainLog) agree(lo Index, es []Entry) (n int) {
	for n < len(es) && lo+Index(n) <= p.last() && p.all[lo+Index(n)-1].Term == es[n].Term {
		n++
	}
	return n
}

func (p *plainLog) batch(lo Index, entries, size int) (es []Entry) {
	for i := lo; i <= p.last() && len(es) < entries; i++ {
		e := p.all[i-1]
		if size -= len(e.Data); size < 0 && len(es) > 0 {
			break
		}
		es = append(es, e)
	}
	return es
}

func sameEntry(a, b Entry) bool { return a.Term == b.Term && bytes.Equal(a.Data, b.Data) }

func TestLogTwin(t *testing.T) {
	for seed := range uint64(300) {
		rng := rand.New(rand.NewPCG(seed, 0))
		var l log
		var p plainLog
		term := Term(1)
		type handed struct{ got, want []Entry }
		var out []handed // whatever was handed out must not change
		for range 120 {
			switch rng.IntN(10) {
			case 0, 1, 2, 3:
				term += Term(rng.IntN(2))
				for range 1 + rng.IntN(4) {
					e := Entry{term, make([]byte, rng.IntN(4))}
					l.append(e)
					p.all = append(p.all, e)
				}
			case 4:
				i := p.base + Index(rng.IntN(int(p.last()-p.base)+1))
				l.truncate(i)
				p.all = slices.Clone(p.all[:i])
			case 5:
				i := p.base + Index(rng.IntN(int(p.last()-p.base)+1))
				l.compact(i)
				p.base = i
			case 6:
				if rng.IntN(10) > 0 {
					break
				}
				i := p.last() + Index(rng.IntN(5))
				l.reset(i, term)
				for p.last() < i {
					p.all = append(p.all, Entry{Term: term})
				}
				if i > 0 {
					p.all[i-1].Term = term
				} else {
					l.reset(0, 0)
				}
				p.base = i
			default:
				lo := p.base + 1 + Index(rng.IntN(int(p.last()-p.base)+1))
				got := l.slice(lo, l.last())
				out = append(out, handed{got, slices.Clone(p.all[lo-1:])})
			}
			compareLogs(t, seed, &l, &p, rng)
		}
		for _, h := range out {
			if !slices.EqualFunc(h.got, h.want, sameEntry) {
				t.Fatalf("seed %d: entries changed after they were handed out", seed)
			}
		}
	}
}

func compareLogs(t *testing.T, seed uint64, l *log, p *plainLog, rng *rand.Rand) {
	t.Helper()
	fail := func(what string, got, want any) {
		t.Helper()
		t.Fatalf("seed %d: %s: got %v, want %v", seed, what, got, want)
	}
	if l.first() != p.base+1 || l.last() != p.last() {
		fail("bounds", [2]Index{l.first(), l.last()}, [2]Index{p.base + 1, p.last()})
	}
	for i := range p.last() + 3 {
		got, ok := l.term(i)
		if want, known := p.term(i); ok != known || got != want {
			fail(fmt.Sprintf("term(%d)", i), got, want)
		}
		at, want := Term(rng.IntN(30)), Index(0)
		if want = p.latest(i, at); l.latest(i, at) != want {
			fail(fmt.Sprintf("latest(%d, %d)", i, at), l.latest(i, at), want)
		}
	}
	if last, _ := p.term(p.last()); l.lastTerm() != last {
		fail("lastTerm", l.lastTerm(), last)
	}
	lo := p.base + 1 + Index(rng.IntN(int(p.last()-p.base)+2))
	es := []Entry{{Term: Term(rng.IntN(20))}, {Term: Term(rng.IntN(20))}}
	if int(p.last()-lo) > 3 {
		es = append(slices.Clone(p.all[lo-1:lo+1]), es...)
	}
	if got, want := l.agree(lo, es), p.agree(lo, es); got != want {
		fail("agree", got, want)
	}
	entries, size := 1+rng.IntN(5), 1+rng.IntN(8)
	if got, want := l.batch(lo, entries, size), p.batch(lo, entries, size); !slices.EqualFunc(got,
		want, sameEntry) {
		fail("batch", got, want)
	}
	if l.dead > len(l.entries) {
		fail("dead", l.dead, len(l.entries))
	}
}

func TestQuorumTwin(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for range 20_000 {
		v := make([]Index, 1+rng.IntN(9))
		for i := range v {
			v[i] = Index(rng.IntN(12))
		}
		want := Index(0)
		for candidate := range Index(12) {
			have := 0
			for _, x := range v {
				if x >= candidate {
					have++
				}
			}
			if 2*have > len(v) {
				want = candidate
			}
		}
		if got := reached(slices.Clone(v)); got != want {
			t.Fatalf("reached(%v) = %d, want %d", v, got, want)
		}
	}
	for n := 1; n < 10; n++ {
		if q := quorum(n); 2*q <= n || 2*(q-1) > n {
			t.Errorf("quorum(%d) = %d is not the least majority", n, q)
		}
	}
}

// plainProgress remembers all that happened, and works everything out from that.
type plainProgress struct {
	accepted []Index
	answered []uint64
	sent     uint64
	rewinds  []uint64 // sent, at each rejection acted upon
}

func (p *plainProgress) match() Index {
	return slices.Max(append(p.accepted, 0))
}

func (p *plainProgress) news(seq uint64, i Index) bool {
	for _, r := range p.rewinds {
		if seq <= r {
			return false
		}
	}
	return i > p.match()
}

func TestProgressTwin(t *testing.T) {
	for seed := range uint64(300) {
		rng := rand.New(rand.NewPCG(seed, 3))
		last, window := Index(20), 1+rng.IntN(4)
		p := progress{id: 2, next: 1 + Index(rng.IntN(20))}
		var twin plainProgress
		for range 150 {
			seq := uint64(0)
			if p.sent > 0 {
				seq = 1 + uint64(rng.IntN(int(p.sent)))
			}
			switch i := Index(rng.IntN(int(last) + 1)); rng.IntN(5) {
			case 0: // a new entry
				last++
			case 1: // send
				n := 0
				if p.carries(window) {
					n = int(min(last+1-p.next, Index(rng.IntN(4))))
				}
				if p.sending(n); p.sent != twin.sent+1 {
					t.Fatalf("seed %d: %v: sent %d", seed, &p, p.sent)
				}
				twin.sent++
			case 2: // an answer accepts
				if seq > 0 && i < p.next {
					p.acked = max(p.acked, seq)
					twin.answered = append(twin.answered, seq)
					p.accepted(i)
					twin.accepted = append(twin.accepted, i)
				}
			case 3: // an answer rejects
				if seq > 0 && p.rejected(seq, i) != twin.news(seq, i) {
					t.Fatalf("seed %d: %v: rejection of #%d at %d: news is %v",
						seed, &p, seq, i, !twin.news(seq, i))
				}
				if seq > 0 && twin.news(seq, i) {
					p.rewind(1 + Index(rng.IntN(int(i))))
					twin.rewinds = append(twin.rewinds, twin.sent)
				}
			case 4:
				p.lost(seq)
			}
			if p.match != twin.match() || p.next <= p.match || p.next > last+1 {
				t.Fatalf("seed %d: %v: match should be %d, last is %d", seed, &p, twin.match(),
					last)
			}
			if want := int(twin.sent - slices.Max(append(twin.answered, 0))); p.inflight() != want {
				t.Fatalf("seed %d: %v: inflight should be %d", seed, &p, want)
			}
			if p.flow == replicate && p.open(window) != (p.inflight() < window) {
				t.Fatalf("seed %d: %v: window of %d is wrong", seed, &p, window)
			}
		}
	}
}

// TestSaveTwin: a disk that carries out each Save has what a whole copy of the state would have.
func TestSaveTwin(t *testing.T) {
	for seed := range uint64(200) {
		rng := rand.New(rand.NewPCG(seed, 4))
		cfg := testConfig(1, 3)
		n, err := New(cfg, 0, Durable{})
		if err != nil {
			t.Fatal(err)
		}
		var disk Durable
		for range 60 {
			randomFollowerInput(n, rng)
			if rng.IntN(3) > 0 {
				continue
			}
			e := n.Effects()
			if e.Save.Seq != 0 {
				e.Save.Apply(&disk)
			}
			if rng.IntN(2) == 0 {
				n.Saved(e.Save.Seq)
			}
			want := n.Durable()
			if disk.Term != want.Term || disk.Vote != want.Vote ||
				disk.Snapshot.Index != want.Snapshot.Index ||
				disk.Snapshot.Term != want.Snapshot.Term || !slices.EqualFunc(disk.Entries,
				want.Entries, sameEntry) {
				t.Fatalf("seed %d: disk has %+v, want %+v", seed, disk, want)
			}
			if _, err := New(cfg, 0, disk); err != nil {
				t.Fatalf("seed %d: %v", seed, err)
			}
		}
	}
}

// randomFollowerInput gives n an append, a snapshot, a vote request or a compaction at random.
func randomFollowerInput(n *Node, rng *rand.Rand) {
	term := n.term + Term(rng.IntN(4)/3)
	prev := n.log.base + Index(rng.IntN(int(n.log.last()-n.log.base)+1))
	prevTerm, _ := n.log.term(prev)
	m := Message{From: 2, To: 1, Term: max(term, 1), Seq: 1, Index: prev, LogTerm: prevTerm}
	switch rng.IntN(8) {
	case 0:
		m.Type, m.From, m.Transfer = RequestVote, 3, true
		m.Term++
	case 1:
		_ = n.Compact(Snapshot{Index: n.log.base + Index(rng.IntN(int(n.applied-n.log.base)+1))})
		return
	case 2:
		if rng.IntN(4) > 0 {
			return
		}
		m.Type, m.Index, m.LogTerm = InstallSnapshot, 0, 0
		m.Snapshot = &Snapshot{Index: n.commit + Index(rng.IntN(6)), Term: m.Term}
	default:
		m.Type, m.Commit = AppendEntries, n.commit+Index(rng.IntN(3))
		for range rng.IntN(4) {
			m.Entries = append(m.Entries, Entry{m.Term, []byte{byte(rng.IntN(256))}})
		}
	}
	n.Step(0, m)
}
