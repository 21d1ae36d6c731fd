package report

import (
	"bytes"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"fmt"
	"html"
	"html/template"

	"raftlab/internal/grader/results"
)

var (
	//go:embed page/page.css
	pageCSS string
	//go:embed page/page.js
	pageJS string
	//go:embed page/index.html
	indexHTML string
	//go:embed page/submission.html
	submissionHTML string
)

// HTML returns the teacher's index: submissions against tests, worst first. It links to the pages that Page returns, as
// submissions/NAME.html with NAME from FileNames.
func HTML(d results.Document) ([]byte, error) {
	t, err := template.New("index").Parse(indexHTML)
	if err != nil {
		return nil, fmt.Errorf("parse the index: %w", err)
	}
	return page(oneLine(d.Course.Title, maxName), t, indexOf(d))
}

// An Audience is who reads a page.
type Audience int

// Students see nothing of tests that are not visible, but how many points these gave.
const (
	Teacher Audience = iota
	Student
)

// Page returns the page of one submission.
func Page(d results.Document, s results.Submission, who Audience) ([]byte, error) {
	t, err := template.New("submission").Parse(submissionHTML)
	if err != nil {
		return nil, fmt.Errorf("parse the page: %w", err)
	}
	return page(oneLine(s.Name, maxName), t, submissionOf(d, s, who))
}

// page puts a page together. It needs nothing else, neither files nor a network, and its policy forbids the browser to
// look for any: the one script and the one style that may have effect are these, known by their hashes, so that none
// can come from a text, should one get past the template's escaping.
func page(title string, body *template.Template, data any) ([]byte, error) {
	var b bytes.Buffer
	fmt.Fprintf(&b, `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src '%s'; script-src '%s'; base-uri 'none'; form-action 'none'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>%s</title>
<style>%s</style>
</head>
<body>
`, sourceHash(pageCSS), sourceHash(pageJS), html.EscapeString(title), pageCSS)
	if err := body.Execute(&b, data); err != nil {
		return nil, fmt.Errorf("fill the page: %w", err)
	}
	fmt.Fprintf(&b, "<script>%s</script>\n</body>\n</html>\n", pageJS)
	return b.Bytes(), nil
}

// sourceHash is how a policy names a text.
func sourceHash(text string) string {
	sum := sha256.Sum256([]byte(text))
	return "sha256-" + base64.StdEncoding.EncodeToString(sum[:])
}

func htmlFiles(d results.Document, write func(string, []byte) error) error {
	index, err := HTML(d)
	if err != nil {
		return err
	}
	if err := write("index.html", index); err != nil {
		return err
	}
	return pages(d, Teacher, "submissions/", write)
}

func feedbackFiles(d results.Document, write func(string, []byte) error) error {
	return pages(d, Student, "", write)
}

func pages(d results.Document, who Audience, dir string, write func(string, []byte) error) error {
	names := FileNames(d)
	for i, s := range d.Submissions {
		text, err := Page(d, s, who)
		if err != nil {
			return fmt.Errorf("%s: %w", names[i], err)
		}
		if err := write(dir+names[i]+".html", text); err != nil {
			return err
		}
	}
	return nil
}
