// Package sim is the simulator: it runs the lab's scenarios in virtual time on peers that are WebAssembly
// instances, one thing at a time, in an order that a seed decides.
package sim
