//go:build wasip1

package main

import "runtime"

// A goroutine begins with a stack of 2 kB, and copies it to a larger one whenever it is too small. Where one is started for
// each message, as in nearly every Raft, that is a tenth of all work. But Go's runtime has goroutines begin with as much
// as they use on average, as the garbage collector saw it last. So it is shown some that use much here, before the
// image is made, and later finds one that uses very much.
func init() {
	const (
		some  = 16
		depth = 5 << 10 // bytes: stacks begin with 8 kB
		great = 100 << 10
	)
	up, down := make(chan bool), make(chan bool)
	for range some {
		go use[[depth]byte](up, down)
	}
	for range some {
		<-up
	}
	runtime.GC()
	close(down)
	go use[[great]byte](up, nil)
	<-up
}

// use has a T on the stack until down is closed.
func use[T any](up chan<- bool, down <-chan bool) {
	var room T
	up <- true
	<-down
	runtime.KeepAlive(&room)
}
