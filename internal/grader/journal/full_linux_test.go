package journal_test

import (
	"fmt"
	"strings"
	"testing"

	"raftlab/internal/grader/journal"
)

// TestWriteErrorsLast has a file that can no more be written.
func TestWriteErrorsLast(t *testing.T) {
	j, err := journal.Claim("/dev/full")
	if err != nil {
		t.Fatal(err)
	}
	defer j.Close()
	first := j.Append(some()[0])
	again := j.Append(some()[1])
	if first == nil || fmt.Sprint(first) != fmt.Sprint(again) || !strings.Contains(first.Error(), "no space left") {
		t.Errorf("got %v, then %v", first, again)
	}
}
