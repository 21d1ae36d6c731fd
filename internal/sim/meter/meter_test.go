package meter_test

import (
	"strings"
	"testing"

	"raftlab/internal/sim/meter"
)

const millisecond = 1_000_000

// expect fails unless the program printed exactly that.
func expect(t *testing.T, got, want string) {
	t.Helper()
	if got != want {
		t.Fatalf("printed %q, want %q", got, want)
	}
}

func TestLoopWithoutEndIsEnded(t *testing.T) {
	h := &host{limit: 20 * millisecond}
	expect(t, h.run(t, "forever"), "")
	if !h.ended || h.site != 7 {
		t.Fatalf("ended %v at site %d, want the loop at site 7", h.ended, h.site)
	}
}

func TestRecursionIsCharged(t *testing.T) {
	h := &host{limit: millisecond} // the stack grows by the frame
	h.run(t, "recurse")
	if !h.ended || h.site != 8 {
		t.Fatalf("ended %v at site %d, want the function at site 8", h.ended, h.site)
	}
}

// A loop on the clock, or on what a timer sets, ends since work moves the clock: soon after it is due.
func TestLoopsSeeTimePass(t *testing.T) {
	for _, name := range []string{"clock", "timer"} {
		h := &host{}
		expect(t, h.run(t, name), name+": done\n")
		if h.now < 10*millisecond || h.now > 12*millisecond {
			t.Errorf("%s: ended at %d ns, want some 10 ms", name, h.now)
		}
	}
}

// A loop that waits for input does not keep the program from seeing it, whatever else can run.
func TestLoopsDoNotStarveInput(t *testing.T) {
	for _, name := range []string{"lock", "crowd"} {
		for _, odds := range []uint32{0, 50} {
			h := &host{input: []int64{20 * millisecond}, seed: 1, odds: odds}
			expect(t, h.run(t, name), name+": done\n")
			if h.now > 25*millisecond {
				t.Errorf("%s, odds %d: ended at %d ns, want some 20 ms", name, odds, h.now)
			}
		}
	}
}

// The reader may itself compute, while other input waits.
func TestBusyReader(t *testing.T) {
	h := &host{input: []int64{millisecond, 2 * millisecond, 2 * millisecond}}
	expect(t, h.run(t, "busy"), "busy: done\n")
}

func TestWorkIsCountedExactly(t *testing.T) {
	h := &host{}
	h.run(t, "work")
	if h.units != 3*meter.Report || h.charges != 3 {
		t.Fatalf("%d units in %d reports, want %d in 3: two full ones and the flush", h.units, h.charges, 3*meter.Report)
	}
}

func TestPointsCountAsWorkAndMatterAtTheOdds(t *testing.T) {
	for _, odds := range []uint32{0, 1, 10} {
		h := &host{seed: 5, odds: odds}
		h.run(t, "points")
		if h.units != 1000*meter.PointUnits {
			t.Errorf("odds %d: %d units, want %d", odds, h.units, 1000*meter.PointUnits)
		}
		low, high := 0, 0
		if odds > 0 {
			low, high = 800/int(odds), 1200/int(odds)
		}
		if h.pauses < low || h.pauses > high {
			t.Errorf("odds %d: %d of 1000 points mattered, want %d to %d", odds, h.pauses, low, high)
		}
	}
}

// Seeds differ in what interleavings they try, and each tries the same again.
func TestSeedsExploreInterleavings(t *testing.T) {
	for _, sleep := range []int64{0, 1000} {
		seen := map[string]int{}
		for seed := range uint64(40) {
			first := &host{seed: seed, odds: 4, sleep: sleep}
			out := first.run(t, "race")
			seen[out]++
			if seed < 5 {
				again := &host{seed: seed, odds: 4, sleep: sleep}
				expect(t, again.run(t, "race"), out)
				if again.now != first.now || again.units != first.units {
					t.Fatalf("seed %d ended at %d and at %d ns", seed, first.now, again.now)
				}
			}
		}
		if seen["race: owners 1\n"] == 0 || seen["race: owners 2\n"] == 0 {
			t.Errorf("pauses of %d ns: forty seeds gave %v; want some with the check and the act apart", sleep, seen)
		}
	}
	calm := &host{seed: 1}
	expect(t, calm.run(t, "race"), "race: owners 1\n")
}

// One instance does one thing after another, as a peer does.
func TestOneAfterAnother(t *testing.T) {
	h := &host{seed: 3, odds: 10, sleep: 500}
	out := h.run(t, "timer+race+clock+race")
	if !strings.HasPrefix(out, "timer: done\nrace: owners ") || strings.Count(out, "done") != 2 {
		t.Fatalf("printed %q", out)
	}
}

// Outside wasip1 the package only has to be there.
func TestNativeMeterDoesNothing(t *testing.T) {
	for i := range uint32(3 * meter.Report) {
		meter.Loop(i)
		meter.Enter(i)
		meter.Point(i)
	}
	meter.Flush()
	meter.Restart()
}

// BenchmarkTurn is the cost of one turn of a loop that adds a number: bare, counted, and with a point of which
// one in a hundred matters.
func BenchmarkTurn(b *testing.B) {
	const turns = 1 << 24
	for _, name := range []string{"bare", "loop", "point"} {
		b.Run(name, func(b *testing.B) {
			new(host).run(b, "work") // compiles
			for b.Loop() {
				h := &host{limit: 3600e9, odds: 100}
				h.run(b, name)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/turns, "ns/turn")
		})
	}
}
