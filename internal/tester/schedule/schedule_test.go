package schedule

import (
	"reflect"
	"strings"
	"testing"
	"time"
)

// again is the schedule that its script describes.
func again(t *testing.T, s Schedule) {
	t.Helper()
	if err := s.Validate(); err != nil {
		t.Fatalf("%v\n%v", err, s)
	}
	back, err := Parse(strings.NewReader(s.String()))
	if err != nil {
		t.Fatalf("%v\n%v", err, s)
	}
	if !reflect.DeepEqual(back, s) {
		t.Fatalf("is\n%v%+v\nbut was\n%v%+v", back, back, s, s)
	}
}

func TestRandomIsRead(t *testing.T) {
	for _, lab := range []Lab{Raft, KV} {
		for seed := range uint64(3000) {
			again(t, Random(seed, Options{Lab: lab}))
		}
	}
	for _, family := range Families() {
		for seed := range uint64(200) {
			again(t, Random(seed, Options{Family: family, Peers: []int{1, 2, 9}, Length: time.Second}))
		}
	}
}

func TestRandomIsTheSameAgain(t *testing.T) {
	for seed := range uint64(100) {
		a, b := Random(seed, Options{}), Random(seed, Options{})
		if !reflect.DeepEqual(a, b) {
			t.Fatalf("seed %d gives\n%vand then\n%v", seed, a, b)
		}
	}
	if reflect.DeepEqual(Random(1, Options{}).Steps, Random(2, Options{}).Steps) {
		t.Error("two seeds give the same steps")
	}
}

// TestRandomKeepsToOptions: peers and classes are those asked for, and there is no class that is never drawn.
func TestRandomKeepsToOptions(t *testing.T) {
	for _, class := range Classes() {
		found := 0
		for seed := range uint64(50) {
			s := Random(seed, Options{Peers: []int{6}, Faults: []string{class}})
			again(t, s)
			if s.Peers != 6 {
				t.Fatalf("%d peers", s.Peers)
			}
			for _, step := range s.Steps {
				if got := classOf(step); got != class {
					t.Fatalf("class %s: step %v is of class %s", class, step, got)
				}
				found++
			}
		}
		if found < 200 {
			t.Errorf("class %s: %d steps in 50 schedules", class, found)
		}
	}
}

// classOf tells from a step of which class Random drew it.
func classOf(s Step) string {
	switch {
	case s.Kind == Noise && s.Loss > 0:
		return "loss"
	case s.Kind == Noise && s.Twice > 0:
		return "duplicate"
	case s.Kind == Noise && s.Delay > 0:
		return "delay"
	case s.Kind == Noise:
		return "reorder"
	case s.Kind == Crash && s.Point != AtOnce:
		return "crashpoint"
	}
	return string(s.Kind)
}

// TestRandomSizes: schedules are of the size that they should be.
func TestRandomSizes(t *testing.T) {
	steps, kinds, peers := 0, map[Kind]int{}, map[int]int{}
	const n = 2000
	for seed := range uint64(n) {
		s := Random(seed, Options{})
		if s.Heal < 2*time.Second || s.Heal > 8*time.Second {
			t.Fatalf("seed %d heals at %v", seed, s.Heal)
		}
		if len(s.Steps) > mostSteps+5 {
			t.Fatalf("seed %d has %d steps", seed, len(s.Steps))
		}
		steps += len(s.Steps)
		peers[s.Peers]++
		for _, step := range s.Steps {
			kinds[step.Kind]++
		}
	}
	if mean := steps / n; mean < 5 || mean > 30 {
		t.Errorf("%d steps on average", mean)
	}
	for _, count := range []int{3, 4, 5, 7} {
		if peers[count] < n/20 {
			t.Errorf("%d peers in %d of %d schedules", count, peers[count], n)
		}
	}
	for _, kind := range []Kind{Partition, Bridge, Ring, Cut, Noise, Unreliable, Reorder, Pause, Freeze, Crash, Slow,
		Clock, Snapshot} {
		if kinds[kind] < n/50 {
			t.Errorf("%s: %d steps in %d schedules", kind, kinds[kind], n)
		}
	}
}

func TestOptions(t *testing.T) {
	good := Options{Lab: KV, Peers: []int{3}, Faults: []string{"freeze"}, Family: "reads", Length: time.Second}
	if err := good.Validate(); err != nil {
		t.Error(err)
	}
	for _, test := range []struct {
		o    Options
		says string
	}{
		{Options{Lab: "paxos"}, `unknown lab "paxos"`},
		{Options{Peers: []int{3, 10}}, "peers 10; want 1 to 9"},
		{Options{Faults: []string{"earthquake"}}, `unknown class of faults "earthquake"; known are [partition`},
		{Options{Family: "none"}, `unknown family "none"; known are [mixed`},
		{Options{Length: -1}, "length -1ns"},
	} {
		if err := test.o.Validate(); err == nil || !strings.Contains(err.Error(), test.says) {
			t.Errorf("%+v: %v; want …%s…", test.o, err, test.says)
		}
	}
}
