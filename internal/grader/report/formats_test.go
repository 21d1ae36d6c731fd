package report_test

import (
	"encoding/csv"
	"encoding/json"
	"encoding/xml"
	"reflect"
	"slices"
	"strings"
	"testing"

	"raftlab/internal/grader/report"
	"raftlab/internal/grader/results"
)

// decoded is a text of JSON as Go has it.
func decoded[T any](t *testing.T, text []byte, err error) T {
	t.Helper()
	var v T
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, &v); err != nil {
		t.Fatalf("%v in %s", err, text)
	}
	return v
}

type gradescope struct {
	Score            *float64
	ExecutionTime    int `json:"execution_time"`
	Output           string
	StdoutVisibility string `json:"stdout_visibility"`
	Tests            []struct {
		Score    *float64
		MaxScore *float64 `json:"max_score"`
		Status   string
		Name     string
		Number   string
		Output   string
		Visibility
	}
}

// Visibility is what Gradescope is told of who may see a test.
type Visibility struct{ Visibility string }

func gradescopeOf(t *testing.T, name string) gradescope {
	t.Helper()
	d := sample()
	text, err := report.Gradescope(d, submission(t, d, name))
	return decoded[gradescope](t, text, err)
}

func TestGradescope(t *testing.T) {
	g := gradescopeOf(t, "some")
	if g.Score == nil || *g.Score != 5.8 || len(g.Tests) != 4 || g.StdoutVisibility != "hidden" {
		t.Fatalf("%+v", g)
	}
	var statuses, visibilities []string
	for _, test := range g.Tests {
		statuses = append(statuses, test.Status)
		visibilities = append(visibilities, test.Visibility.Visibility)
	}
	if !slices.Equal(statuses, []string{"passed", "failed", "passed", "failed"}) { // the third by its rule
		t.Errorf("statuses %q", statuses)
	}
	if !slices.Equal(visibilities, []string{"visible", "visible", "after_due_date", "hidden"}) {
		t.Errorf("visibilities %q", visibilities)
	}
	backup := g.Tests[1]
	for _, want := range []string{"7 of 10 runs passed, 3 failed", "2.8 of 4 points", "ElectionSafety", "two leaders in term 3",
		"seeds 3, 5, 9", "1.31s server 2 leads", "raftlab replay TestBackup2B --seed 3"} {
		if !strings.Contains(backup.Output, want) {
			t.Errorf("output has no %q:\n%s", want, backup.Output)
		}
	}
	if backup.Name != "TestBackup2B: fast backup" || backup.Number != "2B.1" || g.Tests[2].Number != "2B.2" ||
		*backup.MaxScore != 4 {
		t.Errorf("%+v", backup)
	}
	if all := gradescopeOf(t, "all"); *all.Score != 10 || all.ExecutionTime != 33 || all.Tests[3].Status != "passed" {
		t.Errorf("%+v", all)
	}
}

func TestGradescopeOfWhatWasNotFoundOut(t *testing.T) {
	broken := gradescopeOf(t, "broken")
	if broken.Score != nil || len(broken.Tests) != 0 || !strings.Contains(broken.Output, "says nothing about the submission") {
		t.Errorf("infrastructure: %+v", broken)
	}
	half := gradescopeOf(t, "half")
	if unknown := half.Tests[3]; unknown.Score != nil || unknown.Status != "" ||
		!strings.Contains(unknown.Output, "10 found out nothing") {
		t.Errorf("a test without a verdict: %+v", unknown)
	}
	if *half.Score != 6 || !strings.Contains(half.Output, "graded again") {
		t.Errorf("score %v, output %q", *half.Score, half.Output)
	}
	none := gradescopeOf(t, "none")
	if *none.Score != 0 || !strings.Contains(none.Output, "raft/raft.go:12:7: undefined: foo") || none.Tests[0].Status != "failed" {
		t.Errorf("could not build: %+v", none)
	}
	cheat := gradescopeOf(t, "cheat")
	if *cheat.Score != 0 || !strings.Contains(cheat.Output, "raft/raft.go:3:2: import os/exec: no submission may") {
		t.Errorf("refused: %q", cheat.Output)
	}
}

// autolab is the table and the scores of a submission, and the text before them.
func autolabOf(t *testing.T, name string) (text string, table map[string]any, scores map[string]float64) {
	t.Helper()
	d := sample()
	b, err := report.Autolab(d, submission(t, d, name))
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSuffix(string(b), "\n"), "\n")
	end := decoded[struct{ Scores map[string]float64 }](t, []byte(lines[len(lines)-1]), nil)
	if before := lines[len(lines)-2]; strings.HasPrefix(before, "{") {
		table = decoded[map[string]any](t, []byte(before), nil)
	}
	return string(b), table, end.Scores
}

func TestAutolab(t *testing.T) {
	text, table, scores := autolabOf(t, "some")
	if !reflect.DeepEqual(scores, map[string]float64{"2A": 2, "2B": 3.8, "2C": 0}) {
		t.Errorf("scores %v", scores)
	}
	if !reflect.DeepEqual(table["stages"], []any{"Build", "Part 2A", "Part 2B"}) || table["_presentation"] != "semantic" {
		t.Errorf("table %v", table)
	}
	for _, secret := range []string{"TestFigure82C", "TestRejoin2B", "secret words"} {
		if strings.Contains(text, secret) {
			t.Errorf("tells %q", secret)
		}
	}
	backup, ok := table["Part 2B"].(map[string]any)["TestBackup2B"].(map[string]any)
	if !ok || backup["passed"] != false || !strings.Contains(backup["hint"].(string), "two leaders in term 3") {
		t.Errorf("backup: %v", backup)
	}
	if _, _, scores := autolabOf(t, "none"); !reflect.DeepEqual(scores, map[string]float64{"2A": 0, "2B": 0, "2C": 0}) {
		t.Errorf("could not build: scores %v", scores)
	}
}

func TestAutolabOfWhatWasNotFoundOut(t *testing.T) {
	text, table, scores := autolabOf(t, "broken")
	if table != nil || scores == nil || len(scores) != 0 || !strings.Contains(text, "says nothing about the submission") {
		t.Errorf("infrastructure: %s", text)
	}
	if _, _, scores := autolabOf(t, "half"); !reflect.DeepEqual(scores, map[string]float64{"2A": 2}) {
		t.Errorf("incomplete parts have scores: %v", scores)
	}
}

type classroom50 struct {
	Schema, Classroom, Owner, Submission, Datetime, Commit string
	AssignmentType                                         string `json:"assignment_type"`
	Score                                                  int
	Max                                                    int `json:"max-score"`
	Tests                                                  []struct {
		Name   string `json:"test-name"`
		Passed bool
		Score  int
		Max    int `json:"max-score"`
		Output string
	}
}

func TestClassroom50(t *testing.T) {
	d := sample()
	run := report.RunnerFrom(func(name string) string {
		return map[string]string{"CLASSROOM": "ds", "USERNAME": "ann", "SUBMISSION_TAG": "submit/2026-06-01T14-32-05Z-a1b2c3d",
			"ASSIGNMENT_TYPE": "individual", "COMMIT_URL": "https://example.org/c"}[name]
	})
	text, err := report.Classroom50(d, submission(t, d, "some"), run)
	c := decoded[classroom50](t, text, err)
	if c.Schema != "classroom50/result/v1" || c.Classroom != "ds" || c.Owner != "ann" || c.AssignmentType != "individual" ||
		c.Datetime != "2026-06-01T14:32:05Z" || c.Commit != "https://example.org/c" {
		t.Errorf("%+v", c)
	}
	if c.Score != 5 || c.Max != 10 || len(c.Tests) != 3 { // 2.8 counts 2; the hidden two are one
		t.Fatalf("%+v", c)
	}
	if hidden := c.Tests[2]; hidden.Name != "hidden tests" || hidden.Score != 1 || hidden.Max != 4 || hidden.Passed ||
		hidden.Output != "" || strings.Contains(string(text), "secret words") {
		t.Errorf("hidden: %+v", hidden)
	}
	for _, s := range d.Submissions {
		text, err := report.Classroom50(d, s, run)
		c := decoded[classroom50](t, text, err)
		for _, test := range c.Tests {
			c.Score, c.Max = c.Score-test.Score, c.Max-test.Max
			if test.Passed != (test.Score == test.Max) {
				t.Errorf("%s: %+v", s.Name, test)
			}
		}
		if c.Score != 0 || c.Max != 0 {
			t.Errorf("%s: the sums are off by %d of %d", s.Name, c.Score, c.Max)
		}
	}
	text, err = report.Classroom50(d, submission(t, d, "broken"), report.Runner{})
	if c := decoded[classroom50](t, text, err); len(c.Tests) != 0 || c.Max != 0 {
		t.Errorf("infrastructure: %+v", c)
	}
	if empty := report.RunnerFrom(func(name string) string { return map[string]string{"USERNAME": "ann"}[name] }); empty != (report.Runner{}) {
		t.Errorf("no runner, and yet %+v", empty)
	}
}

func TestJUnit(t *testing.T) {
	text, err := report.JUnit(sample())
	if err != nil {
		t.Fatal(err)
	}
	var all struct {
		Tests    int `xml:"tests,attr"`
		Failures int `xml:"failures,attr"`
		Errors   int `xml:"errors,attr"`
		Suites   []struct {
			Name     string `xml:"name,attr"`
			Failures int    `xml:"failures,attr"`
			Errors   int    `xml:"errors,attr"`
			Output   string `xml:"system-out"`
			Cases    []struct {
				Failure *struct {
					Type string `xml:"type,attr"`
					Text string `xml:",chardata"`
				} `xml:"failure"`
				Error *struct{} `xml:"error"`
			} `xml:"testcase"`
		} `xml:"testsuite"`
	}
	if err := xml.Unmarshal(text, &all); err != nil {
		t.Fatal(err)
	}
	if all.Tests != 24 || all.Failures != 8+1+2 || all.Errors != 4+2 || len(all.Suites) != 6 {
		t.Errorf("%d tests, %d failures, %d errors in %d suites", all.Tests, all.Failures, all.Errors, len(all.Suites))
	}
	if broken := all.Suites[1]; broken.Errors != 4 || broken.Failures != 0 || broken.Cases[0].Error == nil {
		t.Errorf("infrastructure: %+v", broken)
	}
	some := all.Suites[5]
	if f := some.Cases[1].Failure; f == nil || f.Type != "failed: ElectionSafety" || !strings.Contains(f.Text, "two leaders") {
		t.Errorf("%+v", f)
	}
	if some.Cases[0].Failure != nil || some.Cases[2].Failure != nil || !strings.Contains(some.Output, "left out raft/config.go") {
		t.Errorf("%+v", some)
	}
}

func TestCSV(t *testing.T) {
	text, err := report.CSV(sample())
	if err != nil {
		t.Fatal(err)
	}
	lines, err := csv.NewReader(strings.NewReader(string(text))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		"submission status score at_least max TestInitialElection2A TestBackup2B TestRejoin2B TestFigure82C why",
		"all graded 10 10 10 2 4 1 3 ",
		"broken infrastructure   10     ",
		"cheat refused 0 0 10 0 0 0 0 raft/raft.go:3:2: import os/exec: no submission may start programs",
		"half incomplete  6 10 2    ",
		"none could not build 0 0 10 0 0 0 0 raft/raft.go:12:7: undefined: foo",
		"some graded 5.8 5.8 10 2 2.8 1 0 ",
	}
	for i, line := range lines {
		if got := strings.Join(line, " "); got != want[i] {
			t.Errorf("line %d: %q, want %q", i, got, want[i])
		}
	}
}

func TestTerminal(t *testing.T) {
	text, err := report.Terminal(sample())
	if err != nil {
		t.Fatal(err)
	}
	const want = `score  of  2A   2B    2C    submission  status           
?      10  -    -     -     broken      infrastructure   
0      10  -    -     -     cheat       refused          raft/raft.go:3:2: import os/exec: no submission may start programs
0      10  -    -     -     none        could not build  raft/raft.go:12:7: undefined: foo
5.8    10  1/1  1/2   0/1   some        graded           
≥6     10  1/1  0/2?  0/1?  half        incomplete       
10     10  1/1  2/2   1/1   all         graded           

6 submissions, 1 infrastructure, 1 refused, 1 could not build, 2 graded, 1 incomplete
`
	if string(text) != want {
		t.Errorf("got\n%s\nwant\n%s", text, want)
	}
	d := sample()
	d.Interrupted = true
	if text, err := report.Terminal(d); err != nil || !strings.HasSuffix(string(text), "interrupted: not all runs were made\n") {
		t.Errorf("no word of the interruption: %s, %v", text, err)
	}
}

// What students get tells nothing of tests that are not visible but their points.
func TestFeedbackKeepsHiddenTestsHidden(t *testing.T) {
	d := sample()
	files := written(t, "feedback", d)
	if len(files) != len(d.Submissions) {
		t.Fatalf("%d pages", len(files))
	}
	for name, text := range files {
		for _, secret := range []string{"TestFigure82C", "TestRejoin2B", "secret words", "Figure 8", "index.html"} {
			if strings.Contains(text, secret) {
				t.Errorf("%s tells %q", name, secret)
			}
		}
	}
	if !strings.Contains(files["some.html"], "Hidden tests: 2, 1 of 4 points") {
		t.Error("no word about hidden points")
	}
	teacher, err := report.Page(d, submission(t, d, "some"), report.Teacher)
	if err != nil || !strings.Contains(string(teacher), "secret words") {
		t.Errorf("the teacher does not see hidden tests: %v", err)
	}
}

// A fault of the grader's among a test's failures is not told as one of the submission's.
func TestLostRunsAmongFailures(t *testing.T) {
	d := sample()
	lost := results.Failure{Verdict: results.Infrastructure, Message: "the machine went away", Runs: 5}
	own := results.Failure{Verdict: "failed", Invariant: "Progress", Message: "no agreement", Runs: 1}
	s := results.Submission{Name: "mixed", Status: results.Graded, Problems: []results.Place{{File: "kvraft/server.go", Line: 1,
		Text: "undefined: x"}}, Tests: []results.Result{result("TestInitialElection2A", 0, 0, 0, lost),
		result("TestBackup2B", 0, 4, 1, lost, own)}}
	d.Submissions = []results.Submission{s}
	text, err := report.Autolab(d, s)
	if err != nil || !strings.Contains(string(text), "failed: Progress: no agreement") ||
		strings.Contains(string(text), "the machine went away") {
		t.Errorf("Autolab: %s, %v", text, err)
	}
	if text, err = report.JUnit(d); err != nil || !strings.Contains(string(text), `type="failed: Progress"`) {
		t.Errorf("JUnit: %s, %v", text, err)
	}
	text, err = report.Gradescope(d, s)
	g := decoded[gradescope](t, text, err)
	if !strings.Contains(g.Tests[0].Output, "5 runs: nothing was found out") || g.Tests[0].Status != "" || g.Tests[1].Status != "failed" {
		t.Errorf("Gradescope: %+v", g.Tests)
	}
	text, err = report.Page(d, s, report.Student)
	if err != nil || !strings.Contains(string(text), "What of it was not graded") || !strings.Contains(string(text), "undefined: x") {
		t.Errorf("the page does not tell of the part that does not compile: %v", err)
	}
}

// A document that lacks results is read as one about which nothing is known.
func TestResultsThatAreNotThere(t *testing.T) {
	d := sample()
	d.Submissions = []results.Submission{{Name: "empty", Status: results.Graded, Tests: []results.Result{
		{Name: "TestBackup2B", Score: 4, Passed: 10}}}}
	text, err := report.Gradescope(d, d.Submissions[0])
	g := decoded[gradescope](t, text, err)
	if g.Tests[0].Status != "" || g.Tests[0].Score != nil || g.Tests[1].Status != "passed" {
		t.Errorf("%+v", g.Tests)
	}
}
