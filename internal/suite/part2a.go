package suite

import (
	"time"

	"raftlab/internal/tester"
)

func part2A() []Scenario {
	return []Scenario{
		{Name: "TestInitialElection2A", Part: "2A", Points: 4, Servers: 3, Raft: initialElection,
			Title: "initial election"},
		{Name: "TestReElection2A", Part: "2A", Points: 4, Servers: 3, Raft: reElection,
			Title: "election after network failure"},
		{Name: "TestManyElections2A", Part: "2A", Points: 4, Servers: 7, Raft: manyElections,
			Title: "many elections among seven"},
	}
}

// A leader is elected, and while nothing fails it stays.
func initialElection(r *tester.Raft) {
	r.Leader()
	first := r.Term()
	r.Sleep(electionPause)
	if later := r.Term(); later > first+1 {
		r.Failf(tester.Progress, "the term rose from %d to %d in %v though nothing failed",
			first, later, electionPause)
	}
	r.Leader()
}

// A lost leader is replaced; its return disturbs nobody; without a majority nobody leads.
func reElection(r *tester.Raft) {
	old := r.Leader()
	r.Disconnect(old)
	r.Leader()
	r.Connect(old)
	r.Term() // the old leader has heard that it is none any more
	second := r.Leader()

	r.Disconnect(second, r.After(second, 1))
	r.Sleep(electionPause)
	r.NoLeader()

	r.Connect(r.After(second, 1))
	r.Leader()
	r.Connect(second)
	r.Leader()
	r.Term()
}

// Three of seven drop out again and again: a leader is there or comes, every time. Then the leader does, and
// messages take so long that several stand for election at once: one only may win.
func manyElections(r *tester.Raft) {
	r.Leader()
	for range 6 {
		first := r.Intn(7)
		away := []int{first, r.After(first, 1+r.Intn(3)), r.After(first, 4+r.Intn(3))}
		r.Disconnect(away...)
		r.Leader()
		r.Connect(away...)
		r.Sleep(r.Between(0, 200*time.Millisecond))
	}
	r.Duplicates(0, 50*time.Millisecond)
	for range 8 {
		leader := r.Leader()
		r.Disconnect(leader)
		r.Leader()
		r.Connect(leader)
	}
	r.Duplicates(0, 0)
	r.Leader()
	r.Term()
}
