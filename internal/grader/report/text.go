package report

import (
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// How much of a student's text a report holds, in bytes.
const (
	maxName    = 120      // of a submission, a file, a rule
	maxMessage = 8 << 10  // of a failure, a compiler's line
	maxEvent   = 300      // of one event
	maxOutput  = 16 << 10 // of what peers printed: its end
)

// How many of a kind a report holds.
const (
	maxEvents   = 60 // of one failure: the last ones
	maxFailures = 10 // of one test: the most frequent
	maxProblems = 100
	maxNotes    = 50
	maxSeeds    = 20 // of one failure
)

// escapes are the sequences by which text drives a terminal: colours, the cursor, its title.
var escapes = regexp.MustCompile("\x1b\\[[0-?]*[ -/]*[@-~]?|\x1b[\\]PX^_][^\x07\x1b\n]*(?:\x07|\x1b\\\\)?|\x1b[ -/]*[0-~]?")

// commands are what a runner of GitHub's or Azure's workflows obeys in a log: "::" at the beginning of a line, "##[" and
// "##vso[" anywhere.
var commands = regexp.MustCompile(`(?m)^\s*::|##(?:vso)?\[`)

// clean returns text as every format may carry it: see the package's documentation. Lines end in "\n"; of more than
// most bytes the beginning is kept, and the text says how long it was.
func clean(text string, most int) string {
	full := len(text)
	if full > most {
		text = text[:runeStart(text, most)]
	}
	text = harmless(text)
	if full > most {
		text += fmt.Sprintf(" … (cut: %d bytes in all)", full)
	}
	return text
}

// cleanEnd is clean for what is most telling at its end.
func cleanEnd(text string, most int) string {
	full := len(text)
	if full <= most {
		return harmless(text)
	}
	text = text[full-most:]
	for text != "" && !utf8.RuneStart(text[0]) {
		text = text[1:]
	}
	return fmt.Sprintf("(the end of %d bytes) … ", full) + harmless(text)
}

// oneLine is clean without ends of lines.
func oneLine(text string, most int) string {
	return strings.TrimSpace(strings.Join(strings.Fields(clean(text, most)), " "))
}

// runeStart returns the last place at or before i at which a character begins.
func runeStart(text string, i int) int {
	for lowest := max(0, i-utf8.UTFMax); i > lowest && !utf8.RuneStart(text[i]); {
		i--
	}
	return i
}

func harmless(text string) string {
	text = escapes.ReplaceAllString(strings.ToValidUTF8(text, "\uFFFD"), "")
	text = strings.ReplaceAll(text, "\r\n", "\n")
	text = strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\t':
			return r
		case r == '\r' || r == '\v' || r == '\f' || unicode.In(r, unicode.Zl, unicode.Zp):
			return '\n'
		case unicode.In(r, unicode.Cc, unicode.Cf, unicode.Co) || r&0xFFFE == 0xFFFE:
			return -1
		}
		return r
	}, text)
	return commands.ReplaceAllStringFunc(text, func(command string) string {
		if i := strings.Index(command, "::"); i >= 0 {
			return command[:i] + ": :"
		}
		return strings.Replace(command, "##", "# #", 1)
	})
}

// number is points without the noise of binary fractions.
func number(points float64) float64 {
	const decimals = 1e4
	return math.Round(points*decimals) / decimals
}

// points is number as people write it.
func points(x float64) string { return strconv.FormatFloat(number(x), 'f', -1, 64) }

// plural is a count with its noun.
func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
