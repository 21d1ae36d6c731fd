package labrpc

import (
	"errors"
	"fmt"
	"time"

	"raftlab/internal/trace"
)

// The numbers of the classic fault presets, and the defaults of Options.
const (
	DefaultLatency = 250 * time.Microsecond // base latency of one message
	DefaultJitter  = 50 * time.Microsecond  // and what chance adds to it, at most

	UnreliableDelay = 27 * time.Millisecond // requests of an unreliable network take so much more
	UnreliableLoss  = 0.1                   // this part of its requests, and of its replies, is lost

	ReorderedPart = 2.0 / 3                 // of the replies, with LongReordering, is held back
	ReorderedMin  = 200 * time.Millisecond  // for at least this long,
	ReorderedMax  = 2200 * time.Millisecond // and at most this

	UnreachableWait     = 100 * time.Millisecond // a Call that cannot get through takes up to this
	UnreachableLongWait = 7 * time.Second        // or this, with LongDelays
)

// MaxDelay bounds every latency, delay and jitter that can be asked for.
const MaxDelay = time.Hour

// Options are the fixed choices of a Network or a Model. The zero value is a reliable network with
// the default latency, seed 0 and nothing traced, that panics upon misuse.
type Options struct {
	// Seed decides every random choice: the same seed and the same messages at the same times meet
	// the same fates.
	Seed uint64

	// Latency is what every message, request or reply, takes one way; Jitter is the most that
	// chance adds to it, uniformly. Both are at least 0 and at most MaxDelay. Both 0 means
	// DefaultLatency and DefaultJitter, so that a round trip takes about half a millisecond:
	// without that, closed-loop clients would be infinitely fast in simulated time.
	Latency, Jitter time.Duration

	// Instant is for benchmarks: messages take no time at all. Latency and Jitter must be 0 with
	// it.
	Instant bool

	// Misuse, if set, is told of programming errors (see the package comment), in the goroutine
	// that made the mistake, which then goes on: Call returns false, a control changes nothing. If
	// nil, that goroutine panics with the error.
	Misuse func(error)

	// Trace, if set, sees every message's events in causal order, one at a time;
	// (*trace.Recorder).Record fits. It runs inside the network: it must not block and must not
	// call the network. If nil, tracing costs nothing.
	Trace func(trace.Event)
}

// Validate returns an error that names the options that are out of range or contradict each other,
// or nil.
func (o Options) Validate() error {
	return wrap("options", errors.Join(
		within("Latency", o.Latency),
		within("Jitter", o.Jitter),
		conflict(o.Instant && o.Latency != 0, "Instant is true and Latency is %v; set one of them",
			o.Latency),
		conflict(o.Instant && o.Jitter != 0, "Instant is true and Jitter is %v; set one of them",
			o.Jitter),
	))
}

// Faults is what one direction of a link does to messages, beyond the network's base latency. The
// zero value does nothing. Faults of a link and of the whole network (SetAll) add up: either may
// lose, double or cut; delays are summed; the smaller bandwidth holds.
type Faults struct {
	Loss      float64       // the probability that a message is lost, 0 to 1
	Duplicate float64       // the probability that a message that is not lost arrives twice, 0 to 1
	Delay     time.Duration // every message takes this much longer, 0 to MaxDelay
	Jitter    time.Duration // and up to this much more by chance, uniformly, 0 to MaxDelay
	Bandwidth int64         // bytes per second; messages of one link queue for it; 0 is unlimited
	Cut       bool          // nothing passes, not even what is already on its way
}

// LinkFaults are the faults of both directions of a link: of the requests that leave a ClientEnd
// and of the replies that come back to it. A cut of Reply alone is a link on which handlers run and
// nobody hears.
type LinkFaults struct {
	Request, Reply Faults
}

// Validate returns an error that names each field out of its range, or nil.
func (f LinkFaults) Validate() error {
	return wrap("faults", errors.Join(f.Request.validate("Request"), f.Reply.validate("Reply")))
}

func (f Faults) validate(direction string) error {
	return errors.Join(
		probability(direction+".Loss", f.Loss),
		probability(direction+".Duplicate", f.Duplicate),
		within(direction+".Delay", f.Delay),
		within(direction+".Jitter", f.Jitter),
		conflict(f.Bandwidth < 0, "%s.Bandwidth is %d bytes per second; want 0 (unlimited) or more",
			direction, f.Bandwidth),
	)
}

func probability(field string, p float64) error {
	inRange := p >= 0 && p <= 1 // NaN is not
	return conflict(!inRange, "%s is %v; want a probability, 0 to 1", field, p)
}

func within(field string, d time.Duration) error {
	return conflict(d < 0 || d > MaxDelay, "%s is %v; want 0 to %v", field, d, MaxDelay)
}

func conflict(wrong bool, format string, args ...any) error {
	if !wrong {
		return nil
	}
	return fmt.Errorf(format, args...)
}

func wrap(what string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("labrpc: %s: %w", what, err)
}
