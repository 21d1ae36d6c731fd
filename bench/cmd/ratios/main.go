// Command ratios reads the output of go test -bench -benchmem and sets each rival beside our own code: it
// pairs a benchmark whose name ends in /raftlab with every other one whose name begins the same, and
// prints how many times the rival's time, bytes and allocations are of ours. Of several runs (-count) it
// takes the medians.
//
//	go test -bench . -benchmem -count 5 ./... | go run ./cmd/ratios
package main

import (
	"fmt"
	"os"
)

func main() {
	if len(os.Args) > 1 {
		fmt.Fprintln(os.Stderr, "usage: go test -bench . -benchmem ./... | go run ./cmd/ratios")
		os.Exit(2)
	}
	benchmarks, err := read(os.Stdin)
	if err == nil {
		err = write(os.Stdout, pairs(benchmarks))
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "ratios:", err)
		os.Exit(1)
	}
}
