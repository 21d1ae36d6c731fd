package build

import (
	"bytes"
	"fmt"
	"slices"
)

// edit replaces size bytes at an offset of a text. Neither what it replaces nor what it puts there holds a
// newline.
type edit struct {
	at, size int
	text     string
	silent   bool // the columns of what follows stay as they are
}

// edits are changes of a text that keep the line and the column of all the rest.
type edits []edit

func (e *edits) replace(at, size int, text string) {
	*e = append(*e, edit{at: at, size: size, text: text})
}

// overwrite puts text in the place of as many bytes.
func (e *edits) overwrite(at int, text string) {
	*e = append(*e, edit{at: at, size: len(text), text: text, silent: true})
}

// apply returns text with all edits made; those at one offset in the order in which they were given. Where
// something follows on an edited line, a comment tells the compiler where in the original it stands.
func (e edits) apply(text []byte) []byte {
	slices.SortStableFunc(e, func(a, b edit) int { return a.at - b.at })
	var out bytes.Buffer
	out.Grow(len(text) + 48*len(e))
	line, lineStart, done := 1, 0, 0
	for i, d := range e {
		between := text[done:d.at]
		out.Write(between)
		if newline := bytes.LastIndexByte(between, '\n'); newline >= 0 {
			line += bytes.Count(between, []byte{'\n'})
			lineStart = done + newline + 1
		}
		out.WriteString(d.text)
		done = d.at + d.size
		more := i+1 < len(e) && e[i+1].at == done
		if !d.silent && !more && !endsLine(text[done:]) {
			fmt.Fprintf(&out, "/*line :%d:%d*/", line, done-lineStart+1)
		}
	}
	out.Write(text[done:])
	return out.Bytes()
}

// endsLine says whether nothing but a newline, or the end, follows on the line.
func endsLine(text []byte) bool {
	return len(text) == 0 || text[0] == '\n' || bytes.HasPrefix(text, []byte("\r\n"))
}
