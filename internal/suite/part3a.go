package suite

import (
	"fmt"
	"strings"
	"time"

	"raftlab/internal/tester"
)

// operationTime is what an operation of a lone client on a healthy cluster may take on average: a third of a
// heartbeat. Who waits for the next heartbeat to send an entry takes longer.
const operationTime = 33 * time.Millisecond

func part3A() []Scenario {
	all := []Scenario{
		{Name: "TestBasic3A", Points: 1, Title: "one client",
			KV: weather{clients: 1, rounds: 2, span: time.Second}.story},
		{Name: "TestSpeed3A", Points: 1, Servers: 3, Title: "operations are fast enough", KV: speed},
		{Name: "TestConcurrent3A", Points: 1, Title: "many clients",
			KV: weather{clients: 5, rounds: 2, span: time.Second}.story},
		{Name: "TestUnreliable3A", Points: 1, Unreliable: true, Title: "unreliable network, many clients",
			KV: weather{clients: 5, rounds: 2, span: 1500 * time.Millisecond}.story},
		{Name: "TestUnreliableOneKey3A", Points: 1, Servers: 3, Unreliable: true,
			Title: "unreliable network, many clients, one key", KV: oneKey},
		{Name: "TestOnePartition3A", Points: 2, Title: "progress in the majority only, and after healing",
			KV: onePartition},
		{Name: "TestManyPartitionsOneClient3A", Points: 2, Title: "many partitions, one client",
			KV: weather{clients: 1, rounds: 2, span: 3 * time.Second, partitions: true}.story},
		{Name: "TestManyPartitionsManyClients3A", Points: 2, Title: "many partitions, many clients",
			KV: weather{clients: 5, rounds: 2, span: 3 * time.Second, partitions: true}.story},
		{Name: "TestPersistOneClient3A", Points: 2, Title: "restarts, one client",
			KV: weather{clients: 1, rounds: 3, span: time.Second, crashes: true}.story},
		{Name: "TestPersistConcurrent3A", Points: 2, Title: "restarts, many clients",
			KV: weather{clients: 5, rounds: 3, span: time.Second, crashes: true}.story},
		{Name: "TestPersistConcurrentUnreliable3A", Points: 2, Unreliable: true,
			Title: "unreliable network, restarts, many clients",
			KV:    weather{clients: 5, rounds: 3, span: time.Second, crashes: true}.story},
		{Name: "TestPersistPartition3A", Points: 2, Title: "restarts, partitions, many clients",
			KV: weather{clients: 5, rounds: 2, span: 2 * time.Second, partitions: true, crashes: true}.story},
		{Name: "TestPersistPartitionUnreliable3A", Points: 2, Unreliable: true,
			Title: "unreliable network, restarts, partitions, many clients",
			KV:    weather{clients: 5, rounds: 2, span: 2 * time.Second, partitions: true, crashes: true}.story},
		{Name: "TestPersistPartitionUnreliableLinearizable3A", Points: 3, Servers: 7, Unreliable: true,
			Title: "unreliable network, restarts, partitions, shared keys, fifteen clients",
			KV: weather{clients: 15, rounds: 2, span: 3 * time.Second, partitions: true, crashes: true,
				shared: true}.story},
		{Name: "TestPausedLeader3A", Points: 2, Title: "reads at a leader that was paused and replaced",
			KV: pausedLeader},
		{Name: "TestFourServers3A", Points: 2, Servers: 4, Title: "half of an even cluster is no majority",
			KV: fourServers},
		{Name: "TestSlowDisk3A", Points: 1, Servers: 3, Title: "disks that take their time", KV: slowDisk,
			RealTime: true},
		{Name: "TestDuplicates3A", Points: 2, Servers: 3, Title: "messages arrive twice, and late", KV: duplicates},
	}
	for i := range all {
		all[i].Part = "3A"
		if all[i].Servers == 0 {
			all[i].Servers = 5
		}
	}
	return all
}

// A lone client on a healthy cluster does not wait for heartbeats.
func speed(k *tester.KV) {
	const operations = 500
	c := k.Client()
	c.Get("x") // until there is a leader
	begin, want := k.Now(), ""
	for i := range operations {
		token := fmt.Sprintf("(%d)", i)
		c.Append("x", token)
		want += token
	}
	each := (k.Now() - begin) / operations
	c.Expect("x", want)
	k.Trimmed()
	if each > operationTime {
		k.Failf(tester.Budget, "an append took %v on average, at most %v is allowed", each, operationTime)
	}
}

// Clients append to one key: each token is there once, and each client's in order.
func oneKey(k *tester.KV) {
	const clients, appends = 5, 10
	all := k.Clients(clients)
	for _, c := range all {
		k.Go(func() {
			for i := range appends {
				c.Append("k", fmt.Sprintf("(%d %d)", c.ID(), i))
			}
		})
	}
	k.Join()
	value := all[0].Get("k")
	for _, c := range all {
		last := -1
		for i := range appends {
			token := fmt.Sprintf("(%d %d)", c.ID(), i)
			at := strings.Index(value, token)
			if n := strings.Count(value, token); n != 1 || at < last {
				k.Failf(tester.Linearizable, "token %s is in the value %d times, at %d, the one before it at %d: %q",
					token, n, at, last, value)
			}
			last = at
		}
	}
}

// With the leader in a minority, the majority goes on, the minority does nothing at all, and when all is healed what
// the minority's clients asked is done.
func onePartition(k *tester.KV) {
	k.Client().Put("1", "13")
	leader := k.Leader()
	minority := []int{leader, k.After(leader, 1)}
	majority := k.Others(minority...)
	k.Partition(majority, minority)

	writer, reader, other := k.Client(minority...), k.Client(minority...), k.Client(majority...)
	write := k.Begin(func() { writer.Put("1", "15") }) // while the old leader still believes that it leads
	other.Put("1", "14")
	other.Expect("1", "14")
	read := k.Begin(func() { reader.Get("1") })
	k.Sleep(electionPause / 2)
	k.NotYet("a write", write, "only two of five servers were in touch")
	k.NotYet("a read", read, "only two of five servers were in touch")
	other.Expect("1", "14")
	other.Put("1", "16")
	other.Expect("1", "16")

	k.Partition()
	writer.Reach(k.All()...)
	reader.Reach(k.All()...)
	k.Soon(tester.OperationLimit, "the write", write)
	k.Soon(tester.OperationLimit, "the read", read)
	other.Reach(k.All()...)
	other.Expect("1", "15")
}

// A leader whose messages stand still is replaced, and does not know. A read that reaches it then must not be
// answered from what it has.
func pausedLeader(k *tester.KV) {
	c := k.Client()
	for round := range 3 {
		c.Put("x", fmt.Sprint("old ", round))
		old := k.Leader()
		k.Pause(old)
		c.Reach(k.Others(old)...)
		fresh := fmt.Sprint("new ", round)
		c.Put("x", fresh)

		reader := k.Client(old)
		read := k.Begin(func() { reader.Expect("x", fresh) })
		k.Sleep(electionPause / 10)
		k.Resume(old)
		reader.Reach(k.All()...)
		k.Soon(tester.OperationLimit, "the read", read)
		c.Reach(k.All()...)
	}
}

// Two of four servers are no majority, on either side; three are.
func fourServers(k *tester.KV) {
	c := k.Client()
	c.Put("x", "0")
	leader := k.Leader()
	near := []int{leader, k.After(leader, 1)}
	far := k.Others(near...)
	k.Partition(near, far)
	here, there := k.Client(near...), k.Client(far...)
	writes := []func() bool{
		k.Begin(func() { here.Append("x", "a") }),
		k.Begin(func() { there.Append("x", "b") }),
	}
	k.Sleep(electionPause)
	for _, write := range writes {
		k.NotYet("a write", write, "only two of four servers were in touch")
	}
	k.Partition(append(far, near[1]), near[:1])
	there.Reach(k.Others(leader)...)
	k.Soon(tester.OperationLimit, "the write on the side of three", writes[1])
	k.Partition()
	here.Reach(k.All()...)
	k.Soon(tester.OperationLimit, "the other write", writes[0])
	c.Append("x", "c")
	if got := c.Get("x"); got != "0abc" && got != "0bac" {
		k.Failf(tester.Linearizable, "the value is %q", got)
	}
}

// Every save takes as long as a disk of old; then one server's disk takes far longer, and the others go on.
func slowDisk(k *tester.KV) {
	k.SlowDisk(5*time.Millisecond, k.All()...)
	w := weather{clients: 5, rounds: 1, span: 1500 * time.Millisecond, crashes: true}
	w.story(k)
	slow := k.After(k.Leader(), 1)
	k.SlowDisk(0, k.Others(slow)...)
	k.SlowDisk(200*time.Millisecond, slow)
	c := k.Client()
	done := k.Begin(func() {
		for i := range 50 {
			c.Append("slow", fmt.Sprintf("(%d)", i))
		}
	})
	k.Soon(tester.OperationLimit, "fifty writes while one disk is slow", done)
	k.SlowDisk(0, slow)
}

// Every other message arrives twice, the second often after much else has happened.
func duplicates(k *tester.KV) {
	k.Duplicates(50, 30*time.Millisecond)
	weather{clients: 5, rounds: 1, span: 2 * time.Second}.story(k)
	weather{clients: 8, rounds: 1, span: 2 * time.Second, shared: true}.story(k)
}
