//go:build unix

package runner

import (
	"os/exec"
	"syscall"
)

// ownGroup makes cmd the head of a process group, so that Ctrl-C reaches the runner alone, and what the
// runner kills goes with all of its children.
func ownGroup(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
}
