package core

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// tape turns bytes into whatever is asked for; at its end it gives zeros.
type tape []byte

func (t *tape) byte() byte {
	if len(*t) == 0 {
		return 0
	}
	b := (*t)[0]
	*t = (*t)[1:]
	return b
}

func (t *tape) below(n int) int { return int(t.byte()) % n }

// number is mostly near base, now and then anything.
func (t *tape) number(base uint64) uint64 {
	switch b := t.byte(); {
	case b < 240:
		return base + uint64(b%8) - 3 // may wrap round
	case b < 246:
		return math.MaxUint64 - uint64(b%4)
	case b < 250:
		return uint64(maxTerm) + uint64(b%3) - 1
	}
	return uint64(t.byte())<<56 | uint64(t.byte())
}

// message is any message at all, though mostly one that n might believe.
func (t *tape) message(n *Node) Message {
	m := Message{
		Type: MessageType(t.below(9)), PreVote: t.byte()%4 == 0, Transfer: t.byte()%4 == 0,
		Reject: t.byte()%2 == 0, From: NodeID(t.below(len(n.peers) + 3)), To: n.cfg.ID,
		Term: Term(t.number(uint64(n.term) + 1)), Commit: Index(t.number(uint64(n.commit))),
		Index: Index(t.number(uint64(n.log.last()))),
	}
	if t.byte()%64 == 0 {
		m.To = NodeID(t.byte())
	}
	m.LogTerm, _ = n.log.term(m.Index)
	if t.byte()%4 == 0 {
		m.LogTerm = Term(t.number(uint64(n.term)))
	}
	m.Hint = m.Index - Index(t.below(3))
	m.Seq = 1
	if p := n.peer(m.From); p != nil {
		m.Seq = t.number(p.sent)
	}
	term := max(m.LogTerm, 1)
	for range t.below(5) {
		if t.byte()%8 == 0 {
			term = Term(t.number(uint64(m.Term)))
		}
		m.Entries = append(m.Entries, Entry{term, []byte{t.byte()}})
	}
	if t.byte()%8 > 0 {
		m.Snapshot = &Snapshot{Index: Index(t.number(uint64(n.commit) + 1)),
			Term: Term(t.number(uint64(n.term)))}
	}
	return m
}

// FuzzStep feeds a node arbitrary messages, from any number of liars, among proposals, ticks, saves
// and restarts. It never panics, keeps its own promises (Check, Checker), and what it saves is
// something that New takes. What no node can promise when others lie is that two nodes agree: a
// lying majority can commit anything.
func FuzzStep(f *testing.F) {
	f.Add([]byte{})
	for seed := range uint64(20) {
		rng := rand.New(rand.NewPCG(seed, 9))
		tape := make([]byte, 2000)
		for i := range tape {
			tape[i] = byte(rng.Uint32())
		}
		f.Add(tape)
	}
	f.Fuzz(func(t *testing.T, input []byte) { besiege(t, tape(input)) })
}

// TestLiars is what FuzzStep does, on random tapes: so that go test does a good deal of it too.
func TestLiars(t *testing.T) {
	for seed := range uint64(400) {
		rng := rand.New(rand.NewPCG(seed, 10))
		tape := make(tape, 4000)
		for i := range tape {
			tape[i] = byte(rng.Uint32())
		}
		besiege(t, tape)
	}
}

// siege is one node and its driver.
type siege struct {
	t       *testing.T
	tape    tape
	cfg     Config
	now     Time
	n       *Node
	checker Checker
	disk    Durable
	saves   []Save
}

func besiege(t *testing.T, tape tape) {
	cfg := testConfig(1, 1+tape.below(5))
	flags := tape.byte()
	cfg.CheckQuorum, cfg.PreVote, cfg.NoOp = flags&1 > 0, flags&3 == 3, flags&4 > 0
	cfg.MaxInflight, cfg.MaxBatchEntries, cfg.MaxBatchBytes = 1+tape.below(4), 1+tape.below(4),
		1+tape.below(9)
	s := &siege{t: t, tape: tape, cfg: cfg}
	s.restart()
	for len(s.tape) > 0 {
		s.act()
		if err := s.checker.Check(s.n); err != nil {
			t.Fatal(err)
		}
		if d := s.n.Deadline(); d < 0 {
			t.Fatalf("deadline %d", d)
		}
	}
	s.effects()
	s.save(len(s.saves))
	s.restart()
}

// restart begins anew from the disk, which must hold what the node said.
func (s *siege) restart() {
	n, err := New(s.cfg, s.now, s.disk)
	if err != nil {
		s.t.Fatal(err)
	}
	if err := n.Check(); err != nil {
		s.t.Fatal(err)
	}
	s.n, s.checker, s.saves = n, Checker{}, nil
}

func (s *siege) act() {
	switch x := s.tape.below(64); {
	case x < 36:
		s.n.Step(s.now, s.tape.message(s.n))
	case x < 42:
		s.now = max(0, s.now+Time(s.tape.byte())*10-100)
		s.n.Tick(s.now)
	case x < 44:
		s.now = max(s.now, min(s.n.Deadline(), s.now+10_000))
		s.n.Tick(s.now)
	case x < 48:
		_, _, _ = s.n.Propose(s.now, make([][]byte, s.tape.below(4))...)
	case x < 50:
		_ = s.n.ReadIndex(s.now, uint64(s.tape.byte()))
	case x < 52:
		_ = s.n.Transfer(s.now, NodeID(s.tape.below(6)))
	case x < 54:
		_ = s.n.Compact(Snapshot{Index: Index(s.tape.number(uint64(s.n.applied)))})
	case x < 56:
		s.n.Lost(s.tape.message(s.n))
	case x < 60:
		s.effects()
	case x < 63:
		s.save(s.tape.below(4))
		s.n.Saved(s.tape.number(0) % 100) // a driver's lie: of a save that is none
	default:
		s.effects()
		s.save(s.tape.below(4))
		s.restart()
	}
}

// effects takes them, and checks their form.
func (s *siege) effects() {
	before := s.n.applied
	e := s.n.Effects()
	if s.n.HasEffects() {
		s.t.Fatal("effects left")
	}
	if e.Restore != nil {
		before = e.Restore.Index
	}
	if len(e.Apply) > 0 && e.ApplyFirst != before+1 {
		s.t.Fatalf("applies from %d after %d", e.ApplyFirst, before)
	}
	if e.Save.Seq != 0 {
		s.saves = append(s.saves, e.Save)
	}
	for _, m := range slices.Concat(e.Send, e.SendSaved) {
		if m.From != s.n.cfg.ID || !m.wellFormed() || s.n.peer(m.To) == nil {
			s.t.Fatalf("sends %+v", m)
		}
	}
}

// save makes k saves durable.
func (s *siege) save(k int) {
	for _, save := range s.saves[:min(k, len(s.saves))] {
		save.Apply(&s.disk)
		s.n.Saved(save.Seq)
	}
	s.saves = s.saves[min(k, len(s.saves)):]
}
