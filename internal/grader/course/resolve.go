package course

import (
	"slices"

	"raftlab/internal/sim/campaign"
	"raftlab/internal/suite"
)

// mostRuns is how many runs of a submission there may be, of all tests together: days of work.
const mostRuns = 1_000_000

// resolve makes a course of what the file says and of the defaults.
func (f *file) resolve(r *reader) Course {
	c := Course{Title: defaultTitle, Labs: []string{Raft, KV}, Limits: f.limits, Allow: f.allow,
		ReferenceRaft: f.referenceRaft, secret: f.readSecret(r)}
	if f.title != nil {
		c.Title = f.title.value
	}
	if f.labs != nil {
		c.Labs = slices.DeleteFunc(c.Labs, func(lab string) bool { return !slices.Contains(f.labs.value, lab) })
	}
	if c.Limits.Run == 0 {
		c.Limits.Run = defaultRun
	}
	for _, part := range parts() {
		c.Tests = append(c.Tests, f.resolvePart(r, c, part)...)
	}
	runs := 0
	for _, test := range c.Tests {
		runs += test.Seeds.Count()
	}
	if runs > mostRuns {
		r.complain(nil, "%d runs of each submission: at most %d; take fewer seeds", runs, mostRuns)
	}
	if len(c.Tests) == 0 && len(r.errs) == 0 {
		r.complain(nil, "no test is left to grade by: skip fewer of %v", c.Labs)
	}
	return c
}

// resolvePart returns the tests of a part that submissions are graded by.
func (f *file) resolvePart(r *reader, c Course, part string) []Test {
	of := f.parts[part]
	if of == nil {
		of = &settings{}
	}
	var tests []Test
	var weights []int
	var first *said[Points] // points of a test of this part
	for _, s := range suite.All() {
		own := f.tests[s.Name]
		if own == nil {
			own = &settings{}
		}
		t := Test{Scenario: s, Points: Points(s.Points) * whole}
		skip := pick(false, own.skip, of.skip)
		if s.Part != part || skip.value || !slices.Contains(c.Labs, t.Lab()) {
			continue
		}
		if own.points != nil {
			t.Points = own.points.value
			if first == nil {
				first = own.points
			}
		}
		t.Visibility = pick(Visible, own.visibility, of.visibility, f.all.visibility).value
		f.resolveSeeds(r, c, &t, own, of)
		tests, weights = append(tests, t), append(weights, s.Points)
	}
	if of.points == nil || len(tests) == 0 {
		return tests
	}
	if first != nil {
		r.complain(first.at, "%s is %s and %s is %s: points of a part, or of its tests?", first.path, first.value,
			of.points.path, of.points.value)
	}
	for i, points := range share(of.points.value, weights) {
		tests[i].Points = points
	}
	return tests
}

// resolveSeeds sets a test's seeds and its rule, which has to fit them.
func (f *file) resolveSeeds(r *reader, c Course, t *Test, own, part *settings) {
	public := pick(campaign.Seeds{First: 1, Count: defaultSeeds}, own.public, part.public, f.all.public)
	hidden := pick(0, own.hidden, part.hidden, f.all.hidden)
	rule := pick(Rule{kind: proportional}, own.rule, part.rule, f.all.rule)
	t.Seeds, t.Rule = Seeds{public.value, hidden.value}, rule.value
	count := t.Seeds.Count()
	switch {
	case count == 0 && public.at != nil:
		r.complain(public.at, "%s is 0 and there are no hidden seeds: %s would have no run", public.path, t.Scenario.Name)
	case count == 0 && hidden.at != nil:
		r.complain(hidden.at, "%s is 0 and there are no public seeds: %s would have no run", hidden.path, t.Scenario.Name)
	case hidden.value > 0 && f.secret == nil && f.secretFile == nil:
		r.complain(hidden.at, "%s is %d, but there is no seeds.secret to draw them from: add one, as openssl rand "+
			"-hex 16 prints", hidden.path, hidden.value)
	case count > campaign.MaxSeeds:
		r.complain(public.at, "%d public and %d hidden seeds: at most %d together", public.value.Count, hidden.value,
			campaign.MaxSeeds)
	}
	if t.Rule.kind == kOfN && t.Rule.n != count {
		r.complain(rule.at, "%s is %q, but tests have %d seeds, %d public and %d hidden (%s)", rule.path, t.Rule.String(),
			count, public.value.Count, hidden.value, t.Scenario.Name)
	}
}

// pick returns the first of several that is said, else the default.
func pick[T any](value T, candidates ...*said[T]) said[T] {
	for _, c := range candidates {
		if c != nil {
			return *c
		}
	}
	return said[T]{value: value}
}
