// Package whole is tests that end in every way that tests can.
package whole

import (
	"fmt"
	"math/big"
	"math/rand"
	"os"
	"testing"
	"time"
)

func TestSleeps(t *testing.T) {
	began := time.Now()
	time.Sleep(time.Minute)
	if took := time.Since(began); took < time.Minute || took > 61*time.Second {
		t.Errorf("a minute took %v", took)
	}
	fmt.Println("drew", rand.Int())
}

func TestFails(t *testing.T) { t.Error("no good") }

func TestSkips(t *testing.T) { t.Skip("not here") }

func TestOdd(t *testing.T) {
	if rand.Int()%2 == 1 {
		t.Error("odd")
	}
}

func TestPanics(t *testing.T) { panic("oh") }

func TestExits(t *testing.T) { os.Exit(7) }

func TestQuits(t *testing.T) { os.Exit(0) }

func TestLoops(t *testing.T) {
	for {
	}
}

func TestWaits(t *testing.T) { <-make(chan int) }

func TestGrows(t *testing.T) {
	var all [][]byte
	for {
		all = append(all, make([]byte, 1<<20))
	}
}

func TestTalks(t *testing.T) {
	for {
		fmt.Println("on and on and on and on and on")
	}
}

func TestLasts(t *testing.T) {
	for {
		time.Sleep(time.Second)
	}
}

func TestComputes(t *testing.T) {
	huge := new(big.Int).Lsh(big.NewInt(3), 1<<20)
	huge.Exp(huge, huge, new(big.Int).Add(huge, big.NewInt(1)))
}
