package trace

import (
	"hash"
	"hash/fnv"
	"io"
	"sync"
	"time"
)

// keep is how many of the latest events a Recorder remembers for reports.
const keep = 4096

// Sink reads events in order. It must not block and must not call into the Recorder it listens to.
type Sink func(Event)

// Recorder stamps events with their order and time and hands them to its sinks, one at a time. It keeps
// the latest few thousand and a hash of all. It is safe for concurrent use.
type Recorder struct {
	now func() time.Duration

	mu    sync.Mutex // guards all below
	sinks []Sink
	ring  []Event
	seq   uint64
	last  time.Duration
	hash  hash.Hash64
	buf   []byte
}

// NewRecorder returns a recorder whose events bear the time that now gives: the time since the run began,
// on the clock that the run is under.
func NewRecorder(now func() time.Duration, sinks ...Sink) *Recorder {
	return &Recorder{now: now, sinks: sinks, hash: fnv.New64a()}
}

// Record stamps e (Seq, At) and passes it on. It returns once every sink has seen the event. Times never
// fall from one event to the next.
func (r *Recorder) Record(e Event) {
	at := r.now()
	r.mu.Lock()
	defer r.mu.Unlock()
	r.seq++
	r.last = max(r.last, at)
	e.Seq, e.At = r.seq, r.last
	if len(r.ring) < keep {
		r.ring = append(r.ring, e)
	} else {
		r.ring[(e.Seq-1)%keep] = e
	}
	r.buf = appendJSON(r.buf[:0], e)
	r.hash.Write(r.buf)
	for _, sink := range r.sinks {
		sink(e)
	}
}

// Last returns the latest n events, oldest first: fewer if fewer happened or are remembered.
func (r *Recorder) Last(n int) []Event {
	r.mu.Lock()
	defer r.mu.Unlock()
	n = min(n, len(r.ring))
	events := make([]Event, 0, n)
	for i := r.seq - uint64(n); i < r.seq; i++ {
		events = append(events, r.ring[i%keep])
	}
	return events
}

// Hash returns the number of events so far and a fingerprint of all of them: equal for two runs exactly
// when the runs were the same, event for event, but for a 64-bit hash collision.
func (r *Recorder) Hash() (events, hash uint64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.seq, r.hash.Sum64()
}

// WriteJSONL returns a sink that writes each event to w as one line of JSON. The first error stops the
// writing and is what the second result reports.
func WriteJSONL(w io.Writer) (Sink, func() error) {
	var failed error
	var buf []byte
	sink := func(e Event) {
		if failed != nil {
			return
		}
		buf = append(appendJSON(buf[:0], e), '\n')
		_, failed = w.Write(buf)
	}
	return sink, func() error { return failed }
}
