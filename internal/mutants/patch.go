package mutants

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
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
			text = string(raw)
		}
		text, err := h.apply(text)
		if err != nil {
			return nil, fmt.Errorf("mutant %s: %w", m.ID, err)
		}
		patched[h.File] = text
	}
	return patched, nil
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

// build compiles the tests of raft with m's files in place of the tree's, and returns the program. It works
// in dir, which must exist. The Mutant without hunks is the reference.
func (m Mutant) build(ctx context.Context, root, dir string) (program string, err error) {
	patched, err := m.Patch(root)
	if err != nil {
		return "", err
	}
	if root, err = filepath.Abs(root); err != nil {
		return "", err
	}
	replace := map[string]string{}
	for name, text := range patched {
		as := filepath.Join(dir, strconv.Itoa(len(replace))+".go")
		if err := os.WriteFile(as, []byte(text), 0o666); err != nil {
			return "", fmt.Errorf("mutant %s: %w", m.ID, err)
		}
		replace[filepath.Join(root, filepath.FromSlash(name))] = as
	}
	list, err := json.Marshal(map[string]any{"Replace": replace})
	if err != nil {
		return "", err
	}
	overlay := filepath.Join(dir, "overlay.json")
	if err := os.WriteFile(overlay, list, 0o666); err != nil {
		return "", fmt.Errorf("mutant %s: %w", m.ID, err)
	}
	program = filepath.Join(dir, "raft.test")
	args := []string{"test", "-c", "-overlay", overlay, "-o", program}
	if m.Race {
		args = append(args, "-race")
	}
	compile := exec.CommandContext(ctx, "go", append(args, "./raft")...)
	compile.Dir = root
	if out, err := compile.CombinedOutput(); err != nil {
		return "", fmt.Errorf("mutant %s does not compile: %w\n%s", m.ID, err, out)
	}
	return program, nil
}
