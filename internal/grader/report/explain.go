package report

import (
	"fmt"
	"slices"
	"strings"

	"raftlab/internal/grader/results"
)

// problems is why a submission was not graded, one line or more for each Place.
func problems(s results.Submission) string {
	var b strings.Builder
	some, left := first(s.Problems, maxProblems)
	for _, p := range some {
		fmt.Fprintln(&b, problem(p))
	}
	if left > 0 {
		fmt.Fprintf(&b, "… and %d more\n", left)
	}
	return b.String()
}

// notes is what was found strange about a submission, a line for each.
func notes(s results.Submission) string {
	var b strings.Builder
	some, left := first(s.Notes, maxNotes)
	for _, n := range some {
		fmt.Fprintf(&b, "note: %s\n", oneLine(n, maxMessage))
	}
	if left > 0 {
		fmt.Fprintf(&b, "… and %s more\n", plural(left, "note"))
	}
	return b.String()
}

// explain says in plain text what a test came to and why. It is empty if the submission was not graded.
func explain(t results.Test, r results.Result, s results.Submission) string {
	if s.Status != results.Graded {
		return ""
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s; %s of %s points (%s)\n", counts(t, r, s), points(r.Score), points(t.Max), oneLine(t.Rule, maxName))
	if missing(t, r) > 0 {
		b.WriteString("Runs that found out nothing are no fault of the submission: they have to be made again.\n")
	}
	some, left := first(r.Failures, maxFailures)
	for _, f := range some {
		explainFailure(&b, f)
	}
	if left > 0 {
		fmt.Fprintf(&b, "\n… and failures of %s more\n", plural(left, "other kind"))
	}
	return b.String()
}

func explainFailure(b *strings.Builder, f results.Failure) {
	fmt.Fprintf(b, "\n%s: %s\n", plural(f.Runs, "run"), headline(f))
	indent(b, clean(f.Message, maxMessage))
	if seeds := seedList(f); seeds != "" {
		fmt.Fprintf(b, "  %s\n", seeds)
	}
	if events, left := last(f.Events, maxEvents); len(events) > 0 {
		b.WriteString("  last events:\n")
		if left > 0 {
			fmt.Fprintf(b, "    … %d before\n", left)
		}
		for _, e := range events {
			fmt.Fprintf(b, "    %s\n", oneLine(e, maxEvent))
		}
	}
	if f.Replay != "" {
		fmt.Fprintf(b, "  replay: %s\n", oneLine(f.Replay, maxMessage))
	}
}

// headline is the verdict with the invariant that was broken.
func headline(f results.Failure) string {
	if lost(f) {
		return "nothing was found out"
	}
	text := oneLine(f.Verdict, maxName)
	if f.Invariant != "" {
		text += ": " + oneLine(f.Invariant, maxName)
	}
	return text
}

// lost reports whether a failure is none of the submission's: its runs found out nothing.
func lost(f results.Failure) bool { return f.Verdict == results.Infrastructure }

// worst is the most frequent failure of the submission's own.
func worst(r results.Result) (f results.Failure, found bool) {
	i := slices.IndexFunc(r.Failures, func(f results.Failure) bool { return !lost(f) })
	if i < 0 {
		return f, false
	}
	return r.Failures[i], true
}

// seedList names a failure's seeds, "" if it tells none.
func seedList(f results.Failure) string {
	if len(f.Seeds) == 0 {
		return ""
	}
	some, left := first(f.Seeds, maxSeeds)
	text := strings.ReplaceAll(strings.Trim(fmt.Sprint(some), "[]"), " ", ", ")
	if left > 0 {
		text += fmt.Sprintf(" … (%d)", len(f.Seeds))
	}
	if len(f.Seeds) == 1 {
		return "seed " + text
	}
	return "seeds " + text
}

// indent writes text two blanks further in.
func indent(b *strings.Builder, text string) {
	for line := range strings.SplitSeq(strings.TrimRight(text, "\n"), "\n") {
		fmt.Fprintf(b, "  %s\n", line)
	}
}
