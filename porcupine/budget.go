package porcupine

import (
	"context"
	"sync/atomic"
)

// Limit names what ended a check before it had a verdict.
type Limit string

// The limits of a check. NoLimit is the limit of a check that ended by itself.
const (
	NoLimit     Limit = ""
	TimeLimit   Limit = "time"    // Options.Timeout passed
	MemoryLimit Limit = "memory"  // Options.MemoryBytes would have been passed
	Cancelled   Limit = "context" // the caller's context was done
)

// budget is what the workers of one check share: how much they may still use, and whether to stop.
type budget struct {
	ctx    context.Context // done when the workers should stop; for StepContext
	cancel context.CancelFunc
	memory int64 // bytes; 0: no limit
	used   atomic.Int64
	most   atomic.Int64
	halted atomic.Bool
	limit  atomic.Value // Limit, of the first halt
}

func newBudget(ctx context.Context, memory int64) *budget {
	b := &budget{memory: memory}
	b.ctx, b.cancel = context.WithCancel(ctx)
	return b
}

// halt tells the workers to stop. The first reason stands; NoLimit means that the verdict is known.
func (b *budget) halt(why Limit) {
	b.limit.CompareAndSwap(nil, why)
	b.halted.Store(true)
	b.cancel()
}

// stopped reports whether the workers should stop. It is asked after each step: when the caller's
// context is done, what a step returned means nothing any more, so the check is halted there and
// then.
func (b *budget) stopped() bool {
	if !b.halted.Load() && b.ctx.Err() != nil {
		b.halt(Cancelled)
	}
	return b.halted.Load()
}

// reason is the limit that was given to halt, NoLimit if it was not called.
func (b *budget) reason() Limit {
	why, _ := b.limit.Load().(Limit)
	return why
}

// take counts bytes as used, and halts the check if they are too many. Negative bytes give back.
func (b *budget) take(bytes int64) {
	if bytes == 0 {
		return
	}
	used := b.used.Add(bytes)
	for most := b.most.Load(); used > most; most = b.most.Load() {
		if b.most.CompareAndSwap(most, used) {
			break
		}
	}
	if b.memory > 0 && used > b.memory {
		b.halt(MemoryLimit)
	}
}
