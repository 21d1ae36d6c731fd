package labgob

import (
	"bytes"
	"encoding/gob"
	"encoding/hex"
	"flag"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// To write the files anew, run nothing else in the process: types are numbered as they come.
//
//	go test -run TestBytesOfOtherProcesses -update
var update = flag.Bool("update", false, "write testdata anew")

// The files hold a sample to a line, name and bytes. Those of foreign.txt come from encoding/gob
// in a process that numbered its types otherwise, those of own.txt from this package.
const (
	foreignFile = "foreign.txt"
	ownFile     = "own.txt"
)

func readGolden(t *testing.T, file string) map[string][]byte {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", file))
	if err != nil {
		t.Fatal(err)
	}
	all := map[string][]byte{}
	for line := range strings.Lines(string(text)) {
		name, digits, _ := strings.Cut(strings.TrimSpace(line), ": ")
		if all[name], err = hex.DecodeString(digits); err != nil {
			t.Fatalf("%s: %s: %v", file, name, err)
		}
	}
	return all
}

func writeGolden(t *testing.T, file string, encode func(any) []byte) {
	t.Helper()
	all := samples()
	var b strings.Builder
	for _, name := range slices.Sorted(maps.Keys(all)) {
		fmt.Fprintf(&b, "%s: %x\n", name, encode(all[name]))
	}
	if err := os.MkdirAll("testdata", 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join("testdata", file), []byte(b.String()), 0o666); err != nil {
		t.Fatal(err)
	}
}

// shiftNumbers makes encoding/gob number all types it meets from here on differently.
func shiftNumbers(t *testing.T) {
	for n := range 300 {
		v := reflect.New(reflect.ArrayOf(n+1000, reflect.TypeFor[bool]()))
		if err := gob.NewEncoder(io.Discard).EncodeValue(v); err != nil {
			t.Fatal(err)
		}
	}
}

func TestBytesOfOtherProcesses(t *testing.T) {
	if *update {
		shiftNumbers(t)
		writeGolden(t, foreignFile, func(v any) []byte { return gobMarshal(t, v) })
		writeGolden(t, ownFile, func(v any) []byte { return marshal(t, v) })
	}
	foreign, own := readGolden(t, foreignFile), readGolden(t, ownFile)
	for name, v := range samples() {
		want := reflect.New(reflect.TypeOf(v))
		if err := gobUnmarshal(gobMarshal(t, v), want.Interface()); err != nil {
			t.Fatal(err)
		}
		for _, way := range []struct {
			name   string
			data   []byte
			decode func([]byte, any) error
		}{
			{"gob's bytes", foreign[name], Unmarshal},
			{"our bytes", own[name], Unmarshal},
			{"our bytes with gob", own[name], gobUnmarshal},
		} {
			got := reflect.New(reflect.TypeOf(v))
			if err := way.decode(way.data, got.Interface()); err != nil {
				t.Errorf("%s: %s: %v", name, way.name, err)
			} else if !reflect.DeepEqual(got.Interface(), want.Interface()) {
				t.Errorf("%s: %s: got %+v, want %+v", name, way.name, got.Elem(), want.Elem())
			}
		}
	}
	if !*update && bytes.Equal(foreign["heartbeat"], gobMarshal(t, samples()["heartbeat"])) {
		t.Error("this process numbers its types as the foreign one did: the test proves little")
	}
}

// TestBytesDependOnTheValueAlone compares with bytes written by another process, in which other
// things had been encoded before.
func TestBytesDependOnTheValueAlone(t *testing.T) {
	own := readGolden(t, ownFile)
	for range 5 {
		for name, v := range samples() { // in any order
			if got := marshal(t, v); !bytes.Equal(got, own[name]) {
				t.Errorf("%s:\n got %x\nwant %x", name, got, own[name])
			}
		}
	}
}

func TestEqualMapsGiveEqualBytes(t *testing.T) {
	type key struct {
		A any
		B Base
	}
	build := func(n int) any {
		byText, byKey, byAny := map[string]any{}, map[key]int{}, map[any]int{}
		for i := range 40 {
			i = (i*7 + n) % 40
			byText[fmt.Sprint(i)] = []any{i, Op{Seq: i}, Color(i), Base{}}[i%3]
			byKey[key{[]any{i, Op{Seq: i}, Color(i)}[i%3], Base{fmt.Sprint(i)}}] = i
			byAny[[]any{i, Op{Seq: i}, Color(i), fmt.Sprint(i)}[i%4]] = i
		}
		return struct {
			A map[string]any
			B map[key]int
			C map[any]int
			D map[bool]int
			E map[uint16]int
			F map[int]int
			G map[float64]bool
		}{byText, byKey, byAny, map[bool]int{true: 1, false: 0}, map[uint16]int{5: 1, 4: 1, 6: 1},
			map[int]int{-1: 1, 3: 1, 0: 1}, map[float64]bool{1.5: true, -2: true, 0: false}}
	}
	want := marshal(t, build(0))
	sameJourney(t, build(0))
	for n := range 20 {
		if got := marshal(t, build(n)); !bytes.Equal(got, want) {
			t.Fatalf("built in order %d:\n got %x\nwant %x", n, got, want)
		}
	}
}

// TestSizesAreNoLargerThanGobs matters because a lab has budgets of bytes.
func TestSizesAreNoLargerThanGobs(t *testing.T) {
	for name, v := range samples() {
		if ours, theirs := len(marshal(t, v)), len(gobMarshal(t, v)); ours > theirs {
			t.Errorf("%s: %d bytes, %d by gob", name, ours, theirs)
		}
	}
}
