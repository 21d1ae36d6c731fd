package report

import (
	"encoding/xml"
	"fmt"
	"math"

	"raftlab/internal/grader/results"
)

type junitSuites struct {
	XMLName  xml.Name     `xml:"testsuites"`
	Name     string       `xml:"name,attr"`
	Tests    int          `xml:"tests,attr"`
	Failures int          `xml:"failures,attr"`
	Errors   int          `xml:"errors,attr"`
	Suites   []junitSuite `xml:"testsuite"`
}

type junitSuite struct {
	Name       string          `xml:"name,attr"`
	Tests      int             `xml:"tests,attr"`
	Failures   int             `xml:"failures,attr"`
	Errors     int             `xml:"errors,attr"`
	Skipped    int             `xml:"skipped,attr"`
	Time       float64         `xml:"time,attr"` // seconds
	Properties []junitProperty `xml:"properties>property"`
	Cases      []junitCase     `xml:"testcase"`
	Output     string          `xml:"system-out,omitempty"`
}

type junitProperty struct {
	Name  string `xml:"name,attr"`
	Value string `xml:"value,attr"`
}

type junitCase struct {
	Name    string      `xml:"name,attr"`
	Class   string      `xml:"classname,attr"`
	Time    float64     `xml:"time,attr"`
	Failure *junitFault `xml:"failure"`
	Error   *junitFault `xml:"error"`
}

type junitFault struct {
	Message string `xml:"message,attr"`
	Type    string `xml:"type,attr"`
	Text    string `xml:",chardata"`
}

// JUnit returns the document as JUnit XML: a suite for each submission. What was not found out is an error, which no
// reader counts as passed and which is not a failure either; a submission that was not graded for a reason of its own
// fails every test.
func JUnit(d results.Document) ([]byte, error) {
	all := junitSuites{Name: oneLine(d.Course.Title, maxName)}
	for _, s := range d.Submissions {
		suite := junitSuiteOf(d, s)
		all.Tests, all.Failures, all.Errors = all.Tests+suite.Tests, all.Failures+suite.Failures, all.Errors+suite.Errors
		all.Suites = append(all.Suites, suite)
	}
	text, err := xml.MarshalIndent(all, "", " ")
	if err != nil {
		return nil, fmt.Errorf("encode: %w", err)
	}
	return append([]byte(xml.Header), append(text, '\n')...), nil
}

func junitSuiteOf(d results.Document, s results.Submission) junitSuite {
	suite := junitSuite{Name: oneLine(s.Name, maxName), Output: problems(s) + notes(s), Tests: len(d.Course.Tests),
		Time: seconds(s.Timing), Properties: []junitProperty{{"status", statusOf(d, s)}, {"score", points(s.Score)},
			{"max", points(d.Course.Max)}, {"hash", oneLine(s.Hash, maxName)}}}
	if s.Status == results.Infrastructure {
		suite.Properties = append(suite.Properties[:1], suite.Properties[2:]...) // no score that looks like one
	}
	for i, t := range d.Course.Tests {
		r := resultOf(t, i, s)
		c := junitCase{Name: oneLine(t.Name, maxName), Class: suite.Name + "." + oneLine(t.Part, maxName),
			Time: seconds(r.Timing)}
		switch o := outcomeOf(t, r, s); {
		case o == unknown:
			c.Error = &junitFault{"nothing was found out", "infrastructure", explain(t, r, s)}
			suite.Errors++
		case o == notRun:
			c.Failure = &junitFault{statusText(d, s), oneLine(s.Status, maxName), ""}
			suite.Failures++
		case !succeeded(t, r, s):
			c.Failure = &junitFault{counts(t, r, s), "failed", explain(t, r, s)}
			if f, found := worst(r); found {
				c.Failure.Type = headline(f)
			}
			suite.Failures++
		}
		suite.Cases = append(suite.Cases, c)
	}
	return suite
}

// seconds is how long the runs took, to the millisecond.
func seconds(t *results.Timing) float64 {
	if t == nil {
		return 0
	}
	return math.Round(t.Run*1e3) / 1e3
}
