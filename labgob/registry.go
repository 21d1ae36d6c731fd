package labgob

import (
	"bytes"
	"encoding/gob"
	"fmt"
	"maps"
	"reflect"
	"sync"
	"sync/atomic"
)

// Register makes the type of value known under its own name, so that an interface can carry it:
// a Raft log whose commands are of type Op needs Register(Op{}) in the processes at both ends.
// It may be called again for the same type. It also registers the type with encoding/gob, and
// warns of fields that gob will drop.
//
// Register panics if value is nil, or if the type or its name is registered otherwise.
func Register(value any) {
	t := reflect.TypeOf(value)
	if t == nil {
		panic("labgob: Register(nil): give a value of the type, such as Op{}")
	}
	registerName(defaultName(t), value)
}

// RegisterName is Register under a name of the caller's choice, which both ends must share.
func RegisterName(name string, value any) {
	if name == "" || value == nil {
		panic(fmt.Sprintf("labgob: RegisterName(%q, %T): neither may be empty", name, value))
	}
	registerName(name, value)
}

func registerName(name string, value any) {
	t := reflect.TypeOf(value)
	defer func() {
		if p := recover(); p != nil {
			panic(fmt.Sprintf("labgob: register %s as %q: %v; a type has one name and a name "+
				"one type: register it once, or give it a name of its own with RegisterName",
				t, name, p))
		}
	}()
	gob.RegisterName(name, value)
	registered.add(name, t)
	inspect(t)
}

// defaultName is gob's name for a type: the import path and name of a named type, and the type's
// own text for others. (A pointer to a named type has no import path: a slip of gob's that
// existing streams depend on.)
func defaultName(t reflect.Type) string {
	if t.Name() != "" && t.PkgPath() != "" {
		return t.PkgPath() + "." + t.Name()
	}
	return t.String()
}

// registry is what is known here of gob's own registry, which has no way to ask: everything
// registered through this package, gob's basic types, and what was found out since. Entries
// never change, as in gob.
type registry struct {
	mu    sync.Mutex // held to replace types and names
	names atomic.Pointer[map[reflect.Type]string]
	types atomic.Pointer[map[string]reflect.Type]
}

var registered = newRegistry()

func newRegistry() *registry {
	r := new(registry)
	r.names.Store(&map[reflect.Type]string{})
	r.types.Store(&map[string]reflect.Type{})
	for _, v := range []any{
		int(0), int8(0), int16(0), int32(0), int64(0),
		uint(0), uint8(0), uint16(0), uint32(0), uint64(0), uintptr(0),
		float32(0), float64(0), complex64(0), complex128(0), false, "",
		[]int(nil), []int8(nil), []int16(nil), []int32(nil), []int64(nil),
		[]uint(nil), []uint8(nil), []uint16(nil), []uint32(nil), []uint64(nil), []uintptr(nil),
		[]float32(nil), []float64(nil), []complex64(nil), []complex128(nil),
		[]bool(nil), []string(nil),
	} {
		r.add(defaultName(reflect.TypeOf(v)), reflect.TypeOf(v))
	}
	return r
}

func (r *registry) add(name string, t reflect.Type) {
	b, _, err := base(t)
	if err != nil {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	names, types := maps.Clone(*r.names.Load()), maps.Clone(*r.types.Load())
	names[b], types[name] = name, t
	r.names.Store(&names)
	r.types.Store(&types)
}

// nameOf returns the name under which an interface sends the type t or what t points to.
func (r *registry) nameOf(t reflect.Type) (name string, ok bool) {
	b, _, err := base(t)
	if err != nil {
		return "", false
	}
	if name, ok := (*r.names.Load())[b]; ok {
		return name, true
	}
	return r.askName(b)
}

// typeOf returns the type registered as name.
func (r *registry) typeOf(name []byte) (reflect.Type, bool) {
	if t, ok := (*r.types.Load())[string(name)]; ok {
		return t, true
	}
	return r.askType(string(name))
}

// askName finds the name of a type that was registered with gob behind our back, by letting gob
// encode a zero value of it in an interface.
func (r *registry) askName(t reflect.Type) (name string, ok bool) {
	defer func() { _ = recover() }() // a type's own methods may not expect a zero value
	var out bytes.Buffer
	value := reflect.Zero(t).Interface()
	if t.Kind() == reflect.Interface || gob.NewEncoder(&out).Encode(&value) != nil {
		return "", false
	}
	d := decodeState{data: out.Bytes()}
	for range 3 { // the length, the id of an interface, the mark of a value that is no struct
		if _, err := d.uint(); err != nil {
			return "", false
		}
	}
	text, err := d.bytes()
	if err != nil {
		return "", false
	}
	name = string(text)
	var back any
	if gob.NewDecoder(&out).Decode(&back) == nil {
		t = reflect.TypeOf(back) // the registered type may be a pointer to t
	}
	r.add(name, t)
	return name, true
}

// askType finds a type that was registered with gob behind our back, by letting gob decode zero
// values under that name. It finds basic types and structs; others are known as soon as one
// has been encoded here, or when they are registered with this package.
func (r *registry) askType(name string) (t reflect.Type, ok bool) {
	defer func() { _ = recover() }()
	bodies := map[int32]string{idComplex: "\x00\x00\x00", firstUserID: "\x00"}
	for _, id := range []int32{firstUserID, idBool, idInt, idUint, idFloat, idString, idBytes,
		idComplex} {
		body := bodies[id]
		if body == "" {
			body = "\x00\x00"
		}
		var e encodeState
		e.int(int64(idInterface))
		e.uint(0)
		e.string(name)
		e.int(int64(id))
		e.string(body)
		empty := &wireType{StructT: &structType{CommonType: commonType{Id: firstUserID}}}
		stream := appendMessage(appendDefinition(nil, firstUserID, empty), e.buf)
		var v any
		if gob.NewDecoder(bytes.NewReader(stream)).Decode(&v) == nil && v != nil {
			t = reflect.TypeOf(v)
			r.add(name, t)
			return t, true
		}
	}
	return nil, false
}
