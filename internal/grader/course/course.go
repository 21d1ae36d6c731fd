package course

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"raftlab/internal/grader/results"
	"raftlab/internal/sim"
	"raftlab/internal/sim/campaign"
	"raftlab/internal/suite"
)

// The labs. A submission may have both; each is built and judged by itself.
const (
	Raft = "raft" // parts 2A to 2D
	KV   = "kv"   // parts 3A and 3B
)

// Who may see what came of a test, in the words of Gradescope.
const (
	Visible        = "visible"
	Hidden         = "hidden"
	AfterDueDate   = "after_due_date"
	AfterPublished = "after_published"
)

var visibilities = []string{Visible, Hidden, AfterDueDate, AfterPublished}

// Course is how submissions are graded.
type Course struct {
	Title  string
	Labs   []string // Raft, KV or both, in that order
	Tests  []Test   // of those labs, in their order; at least one
	Limits Limits
	Allow  []string // what submissions may import beside the usual
	// ReferenceRaft has a service without a Raft of its own judged on the course's.
	ReferenceRaft bool

	secret []byte
}

// Test is one test of a course.
type Test struct {
	Scenario   suite.Scenario
	Points     Points
	Rule       Rule
	Visibility string // Visible, Hidden, …
	Seeds      Seeds
}

// Lab returns the lab that the test is of.
func (t Test) Lab() string {
	if t.Scenario.KV != nil {
		return KV
	}
	return Raft
}

// Seeds are those of one test: public ones first, then hidden ones.
type Seeds struct {
	Public campaign.Seeds // Count may be 0
	Hidden int
}

// Count returns how many seeds there are.
func (s Seeds) Count() int { return s.Public.Count + s.Hidden }

// Limits are what submissions may use.
type Limits struct {
	Peer sim.Limits
	// Run is the processor time that one run may take on the host. A run that takes more found out nothing.
	Run time.Duration
}

// Flag is what the command line of a replay needs for a run with that verdict to end as it did: the limit that was
// reached, with a space before it, unless that is the default.
func (l Limits) Flag(v sim.Verdict) string {
	switch {
	case v == sim.MemoryLimit && l.Peer.Memory > 0:
		return " --memory " + sizeText(int64(l.Peer.Memory))
	case v == sim.OutputLimit && l.Peer.Output > 0:
		return " --output " + sizeText(l.Peer.Output)
	case v == sim.CPULimit && l.Peer.CPU > 0:
		return " --cpu " + l.Peer.CPU.String()
	}
	return ""
}

// The defaults of all that a course.yaml can say but does not.
const (
	defaultTitle = "Raftlab"
	defaultSeeds = 10 // public ones
	defaultRun   = 3 * time.Minute
)

// Max returns the points of a faultless submission.
func (c Course) Max() Points {
	sum := Points(0)
	for _, t := range c.Tests {
		sum += t.Points
	}
	return sum
}

// Runs returns how many runs a submission makes that has every lab.
func (c Course) Runs() int {
	sum := 0
	for _, t := range c.Tests {
		sum += t.Seeds.Count()
	}
	return sum
}

// Test returns the test of that name.
func (c Course) Test(name string) (Test, bool) {
	i := slices.IndexFunc(c.Tests, func(t Test) bool { return t.Scenario.Name == name })
	if i < 0 {
		return Test{}, false
	}
	return c.Tests[i], true
}

// Describe returns the course as results tell of it.
func (c Course) Describe() results.Course {
	d := results.Course{Title: c.Title, Max: c.Max().Float(), Tests: []results.Test{}}
	for _, t := range c.Tests {
		d.Tests = append(d.Tests, results.Test{Name: t.Scenario.Name, Part: t.Scenario.Part, Title: t.Scenario.Title,
			Max: t.Points.Float(), Seeds: t.Seeds.Count(), Rule: t.Rule.String(), Visibility: t.Visibility})
	}
	return d
}

// Fingerprints of a course: what has an influence on runs, and what has one on points alone.
type Fingerprints struct{ Runs, Points string }

// Fingerprints returns hashes of the course. Two courses whose Runs are equal make the same runs of a submission that
// has the same content.
func (c Course) Fingerprints() Fingerprints {
	runs, points := sha256.New(), sha256.New()
	out := json.NewEncoder(runs)
	part := func(values ...any) {
		if err := out.Encode(values); err != nil {
			panic(fmt.Sprintf("course: %v is no JSON: %v", values, err)) // there are strings and numbers alone
		}
	}
	part("labs", c.Labs, "limits", c.Limits, "allow", c.Allow, "reference raft", c.ReferenceRaft)
	for _, t := range c.Tests {
		seeds := sha256.New()
		for i := t.Seeds.Public.Count; i < t.Seeds.Count(); i++ {
			fmt.Fprintln(seeds, c.Seed(t, i))
		}
		part(t.Scenario.Name, t.Seeds, hex.EncodeToString(seeds.Sum(nil)))
	}
	out = json.NewEncoder(points)
	part(c.Describe())
	return Fingerprints{Runs: hex.EncodeToString(runs.Sum(nil)), Points: hex.EncodeToString(points.Sum(nil))}
}
