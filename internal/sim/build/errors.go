package build

import (
	"fmt"
	"strings"
)

// Error says that a student's sources could not be built, and why. It is not made for what is wrong with the
// machine.
type Error struct {
	Diagnostics []Diagnostic // at least one, in the compiler's order
}

// Diagnostic is one complaint.
type Diagnostic struct {
	File   string // the student's own, an absolute path; "" if the complaint is about no file
	Line   int    // from 1; 0 if about the whole file
	Column int    // from 1, in bytes; 0 if unknown
	Text   string // the compiler's words, perhaps several lines
}

// String returns "file:line:column: text" as far as they are known.
func (d Diagnostic) String() string {
	var s strings.Builder
	if d.File != "" {
		s.WriteString(d.File + ":")
		if d.Line > 0 {
			fmt.Fprintf(&s, "%d:", d.Line)
		}
		if d.Column > 0 {
			fmt.Fprintf(&s, "%d:", d.Column)
		}
		s.WriteString(" ")
	}
	return s.String() + d.Text
}

// Error returns all diagnostics, one to a line.
func (e *Error) Error() string {
	lines := make([]string, len(e.Diagnostics))
	for i, d := range e.Diagnostics {
		lines[i] = d.String()
	}
	return strings.Join(lines, "\n")
}
