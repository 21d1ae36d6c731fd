package build

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sort"
	"strings"
)

// Module is a built program.
type Module struct {
	Path string // of the WebAssembly file; the cache's, not to be changed
	Hash string // of its content: SHA-256, in hexadecimal
	Key  string // of its inputs, the name under which it is kept

	Sites []Site   // where meter is called from, by ascending ID
	Env   []string // what the program needs in its environment, as KEY=value

	labels map[string]string // the student's own file for each name inside the program
}

// Site is a place in a source from which meter is called.
type Site struct {
	ID       uint32
	File     string // the student's own, an absolute path
	Line     int    // from 1
	Column   int    // from 1, in bytes
	Function string // that it lies in, like "(*Raft).ticker", "" in the initialisation of a variable
}

// String returns file:line and the function.
func (s Site) String() string {
	if s.Function == "" {
		return fmt.Sprintf("%s:%d", s.File, s.Line)
	}
	return fmt.Sprintf("%s:%d (in %s)", s.File, s.Line, s.Function)
}

// Bytes reads the program.
func (m Module) Bytes() ([]byte, error) {
	b, err := os.ReadFile(m.Path)
	if err != nil {
		return nil, fmt.Errorf("build: read a program: %w", err)
	}
	return b, nil
}

// Site returns the place with an id that meter has reported, and whether there is one.
func (m Module) Site(id uint32) (Site, bool) {
	i, found := slices.BinarySearchFunc(m.Sites, id, func(s Site, id uint32) int { return int(s.ID) - int(id) })
	if !found {
		return Site{}, false
	}
	return m.Sites[i], true
}

// Localize returns text, for instance a panic's trace, with the program's names of files replaced by the
// student's own; the latter relative to dir where they lie in it, unless dir is "".
func (m Module) Localize(text, dir string) string {
	labels := make([]string, 0, len(m.labels))
	for label := range m.labels {
		labels = append(labels, label)
	}
	sort.Strings(labels)
	pairs := make([]string, 0, 2*len(labels))
	for _, label := range labels {
		file := m.labels[label]
		if rel, err := filepath.Rel(dir, file); dir != "" && err == nil && filepath.IsLocal(rel) {
			file = rel
		}
		pairs = append(pairs, label+":", file+":")
	}
	return strings.NewReplacer(pairs...).Replace(text)
}
