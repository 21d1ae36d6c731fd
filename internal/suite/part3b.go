package suite

import (
	"fmt"
	"time"

	"raftlab/internal/tester"
)

const (
	maxRaftState    = 1000 // bytes
	maxSnapshotSize = 500  // bytes, of a few short pairs
)

func part3B() []Scenario {
	all := []Scenario{
		{Name: "TestSnapshotRPC3B", Points: 2, Servers: 3, Title: "a server far behind is sent a snapshot",
			KV: snapshotRPC},
		{Name: "TestSnapshotSize3B", Points: 1, Servers: 3, Title: "snapshots are no larger than the content",
			KV: snapshotSize},
		{Name: "TestSpeed3B", Points: 1, Servers: 3, Title: "operations are fast enough, with snapshots", KV: speed},
		{Name: "TestSnapshotRecover3B", Points: 1, Title: "restarts, one client",
			KV: weather{clients: 1, rounds: 3, span: time.Second, crashes: true}.story},
		{Name: "TestSnapshotRecoverManyClients3B", Points: 1, Title: "restarts, twenty clients",
			KV: weather{clients: 20, rounds: 2, span: 1500 * time.Millisecond, crashes: true}.story},
		{Name: "TestSnapshotUnreliable3B", Points: 1, Unreliable: true, Title: "unreliable network, many clients",
			KV: weather{clients: 5, rounds: 2, span: 1500 * time.Millisecond}.story},
		{Name: "TestSnapshotUnreliableRecover3B", Points: 2, Unreliable: true,
			Title: "unreliable network, restarts, many clients",
			KV:    weather{clients: 5, rounds: 3, span: time.Second, crashes: true}.story},
		{Name: "TestSnapshotUnreliableRecoverConcurrentPartition3B", Points: 2, Unreliable: true,
			Title: "unreliable network, restarts, partitions, many clients",
			KV:    weather{clients: 5, rounds: 2, span: 2 * time.Second, partitions: true, crashes: true}.story},
		{Name: "TestSnapshotUnreliableRecoverConcurrentPartitionLinearizable3B", Points: 3, Servers: 7,
			Unreliable: true, Title: "unreliable network, restarts, partitions, shared keys, fifteen clients",
			KV: weather{clients: 15, rounds: 2, span: 3 * time.Second, partitions: true, crashes: true,
				shared: true}.story},
	}
	for i := range all {
		all[i].Part, all[i].MaxRaftState = "3B", maxRaftState
		if all[i].Servers == 0 {
			all[i].Servers = 5
		}
	}
	return all
}

// A server misses more than the others keep of their logs. It must then be one of two that go on; and after that
// the only one of two who knows all.
func snapshotRPC(k *tester.KV) {
	c := k.Client()
	c.Put("a", "A")
	away := k.After(k.Leader(), 1)
	others := k.Others(away)
	k.Sleep(electionPause / 10) // until it too has that
	k.Partition(others, []int{away})
	busy := k.Client(others...)
	busy.Put("a", "B")
	for i := range 50 {
		busy.Put(key(i), fmt.Sprint(i))
	}
	k.Sleep(electionPause / 2)
	busy.Put("b", "B")
	k.Trimmed()

	k.Partition([]int{others[0], away}, others[1:])
	pair := k.Client(others[0], away)
	pair.Put("c", "C")
	pair.Expect("a", "B")

	k.Partition([]int{others[1], away}, others[:1])
	pair = k.Client(others[1], away)
	pair.Expect("c", "C")
	pair.Expect("a", "B")
	pair.Expect("b", "B")
	pair.Expect(key(1), "1")
	pair.Expect(key(49), "49")
	pair.Put("d", "D")

	k.Partition()
	c.Put("e", "E")
	c.Expect("d", "D")
	c.Expect("e", "E")
	c.Expect(key(1), "1")
	k.Trimmed()
}

// Many writes of one short pair leave a short log and a short snapshot.
func snapshotSize(k *tester.KV) {
	c := k.Client()
	for i := range 100 {
		for _, bit := range []string{"0", "1"} {
			value := fmt.Sprint(bit, i)
			c.Put("x", value)
			c.Expect("x", value)
		}
	}
	k.Trimmed()
	k.AtMost("bytes of snapshot", k.SnapshotSize(), maxSnapshotSize)
	if k.SnapshotSize() == 0 {
		k.Failf(tester.Budget, "no server has taken a snapshot, though maxraftstate is %d", maxRaftState)
	}
}
