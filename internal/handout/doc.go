// Package handout makes what students get: the tree of this module without its answers.
//
// # Regions
//
// An answer is put between two lines, each of which holds nothing but a marker:
//
//	func (rf *Raft) GetState() (term int, isLeader bool) {
//		// BEGIN SOLUTION
//		// BEGIN PROMPT
//		// // Your code here (2A).
//		// return 0, false
//		// END PROMPT
//		rf.mu.Lock()
//		…
//		// END SOLUTION
//	}
//
// The region, markers and all, is replaced by its prompt: the lines between the prompt's markers, which are comments,
// without their "// ". A region without a prompt is replaced by nothing, and a file of which nothing is left is left
// out. Regions do not nest, and have at most one prompt. In Markdown a marker is written <!-- BEGIN SOLUTION -->, and
// in scripts # BEGIN SOLUTION.
//
// # What is handed out
//
// The packages that the roots of a plan need once their regions are gone, found by following imports; no file is handed
// out by accident, since each is either reached or named. One that needs an answer package is an error. Tests are left
// out, but for the lab's own. README and Makefile are the student's own, kept in this package's folder student.
//
// # What is checked
//
// Everything, before anything is where it was asked for: see [Make].
package handout
