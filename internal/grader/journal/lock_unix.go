//go:build unix

package journal

import (
	"os"
	"syscall"
)

// lock keeps other processes from the file for as long as this one lives and has it open.
func lock(file *os.File) error {
	return syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
}
