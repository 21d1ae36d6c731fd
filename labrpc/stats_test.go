package labrpc

import (
	"strings"
	"testing"
)

func TestStatsCountByServerAndMethod(t *testing.T) {
	virtual(t, func(t *testing.T, l *lab) {
		l.end.Call("JunkServer.Handler1", "1", new(int))
		l.end.Call("JunkServer.Handler6", strings.Repeat("x", 100), new(int))
		l.SetAll(LinkFaults{Request: Faults{Loss: 1}})
		l.end.Call("JunkServer.Handler6", strings.Repeat("x", 100), new(int))
		l.SetAll(LinkFaults{})
		l.AddServer("server", serverOf(l.junk)) // counts go on
		l.end.Call("JunkServer.Handler6", "", new(int))
		l.Connect("end", nil)
		l.end.Call("JunkServer.Handler6", "", new(int))

		s := l.Stats()
		server, nobody := s.Servers["server"], s.Servers[nil]
		six := server.Methods["JunkServer.Handler6"]
		if six.Calls != 3 || six.Requests != 2 || six.Replies != 2 || six.Drops != 1 {
			t.Errorf("Handler6 has counts %+v", six)
		}
		if six.CallBytes < 200 || six.CallBytes > 250 || six.ReplyBytes < 2 || six.ReplyBytes > 20 {
			t.Errorf("Handler6 has bytes %+v", six)
		}
		one := server.Methods["JunkServer.Handler1"]
		if sum := (Count{}); true {
			sum.add(one)
			sum.add(six)
			if sum != server.Count || one.Calls != 1 {
				t.Errorf("the server has counts %+v, its methods %+v and %+v", server.Count, one, six)
			}
			sum.add(nobody.Count)
			if sum != s.Total || nobody.Calls != 1 || nobody.Drops != 1 || nobody.Requests != 0 {
				t.Errorf("in total %+v, of which nobody's %+v", s.Total, nobody.Count)
			}
		}
		if l.GetCount("server") != 3 || l.GetTotalCount() != 5 || l.GetCount("who?") != 0 ||
			l.GetTotalBytes() != s.Total.CallBytes+s.Total.ReplyBytes {
			t.Errorf("GetCount %d, GetTotalCount %d, GetTotalBytes %d for %+v",
				l.GetCount("server"), l.GetTotalCount(), l.GetTotalBytes(), s.Total)
		}
	})
}

func TestServersCountTheirOwnRequests(t *testing.T) {
	virtual(t, func(t *testing.T, l *lab) {
		fresh := serverOf(l.junk)
		l.end.Call("JunkServer.Handler1", "1", new(int))
		l.AddServer("server", fresh)
		l.end.Call("JunkServer.Handler1", "1", new(int))
		l.end.Call("JunkServer.Handler1", "1", new(int))
		if fresh.GetCount() != 2 {
			t.Errorf("GetCount is %d, want 2", fresh.GetCount())
		}
	})
}
