package disk

import (
	"bytes"
	"encoding/binary"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"

	"raftlab/raft/core"
)

// randomSave returns a save that could follow on d: appends, truncations, snapshots, ballots.
func randomSave(rng *rand.Rand, d core.Durable) core.Save {
	s := core.Save{Seq: 1, Term: d.Term, Vote: d.Vote}
	if rng.IntN(3) == 0 {
		s.Ballot, s.Term, s.Vote = true, d.Term+core.Term(rng.IntN(3)), core.NodeID(rng.IntN(4))
	}
	last := d.Snapshot.Index + core.Index(len(d.Entries))
	if rng.IntN(6) == 0 {
		s.Snapshot = &core.Snapshot{Index: d.Snapshot.Index + core.Index(1+rng.IntN(len(d.Entries)+3)), Term: 1,
			Data: []byte{byte(rng.IntN(256))}}
		last = max(last, s.Snapshot.Index)
	}
	if rng.IntN(2) == 0 {
		first := d.Snapshot.Index
		if s.Snapshot != nil {
			first = s.Snapshot.Index
		}
		s.First = first + 1 + core.Index(rng.IntN(int(last-first)+1))
		for range rng.IntN(4) {
			e := core.Entry{Term: core.Term(rng.Uint64N(300))}
			if n := rng.IntN(40) - 1; n >= 0 {
				e.Data = make([]byte, n*rng.IntN(10))
			}
			s.Entries = append(s.Entries, e)
		}
	}
	return s
}

// same compares what matters: a nil and an empty list of entries are one.
func same(a, b core.Durable) bool {
	if len(a.Entries) == 0 && len(b.Entries) == 0 {
		a.Entries, b.Entries = nil, nil
	}
	return reflect.DeepEqual(a, b)
}

// TestImageFollowsItsTwin: saves carried out on the bytes and saves carried out on the value itself come to
// the same, however they follow one another.
func TestImageFollowsItsTwin(t *testing.T) {
	for seed := range uint64(200) {
		rng := rand.New(rand.NewPCG(seed, 1))
		var twin core.Durable
		image := New(twin)
		for step := range 60 {
			s := randomSave(rng, twin)
			s.Apply(&twin)
			image.Save(s)
			if rng.IntN(20) == 0 {
				image = New(twin) // a restart
			}
			got, err := Read(image.Bytes(), twin.Snapshot.Data)
			if err != nil || !same(got, twin) {
				t.Fatalf("seed %d, step %d, save %+v:\ngot  %+v, %v\nwant %+v", seed, step, s, got, err, twin)
			}
		}
	}
}

func sample() core.Durable {
	return core.Durable{Term: 300, Vote: 2, Snapshot: core.Snapshot{Index: 1000, Term: 290, Data: []byte("s")},
		Entries: []core.Entry{{Term: 295, Data: []byte("a command")}, {Term: 300}, {Term: 300, Data: []byte{}}}}
}

func TestDamageIsAnError(t *testing.T) {
	raw := New(sample()).Bytes()
	for i := range raw {
		flipped := bytes.Clone(raw)
		flipped[i] ^= 1 << (i % 8)
		if _, err := Read(flipped, nil); err == nil {
			t.Errorf("a changed byte %d went unnoticed", i)
		}
		if i == 0 {
			continue // no bytes at all are a new peer's
		}
		if _, err := Read(raw[:i], nil); err == nil {
			t.Errorf("a cut after %d bytes went unnoticed", i)
		}
	}
	for _, c := range []struct {
		raw, snapshot []byte
		want          string
	}{
		{nil, []byte("s"), "a snapshot but no state"},
		{[]byte("something else"), nil, "not saved by this package"},
	} {
		if _, err := Read(c.raw, c.snapshot); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q: got error %v, want one with %q", c.raw, err, c.want)
		}
	}
}

func TestNothingIsANewPeer(t *testing.T) {
	if d, err := Read(nil, nil); err != nil || !same(d, core.Durable{}) {
		t.Errorf("got %+v, %v", d, err)
	}
}

// TestBytesAreTheCallers: what was handed out does not change when the image goes on.
func TestBytesAreTheCallers(t *testing.T) {
	image := New(sample())
	before := image.Bytes()
	kept := bytes.Clone(before)
	image.Save(core.Save{Seq: 1, First: 1001, Entries: []core.Entry{{Term: 300, Data: []byte("another one")}}})
	if !bytes.Equal(before, kept) {
		t.Error("a later save changed bytes that were handed out")
	}
}

func FuzzRead(f *testing.F) {
	f.Add(New(sample()).Bytes())
	f.Add(New(core.Durable{}).Bytes())
	f.Fuzz(func(t *testing.T, raw []byte) {
		for _, input := range [][]byte{raw, sealed(raw)} {
			d, err := Read(input, nil)
			if err != nil || len(input) == 0 {
				continue
			}
			again, err := Read(New(d).Bytes(), d.Snapshot.Data)
			if err != nil || !same(again, d) {
				t.Fatalf("%x reads as %+v, which reads back as %+v, %v", input, d, again, err)
			}
		}
	})
}

// sealed gives raw a magic and a checksum that fit, so that the fuzzer gets past them.
func sealed(raw []byte) []byte {
	image := New(core.Durable{})
	blank := image.Bytes()
	whole := append(blank[:imageHead:imageHead], raw...)
	binary.LittleEndian.PutUint32(whole, checksum(whole))
	return whole
}

func BenchmarkSaveOneEntry(b *testing.B) {
	var d core.Durable
	for range 1000 {
		d.Entries = append(d.Entries, core.Entry{Term: 1, Data: make([]byte, 16)})
	}
	image := New(d)
	s := core.Save{Seq: 1, First: 1001, Entries: []core.Entry{{Term: 1, Data: make([]byte, 16)}}}
	b.ReportAllocs()
	for b.Loop() {
		image.Save(s)
		image.Bytes()
	}
}
