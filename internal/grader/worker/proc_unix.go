//go:build unix && !linux

package worker

import (
	"os/exec"
	"syscall"
	"time"
)

// ownGroup makes cmd the head of a process group, so that Ctrl-C reaches the grader alone.
func ownGroup(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} }

// kill ends the process and all of its children.
func kill(cmd *exec.Cmd) { _ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }

// cpuTime returns the processor time that a process has used, which is not known here.
func cpuTime(int) (time.Duration, bool) { return 0, false }
