package labrpc

// Count is what a network counts, of all messages, of one server or of one method. Bytes are those
// of encoded arguments and replies alone.
type Count struct {
	Calls      int64 // requests that left an end, whatever became of them, doubled ones once
	CallBytes  int64 // and their bytes
	Requests   int64 // requests that reached a server, doubled ones twice
	Replies    int64 // replies that reached their caller, so that Call returned true
	ReplyBytes int64 // and their bytes
	Drops      int64 // requests and replies that were lost, for whatever reason
}

// Stats are the counts of a network since it was made.
type Stats struct {
	Total   Count
	Servers map[any]ServerStats // by server name; under nil the calls of ends connected to nobody
}

// ServerStats are the counts of the calls that went to one server's name, through all the servers
// that have borne it.
type ServerStats struct {
	Count
	Methods map[string]Count // by "Service.Method"
}

// Stats returns the counts up to now. The caller owns the result.
func (n *Network) Stats() Stats {
	n.mu.Lock()
	defer n.mu.Unlock()
	s := Stats{Servers: make(map[any]ServerStats, len(n.hosts))}
	for name, h := range n.hosts {
		one := ServerStats{Count: h.total(), Methods: make(map[string]Count, len(h.methods))}
		for method, count := range h.methods {
			one.Methods[method] = *count
		}
		s.Servers[name] = one
		s.Total.add(one.Count)
	}
	return s
}

// GetCount returns how many requests have reached the server's name, through all the servers that
// have borne it: Stats' Requests.
func (n *Network) GetCount(servername any) int {
	n.mu.Lock()
	defer n.mu.Unlock()
	if h := n.hosts[servername]; h != nil {
		return int(h.total().Requests)
	}
	return 0
}

// GetTotalCount returns how many calls were made, whatever became of them: Stats' Calls.
func (n *Network) GetTotalCount() int { return int(n.total().Calls) }

// GetTotalBytes returns the bytes of the arguments of all calls and of the replies that reached
// their callers: Stats' CallBytes and ReplyBytes.
func (n *Network) GetTotalBytes() int64 {
	total := n.total()
	return total.CallBytes + total.ReplyBytes
}

func (n *Network) total() (total Count) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, h := range n.hosts {
		total.add(h.total())
	}
	return total
}

func (h *host) total() (total Count) {
	for _, count := range h.methods {
		total.add(*count)
	}
	return total
}

// counts returns the counts of one method, which their user then adds to.
func (h *host) counts(svcMeth string) *Count {
	count := h.methods[svcMeth]
	if count == nil {
		count = new(Count)
		h.methods[svcMeth] = count
	}
	return count
}

func (c *Count) add(d Count) {
	c.Calls += d.Calls
	c.CallBytes += d.CallBytes
	c.Requests += d.Requests
	c.Replies += d.Replies
	c.ReplyBytes += d.ReplyBytes
	c.Drops += d.Drops
}
