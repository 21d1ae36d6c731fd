package worker

import (
	"os"
	"os/exec"
	"testing"
	"time"
)

// TestIdleness tells a process that sleeps from one that computes, on a clock that the test sets.
func TestIdleness(t *testing.T) {
	asleep := exec.Command("sleep", "60")
	if err := asleep.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() {
		_ = asleep.Process.Kill()
		_ = asleep.Wait()
	}()
	now := time.Now()
	idle := idleness{since: now}
	if pid := asleep.Process.Pid; idle.lasts(pid, now.Add(idlePatience/2)) || !idle.lasts(pid, now.Add(2*idlePatience)) {
		t.Error("a process that sleeps is not idle after its time, or before")
	}
	ours := idleness{since: now}
	ours.lasts(os.Getpid(), now)
	before, known := cpuTime(os.Getpid())
	if !known {
		t.Fatal("the processor time of this process is not known")
	}
	for after := before; after-before < 50*time.Millisecond; {
		after, _ = cpuTime(os.Getpid())
	}
	if ours.lasts(os.Getpid(), now.Add(2*idlePatience)) {
		t.Error("a process that computes is idle")
	}
}
