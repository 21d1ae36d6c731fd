package labgob

import (
	"bytes"
	"encoding/gob"
	"fmt"
	"io"
	"reflect"
	"runtime"
	"testing"
)

// mapFree are samples that may be corrupted and then given to gob, which takes the length of a
// map on trust: a few flipped bits can make it ask for more memory than there is.
var mapFree = []string{"int", "string", "bytes", "bool", "float", "complex", "slice", "array",
	"empty", "heartbeat", "ints", "ops", "pointer command", "numbers", "list", "times"}

// outcome is what decoding gave, as a text without the error's words.
func outcome(decode func([]byte, any) error, data []byte, t reflect.Type) (result string) {
	defer func() {
		if p := recover(); p != nil {
			result = fmt.Sprint("panic: ", p)
		}
	}()
	p := reflect.New(t)
	if err := decode(data, p.Interface()); err != nil {
		return "error"
	}
	var again bytes.Buffer
	if err := gob.NewEncoder(&again).EncodeValue(p); err != nil {
		return fmt.Sprintf("%#v", p.Elem())
	}
	return again.String()
}

// decodeFirst is Unmarshal without the check for bytes left over, which gob has not.
func decodeFirst(data []byte, v any) error { return NewDecoder(bytes.NewReader(data)).Decode(v) }

func TestDamagedBytesFareAsWithGob(t *testing.T) {
	quiet(t)
	all := samples()
	for _, name := range mapFree {
		v := all[name]
		for who, data := range map[string][]byte{"gob": gobMarshal(t, v), "labgob": marshal(t, v)} {
			typ := reflect.TypeOf(v)
			compare := func(what string, at int, damaged []byte) {
				got := outcome(decodeFirst, damaged, typ)
				if want := outcome(gobUnmarshal, damaged, typ); got != want {
					t.Errorf("%s by %s, %s byte %d: %.40q, with gob %.40q\n%x", name, who, what, at,
						got, want, damaged)
				}
			}
			for i := range data {
				compare("cut at", i, data[:i])
				compare("without", i, append(bytes.Clone(data[:i]), data[i+1:]...))
				for _, flip := range []byte{0x01, 0x02, 0x80, 0xff} {
					damaged := bytes.Clone(data)
					damaged[i] ^= flip
					compare("flipped", i, damaged)
				}
			}
		}
	}
}

func TestDamagedBytesNeverPanic(t *testing.T) {
	quiet(t)
	for name, v := range samples() {
		for _, data := range [][]byte{gobMarshal(t, v), marshal(t, v)} {
			for i := range data {
				for _, flip := range []byte{0x01, 0x04, 0x40, 0x80} {
					damaged := bytes.Clone(data)
					damaged[i] ^= flip
					got := outcome(decodeFirst, damaged, reflect.TypeOf(v))
					if len(got) > 5 && got[:5] == "panic" {
						t.Errorf("%s, byte %d ^ %x: %s\n%x", name, i, flip, got, damaged)
					}
					_ = NewDecoder(bytes.NewReader(damaged)).Decode(nil)
				}
			}
		}
	}
}

// hostile returns messages that claim more than they hold.
func hostile() map[string]struct {
	data []byte
	into any
} {
	value := func(id int32, body ...byte) []byte {
		var e encodeState
		e.int(int64(id))
		return appendMessage(nil, append(e.buf, body...))
	}
	define := func(w *wireType, value []byte) []byte {
		return append(appendDefinition(nil, firstUserID, w), value...)
	}
	huge := appendUint(nil, 1<<40)
	large := appendUint(nil, 1<<28)
	single := func(count []byte) []byte { return value(firstUserID, append([]byte{0}, count...)...) }
	var structs []byte
	structs = appendDefinition(structs, firstUserID, &wireType{MapT: &mapType{Key: 65, Elem: 65}})
	structs = appendDefinition(structs, 65, &wireType{StructT: &structType{Field: []fieldType{
		{"Name", idString}}}})
	type target = struct {
		data []byte
		into any
	}
	return map[string]target{
		"message length": {append(appendUint(nil, 1<<29), 1, 2, 3), new(int)},
		"string length":  {value(idString, append([]byte{0}, huge...)...), new(string)},
		"bytes length":   {value(idBytes, append([]byte{0}, large...)...), new([]byte)},
		"slice length":   {define(&wireType{SliceT: &sliceType{Elem: idInt}}, single(large)), new([]int)},
		"slice of large elements": {define(&wireType{SliceT: &sliceType{Elem: 65}},
			append(appendDefinition(nil, 65, &wireType{ArrayT: &arrayType{Elem: idInt, Len: 1 << 16}}),
				single(appendUint(nil, 1<<12))...)), new([][1 << 16]int)},
		"map length": {define(&wireType{MapT: &mapType{Key: idInt, Elem: idInt}}, single(large)),
			new(map[int]int)},
		"map of structs": {append(structs, single(huge)...), new(map[Base]Base)},
		"skipped map":    {append(bytes.Clone(structs), single(huge)...), nil},
		"skipped array": {define(&wireType{ArrayT: &arrayType{Elem: idInt, Len: 1 << 40}},
			single(huge)), nil},
		"interface name": {value(idInterface, append([]byte{0}, large...)...), new(any)},
		"field number":   {append(structs, value(65, huge...)...), new(Base)},
	}
}

func TestHostileLengthsTakeLittleMemory(t *testing.T) {
	for name, c := range hostile() {
		for _, r := range []io.Reader{bytes.NewBuffer(c.data), bytes.NewReader(c.data),
			struct{ io.Reader }{bytes.NewReader(c.data)}} {
			into := c.into
			if into != nil {
				into = reflect.New(reflect.TypeOf(into).Elem()).Interface()
			}
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			err := NewDecoder(r).Decode(into)
			runtime.ReadMemStats(&after)
			if err == nil {
				t.Errorf("%s: no error", name)
			}
			if n := after.TotalAlloc - before.TotalAlloc; n > 4<<20 {
				t.Errorf("%s: %d bytes were allocated for %d bytes of input", name, n, len(c.data))
			}
		}
	}
}

// vocabularies counts those that can be reached from v.
func vocabularies(v *vocab) (n int) {
	for _, kid := range *v.kids.Load() {
		n += 1 + vocabularies(kid)
	}
	return n
}

func typeSets(s *typeSet) (n int) {
	for _, st := range *s.steps.Load() {
		n += 1 + typeSets(st.to)
	}
	return n
}

func TestManyForeignStreamsDoNotFillTheMemory(t *testing.T) {
	largest := 0
	for i := range 5 * maxShared {
		w := &wireType{StructT: &structType{Field: []fieldType{
			{fmt.Sprint("Field", i), idInt}, {"Name", idString}}}}
		data := appendDefinition(nil, firstUserID, w)
		data = append(data, 7, 0xff, 128, 2, 2, 'h', 'i', 0)
		var b Base
		if err := Unmarshal(data, &b); err != nil || b.Name != "hi" {
			t.Fatalf("stream %d: %+v, %v", i, b, err)
		}
		if i%32 == 0 {
			largest = max(largest, vocabularies(rootVocab.Load()))
		}
	}
	if largest > maxShared {
		t.Errorf("%d vocabularies were kept, more than %d", largest, maxShared)
	}
	if largest < maxShared/4 {
		t.Errorf("only %d vocabularies were kept", largest)
	}
}

func TestOneStreamOfManyTypesIsRefused(t *testing.T) {
	var data []byte
	for i := range int32(maxDefinitions + 1) {
		data = appendDefinition(data, firstUserID+i, &wireType{SliceT: &sliceType{Elem: idInt}})
	}
	if err := Unmarshal(data, new(int)); err == nil {
		t.Error("no error")
	}
}

func TestManyOrdersOfTypesDoNotFillTheMemory(t *testing.T) {
	values := []any{Op{}, Batch{}, Tree{}, Base{}, Numbers{}, Old{}, New{}, []int{}, []Op{}, [2]int{}}
	quiet(t)
	x := uint64(1)
	for round := range 2000 {
		var buf bytes.Buffer
		e := NewEncoder(&buf)
		for range 6 {
			x = x*6364136223846793005 + 1442695040888963407
			if err := e.Encode(values[(x>>33)%uint64(len(values))]); err != nil {
				t.Fatal(err)
			}
		}
		d := gob.NewDecoder(&buf)
		for range 6 {
			if err := d.DecodeValue(reflect.Value{}); err != nil {
				t.Fatal(err)
			}
		}
		if round%32 == 0 {
			if n := typeSets(rootTypes.Load()); n > maxShared {
				t.Fatalf("%d sets of types are kept, more than %d", n, maxShared)
			}
		}
	}
}
