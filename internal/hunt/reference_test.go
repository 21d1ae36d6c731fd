package hunt_test

import (
	"context"
	"path/filepath"
	"sync"
	"testing"

	"raftlab/internal/hunt"
	"raftlab/internal/sim"
	"raftlab/internal/sim/campaign"
	"raftlab/internal/suite"
	"raftlab/internal/tester/schedule"
)

// The reference, built once: the program that holds the service runs bare Rafts as well.
var reference = sync.OnceValues(func() (*campaign.Submission, error) {
	target, err := campaign.Find("", "")
	if err != nil {
		return nil, err
	}
	some := hunt.Scenario(schedule.Schedule{Lab: schedule.KV, Peers: 3})
	return target.Open(context.Background(), []suite.Scenario{some}, "")
})

func onReference(t *testing.T) hunt.Run {
	t.Helper()
	s, err := reference()
	if err != nil {
		t.Fatal(err)
	}
	return hunt.On(s, true)
}

// TestKeptSchedules runs each script in testdata/schedules of the labs: all have caught a wrong Raft or a wrong service,
// and the reference passes them.
func TestKeptSchedules(t *testing.T) {
	run := onReference(t)
	for lab, least := range map[schedule.Lab]int{schedule.Raft: 10, schedule.KV: 5} {
		files, err := filepath.Glob(filepath.Join("..", "..", string(lab), "testdata", "schedules", "*.txt"))
		if err != nil || len(files) < least {
			t.Errorf("%d schedules of %s are kept: %v", len(files), lab, err)
		}
		for _, file := range files {
			t.Run(string(lab)+"/"+filepath.Base(file), func(t *testing.T) {
				t.Parallel()
				s, err := hunt.Read(file)
				if err != nil {
					t.Fatal(err)
				}
				if s.Lab != lab {
					t.Errorf("it is for %s", s.Lab)
				}
				if r := run(t.Context(), s); r.Verdict != sim.Passed {
					t.Errorf("%s", campaign.Headline(r.Result))
				}
			})
		}
	}
}

func TestReferencePasses(t *testing.T) {
	const seeds = 5
	for _, lab := range []schedule.Lab{schedule.Raft, schedule.KV} {
		r := hunt.Hunt(t.Context(), onReference(t), hunt.Plan{Seeds: campaign.Seeds{First: 1, Count: seeds}, KeepGoing: true,
			Draw: schedule.Options{Lab: lab}})
		if r.Passed != seeds {
			t.Errorf("%s: %+v", lab, r)
		}
	}
}
