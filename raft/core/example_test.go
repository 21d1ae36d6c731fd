package core_test

import (
	"fmt"

	"raftlab/raft/core"
)

// A driver in a few lines: three peers in one goroutine, on a network that loses nothing, with disks
// that take no time.
func Example() {
	peers := []core.NodeID{1, 2, 3}
	nodes := map[core.NodeID]*core.Node{}
	disks := map[core.NodeID]*core.Durable{}
	for _, id := range peers {
		cfg := core.Config{ID: id, Peers: peers, ElectionTimeout: 300, HeartbeatInterval: 100,
			PreVote: true, CheckQuorum: true, MaxInflight: 2, MaxBatchEntries: 100,
			MaxBatchBytes: 1 << 20, Seed: 42}
		disks[id] = &core.Durable{}
		node, err := core.New(cfg, 0, *disks[id])
		if err != nil {
			panic(err)
		}
		nodes[id] = node
	}

	var network []core.Message
	work := func(id core.NodeID) {
		for n := nodes[id]; n.HasEffects(); {
			e := n.Effects()
			e.Save.Apply(disks[id])
			n.Saved(e.Save.Seq)
			network = append(append(network, e.Send...), e.SendSaved...)
			for i, entry := range e.Apply {
				fmt.Printf("%d applies %d: %s\n", id, e.ApplyFirst+core.Index(i), entry.Data)
			}
		}
	}
	run := func() {
		for len(network) > 0 {
			m := network[0]
			network = network[1:]
			nodes[m.To].Step(0, m)
			work(m.To)
		}
	}

	nodes[1].Tick(nodes[1].Deadline()) // 1 has waited long enough for a leader
	work(1)
	run()
	fmt.Println("1 is", nodes[1].Role(), "of term", nodes[1].Term())

	index, term, err := nodes[1].Propose(0, []byte("hello"))
	fmt.Println("proposed at", index, "in term", term, err)
	work(1)
	run()

	// Output:
	// 1 is Leader of term 1
	// proposed at 1 in term 1 <nil>
	// 1 applies 1: hello
	// 2 applies 1: hello
	// 3 applies 1: hello
}
