package intake

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"unicode"
)

// Source is a submission as it lies: a folder, or a zip or tar.gz that was not opened yet.
type Source struct {
	Name string // unique in the batch, whatever the case of its letters; made from the file's name, fit for a file's
	Path string // absolute
}

// UsageError says that what was asked for cannot be.
type UsageError struct{ Text string }

// Error implements error.
func (e *UsageError) Error() string { return e.Text }

func usage(format string, args ...any) error { return &UsageError{fmt.Sprintf(format, args...)} }

// Find lists the submissions that the arguments name, by name. An argument is a submission (a folder, or a file
// that should be an archive), or a folder of many: one without packages of the lab, in which every folder and every
// archive is a submission. A *UsageError says that an argument cannot be read or holds nothing.
func Find(args []string) ([]Source, error) {
	if len(args) == 0 {
		return nil, usage("no submission is named: want folders, zip or tar.gz files, or a folder of many")
	}
	var paths []string
	for _, arg := range args {
		found, err := expand(arg)
		if err != nil {
			return nil, err
		}
		paths = append(paths, found...)
	}
	slices.Sort(paths)
	paths = slices.Compact(paths)
	taken := map[string]bool{}
	sources := make([]Source, 0, len(paths))
	for _, path := range paths {
		sources = append(sources, Source{Name: unique(nameOf(path), taken), Path: path})
	}
	slices.SortFunc(sources, func(a, b Source) int { return strings.Compare(a.Name, b.Name) })
	return sources, nil
}

// expand returns the absolute paths of the submissions at arg.
func expand(arg string) ([]string, error) {
	path, err := filepath.Abs(arg)
	if err != nil {
		return nil, usage("%s: %v", arg, err)
	}
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, usage("there is no %s", arg)
	}
	if err != nil {
		return nil, usage("%v", err)
	}
	if !info.IsDir() {
		return []string{path}, nil
	}
	entries, err := os.ReadDir(path)
	if err != nil {
		return nil, usage("%v", err)
	}
	if isSubmission(path, entries) {
		return []string{path}, nil
	}
	var found []string
	for _, entry := range entries {
		at := filepath.Join(path, entry.Name())
		info, err := os.Stat(at)
		if err != nil || isJunk(entry.Name()) || !info.IsDir() && !isArchive(entry.Name()) {
			continue
		}
		found = append(found, at)
	}
	if len(found) == 0 {
		return []string{path}, nil // an empty submission: Stage says what it lacks
	}
	return found, nil
}

// places are where a submission has packages of the lab, from its root.
var places = []string{"raft", "kvraft", "raft1", "kvraft1", "src/raft", "src/kvraft", "src/raft1", "src/kvraft1"}

// isSubmission says whether a folder with these entries is one submission, as opposed to a folder of many.
func isSubmission(dir string, entries []os.DirEntry) bool {
	for _, entry := range entries {
		name := entry.Name()
		module := strings.HasPrefix(name, "6.824") || strings.HasPrefix(name, "6.5840")
		if name == "go.mod" || isGo(name) || entry.IsDir() && module && !isArchive(name) {
			return true
		}
	}
	return slices.ContainsFunc(places, func(place string) bool {
		inside, err := os.ReadDir(filepath.Join(dir, filepath.FromSlash(place)))
		return err == nil && slices.ContainsFunc(inside, func(e os.DirEntry) bool { return isGo(e.Name()) })
	})
}

func isGo(name string) bool { return strings.HasSuffix(name, ".go") }

// archives are the endings of files that are meant as submissions, those that cannot be read included: their authors
// are to be told.
var archives = []string{".tar.gz", ".tar.bz2", ".tar.xz", ".tar.zst", ".zip", ".tgz", ".tar", ".gz", ".bz2",
	".xz", ".7z", ".rar", ".zst"}

func isArchive(name string) bool { return withoutArchive(name) != name }

func withoutArchive(name string) string {
	for _, ending := range archives {
		if cut := len(name) - len(ending); cut > 0 && strings.EqualFold(name[cut:], ending) {
			return name[:cut]
		}
	}
	return name
}

// nameOf makes a name of a path: letters, digits and a few signs.
func nameOf(path string) string {
	const longest = 80 // runes
	var name []rune
	for _, r := range withoutArchive(filepath.Base(path)) {
		if len(name) == longest {
			break
		}
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) && !strings.ContainsRune("._-+@", r) {
			r = '_'
		}
		name = append(name, r)
	}
	if s := strings.Trim(string(name), "."); s != "" {
		return s
	}
	return "submission"
}

// unique returns name, with a number if it is taken already.
func unique(name string, taken map[string]bool) string {
	as := name
	for n := 2; taken[fold(as)]; n++ {
		as = name + "-" + strconv.Itoa(n)
	}
	taken[fold(as)] = true
	return as
}
