package grader

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"raftlab/internal/grader/course"
	"raftlab/internal/grader/journal"
	"raftlab/internal/grader/results"
	"raftlab/internal/sim"
)

// score sums up what is known of a submission.
func (b *batch) score(s *submission, interrupted bool) results.Submission {
	r := results.Submission{Name: s.source.Name, Hash: s.staged.Hash, Edition: s.staged.Edition,
		Notes: slices.Clone(s.staged.Notes), Tests: []results.Result{}, Timing: &results.Timing{Stage: s.took.Seconds()}}
	if s.refusal != nil {
		r.Hash = "" // which is of the reasons
	}
	if s.staged.KV && !s.staged.Raft && slices.Contains(b.Course.Labs, course.KV) {
		note := "kvraft was not run: it comes without a package raft, and course.yaml has no reference-raft that says " +
			"to judge it on the course's own"
		if b.Course.ReferenceRaft {
			note = "kvraft runs on the course's own raft"
		}
		r.Notes = append(r.Notes, note)
	}
	r.Status, r.Problems = b.status(s, interrupted)
	for i, p := range r.Problems {
		r.Problems[i].File = cmp.Or(s.staged.Origin[p.File], p.File)
	}
	units := map[string]*unit{}
	for _, u := range s.units {
		units[u.lab] = u
		u.forget()
		if u.built != nil {
			r.Timing.Build += u.built.Seconds
		}
	}
	points := course.Points(0)
	for _, test := range b.Course.Tests {
		result, earned := b.result(test, units[test.Lab()], r.Status, interrupted)
		points += earned
		r.Timing.Run += result.Timing.Run
		r.Timing.Virtual += result.Timing.Virtual
		r.Tests = append(r.Tests, result)
	}
	r.Score = points.Float()
	return r
}

// forget has all runs count as lost that come after the last that may be.
func (u *unit) forget() {
	lost := 0
	for i, r := range u.runs {
		if lost == mostLost {
			u.runs[i] = &journal.Run{Verdict: string(sim.Infrastructure), Kind: "given up", Lost: true,
				Detail: &journal.Detail{Message: fmt.Sprintf("was not run, since %d runs before it were lost", mostLost)}}
		} else if r != nil && r.Lost {
			lost++
		}
	}
}

// status says how far a submission got, and why no further.
func (b *batch) status(s *submission, interrupted bool) (string, []results.Place) {
	switch {
	case s.refusal != nil:
		return s.refusal.Status, slices.Clone(s.refusal.Places)
	case s.lost != "":
		return results.Infrastructure, []results.Place{{Text: b.impersonal(s.lost)}}
	case len(s.units) == 0:
		return results.NotAccepted, []results.Place{{Text: "holds nothing that is graded: " + missing(b.Course.Labs)}}
	}
	var problems []results.Place
	built, lost := false, false
	for _, u := range s.units {
		switch {
		case u.built == nil:
			lost = true
			if interrupted {
				problems = append(problems, results.Place{Text: "was not graded yet: the grading was ended before"})
			}
		case u.built.Lost != "":
			lost = true
			problems = append(problems, results.Place{Text: b.impersonal(u.built.Lost)})
		case u.built.Problems != nil:
			for _, p := range u.built.Problems {
				if !slices.Contains(problems, p) { // a service is built with its Raft
					problems = append(problems, p)
				}
			}
		default:
			built = true
		}
	}
	switch {
	case built:
		return results.Graded, problems
	case lost:
		return results.Infrastructure, problems
	}
	return results.NotBuilt, problems
}

// impersonal takes the output folder out of a text: it is none of the submission's.
func (b *batch) impersonal(text string) string { return strings.ReplaceAll(text, b.Out, "…") }

func missing(labs []string) string {
	var names []string
	for _, lab := range labs {
		names = append(names, "package "+packageOf(lab))
	}
	return "want " + strings.Join(names, " and ")
}

func packageOf(lab string) string {
	if lab == course.KV {
		return "kvraft"
	}
	return "raft"
}

// result sums up one test of a unit, nil if the submission does not have it.
func (b *batch) result(t course.Test, u *unit, status string, interrupted bool) (results.Result, course.Points) {
	r := results.Result{Name: t.Scenario.Name, Timing: &results.Timing{}}
	all := t.Seeds.Count()
	without := func(verdict, message string) {
		r.Failures = []results.Failure{{Verdict: verdict, Message: message, Runs: all}}
	}
	switch {
	case status == results.Infrastructure:
		r.Broken = all
		return r, 0
	case status != results.Graded:
		return r, 0
	case u == nil:
		r.Failed = all
		without(string(sim.NotBuilt), "the submission has not all that this test needs: "+missing([]string{t.Lab()}))
		return r, 0
	case u.built != nil && u.built.Problems != nil:
		r.Failed = all
		without(string(sim.NotBuilt), u.compilerWords())
		return r, 0
	case u.built != nil && u.built.Lost != "":
		r.Broken = all
		without(string(sim.Infrastructure), b.impersonal(u.built.Lost))
		return r, 0
	}
	groups := map[string]*group{}
	for i := range all {
		at := u.first[r.Name] + i
		run := u.runs[at]
		if run == nil {
			r.Broken++
			if !interrupted {
				add(groups, u, at, &journal.Run{Verdict: string(sim.Infrastructure), Kind: "no record",
					Detail: &journal.Detail{Message: "has left no record"}})
			}
			continue
		}
		r.Timing.Run += run.Seconds
		r.Timing.Virtual += run.Virtual
		switch run.Verdict {
		case string(sim.Passed):
			r.Passed++
			continue
		case string(sim.Infrastructure), "":
			r.Broken++
		default:
			r.Failed++
		}
		add(groups, u, at, run)
	}
	r.Failures = failures(b.Course, u, groups)
	earned := t.Rule.Earned(t.Points, r.Passed, all)
	r.Score = earned.Float()
	return r, earned
}

// compilerWords is the beginning of what the compiler said.
func (u *unit) compilerWords() string {
	const most = 5
	problems := u.built.Problems
	var lines []string
	for _, p := range problems[:min(most, len(problems))] {
		line := p.Text
		if p.Line > 0 {
			line = fmt.Sprintf("%s:%d:%d: %s", cmp.Or(u.of.staged.Origin[p.File], p.File), p.Line, p.Column, p.Text)
		}
		lines = append(lines, line)
	}
	if more := len(problems) - len(lines); more > 0 {
		lines = append(lines, fmt.Sprintf("… and %d more", more))
	}
	return strings.Join(lines, "\n")
}

// group is runs of a test that ended alike.
type group struct {
	tasks   []int
	example int // a task
	run     *journal.Run
	detail  *journal.Detail // of the example
}

func add(groups map[string]*group, u *unit, at int, r *journal.Run) {
	g := groups[r.Kind]
	if g == nil {
		g = &group{example: at, run: r, detail: r.Detail}
		groups[r.Kind] = g
	} else if u.simpler(at, g.example, r, g.run) {
		g.example, g.run, g.detail = at, r, cmp.Or(r.Detail, g.detail)
	}
	g.tasks = append(g.tasks, at)
}

// failures tells of groups, the most frequent first.
func failures(c course.Course, u *unit, groups map[string]*group) []results.Failure {
	var sorted []*group
	for _, g := range groups {
		sorted = append(sorted, g)
	}
	slices.SortFunc(sorted, func(a, b *group) int {
		return cmp.Or(len(b.tasks)-len(a.tasks), cmp.Compare(a.run.Kind, b.run.Kind))
	})
	var all []results.Failure
	for _, g := range sorted {
		f := results.Failure{Verdict: cmp.Or(g.run.Verdict, string(sim.Infrastructure)), Runs: len(g.tasks)}
		if d := g.detail; d != nil {
			f.Invariant, f.Message, f.Events, f.Output = d.Invariant, d.Message, d.Events, d.Output
		}
		for _, at := range g.tasks {
			if t := u.tasks[at]; !t.hidden() {
				f.Seeds = append(f.Seeds, c.Seed(t.test, t.number))
			}
		}
		slices.Sort(f.Seeds)
		if t := u.tasks[g.example]; !t.hidden() && f.Verdict != string(sim.Infrastructure) {
			f.Replay = fmt.Sprintf("raftlab replay %s --seed %d%s", t.test.Scenario.Name, c.Seed(t.test, t.number),
				c.Limits.Flag(sim.Verdict(f.Verdict)))
		}
		all = append(all, f)
	}
	return all
}
