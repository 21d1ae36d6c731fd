package intake

import (
	"strings"
	"unicode"
)

// fold returns a key that two names share if some file system takes them for one: names that differ in case, or in how
// their accents are encoded. It errs on the side of one: letters with accents are all alike.
func fold(name string) string {
	var key []rune
	for _, r := range name {
		switch {
		case unicode.IsMark(r): // of the letter before it
			if len(key) > 0 && key[len(key)-1] != '/' {
				key = key[:len(key)-1]
			}
			r = accented
		case r <= unicode.MaxASCII || unicode.Is(unicode.Ideographic, r):
			r = lowest(r)
		case lowest(r) <= unicode.MaxASCII: // the Kelvin sign is a k
			r = lowest(r)
		default:
			r = accented
		}
		if r == accented && len(key) > 0 && key[len(key)-1] == accented {
			continue // one syllable may be written in several signs
		}
		key = append(key, r)
	}
	return string(key)
}

const accented = '\u00bf'

// lowest returns the least of the letters that differ from r in case alone.
func lowest(r rune) rune {
	least := r
	for other := unicode.SimpleFold(r); other != r; other = unicode.SimpleFold(other) {
		least = min(least, other)
	}
	return least
}

// junk are names of files and folders that tools leave behind, beside all that begin with a dot.
var junk = map[string]bool{"__macosx": true, "node_modules": true, "vendor": true, "__pycache__": true,
	"testdata": true, "thumbs.db": true, "desktop.ini": true}

// isJunk says whether a file or folder is left out whatever it holds.
func isJunk(name string) bool {
	return strings.HasPrefix(name, ".") || junk[strings.ToLower(name)]
}
