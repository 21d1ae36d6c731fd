package report

import (
	"fmt"
	"strings"

	"raftlab/internal/grader/results"
)

// mark is how an outcome is shown: a class for its colour, and a sign for who does not see colours.
type mark struct{ Class, Sign, Word string }

func (o outcome) mark() mark {
	return [...]mark{passed: {"p", "✓", "passed"}, partly: {"h", "◐", "passed on some seeds"},
		failed: {"f", "✗", "failed"}, unknown: {"u", "?", "not found out"}, notRun: {"n", "–", "not run"}}[o]
}

// legend is all marks.
func legend() []mark {
	return []mark{passed.mark(), partly.mark(), failed.mark(), unknown.mark(), notRun.mark()}
}

type indexData struct {
	Title, Totals, Max string
	Legend             []mark
	Parts              []indexPart
	Tests              []indexTest
	Rows               []indexRow
}

type indexPart struct {
	Name  string
	Tests int
}

type indexTest struct {
	Name, Title  string
	Hidden       bool
	Passed, Runs int // submissions with full points, and those that were graded
}

type indexRow struct {
	Name, File, Status, Class, Score string
	Worth                            float64 // to sort by; below 0 if it has no score
	Rank                             int
	Cells                            []indexCell
}

// indexCell is one test of one submission: its counts if it did not just pass.
type indexCell struct {
	mark
	Text, Test string
	Worth      float64 // passed share of the runs; below 0 if there is none
}

func indexOf(d results.Document) indexData {
	data := indexData{Title: oneLine(d.Course.Title, maxName), Totals: totals(d), Max: points(d.Course.Max), Legend: legend()}
	if data.Title == "" {
		data.Title = "Results"
	}
	for i, t := range d.Course.Tests {
		column := indexTest{Name: short(t), Title: oneLine(t.Title, maxName), Hidden: !visible(t)}
		for _, s := range d.Submissions {
			r := resultOf(t, i, s)
			if succeeded(t, r, s) {
				column.Passed++
			}
			if s.Status == results.Graded {
				column.Runs++
			}
		}
		data.Tests = append(data.Tests, column)
		part := oneLine(t.Part, maxName)
		if n := len(data.Parts); n > 0 && data.Parts[n-1].Name == part {
			data.Parts[n-1].Tests++
		} else {
			data.Parts = append(data.Parts, indexPart{part, 1})
		}
	}
	files := map[string]string{}
	for i, name := range FileNames(d) {
		files[d.Submissions[i].Name] = name
	}
	for _, s := range worstFirst(d.Submissions) {
		data.Rows = append(data.Rows, indexRowOf(d, s, files[s.Name]))
	}
	return data
}

// short is a test's name without what all of its part have in common.
func short(t results.Test) string {
	return oneLine(strings.TrimSuffix(strings.TrimPrefix(t.Name, "Test"), t.Part), maxName)
}

func indexRowOf(d results.Document, s results.Submission, file string) indexRow {
	row := indexRow{Name: shown(s), File: file, Status: statusOf(d, s), Score: points(s.Score), Worth: number(s.Score),
		Rank: rank(s), Class: statusClass(d, s)}
	switch {
	case s.Status == results.Infrastructure:
		row.Score, row.Worth = "?", -1
	case !complete(d, s):
		row.Score = "≥ " + row.Score
	}
	for i, t := range d.Course.Tests {
		r := resultOf(t, i, s)
		c := indexCell{mark: outcomeOf(t, r, s).mark(), Test: anchor(i), Worth: -1}
		if s.Status == results.Graded {
			c.Worth = float64(100*r.Passed/max(1, t.Seeds)) / 100
		}
		if c.Class != "p" && s.Status == results.Graded {
			c.Text = fmt.Sprintf("%d/%d", r.Passed, t.Seeds)
		}
		row.Cells = append(row.Cells, c)
	}
	return row
}

// shown is a submission's name for people, who need something to click on.
func shown(s results.Submission) string {
	if name := oneLine(s.Name, maxName); name != "" {
		return name
	}
	return "(no name)"
}

// anchor is the place of the course's i-th test on a submission's page.
func anchor(i int) string { return fmt.Sprintf("t%d", i) }

// statusClass is the class of what became of a submission.
func statusClass(d results.Document, s results.Submission) string {
	switch {
	case !complete(d, s):
		return "u"
	case s.Status != results.Graded:
		return "f"
	case number(s.Score) >= number(d.Course.Max):
		return "p"
	}
	return "h"
}

type submissionData struct {
	Name, Status, Text, Class, Score, Max, Hash, Edition string
	Teacher, Graded                                      bool
	Problems                                             []problemData
	MoreProblems                                         int
	Notes                                                []string
	Tests                                                []testData // not passed, in the course's order
	Passed                                               []testData
	NotRun                                               int
	Hidden                                               int    // tests left out
	HiddenPoints                                         string // of them, "3 of 8"
}

type problemData struct{ Place, Rule, Text string }

type testData struct {
	mark
	Name, Title, Part, Anchor, Counts, Score, Max, Rule string
	Hidden                                              bool
	Missing                                             int
	Failures                                            []failureData
	More                                                int // failures of other kinds
}

type failureData struct {
	Headline, Runs, Seeds, Message, Output, Replay string
	Events                                         []string
	Before                                         int // events left out
}

func submissionOf(d results.Document, s results.Submission, who Audience) submissionData {
	data := submissionData{Name: shown(s), Status: statusOf(d, s), Text: statusText(d, s), Class: statusClass(d, s),
		Score: points(s.Score), Max: points(d.Course.Max), Hash: oneLine(s.Hash, maxName), Teacher: who == Teacher,
		Edition: oneLine(s.Edition, maxName), Graded: s.Status == results.Graded}
	if s.Status == results.Infrastructure {
		data.Score = "?"
	}
	some, left := first(s.Problems, maxProblems)
	data.MoreProblems = left
	for _, p := range some {
		data.Problems = append(data.Problems, problemData{place(p), oneLine(p.Rule, maxName), clean(p.Text, maxMessage)})
	}
	all, _ := first(s.Notes, maxNotes)
	for _, n := range all {
		data.Notes = append(data.Notes, oneLine(n, maxMessage))
	}
	data.fillTests(d, s)
	return data
}

// fillTests sorts the tests by what is to be told of them.
func (data *submissionData) fillTests(d results.Document, s results.Submission) {
	var score, most float64
	for i, t := range d.Course.Tests {
		r := resultOf(t, i, s)
		switch o := outcomeOf(t, r, s); {
		case !data.Teacher && !visible(t):
			data.Hidden++
			score, most = score+r.Score, most+t.Max
		case o == notRun:
			data.NotRun++
		case o == passed && len(r.Failures) == 0:
			data.Passed = append(data.Passed, testOf(t, r, s, anchor(i)))
		default:
			data.Tests = append(data.Tests, testOf(t, r, s, anchor(i)))
		}
	}
	data.HiddenPoints = points(score) + " of " + points(most)
	if s.Status == results.Infrastructure {
		data.HiddenPoints = "nothing known of " + points(most)
	}
}

func testOf(t results.Test, r results.Result, s results.Submission, anchor string) testData {
	some, left := first(r.Failures, maxFailures)
	data := testData{mark: outcomeOf(t, r, s).mark(), Name: oneLine(t.Name, maxName), Title: oneLine(t.Title, maxName),
		Part: oneLine(t.Part, maxName), Anchor: anchor, Counts: counts(t, r, s), Score: points(r.Score),
		Max: points(t.Max), Rule: oneLine(t.Rule, maxName), Hidden: !visible(t), More: left}
	if s.Status == results.Graded {
		data.Missing = missing(t, r)
	}
	for _, f := range some {
		events, before := last(f.Events, maxEvents)
		shown := failureData{Headline: headline(f), Runs: plural(f.Runs, "run"), Seeds: seedList(f),
			Message: clean(f.Message, maxMessage), Output: cleanEnd(f.Output, maxOutput),
			Replay: oneLine(f.Replay, maxMessage), Before: before}
		for _, e := range events {
			shown.Events = append(shown.Events, oneLine(e, maxEvent))
		}
		data.Failures = append(data.Failures, shown)
	}
	return data
}
