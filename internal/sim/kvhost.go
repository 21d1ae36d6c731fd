package sim

import (
	"fmt"

	"raftlab/internal/sim/frame"
	"raftlab/internal/tester"
	"raftlab/internal/trace"
)

// kvHost is a tester.KVHost: its servers are those of the key/value service, and its clients are instances too.
type kvHost struct {
	*host
	clients []*client
}

// client is a client of the service: its instance and its way to each server.
type client struct {
	host     *kvHost
	instance *instance
	ends     []any // by server
}

// clientEnd names a network end: a client's way to a server.
type clientEnd struct{ client, to int }

// clientKeys is where the images of clients begin.
const clientKeys = 1000

// Clerk implements tester.KVHost. The clerk is given the servers in an order of its own, as no order is promised.
func (h *kvHost) Clerk(number int) tester.KVClerk {
	c := &client{host: h}
	for i := range h.nodes {
		var name any = clientEnd{number, i}
		h.net.model.Own(name, trace.ClientName(number))
		h.net.model.Connect(name, i)
		c.ends = append(c.ends, name)
	}
	h.clients = append(h.clients, c)
	who := fmt.Sprint("client ", number)
	if in := h.bear(who, -1, clientKeys+uint64(number), 0); in != nil {
		in.ends = append(in.ends, c.ends...)
		for i := len(in.ends) - 1; i > 0; i-- {
			j := int(in.rng.next() % uint64(i+1))
			in.ends[i], in.ends[j] = in.ends[j], in.ends[i]
		}
		c.instance = in
		h.boot(in, frame.KVClerk, number, len(h.nodes), disk{})
	}
	return c
}

// Reach implements tester.KVHost.
func (h *kvHost) Reach(number, node int, up bool) {
	if number < 0 || number >= len(h.clients) {
		h.setup.Report(tester.Misuse, fmt.Sprintf("client %d was not made", number))
		return
	}
	h.net.enable(h.clients[number].ends[node], up)
}

// Get implements tester.KVClerk.
func (c *client) Get(key string) string { return c.operate(frame.Get, "Get", key, "") }

// Put implements tester.KVClerk.
func (c *client) Put(key, value string) { c.operate(frame.Put, "Put", key, value) }

// Append implements tester.KVClerk.
func (c *client) Append(key, value string) { c.operate(frame.Append, "Append", key, value) }

func (c *client) operate(operation int, what, key, value string) string {
	if c.instance == nil {
		return ""
	}
	q, w := c.host.question(frame.Operate, what)
	q.urgent = false // it lasts as long as no majority is in touch
	w.Int(operation)
	w.String(key)
	w.String(value)
	c.host.ask(c.instance, q, w.B)
	return q.text
}

// Close implements tester.Host.
func (h *kvHost) Close() (busy, idle []string) {
	busy, idle = h.host.Close()
	for _, c := range h.clients {
		if c.instance != nil {
			h.bury(c.instance)
		}
	}
	return busy, idle
}
