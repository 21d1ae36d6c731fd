package tester

import (
	"fmt"
	"time"

	"raftlab/internal/tester/schedule"
	"raftlab/internal/trace"
	"raftlab/labrpc"
)

// Wire lets messages pass between those servers alone for which passes says so; nil: between all. It comes on top
// of Partition and Disconnect. passes is symmetric and pure.
func (c *Cluster) Wire(passes func(i, j int) bool, text string) {
	c.note(func() { c.passes = passes })
	c.record.Record(trace.Event{Kind: trace.Fault, Node: trace.Nobody, Peer: trace.Nobody, Text: text})
	c.relink()
}

// Way makes faults happen to all messages, requests and replies, from one server to another, in place of those that
// did.
func (c *Cluster) Way(from, to int, faults labrpc.Faults) {
	if c.ways[from] == nil {
		c.ways[from] = make([]labrpc.Faults, c.n)
	}
	if c.ways[from][to] == faults {
		return
	}
	c.ways[from][to] = faults
	c.setLinks(from, to)
	c.record.Record(trace.Event{Kind: trace.Fault, Node: from, Peer: to, Text: "messages: " + describe(faults)})
}

// setLinks tells the host of what happens to messages from one server to another: requests of one link, replies of
// the other.
func (c *Cluster) setLinks(from, to int) {
	c.host.SetLink(from, to, labrpc.LinkFaults{Request: c.way(from, to), Reply: c.way(to, from)})
	c.host.SetLink(to, from, labrpc.LinkFaults{Request: c.way(to, from), Reply: c.way(from, to)})
}

func (c *Cluster) way(from, to int) labrpc.Faults {
	if c.ways[from] == nil {
		return labrpc.Faults{}
	}
	return c.ways[from][to]
}

// disturbAgain gives the links of a server that has just booted the faults that Way has asked for.
func (c *Cluster) disturbAgain(i int) {
	for j := range c.n {
		if c.way(i, j) != (labrpc.Faults{}) || c.way(j, i) != (labrpc.Faults{}) {
			c.setLinks(i, j)
		}
	}
}

// describe says what happens to messages.
func describe(f labrpc.Faults) string {
	if f == (labrpc.Faults{}) {
		return "as usual"
	}
	const percent = 100
	text := fmt.Sprintf("%.0f%% lost, %.0f%% twice, late by %v and up to %v more", f.Loss*percent,
		f.Duplicate*percent, f.Delay, f.Jitter)
	if f.Cut {
		text = "cut, else " + text
	}
	return text
}

// saboteur returns the host as one that can do what.
func (c *Cluster) saboteur(what string) Saboteur {
	s, can := c.host.(Saboteur)
	if !can {
		c.Failf(Misuse, "servers cannot be made to %s here; the simulator can do that", what)
	}
	return s
}

// CrashAt has a server that runs crash by itself when a point has been reached so many times from now. Fallen tells
// that it has.
func (c *Cluster) CrashAt(i int, point schedule.Point, count int) {
	s := c.saboteur("crash at a save or send")
	c.record.Record(trace.Event{Kind: trace.Fault, Node: i, Peer: trace.Nobody,
		Text: fmt.Sprintf("will crash at %s %d", point, count)})
	s.CrashAt(i, point, count)
}

// died takes note of a crash that the host tells of (Setup.Died).
func (c *Cluster) died(i int) {
	c.note(func() {
		c.up[i], c.connected[i] = false, false
		c.fallen = append(c.fallen, i)
	})
	c.record.Record(trace.Event{Kind: trace.Crash, Node: i, Peer: trace.Nobody})
	c.host.Changed()
}

// takeFallen returns the servers that have crashed by themselves since it was last called.
func (c *Cluster) takeFallen() (nodes []int) {
	c.note(func() { nodes, c.fallen = c.fallen, nil })
	return nodes
}

// Freeze stops the processes of servers, which notice by their clocks alone.
func (c *Cluster) Freeze(nodes ...int) {
	s := c.saboteur("stand still")
	for _, i := range nodes {
		c.record.Record(trace.Event{Kind: trace.Pause, Node: i, Peer: trace.Nobody, Text: "frozen"})
		s.Freeze(i)
	}
}

// Thaw lets frozen servers go on.
func (c *Cluster) Thaw(nodes ...int) {
	s := c.saboteur("stand still")
	for _, i := range nodes {
		c.record.Record(trace.Event{Kind: trace.Resume, Node: i, Peer: trace.Nobody, Text: "thawed"})
		s.Thaw(i)
	}
}

// SetClock makes a server's clock run at so many hundredths of the true rate, and jump forward.
func (c *Cluster) SetClock(i, rate int, jump time.Duration) {
	s := c.saboteur("have wrong clocks")
	c.record.Record(trace.Event{Kind: trace.Fault, Node: i, Peer: trace.Nobody,
		Text: fmt.Sprintf("clock at %d%%, %v ahead", rate, jump)})
	s.SetClock(i, rate, jump)
}
