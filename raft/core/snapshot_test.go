package core

import (
	"errors"
	"fmt"
	"runtime"
	"slices"
	"testing"
)

func TestCompact(t *testing.T) {
	c := newCluster(t, 3, plain)
	c.elect(1)
	h := c.host(1)
	c.propose(1, "a", "b", "c")
	c.settle()
	c.cut[[2]NodeID{1, 2}], c.cut[[2]NodeID{1, 3}] = true, true
	c.propose(1, "d")
	for _, tt := range []struct {
		index Index
		want  error
	}{{0, ErrCompacted}, {4, ErrNotApplied}, {5, ErrNotApplied}, {2, nil}, {2, ErrCompacted}, {1,
		ErrCompacted}, {3, nil}} {
		if err := c.compact(h, tt.index); !errors.Is(err, tt.want) {
			t.Errorf("Compact(%d): %v, want %v", tt.index, err, tt.want)
		}
	}
	if h.disk.Snapshot.Index != 3 || h.disk.Snapshot.Term != 1 || len(h.disk.Entries) != 1 {
		t.Errorf("disk has %+v", h.disk)
	}
	c.crash(h)
	c.start(h)
	if n := h.node; n.commit != 3 || n.applied != 3 || n.log.last() != 4 || n.log.lastTerm() != 1 {
		t.Errorf("after a restart: %+v", n.Status())
	}
}

// TestAppendAtSnapshot: the last compacted entry's term is still known, and appends that begin
// before it are trimmed.
func TestAppendAtSnapshot(t *testing.T) {
	from := Durable{Term: 4, Snapshot: Snapshot{Index: 5, Term: 3}, Entries: terms(3, 4)}
	for _, tt := range []struct {
		prev     Index
		prevTerm Term
		entries  []Entry
		match    Index
		last     Index
	}{
		{5, 3, nil, 5, 7},
		{5, 3, terms(3, 4, 4), 8, 8},
		{5, 3, terms(4), 6, 6},
		{3, 2, terms(3, 3, 3, 4, 4), 8, 8},
		{2, 2, terms(2, 3), 4, 7},
		{2, 2, terms(2, 3, 3), 5, 7},
		{0, 0, nil, 0, 7},
	} {
		c := newCluster(t, 3, plain)
		c.lies = true // the snapshot is of nothing that this cluster did
		c.with(1, from)
		r := c.answer(Message{Type: AppendEntries, From: 2, To: 1, Term: 4, Seq: 1, Index: tt.prev,
			LogTerm: tt.prevTerm, Entries: tt.entries, Commit: 5})
		if n := c.node(1); r.Reject || r.Index != tt.match || n.log.last() != tt.last ||
			n.refused > 0 {
			t.Errorf("prev %d/%d and %d entries: %v, %+v", tt.prev, tt.prevTerm, len(tt.entries), r,
				n.Status())
		}
	}
}

func TestInstallSnapshot(t *testing.T) {
	for _, tt := range []struct {
		name         string
		snapshot     Snapshot
		match        Index
		first, last  Index
		commit       Index
		restores     bool
		beforeCommit Index
	}{
		{"longer than the log", Snapshot{Index: 9, Term: 3}, 9, 10, 9, 9, true, 2},
		{"contradicts the log", Snapshot{Index: 3, Term: 3}, 3, 4, 3, 3, true, 2},
		{"prefix of the log: the suffix stays", Snapshot{Index: 3, Term: 2}, 3, 1, 4, 3, false, 2},
		{"older than commit", Snapshot{Index: 1, Term: 1}, 2, 1, 4, 2, false, 2},
	} {
		c := newCluster(t, 3, plain)
		c.lies = true
		c.with(1, Durable{Term: 2, Entries: terms(1, 1, 2, 2)})
		h := c.host(1)
		c.step(Message{Type: AppendEntries, From: 2, To: 1, Term: 3, Seq: 1, Index: 2, LogTerm: 1,
			Commit: tt.beforeCommit})
		restored := false
		c.trace = func(f string, args ...any) { restored = restored || f == "%d restores %d/%d" }
		r := c.answer(Message{Type: InstallSnapshot, From: 2, To: 1, Term: 3, Seq: 2,
			Snapshot: &tt.snapshot})
		if n := h.node; r.Reject || r.Index != tt.match || r.Seq != 2 ||
			n.log.first() != tt.first ||
			n.log.last() != tt.last || n.commit != tt.commit || restored != tt.restores {
			t.Errorf("%s: %v, %+v, restored %v", tt.name, r, n.Status(), restored)
		}
		if h.disk.Snapshot.Index != h.node.log.base ||
			len(h.disk.Entries) != len(h.node.log.entries) {
			t.Errorf("%s: disk has %+v", tt.name, h.disk)
		}
	}
}

// TestRestoreBeforeApply: a snapshot and the entries after it, taken in one Effects.
func TestRestoreBeforeApply(t *testing.T) {
	n, err := New(testConfig(1, 3), 0, Durable{})
	if err != nil {
		t.Fatal(err)
	}
	n.Step(0, Message{Type: AppendEntries, From: 2, To: 1, Term: 1, Seq: 1, Entries: terms(1, 1),
		Commit: 2})
	n.Step(0, Message{Type: InstallSnapshot, From: 2, To: 1, Term: 1, Seq: 2,
		Snapshot: &Snapshot{Index: 5, Term: 1}})
	n.Step(0, Message{Type: AppendEntries, From: 2, To: 1, Term: 1, Seq: 3, Index: 5, LogTerm: 1,
		Entries: terms(1, 1), Commit: 6})
	e := n.Effects()
	if e.Restore == nil || e.Restore.Index != 5 || e.ApplyFirst != 6 || len(e.Apply) != 1 {
		t.Errorf("restores %v, applies %d entries from %d", e.Restore, len(e.Apply), e.ApplyFirst)
	}
	if e.Save.Snapshot != e.Restore || e.Save.First != 6 || len(e.Save.Entries) != 2 {
		t.Errorf("saves %+v", e.Save)
	}
	if n.Saved(e.Save.Seq); n.Status().Saved != 7 {
		t.Errorf("%+v", n.Status())
	}
}

// TestLaggardCatchesUp at every loss of one message of the exchange.
func TestLaggardCatchesUp(t *testing.T) {
	for lose := range 12 {
		c := newCluster(t, 3)
		c.elect(1)
		c.crash(c.host(3))
		c.propose(1, "a", "b", "c")
		c.settle()
		if err := c.compact(c.host(1), 3); err != nil {
			t.Fatal(err)
		}
		c.host(3).now = c.host(1).now
		c.start(c.host(3))
		c.heartbeat(1)
		for i := 0; len(c.net) > 0; i++ {
			if m := c.take(0); i != lose {
				c.deliver(m)
			}
		}
		c.run(timeout + 3*beat)
		if h := c.host(3); h.applied != 4 || c.node(1).peer(3).flow != replicate {
			t.Errorf("message %d lost: applied %d, %v", lose, h.applied, c.node(1).peer(3))
		}
	}
}

// TestSnapshotLost: if the driver reports it, it goes again after the next rejection, without
// waiting for RetryInterval; and while it is not known to be lost, it does not.
func TestSnapshotLost(t *testing.T) {
	for _, report := range []bool{false, true} {
		c := newCluster(t, 3)
		c.elect(1)
		c.crash(c.host(3))
		c.propose(1, "a", "b", "c")
		c.settle()
		if err := c.compact(c.host(1), 3); err != nil {
			t.Fatal(err)
		}
		c.start(c.host(3))
		c.heartbeat(1)
		for c.net[0].Type != InstallSnapshot {
			c.deliver(c.take(0))
		}
		if m := c.take(0); report {
			c.node(1).Lost(m)
		}
		sent := 0
		c.trace = func(_ string, args ...any) {
			if m, ok := args[0].(Message); ok && m.Type == InstallSnapshot {
				sent++
			}
		}
		c.run(3 * beat)
		if want := map[bool]int{false: 0, true: 1}[report]; sent != want {
			t.Errorf("reported %v: sent again %d times", report, sent)
		}
		c.run(timeout + beat)
		if sent != 1 {
			t.Errorf("reported %v: sent again %d times in all", report, sent)
		}
	}
}

// TestLogMemory: after Compact nobody keeps the entries, and there is only room for as many as
// went.
func TestLogMemory(t *testing.T) {
	c := newCluster(t, 1)
	c.elect(1)
	heap := func() int {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return int(m.HeapAlloc)
	}
	n := c.node(1)
	before := heap()
	for range 2000 {
		if _, _, err := n.Propose(0, make([]byte, 10_000)); err != nil {
			t.Fatal(err)
		}
		n.Saved(n.Effects().Save.Seq)
		n.Effects()
	}
	full := heap()
	if err := n.Compact(Snapshot{Index: n.applied - 10}); err != nil {
		t.Fatal(err)
	}
	n.Effects()
	n.Effects()
	after := heap()
	if full-before < 15_000_000 || after-before > 1_000_000 {
		t.Errorf("heap grew by %d, and by %d after Compact", full-before, after-before)
	}
	if cap(n.log.entries) > 2100 {
		t.Errorf("array of %d slots for %d entries", cap(n.log.entries), len(n.log.entries))
	}
	runtime.KeepAlive(n)
}

// TestCompactAtEveryEntry: a service may take a snapshot as often as it likes.
func TestCompactAtEveryEntry(t *testing.T) {
	c := newCluster(t, 3)
	c.elect(1)
	for i := range 50 {
		c.propose(1, fmt.Sprint(i))
		c.settle()
		for _, h := range c.hosts {
			if err := c.compact(h, h.applied); err != nil {
				t.Fatal(err)
			}
		}
	}
	var applied []Index
	for _, h := range c.hosts {
		applied = append(applied, h.applied)
	}
	if !slices.Equal(applied, []Index{51, 51, 51}) {
		t.Errorf("applied %v", applied)
	}
}
