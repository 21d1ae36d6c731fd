package campaign

import (
	"os"
	"path/filepath"
	"slices"
	"time"
)

// cacheFolder is where programs are kept: a folder of the user's, unless another is given.
func cacheFolder(given string) string {
	if given != "" {
		return given
	}
	user, err := os.UserCacheDir()
	if err != nil {
		user = os.TempDir()
	}
	return filepath.Join(user, "raftlab")
}

// machineCode is a folder in which the engine keeps what it has compiled for this machine: a folder below it for each
// program, whose time is when the program was last used.
type machineCode struct{ dir string }

// What is kept: so many programs, and those used just now in any case.
const (
	keptPrograms = 24 // of some 20 MB each
	keptFor      = time.Hour
)

// use returns the folder of a program, and forgets others that were not used for long. A cache that cannot
// be written is none: "".
func (c machineCode) use(hash string) string {
	dir := filepath.Join(c.dir, hash)
	if os.MkdirAll(dir, 0o777) != nil {
		return ""
	}
	now := time.Now()
	_ = os.Chtimes(dir, now, now) // where that cannot be done, programs are forgotten by when they were made
	c.trim(now)
	return dir
}

func (c machineCode) trim(now time.Time) {
	entries, err := os.ReadDir(c.dir)
	if err != nil {
		return
	}
	type program struct {
		name string
		used time.Time
	}
	var all []program
	for _, entry := range entries {
		if info, err := entry.Info(); err == nil && entry.IsDir() {
			all = append(all, program{entry.Name(), info.ModTime()})
		}
	}
	slices.SortFunc(all, func(a, b program) int { return b.used.Compare(a.used) })
	for _, p := range all[min(keptPrograms, len(all)):] {
		if now.Sub(p.used) > keptFor {
			os.RemoveAll(filepath.Join(c.dir, p.name)) // what stays is taken up next time
		}
	}
}
