package report

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"strings"

	"raftlab/internal/grader/results"
)

// CSV returns the gradebook: a line for each submission, in the document's order. The column score is empty where not
// all was found out, so that nobody takes what is missing for a zero; at_least has the points that are certain. No
// cell begins with what a spreadsheet takes for a formula.
func CSV(d results.Document) ([]byte, error) {
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	header := []string{"submission", "status", "score", "at_least", "max"}
	for _, t := range d.Course.Tests {
		header = append(header, cell(t.Name))
	}
	lines := [][]string{append(header, "why")}
	for _, s := range d.Submissions {
		line := []string{cell(s.Name), cell(statusOf(d, s)), "", points(s.Score), points(d.Course.Max)}
		if complete(d, s) {
			line[2] = points(s.Score)
		}
		if s.Status == results.Infrastructure {
			line[3] = ""
		}
		for i, t := range d.Course.Tests {
			r, text := resultOf(t, i, s), ""
			if !undecided(t, r, s) {
				text = points(r.Score)
			}
			line = append(line, text)
		}
		lines = append(lines, append(line, cell(why(s))))
	}
	if err := w.WriteAll(lines); err != nil {
		return nil, fmt.Errorf("encode: %w", err)
	}
	return b.Bytes(), nil
}

// why is the first reason for which a submission, or a part of it, was not graded.
func why(s results.Submission) string {
	if len(s.Problems) == 0 {
		return ""
	}
	return problem(s.Problems[0])
}

// cell is a text that a spreadsheet takes for one.
func cell(text string) string {
	text = oneLine(text, maxMessage)
	if text != "" && strings.ContainsRune("=+-@|%＝＋－＠", []rune(text)[0]) {
		return "'" + text
	}
	return text
}
