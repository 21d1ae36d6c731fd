package mutants

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// Patch returns the files of the module at root that m changes, by their names from there, as it has them.
func (m Mutant) Patch(root string) (map[string]string, error) {
	patched := map[string]string{}
	for _, h := range m.Hunks {
		text, seen := patched[h.File]
		if !seen {
			raw, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(h.File)))
			if err != nil {
				return nil, fmt.Errorf("mutant %s: %w", m.ID, err)
			}
			text = withoutMarks(string(raw))
		}
		text, err := h.apply(text)
		if err != nil {
			return nil, fmt.Errorf("mutant %s: %w", m.ID, err)
		}
		patched[h.File] = text
	}
	return patched, nil
}

// withoutMarks leaves out of a source what is there for the handout alone: the lines that say what a student writes
// anew, and what students find instead. No patch has to step over those.
func withoutMarks(text string) string {
	var kept strings.Builder
	prompt := false
	for line := range strings.Lines(text) {
		switch strings.TrimSpace(line) {
		case "// BEGIN PROMPT":
			prompt = true
		case "// END PROMPT":
			prompt = false
		case "// BEGIN SOLUTION", "// END SOLUTION":
		default:
			if !prompt {
				kept.WriteString(line)
			}
		}
	}
	return kept.String()
}

// apply replaces the one place of text where the lines of h.Old stand.
func (h Hunk) apply(text string) (string, error) {
	whole, old := "\n"+text, "\n"+h.Old+"\n"
	n := strings.Count(whole, old)
	if n == 1 && strings.Index(whole, old) != strings.LastIndex(whole, old) {
		n = 2 // which share a line break
	}
	if n != 1 {
		return "", fmt.Errorf("these lines stand %d times in %s, not once; the code has moved on, so mend the "+
			"patch:\n%s", n, h.File, h.Old)
	}
	put := "\n"
	if h.New != "" {
		put = "\n" + h.New + "\n"
	}
	return strings.Replace(whole, old, put, 1)[1:], nil
}

// packages are the folders of what a student writes, which make a submission.
var packages = []string{"raft", "kvraft"}

// submission writes the packages of the module at root to dir, as m has them, and returns the folder of
// the submission: dir, or, of a solution of its own, where that is.
func (m Mutant) submission(root, dir string) (string, error) {
	if m.Solution != "" {
		return filepath.Join(root, "internal", "mutants", "testdata", m.Solution), nil
	}
	patched, err := m.Patch(root)
	if err != nil {
		return "", err
	}
	copyFile := func(file string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name, err := filepath.Rel(root, file)
		if err != nil {
			return err
		}
		to := filepath.Join(dir, name)
		switch {
		case entry.IsDir() && entry.Name() == "testdata":
			return fs.SkipDir
		case entry.IsDir():
			return os.Mkdir(to, 0o777)
		case !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go"):
			return nil
		}
		text, changed := patched[filepath.ToSlash(name)]
		if !changed {
			raw, err := os.ReadFile(file)
			if err != nil {
				return err
			}
			text = string(raw)
		}
		return os.WriteFile(to, []byte(text), 0o666)
	}
	var failed error
	for _, p := range packages {
		failed = errors.Join(failed, filepath.WalkDir(filepath.Join(root, p), copyFile))
	}
	if failed != nil {
		return "", fmt.Errorf("mutant %s: write its packages: %w", m.ID, failed)
	}
	return dir, nil
}
