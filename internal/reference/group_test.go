package reference

import (
	"bytes"
	"fmt"
	"log"
	"os"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"raftlab/labrpc"
	"raftlab/raft"
)

// group is a few bare peers on a network, in virtual time.
type group struct {
	t     *testing.T
	net   *labrpc.Network
	disks []*raft.Persister
	peers []*raft.Raft
	ends  [][]string // ends[i][j] is the name of i's end to j
	lives int

	mu        sync.Mutex // guards delivered
	delivered [][]raft.ApplyMsg
}

// withGroup runs f in a bubble, with n peers that are up and connected; afterwards it ends them and waits
// for their goroutines: one that stays fails the test.
func withGroup(t *testing.T, n int, f func(g *group)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		g := &group{t: t, net: labrpc.NewNetwork(labrpc.Options{Seed: 1}), disks: make([]*raft.Persister, n),
			peers: make([]*raft.Raft, n), ends: make([][]string, n), delivered: make([][]raft.ApplyMsg, n)}
		for i := range n {
			g.disks[i] = raft.MakePersister()
			g.boot(i)
		}
		defer func() {
			for _, rf := range g.peers {
				rf.Kill()
			}
			g.net.Cleanup()
			synctest.Wait() // and the bubble panics if a goroutine is left that waits for ever
		}()
		f(g)
	})
}

// boot starts peer i from its disk, connected to all, and ends the life it had before.
func (g *group) boot(i int) {
	if old := g.peers[i]; old != nil {
		old.Kill()
	}
	g.lives++
	g.ends[i] = nil
	var ends []*labrpc.ClientEnd
	for j := range g.peers {
		name := fmt.Sprintf("%d to %d, life %d", i, j, g.lives)
		ends = append(ends, g.net.MakeEnd(name))
		g.net.Connect(name, j)
		g.net.Enable(name, true)
		g.ends[i] = append(g.ends[i], name)
		if i != j && g.ends[j] != nil {
			g.net.Enable(g.ends[j][i], true)
		}
	}
	applyCh := make(chan raft.ApplyMsg)
	rf := raft.Make(ends, i, g.disks[i], applyCh)
	g.peers[i] = rf
	stop := make(chan struct{})
	go func() {
		for {
			select {
			case m := <-applyCh:
				g.mu.Lock()
				g.delivered[i] = append(g.delivered[i], m)
				g.mu.Unlock()
			case <-stop:
				return
			}
		}
	}()
	g.t.Cleanup(func() { close(stop) })
	server := labrpc.MakeServer()
	server.AddService(labrpc.MakeService(rf))
	g.net.AddServer(i, server)
}

// cut separates a peer from all others, both ways.
func (g *group) cut(i int) {
	for j := range g.peers {
		g.net.Enable(g.ends[i][j], false)
		g.net.Enable(g.ends[j][i], false)
	}
}

// leader waits for a leader that all peers but those given agree on.
func (g *group) leader(except ...int) int {
	g.t.Helper()
	for range 500 {
		time.Sleep(10 * time.Millisecond)
	next:
		for i, rf := range g.peers {
			for _, x := range except {
				if i == x {
					continue next
				}
			}
			if _, leads := rf.GetState(); leads {
				return i
			}
		}
	}
	g.t.Fatal("no leader in 5 s")
	return -1
}

// agree has the leader take a command and waits until it has been delivered there.
func (g *group) agree(leader int, command any) (index int) {
	g.t.Helper()
	index, _, taken := g.peers[leader].Start(command)
	if !taken {
		g.t.Fatalf("leader %d refused %v", leader, command)
	}
	time.Sleep(50 * time.Millisecond)
	if got := g.deliveredTo(leader); len(got) == 0 || got[len(got)-1].CommandIndex != index {
		g.t.Fatalf("after 50 ms leader %d has delivered %v, index %d is missing", leader, got, index)
	}
	return index
}

func (g *group) deliveredTo(i int) []raft.ApplyMsg {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.delivered[i]
}

// logged returns what f makes the standard logger print.
func logged(f func()) string {
	var lines syncBuffer
	log.SetOutput(&lines)
	defer log.SetOutput(os.Stderr)
	f()
	return lines.String()
}

type syncBuffer struct {
	mu  sync.Mutex // guards buf
	buf bytes.Buffer
}

func (b *syncBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *syncBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}

func mustContain(t *testing.T, text string, wants ...string) {
	t.Helper()
	for _, want := range wants {
		if !strings.Contains(text, want) {
			t.Errorf("%q is missing in: %s", want, text)
		}
	}
}
