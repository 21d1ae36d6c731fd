package porcupine

import (
	"fmt"
	"reflect"
)

// illegal stands for the state after an operation that cannot happen.
const illegal = -1

// states gives each distinct state a number, so that the search compares and stores numbers. Two
// numbers may stand for equal states where the model gives no way to find equals quickly (Equal
// without Hash); that costs time, never a wrong verdict.
type states struct {
	model  *Model
	values []any
	exact  map[any]int32    // by ==
	chains map[uint64]int32 // first state with that hash, plus one
	next   []int32          // the next state of the chain, plus one
	bytes  int64            // rough size of the values
}

func newStates(m *Model) *states {
	return &states{model: m, exact: map[any]int32{}, chains: map[uint64]int32{}}
}

// unhashable is thrown when a state cannot be compared with ==.
type unhashable struct{ value any }

func (u unhashable) Error() string {
	return fmt.Sprintf("porcupine: states of type %T cannot be compared with ==: set Model.Equal (and Hash, for speed)",
		u.value)
}

// intern returns the number of value. Where there is neither == nor Hash to go by, equals are
// looked for among the states interned with the same place alone.
func (s *states) intern(value any, place uint64) int32 {
	comparable := false
	if s.model.Equal == nil || s.model.Hash == nil {
		var id int32
		var known bool
		if id, known, comparable = s.lookUp(value); known {
			return id
		}
		if !comparable && s.model.Equal == nil {
			panic(unhashable{value})
		}
	}
	if s.model.Equal == nil {
		id := s.add(value)
		s.exact[value] = id
		return id
	}
	h := place
	if s.model.Hash != nil {
		h = s.model.Hash(value)
	}
	for id := s.chains[h] - 1; id >= 0; id = s.next[id] - 1 {
		if s.model.Equal(s.values[id], value) {
			return id
		}
	}
	id := s.add(value)
	s.next[id] = s.chains[h]
	s.chains[h] = id + 1
	if comparable && s.model.Hash == nil {
		s.exact[value] = id
	}
	return id
}

// lookUp finds value by ==, if it is of a type that has it.
func (s *states) lookUp(value any) (id int32, known, comparable bool) {
	defer func() {
		if recover() != nil {
			comparable = false
		}
	}()
	id, known = s.exact[value]
	return id, known, true
}

func (s *states) add(value any) int32 {
	s.values = append(s.values, value)
	s.next = append(s.next, 0)
	s.bytes += sizeOf(value) + 80 // the entry in values, in next and in a map
	return int32(len(s.values) - 1)
}

// isComparable reports whether value can be a map key.
func isComparable(value any) bool {
	switch value.(type) {
	case nil, string, int, int64, uint64, bool:
		return true
	}
	t := reflect.TypeOf(value)
	if !t.Comparable() {
		return false
	}
	switch t.Kind() {
	case reflect.Struct, reflect.Array, reflect.Interface: // may hold interfaces that hold slices
		return reflect.ValueOf(value).Comparable()
	}
	return true
}

// sizeOf is a rough size in bytes: what the value holds directly, not what it points to further on.
func sizeOf(value any) int64 {
	if text, ok := value.(string); ok {
		return int64(len(text)) + 16
	}
	if value == nil {
		return 0
	}
	v := reflect.ValueOf(value)
	t := v.Type()
	switch t.Kind() {
	case reflect.Slice:
		return 24 + int64(v.Len())*int64(t.Elem().Size())
	case reflect.Map:
		return 48 + 2*int64(v.Len())*int64(t.Key().Size()+t.Elem().Size())
	case reflect.Pointer:
		return 8 + int64(t.Elem().Size())
	}
	return int64(t.Size())
}

// mix scrambles the bits of x, so that close numbers end far apart (the finaliser of SplitMix64).
func mix(x uint64) uint64 {
	x ^= x >> 30
	x *= 0xbf58476d1ce4e5b9
	x ^= x >> 27
	x *= 0x94d049bb133111eb
	return x ^ x>>31
}

// transitions remembers what Step said, by state and class of operation.
type transitions struct {
	keys []uint64 // key + 1; 0 is an empty place
	next []int32
	used int
}

func transitionKey(state, class int32) uint64 { return uint64(state)<<32 | uint64(class) }

// get returns the state after an operation of class in state, and whether it is known.
func (t *transitions) get(key uint64) (next int32, known bool) {
	if len(t.keys) == 0 {
		return 0, false
	}
	mask := uint64(len(t.keys) - 1)
	for i := mix(key) & mask; ; i = (i + 1) & mask {
		switch t.keys[i] {
		case key + 1:
			return t.next[i], true
		case 0:
			return 0, false
		}
	}
}

// put remembers next under a key that is not known yet, and returns the bytes by which the table
// grew.
func (t *transitions) put(key uint64, next int32) (grown int64) {
	if 4*(t.used+1) > 3*len(t.keys) {
		old := *t
		size := max(64, 2*len(old.keys))
		t.keys, t.next = make([]uint64, size), make([]int32, size)
		grown = int64(size-len(old.keys)) * 12
		for i, k := range old.keys {
			if k != 0 {
				t.place(k, old.next[i])
			}
		}
	}
	t.used++
	t.place(key+1, next)
	return grown
}

func (t *transitions) place(stored uint64, next int32) {
	mask := uint64(len(t.keys) - 1)
	i := mix(stored-1) & mask
	for t.keys[i] != 0 {
		i = (i + 1) & mask
	}
	t.keys[i], t.next[i] = stored, next
}
