// Package build makes the program that the simulator runs: a student's packages, instrumented, in a WebAssembly
// module (GOOS=wasip1 GOARCH=wasm).
//
//	builder, err := build.New(build.Config{Root: root})
//	spec, err := build.Find("submissions/ann")   // or build.Spec{} for the module's own raft and kvraft
//	module, err := builder.Build(ctx, spec)
//	var theirs *build.Error
//	switch {
//	case errors.As(err, &theirs): // could not build: the compiler's words at the student's own lines
//	case err != nil:              // infrastructure: no go command, no space, the context ended
//	}
//
// # What is built
//
// The module tree at Config.Root stays as it is: go build gets an overlay, a list of files that it reads elsewhere
// or takes for missing. In the place of the tree's raft and kvraft stand the student's, without their tests, and
// with the folders below them (but raft/persister.go stays the tree's: the host has to hear of each save); what
// the tree has there and the student has not is hidden, so that no submission imports the reference's insides. A
// package that the Spec does not name is the tree's own. All the rest of the tree (labrpc, labgob, the program
// around them) is the tree's, whatever else lies beside the submission.
//
// Imports of the lab's packages under other names are led to ours: "../labrpc", "labrpc", "6.824/labrpc",
// "6.5840/labrpc", and labrpc in the module that the student's go.mod names. Other packages of the submission that
// raft or kvraft import come along, as "raftlab/submission/…", if the Spec says in which folder they lie.
//
// The student's go.mod, go.work, vendor folder and toolchain lines are not obeyed, nor is the user's go environment,
// but for where caches are and whence modules come; what the module's own go.mod does not name is not fetched, and
// the go command finds no home (HOME and the like lead nowhere). One thing is taken from the go.mod: below go 1.22 a
// loop had one variable for all its turns. Each file of such a submission is compiled as Go 1.21, the lowest that the
// toolchain knows (a //go:build go1.21 line, added in the copy), and Module.Env asks the runtime for timers as they
// were before Go 1.23 (asynctimerchan). Not brought back: the fixed default seed of math/rand before Go 1.20 (every
// peer would draw the same time-outs, which peers in one process did not), and rand.Seed's effect.
//
// With Spec.Tests the program is instead what "go test -c" makes of a package, in any module, without vet: its
// go.mod is obeyed, every package that it uses of that module is metered, and where the module is not ours the
// meter appears in it as the package raftlab_meter.
//
// Go files alone count, and files that a //go:embed line names from the package's folder. There is no cgo, and no
// assembly.
//
// # Instrumentation
//
// The package's files call internal/sim/meter: Loop at the beginning of each loop's body and before each goto that
// goes back, Enter at the beginning of each function that calls, Point before each statement with a channel
// operation, a select, a go statement, or a call of a method named Lock, RLock, TryLock, TryRLock, Wait, Call,
// Load…, Store…, Swap… or CompareAndSwap…. It is done on the text, by positions from its syntax tree: nothing is
// formatted or moved, no line is added, and where something follows on the same line a /*line :L:C*/ comment gives
// it its column back. Positions in compile errors, panics and runtime.Caller are therefore those of the student's
// file. Not seen are receives in "for range ch", which without types is any range (its body is metered as a loop),
// and a method value that is called later.
//
//	for !rf.killed() {          for !rf.killed() {meter.Loop(7);
//		rf.mu.Lock()                meter.Point(8);/*line :12:3*/rf.mu.Lock()
//
// The calls are statements of their own, so what is evaluated, and in which order, does not change. Not metered:
// what runs inside the standard library and the lab's own packages; those are bounded or charged by the host. A
// file that does not parse is given to the compiler as it is, for its words, and refused in the parser's should the
// compiler have none.
//
// # Names of files
//
// Inside the program a file is known by its place in the module ("raftlab/raft/raft.go"), so that the same sources
// give the same program wherever they lie. Module.Localize turns such names in a trace into the student's own
// files; errors and sites name those from the start.
//
// # Cache
//
// A program is kept under the hash of all that it is made of: sources of every package of the tree that it uses,
// the student's, go.mod and go.sum, the Go version, flags, and the version of the instrumentation. A hit costs
// reading those. Entries are written under another name and renamed, checked against their hash when read, and the
// least recently used are removed beyond Config.MaxBytes. Builds of one key at one time share one compile within a
// process; of two processes each compiles, and one result stays.
//
// # Root, and working from elsewhere
//
// Root is any folder with the module's sources: a checkout, an unpacked release, or the module cache, since
// nothing is written there. FindRoot looks at the variable RAFTLAB_ROOT, then upwards from the working directory.
// An installed raftlab has two ways to bring its own: set RAFTLAB_ROOT in its package's wrapper to where the
// sources were installed, or embed them and unpack them once to its cache folder. Both need the go command at run
// time.
package build
