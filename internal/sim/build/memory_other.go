//go:build !linux

package build

// limitMemory would bound the memory of a process; other systems do not let one process do that to another.
func limitMemory(int, int64) {}

// hasMemory says whether this machine would promise a process so much, which is not asked where there is no bound.
func hasMemory(int64) bool { return false }
