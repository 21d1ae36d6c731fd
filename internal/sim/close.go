package sim

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"raftlab/internal/sim/frame"
)

// leakGrace is how long a killed peer may take to end its goroutines, in simulated time. Loops that look at
// killed() between sleeps of a heartbeat or an election timeout need some of it.
const leakGrace = 3 * time.Second

// farOff is in how long a timer rings that the Go runtime has not set for itself.
const farOff = 10 * time.Second

// Close implements tester.Host.
func (h *host) Close() (busy, idle []string) {
	for _, in := range slices.Clone(h.living) {
		in.thaw()
		h.explain(in)
	}
	var lives []*instance
	for i, n := range h.nodes {
		if n.life == nil || n.life.m == nil {
			continue
		}
		for _, name := range n.ends {
			h.net.enable(name, false)
		}
		h.net.leave(i)
		lives = append(lives, n.life)
	}
	if h.verdict.verdict == "" && h.ctx.Err() == nil {
		busy, idle = h.leaks(lives)
	}
	for _, in := range lives {
		h.bury(in)
	}
	return busy, idle
}

// explain has a peer that did not answer say where its goroutines are, for the report.
func (h *host) explain(in *instance) {
	if h.verdict.verdict != Deadlocked || h.verdict.peer != in.who {
		return
	}
	if text := h.dump(in); text != "" {
		h.verdict.detail += "\n" + text
	}
}

// dump returns the stacks of an instance's goroutines, "" if it does not give them.
func (h *host) dump(in *instance) string {
	q, w := h.question(frame.Dump, "a dump")
	h.ask(in, q, w.B)
	return q.text
}

// leaks kills peers, gives them time to stop and returns who keeps running, and whose goroutines are blocked for good.
func (h *host) leaks(lives []*instance) (busy, idle []string) {
	for _, in := range lives {
		in.post([]byte{byte(frame.Kill)})
	}
	quiet := func() bool {
		for _, in := range lives {
			if !in.dead && !in.quiet() {
				return false
			}
		}
		return true
	}
	h.runFor(leakGrace, quiet)
	for _, in := range lives {
		if in.dead || in.quiet() && !h.job.Strict {
			continue
		}
		runs, rings := !in.quiet(), in.due
		stray := strayed(h.dump(in))
		if len(stray) == 0 && rings != never && rings > h.now+farOff { // no goroutine waits for it
			idle = append(idle, fmt.Sprintf("%s: a timer is still set, to call a function in %v", in.who, rings-h.now))
		}
		for _, g := range stray {
			line := in.who + ": " + g.String()
			if runs && g.wakesByItself() {
				busy = append(busy, line)
			} else {
				idle = append(idle, line)
			}
		}
	}
	return busy, idle
}

// quiet says whether the instance waits for frames alone.
func (in *instance) quiet() bool { return in.hears && in.due == never && len(in.inbox) == 0 }

// goroutine is one entry of a guest's dump.
type goroutine struct{ state, stack string }

// strayed returns the goroutines of a dump that are neither the runtime's nor the guest program's own.
func strayed(dump string) []goroutine {
	var found []goroutine
	for _, entry := range strings.Split(dump, "\n\n") {
		head, stack, _ := strings.Cut(entry, "\n")
		_, state, is := strings.Cut(head, " [")
		if !is {
			continue
		}
		state, _, _ = strings.Cut(strings.TrimSuffix(state, ":"), "]")
		state, _, _ = strings.Cut(state, ",")
		g := goroutine{state, stack}
		if g.of("main") || g.of("runtime") || strings.HasPrefix(stack, "main.") {
			continue
		}
		found = append(found, g)
	}
	return found
}

// of says whether the goroutine was started by a package, and runs nothing but that package's function.
func (g goroutine) of(pkg string) bool {
	return strings.Contains(g.stack, "\ncreated by "+pkg+".")
}

func (g goroutine) wakesByItself() bool {
	return g.state == "running" || g.state == "runnable" || g.state == "sleep"
}

// String names the function that the goroutine is in, and who started it.
func (g goroutine) String() string {
	lines := strings.Split(strings.TrimSpace(g.stack), "\n")
	in, from := "?", "?"
	for i := 0; i+1 < len(lines); i += 2 {
		call, _, _ := strings.Cut(lines[i], "(0x")
		switch {
		case strings.HasPrefix(lines[i], "created by "):
			from, _, _ = strings.Cut(strings.TrimPrefix(lines[i], "created by "), " in goroutine")
		case in == "?" && !strings.HasPrefix(call, "runtime.") && !strings.HasPrefix(call, "time.") &&
			!strings.HasPrefix(call, "sync.") && !strings.HasPrefix(call, "internal/"):
			place, _, _ := strings.Cut(strings.TrimSpace(lines[i+1]), " +")
			in = call + " at " + place[strings.LastIndexByte(place, '/')+1:]
		}
	}
	return fmt.Sprintf("[%s] in %s, started by %s", g.state, in, from)
}
