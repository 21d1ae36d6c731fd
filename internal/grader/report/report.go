package report

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"raftlab/internal/grader/results"
)

// Format is a form in which results can be written.
type Format struct {
	Name  string // by which Write knows it
	About string // what it is, in a few words
	files func(d results.Document, write func(name string, text []byte) error) error
}

// Formats returns all formats, in the order in which to list them.
func Formats() []Format {
	return []Format{
		{"html", "pages for the teacher: index.html, and one for each submission", htmlFiles},
		{"feedback", "a page for each student, without what is hidden", feedbackFiles},
		{"csv", "a gradebook: gradebook.csv", single("gradebook.csv", CSV)},
		{"text", "a table for the terminal: summary.txt", single("summary.txt", Terminal)},
		{"junit", "JUnit XML: junit.xml, a suite for each submission", single("junit.xml", JUnit)},
		{"gradescope", "Gradescope: results.json in a folder for each submission", each("results.json", Gradescope)},
		{"autolab", "Autolab: autoresult.txt in a folder for each submission", each("autoresult.txt", Autolab)},
		{"classroom50", "Classroom 50: result.json in a folder for each submission", each("result.json",
			func(d results.Document, s results.Submission) ([]byte, error) {
				return Classroom50(d, s, RunnerFrom(os.Getenv))
			})},
	}
}

// Write writes the document in the format of that name into dir, which it makes. A file that is there already is
// replaced whole or not at all; others in dir stay. An unknown name is an error that lists the known ones.
func Write(name string, d results.Document, dir string) error {
	var known []string
	for _, f := range Formats() {
		if f.Name == name {
			err := f.files(d, func(file string, text []byte) error {
				return replace(filepath.Join(dir, filepath.FromSlash(file)), text)
			})
			if err != nil {
				return fmt.Errorf("report: write %s: %w", name, err)
			}
			return nil
		}
		known = append(known, f.Name)
	}
	return fmt.Errorf("report: no format is called %q; there are %s", name, strings.Join(known, ", "))
}

// single is the files of a format with one for the whole document.
func single(file string, text func(results.Document) ([]byte, error)) func(results.Document,
	func(string, []byte) error) error {
	return func(d results.Document, write func(string, []byte) error) error {
		b, err := text(d)
		if err != nil {
			return err
		}
		return write(file, b)
	}
}

// each is the files of a format with one for each submission, in a folder of its name.
func each(file string, text func(results.Document, results.Submission) ([]byte, error)) func(results.Document,
	func(string, []byte) error) error {
	return func(d results.Document, write func(string, []byte) error) error {
		names := FileNames(d)
		for i, s := range d.Submissions {
			b, err := text(d, s)
			if err != nil {
				return fmt.Errorf("%s: %w", names[i], err)
			}
			if err := write(names[i]+"/"+file, b); err != nil {
				return err
			}
		}
		return nil
	}
}

// plain is a name that is a file's on every system and in every URL.
var plain = regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9._-]{0,63}$`)

// reserved are the names that Windows keeps for devices.
var reserved = regexp.MustCompile(`(?i)^(?:con|prn|aux|nul|com[0-9]|lpt[0-9])(?:\.|$)`)

// FileNames returns, for each submission of d in order, the name of its file or folder in a report: its own where that
// is plain, else one made of it. They are distinct even where case does not count.
func FileNames(d results.Document) []string {
	names, taken := make([]string, len(d.Submissions)), map[string]bool{}
	take := func(i int, name string) bool {
		free := !taken[strings.ToLower(name)]
		if free {
			names[i], taken[strings.ToLower(name)] = name, true
		}
		return free
	}
	for i, s := range d.Submissions {
		if plain.MatchString(s.Name) && !reserved.MatchString(s.Name) && !strings.HasSuffix(s.Name, ".") {
			take(i, s.Name)
		}
	}
	for i, s := range d.Submissions {
		for try := 0; names[i] == ""; try++ {
			take(i, made(s.Name, try))
		}
	}
	return names
}

// made is a plain name made of another, and another one for each try.
func made(name string, try int) string {
	const most = 40
	word := strings.Map(func(r rune) rune {
		if r < 0x80 && plain.MatchString(string(r)) {
			return r
		}
		return '_'
	}, name[:runeStart(name+" ", min(len(name), most))])
	sum := sha256.Sum256(fmt.Appendf(nil, "%d %s", try, name))
	return fmt.Sprintf("%s-%x", "_"+strings.Trim(word, "_"), sum[:4])
}

// replace puts text into the file at path, by way of another name, so that nobody ever sees half of it.
func replace(path string, text []byte) error {
	dir := filepath.Dir(path)
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return err
	}
	f, err := os.CreateTemp(dir, ".report-*")
	if err != nil {
		return err
	}
	_, err = f.Write(text)
	err = errors.Join(err, f.Chmod(0o644), f.Close())
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		os.Remove(f.Name()) // the error that matters is the one before
	}
	return err
}
