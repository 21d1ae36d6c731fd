package sim

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"
)

// hostPatience is how long a guest may run, on the host's clock, without a call to the host. Instrumented code comes by
// within a millisecond, and is judged by what it counts. This is for what is not instrumented, and for programs that
// are compiled so that they can be stopped (LoadWhole). It is the one limit on which the load of the machine has a
// bearing: a factor of a hundred does not reach it.
const hostPatience = 30 * time.Second

// watchdog stops guests that do not come back. A goroutine of its own looks at it while a simulation runs.
type watchdog struct {
	turns   atomic.Uint64         // how often a guest has been resumed
	running atomic.Pointer[leash] // of the guest that runs now, if one does
}

// leash is the way to stop one life of a machine.
type leash struct {
	cancel context.CancelFunc
	pulled atomic.Bool
}

func (l *leash) pull() {
	l.pulled.Store(true)
	l.cancel()
}

// guard looks after the guests of a simulation until ended is closed or ctx is done, which stops the one that runs.
func (w *watchdog) guard(ctx context.Context, ended <-chan struct{}) {
	const every = time.Second
	ticker := time.NewTicker(every)
	defer ticker.Stop()
	last, since := uint64(0), time.Duration(0)
	for {
		select {
		case <-ended:
			return
		case <-ctx.Done():
			if l := w.running.Load(); l != nil {
				l.pull()
			}
			return
		case <-ticker.C:
		}
		l, turns := w.running.Load(), w.turns.Load()
		if l == nil || turns != last {
			last, since = turns, 0
			continue
		}
		if since += every; since >= hostPatience {
			l.pull()
		}
	}
}

// strangled is how a life ends whose leash was pulled.
func strangled() ending {
	return ending{verdict: CPULimit,
		text: fmt.Sprintf("has run for %v of the host's time without a call to the host", hostPatience)}
}
