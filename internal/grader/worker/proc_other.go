//go:build !unix

package worker

import (
	"os/exec"
	"time"
)

// ownGroup does nothing where there are no process groups.
func ownGroup(*exec.Cmd) {}

// kill ends the process.
func kill(cmd *exec.Cmd) { _ = cmd.Process.Kill() }

// cpuTime returns the processor time that a process has used, which is not known here.
func cpuTime(int) (time.Duration, bool) { return 0, false }
