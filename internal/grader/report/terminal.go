package report

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"text/tabwriter"

	"raftlab/internal/grader/results"
)

// maxWhy bounds the last column of the table, in bytes.
const maxWhy = 100

// Terminal returns a table of the submissions, worst first, as plain text for a terminal or a log: the score, and for
// each part how many of its tests have their full points.
func Terminal(d results.Document) ([]byte, error) {
	var b bytes.Buffer
	parts := partsOf(d)
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	fmt.Fprintf(w, "score\tof\t%s\tsubmission\tstatus\t\n", strings.Join(parts, "\t"))
	for _, s := range worstFirst(d.Submissions) {
		score := points(s.Score)
		switch {
		case s.Status == results.Infrastructure:
			score = "?"
		case !complete(d, s):
			score = "≥" + score
		}
		// A name is not the first thing on its line: nothing in it is a command to whoever reads the log.
		fmt.Fprintf(w, "%s\t%s\t", score, points(d.Course.Max))
		for _, part := range parts {
			fmt.Fprintf(w, "%s\t", partCell(d, s, part))
		}
		fmt.Fprintf(w, "%s\t%s\t%s\n", oneLine(s.Name, maxName), statusOf(d, s), clipped(why(s)))
	}
	if err := w.Flush(); err != nil {
		return nil, fmt.Errorf("encode: %w", err)
	}
	fmt.Fprintf(&b, "\n%s\n", totals(d))
	return b.Bytes(), nil
}

func clipped(text string) string {
	if text = oneLine(text, len(text)); len(text) > maxWhy {
		text = text[:runeStart(text, maxWhy)] + "…"
	}
	return text
}

// partsOf returns the course's parts in order.
func partsOf(d results.Document) []string {
	var parts []string
	for _, t := range d.Course.Tests {
		if part := oneLine(t.Part, maxName); !slices.Contains(parts, part) {
			parts = append(parts, part)
		}
	}
	return parts
}

// partCell says how many tests of a part have their full points, with a question mark if some are not known.
func partCell(d results.Document, s results.Submission, part string) string {
	if s.Status != results.Graded {
		return "-"
	}
	full, all, mark := 0, 0, ""
	for i, t := range d.Course.Tests {
		if oneLine(t.Part, maxName) != part {
			continue
		}
		all++
		r := resultOf(t, i, s)
		switch {
		case succeeded(t, r, s):
			full++
		case undecided(t, r, s):
			mark = "?"
		}
	}
	return fmt.Sprintf("%d/%d%s", full, all, mark)
}

// totals says how many submissions there are of each status.
func totals(d results.Document) string {
	var order []string
	count := map[string]int{}
	for _, s := range worstFirst(d.Submissions) {
		status := statusOf(d, s)
		if count[status] == 0 {
			order = append(order, status)
		}
		count[status]++
	}
	parts := []string{plural(len(d.Submissions), "submission")}
	for _, status := range order {
		parts = append(parts, fmt.Sprintf("%d %s", count[status], status))
	}
	text := strings.Join(parts, ", ")
	if d.Interrupted {
		text += "; interrupted: not all runs were made"
	}
	return text
}
