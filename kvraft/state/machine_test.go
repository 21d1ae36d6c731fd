package state

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"
)

// must applies a command that is not superseded.
func must(t *testing.T, m *Machine, c Command) Reply {
	t.Helper()
	reply, err := m.Apply(m.Applied()+1, c)
	if err != nil {
		t.Fatalf("Apply(%+v): %v", c, err)
	}
	return reply
}

func wantValue(t *testing.T, m *Machine, key, want string) {
	t.Helper()
	if got, _ := m.Get(key); got != want {
		t.Fatalf("Get(%q) = %q, want %q", key, got, want)
	}
}

func TestCommands(t *testing.T) {
	m := New(NewMapStore())
	if _, ok := m.Get("x"); ok {
		t.Fatal("a new machine has a key")
	}
	if reply := must(t, m, Command{Append, 7, 1, "x", "a"}); reply.Existed {
		t.Fatal("the key is said to have existed")
	}
	wantValue(t, m, "x", "a")
	if reply := must(t, m, Command{Append, 7, 2, "x", "b"}); !reply.Existed {
		t.Fatal("the key is said not to have existed")
	}
	wantValue(t, m, "x", "ab")
	must(t, m, Command{Put, 7, 3, "x", ""})
	if value, ok := m.Get("x"); !ok || value != "" {
		t.Fatalf(`Get = %q, %v after a put of ""`, value, ok)
	}
	before := m.Freeze().Encode()
	must(t, m, Command{Kind: NoOp})
	must(t, m, Command{Kind: 200, Client: 7, Number: 9, Key: "x", Value: "from a later edition"})
	if m.Applied() != 5 {
		t.Fatalf("Applied() = %d, want 5", m.Applied())
	}
	m.applied -= 2
	if !bytes.Equal(before, m.Freeze().Encode()) {
		t.Fatal("a no-op changed more than the index")
	}
}

func TestRepetitions(t *testing.T) {
	m := New(NewMapStore())
	first := Command{Append, 1, 1, "x", "a"}
	must(t, m, first)
	must(t, m, Command{Append, 2, 1, "x", "b"}) // another client's number 1 is another command
	if reply := must(t, m, first); reply.Existed {
		t.Error("the repetition was not given the first reply")
	}
	wantValue(t, m, "x", "ab")

	must(t, m, Command{Append, 1, 5, "x", "c"}) // numbers may be passed over
	for number := uint64(1); number < 5; number++ {
		if _, err := m.Apply(m.Applied()+1, Command{Put, 1, number, "x", "old"}); !errors.Is(err, ErrSuperseded) {
			t.Errorf("command %d after 5: error %v, want ErrSuperseded", number, err)
		}
	}
	wantValue(t, m, "x", "abc")
	must(t, m, Command{Put, 0, 0, "x", "without"}) // number 0: no session
	must(t, m, Command{Append, 0, 0, "x", "!"})
	wantValue(t, m, "x", "without!")

	for _, c := range []struct {
		number uint64
		yes    bool
		err    error
	}{{6, false, nil}, {5, true, nil}, {4, false, ErrSuperseded}, {0, false, nil}} {
		reply, yes, err := m.Executed(1, c.number)
		if yes != c.yes || !errors.Is(err, c.err) || yes && !reply.Existed {
			t.Errorf("Executed(1, %d) = %+v, %v, %v", c.number, reply, yes, err)
		}
	}
}

func TestIndexesRise(t *testing.T) {
	m := New(NewMapStore())
	if _, err := m.Apply(5, Command{Put, 1, 1, "x", "a"}); err != nil { // a gap
		t.Fatal(err)
	}
	for _, index := range []uint64{0, 4, 5} {
		if _, err := m.Apply(index, Command{Put, 1, 2, "x", "b"}); !errors.Is(err, ErrApplied) {
			t.Errorf("Apply at %d after 5: error %v, want ErrApplied", index, err)
		}
	}
	wantValue(t, m, "x", "a")
}

// twin is the slow obvious machine: it keeps every command that was ever executed, and no more.
type twin []Command

func (w *twin) apply(c Command) {
	if c.Kind == NoOp {
		return
	}
	for _, old := range *w {
		if old.Client == c.Client && old.Number >= c.Number {
			return
		}
	}
	*w = append(*w, c)
}

func (w twin) get(key string) (value string, ok bool) {
	for _, c := range w {
		if c.Key == key {
			ok = true
			if c.Kind == Put {
				value = ""
			}
			value += c.Value
		}
	}
	return value, ok
}

func (w twin) existedBefore(client ClientID, number uint64) bool {
	for i, c := range w {
		if c.Client == client && c.Number == number {
			_, ok := w[:i].get(c.Key)
			return ok
		}
	}
	return false
}

// sender makes commands as clients do, and as a network that doubles and delays them: mostly the next of a
// client, else one that it sent before.
type sender struct {
	rng  *rand.Rand
	sent []Command
	last map[ClientID]uint64
}

func (s *sender) next() Command {
	if s.rng.IntN(10) == 0 {
		return Command{Kind: NoOp}
	}
	if len(s.sent) > 0 && s.rng.IntN(3) == 0 {
		back := s.rng.IntN(min(8, len(s.sent)))
		return s.sent[len(s.sent)-1-back]
	}
	client := ClientID(s.rng.IntN(4) * 1e18)
	s.last[client] += 1 + uint64(s.rng.IntN(2))
	c := Command{Put, client, s.last[client], fmt.Sprint("k", s.rng.IntN(5)), fmt.Sprint(len(s.sent), ";")}
	if s.rng.IntN(2) == 0 {
		c.Kind = Append
	}
	s.sent = append(s.sent, c)
	return c
}

// Random logs full of repetitions, on the machine, on the twin, and on machines that were restored from a
// snapshot somewhere on the way, over whatever they held before.
func TestAgainstTwin(t *testing.T) {
	for seed := range uint64(300) {
		s := &sender{rand.New(rand.NewPCG(seed, 1)), nil, map[ClientID]uint64{}}
		m, restored := New(NewMapStore()), New(NewMapStore())
		var w twin
		must(t, restored, Command{Put, 99, 9, "ghost", "must go"})
		restoreAt := uint64(s.rng.IntN(120))
		for index := uint64(1); index <= 120; index++ {
			c := s.next()
			reply, err := m.Apply(index, c)
			w.apply(c)
			if err == nil && c.Kind != NoOp && reply.Existed != w.existedBefore(c.Client, c.Number) {
				t.Fatalf("seed %d, index %d: the reply to %+v is %+v", seed, index, c, reply)
			}
			if index == restoreAt {
				if err := restored.Restore(m.Freeze().Encode()); err != nil {
					t.Fatal(err)
				}
			} else if index > restoreAt && restoreAt > 0 {
				again, againErr := restored.Apply(index, c)
				if again != reply || !errors.Is(againErr, err) {
					t.Fatalf("seed %d, index %d: restored at %d it replies %+v, %v, not %+v, %v",
						seed, index, restoreAt, again, againErr, reply, err)
				}
			}
			for key := range 5 {
				key := fmt.Sprint("k", key)
				got, ok := m.Get(key)
				if want, exists := w.get(key); got != want || ok != exists {
					t.Fatalf("seed %d, index %d: %s is %q, %v; want %q, %v", seed, index, key, got, ok, want, exists)
				}
			}
		}
		if restoreAt > 0 && !bytes.Equal(m.Freeze().Encode(), restored.Freeze().Encode()) {
			t.Fatalf("seed %d: restored at %d it ended in another state", seed, restoreAt)
		}
	}
}

func TestMapStore(t *testing.T) {
	s := NewMapStore()
	s.Put("b", "2")
	s.Put("a", "1")
	view := s.Freeze()
	s.Put("a", "changed")
	s.Put("c", "3")
	if got := slices.Collect(maps.Values(maps.Collect(view.All()))); view.Len() != 2 || slices.Contains(got, "changed") {
		t.Errorf("the view has %d keys and values %q", view.Len(), got)
	}
	var keys []string
	for key := range view.All() {
		keys = append(keys, key)
	}
	if !slices.Equal(keys, []string{"a", "b"}) {
		t.Errorf("keys come as %q", keys)
	}
	for range view.All() { // may be left early
		break
	}
	s.Replace(maps.All(map[string]string{"d": "4"}))
	if _, ok := s.Get("a"); ok {
		t.Error("Replace merged")
	}
	if value, _ := s.Get("d"); value != "4" {
		t.Errorf("d is %q", value)
	}
}
