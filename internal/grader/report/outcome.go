package report

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"raftlab/internal/grader/results"
)

// outcome is what a test came to for a submission.
type outcome int

// From the best to what says nothing.
const (
	passed  outcome = iota // on as many seeds as its rule asks for, and none failed
	partly                 // on some seeds
	failed                 // on all seeds
	unknown                // runs found out nothing
	notRun                 // the submission was not graded, for a reason of its own
)

// visible reports whether students may see what a test came to, and by name.
func visible(t results.Test) bool { return t.Visibility == "" || t.Visibility == "visible" }

// resultOf returns a submission's result of the course's i-th test; one without runs if there is none.
func resultOf(t results.Test, i int, s results.Submission) results.Result {
	if i < len(s.Tests) && s.Tests[i].Name == t.Name {
		return s.Tests[i]
	}
	for _, r := range s.Tests {
		if r.Name == t.Name {
			return r
		}
	}
	return results.Result{Name: t.Name}
}

// outcomeOf never takes a run without a record for a pass, nor for a failure.
func outcomeOf(t results.Test, r results.Result, s results.Submission) outcome {
	switch {
	case s.Status == results.Infrastructure:
		return unknown
	case s.Status != results.Graded:
		return notRun
	case r.Failed > 0 && r.Passed > 0:
		return partly
	case r.Failed > 0:
		return failed
	case r.Passed > 0 && (r.Passed >= t.Seeds || t.Max > 0 && earned(t, r)):
		return passed
	}
	return unknown
}

// earned reports whether a test has its full points.
func earned(t results.Test, r results.Result) bool { return number(r.Score) >= number(t.Max) }

// succeeded reports whether a test is passed where there is nothing between passed and not: a rule such as "8 of 10" may
// be content with some seeds.
func succeeded(t results.Test, r results.Result, s results.Submission) bool {
	o := outcomeOf(t, r, s)
	return o == passed || o == partly && t.Max > 0 && earned(t, r)
}

// undecided reports whether runs that found out nothing may have cost the test points.
func undecided(t results.Test, r results.Result, s results.Submission) bool {
	switch outcomeOf(t, r, s) {
	case unknown:
		return true
	case partly, failed:
		return missing(t, r) > 0 && !earned(t, r) && t.Rule != "all" // where one failure decides
	}
	return false
}

// complete reports whether all was found out about a submission that its score depends on.
func complete(d results.Document, s results.Submission) bool {
	if s.Status == results.Infrastructure {
		return false
	}
	for i, t := range d.Course.Tests {
		if undecided(t, resultOf(t, i, s), s) {
			return false
		}
	}
	return true
}

// missing is how many runs of a test found out nothing.
func missing(t results.Test, r results.Result) int {
	return max(0, t.Seeds-r.Passed-r.Failed, r.Broken)
}

// statusOf says in one word, or few, what became of a submission.
func statusOf(d results.Document, s results.Submission) string {
	if s.Status == results.Graded && !complete(d, s) {
		return "incomplete"
	}
	return oneLine(s.Status, maxName)
}

// statusText is a sentence for whoever handed the submission in.
func statusText(d results.Document, s results.Submission) string {
	switch s.Status {
	case results.Graded:
		if !complete(d, s) {
			return "Some runs found out nothing, through no fault of the submission. The score counts what is known so " +
				"far; it has to be graded again."
		}
		return fmt.Sprintf("%s of %s points.", points(s.Score), points(d.Course.Max))
	case results.Infrastructure:
		return "Not graded: the grader or its machine broke down. This says nothing about the submission, which has to " +
			"be graded again."
	case results.NotAccepted:
		return "Not accepted: the files handed in are not a submission that can be graded."
	case results.Refused:
		return "Refused: the submission holds what none may hold."
	case results.NotBuilt:
		return "Could not build: the submission does not compile."
	}
	return oneLine(s.Status, maxName)
}

// rank orders submissions by how much they need somebody to look at them.
func rank(s results.Submission) int {
	order := []string{results.Infrastructure, results.Refused, results.NotAccepted, results.NotBuilt, results.Graded}
	return slices.Index(order, s.Status)
}

// worstFirst returns the submissions in that order.
func worstFirst(all []results.Submission) []results.Submission {
	return slices.SortedStableFunc(slices.Values(all), func(a, b results.Submission) int {
		return cmp.Or(cmp.Compare(rank(a), rank(b)), cmp.Compare(a.Score, b.Score), cmp.Compare(a.Name, b.Name))
	})
}

// counts says how many runs of a test came to what.
func counts(t results.Test, r results.Result, s results.Submission) string {
	if s.Status != results.Graded {
		return "not run"
	}
	text := fmt.Sprintf("%d of %s passed", r.Passed, plural(t.Seeds, "run"))
	if r.Failed > 0 {
		text += fmt.Sprintf(", %d failed", r.Failed)
	}
	if n := missing(t, r); n > 0 {
		text += fmt.Sprintf(", %d found out nothing", n)
	}
	return text
}

// place is where in a submission something is, as compilers write it; "" for the whole of it.
func place(p results.Place) string {
	text := oneLine(p.File, maxName)
	if text != "" && p.Line > 0 {
		text += fmt.Sprintf(":%d", p.Line)
		if p.Column > 0 {
			text += fmt.Sprintf(":%d", p.Column)
		}
	}
	return text
}

// problem is a Place in words.
func problem(p results.Place) string {
	var parts []string
	for _, part := range []string{place(p), oneLine(p.Rule, maxName), clean(p.Text, maxMessage)} {
		if part != "" {
			parts = append(parts, part)
		}
	}
	return strings.Join(parts, ": ")
}

// first returns at most the first most of all, and how many were left out.
func first[T any](all []T, most int) (some []T, left int) {
	n := min(len(all), most)
	return all[:n], len(all) - n
}

// last is first from the other end.
func last[T any](all []T, most int) (some []T, left int) {
	n := min(len(all), most)
	return all[len(all)-n:], len(all) - n
}
