package core

import (
	"math"
	"strings"
	"testing"
)

func TestConfigValidate(t *testing.T) {
	if err := testConfig(1, 3).Validate(); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		change func(*Config)
		want   []string // both values of the conflict
	}{
		{func(c *Config) { c.ID = 9 }, []string{"ID 9", "[1 2 3]"}},
		{func(c *Config) { c.Peers = nil }, []string{"ID 1", "[]"}},
		{func(c *Config) { c.Peers = []NodeID{1, 0} }, []string{"node 0", "[1 0]"}},
		{func(c *Config) { c.Peers = []NodeID{1, 2, 1} }, []string{"node 1 twice", "[1 2 1]"}},
		{func(c *Config) { c.HeartbeatInterval = 0 }, []string{"HeartbeatInterval 0"}},
		{func(c *Config) { c.ElectionTimeout = 100 }, []string{"ElectionTimeout 100",
			"HeartbeatInterval 100"}},
		{func(c *Config) { c.ElectionTimeout = math.MaxInt64 },
			[]string{"ElectionTimeout 9223372036854775807"}},
		{func(c *Config) { c.RetryInterval = -1 }, []string{"RetryInterval -1"}},
		{func(c *Config) { c.CheckQuorum = false }, []string{"PreVote true", "CheckQuorum false"}},
		{func(c *Config) { c.MaxInflight = 0 }, []string{"MaxInflight 0"}},
		{func(c *Config) { c.MaxBatchEntries = 0 }, []string{"MaxBatchEntries 0"}},
		{func(c *Config) { c.MaxBatchBytes = -5 }, []string{"MaxBatchBytes -5"}},
	} {
		c := testConfig(1, 3)
		tt.change(&c)
		_, err := New(c, 0, Durable{})
		for _, w := range tt.want {
			if err == nil || !strings.Contains(strings.ReplaceAll(err.Error(), " is ", " "), w) {
				t.Errorf("%q is not in: %v", w, err)
			}
		}
	}
}

// TestCorruptDurable: what no run can have saved is refused, by name.
func TestCorruptDurable(t *testing.T) {
	for _, tt := range []struct {
		d    Durable
		want string
	}{
		{Durable{Term: math.MaxUint64}, "term"},
		{Durable{Term: 1, Vote: 9}, "vote is for node 9, peers are [1 2 3]"},
		{Durable{Vote: 1}, "the term is 0"},
		{Durable{Term: 1, Snapshot: Snapshot{Index: 1}}, "index 1 but term 0"},
		{Durable{Term: 1, Snapshot: Snapshot{Term: 1}}, "index 0 but term 1"},
		{Durable{Term: 1, Snapshot: Snapshot{Index: math.MaxUint64, Term: 1}}, "above"},
		{Durable{Term: 1, Snapshot: Snapshot{Index: 1, Term: 2}},
			"snapshot term 2 is above the current term 1"},
		{Durable{Term: 1, Entries: terms(1, 2)}, "entry 2 has term 2"},
		{Durable{Term: 3, Entries: terms(2, 1)}, "entry 2 has term 1"},
		{Durable{Term: 3, Entries: terms(0)}, "entry 1 has term 0"},
		{Durable{Term: 3, Snapshot: Snapshot{Index: 4, Term: 2}, Entries: terms(1)},
			"entry 5 has term 1"},
	} {
		_, err := New(testConfig(1, 3), 0, tt.d)
		if err == nil || !strings.Contains(err.Error(), tt.want) || !strings.Contains(err.Error(),
			"corrupt") {
			t.Errorf("%+v: %v, want %q", tt.d, err, tt.want)
		}
	}
	ok := Durable{Term: 3, Vote: 3, Snapshot: Snapshot{Index: 4, Term: 2}, Entries: terms(2, 3)}
	n, err := New(testConfig(1, 3), 0, ok)
	if err != nil {
		t.Fatal(err)
	}
	s := n.Status()
	if s.Commit != 4 || s.Applied != 4 || s.Last != 6 || s.Saved != 6 || s.Vote != 3 ||
		s.Term != 3 || n.HasEffects() {
		t.Errorf("%+v", s)
	}
}

func TestTimeSaturates(t *testing.T) {
	for _, tt := range []struct {
		t    Time
		s    Span
		want Time
	}{{1, 2, 3}, {Never, 1, Never}, {Never - 5, 5, Never}, {Never - 5, 6, Never}, {Never - 5, 4,
		Never - 1}} {
		if got := tt.t.plus(tt.s); got != tt.want {
			t.Errorf("%d + %d = %d, want %d", tt.t, tt.s, got, tt.want)
		}
	}
}

// TestClockNeverFalls: an earlier instant is taken as the latest one.
func TestClockNeverFalls(t *testing.T) {
	n := newNode(t, testConfig(1, 3), Durable{})
	n.Tick(500)
	n.Step(-900, Message{Type: AppendEntries, From: 2, To: 1, Term: 1, Seq: 1})
	if n.Deadline() < 500+Time(timeout) {
		t.Errorf("deadline %d", n.Deadline())
	}
	n.Tick(Never)
	n.Tick(Never)
	if err := n.Check(); err != nil || n.Deadline() != Never {
		t.Errorf("at the end of time: %v, deadline %d", err, n.Deadline())
	}
}

func TestStrings(t *testing.T) {
	for _, tt := range []struct {
		m    Message
		want string
	}{
		{Message{Type: RequestVote, From: 1, To: 2, Term: 3, Index: 4, LogTerm: 2},
			"1→2 RequestVote term 3 last 4/2"},
		{Message{Type: RequestVote, PreVote: true, From: 1, To: 2, Term: 3},
			"1→2 PreVote term 3 last 0/0"},
		{Message{Type: RequestVote, Transfer: true, From: 1, To: 2, Term: 3},
			"1→2 RequestVote term 3 last 0/0 transfer"},
		{Message{Type: RequestVoteResponse, From: 1, To: 2, Term: 3},
			"1→2 RequestVoteResponse term 3 granted"},
		{Message{Type: RequestVoteResponse, PreVote: true, Reject: true, From: 1, To: 2, Term: 3},
			"1→2 PreVoteResponse term 3 rejected"},
		{Message{Type: AppendEntries, From: 1, To: 2, Term: 3, Seq: 7, Index: 4, LogTerm: 2,
			Commit:  4,
			Entries: terms(3, 3)}, "1→2 AppendEntries term 3 #7 prev 4/2 commit 4 entries 5..6"},
		{Message{Type: AppendEntries, From: 1, To: 2, Term: 3, Seq: 7, Entries: terms(3)},
			"1→2 AppendEntries term 3 #7 prev 0/0 commit 0 entry 1"},
		{Message{Type: AppendEntriesResponse, From: 2, To: 1, Term: 3, Seq: 7, Index: 6},
			"2→1 AppendEntriesResponse term 3 #7 match 6"},
		{Message{Type: AppendEntriesResponse, From: 2, To: 1, Term: 3, Seq: 7, Index: 6,
			Reject: true, Hint: 5, LogTerm: 2},
			"2→1 AppendEntriesResponse term 3 #7 rejected 6 hint 5/2"},
		{Message{Type: InstallSnapshot, From: 1, To: 2, Term: 3, Seq: 8,
			Snapshot: &Snapshot{Index: 4, Term: 2}},
			"1→2 InstallSnapshot term 3 #8 snapshot 4/2"},
		{Message{Type: InstallSnapshot, From: 1, To: 2, Term: 3}, "1→2 InstallSnapshot term 3"},
		{Message{Type: InstallSnapshotResponse, From: 2, To: 1, Term: 3, Seq: 8, Index: 4},
			"2→1 InstallSnapshotResponse term 3 #8 match 4"},
		{Message{Type: InstallSnapshotResponse, From: 2, To: 1, Term: 3, Reject: true},
			"2→1 InstallSnapshotResponse term 3 to an older term"},
		{Message{Type: TimeoutNow, From: 1, To: 2, Term: 3}, "1→2 TimeoutNow term 3"},
		{Message{Type: 77}, "0→0 MessageType(77) term 0"},
	} {
		if got := tt.m.String(); got != tt.want {
			t.Errorf("got %q, want %q", got, tt.want)
		}
	}
	p := progress{id: 2, flow: snapshot, match: 3, next: 8, pending: 7, sent: 5, acked: 4}
	if got, want := p.String(), "2: Snapshot match 3 next 8 inflight 1 pending 7"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if TimeoutNow.Response() != 0 || AppendEntries.Response() != AppendEntriesResponse ||
		AppendEntries.IsResponse() || !AppendEntriesResponse.IsResponse() {
		t.Error("responses")
	}
}
