package core

import "raftlab/raft/core"

// raftlab is a cluster of raftlab/raft/core. Disks are synchronous and take no time.
type raftlab struct {
	nodes    []*core.Node
	services []service
	now      core.Time
}

func newRaftlab(n int) *raftlab {
	c := &raftlab{services: make([]service, n)}
	cfg := core.Config{ElectionTimeout: 1000, HeartbeatInterval: 100, PreVote: true,
		CheckQuorum: true, NoOp: true, MaxInflight: 256, MaxBatchEntries: 1 << 20,
		MaxBatchBytes: 1 << 20, Seed: 1}
	for i := range n {
		cfg.Peers = append(cfg.Peers, core.NodeID(i+1))
	}
	for _, id := range cfg.Peers {
		cfg.ID = id
		node, err := core.New(cfg, 0, core.Durable{})
		if err != nil {
			panic(err)
		}
		c.nodes = append(c.nodes, node)
	}
	c.nodes[0].Tick(c.nodes[0].Deadline())
	c.run()
	if c.nodes[0].Role() != core.Leader {
		panic("not elected")
	}
	return c
}

func (c *raftlab) propose(data [][]byte) {
	if _, _, err := c.nodes[0].Propose(c.now, data...); err != nil {
		panic(err)
	}
	c.run()
}

// run carries out effects until there are none.
func (c *raftlab) run() {
	for again := true; again; {
		again = false
		for i, n := range c.nodes {
			if n.HasEffects() {
				c.carryOut(i, n.Effects())
				again = true
			}
		}
	}
}

func (c *raftlab) carryOut(i int, e core.Effects) {
	if e.Save.Seq != 0 {
		c.nodes[i].Saved(e.Save.Seq)
	}
	for k := range e.Send {
		c.nodes[e.Send[k].To-1].Step(c.now, e.Send[k])
	}
	for k := range e.SendSaved {
		c.nodes[e.SendSaved[k].To-1].Step(c.now, e.SendSaved[k])
	}
	for k := range e.Apply {
		c.services[i].apply(e.Apply[k].Data)
	}
	last := e.ApplyFirst + core.Index(len(e.Apply)) - 1
	if len(e.Apply) > 0 && last%keep < core.Index(len(e.Apply)) {
		if err := c.nodes[i].Compact(core.Snapshot{Index: last}); err != nil {
			panic(err)
		}
	}
}

func (c *raftlab) applied(i int) (count int, sum uint64) {
	return c.services[i].count, c.services[i].sum
}
