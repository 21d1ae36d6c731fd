package tester

import (
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"raftlab/internal/trace"
	"raftlab/labrpc"
	"raftlab/porcupine"
)

// fakeService stands in for a key/value service: its servers share a map in memory, so a test can have it do exactly
// the wrong thing that it wants the harness to notice.
type fakeService struct {
	mu   sync.Mutex // guards all below
	data map[string]string

	// What a test may bend; nil: as it should be.
	get   func(key, value string) string
	state func(me int) (term int, isLeader bool)
	disk  Disk
}

// fakeServer is one of its servers.
type fakeServer struct{ service *fakeService }

func (s *fakeServer) Kill() {}

// Do is an RPC.
func (s *fakeServer) Do(args *[3]string, reply *string) {
	f := s.service
	f.mu.Lock()
	defer f.mu.Unlock()
	switch method, key, value := args[0], args[1], args[2]; method {
	case "put":
		f.data[key] = value
	case "append":
		f.data[key] += value
	default:
		*reply = f.data[key]
		if f.get != nil {
			*reply = f.get(key, *reply)
		}
	}
}

// fakeRaft is the peer below it.
type fakeRaft struct {
	service *fakeService
	me      int
}

func (r *fakeRaft) GetState() (int, bool) {
	if r.service.state != nil {
		return r.service.state(r.me)
	}
	return 1, r.me == 0
}

// fakeClerk asks each server in turn until one answers.
type fakeClerk struct{ ends []*labrpc.ClientEnd }

func (c fakeClerk) do(args [3]string) (reply string) {
	for i := 0; !c.ends[i%len(c.ends)].Call("fakeServer.Do", &args, &reply); i++ {
		time.Sleep(time.Millisecond)
	}
	return reply
}

func (c fakeClerk) Get(key string) string    { return c.do([3]string{"get", key, ""}) }
func (c fakeClerk) Put(key, value string)    { c.do([3]string{"put", key, value}) }
func (c fakeClerk) Append(key, value string) { c.do([3]string{"append", key, value}) }

// runKV runs a scenario on f's servers in virtual time.
func runKV(t *testing.T, cfg Config, f *fakeService, scenario func(*KV)) (result Result) {
	t.Helper()
	f.data = map[string]string{}
	if f.disk == nil {
		f.disk = &fakeDisk{}
	}
	lab := KVLab{
		NewDisk:  func() Disk { return f.disk },
		CopyDisk: func(d Disk) Disk { return d },
		Start: func(_ []*labrpc.ClientEnd, me int, _ Disk, maxRaftState int) (KVServer, KVRaft) {
			if maxRaftState != -1 && maxRaftState != cfg.MaxRaftState || maxRaftState == 0 {
				t.Errorf("maxraftstate is %d", maxRaftState)
			}
			return &fakeServer{f}, &fakeRaft{f, me}
		},
		MakeClerk: func(ends []*labrpc.ClientEnd) KVClerk { return fakeClerk{ends} },
	}
	synctest.Test(t, func(*testing.T) {
		defer time.Sleep(time.Minute)
		cfg.telepathic = true
		result = RunKV(cfg, NewLocalKV(lab), scenario)
	})
	return result
}

// broken fails the test unless the run broke the invariant, with a message that has each part.
func broken(t *testing.T, r Result, invariant string, parts ...string) {
	t.Helper()
	if r.Failure == nil || r.Failure.Invariant != invariant {
		t.Fatalf("want a breach of %s, got %v", invariant, r.Failure)
	}
	for _, part := range parts {
		if !strings.Contains(r.Failure.Message, part) {
			t.Errorf("the message lacks %q: %s", part, r.Failure.Message)
		}
	}
}

// A run without a fault passes, and each operation is an event when it is called and when it is answered.
func TestKVRecords(t *testing.T) {
	var texts []string
	cfg := Config{Servers: 3, Seed: 1, Sinks: []trace.Sink{func(e trace.Event) {
		if e.Kind == trace.Call || e.Kind == trace.Answer {
			texts = append(texts, e.Kind.String()+" "+e.Method+" "+e.Text)
		}
	}}}
	var history []porcupine.Operation
	r := runKV(t, cfg, &fakeService{}, func(k *KV) {
		c := k.Client()
		c.Put("x", "1")
		c.Append("x", "2")
		c.Expect("x", "12")
		if other := k.Client(); other.ID() != 1 || c.ID() != 0 {
			t.Errorf("clients are numbered %d and %d", c.ID(), other.ID())
		}
		history = k.History()
	})
	if r.Failure != nil || r.Operations != 3 {
		t.Fatalf("%v, %d operations", r.Failure, r.Operations)
	}
	want := []string{"call Put x = 1", "answer Put x", "call Append x = 2", "answer Append x", "call Get x",
		"answer Get x = 12"}
	if !slices.Equal(texts, want) {
		t.Errorf("recorded %q, want %q", texts, want)
	}
	for i, op := range history {
		if op.Pending || op.Return <= op.Call || i > 0 && op.Call < history[i-1].Return {
			t.Errorf("operation %d: %+v", i, op)
		}
	}
}

// A wrong answer fails the run at its end, though the scenario asked for nothing.
func TestKVJudgesHistories(t *testing.T) {
	stale := &fakeService{get: func(_, value string) string { return strings.TrimSuffix(value, "2") }}
	r := runKV(t, Config{Servers: 3, Seed: 1}, stale, func(k *KV) {
		c := k.Client()
		c.Put("x", "1")
		c.Append("x", "2")
		c.Get("x")
	})
	broken(t, r, Linearizable, "3 operations")

	r = runKV(t, Config{Servers: 3, Seed: 1}, &fakeService{}, func(k *KV) { k.Client().Expect("x", "1") })
	broken(t, r, Linearizable, `client 0 read "" from key "x"; it must be "1"`)
}

// What was never answered may or may not have been done.
func TestKVPendingOperations(t *testing.T) {
	for _, reached := range []bool{true, false} {
		r := runKV(t, Config{Servers: 1, Seed: 1}, &fakeService{}, func(k *KV) {
			c, other := k.Client(), k.Client()
			if !reached {
				other.Reach()
			}
			k.Begin(func() { other.Put("x", "1") })
			k.Sleep(time.Second)
			if got := c.Get("x"); (got == "1") != reached {
				t.Errorf("read %q", got)
			}
		})
		if r.Failure != nil {
			t.Errorf("reached %v: %v", reached, r.Failure)
		}
	}
}

// Clients reach whom the scenario says, whatever is between the servers.
func TestKVReach(t *testing.T) {
	r := runKV(t, Config{Servers: 3, Seed: 1}, &fakeService{}, func(k *KV) {
		c := k.Client(1)
		k.Disconnect(1)
		before := k.RequestsTo(1)
		c.Put("x", "1")
		c.Put("x", "2")
		if got := k.RequestsTo(1) - before; got != 2 {
			t.Errorf("server 1 was asked %d times", got)
		}
		c.Reach(0, 2)
		c.Put("x", "3")
		if got := k.RequestsTo(1) - before; got != 2 {
			t.Errorf("server 1 was asked though the client does not reach it")
		}
		k.Crash(0)
		c.Reach(0)
		done := k.Begin(func() { c.Put("x", "4") })
		k.Sleep(time.Second)
		k.NotYet("a write", done, "the server is down")
		k.Restart(0)
		k.Soon(time.Second, "the write", done)
	})
	if r.Failure != nil {
		t.Error(r.Failure)
	}
}

// What takes too long, or too little time, or too much room.
func TestKVDemands(t *testing.T) {
	run := func(cfg Config, f *fakeService, scenario func(*KV)) Result {
		cfg.Servers, cfg.Seed = 3, 1
		return runKV(t, cfg, f, scenario)
	}
	r := run(Config{}, &fakeService{}, func(k *KV) {
		k.Soon(time.Second, "the wait", k.Begin(func() { k.Sleep(2 * time.Second) }))
	})
	broken(t, r, Progress, "the wait took longer than 1s")

	r = run(Config{}, &fakeService{}, func(k *KV) {
		done := k.Begin(func() {})
		k.Sleep(time.Second)
		k.NotYet("the write", done, "nobody was there")
	})
	broken(t, r, Linearizable, "the write was done, though nobody was there")

	full := &fakeDisk{snapshot: make([]byte, 77)}
	r = run(Config{}, &fakeService{disk: full}, func(k *KV) { k.Trimmed() })
	broken(t, r, Budget, "77", "0 are allowed")
	r = run(Config{MaxRaftState: 100}, &fakeService{disk: full}, func(k *KV) { k.Trimmed() })
	if r.Failure != nil {
		t.Errorf("with a limit snapshots are wanted: %v", r.Failure)
	}
	r = run(Config{}, &fakeService{}, func(k *KV) { k.SlowDisk(time.Second, 1) })
	broken(t, r, Misuse, "the disk of server 1 cannot be made slow")

	r = run(Config{}, &fakeService{state: func(me int) (int, bool) { return 1, me < 2 }}, func(k *KV) {
		k.Sleep(time.Second)
	})
	broken(t, r, ElectionSafety, "both lead term 1")
}

// A pause holds requests, and those who ask wait; nothing is lost.
func TestKVPause(t *testing.T) {
	r := runKV(t, Config{Servers: 1, Seed: 1}, &fakeService{}, func(k *KV) {
		c := k.Client()
		k.Pause(0)
		done := k.Begin(func() { c.Append("x", "1") })
		k.Sleep(time.Minute)
		k.NotYet("a write", done, "the server is paused")
		k.Resume(0)
		k.Soon(time.Second, "the write", done)
		c.Expect("x", "1")

		k.Duplicates(100, time.Millisecond)
		c.Append("x", "2") // the fake does not know repetitions
		k.Sleep(time.Second)
		if got := c.clerk.Get("x"); got != "122" {
			t.Errorf("a doubled append left %q", got)
		}
	})
	if r.Failure != nil {
		t.Error(r.Failure)
	}
}

// No verdict is neither a pass nor a breach, and names its budget.
func TestVerdicts(t *testing.T) {
	for _, c := range []struct {
		report    porcupine.Report
		err       error
		invariant string
		part      string
	}{
		{porcupine.Report{Result: porcupine.Ok}, nil, "", ""},
		{porcupine.Report{Result: porcupine.Illegal}, nil, Linearizable, "no order of the 9 operations"},
		{porcupine.Report{Result: porcupine.Unknown, Limit: porcupine.TimeLimit}, nil, Undecided, "time (1m0s)"},
		{porcupine.Report{Result: porcupine.Unknown, Limit: porcupine.MemoryLimit}, nil, Undecided, "memory (1024 MB)"},
		{porcupine.Report{Result: porcupine.Unknown, Limit: porcupine.Cancelled}, nil, Undecided, `"context"`},
		{porcupine.Report{}, errors.New("bad history"), Undecided, "bad history"},
	} {
		invariant, message := verdictOn(9, c.report, c.err)
		if invariant != c.invariant || !strings.Contains(message, c.part) {
			t.Errorf("%+v, %v: %s: %s", c.report, c.err, invariant, message)
		}
	}
}

// A clerk that a failed run leaves behind does not keep the machine busy.
func TestKVEndsClerks(t *testing.T) {
	f := &fakeService{data: map[string]string{}, disk: &fakeDisk{}}
	calls := make(chan struct{}, 1<<20)
	host := NewLocalKV(KVLab{
		NewDisk:  func() Disk { return f.disk },
		CopyDisk: func(d Disk) Disk { return d },
		Start: func(_ []*labrpc.ClientEnd, me int, _ Disk, _ int) (KVServer, KVRaft) {
			return &fakeServer{f}, &fakeRaft{f, me}
		},
		MakeClerk: func(ends []*labrpc.ClientEnd) KVClerk { return hastyClerk{fakeClerk{ends}, calls} },
	})
	r := RunKV(Config{Servers: 1, Seed: 1, telepathic: true}, host, func(k *KV) {
		c := k.Client(0)
		k.Crash(0)
		k.Begin(func() { c.Get("x") })
		<-calls
		k.Failf(Progress, "enough")
	})
	broken(t, r, Progress, "enough")
	for len(calls) > 0 { // those made before the run ended
		<-calls
	}
	time.Sleep(2 * labrpc.UnreachableWait) // what was under way has failed by then
	if made := len(calls); made > 1 {
		t.Errorf("%d calls since the run ended", made)
	}
}

// hastyClerk asks again without a rest.
type hastyClerk struct {
	fakeClerk
	calls chan<- struct{}
}

func (c hastyClerk) Get(key string) (reply string) {
	for {
		c.calls <- struct{}{}
		if c.ends[0].Call("fakeServer.Do", &[3]string{"get", key, ""}, &reply) {
			return reply
		}
	}
}
