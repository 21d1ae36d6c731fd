package report

import (
	"encoding/json"
	"fmt"
	"strings"

	"raftlab/internal/grader/results"
)

type gradescopeResults struct {
	Score            *float64          `json:"score,omitempty"`
	ExecutionTime    int               `json:"execution_time,omitempty"` // seconds
	Output           string            `json:"output"`
	OutputFormat     string            `json:"output_format"`
	TestOutputFormat string            `json:"test_output_format"`
	TestNameFormat   string            `json:"test_name_format"`
	Visibility       string            `json:"visibility"`
	StdoutVisibility string            `json:"stdout_visibility"`
	ExtraData        map[string]string `json:"extra_data"`
	Tests            []gradescopeTest  `json:"tests"`
}

// gradescopeTest without a score is information: neither passed nor failed.
type gradescopeTest struct {
	Score      *float64 `json:"score,omitempty"`
	MaxScore   *float64 `json:"max_score,omitempty"`
	Status     string   `json:"status,omitempty"`
	Name       string   `json:"name"`
	Number     string   `json:"number"`
	Output     string   `json:"output"`
	Tags       []string `json:"tags,omitempty"`
	Visibility string   `json:"visibility"`
}

// Gradescope returns a submission's results.json. Tests keep the visibility that the course gives them. Of a submission
// about which nothing was found out there is no score, which Gradescope takes for an autograder that failed, not for
// a zero.
func Gradescope(d results.Document, s results.Submission) ([]byte, error) {
	g := gradescopeResults{Output: statusText(d, s) + "\n" + problems(s) + notes(s), OutputFormat: "text",
		TestOutputFormat: "text", TestNameFormat: "text", Visibility: "visible", StdoutVisibility: "hidden",
		ExtraData: map[string]string{"status": statusOf(d, s), "hash": oneLine(s.Hash, maxName)}, Tests: []gradescopeTest{}}
	if s.Timing != nil {
		g.ExecutionTime = int(s.Timing.Stage + s.Timing.Build + s.Timing.Run)
	}
	if s.Status != results.Infrastructure {
		score := number(s.Score)
		g.Score = &score
		places := map[string]int{}
		for i, t := range d.Course.Tests {
			places[t.Part]++
			g.Tests = append(g.Tests, gradescopeTestOf(t, resultOf(t, i, s), s, places[t.Part]))
		}
	}
	return marshal(g)
}

// gradescopeTestOf is the entry of the n-th test of its part.
func gradescopeTestOf(t results.Test, r results.Result, s results.Submission, n int) gradescopeTest {
	entry := gradescopeTest{Name: title(t), Number: fmt.Sprintf("%s.%d", oneLine(t.Part, maxName), n),
		Output: strings.TrimSpace(explain(t, r, s)), Visibility: gradescopeVisibility(t.Visibility)}
	if part := oneLine(t.Part, maxName); part != "" {
		entry.Tags = []string{part}
	}
	switch outcomeOf(t, r, s) {
	case unknown:
		return entry
	case notRun:
		entry.Output = "Not run: " + statusText(results.Document{}, s)
	}
	score, most := number(r.Score), number(t.Max)
	entry.Score, entry.MaxScore, entry.Status = &score, &most, "failed"
	if succeeded(t, r, s) {
		entry.Status = "passed"
	}
	return entry
}

// gradescopeVisibility is one that Gradescope knows; what it does not know is hidden.
func gradescopeVisibility(v string) string {
	switch v {
	case "":
		return "visible"
	case "visible", "after_due_date", "after_published":
		return v
	}
	return "hidden"
}

// title is a test's name with what it is about.
func title(t results.Test) string {
	text := oneLine(t.Name, maxName)
	if t.Title != "" {
		text += ": " + oneLine(t.Title, maxName)
	}
	return text
}

// marshal is JSON for people, too: indented, with a last end of line.
func marshal(v any) ([]byte, error) {
	text, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("encode: %w", err)
	}
	return append(text, '\n'), nil
}
