package trace

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"
)

func arbitrary(rng *rand.Rand) Event {
	texts := []string{"", "x", `quote " and \`, "line\nbreak", "ünïcode", "</script>", "\x00\x1b[31m"}
	return Event{
		Kind: Kind(1 + rng.IntN(int(kinds)-1)), Node: rng.IntN(8) - 1, Peer: rng.IntN(8) - 1,
		ID: rng.Uint64() * uint64(rng.IntN(2)), Method: texts[rng.IntN(3)], Term: rng.IntN(4),
		Index: rng.IntN(4), Bytes: rng.IntN(4), Leader: rng.IntN(2) == 0,
		Digest: rng.Uint64() * uint64(rng.IntN(2)), Text: texts[rng.IntN(len(texts))],
	}
}

func TestJSONLRoundTrip(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	var file bytes.Buffer
	var want []Event
	sink, failed := WriteJSONL(&file)
	now := time.Duration(0)
	r := NewRecorder(func() time.Duration { return now }, sink, func(e Event) { want = append(want, e) })
	for range 500 {
		now += time.Duration(rng.IntN(1000))
		r.Record(arbitrary(rng))
	}
	if err := failed(); err != nil {
		t.Fatal(err)
	}
	got, err := ReadJSONL(&file)
	if err != nil {
		t.Fatal(err)
	}
	if len(got) != len(want) {
		t.Fatalf("wrote %d events, read %d", len(want), len(got))
	}
	for i := range want {
		if got[i] != want[i] {
			t.Fatalf("event %d: wrote %+v, read %+v", i, want[i], got[i])
		}
	}
}

func TestReadJSONLNamesTheLine(t *testing.T) {
	good := `{"seq":1,"at":0,"kind":"crash","node":2}` + "\n\n"
	for _, c := range []struct{ line, want string }{
		{`{"seq":2`, "line 3"},
		{`{"seq":2,"kind":"explode"}`, `unknown kind "explode"`},
		{`{"seq":2}`, "no kind"},
		{`{"seq":2,"kind":"crash","colour":1}`, "colour"},
		{`{"seq":2,"kind":"crash"} {}`, "more than one value"},
		{`{"seq":2,"kind":"apply","digest":"xyz"}`, "digest"},
		{strings.Repeat("x", maxLine+1), "after line 2"},
	} {
		events, err := ReadJSONL(strings.NewReader(good + c.line))
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%.40s: got error %v, want one with %q", c.line, err, c.want)
		}
		if len(events) != 1 || events[0].Node != 2 {
			t.Errorf("%.40s: the event before the bad line was lost: %v", c.line, events)
		}
	}
}

func TestLastKeepsTheLatestInOrder(t *testing.T) {
	r := NewRecorder(func() time.Duration { return 0 })
	for i := range keep + 10 {
		r.Record(Event{Kind: Note, Index: i})
	}
	for _, n := range []int{0, 1, 7, keep, keep * 2} {
		last := r.Last(n)
		if len(last) != min(n, keep) {
			t.Fatalf("Last(%d) returned %d events", n, len(last))
		}
		for i, e := range last {
			if want := keep + 10 - len(last) + i; e.Index != want || e.Seq != uint64(want+1) {
				t.Fatalf("Last(%d)[%d] is event %d (seq %d), want %d", n, i, e.Index, e.Seq, want)
			}
		}
	}
}

func TestHashTellsRunsApart(t *testing.T) {
	run := func(change func(*Event)) uint64 {
		rng := rand.New(rand.NewPCG(3, 4))
		r := NewRecorder(func() time.Duration { return 5 })
		for i := range 50 {
			e := arbitrary(rng)
			if i == 30 {
				change(&e)
			}
			r.Record(e)
		}
		_, hash := r.Hash()
		return hash
	}
	same := run(func(*Event) {})
	if again := run(func(*Event) {}); again != same {
		t.Errorf("the same events hash to %x and %x", same, again)
	}
	changes := map[string]func(*Event){
		"kind":   func(e *Event) { e.Kind = e.Kind%(kinds-1) + 1 },
		"node":   func(e *Event) { e.Node++ },
		"index":  func(e *Event) { e.Index++ },
		"digest": func(e *Event) { e.Digest++ },
		"text":   func(e *Event) { e.Text += "." },
		"leader": func(e *Event) { e.Leader = !e.Leader },
	}
	for name, change := range changes {
		if run(change) == same {
			t.Errorf("a changed %s leaves the hash as it was", name)
		}
	}
}

func TestRecorderStampsInOrderUnderConcurrency(t *testing.T) {
	var seen []Event
	var clock struct {
		sync.Mutex
		now time.Duration
	}
	now := func() time.Duration {
		clock.Lock()
		defer clock.Unlock()
		clock.now++
		return clock.now
	}
	r := NewRecorder(now, func(e Event) { seen = append(seen, e) })
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 200 {
				r.Record(Event{Kind: Note})
			}
		})
	}
	wg.Wait()
	if n, _ := r.Hash(); n != 1600 || len(seen) != 1600 {
		t.Fatalf("recorded %d events, the sink saw %d, want 1600", n, len(seen))
	}
	for i := 1; i < len(seen); i++ {
		if seen[i].Seq != seen[i-1].Seq+1 || seen[i].At < seen[i-1].At {
			t.Fatalf("event %+v follows %+v", seen[i], seen[i-1])
		}
	}
}

func TestDigest(t *testing.T) {
	type op struct {
		Key   string
		Value int
	}
	values := []any{1, 2, "1", "2", []byte("1"), op{"k", 1}, op{"k", 2}, op{"l", 1}, nil, int64(1)}
	for i, a := range values {
		for j, b := range values {
			if (DigestOf(a) == DigestOf(b)) != (i == j) {
				t.Errorf("digests of %T %v and %T %v: equal is %v", a, a, b, b, i != j)
			}
		}
	}
}

func TestStringsAreReadable(t *testing.T) {
	e := Event{At: 1500 * time.Millisecond, Kind: Deliver, Node: 2, Peer: 0, ID: 7, Method: "Raft.AppendEntries",
		Bytes: 90}
	want := `    1.5000s 2  deliver <- 0 Raft.AppendEntries call 7 bytes 90`
	if e.String() != want {
		t.Errorf("got  %s\nwant %s", e, want)
	}
	if got := Short(strings.Repeat("y", 100)); len(got) > 80 || !strings.Contains(got, "100 bytes") {
		t.Errorf("Short of a long string is %q", got)
	}
	if got := fmt.Sprint(Kind(200)); got != "kind(200)" {
		t.Errorf("an unknown kind prints %q", got)
	}
}

func BenchmarkRecord(b *testing.B) {
	r := NewRecorder(func() time.Duration { return time.Second })
	e := Event{Kind: Request, Node: 1, Peer: 2, ID: 99, Method: "Raft.AppendEntries", Bytes: 120}
	b.ReportAllocs()
	for b.Loop() {
		r.Record(e)
	}
}
