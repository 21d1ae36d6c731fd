package reference

import (
	"os"
	"os/exec"
	"testing"

	"github.com/sasha-s/go-deadlock"

	_ "raftlab/raft" // which turns the detector on or off
)

const childVariable = "RAFTLAB_TEST_LOCK_CHILD"

// TestDeadlockDetector runs itself as a child that takes two locks in both orders: with the detector on it
// must end with a report that names both places, with the detector off it must not notice.
func TestDeadlockDetector(t *testing.T) {
	if os.Getenv(childVariable) == "1" {
		var a, b deadlock.Mutex
		var guarded int
		lockInOrder(&a, &b, &guarded)
		lockInOrder(&b, &a, &guarded)
		return
	}
	for _, on := range []string{"1", ""} {
		child := exec.Command(os.Args[0], "-test.run=^TestDeadlockDetector$", "-test.count=1")
		child.Env = append(os.Environ(), childVariable+"=1", "RAFTLAB_DEADLOCK="+on)
		out, err := child.CombinedOutput()
		if on == "" {
			if err != nil {
				t.Errorf("the detector is off, but the child failed: %v\n%s", err, out)
			}
			continue
		}
		if err == nil {
			t.Fatalf("the detector is on, but the child noticed nothing:\n%s", out)
		}
		mustContain(t, string(out), "POTENTIAL DEADLOCK", "deadlock_test.go:", "lockInOrder", "Inconsistent locking")
	}
}

func lockInOrder(first, second *deadlock.Mutex, guarded *int) {
	first.Lock()
	second.Lock()
	*guarded++
	second.Unlock()
	first.Unlock()
}
