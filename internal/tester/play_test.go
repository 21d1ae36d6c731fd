package tester

import (
	"slices"
	"strings"
	"testing"
	"time"

	"raftlab/internal/tester/schedule"
	"raftlab/internal/trace"
)

// parsed reads a schedule of bare Raft peers: head, and then lines.
func parsed(t *testing.T, lines ...string) schedule.Schedule {
	t.Helper()
	text := "raft peers 3 seed 1\nwork clients 2 every 10ms\n" + strings.Join(lines, "\n") + "\n1s heal\n"
	s, err := schedule.Parse(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// playFake plays a schedule on a fake group in this process, bent as given.
func playFake(t *testing.T, s schedule.Schedule, bend func(*fakeGroup), cfg Config) (Result, []trace.Event) {
	t.Helper()
	var all []trace.Event
	cfg.Sinks = []trace.Sink{func(e trace.Event) { all = append(all, e) }}
	return runFake(t, bend, cfg, func(r *Raft) { r.Play(s) }), all
}

func TestPlayInThisProcess(t *testing.T) {
	s := parsed(t, "100ms partition 1 | rest for 200ms", "120ms snapshot 0", "200ms crash 2 for 100ms", "400ms crash 1",
		"500ms restart down", "500ms pause 0 for 50ms", "600ms cut 0 > rest for 50ms", "700ms noise loss 10%",
		"700ms unreliable", "700ms reorder", "800ms quiet", "800ms pause 2", "850ms resume 2", "900ms crash all")
	result, all := playFake(t, s, func(*fakeGroup) {}, Config{})
	if result.Failure != nil {
		t.Fatal(result.Failure.Report())
	}
	var crashes, restarts, holds, compacts []int
	texts := ""
	for _, e := range all {
		switch e.Kind {
		case trace.Crash:
			crashes = append(crashes, e.Node)
		case trace.Restart:
			restarts = append(restarts, e.Node)
		case trace.Pause, trace.Resume:
			holds = append(holds, e.Node)
		case trace.Compact:
			compacts = append(compacts, e.Node)
		case trace.Fault:
			texts += e.Text + "\n"
		}
	}
	if !slices.Equal(crashes, []int{2, 1, 0, 1, 2}) || !slices.Equal(restarts, []int{0, 1, 2, 2, 1, 0, 1, 2}) ||
		!slices.Equal(holds, []int{0, 0, 2, 2}) || !slices.Equal(compacts, []int{0}) {
		t.Errorf("crashes %v, restarts %v, pauses %v, snapshots %v", crashes, restarts, holds, compacts)
	}
	for _, want := range []string{"links: partition [2 1 2]", "links: whole", "messages: cut, else",
		"messages: as usual", "all messages: 10% lost", "reliable: false", "reliable: true",
		"long reordering: true", "long reordering: false"} {
		if !strings.Contains(texts, want) {
			t.Errorf("no fault says %q:\n%s", want, texts)
		}
	}
	if result.Applied < 50 || result.Elapsed > 4*time.Second {
		t.Errorf("%d applied within %v", result.Applied, result.Elapsed)
	}
}

// TestPlayRefuses what it cannot play here, or at all.
func TestPlayRefuses(t *testing.T) {
	bad := parsed(t)
	bad.Heal = -1
	kv := parsed(t)
	kv.Lab, kv.Work.Keys = schedule.KV, 1
	for _, test := range []struct {
		s    schedule.Schedule
		cfg  Config
		says string
	}{
		{parsed(t, "1ms crash 0 after save 1"), Config{},
			"cannot be made to crash at a save or send here; the simulator can do that"},
		{parsed(t, "1ms freeze 0"), Config{}, "cannot be made to stand still here"},
		{parsed(t, "1ms clock 0 rate 90%"), Config{}, "cannot be made to have wrong clocks here"},
		{parsed(t), Config{Servers: 5}, "is for 3 servers; there are 5"},
		{bad, Config{}, "cannot be played: schedule: heal is -1ns"},
		{kv, Config{}, "is for the lab kvraft"},
	} {
		result, _ := playFake(t, test.s, func(*fakeGroup) {}, test.cfg)
		if f := result.Failure; f == nil || f.Invariant != Misuse || !strings.Contains(f.Message, test.says) {
			t.Errorf("%v; want %s: …%s…", f, Misuse, test.says)
		}
	}
}

// TestPlayDemandsProgress of a group that works until it is healed, and then no more.
func TestPlayDemandsProgress(t *testing.T) {
	healed := false
	deaf := func(g *fakeGroup) {
		g.start = func(_, index, term int, leads bool) (int, int, bool) {
			if healed {
				return 1 << 20, term, leads
			}
			return index, term, leads
		}
	}
	s := parsed(t, "500ms ring")
	result := runFake(t, deaf, Config{}, func(r *Raft) {
		r.Go(func() {
			r.Sleep(s.Heal)
			healed = true
		})
		r.Play(s)
	})
	if f := result.Failure; f == nil || f.Invariant != Progress || !strings.Contains(f.Message, "healed at") {
		t.Errorf("%v; want %s", f, Progress)
	}
}

// TestRoles: steps befall whom they should.
func TestRoles(t *testing.T) {
	s := parsed(t)
	s.Peers = 5
	story := func(r *Raft) {
		r.roles = newRoles(5, func() {})
		p := newPlay(r.Cluster, s)
		who := func(peers ...schedule.Peer) []int { return p.resolve(peers, nil) }
		for _, node := range []int{3, 1} {
			r.roles.see(trace.Event{Kind: trace.State, Node: node, Term: 5 - node, Leader: true})
		}
		r.Crash(4)
		for _, test := range []struct {
			peer schedule.Peer
			want []int // nil: drawn
			size int
		}{
			{schedule.Leader, []int{1}, 1}, {schedule.Old, []int{3}, 1}, {schedule.Next, []int{2}, 1},
			{schedule.Followers, []int{0, 2, 3, 4}, 4}, {schedule.Down, []int{4}, 1}, {schedule.All, r.All(), 5},
			{schedule.Rest, r.All(), 5}, {2, []int{2}, 1}, {schedule.Follower, nil, 1}, {schedule.Any, nil, 1},
			{schedule.Minority, nil, 2}, {schedule.Near, nil, 2},
		} {
			got := who(test.peer)
			if len(got) != test.size || test.want != nil && !slices.Equal(got, test.want) {
				t.Errorf("%v is %v, want %v", test.peer, got, test.want)
			}
			leads := slices.Contains(got, 1)
			if (test.peer == schedule.Follower || test.peer == schedule.Minority) && leads ||
				test.peer == schedule.Near && !leads {
				t.Errorf("%v is %v; the leader is 1", test.peer, got)
			}
		}
		if got := who(2, schedule.Leader, 2); !slices.Equal(got, []int{2, 1}) {
			t.Errorf("2, leader and 2 are %v", got)
		}
		r.Crash(1)
		if got := who(schedule.Leader); len(got) != 1 || got[0] == 1 || got[0] == 4 {
			t.Errorf("with the leader down, leader is %v", got)
		}
		r.Crash(r.All()...)
		if got := who(schedule.Leader, schedule.Any, schedule.Follower, schedule.Near); len(got) != 0 {
			t.Errorf("with all down, somebody is %v", got)
		}
	}
	if result := runFake(t, func(*fakeGroup) {}, Config{Servers: 5}, story); result.Failure != nil {
		t.Error(result.Failure.Report())
	}
}
