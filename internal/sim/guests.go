package sim

import (
	"bytes"
	"errors"
	"time"

	"raftlab/internal/sim/frame"
	"raftlab/internal/tester"
	"raftlab/internal/trace"
)

func as[T error](err error, target *T) bool { return errors.As(err, target) }

func requestFrame(id uint64, method string, args []byte) []byte {
	w := frame.New(make([]byte, 0, 25+len(method)+len(args)), frame.Request)
	w.Uint(id)
	w.String(method)
	w.Bytes(args)
	return w.B
}

func replyFrame(number uint64, ok bool, reply []byte) []byte {
	w := frame.New(make([]byte, 0, 25+len(reply)), frame.Reply)
	w.Uint(number)
	w.Bool(ok)
	w.Bytes(reply)
	return w.B
}

// received implements guestHost: it does what a frame of a guest says, now.
func (h *host) received(in *instance, b []byte) (answer uint32) {
	kind, r := frame.Read(b)
	sends := kind == frame.Call || kind == frame.Response
	if sends {
		h.beforeSend(in)
	}
	switch kind {
	case frame.Ready:
		h.answer(in, in.booting)
	case frame.Call:
		number, end, method, request := r.Uint(), r.Int(), r.String(), bytes.Clone(r.Bytes())
		if end >= 0 && end < len(in.ends) {
			h.net.dial(in, number, in.ends[end], method, request)
		}
	case frame.Response:
		id, problem, reply := r.Uint(), r.String(), bytes.Clone(r.Bytes())
		h.net.answered(in.node, id, problem, reply)
	case frame.Apply:
		answer = h.applied(in, tester.Apply{Index: r.Int(), Command: r.Command()})
	case frame.Install:
		h.applied(in, tester.Apply{Install: true, Index: r.Int(), Term: r.Int(), Data: bytes.Clone(r.Bytes())})
	case frame.Answer:
		h.answered(in, r.Uint(), r.Int(), r.Int(), r.Bool(), r.String())
	case frame.State:
		h.seen(in, r.Int(), r.Bool())
	case frame.Misuse:
		h.setup.Report(tester.Misuse, in.who+": "+r.String())
	}
	if r.Err() != nil {
		h.setup.Report(tester.Misuse, in.who+" sent what is no frame of its kind")
	}
	if sends {
		h.afterSend(in)
	}
	return answer
}

// saved implements guestHost: it puts on a server's disk what it saves.
func (h *host) saved(in *instance, both bool, state, snapshot []byte) (slower uint32) {
	if in.node < 0 {
		return 0 // a client, which has no disk
	}
	n := h.nodes[in.node]
	n.disk.state = append(n.disk.state[:0], state...)
	if both {
		n.disk.snapshot = append(n.disk.snapshot[:0], snapshot...)
	}
	h.record.Record(trace.Event{Kind: trace.Save, Node: in.node, Peer: trace.Nobody, Bytes: len(state)})
	h.afterSave(in)
	return uint32(n.slow / time.Microsecond)
}

// applied tells the harness of a delivery, and returns the size of the snapshot that it orders, 0 for none.
func (h *host) applied(in *instance, m tester.Apply) uint32 {
	if h.setup.Applied == nil {
		return 0
	}
	s, due := h.setup.Applied(in.node, m)
	if !due {
		return 0
	}
	in.ordered = s.Data
	return uint32(len(s.Data))
}

// fetched implements guestHost.
func (h *host) fetched(in *instance) []byte { return in.ordered }

// answered ends the question that a guest has answered.
func (h *host) answered(in *instance, id uint64, number, term int, leads bool, text string) {
	for _, q := range in.questions {
		if q.id != id || q == in.booting {
			continue
		}
		q.number, q.term, q.leads, q.text = number, term, leads, text
		if q.what == "GetState" {
			h.seen(in, term, leads)
			in.fresh = true
		}
		h.answer(in, q)
		return
	}
}

// seen notes what a peer says of itself, when that is new.
func (h *host) seen(in *instance, term int, leads bool) {
	if term == in.term && leads == in.leads {
		return
	}
	in.term, in.leads = term, leads
	h.record.Record(trace.Event{Kind: trace.State, Node: in.node, Peer: trace.Nobody, Term: term, Leader: leads})
}
