package report

import (
	"math"
	"regexp"
	"strings"

	"raftlab/internal/grader/results"
)

// Runner is what Classroom 50's runner says of the submission it runs for. All may be empty: a report of a batch that
// no runner started.
type Runner struct {
	Classroom, Assignment, AssignmentType, Owner string
	Tag                                          string // of the submission, as submit/2026-06-01T14-32-05Z-a1b2c3d
	Commit, Release, Review                      string // URLs
}

// RunnerFrom reads the runner's variables, with os.Getenv or the like.
func RunnerFrom(getenv func(string) string) Runner {
	get := func(name string) string { return oneLine(getenv(name), maxEvent) }
	owner := get("OWNER")
	if owner == "" {
		owner = get("USERNAME")
	}
	if get("CLASSROOM") == "" { // USERNAME and the like are also set elsewhere
		return Runner{}
	}
	return Runner{Classroom: get("CLASSROOM"), Assignment: get("ASSIGNMENT"), AssignmentType: get("ASSIGNMENT_TYPE"),
		Owner: owner, Tag: get("SUBMISSION_TAG"), Commit: get("COMMIT_URL"), Release: get("RELEASE_URL"),
		Review: get("REVIEW_URL")}
}

type classroom50Result struct {
	Schema         string            `json:"schema"`
	Classroom      string            `json:"classroom"`
	Assignment     string            `json:"assignment"`
	AssignmentType string            `json:"assignment_type,omitempty"`
	Owner          string            `json:"owner,omitempty"`
	Submission     string            `json:"submission"`
	Commit         string            `json:"commit"`
	Release        string            `json:"release"`
	Review         string            `json:"review"`
	Datetime       string            `json:"datetime"`
	Status         string            `json:"status"` // ours: what became of the submission
	Output         string            `json:"output"` // ours
	Score          int               `json:"score"`
	Max            int               `json:"max-score"`
	Tests          []classroom50Test `json:"tests"`
}

type classroom50Test struct {
	Name   string `json:"test-name"`
	Passed bool   `json:"passed"`
	Score  int    `json:"score"`
	Max    int    `json:"max-score"`
	Output string `json:"output,omitempty"` // ours
}

// Classroom50 returns a submission's result.json. Points are whole numbers there: a test's are rounded down, so that
// only full points look full. Hidden tests are one entry with their points, the last; tests about which nothing was
// found out are left out, with their maximum, and so is everything if the submission was not graded for a reason of
// ours. Then whoever runs it should end with an exit status other than 0, and not hand the file in.
func Classroom50(d results.Document, s results.Submission, run Runner) ([]byte, error) {
	c := classroom50Result{Schema: "classroom50/result/v1", Classroom: run.Classroom, Assignment: run.Assignment,
		AssignmentType: run.AssignmentType, Owner: run.Owner, Submission: run.Tag, Commit: run.Commit,
		Release: run.Release, Review: run.Review, Datetime: tagTime(run.Tag), Status: statusOf(d, s),
		Output: statusText(d, s) + "\n" + problems(s) + notes(s), Tests: []classroom50Test{}}
	hidden := classroom50Test{Name: "hidden tests", Passed: true}
	for i, t := range d.Course.Tests {
		r := resultOf(t, i, s)
		if outcomeOf(t, r, s) == unknown {
			continue
		}
		entry := classroom50Test{Name: oneLine(t.Name, maxName), Max: int(math.Round(t.Max)),
			Passed: succeeded(t, r, s), Output: explain(t, r, s)}
		entry.Score = whole(r.Score, t.Max, entry.Max)
		c.Score, c.Max = c.Score+entry.Score, c.Max+entry.Max
		if visible(t) {
			c.Tests = append(c.Tests, entry)
			continue
		}
		hidden.Score, hidden.Max = hidden.Score+entry.Score, hidden.Max+entry.Max
		hidden.Passed = hidden.Passed && entry.Passed
	}
	if hidden.Max > 0 {
		c.Tests = append(c.Tests, hidden)
	}
	return marshal(c)
}

// whole is score of most as a whole number of at most scale, rounded down.
func whole(score, most float64, scale int) int {
	if most <= 0 {
		return 0
	}
	return min(scale, int(number(score/most*float64(scale))))
}

var tag = regexp.MustCompile(`(\d{4}-\d\d-\d\dT)(\d\d)-(\d\d)-(\d\d)Z`)

// tagTime is the instant in a submission's tag, "" if it has none.
func tagTime(text string) string {
	m := tag.FindStringSubmatch(text)
	if m == nil {
		return ""
	}
	return m[1] + strings.Join(m[2:], ":") + "Z"
}
