package runner

import (
	"testing"
	"time"
)

func TestPercentile(t *testing.T) {
	var took []time.Duration
	for i := 20; i > 0; i-- {
		took = append(took, time.Duration(i)*time.Second)
	}
	for p, want := range map[int]time.Duration{95: 19 * time.Second, 100: 20 * time.Second, 50: 10 * time.Second, 1: time.Second} {
		if got := percentile(took, p); got != want {
			t.Errorf("percentile %d is %v, want %v", p, got, want)
		}
	}
	if got := percentile(nil, 95); got != 0 {
		t.Errorf("percentile of nothing is %v", got)
	}
	if got := mean(took); got != 10500*time.Millisecond {
		t.Errorf("mean is %v", got)
	}
}

func TestTimeLeft(t *testing.T) {
	quick, slow, unseen := test{name: "TestQuick", pkg: "./raft"}, test{name: "TestSlow", pkg: "./raft"},
		test{name: "TestQuick", pkg: "./kvraft"}
	p := newReport(nil, false, Options{Runs: 3, Parallel: 2}, []test{quick, slow, unseen})
	p.add(result{test: quick, took: 1 * time.Second})
	p.add(result{test: quick, took: 3 * time.Second})
	p.add(result{test: slow, took: 8 * time.Second})
	// One run of 2 s, two of 8 s, three of the mean of all, 4 s: 30 s of work for two hands.
	if got := p.left(); got != 15*time.Second {
		t.Errorf("%v left, want 15s", got)
	}
}
