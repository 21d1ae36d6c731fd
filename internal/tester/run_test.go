package tester

import (
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"raftlab/internal/trace"
)

// runFake runs a scenario on a fake group, bent as given, in virtual time.
func runFake(t *testing.T, bend func(*fakeGroup), cfg Config, scenario func(*Raft)) (result Result) {
	t.Helper()
	if cfg.Servers == 0 {
		cfg.Servers = 3
	}
	cfg.Seed, cfg.telepathic = 1, true
	synctest.Test(t, func(*testing.T) {
		g := newFakeGroup()
		bend(g)
		result = RunRaft(cfg, NewLocalRaft(g.lab()), scenario)
		time.Sleep(10 * time.Minute) // for what a test left asleep: the bubble waits for nobody
	})
	return result
}

// agreeTwice is the plainest scenario.
func agreeTwice(r *Raft) {
	r.Agree("one", 3)
	r.Agree("two", 3)
}

func TestAGoodRunPasses(t *testing.T) {
	var kinds []trace.Kind
	sink := func(e trace.Event) { kinds = append(kinds, e.Kind) }
	result := runFake(t, func(*fakeGroup) {}, Config{Sinks: []trace.Sink{sink}}, func(r *Raft) {
		agreeTwice(r)
		if r.Leader() != 0 || r.Term() != 1 || r.LastApplied() != 2 || r.Replicas(2) != 3 {
			r.Failf(Progress, "leader %d, term %d, applied %d", r.Leader(), r.Term(), r.LastApplied())
		}
		r.Disconnect(1)
		r.Crash(2)
		if got := r.InTouch(); !slices.Equal(got, []int{0}) || r.UpCount() != 2 {
			r.Failf(Progress, "in touch are %v of %d", got, r.UpCount())
		}
		r.Restart(2)
		r.ConnectAll()
		r.EverybodyApplies(2, time.Second)
	})
	if result.Failure != nil {
		t.Fatal(result.Failure.Report())
	}
	if result.Applied != 2 || result.Events != uint64(len(kinds)) || result.Hash == 0 {
		t.Errorf("the result is %+v after %d events", result, len(kinds))
	}
	for _, want := range []trace.Kind{trace.Restart, trace.Connect, trace.Start, trace.Apply, trace.State,
		trace.Disconnect, trace.Crash} {
		if !slices.Contains(kinds, want) {
			t.Errorf("no %v event was recorded", want)
		}
	}
}

// TestEachInvariantCanFail bends one thing at a time and expects the invariant that it breaks.
func TestEachInvariantCanFail(t *testing.T) {
	for _, c := range []struct {
		name      string
		invariant string
		says      string // a part of the message
		bend      func(g *fakeGroup)
		cfg       Config
		scenario  func(*Raft)
	}{
		{"two leaders in a term", ElectionSafety, "both lead term 1",
			func(g *fakeGroup) { g.state = func(int) (int, bool) { return 1, true } }, Config{}, agreeTwice},
		{"a follower that takes commands", ElectionSafety, "both lead term 1",
			func(g *fakeGroup) {
				g.start = func(me, i, term int, leads bool) (int, int, bool) { return 5, 1, true }
			}, Config{}, func(r *Raft) { r.Start(1, "x"); r.Start(2, "y"); r.Sleep(time.Second) }},
		{"a term that falls", Monotonic, "from term 9 to term 8",
			func(g *fakeGroup) {
				terms := map[int]int{}
				g.state = func(me int) (int, bool) {
					if me == 1 {
						terms[me]++
						return 10 - terms[me], false
					}
					return 1, me == 0
				}
			}, Config{}, func(r *Raft) { r.Sleep(time.Second) }},
		{"another command at one server", StateMachineSafety, "at index 2",
			func(g *fakeGroup) {
				g.deliver = func(me int, m Apply) Apply {
					if me == 2 && m.Index == 2 {
						m.Command = "forged"
					}
					return m
				}
			}, Config{}, agreeTwice},
		{"an index left out", Monotonic, "applied index 3, but the next after 1 is 2",
			func(g *fakeGroup) {
				g.deliver = func(me int, m Apply) Apply {
					if me == 1 && m.Index == 2 {
						m.Index = 3
					}
					return m
				}
			}, Config{}, agreeTwice},
		{"an index applied twice", Monotonic, "applied index 1, but the next after 1 is 2",
			func(g *fakeGroup) {
				g.deliver = func(me int, m Apply) Apply { m.Index = 1; return m }
			}, Config{}, agreeTwice},
		{"a snapshot of another state", StateMachineSafety, "not the state after that index",
			func(g *fakeGroup) {
				s := service{index: 2, prefix: 77}
				g.deliver = func(me int, m Apply) Apply {
					if me == 1 && m.Index == 2 {
						time.Sleep(time.Second / 2) // others have applied it
						return Apply{Install: true, Index: 2, Data: s.snapshot()}
					}
					return m
				}
			}, Config{}, func(r *Raft) { agreeTwice(r); r.Sleep(time.Second) }},
		{"a snapshot that is none", StateMachineSafety, "never took",
			func(g *fakeGroup) {
				g.deliver = func(me int, m Apply) Apply {
					return Apply{Install: true, Index: 1, Data: []byte("?")}
				}
			}, Config{}, agreeTwice},
		{"a snapshot that was made up", StateMachineSafety, "made up: 0 is the last that was applied",
			func(g *fakeGroup) {
				s := service{index: 1 << 40}
				g.deliver = func(me int, m Apply) Apply {
					return Apply{Install: true, Index: 1 << 40, Data: s.snapshot()}
				}
			}, Config{}, agreeTwice},
		{"a made up snapshot on a disk", StateMachineSafety, "the disk of server 1: a snapshot of index 1099511627776",
			func(g *fakeGroup) {
				s := service{index: 1 << 40}
				g.copied = func(d *fakeDisk) *fakeDisk { return &fakeDisk{snapshot: s.snapshot()} }
			}, Config{}, func(r *Raft) { agreeTwice(r); r.Crash(1); r.Restart(1) }},
		{"a snapshot from before", Monotonic, "after it had applied 2",
			func(g *fakeGroup) {
				s := service{index: 1, prefix: chain(0, trace.DigestOf("one"))}
				g.deliver = func(me int, m Apply) Apply {
					if m.Index == 3 {
						return Apply{Install: true, Index: 1, Data: s.snapshot()}
					}
					return m
				}
			}, Config{}, func(r *Raft) { agreeTwice(r); r.Agree("three", 3) }},
		{"a leader that lost an applied entry", LeaderCompleteness, "had applied up to 2",
			func(g *fakeGroup) {
				g.start = func(me, index, term int, leads bool) (int, int, bool) { return min(index, 2), term, leads }
			}, Config{}, func(r *Raft) { agreeTwice(r); r.Start(0, "three") }},
		{"no leader", Progress, "no leader among the connected servers [0 1 2]",
			func(g *fakeGroup) { g.state = func(int) (int, bool) { return 1, false } },
			Config{}, func(r *Raft) { r.Leader() }},
		{"a leader alone", ElectionSafety, "no majority is in touch",
			func(*fakeGroup) {}, Config{}, func(r *Raft) { r.Disconnect(1, 2); r.NoLeader() }},
		{"different terms", Progress, "different terms [1 2 3]",
			func(g *fakeGroup) { g.state = func(me int) (int, bool) { return 1 + me, false } },
			Config{}, func(r *Raft) { r.Term() }},
		{"no term", Progress, "a term must be 1 or more",
			func(g *fakeGroup) { g.state = func(me int) (int, bool) { return 0, false } },
			Config{}, func(r *Raft) { r.Term() }},
		{"a command never applied", Progress, "was not applied by 3 servers within 10s",
			func(g *fakeGroup) {
				g.start = func(me, index, term int, leads bool) (int, int, bool) { return index + 9, term, leads }
			}, Config{}, func(r *Raft) { r.Agree("x", 3) }},
		{"a command applied too late for one attempt", Progress, "should have applied it within 2s",
			func(g *fakeGroup) {
				g.deliver = func(me int, m Apply) Apply { time.Sleep(3 * time.Second); return m }
			}, Config{}, func(r *Raft) { r.AgreeAtOnce("x", 3) }},
		{"a server that lags for ever", Progress, "server 2 has applied up to 0 only",
			func(g *fakeGroup) {
				g.deliver = func(me int, m Apply) Apply {
					if me == 2 {
						time.Sleep(time.Minute)
					}
					return m
				}
			}, Config{}, func(r *Raft) { r.Agree("x", 2); r.EverybodyApplies(1, 5*time.Second) }},
		{"a leader that refuses", Progress, "refused command x",
			func(g *fakeGroup) {}, Config{}, func(r *Raft) { r.MustStart(1, "x") }},
		{"too many RPCs", Budget, "RPCs: 9, at most 8 are allowed",
			func(g *fakeGroup) {}, Config{}, func(r *Raft) { r.AtMost("RPCs", 9, 8) }},
		{"a scenario without end", TimeLimit, "did not end within 7s",
			func(g *fakeGroup) {}, Config{Limit: 7 * time.Second}, func(r *Raft) { r.Sleep(time.Hour) }},
		{"a Start that never returns", TimeLimit, "; server 0 has not returned from Start for 9.0s",
			func(g *fakeGroup) {
				g.start = func(me, i, term int, leads bool) (int, int, bool) {
					time.Sleep(5 * time.Minute)
					return i, term, leads
				}
			}, Config{Limit: 10 * time.Second}, func(r *Raft) { r.Sleep(time.Second); r.Start(0, "x") }},
		{"a Kill that never returns", NoLeak, "Kill has not returned within 3s at the servers [1]",
			func(g *fakeGroup) {
				g.kill = func(me int) {
					if me == 1 {
						time.Sleep(5 * time.Minute)
					}
				}
			}, Config{}, agreeTwice},
		{"a Kill that never returns, in the middle", TimeLimit, "server 1 has not returned from Kill",
			func(g *fakeGroup) { g.kill = func(int) { time.Sleep(5 * time.Minute) } },
			Config{Limit: 10 * time.Second}, func(r *Raft) { r.Crash(1) }},
		{"a killed server that runs on", NoLeak, "still running",
			func(g *fakeGroup) {
				g.born = func(*fakePeer) { startStray(true) }
			}, Config{}, agreeTwice},
		{"a killed server that leaves a blocked goroutine", NoLeak, "blockedStray",
			func(g *fakeGroup) {
				g.born = func(*fakePeer) { startStray(false) }
			}, Config{Strict: true}, agreeTwice},
		{"a call to a method that is not there", Misuse, "Raft.Nothing",
			func(g *fakeGroup) {
				g.born = func(p *fakePeer) {
					go func() {
						time.Sleep(time.Second)
						var reply int
						p.ends[1].Call("Raft.Nothing", 1, &reply)
					}()
				}
			}, Config{}, func(r *Raft) { r.Sleep(3 * time.Second) }},
	} {
		t.Run(c.name, func(t *testing.T) {
			var recorded []string
			c.cfg.Sinks = []trace.Sink{func(e trace.Event) {
				if e.Kind == trace.Violation {
					recorded = append(recorded, e.Method)
				}
			}}
			result := runFake(t, c.bend, c.cfg, c.scenario)
			if want := []string{c.invariant}; c.invariant != NoLeak && !slices.Equal(recorded, want) {
				t.Errorf("recorded violations are %v, want %v", recorded, want)
			}
			f := result.Failure
			if f == nil {
				t.Fatalf("the run passed; %s should have failed it", c.invariant)
			}
			if f.Invariant != c.invariant || !strings.Contains(f.Message, c.says) {
				t.Errorf("got %v, want %s with %q", f, c.invariant, c.says)
			}
		})
	}
}

// TestALateAnswerIsNoCrime has a leader answer a Start so late that another command has been applied at that
// index meanwhile, as happens to one that is deposed before its answer is heard.
func TestALateAnswerIsNoCrime(t *testing.T) {
	result := runFake(t, func(g *fakeGroup) {
		g.deliver = func(_ int, m Apply) Apply {
			m.Command = "of the next leader"
			return m
		}
		g.start = func(_, index, term int, leads bool) (int, int, bool) {
			time.Sleep(time.Second)
			return index, term, leads
		}
	}, Config{}, func(r *Raft) { r.Start(0, "lost") })
	if result.Failure != nil {
		t.Fatal(result.Failure.Report())
	}
	if result.Applied != 1 {
		t.Fatalf("applied up to %d, want 1: the test tests nothing", result.Applied)
	}
}

func TestLongDelaysFromTheBeginning(t *testing.T) {
	for _, long := range []bool{false, true} {
		var first string
		sink := func(e trace.Event) {
			if first == "" && e.Kind == trace.Fault {
				first = e.Text
			}
		}
		result := runFake(t, func(*fakeGroup) {}, Config{LongDelays: long, Sinks: []trace.Sink{sink}}, agreeTwice)
		if result.Failure != nil || (first == "long delays: true") != long {
			t.Errorf("LongDelays %v: the first fault is %q, the failure %v", long, first, result.Failure)
		}
	}
}

func TestAFailureShowsNothingThatCameAfter(t *testing.T) {
	var events []trace.Event
	for i := range 100 {
		events = append(events, trace.Event{Seq: uint64(i), At: time.Duration(i), Kind: trace.Apply})
	}
	got := telling(&Failure{Invariant: Progress, at: 60}, events)
	if len(got) != shownEvents || got[len(got)-1].At != 60 || got[0].At != 61-shownEvents {
		t.Errorf("%d events, %v to %v; want the %d up to 60", len(got), got[0].At, got[len(got)-1].At, shownEvents)
	}
}
