package worker

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"syscall"
	"time"
)

// ownGroup makes cmd the head of a process group, so that Ctrl-C reaches the grader alone, and has it die with us.
func ownGroup(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}

// kill ends the process and all of its children.
func kill(cmd *exec.Cmd) { _ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }

// cpuTime returns the processor time that a process has used, and whether that is known.
func cpuTime(pid int) (time.Duration, bool) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0, false
	}
	// After the name, which may hold anything and ends at the last parenthesis, come the third field and all others.
	const third, user, system = 3, 14, 15
	fields := bytes.Fields(text[bytes.LastIndexByte(text, ')')+1:])
	if len(fields) <= system-third {
		return 0, false
	}
	ticks := int64(0)
	for _, field := range fields[user-third : system-third+1] {
		n, err := strconv.ParseInt(string(field), 10, 64)
		if err != nil {
			return 0, false
		}
		ticks += n
	}
	const tick = time.Second / 100 // what Linux tells programs, whatever it counts in
	return time.Duration(ticks) * tick, true
}
