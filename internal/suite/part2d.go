package suite

import (
	"time"

	"raftlab/internal/tester"
)

const (
	snapshotEvery = 10   // entries
	maxLogSize    = 2000 // bytes of saved Raft state, while snapshots are taken
)

func part2D() []Scenario {
	all := []Scenario{
		{Name: "TestSnapshotBasic2D", Points: 2, Raft: snapshotBasic,
			Title: "basic snapshots"},
		{Name: "TestSnapshotInstall2D", Points: 2, Raft: installAfter(leave),
			Title: "install after disconnection"},
		{Name: "TestSnapshotInstallUnreliable2D", Points: 3, Raft: installAfter(leave), Unreliable: true,
			Title: "install after disconnection, unreliable network"},
		{Name: "TestSnapshotInstallCrash2D", Points: 2, Raft: installAfter(die),
			Title: "install after a crash"},
		{Name: "TestSnapshotInstallUnCrash2D", Points: 3, Raft: installAfter(die), Unreliable: true,
			Title: "install after a crash, unreliable network"},
		{Name: "TestSnapshotAllCrash2D", Points: 2, Raft: snapshotAllCrash,
			Title: "all servers crash and restart"},
		{Name: "TestSnapshotInit2D", Points: 2, Raft: snapshotInit,
			Title: "state right after a restart from a snapshot"},
		{Name: "TestSnapshotMemory2D", Points: 1, Raft: snapshotMemory, SnapshotEvery: 2,
			Title: "what snapshots have replaced is forgotten"},
	}
	for i := range all {
		all[i].Part, all[i].Servers = "2D", 3
		if all[i].SnapshotEvery == 0 {
			all[i].SnapshotEvery = snapshotEvery
		}
	}
	return all
}

// away is how a server is absent for a while.
type away struct {
	leave, comeBack func(r *tester.Raft, i int)
}

var (
	leave = away{func(r *tester.Raft, i int) { r.Disconnect(i) }, func(r *tester.Raft, i int) { r.Connect(i) }}
	die   = away{
		func(r *tester.Raft, i int) { r.Crash(i) },
		func(r *tester.Raft, i int) { r.Restart(i); r.Connect(i) },
	}
)

// offerSome offers the leader enough commands that a snapshot or two become due, not always as many.
func offerSome(r *tester.Raft, leader int) {
	for range snapshotEvery/2 + r.Intn(snapshotEvery) {
		r.Start(leader, r.Command())
	}
}

// trimmed fails the run if a server's saved state has outgrown the snapshots that were taken.
func trimmed(r *tester.Raft) {
	r.AtMost("bytes of saved Raft state", r.LogSize(), maxLogSize)
}

// With everybody there, snapshots are taken, logs stay short and agreement goes on.
func snapshotBasic(r *tester.Raft) {
	r.Agree(r.Command(), 3)
	for range 20 {
		offerSome(r, r.Leader())
		r.Agree(r.Command(), 3)
	}
	trimmed(r)
}

// A server that was away for longer than the leader's log reaches back is brought up by a snapshot.
func installAfter(how away) func(*tester.Raft) {
	return func(r *tester.Raft) {
		r.Agree(r.Command(), 3)
		for round := range 20 {
			leader := r.Leader()
			victim, sender := r.After(leader, 1), leader
			if round%3 == 1 {
				victim, sender = leader, r.After(leader, 1)
			}
			how.leave(r, victim)
			r.Agree(r.Command(), 2)
			offerSome(r, sender)
			r.Agree(r.Command(), 2)
			trimmed(r)
			how.comeBack(r, victim)
			r.Agree(r.Command(), 3)
		}
		trimmed(r)
	}
}

// Everybody crashes at once, again and again, with and without a fresh snapshot.
func snapshotAllCrash(r *tester.Raft) {
	r.Agree(r.Command(), 3)
	for range 8 {
		offerSome(r, r.Leader())
		before := r.Agree(r.Command(), 3)
		reboot(r, r.All()...)
		if after := r.Agree(r.Command(), 3); after < before+1 {
			r.Failf(tester.LeaderCompleteness, "index %d was agreed on; after a crash of all the next was %d",
				before, after)
		}
	}
}

// A server that starts from a snapshot has it in its state at once, and keeps it when it saves again: a
// second crash, with almost nothing in between, finds everything in place.
func snapshotInit(r *tester.Raft) {
	r.Agree(r.Command(), 3)
	for range snapshotEvery + 1 {
		r.Start(r.Leader(), r.Command())
	}
	r.Agree(r.Command(), 3)
	reboot(r, r.All()...)
	r.Agree(r.Command(), 3) // makes everybody save once
	r.Sleep(50 * time.Millisecond)
	reboot(r, r.All()...)
	r.Agree(r.Command(), 3)
}

// What a snapshot has replaced may be thrown away, and is: a Raft that keeps references to it grows with all that was
// ever said.
func snapshotMemory(r *tester.Raft) {
	const (
		commands = 500
		together = 5                       // that are offered at a time
		size     = 100 << 10               // bytes of a command
		allowed  = commands * size * 2 / 5 // bytes more than in the beginning
	)
	r.Agree(r.LongCommand(size), 3)
	var before []int
	for i := range 3 {
		before = append(before, r.Memory(i))
	}
	for range commands / together {
		leader := r.Leader()
		for range together - 1 {
			r.Start(leader, r.LongCommand(size))
		}
		r.Agree(r.LongCommand(size), 3)
	}
	for i := range 3 {
		r.AtMost("bytes of memory more than 500 commands ago, with all but a few of them in snapshots",
			r.Memory(i)-before[i], allowed)
	}
}
