// Package meter is what instrumented code calls inside a simulated peer: it counts work, so that work takes
// simulated time and a loop without end cannot stop a simulation, and it chooses where else goroutines give
// way to each other, so that seeds explore interleavings.
//
// # Why
//
// WebAssembly has no preemption. A goroutine that computes, or that polls a variable in a loop, holds its
// instance for ever: no timer of that peer rings, no message reaches it, its clock stands. Package build
// therefore puts three calls into a student's code:
//
//	Loop(site)    at the beginning of a loop's body, and before a goto backward
//	Enter(site)   at the beginning of a function that calls or loops
//	Point(site)   before a lock, a channel operation, a select, an RPC, a go statement
//
// A site is a number from 1; build.Module.Sites says where in the source it stands.
//
// # Work
//
// Loop and Enter count one unit each in a package variable, which the compiler does in line. After Report
// units the count goes to the host, which adds to the peer's clock and may end the instance; then the
// goroutine gives way. A unit stands for a few nanoseconds of a real machine: what it costs is the host's
// to say. Units that are not yet reported are reported by Flush, which the program around the student's
// code calls before it tells the host anything that has an instant.
//
// # Points
//
// The generator of this package draws how many points pass until the next that matters, between 1 and
// twice the host's odds. There the host is asked how long the goroutine pauses: 0 nanoseconds to give
// way to whatever can run, more to let messages and timers come in between, as an operating system would
// that takes the processor away. Each point that has passed counts PointUnits of work.
//
// # Giving way
//
// runtime.Gosched alone is not enough. Go's scheduler runs timers that are due each time it looks for a
// goroutine, so a variable set by a timer does change under a loop, once the clock has moved. But it asks
// poll_oneoff for input only when no goroutine can run, and one that has called Gosched can: a loop that waits for
// a message would starve the reader of messages. So the host says when input waits that nobody has taken, and
// the meter then makes the runtime ask, by a short stop of the world (runtime.GoroutineProfile with too small
// a slice, which returns at once), at whose end the scheduler looks at input.
//
// # The host module
//
// A program with this package imports four functions from the WebAssembly module "raftlab" (package wasm types
// in brackets). All must be deterministic. They may end the instance; they may let other instances run before
// they return; they must not call back into this one.
//
//	meter_charge(units i32, site i32) (i32)
//	        The peer has done so many units of work (some Report, and more after many points), the last of them at
//	        that site, 0 if there is none. Result: 1 if input waits that the peer has not taken (poll_oneoff with
//	        a subscription to standard input would report it at once, and the peer has had such a subscription
//	        before), else 0. After a 1 the same input should be reported again in the next charge if it still waits.
//	meter_seed() (i64)
//	        The seed of this instance's points.
//	meter_odds() (i32)
//	        One point in so many matters, on average. 0: none does, and meter_pause is never called.
//	meter_pause(site i32) (i64)
//	        The point at site matters: for how many nanoseconds does its goroutine sleep? 0: it only gives way.
//
// The seed and the odds are asked for at the first point, and again after Restart, which an instance that
// is a copy of another's memory calls before anything of the student's runs.
//
// Everywhere but on wasip1 the functions of this package do nothing. Its state lives in package variables:
// there is one peer to a program, one thread in it, and a counter behind a pointer would cost each loop.
package meter

// Report is how many units are counted before the host hears of them: the grain of a busy peer's clock.
const Report = 1 << 14

// PointUnits is the work that a point stands for: an uncontended lock, or a channel operation.
const PointUnits = 8
