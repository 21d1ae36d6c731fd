// Package bundle packs what a platform needs to grade by itself: scripts that it starts, Raftlab's sources, and the
// course.
//
//	err := bundle.Write("gradescope", "autograder.zip", bundle.Options{Root: root, Config: "course.yaml"})
//
// A bundle brings no program: setup.sh in it installs the release of Go that it was made with, so that a seed is the same
// run there as here, and builds raftlab from the sources. Equal sources, course and release make equal bytes.
//
// The secret of the hidden seeds is in the bundle, and must be: the platform keeps bundles from students. A submission
// cannot read it either. Compiling it runs nothing of it, its imports and files pass the gate, and its program runs in
// the simulator, which has no files.
package bundle
