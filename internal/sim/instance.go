package sim

import (
	"fmt"
	"io"
	"time"
)

// What things cost a peer, in simulated time: of the order of what they take natively on a machine of today.
// The cost of loops and calls in the student's own code comes from package meter.
const (
	costWake   = 2 * time.Microsecond // to be woken, by a timer or a frame
	costFrame  = 2 * time.Microsecond // to receive or send one
	costSave   = 20 * time.Microsecond
	costByte   = time.Nanosecond // of a frame, received or sent
	costWrite  = time.Microsecond
	clockLeast = 100 // nanoseconds that a look at the clock takes, at least
	clockMore  = 100 // and by chance on top of it, so that no two looks see the same instant
)

// maxLead is how far a busy instance may run ahead of the rest of the simulation before it is made to wait.
const maxLead = 5 * time.Millisecond

// instance is a guest in a machine, from boot to crash: its clock, its inbox and what it may use.
type instance struct {
	engine *engine // nil while the machine's image is being made
	host   guestHost
	m      *machine
	who    string   // "server 3"
	args   []string // of its command line, after its name
	node   int      // of a server, else -1
	limits Limits

	local time.Duration // how far it has come, on the simulation's clock; at most at a standstill behind it
	skew  int64         // its own clock is so many parts in a million too fast by nature
	drift int64         // and this is by how many it is, all in all,
	since time.Duration // since that time on the simulation's clock,
	began int64         // when it showed this, in nanoseconds
	rng   rng

	inbox [][]byte
	turn  uint64 // of its wake-ups; see event.turn
	hears bool   // it waits, for its inbox too
	due   time.Duration
	work  time.Duration // spent computing since it last waited for something
	dead  bool

	frozen bool // it does not go on, whatever is due
	missed bool // something was due while it was frozen

	out   output
	aloft int           // bytes of its messages that the host keeps: under way, or not answered
	site  uint32        // where in the source it last computed (package meter), 0: unknown
	odds  uint32        // every so manieth point of package meter matters; 0: none
	pause time.Duration // the longest at one

	// What the host knows of it.
	ends      []any // names of its network ends
	booting   *question
	questions []*question
	term      int // as it last said
	leads     bool
	fresh     bool // it has not run since it said so
	ordered   []byte
}

// guestHost is what an instance speaks to.
type guestHost interface {
	// received is told of a frame from the guest, and returns what the frame's kind has for an answer. The
	// frame is the guest's memory: what is kept of it must be copied.
	received(from *instance, frame []byte) uint32
	// saved is told of a save, as received is of a frame, and returns how many microseconds longer it takes.
	saved(from *instance, both bool, state, snapshot []byte) uint32
	// fetched returns what received has announced the size of.
	fetched(from *instance) []byte
	// ended is told that the guest has ended by itself, with that exit code or error.
	ended(who *instance, end ending)
	// perished is told that the guest has come to its end by perish.
	perished(who *instance)
}

// rng is a small generator (splitmix64): one for each instance, of its own seed.
type rng uint64

func (r *rng) next() uint64 {
	*r += 0x9e3779b97f4a7c15
	z := uint64(*r)
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

// mix makes one seed of several numbers.
func mix(numbers ...uint64) rng {
	r := rng(0x7261667473696d)
	for _, n := range numbers {
		r = rng(r.next() ^ n)
	}
	return r
}

// never is when an instance wakes that waits for frames alone.
const never = time.Duration(1<<63 - 1)

// post puts a frame into the inbox, which now owns it, and has the instance woken for it.
func (in *instance) post(frame []byte) {
	if in.dead {
		return
	}
	in.inbox = append(in.inbox, frame)
	if in.hears {
		in.wakeAt(max(in.engine.now, in.local))
	}
}

// wakeAt makes when the time at which a waiting instance goes on, if that is earlier than it would.
func (in *instance) wakeAt(when time.Duration) {
	if when < in.due {
		in.due = when
		in.turn++
		in.engine.push(event{at: when, inst: in, turn: in.turn})
	}
}

// wake lets the instance go on, whose turn it is.
func (in *instance) wake() {
	if in.frozen {
		in.missed = true
		return
	}
	in.resume()
}

// resume lets the instance run until it waits or ends.
func (in *instance) resume() {
	in.turn++
	in.hears, in.due, in.fresh = false, never, false
	in.local = max(in.local, in.engine.now)
	end, ended := in.m.resume()
	switch {
	case in.dead:
		in.host.perished(in)
	case ended:
		in.dead = true
		in.host.ended(in, end)
	}
}

// perish ends the instance in the middle of a call to its host. It does not return.
func (in *instance) perish() {
	in.dead = true
	in.m.park()
}

// await parks the instance until that time, or if hears is true until it has a frame.
func (in *instance) await(until time.Duration, hears bool) {
	in.hears, in.due = hears, never
	if hears && len(in.inbox) > 0 {
		until = in.local
	}
	if until < never {
		in.wakeAt(max(until, in.local))
	}
	in.m.park()
	in.hears = false
}

// idle is await where the guest has nothing to do.
func (in *instance) idle(until time.Duration, hears bool) {
	if in.engine == nil { // an init function that sleeps
		if until == never {
			in.stop("has all its goroutines wait for ever")
		}
		in.local = max(in.local, until)
		return
	}
	in.work = 0
	in.await(until, hears)
	in.spend(costWake)
}

// settle lets the rest of the simulation catch up, so that what the instance does next happens now.
func (in *instance) settle() {
	if in.engine.ahead(in.local) {
		in.await(in.local, false)
	}
	in.engine.now = max(in.engine.now, in.local)
}

// spend charges the instance for work.
func (in *instance) spend(cost time.Duration) {
	in.local += cost
	in.work += cost
	if in.engine == nil {
		if in.work > in.limits.CPU {
			in.exceed(CPULimit, fmt.Sprintf("has computed for %v", in.limits.CPU))
		}
		return
	}
	if in.work > in.limits.CPU {
		in.exceed(CPULimit, fmt.Sprintf("has computed for %v without waiting for anything", in.limits.CPU))
	}
	if in.local > in.engine.now+maxLead && in.engine.ahead(in.local) {
		in.await(in.local, false)
	}
}

// exceed ends the instance for a limit that it has broken.
func (in *instance) exceed(v Verdict, what string) {
	if in.m.end.verdict == "" { // else what it does now follows from what ended it, as a dump of all goroutines
		in.m.end = ending{verdict: v, text: what}
	}
	panic(errEnded)
}

// fly counts a message of so many bytes that the host keeps for the instance from now on. They count against its memory:
// else one that never stops sending would take the host's.
func (in *instance) fly(bytes int) {
	if in.aloft += bytes; uint64(in.aloft) > in.limits.Memory {
		in.exceed(MemoryLimit, fmt.Sprintf("has more than %d MB of messages under way", in.limits.Memory>>20))
	}
}

func (in *instance) stop(what string) { in.exceed(Deadlocked, what) }

// clock returns what the instance's own clock shows, in nanoseconds. It never shows the same twice.
func (in *instance) clock() int64 {
	in.local += time.Duration(clockLeast + in.rng.next()%clockMore)
	return in.shows(in.local)
}

// shows returns what its clock shows at a time of the simulation's, not before in.since.
func (in *instance) shows(at time.Duration) int64 {
	gone := int64(at - in.since)
	return in.began + gone + gone*in.drift/million
}

// after returns when the instance's clock will have gained that many nanoseconds.
func (in *instance) after(ns uint64) time.Duration {
	const longest = 1 << 43 // two hours: who waits for longer is woken before, and waits again
	wait := int64(min(ns, longest))
	return in.local + time.Duration(wait-wait*in.drift/(million+in.drift)+1) // rounded up, not to ring early
}

// setClock makes the clock go at a hundredth of the true rate so many times, and adds jump to what it shows.
func (in *instance) setClock(rate int, jump time.Duration) {
	at := max(in.local, in.engine.now)
	in.began = in.shows(at) + int64(jump)
	in.since = at
	in.setRate(rate)
	in.wakeAt(at) // to see that it is later than it thinks
}

func (in *instance) setRate(rate int) {
	const truth, each = 100, million / 100
	in.drift = in.skew + int64(rate-truth)*each
}

const million = 1_000_000

// output is what an instance has printed: its beginning and its end.
type output struct {
	all        io.Writer // hears all of it; nil: nobody does
	size       int64
	head, tail []byte
}

const keepHead, keepTail = 16 << 10, 64 << 10 // bytes

func (o *output) write(p []byte) {
	o.size += int64(len(p))
	if o.all != nil {
		o.all.Write(p) // whether it could is for who gave it to ask
	}
	if room := keepHead - len(o.head); room > 0 {
		n := min(room, len(p))
		o.head = append(o.head, p[:n]...)
		p = p[n:]
	}
	if o.tail = append(o.tail, p...); len(o.tail) > 2*keepTail {
		o.tail = append(o.tail[:0], o.tail[len(o.tail)-keepTail:]...)
	}
}

// String returns the beginning and the end, with a note of what is missing in between.
func (o *output) String() string {
	tail := o.tail
	if len(tail) > keepTail {
		tail = tail[len(tail)-keepTail:]
	}
	if missing := o.size - int64(len(o.head)+len(tail)); missing > 0 {
		return fmt.Sprintf("%s\n… %d bytes …\n%s", o.head, missing, tail)
	}
	return string(o.head) + string(tail)
}
