// Command spin does what only a meter makes end: it computes without waiting, in the ways that its first
// argument names. The meter's calls stand where package build would put them.
package main

import (
	"fmt"
	"os"
	"strings"
	"sync"
	"time"

	"raftlab/internal/sim/meter"
)

func main() {
	for _, name := range strings.Split(os.Args[1], "+") {
		programs[name]()
	}
}

var programs = map[string]func(){
	"forever": func() {
		for {
			meter.Loop(7)
		}
	},
	"recurse": func() { recurse(1) },
	"clock": func() {
		start := time.Now()
		for time.Since(start) < 10*time.Millisecond {
			meter.Loop(1)
		}
		fmt.Println("clock: done")
	},
	"timer": func() {
		rung := false
		time.AfterFunc(10*time.Millisecond, func() { rung = true })
		for !rung {
			meter.Loop(1)
		}
		fmt.Println("timer: done")
	},
	"lock": func() { // until input comes
		var mu sync.Mutex
		arrived := false
		listen(func() {
			mu.Lock()
			arrived = true
			mu.Unlock()
		})
		for done := false; !done; {
			meter.Loop(2)
			meter.Point(3)
			mu.Lock()
			done = arrived
			mu.Unlock()
		}
		fmt.Println("lock: done")
	},
	"crowd": func() { // of loops that all wait for one input, and goroutines that hand over to each other
		arrived := false
		listen(func() { arrived = true })
		var all sync.WaitGroup
		for range 10 {
			all.Go(func() {
				for !arrived {
					meter.Loop(4)
				}
			})
		}
		ping, pong := make(chan bool), make(chan bool)
		all.Go(func() {
			for v := range ping {
				meter.Loop(5)
				meter.Point(5)
				pong <- v
			}
			close(pong)
		})
		all.Go(func() {
			for !arrived {
				meter.Loop(6)
				meter.Point(6)
				ping <- true
				<-pong
			}
			close(ping)
		})
		all.Wait()
		fmt.Println("crowd: done")
	},
	"busy": func() { // a reader that computes while more input waits
		got := 0
		listen(func() {
			for range 1 << 18 {
				meter.Loop(8)
			}
			got++
		})
		for got < 3 {
			meter.Loop(9)
		}
		fmt.Println("busy: done")
	},
	"race": func() { // check, then act
		meter.Restart()
		owner, owners := "", 0
		var all sync.WaitGroup
		for _, me := range []string{"a", "b"} {
			meter.Point(10)
			all.Go(func() {
				for range 5 {
					meter.Point(11)
					free := owner == ""
					meter.Point(12)
					if free {
						owner = me
						owners++
					}
				}
			})
		}
		all.Wait()
		fmt.Println("race: owners", owners)
	},
	"points": func() {
		meter.Restart()
		for range 1000 {
			meter.Point(13)
		}
		meter.Flush()
	},
	"work": func() {
		meter.Restart()
		for range 3 * meter.Report / 2 {
			meter.Loop(14)
			meter.Enter(15)
		}
		meter.Flush()
	},
	"bare": func() {
		for n := range turns {
			total += n
		}
	},
	"loop": func() {
		for n := range turns {
			meter.Loop(1)
			total += n
		}
	},
	"point": func() {
		for n := range turns {
			meter.Point(1)
			total += n
		}
	},
}

// turns is how many the programs take whose cost is measured, and total is what they do in each.
const turns = 1 << 24

var total int

func recurse(n int) int {
	meter.Enter(8)
	if n == 0 {
		return 0
	}
	return recurse(n%2+1) - 1
}

// listen calls arrived for each input that comes, from a goroutine that waits for input.
func listen(arrived func()) {
	ready := make(chan bool)
	go func() {
		var b [1]byte
		close(ready)
		for {
			if _, err := os.Stdin.Read(b[:]); err != nil {
				return
			}
			arrived()
		}
	}()
	<-ready
}
