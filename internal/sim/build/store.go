package build

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// store keeps programs in a folder: KEY.wasm, and KEY.json, which is written after it and says what it is.
type store struct {
	dir string
	max int64
}

// program is a built program, its sites' files as labels.
type program struct {
	Hash  string // of the WebAssembly file
	Sites []Site

	key, path string
}

// errMiss says that a program is not kept, or not whole.
var errMiss = errors.New("not in the cache")

const (
	defaultMax = 512 << 20
	workPrefix = "work-"
	workAge    = 2 * time.Hour    // after which a workspace was left behind by a process that was killed
	graceAge   = 10 * time.Minute // of use, during which nothing is removed: it may be about to be read
)

func openStore(dir string, max int64) (store, error) {
	if dir == "" {
		user, err := os.UserCacheDir()
		if err != nil {
			return store{}, fmt.Errorf("build: cache: %w", err)
		}
		dir = filepath.Join(user, module, "programs")
	}
	dir, err := filepath.Abs(dir)
	if err != nil {
		return store{}, fmt.Errorf("build: cache: %w", err)
	}
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return store{}, fmt.Errorf("build: cache: %w", err)
	}
	if max == 0 {
		max = defaultMax
	}
	return store{dir: dir, max: max}, nil
}

// workspace makes a folder to build in, on the file system of the store.
func (s store) workspace() (string, error) {
	dir, err := os.MkdirTemp(s.dir, workPrefix)
	if err != nil {
		return "", fmt.Errorf("build: cache: %w", err)
	}
	return dir, nil
}

func (s store) wasm(key string) string { return filepath.Join(s.dir, key+".wasm") }
func (s store) note(key string) string { return filepath.Join(s.dir, key+".json") }

// get returns a program that is kept and whole, else errMiss.
func (s store) get(key string) (program, error) {
	p := program{key: key, path: s.wasm(key)}
	note, err := os.ReadFile(s.note(key))
	if err != nil || json.Unmarshal(note, &p) != nil {
		return program{}, errMiss
	}
	hash, _, err := hashFile(p.path)
	if err != nil || hash != p.Hash {
		return program{}, errMiss
	}
	now := time.Now()
	_ = os.Chtimes(s.note(key), now, now) // on a cache that cannot be written, entries do not age
	return p, nil
}

// put moves a file made in a workspace into the store.
func (s store) put(key, file string, sites []Site) (program, error) {
	p := program{key: key, path: s.wasm(key), Sites: sites}
	var err error
	if p.Hash, _, err = hashFile(file); err != nil {
		return program{}, fmt.Errorf("build: cache: %w", err)
	}
	note, err := json.Marshal(p)
	if err != nil {
		return program{}, fmt.Errorf("build: cache: %w", err)
	}
	written := filepath.Join(filepath.Dir(file), "note")
	if err = os.WriteFile(written, note, 0o666); err == nil {
		err = os.Rename(file, p.path)
	}
	if err == nil {
		err = os.Rename(written, s.note(key))
	}
	if err != nil {
		return program{}, fmt.Errorf("build: cache: %w", err)
	}
	s.trim(key)
	return p, nil
}

// trim removes the programs that were not used for the longest until the rest fit, but never key's, nor one
// used just now; and workspaces left behind. What cannot be removed stays: the cache is then too large.
func (s store) trim(key string) {
	entries, err := os.ReadDir(s.dir)
	if err != nil {
		return
	}
	type kept struct {
		key  string
		size int64
		used time.Time
	}
	var all []kept
	var total int64
	for _, entry := range entries {
		info, err := entry.Info()
		if err != nil {
			continue // another process was quicker
		}
		age := time.Since(info.ModTime())
		if strings.HasPrefix(entry.Name(), workPrefix) && age > workAge {
			os.RemoveAll(filepath.Join(s.dir, entry.Name()))
		}
		name, isWasm := strings.CutSuffix(entry.Name(), ".wasm")
		if !isWasm {
			continue
		}
		k := kept{key: name, size: info.Size(), used: info.ModTime()}
		if note, err := os.Stat(s.note(name)); err == nil {
			k.used, k.size = note.ModTime(), k.size+note.Size()
		} else if !errors.Is(err, fs.ErrNotExist) {
			continue
		}
		all, total = append(all, k), total+k.size
	}
	slices.SortFunc(all, func(a, b kept) int { return a.used.Compare(b.used) })
	for _, k := range all {
		if total <= s.max {
			return
		}
		if k.key == key || time.Since(k.used) < graceAge {
			continue
		}
		os.Remove(s.note(k.key)) // first: without it the rest is no entry
		if os.Remove(s.wasm(k.key)) == nil {
			total -= k.size
		}
	}
}
