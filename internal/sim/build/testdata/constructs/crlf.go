// A file with the line ends of another system.
package raft

func crlf(n int) int {
	for range n { n++ }
	return n
}

var _ = crlf(3)
