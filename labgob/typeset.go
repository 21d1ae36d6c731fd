package labgob

import (
	"maps"
	"reflect"
	"sync"
	"sync/atomic"
)

// typeSet is the set of types that a stream has defined, with the ids it gave them. Ids are
// given in the order of definition, from firstUserID, so that the bytes of a stream depend on
// nothing but the values in it.
//
// Streams that define the same types in the same order share their typeSets: a set remembers
// where the definition of each further type leads, and the bytes of that definition.
//
//	root ── AppendEntriesArgs ──> {Args: 64, []LogEntry: 65, LogEntry: 66} ── Op ──> {…, Op: 67}
//	     └─ RequestVoteArgs ────> {Args: 64}
type typeSet struct {
	ids   map[reflect.Type]int32 // of this set's own step and all before it
	steps atomic.Pointer[map[reflect.Type]step]
	mu    sync.Mutex // held to replace steps
	share *share
}

// step is what it takes to have a type in a set.
type step struct {
	id   int32
	defs []byte // the definition messages, empty if the set has the type
	to   *typeSet
}

// share bounds how many sets refer to each other. Once full, it forms no more; new streams
// then begin with a new root, and the old ones go with the streams that use them.
type share struct {
	left  atomic.Int64 // sets or bytes still to be shared
	bytes atomic.Int64
}

const (
	maxShared      = 1024
	maxSharedBytes = 1 << 20
)

func newShare() *share {
	s := new(share)
	s.left.Store(maxShared)
	s.bytes.Store(maxSharedBytes)
	return s
}

// take reports whether one more item of n bytes may be kept.
func (s *share) take(n int) bool {
	return s.left.Add(-1) >= 0 && s.bytes.Add(int64(-n)) >= 0
}

func (s *share) full() bool { return s.left.Load() < 0 || s.bytes.Load() < 0 }

var rootTypes atomic.Pointer[typeSet]

// noTypes returns the set that a new stream begins with.
func noTypes() *typeSet {
	if s := rootTypes.Load(); s != nil && !s.share.full() {
		return s
	}
	s := newTypeSet(nil, newShare())
	rootTypes.Store(s)
	return s
}

func newTypeSet(ids map[reflect.Type]int32, share *share) *typeSet {
	s := &typeSet{ids: ids, share: share}
	s.steps.Store(&map[reflect.Type]step{})
	return s
}

// define returns how to have t defined after the types of the set.
func (s *typeSet) define(t *encType) step {
	if st, ok := (*s.steps.Load())[t.base]; ok {
		return st
	}
	if id, ok := s.ids[t.base]; ok {
		return step{id: id, to: s}
	}
	ids := maps.Clone(s.ids)
	if ids == nil {
		ids = map[reflect.Type]int32{}
	}
	added := number(nil, ids, t)
	var defs []byte
	for _, a := range added {
		defs = appendDefinition(defs, ids[a.base], definition(a, ids))
	}
	st := step{ids[t.base], defs, newTypeSet(ids, s.share)}
	if s.share.take(len(defs)) {
		s.keep(t.base, st)
	}
	return st
}

func (s *typeSet) keep(t reflect.Type, st step) {
	s.mu.Lock()
	defer s.mu.Unlock()
	steps := maps.Clone(*s.steps.Load())
	steps[t] = st
	s.steps.Store(&steps)
}

// number gives ids to t and the types it is made of, and appends those that had none to added.
func number(added []*encType, ids map[reflect.Type]int32, t *encType) []*encType {
	if _, ok := ids[t.base]; ok || t.op.basicID() != 0 {
		return added
	}
	ids[t.base] = firstUserID + int32(len(ids))
	added = append(added, t)
	switch t.op {
	case opMap:
		added = number(added, ids, t.key.t)
		added = number(added, ids, t.elem.t)
	case opSlice, opArray:
		added = number(added, ids, t.elem.t)
	case opStruct:
		for i := range t.fields {
			added = number(added, ids, t.fields[i].t)
		}
	}
	return added
}

// definition returns what gob has to know of t.
func definition(t *encType, ids map[reflect.Type]int32) *wireType {
	id := func(t *encType) int32 {
		if id := t.op.basicID(); id != 0 {
			return id
		}
		return ids[t.base]
	}
	common := commonType{t.base.Name(), ids[t.base]}
	switch t.op {
	case opMap:
		return &wireType{MapT: &mapType{common, id(t.key.t), id(t.elem.t)}}
	case opSlice:
		return &wireType{SliceT: &sliceType{common, id(t.elem.t)}}
	case opArray:
		return &wireType{ArrayT: &arrayType{common, id(t.elem.t), t.base.Len()}}
	case opMethod:
		if t.method == gobMethod {
			return &wireType{GobEncoderT: &methodType{common}}
		}
		return &wireType{BinaryMarshalerT: &methodType{common}}
	}
	st := &structType{CommonType: common}
	for i := range t.fields {
		st.Field = append(st.Field, fieldType{t.fields[i].name, id(t.fields[i].t)})
	}
	return &wireType{StructT: st}
}

// definitionType is how to encode a definition: as the struct it is.
var definitionType = sync.OnceValue(func() *encType {
	r, err := encCompiler{}.ref(reflect.TypeFor[wireType]())
	if err != nil {
		panic(err) // the types above are of kinds that encode
	}
	return r.t
})

// appendDefinition appends the message that defines id as w.
func appendDefinition(dst []byte, id int32, w *wireType) []byte {
	var e encodeState
	e.int(-int64(id))
	if err := e.structure(definitionType(), reflect.ValueOf(w).Elem()); err != nil {
		panic(err) // holds no interface, no map and no nil element: nothing that can fail
	}
	return appendMessage(dst, e.buf)
}
