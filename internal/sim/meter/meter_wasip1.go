package meter

import (
	"runtime"
	"time"
)

//go:wasmimport raftlab meter_charge
func charge(units, site uint32) (inputWaits uint32)

//go:wasmimport raftlab meter_seed
func seed() uint64

//go:wasmimport raftlab meter_odds
func odds() uint32

//go:wasmimport raftlab meter_pause
func pause(site uint32) (nanoseconds int64)

// maxOdds is the highest number of points between two that matter, on average; more count as none at all.
const maxOdds = 1 << 20

var (
	left int32 = Report // units until the next report

	points int32 // that will pass before one matters
	mark   int32 // what points was when the points passed were last counted as work

	asked bool   // the host has been asked for the two below
	every uint32 // the host's odds
	state uint64 // of the generator, splitmix64
)

// Loop counts one turn of a loop.
func Loop(site uint32) {
	left--
	if left < 0 {
		report(site)
	}
}

// Enter counts the call of a function.
func Enter(site uint32) {
	left--
	if left < 0 {
		report(site)
	}
}

// Point stands before an operation at which goroutines meet.
func Point(site uint32) {
	points--
	if points < 0 {
		meet(site)
	}
}

// Flush reports the work that has not been reported, and does not give way: what the caller then tells the
// host happens after that work.
func Flush() { flush(0) }

// Restart has the seed and the odds asked for again, and forgets work that was not reported.
func Restart() {
	left, points, mark, asked = Report, 0, 0, false
}

// report is the rare part of Loop and Enter. It is kept out of line so that they are not.
//
//go:noinline
func report(site uint32) {
	flush(site)
	runtime.Gosched()
}

// flush reports all work so far, and sees to it that input that waits is not starved.
func flush(site uint32) {
	units := Report - left + (mark-points)*PointUnits
	left, mark = Report, points
	if charge(uint32(units), site) != 0 {
		poll()
	}
}

// poll has the scheduler look for input although goroutines can run. With less room than there are goroutines
// a profile is a stop of the world and nothing else.
func poll() {
	var room [1]runtime.StackRecord
	runtime.GoroutineProfile(room[:])
}

// meet is the rare part of Point.
//
//go:noinline
func meet(site uint32) {
	flush(site)
	first := !asked
	if first {
		asked, state, every = true, seed(), odds()
	}
	draw()
	if first || every == 0 || every > maxOdds {
		return
	}
	if ns := pause(site); ns > 0 {
		time.Sleep(time.Duration(ns))
		return
	}
	runtime.Gosched()
}

// draw draws how many points pass before the next that matters.
func draw() {
	state += 0x9e3779b97f4a7c15
	z := state
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	z ^= z >> 31
	points = maxOdds
	if 0 < every && every <= maxOdds {
		points = int32(z % uint64(2*every-1))
	}
	mark = points
}
