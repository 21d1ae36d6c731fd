package labgob

import (
	"bytes"
	"encoding/gob"
	"math/rand"
	"reflect"
	"testing"
	"testing/quick"
)

func TestEverySampleTravelsAsWithGob(t *testing.T) {
	for name, v := range samples() {
		t.Run(name, func(t *testing.T) {
			sameJourney(t, v)
			p := reflect.New(reflect.TypeOf(v))
			p.Elem().Set(reflect.ValueOf(v))
			if got, want := marshal(t, p.Interface()), marshal(t, v); !bytes.Equal(got, want) {
				t.Errorf("a pointer gives other bytes than the value:\n%x\n%x", got, want)
			}
		})
	}
}

// command draws what a log entry may hold.
func command(r *rand.Rand, depth int) any {
	ops := func() Op {
		v, _ := quick.Value(reflect.TypeFor[Op](), r)
		return v.Interface().(Op)
	}
	switch r.Intn(9) {
	case 0:
		return nil
	case 1:
		return r.Intn(1000) - 500
	case 2:
		return ops().Key
	case 3, 4:
		return ops()
	case 5:
		return Color(r.Intn(5))
	case 6:
		return []byte(ops().Value)
	case 7:
		return map[string]any{ops().Key: r.Float64()}
	}
	var b Batch
	for depth > 0 && r.Intn(4) > 0 {
		b.Commands = append(b.Commands, command(r, depth-1))
	}
	return b
}

type randomRequest AppendEntriesArgs

func (randomRequest) Generate(r *rand.Rand, size int) reflect.Value {
	a := randomRequest{Term: r.Intn(5), LeaderId: r.Intn(3), PrevLogIndex: r.Intn(1 << 20)}
	for range r.Intn(size) % 12 {
		a.Entries = append(a.Entries, LogEntry{r.Intn(9), command(r, 3)})
	}
	return reflect.ValueOf(a)
}

func TestRandomValuesTravelAsWithGob(t *testing.T) {
	const seed = 6824
	check := func(property any) {
		t.Helper()
		c := &quick.Config{MaxCount: 300, Rand: rand.New(rand.NewSource(seed))}
		if err := quick.Check(property, c); err != nil {
			t.Errorf("seed %d: %v", seed, err)
		}
	}
	check(func(a randomRequest) bool { sameJourney(t, AppendEntriesArgs(a)); return true })
	check(func(v Numbers) bool { sameJourney(t, v); return true })
	check(func(v []Op) bool { sameJourney(t, v); return true })
	check(func(v map[int16]map[string][]uint8) bool { sameJourney(t, v); return true })
	check(func(v struct {
		A [3]Numbers
		P *Numbers
		M map[Base]*Op
	}) bool {
		for k, p := range v.M {
			if p == nil {
				delete(v.M, k)
			}
		}
		sameJourney(t, v)
		return true
	})
}

// TestRandomStreams puts many random values on one stream, in which definitions come once.
func TestRandomStreams(t *testing.T) {
	const seed = 5840
	r := rand.New(rand.NewSource(seed))
	for round := range 50 {
		var values []LogEntry
		for range 10 {
			values = append(values, LogEntry{round, command(r, 3)})
		}
		var ours, theirs bytes.Buffer
		e, g := NewEncoder(&ours), gob.NewEncoder(&theirs)
		for _, v := range values {
			if e.Encode(v) != nil || g.Encode(v) != nil {
				t.Fatalf("seed %d: cannot encode %+v", seed, v)
			}
		}
		crossed, own, plain := NewDecoder(&theirs), NewDecoder(bytes.NewReader(ours.Bytes())),
			gob.NewDecoder(&ours)
		for i, v := range values {
			for name, d := range map[string]interface{ Decode(any) error }{
				"from gob to labgob": crossed, "within labgob": own, "from labgob to gob": plain,
			} {
				var got, want LogEntry
				if err := gobUnmarshal(gobMarshal(t, v), &want); err != nil {
					t.Fatal(err)
				}
				if err := d.Decode(&got); err != nil || !reflect.DeepEqual(got, want) {
					t.Fatalf("seed %d, round %d, value %d, %s: %v\n got %+v\nwant %+v", seed, round,
						i, name, err, got, want)
				}
			}
		}
	}
}

type Old struct {
	Term int
	Gone map[string][]any
	More struct{ A, B []int }
	Tree Tree
	When [2]Secret
	Name string
	Any  any
	C    complex64
}

type New struct {
	Name  string
	Added int
	Term  int64
}

func TestFieldsComeAndGo(t *testing.T) {
	old := Old{1, map[string][]any{"k": {1, "x", Op{Key: "k"}}}, struct{ A, B []int }{[]int{1}, nil},
		Tree{Value: 1, Left: &Tree{Value: 2}}, [2]Secret{}, "name", Batch{[]any{Op{}}}, 1i}
	for who, data := range map[string][]byte{"gob": gobMarshal(t, old), "labgob": marshal(t, old)} {
		var got New
		if err := Unmarshal(data, &got); err != nil || got != (New{"name", 0, 1}) {
			t.Errorf("from %s: %+v, %v", who, got, err)
		}
		var wrong struct{ Nothing int }
		if Unmarshal(data, &wrong) == nil {
			t.Errorf("from %s: a struct without one common field was accepted", who)
		}
	}
}

func TestDecodeLeavesWhatIsZeroAsGobDoes(t *testing.T) {
	quiet(t)
	msg := Containers{Ints: []int{0, 2}, Ptrs: []*Base{{"new"}}, Map: map[string]int{"b": 2}}
	used := func() *Containers {
		return &Containers{Base{"old"}, []int{7, 8, 9}, []string{"old"}, [3]int16{1, 1, 1}, [4]byte{9},
			nil, map[string]int{"a": 1}, nil, nil, ptr(5), nil, Numbers{I: 3},
			[]*Base{{"p"}, {"q"}}, struct{}{}, nil}
	}
	got, want := used(), used()
	if err := Unmarshal(gobMarshal(t, msg), got); err != nil {
		t.Fatal(err)
	}
	if err := gobUnmarshal(gobMarshal(t, msg), want); err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v\nwant %+v", got, want)
	}
}

type inner struct{ Deep int }

type Promoted struct {
	inner
	Own int
}

func TestPromotedFields(t *testing.T) {
	quiet(t)
	type flat struct{ Deep, Own int }
	var got, want Promoted
	data := marshal(t, flat{3, 4})
	if err := Unmarshal(data, &got); err != nil {
		t.Fatal(err)
	}
	if err := gobUnmarshal(data, &want); err != nil {
		t.Fatal(err)
	}
	if got != want || got.Deep != 3 {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

func TestDecodedValuesShareNothingWithTheBytes(t *testing.T) {
	v := []any{[]byte("abc"), "def", Op{Key: "ghi"}}
	data := marshal(t, v)
	var got []any
	if err := Unmarshal(data, &got); err != nil {
		t.Fatal(err)
	}
	clear(data)
	if !reflect.DeepEqual(got, v) {
		t.Errorf("got %q after the bytes were cleared", got)
	}
}
