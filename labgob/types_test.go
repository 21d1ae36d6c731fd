package labgob

import (
	"bytes"
	"encoding/gob"
	"errors"
	"reflect"
	"testing"
	"time"
)

// The types the tests send: a lab's messages, and one of each thing gob can carry.

type LogEntry struct {
	Term    int
	Command any
}

type AppendEntriesArgs struct {
	Term, LeaderId, PrevLogIndex, PrevLogTerm int
	Entries                                   []LogEntry
	LeaderCommit                              int
}

type Op struct {
	Kind, Key, Value string
	Client           int64
	Seq              int
}

// Batch nests interfaces: commands within a command.
type Batch struct{ Commands []any }

type Reconfigure struct {
	Servers map[int][]string
	At      time.Time
}

type Color int

type Numbers struct {
	B   bool
	I   int
	I8  int8
	I16 int16
	I32 int32
	I64 int64
	U   uint
	U8  uint8
	U16 uint16
	U32 uint32
	U64 uint64
	F32 float32
	F64 float64
	C64 complex64
	C   complex128
	S   string
	By  []byte
}

type Base struct{ Name string }

type Containers struct {
	Base
	Ints    []int
	Strings []string
	Array   [3]int16
	Bytes   [4]byte
	Matrix  [][]float64
	Map     map[string]int
	ByInt   map[int][]string
	Nested  map[string]map[Color]bool
	Ptr     *int
	PtrPtr  **string
	Struct  Numbers
	Ptrs    []*Base
	Empty   struct{}
	Structs map[Base]Base
}

type Tree struct {
	Value int
	Kids  []Tree
	Left  *Tree
	ByKey map[string]Tree
}

type List struct {
	Value int
	Next  *List
}

type Times struct {
	At    time.Time
	Ptr   *time.Time
	Every []time.Time
}

// Secret encodes itself; only its pointer can decode.
type Secret struct{ text string }

func (s Secret) GobEncode() ([]byte, error) { return []byte("<" + s.text + ">"), nil }

func (s *Secret) GobDecode(b []byte) error {
	if len(b) < 2 || b[0] != '<' || b[len(b)-1] != '>' {
		return errors.New("no secret")
	}
	s.text = string(b[1 : len(b)-1])
	return nil
}

// Handle encodes itself through its pointer.
type Handle struct{ n byte }

func (h *Handle) MarshalBinary() ([]byte, error) { return []byte{h.n, 'h'}, nil }

func (h *Handle) UnmarshalBinary(b []byte) error {
	if len(b) != 2 || b[1] != 'h' {
		return errors.New("no handle")
	}
	h.n = b[0]
	return nil
}

type Methods struct {
	Secret  Secret
	Ptr     *Secret
	Handle  *Handle
	Handles []Handle
	ByKey   map[string]Secret
}

type Anything struct {
	A, B any
	S    interface{ String() string }
	L    []any
	M    map[string]any
}

func (c Color) String() string { return "color" }

func (op *Op) String() string { return op.Key }

func init() {
	Register(Op{})
	Register(Batch{})
	Register(Reconfigure{})
	Register(Color(0))
	Register(&List{})
	Register(map[string]any{})
	Register([]LogEntry{})
	Register(Secret{})
	Register(time.Time{})
}

func ptr[T any](v T) *T { return &v }

// samples are values that must survive the journey.
func samples() map[string]any {
	date := time.Date(2014, 5, 20, 1, 2, 3, 4, time.UTC)
	op := Op{"Put", "k", "v", 1 << 60, 3}
	return map[string]any{
		"int":       -7,
		"string":    "text",
		"bytes":     []byte{1, 0, 255},
		"bool":      true,
		"float":     3.25,
		"complex":   complex(1, -2),
		"slice":     []int{1, -2, 300},
		"array":     [2]string{"a", ""},
		"map":       map[string]int{"a": 1, "b": 0, "c": -1},
		"empty":     struct{}{},
		"heartbeat": AppendEntriesArgs{Term: 3},
		"ints": AppendEntriesArgs{3, 1, 2, 2,
			[]LogEntry{{1, 5}, {2, "six"}, {3, nil}, {4, 1 << 40}}, 4},
		"ops": AppendEntriesArgs{3, 1, 2, 2, []LogEntry{{1, op}, {2, 7}, {3, op}}, 4},
		"mixed": []LogEntry{{1, Color(2)}, {2, op},
			{3, Reconfigure{map[int][]string{4: {"x"}}, date}}},
		"nested interfaces": LogEntry{1, Batch{[]any{1, "two", op, Batch{[]any{Color(4), op}},
			map[string]any{"deep": []LogEntry{{1, op}}}}}},
		"pointer command": LogEntry{1, &List{1, &List{2, nil}}},
		"numbers": Numbers{true, -1, -128, 1 << 14, -1 << 31, 1<<63 - 1, 1, 255, 65535,
			1<<32 - 1, 1<<64 - 1, 1.5, -2.25, complex(1, 2), complex(-3, 0.5), "héllo", []byte{0}},
		"zero numbers": Numbers{},
		"containers": Containers{Base{"b"}, []int{1}, []string{"", "x"}, [3]int16{1, 0, -1},
			[4]byte{1}, [][]float64{{1, 2}, {}, {3}}, map[string]int{"k": 1},
			map[int][]string{-1: {"a"}}, map[string]map[Color]bool{"m": {1: true}}, ptr(9),
			ptr(ptr("pp")), Numbers{I: 4}, []*Base{{"p"}, {}}, struct{}{}, map[Base]Base{{"a"}: {"b"}}},
		"zero containers": Containers{},
		"tree": Tree{1, []Tree{{2, nil, nil, nil}, {3, []Tree{{4, nil, nil, nil}}, nil, nil}},
			&Tree{Value: 5}, map[string]Tree{"six": {Value: 6}}},
		"list":     List{1, &List{2, &List{3, nil}}},
		"times":    Times{date, &date, []time.Time{date, {}}},
		"methods":  Methods{Secret{"s"}, &Secret{"p"}, &Handle{4}, nil, map[string]Secret{"k": {"v"}}},
		"anything": Anything{1, op, Color(3), []any{nil, 1.5}, map[string]any{"x": op, "y": 2}},
	}
}

func gobMarshal(t testing.TB, v any) []byte {
	t.Helper()
	var buf bytes.Buffer
	if err := gob.NewEncoder(&buf).Encode(v); err != nil {
		t.Fatalf("gob cannot encode %T: %v", v, err)
	}
	return buf.Bytes()
}

func gobUnmarshal(data []byte, v any) error {
	return gob.NewDecoder(bytes.NewReader(data)).Decode(v)
}

func marshal(t testing.TB, v any) []byte {
	t.Helper()
	data, err := Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// sameJourney sends v by all four pairs of encoder and decoder and wants the result that gob
// gives with itself.
func sameJourney(t testing.TB, v any) {
	t.Helper()
	fresh := func() any { return reflect.New(reflect.TypeOf(v)).Interface() }
	want := fresh()
	theirs, ours := gobMarshal(t, v), marshal(t, v)
	if err := gobUnmarshal(theirs, want); err != nil {
		t.Fatalf("gob cannot decode its own %T: %v", v, err)
	}
	for _, way := range []struct {
		name   string
		data   []byte
		decode func([]byte, any) error
	}{
		{"from labgob to labgob", ours, Unmarshal},
		{"from labgob to gob", ours, gobUnmarshal},
		{"from gob to labgob", theirs, Unmarshal},
	} {
		got := fresh()
		if err := way.decode(way.data, got); err != nil {
			t.Fatalf("%s: %T: %v\n%x", way.name, v, err, way.data)
		}
		if !reflect.DeepEqual(got, want) {
			t.Fatalf("%s: %T:\n got %+v\nwant %+v", way.name, v, got, want)
		}
	}
}
