package kv

import (
	"bytes"
	"fmt"
	"log"
	"os"
	"reflect"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"raftlab/kvraft"
	"raftlab/kvraft/state"
	"raftlab/labrpc"
	"raftlab/raft"
)

// group is a few servers on a network of their own.
type group struct {
	net     *labrpc.Network
	disks   []*raft.Persister
	servers []*kvraft.KVServer
	limit   int
	ends    int
}

func newGroup(servers, limit int) *group {
	g := &group{net: labrpc.NewNetwork(labrpc.Options{Seed: 1}), limit: limit,
		disks: make([]*raft.Persister, servers), servers: make([]*kvraft.KVServer, servers)}
	for i := range g.disks {
		g.disks[i] = raft.MakePersister()
	}
	return g
}

// raftOf returns the server's Raft peer, which answers RPCs of its own: by the lab's rules its field rf.
func raftOf(kv *kvraft.KVServer) *raft.Raft {
	return (*raft.Raft)(reflect.ValueOf(kv).Elem().FieldByName("rf").UnsafePointer())
}

// links makes one end to each server.
func (g *group) links() []*labrpc.ClientEnd {
	ends := make([]*labrpc.ClientEnd, len(g.servers))
	for i := range ends {
		g.ends++
		ends[i] = g.net.MakeEnd(g.ends)
		g.net.Connect(g.ends, i)
		g.net.Enable(g.ends, true)
	}
	return ends
}

func (g *group) start(servers ...int) {
	for _, i := range servers {
		g.servers[i] = kvraft.StartKVServer(g.links(), i, g.disks[i], g.limit)
		server := labrpc.MakeServer()
		server.AddService(labrpc.MakeService(g.servers[i]))
		server.AddService(labrpc.MakeService(raftOf(g.servers[i])))
		g.net.AddServer(i, server)
	}
}

func (g *group) kill(servers ...int) {
	for _, i := range servers {
		g.net.DeleteServer(i)
		g.disks[i] = g.disks[i].Copy()
		g.servers[i].Kill()
	}
}

// inBubble runs f in virtual time. It fails if f leaves a goroutine behind that never ends.
func inBubble(t *testing.T, f func(t *testing.T)) { synctest.Test(t, f) }

// logged collects what is logged until the test ends.
func logged(t *testing.T) func() string {
	var mu sync.Mutex
	var b bytes.Buffer
	log.SetOutput(writer(func(p []byte) (int, error) {
		mu.Lock()
		defer mu.Unlock()
		return b.Write(p)
	}))
	t.Cleanup(func() { log.SetOutput(os.Stderr) })
	return func() string {
		mu.Lock()
		defer mu.Unlock()
		return b.String()
	}
}

type writer func(p []byte) (int, error)

func (w writer) Write(p []byte) (int, error) { return w(p) }

// A server whose snapshot is damaged says so and takes no part; the others go on without it.
func TestCorruptSnapshotIsRefused(t *testing.T) {
	said := logged(t)
	inBubble(t, func(t *testing.T) {
		g := newGroup(3, 500)
		g.start(0, 1, 2)
		ck := kvraft.MakeClerk(g.links())
		for i := range 50 {
			ck.Append("x", fmt.Sprintf("(%d)", i))
		}
		time.Sleep(time.Second)
		g.kill(0, 1, 2)
		bad := g.disks[0].ReadSnapshot()
		if len(bad) == 0 {
			t.Fatal("no snapshot was taken")
		}
		bad[len(bad)/2] ^= 1
		g.disks[0].Save(g.disks[0].ReadRaftState(), bad)
		before := g.disks[0].ReadRaftState()
		g.start(0, 1, 2)
		ck.Append("x", "!")
		if got := ck.Get("x"); !strings.HasSuffix(got, "(49)!") {
			t.Errorf("the value is %q", got)
		}
		if _, leads := raftOf(g.servers[0]).GetState(); leads || !bytes.Equal(before, g.disks[0].ReadRaftState()) {
			t.Error("the server takes part all the same")
		}
		g.kill(0, 1, 2)
		g.net.Cleanup()
	})
	if got := said(); !strings.Contains(got, "server 0 does not start") || !strings.Contains(got, "checksum") {
		t.Errorf("it logged %q", got)
	}
}

// Requests that wait for a majority are refused when their server is killed, and nothing of it stays.
func TestKillEndsWaits(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		g := newGroup(3, -1)
		g.start(0, 1, 2)
		kvraft.MakeClerk(g.links()).Put("x", "1")
		leader := -1
		for i, kv := range g.servers {
			if _, leads := raftOf(kv).GetState(); leads {
				leader = i
			}
		}
		g.kill((leader+1)%3, (leader+2)%3)
		write := state.Command{Kind: state.Put, Client: 7, Number: 1, Key: "x", Value: "2"}
		errs := make(chan string)
		end := g.links()[leader]
		go func() { errs <- put(end, write) }()
		go func() { errs <- put(end, write) }() // again: both wait for one entry
		go func() { errs <- get(end, "x") }()
		time.Sleep(10 * time.Millisecond)
		select {
		case err := <-errs:
			t.Errorf("answered %q without a majority", err)
		default:
		}
		g.servers[leader].Kill() // but not the network's way to it: its answers are heard
		for range 3 {
			if err := <-errs; err != "ErrWrongLeader" {
				t.Errorf("answered %q", err)
			}
		}
		if err := put(end, write); err != "ErrWrongLeader" {
			t.Errorf("after Kill: %q", err)
		}
		g.servers[leader].Kill()
		g.net.Cleanup()
	})
}

// put and get send a request as a Clerk would, by structures of their own: the service's are not part of the
// lab's API, and a solution put in place of this one has others.

func put(server *labrpc.ClientEnd, c state.Command) (err string) {
	var reply struct{ Err string }
	server.Call("KVServer.PutAppend", &struct{ Command state.Command }{c}, &reply)
	return reply.Err
}

func get(server *labrpc.ClientEnd, key string) (err string) {
	var reply struct{ Err, Value string }
	server.Call("KVServer.Get", &struct{ Key string }{key}, &reply)
	return reply.Err
}

// A write is refused if it is none, or if its client has moved on; a repetition is answered from the session.
func TestAnswersToWrites(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		g := newGroup(1, -1)
		g.start(0)
		kvraft.MakeClerk(g.links()).Put("x", "")
		end := g.links()[0]
		before := g.disks[0].RaftStateSize()
		for _, c := range []struct {
			kind   state.Kind
			number uint64
			want   string
		}{
			{state.Append, 2, "OK"}, {state.Append, 2, "OK"}, {state.Append, 1, "ErrSuperseded"},
			{state.Append, 0, "ErrNoWrite"}, {state.NoOp, 3, "ErrNoWrite"}, {9, 3, "ErrNoWrite"},
		} {
			if got := put(end, state.Command{Kind: c.kind, Client: 7, Number: c.number, Key: "x", Value: "a"}); got != c.want {
				t.Errorf("kind %d, number %d: %q, want %q", c.kind, c.number, got, c.want)
			}
		}
		if err := get(end, "none"); err != "ErrNoKey" {
			t.Errorf("a missing key: %q", err)
		}
		ck := kvraft.MakeClerk(g.links())
		after := g.disks[0].RaftStateSize()
		for range 100 {
			if got := ck.Get("x"); got != "a" {
				t.Fatalf("the value is %q", got)
			}
		}
		if g.disks[0].RaftStateSize() != after || after == before {
			t.Errorf("the log grew from %d to %d to %d bytes: writes must show, reads must not", before, after,
				g.disks[0].RaftStateSize())
		}
		g.kill(0)
		g.net.Cleanup()
	})
}

// An entry that is no command of the service stops a server: it cannot know what the others made of it.
func TestForeignEntryStops(t *testing.T) {
	said := logged(t)
	inBubble(t, func(t *testing.T) {
		g := newGroup(1, -1)
		g.start(0)
		kvraft.MakeClerk(g.links()).Put("x", "")
		raftOf(g.servers[0]).Start("not a command")
		time.Sleep(time.Second)
		if _, leads := raftOf(g.servers[0]).GetState(); leads {
			t.Error("it goes on")
		}
		g.kill(0)
		g.net.Cleanup()
	})
	if !strings.Contains(said(), "is a string, not a command") {
		t.Errorf("it logged %q", said())
	}
}

// While no server is there a Clerk goes on asking, but not often; once they are there, it is done.
func TestClerkWaitsForServers(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		g := newGroup(3, -1)
		done := make(chan struct{})
		go func() {
			defer close(done)
			kvraft.MakeClerk(g.links()).Put("x", "1")
		}()
		time.Sleep(time.Minute)
		if calls := g.net.GetTotalCount(); calls < 3*60 || calls > 3*60*20 {
			t.Errorf("%d calls in a minute, to three servers that are not there", calls)
		}
		g.start(0, 1, 2)
		<-done
		g.kill(0, 1, 2)
		g.net.Cleanup()
	})
}

// A request that stands still for seconds, and those that were sent after it, are one write.
func TestClerkOutlastsPause(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		g := newGroup(1, -1)
		g.start(0)
		ck := kvraft.MakeClerk(g.links())
		ck.Append("x", "a")
		g.net.Pause(0)
		done := make(chan struct{})
		go func() {
			defer close(done)
			ck.Append("x", "b")
		}()
		time.Sleep(time.Minute)
		if open := g.net.GetTotalCount(); open > 100 {
			t.Errorf("%d calls: they pile up", open)
		}
		g.net.Resume(0)
		<-done
		if got := ck.Get("x"); got != "ab" {
			t.Errorf("the value is %q", got)
		}
		g.kill(0)
		g.net.Cleanup()
	})
}

// Goroutines share one Clerk, on a bad network: each append is there once.
func TestClerkIsShared(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		g := newGroup(3, 1000)
		g.net.Reliable(false)
		g.start(0, 1, 2)
		ck := kvraft.MakeClerk(g.links())
		var all sync.WaitGroup
		for i := range 10 {
			all.Go(func() {
				for j := range 10 {
					ck.Append("x", fmt.Sprintf("(%d %d)", i, j))
				}
			})
		}
		all.Wait()
		value := ck.Get("x")
		for i := range 10 {
			for j := range 10 {
				if token := fmt.Sprintf("(%d %d)", i, j); strings.Count(value, token) != 1 {
					t.Errorf("%s is there %d times", token, strings.Count(value, token))
				}
			}
		}
		g.kill(0, 1, 2)
		g.net.Cleanup()
	})
}

// Operations of one client, and of sixteen, on a healthy cluster of three, in real time.
func BenchmarkClerk(b *testing.B) {
	g := newGroup(3, 100_000)
	g.start(0, 1, 2)
	defer g.net.Cleanup()
	defer g.kill(0, 1, 2)
	kvraft.MakeClerk(g.links()).Put("x", "value")
	operations := map[string]func(*kvraft.Clerk){
		"get": func(ck *kvraft.Clerk) { ck.Get("x") },
		"put": func(ck *kvraft.Clerk) { ck.Put("x", "value") },
	}
	for _, name := range []string{"get", "put"} {
		for _, clients := range []int{1, 16} {
			b.Run(fmt.Sprintf("%s/clients=%d", name, clients), func(b *testing.B) {
				work := make(chan struct{}, b.N)
				for range b.N {
					work <- struct{}{}
				}
				close(work)
				var all sync.WaitGroup
				for range clients {
					ck := kvraft.MakeClerk(g.links())
					all.Go(func() {
						for range work {
							operations[name](ck)
						}
					})
				}
				all.Wait()
			})
		}
	}
}
