// Package sim is the simulator: it runs the lab's scenarios in virtual time on peers that are WebAssembly
// instances, one thing at a time, in an order that a seed decides.
//
//	module, err := builder.Build(ctx, build.Spec{Raft: dir, Reactor: true}) // package build
//	code, err := sim.CodeOf(module)
//	program, err := sim.Load(ctx, code, cacheDir)       // compiled once, for any number of runs
//	defer program.Close()
//	result := sim.Run(ctx, sim.Job{Program: program, Scenario: s, Seed: 17})
//	if result.Verdict == sim.Passed { … }
//
// # What runs where
//
// Scenario, invariants, network and disks are the host's, native code. Each peer is a guest: the program of
// internal/sim/guest around the student's packages, in a machine (a WebAssembly instance) with its own memory, clock and
// randomness. Host and guest speak in frames (package frame); the guest's only other way out is package meter and
// fourteen system calls, none of which reaches a file or a network.
//
// # One thing at a time
//
// An engine holds the events that are due, by time and then by the order in which they were asked for. It takes
// the first, sets the clock to it and runs what it says: a message's next step, an activity of the scenario (a
// coroutine), or an instance, which runs until all its goroutines wait, for its next timer or for a frame. Go's
// runtime then calls poll_oneoff, and that is where control comes back.
//
// An instance has a clock of its own: what it does costs it time (instance.go, hostcalls.go), and while it computes it
// is ahead of the others. Before anything of it becomes visible, a call, a save, a delivery, it waits until the rest of
// the simulation has come to that instant too. So effects happen in the order of time, and a crash at an
// instant leaves on the disk exactly what was saved before.
//
// # Images
//
// A program begins once: its init functions run, and its memory and globals are copied. Every later boot of a peer is
// that copy, written over a machine that an earlier life has left, with Go's random state replaced (noise.go). A
// restart costs a copy of some megabytes instead of a start of the Go runtime. Peers of different number begin with
// different images, since an init function may have drawn a random seed.
//
// # Same seed, same run
//
// Nothing in a simulation depends on the host: no map is ranged over, no real clock is read, no goroutine runs beside
// another. The events of two runs have the same hash (Result.Hash), whatever else the machine does. The limits of a
// Job are in simulated time and bytes, so they belong to the run, too.
package sim
