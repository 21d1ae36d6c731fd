// Command small calls package raft once.
package main

import "raftlab/raft"

// The student's Make has no parameters here.
func main() {
	raft.Make()
}
