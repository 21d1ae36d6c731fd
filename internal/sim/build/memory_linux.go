package build

import (
	"syscall"
	"unsafe"
)

// limitMemory bounds the memory of a process, and of each that it will start. Where that cannot be done there is no
// bound.
func limitMemory(pid int, bytes int64) {
	const data = 2 // RLIMIT_DATA, which on Linux counts all memory of its own that a process may write to
	limit := syscall.Rlimit{Cur: uint64(bytes), Max: uint64(bytes)}
	_, _, _ = syscall.RawSyscall6(syscall.SYS_PRLIMIT64, uintptr(pid), data, uintptr(unsafe.Pointer(&limit)), 0, 0, 0)
}

// hasMemory says whether this machine would promise a process so much.
func hasMemory(bytes int64) bool {
	const writable, own = syscall.PROT_READ | syscall.PROT_WRITE, syscall.MAP_ANON | syscall.MAP_PRIVATE
	memory, err := syscall.Mmap(-1, 0, int(bytes), writable, own)
	if err != nil {
		return false
	}
	return syscall.Munmap(memory) == nil
}
