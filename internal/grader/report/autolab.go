package report

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"raftlab/internal/grader/results"
)

// maxHint bounds what Autolab's table says of one test, in bytes.
const maxHint = 300

// Autolab returns what the job of a submission prints: a text for people, the line that Autolab presents as a table of
// stages and tests, and, last, the line with the scores. The problems there are the course's parts. A part in which
// something was not found out gets no score, so that Autolab leaves it ungraded.
func Autolab(d results.Document, s results.Submission) ([]byte, error) {
	table, err := json.Marshal(autolabTable(d, s))
	if err != nil {
		return nil, fmt.Errorf("encode: %w", err)
	}
	scores, err := json.Marshal(map[string]map[string]float64{"scores": autolabScores(d, s)})
	if err != nil {
		return nil, fmt.Errorf("encode: %w", err)
	}
	var b bytes.Buffer
	for _, text := range []string{statusText(d, s) + "\n", problems(s), notes(s)} {
		for line := range strings.Lines(text) {
			// A line of ours is none of the two below, whatever a submission has in it.
			fmt.Fprintf(&b, "| %s\n", strings.TrimRight(line, "\n"))
		}
	}
	if s.Status != results.Infrastructure {
		fmt.Fprintf(&b, "%s\n", table)
	}
	fmt.Fprintf(&b, "%s\n", scores)
	return b.Bytes(), nil
}

// autolabScores has the points of each part about which all is known.
func autolabScores(d results.Document, s results.Submission) map[string]float64 {
	scores, incomplete := map[string]float64{}, map[string]bool{}
	for i, t := range d.Course.Tests {
		r, part := resultOf(t, i, s), oneLine(t.Part, maxName)
		scores[part] += r.Score
		incomplete[part] = incomplete[part] || undecided(t, r, s)
	}
	for part := range scores {
		scores[part] = number(scores[part])
		if incomplete[part] {
			delete(scores, part)
		}
	}
	return scores
}

// autolabTable is Autolab's semantic presentation of what students may see. A value that is no object is shown as it
// is, without a mark.
func autolabTable(d results.Document, s results.Submission) map[string]any {
	build := map[string]any{"passed": s.Status == results.Graded}
	if s.Status != results.Graded {
		build["hint"] = oneLine(s.Status, maxName)
	}
	stages := []string{"Build"}
	table := map[string]any{"_presentation": "semantic", "Build": map[string]any{"compile": build}}
	for i, t := range d.Course.Tests {
		part := "Part " + oneLine(t.Part, maxName)
		if !visible(t) {
			continue
		}
		tests, _ := table[part].(map[string]any)
		if tests == nil {
			tests = map[string]any{}
			table[part] = tests
			stages = append(stages, part)
		}
		r := resultOf(t, i, s)
		switch {
		case outcomeOf(t, r, s) == unknown:
			tests[oneLine(t.Name, maxName)] = "found out nothing, grade again"
		case succeeded(t, r, s):
			tests[oneLine(t.Name, maxName)] = map[string]any{"passed": true}
		default:
			tests[oneLine(t.Name, maxName)] = map[string]any{"passed": false, "hint": hint(t, r, s)}
		}
	}
	table["stages"] = slices.Clip(stages)
	return table
}

// hint says on one line why a test has not its full points.
func hint(t results.Test, r results.Result, s results.Submission) string {
	text := counts(t, r, s)
	if f, found := worst(r); found {
		text += "; " + headline(f) + ": " + oneLine(f.Message, maxHint)
		if f.Replay != "" {
			text += "; replay: " + oneLine(f.Replay, maxHint)
		}
	}
	return text
}
