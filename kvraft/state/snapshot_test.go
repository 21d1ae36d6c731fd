package state

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"strings"
	"testing"
)

func sample(t testing.TB) *Machine {
	m := New(NewMapStore())
	for i, c := range []Command{
		{Append, 1 << 63, 3, "x", "1"}, {Put, 2, 1, "", "empty key"}, {Append, 2, 2, "x", "\x00\xff"},
		{Put, 5, 300, "long", strings.Repeat("v", 300)}, {Kind: NoOp}, {Put, 6, 1, "empty value", ""},
	} {
		if _, err := m.Apply(uint64(i+1), c); err != nil {
			t.Fatal(err)
		}
	}
	return m
}

// seal corrects the checksum of a snapshot that was tampered with.
func seal(data []byte) []byte {
	binary.LittleEndian.PutUint32(data, crc32.Checksum(data[4:], castagnoli))
	return data
}

func TestSnapshotHoldsAll(t *testing.T) {
	m, other := sample(t), New(NewMapStore())
	must(t, other, Command{Put, 1, 1, "ghost", "must go"})
	frozen := m.Freeze()
	must(t, m, Command{Put, 2, 3, "x", "later"}) // not in it
	data := frozen.Encode()
	if frozen.Index() != 6 {
		t.Errorf("Index() = %d, want 6", frozen.Index())
	}
	if err := other.Restore(data); err != nil {
		t.Fatal(err)
	}
	if other.Applied() != 6 {
		t.Errorf("Applied() = %d, want 6", other.Applied())
	}
	wantValue(t, other, "x", "1\x00\xff")
	wantValue(t, other, "", "empty key")
	if _, ok := other.Get("ghost"); ok {
		t.Error("a key from before the snapshot is still there")
	}
	if _, ok := other.Get("empty value"); !ok {
		t.Error("a key with an empty value is lost")
	}
	if _, yes, _ := other.Executed(1, 1); yes {
		t.Error("a session from before the snapshot is still there")
	}
	if reply, yes, _ := other.Executed(2, 2); !yes || !reply.Existed {
		t.Errorf("the session's last command: %+v, %v", reply, yes)
	}
	if !bytes.Equal(data, other.Freeze().Encode()) {
		t.Error("the restored state is encoded in another way")
	}
	clear(data) // Restore keeps none of it
	wantValue(t, other, "", "empty key")
}

func TestEmptySnapshot(t *testing.T) {
	m := sample(t)
	if err := m.Restore(New(NewMapStore()).Freeze().Encode()); err != nil {
		t.Fatal(err)
	}
	if _, ok := m.Get("x"); ok || m.Applied() != 0 {
		t.Error("the empty state is not empty")
	}
}

func TestCorruptSnapshots(t *testing.T) {
	good := sample(t).Freeze().Encode()
	edit := func(f func(data []byte) []byte) []byte { return f(bytes.Clone(good)) }
	swapped := Frozen{index: 1, sessions: map[ClientID]session{}, content: mapView{"a": "", "b": ""}}.Encode()
	swapped[len(swapped)-2], swapped[len(swapped)-5] = 'a', 'b'
	cases := map[string][]byte{
		"as snapshots do":   []byte("short"),
		"its checksum is":   edit(func(d []byte) []byte { d[20] ^= 1; return d }),
		"ends too early":    edit(func(d []byte) []byte { return seal(d[:len(d)-1]) }),
		"1 bytes follow":    edit(func(d []byte) []byte { return seal(append(d, 0)) }),
		"last command 0":    edit(func(d []byte) []byte { d[10+8] = 0; return seal(d) }),
		"flags 7":           edit(func(d []byte) []byte { d[10+9] = 7; return seal(d) }),
		"sessions are not":  edit(func(d []byte) []byte { d[10+7] = 0xff; return seal(d) }),
		"keys are not":      seal(swapped),
		"begin as snapshot": edit(func(d []byte) []byte { d[4] = 'K'; return seal(d) }),
		"too early; take":   seal(binary.AppendUvarint([]byte("....kvs1\x01"), 1<<62)),
	}
	m := sample(t)
	for what, data := range cases {
		if err := m.Restore(data); err == nil || !strings.Contains(err.Error(), what) {
			t.Errorf("%q: error %v", what, err)
		}
	}
	if err := m.Restore(nil); err == nil {
		t.Error("no bytes at all were taken for a snapshot")
	}
	if !bytes.Equal(good, m.Freeze().Encode()) {
		t.Error("a refused snapshot changed the machine")
	}
}

// Whatever the bytes, Restore does not panic, and what it accepts it can write and read again.
func FuzzRestore(f *testing.F) {
	good := sample(f).Freeze().Encode()
	f.Add(good)
	f.Add(good[:30])
	f.Add(seal([]byte("....kvs1\x07\x00\x01\x01a\x01b")))
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) > 4 {
			seal(data)
		}
		m := New(NewMapStore())
		if m.Restore(data) != nil {
			return
		}
		again, other := m.Freeze().Encode(), New(NewMapStore())
		if err := other.Restore(again); err != nil || !bytes.Equal(again, other.Freeze().Encode()) {
			t.Fatalf("written again it cannot be read: %v", err)
		}
	})
}

func BenchmarkApply(b *testing.B) {
	m := New(NewMapStore())
	for i := range uint64(b.N) {
		if _, err := m.Apply(i+1, Command{Put, 1, i + 1, "key", "value"}); err != nil {
			b.Fatal(err)
		}
	}
}

// A freeze is what the service stands still for; the encoding happens beside it.
func BenchmarkSnapshot(b *testing.B) {
	m := New(NewMapStore())
	for i := range uint64(100_000) {
		if _, err := m.Apply(i+1, Command{Put, ClientID(i % 100), i + 1, fmt.Sprint("key", i), "a value"}); err != nil {
			b.Fatal(err)
		}
	}
	data := m.Freeze().Encode()
	b.Run("freeze", func(b *testing.B) {
		for b.Loop() {
			m.Freeze()
		}
	})
	b.Run("encode", func(b *testing.B) {
		frozen := m.Freeze()
		for b.Loop() {
			frozen.Encode()
		}
	})
	b.Run("restore", func(b *testing.B) {
		for b.Loop() {
			if err := m.Restore(data); err != nil {
				b.Fatal(err)
			}
		}
	})
}
