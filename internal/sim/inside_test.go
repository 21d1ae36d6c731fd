package sim

import (
	"context"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestQueueIsInOrder(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	e := &engine{ctx: context.Background()}
	var ran, due []time.Duration
	for range 1000 {
		at := time.Duration(rng.IntN(50))
		due = append(due, at)
		e.at(at, func() { ran = append(ran, e.now) })
	}
	last := uint64(0)
	for i := 0; e.ahead(never); i++ {
		if next := e.queue[0]; i > 0 && next.at == e.now && next.seq < last {
			t.Fatal("what was asked for first comes later")
		}
		last = e.queue[0].seq
		e.step()
	}
	slices.Sort(due)
	for i, at := range due {
		if ran[i] != at {
			t.Fatalf("event %d ran at %v, was due at %v", i, ran[i], at)
		}
	}
}

func TestActivities(t *testing.T) {
	e := &engine{ctx: context.Background()}
	var story []string
	say := func(what string) { story = append(story, what) }
	ready := false
	e.main(func() {
		e.spawn(func() {
			if !e.wait(time.Hour, func() bool { return ready }) {
				t.Error("a change was missed")
			}
			say("woken")
			runtime.Goexit() // as a failed scenario does
		})
		e.spawn(func() {
			defer say("unwound")
			e.wait(time.Hour, func() bool { return false })
			t.Error("went on after the end")
		})
		if e.wait(time.Second, func() bool { return false }) {
			t.Error("what never is came true")
		}
		say("waited")
		ready, e.changed = true, true
		e.wait(time.Second, func() bool { return false })
		say("done")
	}, nil)
	if got := strings.Join(story, " "); got != "waited woken done unwound" || e.now != 2*time.Second {
		t.Errorf("story is %q at %v", got, e.now)
	}
}

// TestAbandonedRunEnds is about a scenario that is stuck when its run fails.
func TestAbandonedRunEnds(t *testing.T) {
	e := &engine{ctx: context.Background()}
	abandon := make(chan struct{})
	var tick func()
	tick = func() { e.at(e.now+time.Millisecond, tick) }
	tick()
	e.main(func() {
		e.at(e.now+time.Minute, func() { close(abandon) })
		e.pause()
		t.Error("went on after the end")
	}, abandon)
	if e.now < time.Minute || e.now > time.Minute+2*time.Second {
		t.Errorf("the run ended at %v", e.now)
	}
}

func TestStoppedFromOutside(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	e := &engine{ctx: ctx}
	n := 0
	var tick func()
	tick = func() {
		if n++; n == 1000 {
			cancel()
		}
		e.at(e.now+1, tick)
	}
	tick()
	e.main(func() { e.pause() }, nil)
	if n < 1000 || n > 2000 {
		t.Errorf("stopped after %d events", n)
	}
}

// TestClock: no look at a clock shows what another did, and no timer rings early by its own clock.
func TestClock(t *testing.T) {
	for _, drift := range []int64{-500_000, -mostDrift, -50, 0, 50, mostDrift, 200_000, 1_000_000} {
		in := &instance{drift: drift, began: 77, rng: mix(uint64(drift)), limits: initLimits()}
		shown := int64(0)
		for range 10_000 {
			if now := in.clock(); now <= shown {
				t.Fatalf("drift %d: the clock went from %d to %d", drift, shown, now)
			} else {
				shown = now
			}
			wait := in.rng.next() % 3e9
			due := in.after(wait)
			if rang := in.shows(due); rang < in.shows(in.local)+int64(wait)-int64(wait/1e8)-1 {
				t.Fatalf("drift %d: a timer of %d ns rang after %d", drift, wait, rang-in.shows(in.local))
			}
			in.local += time.Duration(in.rng.next() % 1e6)
		}
	}
}

func TestNoise(t *testing.T) {
	rng := mix(3)
	fill := func(b []byte) {
		for i := range b {
			b[i] = byte(rng.next() >> 40)
		}
	}
	a, b := make([]byte, 4096), make([]byte, 4096)
	for _, m := range [][]byte{a, b} {
		fill(m[1024 : 1024+chachaRandom])                      // a generator's state,
		fill(m[1024+chachaWhole : 1024+chachaWhole+cheapSize]) // with what is behind it in an m
		fill(m[2048 : 2048+chachaRandom])                      // another, alone
		fill(m[3072 : 3072+100])                               // and what is random but no state
	}
	want := []span{{1024, chachaRandom}, {1024 + chachaWhole, cheapSize}, {2048, chachaRandom}}
	if got := differences(a, b); !slices.Equal(got, want) {
		t.Errorf("found %v, want %v", got, want)
	}
}

func TestOutputKeepsBothEnds(t *testing.T) {
	var o output
	line := strings.Repeat("x", 99) + "\n"
	for range 10_000 {
		o.write([]byte(line))
	}
	o.write([]byte("the end"))
	text := o.String()
	if len(text) > keepHead+keepTail+100 || !strings.HasPrefix(text, line) || !strings.HasSuffix(text, "\nthe end") ||
		!strings.Contains(text, "bytes …") {
		t.Errorf("%d bytes are kept of %d: %.200q", len(text), o.size, text)
	}
	if o = (output{}); o.String() != "" {
		t.Error("something from nothing")
	}
}

func TestLastWords(t *testing.T) {
	trace := "goroutine 1 [running]:\n" + strings.Repeat("main.f()\n", 100)
	words := lastWords("a line\npanic: not that\nanother\npanic: oh no\n\n" + trace)
	if !strings.HasPrefix(words, "panic: oh no\n") || strings.Count(words, "\n") != 29 {
		t.Errorf("last words are %q", words)
	}
	if words := lastWords("nothing of the kind"); words != "nothing of the kind" {
		t.Errorf("last words are %q", words)
	}
}
