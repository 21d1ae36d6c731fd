package suite

import (
	"strings"
	"time"

	"raftlab/internal/tester"
)

func part2B() []Scenario {
	return []Scenario{
		{Name: "TestBasicAgree2B", Part: "2B", Points: 2, Servers: 3, Raft: basicAgree,
			Title: "basic agreement"},
		{Name: "TestRPCBytes2B", Part: "2B", Points: 2, Servers: 3, Raft: rpcBytes,
			Title: "each command is sent to each server once"},
		{Name: "TestFollowerFailure2B", Part: "2B", Points: 2, Servers: 3, Raft: followerFailure,
			Title: "followers fail one by one"},
		{Name: "TestLeaderFailure2B", Part: "2B", Points: 2, Servers: 3, Raft: leaderFailure,
			Title: "leaders fail one by one"},
		{Name: "TestFailAgree2B", Part: "2B", Points: 2, Servers: 3, Raft: failAgree,
			Title: "agreement after a follower reconnects"},
		{Name: "TestFailNoAgree2B", Part: "2B", Points: 2, Servers: 5, Raft: failNoAgree,
			Title: "no agreement without a majority"},
		{Name: "TestConcurrentStarts2B", Part: "2B", Points: 2, Servers: 3, Raft: concurrentStarts,
			Title: "concurrent starts"},
		{Name: "TestRejoin2B", Part: "2B", Points: 3, Servers: 3, Raft: rejoin,
			Title: "a partitioned leader rejoins"},
		{Name: "TestBackup2B", Part: "2B", Points: 3, Servers: 5, Raft: backup,
			Title: "fast backup over wrong logs"},
		{Name: "TestCount2B", Part: "2B", Points: 2, Servers: 3, Raft: count,
			Title: "RPC counts are not too high"},
	}
}

// Three commands, three indexes, everybody applies each; nothing is applied before it was offered.
func basicAgree(r *tester.Raft) {
	for index := 1; index <= 3; index++ {
		if n := r.Replicas(index); n > 0 {
			r.Failf(tester.StateMachineSafety, "%d servers applied index %d before any command was offered",
				n, index)
		}
		if got := r.Agree(index*100, 3); got != index {
			r.Failf(tester.StateMachineSafety, "the command was applied at index %d, expected %d", got, index)
		}
	}
}

// Ten large commands cost their size for each server, and little more.
func rpcBytes(r *tester.Raft) {
	const slack = 50_000
	r.Agree(99, 3)
	before, sent := r.Bytes(), 0
	for range 10 {
		command := strings.Repeat(string(rune('a'+r.Intn(26))), 5000)
		r.Agree(command, 3)
		sent += len(command)
	}
	r.AtMost("bytes sent", int(r.Bytes()-before), r.Servers()*sent+slack)
}

// One follower less changes nothing; two less and nothing commits.
func followerFailure(r *tester.Raft) {
	r.Agree(101, 3)
	leader := r.Leader()
	r.Disconnect(r.After(leader, 1))
	r.Agree(102, 2)
	r.Sleep(electionPause / 2)
	r.Agree(103, 2)

	leader = r.Leader()
	r.Disconnect(r.Others(leader)...)
	index, _ := r.MustStart(leader, 104)
	r.Sleep(electionPause)
	appliedNowhere(r, index, "the leader was alone")
}

// As before, but it is the leaders that fail.
func leaderFailure(r *tester.Raft) {
	r.Agree(101, 3)
	first := r.Leader()
	r.Disconnect(first)
	r.Agree(102, 2)
	r.Sleep(electionPause / 2)
	last := r.Agree(103, 2)

	second := r.Leader()
	r.Disconnect(second)
	for i := range r.Servers() {
		r.Start(i, 104)
	}
	r.Sleep(electionPause)
	appliedNowhere(r, last+1, "no two servers were in touch")
}

func appliedNowhere(r *tester.Raft, index int, why string) {
	if n := r.Replicas(index); n > 0 {
		r.Failf(tester.StateMachineSafety, "%d servers applied index %d, but %s", n, index, why)
	}
}

// A follower that was away catches up.
func failAgree(r *tester.Raft) {
	r.Agree(101, 3)
	away := r.After(r.Leader(), 1)
	r.Disconnect(away)
	r.Agree(102, 2)
	r.Agree(103, 2)
	r.Sleep(electionPause / 2)
	r.Agree(104, 2)
	r.Agree(105, 2)

	r.Connect(away)
	r.Agree(106, 3)
	r.Sleep(electionPause / 2)
	r.Agree(107, 3)
}

// With three of five away nothing commits; after their return everything does.
func failNoAgree(r *tester.Raft) {
	r.Agree(10, 5)
	leader := r.Leader()
	away := []int{r.After(leader, 1), r.After(leader, 2), r.After(leader, 3)}
	r.Disconnect(away...)
	index, _ := r.MustStart(leader, 20)
	if index != 2 {
		r.Failf(tester.StateMachineSafety, "the second command was given index %d", index)
	}
	r.Sleep(electionPause)
	appliedNowhere(r, index, "only two of five servers were in touch")

	// The rest may have elected a leader that never saw index 2, or the old leader may go on.
	r.Connect(away...)
	leader = r.Leader()
	if index, _, led := r.Start(leader, 30); led && index != 2 && index != 3 {
		r.Failf(tester.StateMachineSafety, "the next command was given index %d, expected 2 or 3", index)
	}
	r.Agree(1000, 5)
}

// Commands offered to the leader at the same time are all applied, each at its own index.
func concurrentStarts(r *tester.Raft) {
	const commands, attempts = 5, 5
	for range attempts {
		leader := r.Leader()
		_, term, leads := r.Start(leader, 1)
		if !leads {
			continue
		}
		var index [commands]int // 0: not taken in that term
		for k := range commands {
			r.Go(func() {
				if i, t, leads := r.Start(leader, 100+k); leads && t == term {
					index[k] = i
				}
			})
		}
		r.Join()
		if r.Term() != term {
			continue // another leader: what was offered may rightly be lost
		}
		for k, i := range index {
			if i == 0 {
				r.Failf(tester.Progress, "the leader of term %d refused one of %d concurrent commands",
					term, commands)
			}
			if !r.AppliedWithin(tester.AgreeLimit, i, 100+k, r.Servers()) {
				if r.Term() != term {
					break
				}
				r.Failf(tester.Progress, "command %d was not applied by all at index %d", 100+k, i)
			}
			if k == commands-1 {
				return
			}
		}
	}
	r.Failf(tester.Progress, "the term changed in each of %d attempts though nothing failed", attempts)
}

// A leader cut off with commands that nobody else has gives way to what the others agreed on.
func rejoin(r *tester.Raft) {
	r.Agree(101, 3)
	first := r.Leader()
	r.Disconnect(first)
	for k := range 3 {
		r.Start(first, 200+k)
	}
	r.Agree(103, 2)

	second := r.Leader()
	r.Disconnect(second)
	r.Connect(first)
	r.Agree(104, 2)

	r.Connect(second)
	r.Agree(105, 3)
}

// Servers with long wrong logs are brought into line quickly, twice over; and one that has led with a wrong
// log, and may lead again, does not believe what others told it then.
func backup(r *tester.Raft) {
	const many = 50
	offer := func(leader, commands int) {
		for range commands {
			r.Start(leader, r.Command())
		}
	}
	r.Agree(r.Command(), 5)
	first := r.Leader()
	minority := []int{first, r.After(first, 1)}
	rest := r.Others(minority...)
	r.Disconnect(rest...)
	offer(first, 3*many)
	r.Sleep(electionPause / 4)

	r.Disconnect(minority...)
	r.Connect(rest...)
	for range many {
		r.Agree(r.Command(), 3)
	}
	second := r.Leader()
	spare := rest[0]
	if spare == second {
		spare = rest[1]
	}
	r.Disconnect(spare)
	offer(second, many)
	r.Sleep(electionPause / 4)

	r.Disconnect(r.All()...)
	r.Connect(first, minority[1], spare)
	for range many {
		r.Agree(r.Command(), 3)
	}
	r.Disconnect(spare)
	r.Connect(second)
	r.Agree(r.Command(), 3)

	r.ConnectAll()
	r.Agree(r.Command(), 5)
}

// Elections, agreements and idleness each take few RPCs.
func count(r *tester.Raft) {
	r.Leader()
	r.AtMost("RPCs to elect the first leader", r.Requests(), 30)

	const commands, attempts = 10, 5
	agreed := false
	for range attempts {
		if agreed = countAgreements(r, commands); agreed {
			break
		}
	}
	if !agreed {
		r.Failf(tester.Progress, "the term changed in each of %d attempts though nothing failed", attempts)
	}
	before := r.Requests()
	r.Sleep(time.Second)
	r.AtMost("RPCs in an idle second", r.Requests()-before, 3*20)
}

// countAgreements offers commands to the leader, one right after the other, and counts the RPCs until all
// are applied. It returns false if the leader changed meanwhile: then the count means nothing.
func countAgreements(r *tester.Raft, commands int) bool {
	leader := r.Leader()
	before := r.Requests()
	first, term, leads := r.Start(leader, 1)
	if !leads {
		return false
	}
	offered := make([]int, commands+1)
	for k := range offered {
		offered[k] = r.Command()
		index, t, leads := r.Start(leader, offered[k])
		if !leads || t != term {
			return false
		}
		if index != first+1+k {
			r.Failf(tester.StateMachineSafety, "a command was given index %d, expected %d", index, first+1+k)
		}
	}
	for k, command := range offered {
		if !r.AppliedWithin(tester.AgreeLimit, first+1+k, command, r.Servers()) {
			return false
		}
	}
	if r.Term() != term {
		return false
	}
	r.AtMost("RPCs for a dozen agreements", r.Requests()-before, (commands+1+3)*3)
	return true
}
