package sim_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"raftlab/internal/sim"
	"raftlab/internal/suite"
	"raftlab/internal/tester"
	"raftlab/internal/tester/schedule"
	"raftlab/internal/trace"
)

// scenario is a run of a schedule.
func scenario(s schedule.Schedule) suite.Scenario {
	it := suite.Scenario{Name: "schedule", Part: "2D", Servers: s.Peers, Limit: s.Heal + time.Minute}
	if s.Lab == schedule.Raft {
		it.SnapshotEvery = s.Snapshots
		it.Raft = func(r *tester.Raft) { r.Play(s) }
		return it
	}
	it.Part, it.MaxRaftState = "3B", s.Snapshots
	it.KV = func(k *tester.KV) { k.Play(s) }
	return it
}

// simulate runs a scenario on the reference, and shows what went wrong if it fails.
func simulate(t *testing.T, it suite.Scenario, seed uint64, sinks ...trace.Sink) sim.Result {
	t.Helper()
	p, err := reference()
	if err != nil {
		t.Fatal(err)
	}
	r := sim.Run(context.Background(),
		sim.Job{Program: p, Scenario: it, Seed: seed, Odds: 300, Strict: true, Sinks: sinks})
	if r.Verdict != sim.Passed {
		if r.Failure != nil {
			t.Log(r.Failure.Report())
		}
		t.Error(r, r.Output)
	}
	return r
}

// events plays a script on the reference, which must pass, and returns all that happened.
func events(t *testing.T, script string) []trace.Event {
	t.Helper()
	s, err := schedule.Parse(strings.NewReader(script))
	if err != nil {
		t.Fatal(err)
	}
	var all []trace.Event
	simulate(t, scenario(s), s.Seed, func(e trace.Event) { all = append(all, e) })
	return all
}

// between returns the events from the first that begins to the next that ends, both included.
func between(t *testing.T, all []trace.Event, begins, ends func(trace.Event) bool) []trace.Event {
	t.Helper()
	from := slices.IndexFunc(all, begins)
	if from < 0 {
		t.Fatal("it does not begin")
	}
	to := slices.IndexFunc(all[from+1:], ends)
	if to < 0 {
		t.Fatal("it does not end")
	}
	return all[from : from+to+2]
}

func is(kind trace.Kind, node int) func(trace.Event) bool {
	return func(e trace.Event) bool { return e.Kind == kind && e.Node == node }
}

func fault(text string) func(trace.Event) bool {
	return func(e trace.Event) bool { return e.Kind == trace.Fault && strings.Contains(e.Text, text) }
}

func count(all []trace.Event, which func(trace.Event) bool) (n int) {
	for _, e := range all {
		if which(e) {
			n++
		}
	}
	return n
}

// does says whether a server did something: not what others did to it, or the harness.
func does(node int) func(trace.Event) bool {
	return func(e trace.Event) bool {
		switch e.Kind {
		case trace.Request, trace.Deliver, trace.Reply, trace.Return, trace.Apply, trace.Install, trace.Compact,
			trace.Save, trace.State:
			return e.Node == node
		}
		return false
	}
}

func sends(node int) func(trace.Event) bool {
	return func(e trace.Event) bool { return e.Node == node && (e.Kind == trace.Request || e.Kind == trace.Reply) }
}

// TestCrashPoints: a server ends exactly there, and comes back.
func TestCrashPoints(t *testing.T) {
	for _, lab := range []string{
		"raft peers 3 seed 5 snapshots 4\nwork clients 2 every 5ms\n",
		"kvraft peers 3 seed 5 snapshots 500\nwork clients 3 every 5ms keys 2 get 30% append 30%\n",
	} {
		for _, point := range []string{"save 1", "save 4", "send 1", "send 7", "save 3 unsent"} {
			all := events(t, lab+"1s crash 2 after "+point+" for 100ms\n2s heal\n")
			life := between(t, all, fault("will crash"), is(trace.Crash, 2))
			saves, sent := count(life, is(trace.Save, 2)), count(life, sends(2))
			last := life[len(life)-1]
			for i := len(life) - 1; !does(2)(last); i-- {
				last = life[i]
			}
			ok := false
			switch point {
			case "save 1", "save 4":
				ok = last.Kind == trace.Save && saves == int(point[5]-'0')
			case "send 1", "send 7":
				ok = sends(2)(last) && sent == int(point[5]-'0')
				arrives := trace.Deliver
				if last.Kind == trace.Reply {
					arrives = trace.Return
				}
				ok = ok && count(all, func(e trace.Event) bool {
					return e.Kind == arrives && e.ID == last.ID && e.Node == last.Peer
				}) == 1
			default:
				third := 0
				after := life[slices.IndexFunc(life, func(e trace.Event) bool {
					if is(trace.Save, 2)(e) {
						third++
					}
					return third == 3
				}):]
				ok = saves >= 3 && count(after, sends(2)) == 0
			}
			if !ok {
				t.Errorf("after %s: %d saves and %d sends, the last of all %v", point, saves, sent, last)
			}
			dead := between(t, all, is(trace.Crash, 2), is(trace.Restart, 2))
			if n := count(dead, does(2)); n > 0 {
				t.Errorf("after %s: %d things were done by the dead", point, n)
			}
			if took := dead[len(dead)-1].At - dead[0].At; took != 100*time.Millisecond {
				t.Errorf("after %s: it was down for %v", point, took)
			}
		}
	}
}

// TestCrashKeepsWhatWasSaved: after the k-th save that very save is on the disk.
func TestCrashKeepsWhatWasSaved(t *testing.T) {
	var saved []int
	story := func(r *tester.Raft) {
		r.Agree(1, 1)
		saved = nil
		r.CrashAt(0, schedule.AfterSave, 3)
		for i := range 10 {
			r.Start(0, strings.Repeat("x", 100*i))
		}
		r.Wait(time.Second, func() bool { return !r.Up(0) })
		if r.Up(0) || len(saved) != 3 || r.LogSize() != saved[2] {
			t.Errorf("up %v, saves of %v bytes, %d on the disk", r.Up(0), saved, r.LogSize())
		}
		r.Restart(0)
		r.Connect(0)
		r.Agree(2, 1)
	}
	simulate(t, suite.Scenario{Name: "saves", Part: "2C", Servers: 1, Raft: story}, 1, func(e trace.Event) {
		if e.Kind == trace.Save {
			saved = append(saved, e.Bytes)
		}
	})
}

// TestFreeze: a frozen server does nothing, and then all that it has missed.
func TestFreeze(t *testing.T) {
	all := events(t, "raft peers 3 seed 3\nwork clients 2 every 5ms\n1s freeze leader for 700ms\n3s heal\n")
	freezes := func(e trace.Event) bool { return e.Text == "frozen" }
	at := slices.IndexFunc(all, freezes)
	who := all[at].Node
	still := between(t, all, freezes, is(trace.Resume, who))
	if n := count(still, does(who)); n > 0 {
		t.Errorf("server %d did %d things while it was frozen", who, n)
	}
	if took := still[len(still)-1].At - all[at].At; took != 700*time.Millisecond {
		t.Errorf("it was frozen for %v", took)
	}
	end := still[len(still)-1]
	missed := count(all, func(e trace.Event) bool { return is(trace.Deliver, who)(e) && e.At == end.At })
	if missed == 0 {
		t.Error("no message had waited for it")
	}
	if count(still, func(e trace.Event) bool { return e.Kind == trace.State && e.Leader }) == 0 {
		t.Error("nobody took its place")
	}
}

// TestClocks: who has a fast clock stands for election early, who has a slow one late, and a jump rings all timers.
func TestClocks(t *testing.T) {
	elected := func(step string) time.Duration {
		all := events(t, "raft peers 3 seed 9\nwork clients 1 every 5ms\n"+step+"\n2s heal\n")
		at := slices.IndexFunc(all, func(e trace.Event) bool { return e.Kind == trace.State && e.Leader })
		return all[at].At
	}
	usual := elected("0s clock 0 rate 100%")
	for rate, step := range map[float64]string{2: "0s clock all rate 200%", 0.5: "0s clock all rate 50%"} {
		got, want := elected(step), time.Duration(float64(usual)/rate)
		if got < want*9/10 || got > want*11/10 {
			t.Errorf("%s: elected at %v; want %v, since it is %v by true clocks", step, got, want, usual)
		}
	}
	if got := elected("5ms clock 0 jump 5s"); got > 20*time.Millisecond {
		t.Errorf("a clock that jumps at 5ms has its server elected at %v", got)
	}
}

// TestWays: messages pass where they should, and nowhere else.
func TestWays(t *testing.T) {
	const head = "raft peers 5 seed 4\nwork clients 2 every 5ms\n"
	for _, test := range []struct {
		step   string
		passes func(from, to int) bool
	}{
		{"partition 0 1 | 2 | rest", func(a, b int) bool { return a < 2 && b < 2 || a > 2 && b > 2 }},
		{"bridge 4", nil}, // see below
		{"ring", func(a, b int) bool { return (a+1)%5 == b || (b+1)%5 == a }},
		{"cut 1 2 > rest", func(a, b int) bool { return a != 1 && a != 2 || b == 1 || b == 2 }},
		{"cut rest > 3", func(a, b int) bool { return b != 3 }},
	} {
		all := events(t, head+"500ms "+test.step+" for 600ms\n700ms crash 1 2 for 20ms\n2s heal\n")
		reached := map[[2]int]bool{}
		for _, e := range all {
			if e.At < 505*time.Millisecond || e.At > 1100*time.Millisecond {
				continue // what was under way is over
			}
			if e.Kind == trace.Deliver || e.Kind == trace.Return {
				reached[[2]int{e.Peer, e.Node}] = true
			}
		}
		if test.passes == nil {
			sides := 0
			for a := range 4 {
				for b := range 4 {
					if a < b && (reached[[2]int{a, b}] || reached[[2]int{b, a}]) {
						sides++
					}
				}
			}
			if sides > 2 {
				t.Errorf("%s: %d pairs are in touch beside it; two halves have two", test.step, sides)
			}
			continue
		}
		for way := range reached {
			if !test.passes(way[0], way[1]) {
				t.Errorf("%s: a message of %d reached %d", test.step, way[0], way[1])
			}
		}
		if len(reached) < 3 {
			t.Errorf("%s: nobody reaches anybody: %v", test.step, reached)
		}
	}
}

// TestNoise: messages are lost, doubled and late where that was asked for.
func TestNoise(t *testing.T) {
	const head = "raft peers 3 seed 6\nwork clients 2 every 5ms\n"
	lost := func(e trace.Event) bool { return e.Kind == trace.Drop && e.Text == "lost" }
	all := events(t, head+"500ms noise 0 > rest loss 50% for 1s\n2s heal\n")
	here := count(all, func(e trace.Event) bool { return lost(e) && e.Node == 0 && e.At < 1510*time.Millisecond })
	if n := count(all, lost); here < 10 || here != n {
		t.Errorf("%d messages of server 0 were lost, of %d", here, n)
	}
	all = events(t, head+"0s noise twice 100% jitter 20ms\n1s heal\n")
	arrived := map[uint64]int{}
	for _, e := range all {
		if e.Kind == trace.Deliver && e.At < 900*time.Millisecond {
			arrived[e.ID]++
		}
	}
	twice := 0
	for _, n := range arrived {
		if n == 2 {
			twice++
		}
	}
	if twice < len(arrived)*9/10 || twice < 20 {
		t.Errorf("%d of %d requests arrived twice", twice, len(arrived))
	}
	all = events(t, head+"0s noise delay 30ms\n1s heal\n")
	left, quick := map[uint64]time.Duration{}, 0
	for _, e := range all {
		switch {
		case e.Kind == trace.Request:
			left[e.ID] = e.At
		case e.Kind == trace.Deliver && e.At < time.Second && e.At-left[e.ID] < 30*time.Millisecond:
			quick++
		}
	}
	if quick > 0 {
		t.Errorf("%d of %d requests took less than their delay", quick, len(left))
	}
}

// TestElected: a step that waits for an election comes at that very instant.
func TestElected(t *testing.T) {
	all := events(t, "raft peers 3 seed 8\nwork clients 1 every 5ms\n1s crash leader for 1s\n"+
		"elected after 1s crash leader\n4s heal\n")
	var crashed []trace.Event
	for _, e := range all {
		if e.Kind == trace.Crash {
			crashed = append(crashed, e)
		}
	}
	if len(crashed) != 2 || crashed[0].Node == crashed[1].Node {
		t.Fatalf("crashes: %v", crashed)
	}
	won := slices.IndexFunc(all, func(e trace.Event) bool { return is(trace.State, crashed[1].Node)(e) && e.Leader })
	if won < 0 || all[won].At != crashed[1].At {
		t.Errorf("elected %v, crashed %v", all[won], crashed[1])
	}
}

// TestServiceSteps: snapshots when a step says so, and saves that take longer.
func TestServiceSteps(t *testing.T) {
	all := events(t, "raft peers 3 seed 8\nwork clients 1 every 5ms\n1s snapshot 1\n1s slow 2 delay 40ms\n2s heal\n")
	var compacted []trace.Event
	var last, shortest time.Duration = 0, time.Second
	for _, e := range all {
		switch {
		case e.Kind == trace.Compact:
			compacted = append(compacted, e)
		case is(trace.Save, 2)(e) && e.At > time.Second && e.At < 2*time.Second:
			if last > 0 {
				shortest = min(shortest, e.At-last)
			}
			last = e.At
		}
	}
	if len(compacted) != 1 || compacted[0].Node != 1 || compacted[0].At-time.Second > 100*time.Millisecond {
		t.Errorf("snapshots: %v", compacted)
	}
	if shortest < 40*time.Millisecond || last == 0 {
		t.Errorf("two saves of a slow disk are %v apart", shortest)
	}
}

// TestRandomSchedules: the reference passes some, and each is the same run again.
func TestRandomSchedules(t *testing.T) {
	for _, lab := range []schedule.Lab{schedule.Raft, schedule.KV} {
		for seed := uint64(1); seed <= 6; seed++ {
			s := schedule.Random(seed, schedule.Options{Lab: lab, Family: schedule.Families()[seed-1], Length: time.Second})
			first := simulate(t, scenario(s), s.Seed)
			again := simulate(t, scenario(s), s.Seed)
			if first.Hash != again.Hash || first.Steps != again.Steps {
				t.Errorf("%d events with hash %x, and again %d with %x:\n%v", first.Events, first.Hash, again.Events,
					again.Hash, s)
			}
		}
	}
}
