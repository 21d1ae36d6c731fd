//go:build !wasip1

package meter

// Loop counts one turn of a loop.
func Loop(site uint32) {}

// Enter counts the call of a function.
func Enter(site uint32) {}

// Point stands before an operation at which goroutines meet.
func Point(site uint32) {}

// Flush reports the work that has not been reported.
func Flush() {}

// Restart has the seed and the odds asked for again, and forgets work that was not reported.
func Restart() {}
