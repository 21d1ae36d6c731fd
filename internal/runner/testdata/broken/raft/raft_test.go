// Package raft does not compile.
package raft

import "testing"

func TestPass2A(t *testing.T) {
	undefinedName()
}
