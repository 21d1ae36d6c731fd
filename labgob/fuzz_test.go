package labgob

import (
	"bytes"
	"math/rand"
	"reflect"
	"testing"
)

// target types for bytes from anywhere: with fields for most things a stream may hold.
func fuzzTargets() []any {
	return []any{new(AppendEntriesArgs), new(Containers), new(Numbers), new(Anything), new(Tree),
		new(Methods), new(Times), new([]LogEntry), new(any), new(int), new(map[Base]Base), new(New)}
}

// FuzzDecode wants no panic and no hang whatever the bytes; and what is accepted must be accepted
// again after another journey.
func FuzzDecode(f *testing.F) {
	quiet(f)
	for _, v := range samples() {
		f.Add(marshal(f, v))
		f.Add(gobMarshal(f, v))
	}
	for _, c := range hostile() {
		f.Add(c.data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		for _, target := range fuzzTargets() {
			d := NewDecoder(bytes.NewReader(data))
			for range 3 {
				if d.Decode(target) != nil {
					break
				}
			}
			typ := reflect.TypeOf(target).Elem()
			first := reflect.New(typ).Interface()
			if decodeFirst(data, first) == nil {
				again, theirs := reflect.New(typ).Interface(), reflect.New(typ).Interface()
				if err := decodeFirst(data, again); err != nil {
					t.Fatalf("%T: accepted once only: %v", target, err)
				}
				if gobUnmarshal(data, theirs) != nil {
					continue // gob cannot skip interfaces in interfaces
				}
				once, err1 := Marshal(first)
				want, err2 := Marshal(theirs)
				if (err1 == nil) != (err2 == nil) || !bytes.Equal(once, want) {
					t.Fatalf("%T: not what gob reads:\n%x %v\n%x %v", target, once, err1, want, err2)
				}
			}
		}
		_ = NewDecoder(bytes.NewBuffer(data)).Decode(nil)
	})
}

// FuzzRoundTrip draws a value from a seed and text, and compares its journeys with gob's.
func FuzzRoundTrip(f *testing.F) {
	quiet(f)
	f.Add(int64(1), 3, "text", []byte{1, 2}, 1.5, true)
	f.Add(int64(-9), -1, "", []byte(nil), 0.0, false)
	f.Add(int64(1<<62), 1<<40, "h\x00é", []byte{0xff}, -1e300, true)
	f.Fuzz(func(t *testing.T, seed int64, i int, s string, b []byte, x float64, yes bool) {
		r := rand.New(rand.NewSource(seed))
		if x != x {
			x = 0 // not equal to itself, though it arrives
		}
		entries := []LogEntry{{i, s}, {i + 1, b}, {i >> 7, x}, {0, yes}}
		for range r.Intn(6) {
			entries = append(entries, LogEntry{r.Intn(100), command(r, 4)})
		}
		sameJourney(t, AppendEntriesArgs{Term: i, Entries: entries, LeaderCommit: int(seed)})
		sameJourney(t, Numbers{B: yes, I: i, I64: seed, U64: uint64(seed), F64: x, S: s, By: b})
		sameJourney(t, Tree{i, []Tree{{Value: int(seed)}}, &Tree{Value: len(s)},
			map[string]Tree{s: {Value: i}}})
	})
}
