// Package raft has a test for each end that a run can come to.
package raft

import (
	"fmt"
	"net"
	"os"
	"strconv"
	"syscall"
	"testing"
	"time"
)

func TestPass2A(t *testing.T) {
	fmt.Print("output that ends without a newline")
}

// TestOdd2A fails on odd seeds.
func TestOdd2A(t *testing.T) {
	seed, err := strconv.ParseUint(os.Getenv("RAFTLAB_SEED"), 10, 64)
	t.Logf("seed %d", seed)
	if err != nil || seed%2 == 1 {
		t.Errorf("odd seed %d, %v", seed, err)
	}
}

// TestFolder2B asks for a working folder that nobody else has written to.
func TestFolder2B(t *testing.T) {
	if names, err := os.ReadDir("."); err != nil || len(names) > 0 {
		t.Fatal(names, err)
	}
	if err := os.WriteFile("mark", nil, 0o666); err != nil {
		t.Fatal(err)
	}
}

func TestFail2C(t *testing.T)  { t.Error("wrong on purpose") }
func TestPanic2C(t *testing.T) { panic("on purpose") }
func TestQuiet2C(t *testing.T) { os.Exit(0) }
func TestDie2C(t *testing.T)   { os.Exit(3) }
func TestSkip2C(t *testing.T)  { t.Skip("on purpose") }

func TestRace2D(t *testing.T) {
	n, done := 0, make(chan bool)
	go func() { n++; close(done) }()
	n++
	<-done
}

func TestSlow2D(t *testing.T) { time.Sleep(time.Hour) }

// TestStop2D stops its process, so that not even the time limit inside it can end it.
func TestStop2D(t *testing.T) {
	if err := syscall.Kill(syscall.Getpid(), syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	time.Sleep(time.Hour)
}

// TestCall2D says on a connection that it runs, and then runs until it is killed.
func TestCall2D(t *testing.T) {
	if _, err := net.Dial("tcp", os.Getenv("FAKE_LISTENER")); err != nil {
		t.Fatal(err)
	}
	time.Sleep(time.Hour)
}
