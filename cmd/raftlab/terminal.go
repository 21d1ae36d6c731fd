package main

import (
	"fmt"
	"io"
	"os"
)

// terminal is where results are printed, with a line of progress below them if it is a terminal.
type terminal struct {
	io.Writer
	is bool // a terminal, that is
}

func newTerminal(w io.Writer) *terminal {
	f, isFile := w.(*os.File)
	if !isFile || os.Getenv("TERM") == "dumb" {
		return &terminal{Writer: w}
	}
	info, err := f.Stat()
	return &terminal{w, err == nil && info.Mode()&os.ModeCharDevice != 0}
}

// live makes text the line of progress. Anywhere but on a terminal nobody sees it.
func (t *terminal) live(text string) {
	if !t.is {
		return
	}
	const width = 79
	if r := []rune(text); len(r) > width {
		text = string(r[:width-1]) + "…"
	}
	fmt.Fprint(t, "\r\x1b[K"+text)
}

// clear takes the line of progress away.
func (t *terminal) clear() { t.live("") }
