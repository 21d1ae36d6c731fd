package tester

import (
	"fmt"
	"time"

	"raftlab/internal/trace"
	"raftlab/labrpc"
)

// Pause stops the network of servers both ways: what they send and what is sent to them waits for Resume.
// They do not know.
func (c *Cluster) Pause(nodes ...int) { c.hold(trace.Pause, nodes, c.host.Pause) }

// Resume lets all that Pause held go on.
func (c *Cluster) Resume(nodes ...int) { c.hold(trace.Resume, nodes, c.host.Resume) }

func (c *Cluster) hold(kind trace.Kind, nodes []int, do func(node int)) {
	for _, i := range nodes {
		c.record.Record(trace.Event{Kind: kind, Node: i, Peer: trace.Nobody})
		do(i)
	}
}

// Duplicates makes so many requests in a hundred, on all links and of clients too, arrive twice, each copy up
// to so much later than it would.
func (c *Cluster) Duplicates(percent int, late time.Duration) {
	c.host.SetAll(labrpc.LinkFaults{Request: labrpc.Faults{Duplicate: float64(percent) / 100, Jitter: late}})
	c.record.Record(trace.Event{Kind: trace.Fault, Node: trace.Nobody, Peer: trace.Nobody,
		Text: fmt.Sprintf("%d%% of requests doubled, up to %v late", percent, late)})
}

// SlowDisk makes each save of the servers take so much longer; 0: no longer.
func (c *Cluster) SlowDisk(delay time.Duration, nodes ...int) {
	for _, i := range nodes {
		if !c.host.SlowDisk(i, delay) {
			c.Failf(Misuse, "the disk of server %d cannot be made slow: the persister of this course, which can, "+
				"has been replaced by one without the method Watch", i)
		}
		c.record.Record(trace.Event{Kind: trace.Fault, Node: i, Peer: trace.Nobody,
			Text: fmt.Sprintf("disk slower by %v", delay)})
	}
}

// Noise makes faults happen to all messages, requests and replies, of clients too, beside what happens on single ways.
func (c *Cluster) Noise(faults labrpc.Faults) {
	c.host.SetAll(labrpc.LinkFaults{Request: faults, Reply: faults})
	c.record.Record(trace.Event{Kind: trace.Fault, Node: trace.Nobody, Peer: trace.Nobody,
		Text: "all messages: " + describe(faults)})
}
