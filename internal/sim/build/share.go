package build

import (
	"context"
	"fmt"
	"sync"
)

// sharing lets builds of one key at one time share one compile.
type sharing struct {
	mu      sync.Mutex // guards all below, and the callers of each
	running map[string]*compile
}

// compile is a compile under way.
type compile struct {
	callers int // that wait for it; the last to leave ends it
	cancel  context.CancelFunc
	done    chan struct{} // closed when the two below are set
	program program
	err     error
}

// do returns what build returns for key, its own or that of a call already under way. It ends early with ctx; build
// is then told to end if nobody else waits for it.
func (s *sharing) do(ctx context.Context, key string, build func(context.Context) (program, error)) (program, error) {
	s.mu.Lock()
	c := s.running[key]
	if c == nil {
		inner, cancel := context.WithCancel(context.WithoutCancel(ctx))
		c = &compile{cancel: cancel, done: make(chan struct{})}
		s.running[key] = c
		go func() {
			c.program, c.err = build(inner)
			s.mu.Lock()
			if s.running[key] == c {
				delete(s.running, key)
			}
			s.mu.Unlock()
			cancel()
			close(c.done)
		}()
	}
	c.callers++
	s.mu.Unlock()

	select {
	case <-c.done:
		return c.program, c.err
	case <-ctx.Done():
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if c.callers--; c.callers == 0 {
		if s.running[key] == c {
			delete(s.running, key) // who comes now begins anew
		}
		c.cancel()
	}
	return program{}, fmt.Errorf("build: %w", ctx.Err())
}
