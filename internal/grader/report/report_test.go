package report_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"raftlab/internal/grader/report"
	"raftlab/internal/grader/results"
)

func TestUnknownFormat(t *testing.T) {
	err := report.Write("pdf", sample(), t.TempDir())
	if err == nil || !strings.Contains(err.Error(), `"pdf"`) || !strings.Contains(err.Error(), "gradescope") {
		t.Errorf("error is %v; want one with the name and the known formats", err)
	}
}

func TestUnwritableFolder(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, f := range report.Formats() {
		if err := report.Write(f.Name, sample(), file); err == nil || !strings.Contains(err.Error(), f.Name) {
			t.Errorf("%s into a file: error %v", f.Name, err)
		}
	}
}

// Reports of one document are equal, and a second writing leaves nothing beside the first.
func TestWrittenTwice(t *testing.T) {
	for _, f := range report.Formats() {
		one, other := written(t, f.Name, sample()), written(t, f.Name, sample())
		if len(one) == 0 || len(one) != len(other) {
			t.Errorf("%s: %d files, then %d", f.Name, len(one), len(other))
		}
		for name, text := range one {
			if other[name] != text {
				t.Errorf("%s: %s differs", f.Name, name)
			}
		}
	}
	dir := t.TempDir()
	for range 2 {
		if err := report.Write("csv", sample(), dir); err != nil {
			t.Fatal(err)
		}
	}
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != 1 {
		t.Errorf("%d files, error %v; want the gradebook alone", len(entries), err)
	}
}

// A course without tests and a batch without submissions are reports too.
func TestEmptyDocuments(t *testing.T) {
	for _, d := range []results.Document{{}, {Course: course()}, {Submissions: sample().Submissions}} {
		for _, f := range report.Formats() {
			for name, text := range written(t, f.Name, d) {
				if text == "" {
					t.Errorf("%s: %s is empty", f.Name, name)
				}
			}
		}
	}
}

func TestFileNames(t *testing.T) {
	given := []string{"ann", "Ann", "bob.zip", "../x", "..", "", "a b", "a_b", "con", "aux.zip", "x.", strings.Repeat("y", 500),
		"\xff", "é", "-rf"}
	d := results.Document{}
	for _, name := range given {
		d.Submissions = append(d.Submissions, results.Submission{Name: name})
	}
	names := report.FileNames(d)
	if names[0] != "ann" || names[2] != "bob.zip" {
		t.Errorf("plain names became %q and %q", names[0], names[2])
	}
	var folded []string
	for i, name := range names {
		folded = append(folded, strings.ToLower(name))
		if name == "" || len(name) > 64 || !filepath.IsLocal(name) || strings.ContainsAny(name, `/\ :`) ||
			strings.HasPrefix(name, ".") || strings.HasPrefix(name, "-") {
			t.Errorf("%q became %q", given[i], name)
		}
	}
	slices.Sort(folded)
	if len(slices.Compact(folded)) != len(given) {
		t.Errorf("not all distinct: %q", names)
	}
	if again := report.FileNames(d); !slices.Equal(again, names) {
		t.Errorf("a second time %q, before %q", again, names)
	}
}
