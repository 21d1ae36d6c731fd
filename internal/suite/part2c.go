package suite

import (
	"time"

	"raftlab/internal/tester"
)

func part2C() []Scenario {
	return []Scenario{
		{Name: "TestPersist12C", Part: "2C", Points: 3, Servers: 3, Raft: persist1,
			Title: "basic persistence"},
		{Name: "TestPersist22C", Part: "2C", Points: 3, Servers: 5, Raft: persist2,
			Title: "more persistence"},
		{Name: "TestPersist32C", Part: "2C", Points: 3, Servers: 3, Raft: persist3,
			Title: "a partitioned leader and follower crash, the leader restarts"},
		{Name: "TestFigure82C", Part: "2C", Points: 4, Servers: 5, Raft: figure8,
			Title: "Figure 8"},
		{Name: "TestUnreliableAgree2C", Part: "2C", Points: 3, Servers: 5, Raft: unreliableAgree,
			Unreliable: true, Title: "agreement on an unreliable network"},
		{Name: "TestFigure8Unreliable2C", Part: "2C", Points: 4, Servers: 5, Raft: figure8Unreliable,
			Unreliable: true, Title: "Figure 8 on an unreliable, reordering network"},
		{Name: "TestReliableChurn2C", Part: "2C", Points: 4, Servers: 5, Raft: churn,
			Title: "churn"},
		{Name: "TestUnreliableChurn2C", Part: "2C", Points: 4, Servers: 5, Raft: churn,
			Unreliable: true, Title: "churn on an unreliable network"},
	}
}

// reboot crashes servers and brings them back, connected.
func reboot(r *tester.Raft, nodes ...int) {
	r.Crash(nodes...)
	r.Restart(nodes...)
	r.Connect(nodes...)
}

// What was agreed survives the crash of all, of the leader and of a follower.
func persist1(r *tester.Raft) {
	r.Agree(11, 3)
	reboot(r, r.All()...)
	r.Agree(12, 3)

	reboot(r, r.Leader())
	r.Agree(13, 3)

	leader := r.Leader()
	r.Disconnect(leader)
	index := r.Agree(14, 2)
	r.Restart(leader)
	r.Connect(leader)
	r.EverybodyApplies(index, tester.AgreeLimit)

	follower := r.After(r.Leader(), 1)
	r.Disconnect(follower)
	r.Agree(15, 2)
	r.Restart(follower)
	r.Connect(follower)
	r.Agree(16, 3)
}

// Majorities that overlap in one server only pass on what was agreed; who has voted does not vote again in
// the same term, whatever crashes.
func persist2(r *tester.Raft) {
	for range 5 {
		r.Agree(r.Command(), 5)
		leader := r.Leader()
		next := func(k int) int { return r.After(leader, k) }

		r.Disconnect(next(1), next(2))
		r.Agree(r.Command(), 3)

		r.Disconnect(leader, next(3), next(4))
		r.Restart(next(1), next(2))
		r.Connect(next(1), next(2))
		r.Sleep(electionPause / 4)

		r.Restart(next(3))
		r.Connect(next(3))
		r.Agree(r.Command(), 3)
		r.Connect(next(4), leader)
	}
	secondBallot(r, true)
	secondBallot(r, false)
	r.Agree(1000, 5)
}

// secondBallot has three of five elect a leader while two are away, which have not voted and know nothing of
// it. Then a majority with one of those two is in touch, and perhaps stands in the very same term: with the
// two voters, or with the elected and the other one. Those have rebooted, but may not vote twice.
func secondBallot(r *tester.Raft, voters bool) {
	r.Agree(r.Command(), 5)
	old := r.Leader()
	other := r.After(old, 1)
	r.Disconnect(old, other)
	elected := r.Leader()
	again := r.Others(old, other, elected)
	if voters {
		r.Disconnect(elected)
	} else {
		r.Disconnect(again...)
		again = []int{elected, old}
	}
	reboot(r, again...)
	r.Connect(other)
	r.Leader()
	r.ConnectAll()
}

// Two servers agree and crash; one of them and the third must go on from what those two agreed.
func persist3(r *tester.Raft) {
	r.Agree(101, 3)
	leader := r.Leader()
	r.Disconnect(r.After(leader, 2))
	r.Agree(102, 2)

	r.Crash(leader, r.After(leader, 1))
	r.Connect(r.After(leader, 2))
	r.Restart(leader)
	r.Connect(leader)
	r.Agree(103, 2)

	r.Restart(r.After(leader, 1))
	r.Connect(r.After(leader, 1))
	r.Agree(104, 3)
}

// What an old leader left at a majority without committing it must not be taken for committed (§5.4.2): first
// the paper's Figure 8 step by step, then a storm in which leaders crash soon after they took a command,
// often before they could pass it on.
func figure8(r *tester.Raft) {
	r.Agree(r.Command(), 5)
	for range 2 {
		figure8Steps(r)
	}
	for range 160 {
		leader := offerToAll(r)
		shortOrLong(r)
		if leader >= 0 {
			r.Crash(leader)
		}
		if up := r.UpCount(); up < r.Majority() {
			if i := r.Intn(r.Servers()); !r.Up(i) {
				r.Restart(i)
				r.Connect(i)
			}
		}
	}
	for i := range r.Servers() {
		if !r.Up(i) {
			r.Restart(i)
		}
	}
	r.ConnectAll()
	r.Agree(r.Command(), 5)
}

// figure8Steps is the figure: (a) a leader passes some commands to one server only, and both crash; (b) a
// later leader takes a command that nobody else gets, and crashes; (c) the first two return and bring theirs to
// a majority, in a term without commands of its own; (d) they crash, and the later leader returns and wins: its
// command, of the later term, takes the place of theirs, which so must not have been applied.
func figure8Steps(r *tester.Raft) {
	first := r.Leader()
	pair := []int{first, r.After(first, 1)}
	rest := r.Others(pair...)
	r.Disconnect(rest...) // (a)
	for range 1 + r.Intn(9) {
		r.Start(first, r.Command())
	}
	r.Sleep(electionPause / 8)
	r.Crash(pair...)

	r.Connect(rest...) // (b)
	later := r.Leader()
	lone := r.Others(append(pair, later)...)
	r.Disconnect(lone...)
	r.Start(later, r.Command())
	r.Crash(later)

	r.Restart(pair...) // (c)
	r.Connect(pair[0], pair[1], lone[0])
	r.Leader()
	r.Sleep(electionPause / 8)
	r.Crash(pair...)

	r.Restart(later) // (d)
	r.Connect(later, lone[0], lone[1])
	r.Agree(r.Command(), 3)
	r.Restart(pair...)
	r.Connect(pair...)
	r.Agree(r.Command(), 5)
}

// offerToAll offers one command to every server that is up and returns one that took it, or -1.
func offerToAll(r *tester.Raft) int {
	leader := -1
	for i := range r.Servers() {
		if r.Up(i) {
			if _, _, leads := r.Start(i, r.Command()); leads {
				leader = i
			}
		}
	}
	return leader
}

// shortOrLong mostly lets only a few messages pass, and now and then time for an election.
func shortOrLong(r *tester.Raft) {
	if r.Chance(10) {
		r.Sleep(r.Between(0, 500*time.Millisecond))
	} else {
		r.Sleep(r.Between(0, 13*time.Millisecond))
	}
}

// Five clients at once get everything agreed though messages are lost and late.
func unreliableAgree(r *tester.Raft) {
	for range 40 {
		for range 4 {
			r.Go(func() { r.Agree(r.Command(), 1) })
		}
		r.Agree(r.Command(), 1)
	}
	r.Reliable(true)
	r.Join()
	r.Agree(r.Command(), 5)
}

// Figure 8 with lost, late and reordered messages; servers lose touch instead of crashing.
func figure8Unreliable(r *tester.Raft) {
	const rounds = 500
	r.Agree(r.Command(), 1)
	for round := range rounds {
		if round == rounds/5 {
			r.LongReordering(true)
		}
		leader := offerToAll(r)
		shortOrLong(r)
		if leader >= 0 && r.Chance(50) {
			r.Disconnect(leader)
		}
		if len(r.InTouch()) < r.Majority() {
			if i := r.Intn(r.Servers()); !r.Connected(i) {
				r.Connect(i)
			}
		}
	}
	r.ConnectAll()
	r.Agree(r.Command(), 5)
}

// Clients offer commands while servers crash, restart, leave and return; whatever a client saw applied is
// there at the end, at every server.
func churn(r *tester.Raft) {
	type agreement struct{ index, command int }
	var kept [3][]agreement
	stop := false
	for client := range kept {
		r.Go(func() {
			for !stopped(r, &stop) {
				command := r.Command()
				index := offerToAny(r, command)
				if index > 0 && r.AppliedWithin(r.Between(0, 300*time.Millisecond), index, command, 1) {
					kept[client] = append(kept[client], agreement{index, command})
					r.Sleep(r.Between(0, 60*time.Millisecond))
				} else {
					r.Sleep(r.Between(20*time.Millisecond, 100*time.Millisecond))
				}
			}
		})
	}
	for range 16 {
		if r.Chance(20) {
			r.Disconnect(r.Intn(r.Servers()))
		}
		if r.Chance(50) {
			i := r.Intn(r.Servers())
			if !r.Up(i) {
				r.Restart(i)
			}
			r.Connect(i)
		}
		if r.Chance(20) {
			r.Crash(r.Intn(r.Servers()))
		}
		// Short enough that elections are not always over, long enough that some are.
		r.Sleep(700 * time.Millisecond)
	}
	r.Reliable(true)
	for i := range r.Servers() {
		if !r.Up(i) {
			r.Restart(i)
		}
	}
	r.ConnectAll()
	r.Locked(func() { stop = true })
	r.Join()

	last := r.Agree(r.Command(), 5)
	r.EverybodyApplies(last, tester.AgreeLimit)
	for client, list := range kept {
		for _, a := range list {
			if !r.AppliedWithin(0, a.index, a.command, 5) {
				r.Failf(tester.LeaderCompleteness, "client %d saw its command %d applied at index %d, but %d "+
					"servers have it there in the end", client, a.command, a.index, r.Replicas(a.index))
			}
		}
	}
}

func stopped(r *tester.Raft, stop *bool) (yes bool) {
	r.Locked(func() { yes = *stop })
	return yes
}

// offerToAny offers a command to the servers in turn until one takes it, and returns its index, or 0.
func offerToAny(r *tester.Raft, command int) int {
	for i := range r.Servers() {
		if index, _, leads := r.Start(i, command); leads {
			return index
		}
	}
	return 0
}
