package sim

import (
	"errors"
	"testing"
)

const moduleHeader = "\x00asm\x01\x00\x00\x00"

func TestPrepare(t *testing.T) {
	const (
		imports = "\x02\x26\x01\x16wasi_snapshot_preview1\x0bsched_yield\x00\x03"
		globals = "\x06\x06\x01\x7f\x01\x41\x00\x0b"
		exports = "\x07\x05\x01\x01a\x03\x00"
		// Two functions: block loop br 0 end end; and, with a local, i64.const -1, drop.
		code   = "\x0a\x14\x02\x0a\x00\x02\x40\x03\x40\x0c\x00\x0b\x0b\x0b"
		second = "\x07\x01\x01\x7e\x42\x7f\x1a\x0b"
	)
	module := moduleHeader + imports + globals + exports + code + second
	out, n, err := prepare([]byte(module))
	if err != nil || n != 2 {
		t.Fatal(n, err)
	}
	const count = "\x23\x01\x41\x01\x6b\x24\x01\x23\x01\x45\x04\x40\x41\x80\x80\xc0\x00\x24\x01\x10\x00\x1a\x0b"
	want := moduleHeader + imports + "\x06\x0e\x02\x7f\x01\x41\x00\x0b\x7f\x01\x41\x80\x80\xc0\x00\x0b" +
		"\x07\x1b\x03\x01a\x03\x00\x08global 0\x03\x00\x08global 1\x03\x01" +
		"\x0a\x2b\x02\x21\x00\x02\x40\x03\x40" + count + "\x0c\x00\x0b\x0b\x0b" + second
	if string(out) != want {
		t.Errorf("got  %q\nwant %q", out, want)
	}
	for n := range len(module) {
		if _, _, err := prepare([]byte(module[:n])); err != nil && !errors.Is(err, errBinary) {
			t.Errorf("the first %d bytes: %v", n, err)
		}
	}
}

// TestSkip checks the lengths of instructions of every kind that Go's linker writes.
func TestSkip(t *testing.T) {
	for _, instruction := range []string{
		"\x00", "\x01", "\x02\x40", "\x03\x7f", "\x04\x40", "\x05", "\x0b", "\x0c\x05", "\x0d\x80\x01",
		"\x0e\x02\x00\x01\x02", "\x0f", "\x10\xff\x03", "\x11\x80\x01\x00", "\x1a", "\x1b", "\x1c\x01\x7f",
		"\x20\x00", "\x24\x81\x01", "\x28\x02\xff\x01", "\x3e\x00\x00", "\x3f\x00", "\x40\x00", "\x41\x7f",
		"\x42\x80\x80\x80\x80\x80\x80\x80\x80\x80\x7f", "\x43\xff\xff\xff\xff", "\x44\xff\xff\xff\xff\xff\xff\xff\xff",
		"\x45", "\x6a", "\xa7", "\xc4", "\xd0\x70", "\xd2\x01", "\xfc\x07", "\xfc\x0a\x00\x00", "\xfc\x0b\x00",
	} {
		rest, ok := skip([]byte(instruction + "rest"))
		if !ok || string(rest) != "rest" {
			t.Errorf("after %q comes %q, %v", instruction, rest, ok)
		}
		for n := 1; n < len(instruction); n++ {
			if rest, ok := skip([]byte(instruction[:n])); ok && instruction[0] != 0xfc {
				t.Errorf("%q is cut to %q, and what follows is %q", instruction, instruction[:n], rest)
			}
		}
	}
	for _, unknown := range []string{"\x06", "\x0a", "\x12", "\x19", "\xc5", "\xfb", "\xfc\x12", "\xfd\x00", "\xff"} {
		if _, ok := skip([]byte(unknown + "rest")); ok {
			t.Errorf("%q is no instruction that is known", unknown)
		}
	}
}

// TestBounded checks which functions do not count.
func TestBounded(t *testing.T) {
	for name, want := range map[string]bool{
		"runtime.schedule": true, "runtime/debug.Stack": true, "internal/runtime/maps.(*Map).getWithoutKey": true,
		"sync.(*Mutex).Lock": true, "internal/sync.(*Mutex).Lock": true, "sync/atomic.(*Int32).Add": true,
		"raftlab/raft.(*Raft).Start": true, "raftlab/labgob.Marshal": true,
		"math/big.nat.expNN": false, "sort.Slice": false, "syncopate.F": false, "strings.Repeat": false,
		"internal/bytealg.Count": false, "github.com/sasha-s/go-deadlock.lock": false,
	} {
		if got := bounded.MatchString(name); got != want {
			t.Errorf("%s: %v, want %v", name, got, want)
		}
	}
}
