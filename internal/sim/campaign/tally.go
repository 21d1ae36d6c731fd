package campaign

import (
	"cmp"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"raftlab/internal/sim"
	"raftlab/internal/suite"
)

// Summary is what came of a campaign.
type Summary struct {
	Tests       []Test  // in the plan's order
	Groups      []Group // of what did not pass; those with most runs first
	Interrupted bool
	Real        time.Duration // from beginning to end
	Test                      // of all runs together, without a scenario
}

// Test is what came of a scenario's runs.
type Test struct {
	Scenario suite.Scenario
	Runs     int
	Passed   int
	Failed   int           // the submission did
	Broken   int           // runs that found out nothing
	Virtual  time.Duration // of all runs
	Busy     time.Duration // real time that they took, one by one
	Slow     time.Duration // real time that nineteen of twenty did not exceed
}

// Group is runs that ended alike.
type Group struct {
	Verdict   sim.Verdict
	Invariant string // of the verdict Failed
	Headline  string // of the example
	Runs      int
	Seeds     []TestSeeds // by test, in the plan's order
	Example   Record      // the one of fewest events
}

// TestSeeds are seeds of one test, ascending.
type TestSeeds struct {
	Name  string
	Seeds []uint64
}

// tally sums records up.
type tally struct {
	plan   Plan
	tests  map[string]*Test
	took   map[string][]time.Duration // real, of each run, by test
	groups map[string]*group
	order  map[string]int // of scenarios in the plan
}

type group struct {
	Group
	seeds map[string][]uint64 // by test
}

func newTally(p Plan) *tally {
	t := &tally{plan: p, tests: map[string]*Test{}, took: map[string][]time.Duration{},
		groups: map[string]*group{}, order: map[string]int{}}
	for i, s := range p.Scenarios {
		t.tests[s.Name], t.order[s.Name] = &Test{Scenario: s}, i
	}
	return t
}

func (t *tally) add(r Record) {
	test := t.tests[r.Scenario.Name]
	test.Runs++
	test.Virtual += r.Elapsed
	test.Busy += r.Real
	t.took[r.Scenario.Name] = append(t.took[r.Scenario.Name], r.Real)
	switch r.Verdict {
	case sim.Passed:
		test.Passed++
		return
	case sim.Infrastructure, "":
		test.Broken++
	default:
		test.Failed++
	}
	g := t.groups[KindOf(r.Result)]
	if g == nil {
		g = &group{Group: Group{Verdict: r.Verdict, Example: r}, seeds: map[string][]uint64{}}
		t.groups[KindOf(r.Result)] = g
	}
	g.Runs++
	g.seeds[r.Scenario.Name] = append(g.seeds[r.Scenario.Name], r.Seed)
	if t.simpler(r, g.Example) {
		g.Example = r
	}
}

// simpler says whether a is the better example: fewer events, then the earlier test, then the lower seed. Which it
// is does not depend on which came first.
func (t *tally) simpler(a, b Record) bool {
	return cmp.Or(cmp.Compare(a.Events, b.Events), cmp.Compare(t.order[a.Scenario.Name], t.order[b.Scenario.Name]),
		cmp.Compare(a.Seed, b.Seed)) < 0
}

// sum ends the tally. What has no record though nobody interrupted is broken.
func (t *tally) sum(interrupted bool, took time.Duration) Summary {
	s := Summary{Interrupted: interrupted, Real: took}
	var all []time.Duration
	for _, scenario := range t.plan.Scenarios {
		test := t.tests[scenario.Name]
		for !interrupted && test.Runs < t.plan.Seeds.Count {
			t.add(Record{Scenario: scenario, Result: broken("a run has left no record")})
		}
		test.Slow = slow(t.took[scenario.Name])
		all = append(all, t.took[scenario.Name]...)
		s.Tests = append(s.Tests, *test)
		s.Runs += test.Runs
		s.Passed += test.Passed
		s.Failed += test.Failed
		s.Broken += test.Broken
		s.Virtual += test.Virtual
		s.Busy += test.Busy
	}
	s.Slow = slow(all)
	for _, g := range t.groups {
		g.Headline = Headline(g.Example.Result)
		if f := g.Example.Failure; f != nil && g.Verdict == sim.Failed {
			g.Invariant = f.Invariant
		}
		for name, seeds := range g.seeds {
			slices.Sort(seeds)
			g.Seeds = append(g.Seeds, TestSeeds{name, seeds})
		}
		slices.SortFunc(g.Seeds, func(a, b TestSeeds) int { return t.order[a.Name] - t.order[b.Name] })
		s.Groups = append(s.Groups, g.Group)
	}
	slices.SortFunc(s.Groups, func(a, b Group) int {
		return cmp.Or(b.Runs-a.Runs, cmp.Compare(KindOf(a.Example.Result), KindOf(b.Example.Result)))
	})
	return s
}

// slow is the 95th percentile: the least of took that nineteen of twenty do not exceed; 0 of nothing.
func slow(took []time.Duration) time.Duration {
	if len(took) == 0 {
		return 0
	}
	return slices.Sorted(slices.Values(took))[(19*len(took)+19)/20-1]
}

// Headline returns a line about what failed: the invariant or the verdict, whom it is about, and the first
// thing there is to say.
func Headline(r sim.Result) string {
	if r.Verdict == sim.Failed && r.Failure != nil {
		first, _, _ := strings.Cut(strings.TrimSpace(r.Failure.Error()), "\n")
		return first
	}
	first, _, _ := strings.Cut(strings.TrimSpace(r.Detail), "\n")
	line := string(r.Verdict)
	for _, part := range []string{r.Peer, first} {
		if part != "" {
			line += ": " + part
		}
	}
	if at := place(r.Detail); at != "" && r.Verdict == sim.Panicked {
		line += " (" + filepath.Base(at) + ")"
	}
	return line
}

// KindOf returns what failures have in common that are alike: the headline without the particulars, and where in the
// source it was.
func KindOf(r sim.Result) string {
	kind := string(r.Verdict) + " " + particular.ReplaceAllString(Headline(r), "·")
	if r.Verdict == sim.Panicked {
		kind += " " + place(r.Detail)
	}
	return kind
}

// particular is what differs between messages of one kind: quoted text, times, numbers.
var particular = regexp.MustCompile(`"[^"]*"|0x[0-9a-f]+|\b[0-9a-f]{16}\b|(\d+h)?(\d+m)?\d+(\.\d+)?(ns|µs|ms|s)?\b|\d+`)

var frame = regexp.MustCompile(`(?m)^\t(.+\.go:\d+)`)

// place returns the first place in a panic's trace that is in the student's own files, "" if there is none. Those of
// the standard library and the lab bear no absolute path.
func place(trace string) string {
	for _, m := range frame.FindAllStringSubmatch(trace, -1) {
		if filepath.IsAbs(m[1]) {
			return m[1]
		}
	}
	return ""
}
