package labgob

import (
	"errors"
	"maps"
	"reflect"
	"sync"
	"sync/atomic"
)

// vocab is what a stream has defined so far: one definition, and the vocabulary it was added to.
// It is the reader's side of typeSet: streams that begin with the same definitions, byte for
// byte, share their vocabularies, and with them the programs that decode values. Other processes
// number their types differently; to this package those are other vocabularies, no more.
type vocab struct {
	parent *vocab
	id     int32
	wire   *wireType
	size   int // number of definitions

	kids     atomic.Pointer[map[string]*vocab] // by the bytes of the next definition
	programs atomic.Pointer[map[programKey]*decType]
	recent   atomic.Pointer[recentProgram]
	mu       sync.Mutex // held to replace the two maps
	share    *share
}

// programKey is a Go type and the id of a type of the stream to be decoded into it.
type programKey struct {
	t  reflect.Type
	id int32
}

type recentProgram struct {
	key     programKey
	program *decType
}

const (
	maxDefinitions   = 1024    // in one stream: finding one takes time in proportion
	maxSharedDefSize = 4 << 10 // bytes of a definition that is worth remembering
)

var rootVocab atomic.Pointer[vocab]

// noDefinitions returns the vocabulary that a new stream begins with.
func noDefinitions() *vocab {
	if v := rootVocab.Load(); v != nil && !v.share.full() {
		return v
	}
	v := newVocab(&vocab{share: newShare()})
	rootVocab.Store(v)
	return v
}

func newVocab(v *vocab) *vocab {
	v.kids.Store(&map[string]*vocab{})
	v.programs.Store(&map[programKey]*decType{})
	return v
}

// known returns the vocabulary that definition, the content of a message, is known to lead to,
// or nil.
func (v *vocab) known(definition []byte) *vocab {
	if len(definition) > maxSharedDefSize {
		return nil
	}
	return (*v.kids.Load())[string(definition)]
}

var errDefinitions = errors.New("the stream defines too many types")

// with returns v with one more definition.
func (v *vocab) with(id int32, w *wireType, definition []byte) (*vocab, error) {
	if v.size == maxDefinitions {
		return nil, errDefinitions
	}
	next := newVocab(&vocab{parent: v, id: id, wire: w, size: v.size + 1, share: v.share})
	if len(definition) > maxSharedDefSize || !v.share.take(len(definition)) {
		return next, nil
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	kids := maps.Clone(*v.kids.Load())
	kids[string(definition)] = next
	v.kids.Store(&kids)
	return next, nil
}

// lookup returns the definition of id in this stream, or nil.
func (v *vocab) lookup(id int32) *wireType {
	for ; v.parent != nil; v = v.parent {
		if v.id == id {
			return v.wire
		}
	}
	return nil
}

var builtins = builtinTypes()

// wireOf is lookup for every id, including those that are the same in all streams.
func (v *vocab) wireOf(id int32) *wireType {
	if id < firstUserID {
		return builtins[id]
	}
	return v.lookup(id)
}

// program returns how to decode values sent with an id into type t.
func (v *vocab) program(t reflect.Type, id int32) (*decType, error) {
	key := programKey{t, id}
	if r := v.recent.Load(); r != nil && r.key == key {
		return r.program, nil
	}
	if p, ok := (*v.programs.Load())[key]; ok {
		v.recent.Store(&recentProgram{key, p})
		return p, nil
	}
	inspect(t)
	c := &decCompiler{vocab: v, done: map[programKey]*decType{}}
	p, err := c.top(t, id)
	if err != nil {
		return nil, err
	}
	if v.share.take(len(c.done)) {
		v.mu.Lock()
		defer v.mu.Unlock()
		programs := maps.Clone(*v.programs.Load())
		programs[key] = p
		v.programs.Store(&programs)
	}
	return p, nil
}

// definitionProgram is how definitions are decoded: as the structs they are.
var definitionProgram = sync.OnceValue(func() *decType {
	root := newVocab(&vocab{share: newShare()})
	p, err := root.program(reflect.TypeFor[wireType](), idWireType)
	if err != nil {
		panic(err) // wireType and builtinTypes say the same
	}
	return p
})
