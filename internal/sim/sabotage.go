package sim

import (
	"time"

	"raftlab/internal/tester"
	"raftlab/internal/tester/schedule"
)

var _ tester.Saboteur = (*host)(nil)

const trueRate = 100 // of a clock, in hundredths

// mine is where a server's life is to end.
type mine struct {
	point schedule.Point // AtOnce: nowhere
	left  int            // saves, or sends, until then
}

// CrashAt implements tester.Saboteur.
func (h *host) CrashAt(i int, point schedule.Point, count int) { h.nodes[i].mine = mine{point, count} }

// afterSave ends the life of a server that has just saved, if it is to end there.
func (h *host) afterSave(in *instance) {
	switch m := &h.nodes[in.node].mine; {
	case m.point == schedule.AfterSave:
		h.count(in, m)
	case m.point == schedule.Unsent && m.left > 0:
		m.left--
	}
}

// beforeSend ends the life of a server that is about to send, if it is to end there.
func (h *host) beforeSend(in *instance) {
	if in.node < 0 {
		return // a client
	}
	if m := h.nodes[in.node].mine; m.point == schedule.Unsent && m.left == 0 {
		h.fall(in)
	}
}

// afterSend ends the life of a server whose message has just left, if it is to end there.
func (h *host) afterSend(in *instance) {
	if in.node < 0 {
		return
	}
	if m := &h.nodes[in.node].mine; m.point == schedule.AfterSend {
		h.count(in, m)
	}
}

func (h *host) count(in *instance, m *mine) {
	if m.left--; m.left <= 0 {
		h.fall(in)
	}
}

// fall crashes a server in the middle of a call to its host, which does not return: nothing of it is seen any more but
// what has left it. Its machine is free when control has come back from it (perished).
func (h *host) fall(in *instance) {
	n := h.nodes[in.node]
	if n.life != in {
		return // it has crashed already
	}
	n.bereft()
	h.net.halt(in.node, in)
	h.setup.Died(in.node)
	in.perish()
}

// perished implements guestHost.
func (h *host) perished(in *instance) { h.bury(in) }

// Pause implements tester.Host.
func (h *host) Pause(i int) {
	h.nodes[i].paused = true
	h.hold(i)
}

// Resume implements tester.Host.
func (h *host) Resume(i int) {
	h.nodes[i].paused = false
	h.hold(i)
}

// hold has messages of a server wait, or go on.
func (h *host) hold(i int) {
	if n := h.nodes[i]; n.paused || n.frozen {
		h.net.model.Pause(i)
		return
	}
	h.net.model.Resume(i)
	h.net.release(i)
}

// Freeze implements tester.Saboteur.
func (h *host) Freeze(i int) {
	n := h.nodes[i]
	if n.life == nil {
		return
	}
	n.frozen, n.life.frozen = true, true
	h.hold(i)
}

// Thaw implements tester.Saboteur.
func (h *host) Thaw(i int) {
	n := h.nodes[i]
	if n.life == nil || !n.frozen {
		return
	}
	n.frozen = false
	for _, q := range n.life.questions {
		q.since = h.now // it had no chance to answer before
	}
	h.hold(i)
	n.life.thaw()
}

// thaw lets a frozen instance do what it has missed.
func (in *instance) thaw() {
	in.frozen = false
	if in.missed {
		in.missed = false
		in.turn++
		in.engine.push(event{at: in.engine.now, inst: in, turn: in.turn})
	}
}

// SetClock implements tester.Saboteur.
func (h *host) SetClock(i int, rate int, jump time.Duration) {
	n := h.nodes[i]
	n.rate = rate
	if n.life != nil {
		n.life.setClock(rate, jump)
	}
}
