package tester

import (
	"fmt"
	"runtime"
	"strconv"
	"strings"
	"time"
)

// leakGrace is how long a killed server may take to end its goroutines. Loops that look at killed()
// between sleeps of a heartbeat or an election timeout need some of it.
const leakGrace = 3 * time.Second

// leakSettled is how long the same goroutines must be blocked, none busy, to be taken as blocked for good.
const leakSettled = 300 * time.Millisecond

// goroutine is one entry of a stack dump.
type goroutine struct {
	id    int
	state string // such as "chan receive" or "sleep"
	stack string
}

// goroutines returns all goroutines of this process.
func goroutines() []goroutine {
	buf := make([]byte, 1<<20)
	for {
		n := runtime.Stack(buf, true)
		if n < len(buf) {
			buf = buf[:n]
			break
		}
		buf = make([]byte, 2*len(buf))
	}
	var all []goroutine
	for _, stack := range strings.Split(string(buf), "\n\n") {
		head, body, _ := strings.Cut(stack, "\n")
		var g goroutine
		rest, found := strings.CutPrefix(head, "goroutine ")
		number, state, _ := strings.Cut(rest, " ")
		id, err := strconv.Atoi(number)
		if !found || err != nil {
			continue
		}
		state, _, _ = strings.Cut(strings.Trim(state, "[]:"), ",") // how long, which bubble
		state = strings.TrimSuffix(state, " (durable)")
		g.id, g.state, g.stack = id, state, body
		all = append(all, g)
	}
	return all
}

func goroutineIDs() map[int]bool {
	ids := map[int]bool{}
	for _, g := range goroutines() {
		ids[g.id] = true
	}
	return ids
}

// leaked waits until no goroutine is left that is neither in baseline nor the harness's own, for at most
// grace, and returns a line for each that is: busy ones, which run or will run again by themselves, and
// idle ones, blocked on something that will never come.
func leaked(baseline map[int]bool, grace time.Duration) (busy, idle []string) {
	start := time.Now()
	settled := start // since when the idle ones have been as many as now, with none busy
	for last := -1; ; time.Sleep(10 * time.Millisecond) {
		busy, idle = nil, nil
		for _, g := range goroutines() {
			if baseline[g.id] || g.ours() {
				continue
			}
			if g.wakesByItself() {
				busy = append(busy, g.String())
			} else {
				idle = append(idle, g.String())
			}
		}
		if now := time.Now(); len(busy) > 0 || len(idle) != last {
			last, settled = len(idle), now
		}
		if len(busy)+len(idle) == 0 || time.Since(settled) > leakSettled || time.Since(start) > grace {
			return busy, idle
		}
	}
}

// ours says whether the goroutine belongs to the harness: runs its code, or was started by it.
func (g goroutine) ours() bool {
	return strings.Contains(g.stack, "raftlab/internal/tester.(*local)") ||
		strings.Contains(g.stack, "raftlab/internal/tester.(*Cluster)") ||
		strings.Contains(g.stack, "\ntesting.")
}

func (g goroutine) wakesByItself() bool {
	switch g.state {
	case "running", "runnable", "sleep", "syscall", "waiting", "IO wait":
		return true
	}
	return false
}

// String names the function that the goroutine is in, and who started it.
func (g goroutine) String() string {
	lines := strings.Split(g.stack, "\n")
	in, from := "?", "?"
	for i := 0; i+1 < len(lines); i += 2 {
		call, _, _ := strings.Cut(lines[i], "(0x")
		switch {
		case strings.HasPrefix(lines[i], "created by "):
			from, _, _ = strings.Cut(strings.TrimPrefix(lines[i], "created by "), " in goroutine")
		case in == "?" && !strings.HasPrefix(call, "runtime.") && !strings.HasPrefix(call, "time.") &&
			!strings.HasPrefix(call, "sync.") && !strings.HasPrefix(call, "internal/"):
			in = call + " at " + place(lines[i+1])
		}
	}
	return fmt.Sprintf("[%s] in %s, started by %s", g.state, in, from)
}

// place cuts a stack line to the file's name and line.
func place(line string) string {
	line, _, _ = strings.Cut(strings.TrimSpace(line), " +")
	return line[strings.LastIndexByte(line, '/')+1:]
}
