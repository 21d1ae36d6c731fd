package course

import (
	"fmt"
	"slices"
	"strings"
)

// Error is one thing that is wrong with a course.yaml, and what to do about it.
type Error struct {
	File   string
	Line   int // from 1; 0: it is about no line
	Column int // from 1
	Text   string
}

// Error returns file:line:column: text, as far as they are known.
func (e Error) Error() string {
	if e.Line == 0 {
		return e.File + ": " + e.Text
	}
	return fmt.Sprintf("%s:%d:%d: %s", e.File, e.Line, e.Column, e.Text)
}

// Errors are all that is wrong with a course.yaml, in the order of its lines.
type Errors []Error

// Error returns them, one to a line.
func (e Errors) Error() string {
	lines := make([]string, len(e))
	for i := range e {
		lines[i] = e[i].Error()
	}
	return strings.Join(lines, "\n")
}

// sorted returns the errors by line, one for each place.
func (e Errors) sorted() Errors {
	slices.SortStableFunc(e, func(a, b Error) int {
		if a.Line != b.Line {
			return a.Line - b.Line
		}
		return a.Column - b.Column
	})
	return slices.CompactFunc(e, func(a, b Error) bool {
		return a == b || a.Line > 0 && a.Line == b.Line && a.Column == b.Column
	})
}
