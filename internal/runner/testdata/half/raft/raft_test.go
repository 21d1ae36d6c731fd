// Package raft passes.
package raft

import "testing"

func TestPass2A(*testing.T) {}
