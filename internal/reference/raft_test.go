package reference

import (
	"bytes"
	"reflect"
	"testing"
	"testing/synctest"
	"time"

	"raftlab/labgob"
	"raftlab/labrpc"
	"raftlab/raft"
)

type registered struct{ Key, Value string }

type unregistered struct{ Key string }

func init() { labgob.Register(registered{}) }

func TestCommandsArriveAsTheyWere(t *testing.T) {
	withGroup(t, 3, func(g *group) {
		leader := g.leader()
		commands := []any{7, "text", "", registered{"k", "v"}, 0, []byte{1, 2}, true, nil}
		for _, command := range commands {
			g.agree(leader, command)
		}
		time.Sleep(time.Second)
		for i := range g.peers {
			got := g.deliveredTo(i)
			if len(got) != len(commands) {
				t.Fatalf("peer %d delivered %d commands, want %d", i, len(got), len(commands))
			}
			for k, m := range got {
				if !m.CommandValid || m.CommandIndex != k+1 || !reflect.DeepEqual(m.Command, commands[k]) {
					t.Errorf("peer %d delivered %#v as number %d, want %#v", i, m, k+1, commands[k])
				}
			}
		}
	})
}

func TestAnUnregisteredCommandIsRefused(t *testing.T) {
	withGroup(t, 3, func(g *group) {
		leader := g.leader()
		var taken bool
		said := logged(func() { _, _, taken = g.peers[leader].Start(unregistered{"k"}) })
		if taken {
			t.Error("the command was taken")
		}
		mustContain(t, said, "Start", "reference.unregistered", "labgob.Register")
		g.agree(leader, "the peer goes on")
	})
}

func TestStartAfterKillIsRefused(t *testing.T) {
	withGroup(t, 3, func(g *group) {
		leader := g.leader()
		index := g.agree(leader, 1)
		g.peers[leader].Kill()
		g.peers[leader].Kill() // once more does no harm
		if _, _, taken := g.peers[leader].Start(2); taken {
			t.Error("a killed peer took a command")
		}
		if _, leads := g.peers[leader].GetState(); leads {
			t.Error("a killed peer says that it leads")
		}
		if _, ok := g.peers[leader].ReadIndex(); ok {
			t.Error("a killed peer answered a read")
		}
		g.peers[leader].Snapshot(index, []byte("late"))
		if n := g.disks[leader].SnapshotSize(); n != 0 {
			t.Errorf("a killed peer saved a snapshot of %d bytes", n)
		}
	})
}

func TestAKilledPeerSavesNothingMore(t *testing.T) {
	withGroup(t, 3, func(g *group) {
		leader := g.leader()
		victim := (leader + 1) % 3
		g.peers[victim].Kill()
		before := g.disks[victim].ReadRaftState()
		g.agree(leader, 1)
		time.Sleep(time.Second)
		if !bytes.Equal(g.disks[victim].ReadRaftState(), before) {
			t.Error("a killed peer went on saving")
		}
	})
}

func TestSnapshotBeyondWhatWasDeliveredIsRefused(t *testing.T) {
	withGroup(t, 3, func(g *group) {
		leader := g.leader()
		index := g.agree(leader, 1)
		for _, bad := range []int{index + 1, 1 << 40, -1} {
			said := logged(func() { g.peers[leader].Snapshot(bad, []byte("x")) })
			mustContain(t, said, "Snapshot(", "refused", "delivered is 1")
		}
		if n := g.disks[leader].SnapshotSize(); n != 0 {
			t.Fatalf("a snapshot of %d bytes was saved", n)
		}
		g.peers[leader].Snapshot(index, []byte("good"))
		if got := g.disks[leader].ReadSnapshot(); string(got) != "good" {
			t.Fatalf("the disk has snapshot %q", got)
		}
		said := logged(func() { g.peers[leader].Snapshot(index, []byte("again")) })
		if said != "" || string(g.disks[leader].ReadSnapshot()) != "good" {
			t.Errorf("a snapshot that an earlier one covers said %q and left %q", said,
				g.disks[leader].ReadSnapshot())
		}
	})
}

// TestSnapshotKeepsItsOwnBytes: the service may go on using its buffer.
func TestSnapshotKeepsItsOwnBytes(t *testing.T) {
	withGroup(t, 3, func(g *group) {
		leader := g.leader()
		behind := (leader + 1) % 3
		g.cut(behind)
		index := g.agree(leader, 1)
		time.Sleep(time.Second)
		for i := range g.peers {
			if i != behind {
				buffer := []byte("state")
				g.peers[i].Snapshot(index, buffer)
				copy(buffer, "XXXXX")
			}
		}
		g.boot(behind)
		g.agree(g.leader(behind), 2)
		time.Sleep(2 * time.Second)
		got := g.deliveredTo(behind)
		if len(got) == 0 || !got[0].SnapshotValid || string(got[0].Snapshot) != "state" {
			t.Errorf("the follower that was behind got %+v", got)
		}
	})
}

func TestACorruptDiskMakesAPeerThatTakesNoPart(t *testing.T) {
	withGroup(t, 3, func(g *group) {
		leader := g.leader()
		g.agree(leader, 1)
		victim := (leader + 1) % 3
		g.peers[victim].Kill()
		g.net.DeleteServer(victim)
		state := g.disks[victim].ReadRaftState()
		state[len(state)/2] ^= 1
		g.disks[victim].SaveRaftState(state)
		said := logged(func() { g.boot(victim) })
		mustContain(t, said, "raft: peer", "does not start", "checksum")
		time.Sleep(3 * time.Second)
		if term, leads := g.peers[victim].GetState(); term != 0 || leads {
			t.Errorf("it is in term %d, leads is %v", term, leads)
		}
		if _, _, taken := g.peers[victim].Start(2); taken {
			t.Error("it took a command")
		}
		if !bytes.Equal(g.disks[victim].ReadRaftState(), state) {
			t.Error("it wrote to the disk that it could not read")
		}
		g.agree(g.leader(victim), 3) // the others go on without it
	})
}

func TestReadIndex(t *testing.T) {
	withGroup(t, 3, func(g *group) {
		leader := g.leader()
		index := g.agree(leader, 1)
		if got, ok := g.peers[leader].ReadIndex(); !ok || got < index {
			t.Errorf("the leader answered %d, %v; index %d is committed", got, ok, index)
		}
		if _, ok := g.peers[(leader+1)%3].ReadIndex(); ok {
			t.Error("a follower answered")
		}
	})
}

// TestADeposedLeaderAnswersNoRead: it cannot know that it is deposed, but it can know that nobody confirms.
func TestADeposedLeaderAnswersNoRead(t *testing.T) {
	withGroup(t, 3, func(g *group) {
		old := g.leader()
		g.agree(old, 1)
		g.cut(old)
		if _, ok := g.peers[old].ReadIndex(); ok {
			t.Error("a leader that was cut off answered a read")
		}
	})
}

func TestKillReleasesReads(t *testing.T) {
	withGroup(t, 3, func(g *group) {
		leader := g.leader() // with no entry of its term committed, a read must wait
		answered := make(chan bool)
		go func() {
			_, ok := g.peers[leader].ReadIndex()
			answered <- ok
		}()
		time.Sleep(200 * time.Millisecond)
		g.peers[leader].Kill()
		if <-answered {
			t.Error("the read was answered")
		}
	})
}

// TestKillWhileDelivering: nobody reads applyCh any more, and still every goroutine ends.
func TestKillWhileDelivering(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		net := labrpc.NewNetwork(labrpc.Options{Seed: 1})
		end := net.MakeEnd("to itself")
		rf := raft.Make([]*labrpc.ClientEnd{end}, 0, raft.MakePersister(), make(chan raft.ApplyMsg))
		time.Sleep(2 * time.Second)
		for k := range 5 {
			if _, _, taken := rf.Start(k); !taken {
				t.Fatal("a cluster of one has no leader after two seconds")
			}
		}
		time.Sleep(time.Second)
		rf.Kill()
		net.Cleanup()
	})
}

func TestPersister(t *testing.T) {
	p := raft.MakePersister()
	if p.RaftStateSize() != 0 || p.SnapshotSize() != 0 || len(p.ReadRaftState()) != 0 {
		t.Error("a new disk is not empty")
	}
	var sizes [][2]int
	p.Watch(func(state, snapshot int) { sizes = append(sizes, [2]int{state, snapshot}) })
	state := []byte("state")
	p.Save(state, []byte("snap"))
	copy(state, "XXXXX")
	copied := p.Copy()
	p.SaveRaftState([]byte("later"))
	if got := string(copied.ReadRaftState()) + string(copied.ReadSnapshot()); got != "statesnap" {
		t.Errorf("the copy holds %q", got)
	}
	if got := string(p.ReadRaftState()) + string(p.ReadSnapshot()); got != "latersnap" {
		t.Errorf("the disk holds %q", got)
	}
	copy(p.ReadSnapshot(), "XXXX")
	p.SaveStateAndSnapshot([]byte("s"), nil)
	copied.Save([]byte("unwatched"), nil)
	if want := [][2]int{{5, 4}, {5, 4}, {1, 0}}; !reflect.DeepEqual(sizes, want) {
		t.Errorf("the watcher saw %v, want %v", sizes, want)
	}
}
