// Package raft is no Raft: it holds each construct of the language that is metered, and prints what it does. A
// program that holds it must print the same with and without the meter.
package raft // import "raftlab/raft"

import (
	"fmt"
	"runtime"
	. "strings"
	"sync"
	"sync/atomic"
	"time"
)

/* A comment before a declaration */ var initial = func() int {
	sum := 0
	for i := range 4 { sum += i }
	return sum
}()

type raftlab_meter struct{ raftlab_meter_ int }

func (m raftlab_meter) Loop(uint32) int { return m.raftlab_meter_ }

// Run does everything and returns what happened.
func Run() string {
	var b Builder
	say := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	say("initial %d, shadow %d, dot %s", initial, raftlab_meter{7}.Loop(1), ToUpper("import"))
	for _, part := range []func(func(string, ...any)){loops, jumps, channels, selects, locks, functions, positions,
		variables} {
		part(say)
	}
	return b.String()
}

type speaker = func(string, ...any)

func loops(say speaker) {
	n := 0
	for i := 0; i < 3; i++ { n += i } // on one line
	for n < 10 { n++ }
	for range n { n++ }
	for i, r := range "añb" { n += i * int(r) }
	for k := range map[string]int{"only": 1} { say("key %s", k) }
	for x := range count(5) {
		if x == 1 { continue }
		if x == 4 { break }
		say("yielded %d", x)
	}
	for {
		n++
		if n%7 == 0 { break }
	}
	for range 0 {}
	for i := 0; func() bool { for range 2 { i++ }; return i < 6 }(); {}
	var array [3]int
	for i := range array { array[i] = i * i }
	for i := range &array { n += array[i] }
	say("loops %d", n)
}

func count(n int) func(func(int) bool) {
	return func(yield func(int) bool) {
		for i := range n {
			if !yield(i) { return }
		}
	}
}

func jumps(say speaker) {
	n := 0
again:
	n++
	if n < 5 { goto again }
	if n > 3 { goto forward }
	n = 100
forward:
outer:
	for i := range 4 {
	inner:
		for j := range 4 {
			switch {
			case j == 1: continue inner
			case j == 3: continue outer
			case i == 3: break outer
			}
			n += 10*i + j
		}
	}
	{
		tries := 0
	retry: tries++; if tries < 3 { goto retry }
		n += tries
	}
bare:
	{
		if n < 0 { goto bare }
	}
sw:
	switch n {
	default:
		for { break sw }
	}
	switch { case n > 0: n++; fallthrough; case n < 0: n += 2; default: n = 0 }
	say("jumps %d", n)
	return
end:
	goto end
}

func channels(say speaker) {
	ch := make(chan int, 4)
	ch <- 1; ch <- 2
	if v := <-ch; v == 2 { say("not this") } else if w := <-ch; w == 2 { say("else %d %d", v, w) }
	ch <- 3
	switch v := <-ch; { case v == 3: say("switched") }
	ch <- 4
	switch 4 { case <-ch: say("case") }
	done := make(chan struct{})
	go func() { defer close(done); for v := range ch { say("got %d", v) } }()
	for i := range 3 { ch <- 10 + i }
	close(ch)
	<-done
	_, open := <-ch
	say("open %v", open)
	var once sync.Once
	for range 2 { once.Do(func() { say("once") }) }
	var typed any = make(chan string, 1)
	switch c := typed.(type) {
	case chan int: say("int")
	case chan string: c <- "str"; say("%s", <-c)
	}
	pairs := func() (int, bool) { return 1, true }
	for v, ok := pairs(); ok; v, ok = v+1, v < 3 { say("v %d", v) }
	ring := make(chan int, 1)
	ring <- 0
	for i := <-ring; i < 3; i = <-ring { ring <- i + 1 }
	defer func(v int) { say("deferred %d", v) }(<-func() chan int { c := make(chan int, 1); c <- 5; return c }())
}

func selects(say speaker) {
	a, b, quit := make(chan int), make(chan int, 1), make(chan bool)
	go func() { for i := range 2 { a <- i }; close(quit) }()
	b <- 9
loop:
	for {
		select {
		case v := <-a: say("a %d", v); if v == 0 { continue loop }
		case v, ok := <-b:
			say("b %d %v", v, ok)
			b = nil
		case <-quit:
			break loop
		}
	}
	select { case <-a: default: say("default") }
	select { case <-time.After(time.Millisecond): say("late") }
}

type counter[T any] struct {
	sync.Mutex
	values map[string]T
	loads  atomic.Int64
}

func (c *counter[T]) put(key string, v T) { c.Lock(); defer c.Unlock(); c.loads.Add(1); c.values[key] = v }

func (c *counter[T]) each(visit func(string, T)) {
	for k, v := range c.values { visit(k, v) }
}

func locks(say speaker) {
	c := counter[int]{values: map[string]int{}}
	var all sync.WaitGroup
	cond := sync.NewCond(&c)
	for i := range 3 { all.Add(1); go func() { defer all.Done(); c.put(fmt.Sprint(i), i); cond.Broadcast() }() }
	c.Lock()
	for len(c.values) < 3 { cond.Wait() }
	c.Unlock()
	all.Wait()
	sum := 0
	c.each(func(_ string, v int) { sum += v })
	lock := c.Lock // a method value
	lock(); unlock := (*counter[int]).Unlock; unlock(&c)
	if c.loads.Load() == 3 && c.TryLock() { say("locked %d", sum) }
	var flag atomic.Bool
	for !flag.CompareAndSwap(false, true) { say("never") }
}

func functions(say speaker) {
	fib := func(int) int { return 0 }
	fib = func(n int) int { if n < 2 { return n }; return fib(n-1) + fib(n-2) }
	say("fib %d, max %d", fib(12), biggest([]int{3, 9, 4}))
	func() {
		defer func() { say("recovered %v", recover()) }()
		func() { var m map[string]int; m["x"] = 1 }()
	}()
	say("%d", apply(3, twice, func(i int) int { return i + 1 }, pure{2}.plus))
}

type pure struct{ n int }

func (p pure) plus(i int) int { return p.n + i }

//go:noinline
func twice(i int) int { return i * 2 }

func apply(v int, all ...func(int) int) int { for _, f := range all { v = f(v) }; return v }

func biggest[T int | float64](list []T) (most T) { for _, v := range list { most = max(most, v) }; return }

func positions(say speaker) {
	for i := range 2 { if i == 1 { _, file, line, _ := runtime.Caller(0); say("%s:%d", file, line) } }
	defer func() {
		recover()
		pcs := make([]uintptr, 10)
		frames := runtime.CallersFrames(pcs[:runtime.Callers(0, pcs)])
		for {
			f, more := frames.Next()
			if HasPrefix(f.Function, "raftlab/raft.") { say("%s %s:%d", f.Function, f.File, f.Line) }
			if !more { break }
		}
	}()
	var mu *sync.Mutex; mu.Lock() // nil
}

func variables(say speaker) {
	var all []func() int
	for i := 0; i < 3; i++ { all = append(all, func() int { return i }) }
	sum := 0
	for _, f := range all { sum = sum*10 + f() }
	say("loop variables %d", sum)
}
