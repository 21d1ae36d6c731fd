package labgob

import (
	"fmt"
	"reflect"
	"sync"
)

// encType says how to encode a type. It is immutable once published.
type encType struct {
	op        op
	base      reflect.Type // without pointers
	method    method       // of an opMethod
	byAddress bool         // the method belongs to the pointer
	elem      encRef       // of slices, arrays and maps
	key       encRef       // of maps
	fields    []encField   // of structs: those that are sent
}

// encRef is a use of a type behind indir pointers.
type encRef struct {
	t     *encType
	indir int
}

type encField struct {
	encRef
	index int
	name  string
}

// follow follows the pointers to the value proper; ok is false if one of them is nil.
func (r *encRef) follow(v reflect.Value) (_ reflect.Value, ok bool) {
	for range r.indir {
		if v.IsNil() {
			return v, false
		}
		v = v.Elem()
	}
	return v, true
}

// encTypes and dynamicTypes grow with the types of the program, no further.
var (
	encTypes     sync.Map // reflect.Type → encRef
	dynamicTypes sync.Map // reflect.Type → *dynamicType
)

// encTypeOf returns how to encode values of type t. Its error names the part of t that gob has
// no form for.
func encTypeOf(t reflect.Type) (*encRef, error) {
	if r, ok := encTypes.Load(t); ok {
		return r.(*encRef), nil
	}
	c := encCompiler{}
	ref, err := c.ref(t)
	if err != nil {
		return nil, err
	}
	inspect(t)
	r, _ := encTypes.LoadOrStore(t, &ref)
	return r.(*encRef), nil
}

// dynamicType says how to encode a concrete type inside an interface.
type dynamicType struct {
	encRef
	user reflect.Type
	name string
}

func dynamicTypeOf(t reflect.Type) (*dynamicType, error) {
	if d, ok := dynamicTypes.Load(t); ok {
		return d.(*dynamicType), nil
	}
	name, ok := registered.nameOf(t)
	if !ok {
		return nil, notRegistered(t)
	}
	r, err := encTypeOf(t)
	if err != nil {
		return nil, err
	}
	d, _ := dynamicTypes.LoadOrStore(t, &dynamicType{*r, t, name})
	return d.(*dynamicType), nil
}

// encCompiler holds the types of one compilation, finished or not, so that types may refer to
// themselves.
type encCompiler map[reflect.Type]*encType

func (c encCompiler) ref(t reflect.Type) (encRef, error) {
	b, indir, err := base(t)
	if err != nil {
		return encRef{}, err
	}
	if m, indir := encodeMethod(t); m != noMethod {
		e := &encType{op: opMethod, base: b, method: m, byAddress: indir < 0}
		return encRef{e, max(indir, 0)}, nil
	}
	e, err := c.plain(b)
	return encRef{e, indir}, err
}

// plain compiles the type t, which is no pointer and has no method of its own.
func (c encCompiler) plain(t reflect.Type) (e *encType, err error) {
	if e, ok := c[t]; ok {
		return e, nil
	}
	e = &encType{op: opOf(t), base: t}
	c[t] = e
	switch e.op {
	case opInvalid:
		return nil, notSent(t)
	case opMap:
		if e.key, err = c.ref(t.Key()); err != nil {
			return nil, within(err, "[key]")
		}
		fallthrough
	case opSlice, opArray:
		if e.elem, err = c.ref(t.Elem()); err != nil {
			return nil, within(err, "[]")
		}
	case opStruct:
		for i := range t.NumField() {
			f := t.Field(i)
			if !isSent(&f) {
				continue
			}
			r, err := c.ref(f.Type)
			if err != nil {
				return nil, within(err, "."+f.Name)
			}
			e.fields = append(e.fields, encField{r, i, f.Name})
		}
		if len(e.fields) == 0 && t.NumField() > 0 {
			return nil, fmt.Errorf("struct %s has no exported field that gob can carry", t)
		}
	}
	return e, nil
}
