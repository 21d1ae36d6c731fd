// Package core is Raft as a deterministic, pure state machine.
package core
