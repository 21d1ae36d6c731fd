package handout

import (
	"fmt"
	"strings"
)

// leaks returns a mistake for each line of t that tells something of an answer.
func (t tree) leaks() []error {
	public := map[string]bool{}
	for _, text := range t.public {
		public[essence(text)] = true
	}
	secret := map[string]line{}
	for _, l := range t.secrets {
		if e := essence(l.text); telling(e) && !public[e] {
			if _, known := secret[e]; !known {
				secret[e] = l
			}
		}
	}
	var found []error
	for _, name := range t.names() {
		number := 0
		for l := range strings.Lines(t.files[name].text) {
			number++
			if markerLike.MatchString(l) {
				found = append(found, &Mistake{name, number, "a marker is left"})
			}
			if from, leaked := secret[essence(l)]; leaked {
				found = append(found, &Mistake{name, number, fmt.Sprintf("gives away line %d of %s: %s", from.number,
					from.file, strings.TrimSpace(l))})
			}
		}
	}
	return found
}

// essence is what two lines have in common that differ in white space, or of which one is a comment, an item of a list
// or a line of a patch.
func essence(text string) string {
	return strings.Join(strings.Fields(strings.TrimLeft(text, "/*+-#> \t")), " ")
}

// idiom is the length, in bytes, below which a line is taken for one that everybody writes: "if err != nil {", the head
// of a loop. No answer of any substance has only such lines.
const idiom = 24

// telling reports whether the line with this essence says enough to give something away. A lone text in quotes, such as
// an import, does not.
func telling(essence string) bool {
	quoted := strings.HasPrefix(essence, `"`) && !strings.Contains(essence, " ")
	return len(essence) >= idiom && !quoted
}
