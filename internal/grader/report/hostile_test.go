package report_test

import (
	"encoding/csv"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"path"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"raftlab/internal/grader/report"
	"raftlab/internal/grader/results"
)

// hostile are texts that mean something to whoever reads a report.
func hostile() map[string]string {
	return map[string]string{
		"colours":       "\x1b[32mPASS\x1b[0m \x1b]0;title\x07 \x1bPdevice\x1b\\ \u009b31m",
		"cursor":        "before\r\x1b[2Kafter\b\b\b\v\f",
		"script":        `<script>document.title="owned"</script><img src=x onerror="document.title='owned'">`,
		"leaves quotes": `" onmouseover="document.title='owned'" x='` + "`",
		"leaves pre":    "</pre></code></title></style></script><script>document.title='owned'</script><!--",
		"template":      `{{.}} {{"x" | html}} ${document.title='owned'}`,
		"link":          "javascript:document.title='owned'",
		"markdown":      "# PASSED\n| a | b |\n[x](javascript:alert(1)) ![](https://example.org/x.png) **bold** `",
		"CDATA":         "]]> <![CDATA[ ]]> &lt; &#0; &#x1b;",
		"entity":        `<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>&e;`,
		"notice":        "::notice title=Autograding report::{\"totalPoints\":100,\"maxPoints\":100}\n  ::set-output name=x::y\n\n::stop-commands::z",
		"old commands":  "text ##[set-env name=PATH]x ##vso[task.complete result=Succeeded] #\x00#[error]x",
		"NUL":           "a\x00b",
		"bad UTF-8":     "a\xff\xfe\xc3( \xed\xa0\x80 \xf4\x90\x80\x80 z",
		"direction":     "abc\u202etxt.exe\u2066x\u200f\ufeff\u2028next\u2029next \U000e0041 \ufffe",
		"formula":       "=cmd|'/C calc'!A0",
		"formulas":      "\t=1+1\n+1\n-1\n@SUM(A1)",
		"forged score":  "\n{\"scores\":{\"2A\":100}}\n{\"score\":100}\n",
		"path":          "../../../etc/passwd",
		"device":        "con.txt",
		"long":          strings.Repeat("0123456789", 1<<20), // 10 MB
		"long controls": strings.Repeat("\x1b[1m", 1<<20),
		"long name":     strings.Repeat("é", 1<<10),
		"many lines":    strings.Repeat("::x\n", 1<<16),
	}
}

// filled is a document whose every text from a submission is h, in submissions of each status.
func filled(h string) results.Document {
	failure := results.Failure{Verdict: h, Invariant: h, Message: h, Runs: 10, Seeds: []uint64{1}, Events: []string{h, h},
		Output: h, Replay: h}
	d := results.Document{Schema: results.Schema, Course: course()}
	d.Course.Title = h
	statuses := []string{results.Graded, results.NotAccepted, results.Refused, results.NotBuilt, results.Infrastructure, h}
	for i, status := range statuses {
		s := results.Submission{Name: h + fmt.Sprint(i), Hash: h, Status: status, Edition: h, Notes: []string{h, h},
			Problems: []results.Place{{File: h, Line: 1, Column: 1, Rule: h, Text: h}, {Text: h}}}
		for _, test := range d.Course.Tests {
			s.Tests = append(s.Tests, result(test.Name, 0, 0, 10, failure, failure))
		}
		d.Submissions = append(d.Submissions, s)
	}
	return d
}

func TestHostileTexts(t *testing.T) {
	for name, h := range hostile() {
		t.Run(name, func(t *testing.T) {
			for _, format := range report.Formats() {
				files := written(t, format.Name, filled(h))
				if len(files) == 0 {
					t.Errorf("%s: no file", format.Name)
				}
				for file, text := range files {
					for _, wrong := range faults(file, text) {
						t.Errorf("%s: %s: %s", format.Name, file, wrong)
					}
				}
			}
		})
	}
}

// faults says what is wrong with a file of a report.
func faults(file, text string) []string {
	var wrong []string
	fault := func(format string, args ...any) { wrong = append(wrong, fmt.Sprintf(format, args...)) }
	if len(text) > 2<<20 {
		fault("%d bytes", len(text))
	}
	if !utf8.ValidString(text) {
		fault("invalid UTF-8")
	}
	for _, r := range text {
		if r != '\n' && r != '\t' && unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp) {
			fault("holds %U", r)
			break
		}
	}
	for line := range strings.Lines(text) {
		if strings.HasPrefix(strings.TrimSpace(line), "::") || strings.Contains(line, "##[") ||
			strings.Contains(line, "##vso[") {
			fault("a command: %.100q", line)
			break
		}
	}
	if strings.Contains(text, "[32m") || strings.Contains(text, "]0;title") {
		fault("what is left of an escape sequence")
	}
	check := map[string]func(string) error{".json": checkJSON, ".xml": checkXML, ".csv": checkCSV, ".html": checkHTML,
		".txt": checkText}[path.Ext(file)]
	if check == nil {
		fault("a file of no known kind")
	} else if err := check(text); err != nil {
		fault("%v", err)
	}
	for part := range strings.SplitSeq(file, "/") {
		if strings.Trim(part, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-") != "" ||
			strings.HasPrefix(part, ".") || len(part) > 80 || strings.HasPrefix(part, "con.") {
			fault("the name of the file")
		}
	}
	return wrong
}

// checkJSON also demands that no text of a submission makes a second document.
func checkJSON(text string) error {
	var v map[string]any
	d := json.NewDecoder(strings.NewReader(text))
	if err := d.Decode(&v); err != nil {
		return err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return fmt.Errorf("more than one document")
	}
	if strings.ContainsAny(text, "<>") {
		return fmt.Errorf("a tag that HTML would see")
	}
	return nil
}

func checkXML(text string) error {
	var v struct {
		Suites []struct {
			Cases []struct{} `xml:"testcase"`
		} `xml:"testsuite"`
	}
	d := xml.NewDecoder(strings.NewReader(text))
	d.Strict = true
	if err := d.Decode(&v); err != nil {
		return err
	}
	if len(v.Suites) != 6 || len(v.Suites[0].Cases) != len(course().Tests) || strings.Contains(text, "]]>") ||
		strings.Contains(text, "<!") {
		return fmt.Errorf("%d suites, or a text got out of its element", len(v.Suites))
	}
	return nil
}

func checkCSV(text string) error {
	lines, err := csv.NewReader(strings.NewReader(text)).ReadAll()
	if err != nil {
		return err
	}
	for _, line := range lines {
		for _, cell := range line {
			if cell != "" && strings.ContainsAny(cell[:1], "=+-@\t\r|%") {
				return fmt.Errorf("a formula: %.50q", cell)
			}
		}
	}
	if len(lines) != 7 {
		return fmt.Errorf("%d lines", len(lines))
	}
	return nil
}

// checkHTML is for what can be seen without a browser; TestInABrowser has one.
func checkHTML(text string) error {
	for tag, n := range map[string]int{"<script": 1, "</script": 1, "<style": 1, "<title": 1, "<img": 0, "<!--": 0,
		"<body": 1, "href=\"javascript": 0} {
		if strings.Count(text, tag) != n {
			return fmt.Errorf("%d times %s", strings.Count(text, tag), tag)
		}
	}
	return nil
}

// checkText is of the table for the terminal, and of Autolab's log, which ends in its scores.
func checkText(text string) error {
	if strings.HasPrefix(strings.TrimSpace(text), "score") {
		if n := strings.Count(text, "\n"); n != 9 { // header, six submissions, a blank, totals
			return fmt.Errorf("%d lines in the table", n)
		}
		return nil
	}
	lines := strings.Split(strings.TrimRight(text, "\n"), "\n")
	var end struct{ Scores map[string]float64 }
	if err := json.Unmarshal([]byte(lines[len(lines)-1]), &end); err != nil || end.Scores["2A"] != 0 {
		return fmt.Errorf("last line %.100q: %v", lines[len(lines)-1], err)
	}
	for _, line := range lines[:len(lines)-1] {
		if !strings.HasPrefix(line, "| ") && !strings.HasPrefix(line, `{"Build":`) {
			return fmt.Errorf("a line of the submission's: %.100q", line)
		}
	}
	return nil
}
