package tester

import (
	"sync"
	"time"
)

// Env is the time and concurrency of a run: real, or simulated.
type Env interface {
	// Now returns the time since the run began.
	Now() time.Duration
	// Go runs f concurrently with the caller.
	Go(f func())
	// Wait blocks until ready returns true or limit has passed, and says whether it was ready. It looks
	// at ready at once, and again whenever Changed was called. ready must not block.
	Wait(limit time.Duration, ready func() bool) bool
	// Changed says that something happened that a Wait may be waiting for. It never blocks.
	Changed()
}

// realTime is an Env on the machine's clock and goroutines.
type realTime struct {
	start time.Time

	mu      sync.Mutex // guards changed
	changed chan struct{}
	waiting bool // whether anybody took changed since it was made
}

func newRealTime() *realTime {
	return &realTime{start: time.Now(), changed: make(chan struct{})}
}

func (e *realTime) Now() time.Duration { return time.Since(e.start) }

func (e *realTime) Go(f func()) { go f() }

func (e *realTime) Changed() {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.waiting {
		close(e.changed)
		e.changed, e.waiting = make(chan struct{}), false
	}
}

func (e *realTime) Wait(limit time.Duration, ready func() bool) bool {
	timer := time.NewTimer(limit)
	defer timer.Stop()
	for {
		e.mu.Lock()
		changed := e.changed // taken before the look: a change after it closes this very channel
		e.waiting = true
		e.mu.Unlock()
		if ready() {
			return true
		}
		select {
		case <-changed:
		case <-timer.C:
			return ready()
		}
	}
}
