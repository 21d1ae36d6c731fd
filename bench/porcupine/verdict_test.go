package porcupine

import (
	"context"
	"flag"
	"math/rand/v2"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	rival "github.com/anishathalye/porcupine"
	ours "raftlab/porcupine"
)

var (
	histories = flag.Int("histories", 10000, "how many random histories TestSameVerdict compares")
	first     = flag.Int("first", 0,
		"number of the first of them: each depends on its number and the seed alone")
	seed = flag.Uint64("seed", 1, "seed of the random histories")
)

// patience is what the rival may take for one history, and ourPatience what the product may: a
// history is only put to it when the rival has a verdict, so it should have one too, however busy
// the machine is.
const (
	patience    = 5 * time.Second
	ourPatience = 2 * time.Minute
)

// TestSameVerdictOnTestData judges each file of the rival's test data, by every model that fits.
func TestSameVerdictOnTestData(t *testing.T) {
	for name, path := range rivalFiles(t) {
		h := load(t, path)
		want := rival.CheckOperationsTimeout(specOf(h).rival(), forRival(h.Operations), patience)
		if want == rival.Unknown {
			t.Errorf("%s: the rival has no verdict in %v", name, patience)
			continue
		}
		compare(t, name, string(want), specOf(h), ownModel(t, h), h.Operations)
		if name == "c01-ok" || name == "c01-bad" {
			compare(t, name+" in one map", string(want), kvMapSpec(), ownModel(t, h), h.Operations)
		}
	}
}

// compare asks the product for its verdict in all ways: by the shared model and by its own, with
// pending operations and with what the rival has in their place.
func compare(t *testing.T, name, want string, shared spec, own ours.Model,
	history []ours.Operation) bool {
	t.Helper()
	same := true
	for _, way := range []struct {
		name    string
		model   ours.Model
		history []ours.Operation
	}{
		{"shared model, late returns", shared.ours(), closed(history)},
		{"shared model, pending", shared.ours(), history},
		{"own model, late returns", own, closed(history)},
		{"own model, pending", own, history},
	} {
		report, err := ours.Check(context.Background(), way.model, way.history,
			ours.Options{Timeout: ourPatience})
		if err != nil || string(report.Result) != want {
			t.Errorf("%s, %s: %s (%s%v); the rival says %s", name, way.name, report.Result,
				report.Limit, err, want)
			same = false
		}
	}
	return same
}

// TestSameVerdict judges random histories of many shapes.
func TestSameVerdict(t *testing.T) {
	var next, legal, illegal, skipped atomic.Int64
	next.Store(int64(*first))
	begin := time.Now()
	var workers sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		workers.Go(func() {
			for !t.Failed() {
				number := next.Add(1) - 1
				if number >= int64(*first)+int64(*histories) {
					return
				}
				r := rand.New(rand.NewPCG(*seed, uint64(number)))
				s := randomShape(r)
				history := s.generate(r)
				want := rival.CheckOperationsTimeout(s.spec().rival(), forRival(history), patience)
				switch want {
				case rival.Ok:
					legal.Add(1)
				case rival.Illegal:
					illegal.Add(1)
				default:
					skipped.Add(1)
					continue
				}
				if !compare(t, s.String(), string(want), s.spec(), s.model(), history) {
					t.Errorf("again: go test ./porcupine -run 'TestSameVerdict$' -seed=%d -first=%d -histories=1", *seed, number)
					for _, op := range history {
						t.Logf("client %d [%d, %d] pending %t: %s", op.ClientId, op.Call, op.Return,
							op.Pending,
							s.model().DescribeOperation(op.Input, op.Output))
					}
				}
			}
		})
	}
	workers.Wait()
	t.Logf("%d histories Ok, %d Illegal, %d beyond the rival, seed %d, in %v",
		legal.Load(), illegal.Load(), skipped.Load(), *seed, time.Since(begin).Round(time.Millisecond))
	if *histories >= 1000 && (min(legal.Load(), illegal.Load()) < int64(*histories)/5) {
		t.Errorf("the histories are too much alike to compare anything")
	}
}
