package handout

import (
	"bytes"
	"errors"
	"fmt"
	"go/format"
	"path"
	"regexp"
	"strings"
)

// Mistake is something wrong at a line of the tree.
type Mistake struct {
	File string // from the root of the tree, with slashes
	Line int    // from 1; 0 for all of File
	What string // what is wrong, and what to do
}

// Error implements error, in the form that editors jump to.
func (m *Mistake) Error() string {
	if m.Line == 0 {
		return m.File + ": " + m.What
	}
	return fmt.Sprintf("%s:%d: %s", m.File, m.Line, m.What)
}

// The markers, as they stand inside a comment.
const (
	beginSolution = "BEGIN SOLUTION"
	endSolution   = "END SOLUTION"
	beginPrompt   = "BEGIN PROMPT"
	endPrompt     = "END PROMPT"
)

// markerLike finds what is, or was meant to be, a marker.
var markerLike = regexp.MustCompile(`(?i)\b(BEGIN|END)[ _-]*(SOLUTION|PROMPT)S?\b`)

// comments is how a kind of file writes a comment of one line.
type comments struct{ open, end string }

func commentsOf(file string) comments {
	switch path.Ext(file) {
	case ".go", ".mod", ".js", ".css":
		return comments{open: "//"}
	case ".md", ".html":
		return comments{"<!--", "-->"}
	}
	return comments{open: "#"}
}

// text returns what a line that is a comment says, without the one blank that sets it off, and the line's indentation.
func (c comments) text(line string) (indent, text string, ok bool) {
	trimmed := strings.TrimLeft(line, " \t")
	indent = line[:len(line)-len(trimmed)]
	text, isComment := strings.CutPrefix(strings.TrimRight(trimmed, " \t"), c.open)
	text, isWhole := strings.CutSuffix(text, c.end)
	if c.end != "" {
		text = strings.TrimSuffix(text, " ")
	}
	return indent, strings.TrimPrefix(text, " "), isComment && isWhole
}

// wrap is a comment of one line.
func (c comments) wrap(text string) string {
	return strings.TrimSuffix(c.open+" "+text+" "+c.end, " ")
}

// stripped is what is left of a file.
type stripped struct {
	text    string
	secrets []line   // of its regions, less markers and prompts
	prompts []string // the lines of the prompts, as students get them
	regions int
}

// line is a line of a file.
type line struct {
	file   string
	number int // from 1
	text   string
}

// stripper goes through a file line by line.
type stripper struct {
	file     string
	comments comments
	region   int // the line of the open region's marker; 0 outside of one
	prompt   int // the line of the open prompt's marker
	prompted int // the line of the prompt that the open region had
	kept     strings.Builder
	out      stripped
	mistakes []error
}

// strip takes the solution regions out of a file. An error is made of a *Mistake for each thing that is wrong.
func strip(file, text string) (stripped, error) {
	s := stripper{file: file, comments: commentsOf(file)}
	number := 0
	for l := range strings.Lines(text) {
		number++
		s.line(number, strings.TrimRight(l, "\r\n"))
	}
	if s.prompt != 0 {
		s.wrong(s.prompt, "the prompt is not closed: "+s.comments.wrap(endPrompt)+" is missing")
	}
	if s.region != 0 {
		s.wrong(s.region, "the region is not closed: "+s.comments.wrap(endSolution)+" is missing")
	}
	if len(s.mistakes) > 0 {
		return stripped{}, errors.Join(s.mistakes...)
	}
	s.out.text = text // as it is, line ends and all
	if s.out.regions > 0 {
		s.out.text = s.kept.String()
	}
	return s.out, nil
}

func (s *stripper) wrong(number int, what string) {
	s.mistakes = append(s.mistakes, &Mistake{s.file, number, what})
}

func (s *stripper) line(number int, text string) {
	indent, comment, isComment := s.comments.text(text)
	switch isMarker := isComment && s.marker(number, strings.TrimSpace(comment)); {
	case isMarker:
	case markerLike.MatchString(text):
		s.wrong(number, fmt.Sprintf("looks like a marker and is none: a marker is alone on its line, as %q",
			s.comments.wrap(beginSolution)))
	case s.prompt != 0 && !isComment:
		s.wrong(number, "a line of a prompt that is no comment: write "+s.comments.wrap("…"))
	case s.prompt != 0:
		s.kept.WriteString(strings.TrimRight(indent+comment, " \t") + "\n")
		s.out.prompts = append(s.out.prompts, comment)
	case s.region != 0:
		s.out.secrets = append(s.out.secrets, line{s.file, number, text})
	default:
		s.kept.WriteString(text + "\n")
	}
}

// marker acts on a marker, and says whether the text is one.
func (s *stripper) marker(number int, text string) bool {
	switch text {
	case beginSolution:
		if s.region != 0 {
			s.wrong(number, fmt.Sprintf("a region inside the one of line %d: regions do not nest", s.region))
			return true
		}
		s.region, s.prompted = number, 0
		s.out.regions++
	case endSolution:
		switch {
		case s.region == 0:
			s.wrong(number, "the end of a region that was not begun")
		case s.prompt != 0:
			s.wrong(number, fmt.Sprintf("the region ends inside the prompt of line %d", s.prompt))
		}
		s.region, s.prompt = 0, 0
	case beginPrompt:
		switch {
		case s.region == 0:
			s.wrong(number, "a prompt outside of a region")
		case s.prompt != 0:
			s.wrong(number, fmt.Sprintf("a prompt inside the one of line %d", s.prompt))
		case s.prompted != 0:
			s.wrong(number, fmt.Sprintf("the region's second prompt, after the one of line %d", s.prompted))
		}
		s.prompt, s.prompted = number, number
	case endPrompt:
		if s.prompt == 0 {
			s.wrong(number, "the end of a prompt that was not begun")
		}
		s.prompt = 0
	default:
		return false
	}
	return true
}

// stripGo is strip for Go: what is left is formatted, since fields and imports that went have left gaps.
func stripGo(file, text string) (stripped, error) {
	s, err := strip(file, text)
	if err != nil || s.empty() {
		return s, err
	}
	formatted, err := format.Source([]byte(s.text))
	if err != nil {
		return stripped{}, &Mistake{File: file, What: "is no Go any more without its regions: " + err.Error()}
	}
	if s.regions == 0 && !bytes.Equal(formatted, []byte(s.text)) {
		return stripped{}, &Mistake{File: file, What: "is not as gofmt has it"}
	}
	s.text = string(formatted)
	return s, nil
}

// empty reports whether the regions were all that there was.
func (s stripped) empty() bool { return s.regions > 0 && strings.TrimSpace(s.text) == "" }
