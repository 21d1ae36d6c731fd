package raft

import (
	"os"
	"time"

	"github.com/sasha-s/go-deadlock"
)

// lockPatience is how long a lock may be waited for before the detector calls it a deadlock. Nothing in
// the lab rightly holds a lock for as long as the longest election takes.
const lockPatience = 10 * time.Second

// The detector costs about a hundred times the lock itself, so it is off unless asked for.
func init() {
	deadlock.Opts.Disable = os.Getenv("RAFTLAB_DEADLOCK") != "1"
	deadlock.Opts.DeadlockTimeout = lockPatience
}
