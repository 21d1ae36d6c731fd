package labgob

import (
	"errors"
	"fmt"
	"reflect"
)

// decType says how to decode one wire type into one Go type. It is immutable once published.
type decType struct {
	op        op
	base      reflect.Type // without pointers
	narrow    bool         // not every number on the wire fits
	any       bool         // an interface that every type satisfies
	method    method       // of an opMethod
	byAddress bool         // the method belongs to the pointer
	unmatched bool         // a struct none of whose fields was sent, though others were
	elem, key *decType
	fields    []decField // of structs, as they were sent
}

type decField struct {
	name     string
	index    int
	promoted []int    // the path to a field of an embedded struct, instead of index
	pointer  bool     // the field is one
	plain    bool     // none of the two, nor to be skipped
	t        *decType // nil: the Go type has no such field
	id       int32    // what to skip then
}

// decCompiler holds the types of one compilation, finished or not, so that types may refer to
// themselves.
type decCompiler struct {
	vocab *vocab
	done  map[programKey]*decType
}

var errUndefined = errors.New("the message refers to a type that the stream does not define")

// top compiles what a message or an interface carries.
func (c *decCompiler) top(t reflect.Type, id int32) (*decType, error) {
	b, _, err := base(t)
	if err != nil {
		return nil, err
	}
	m, _ := decodeMethod(t)
	if b.Kind() != reflect.Struct || m != noMethod {
		if !c.compatible(t, id, map[reflect.Type]int32{}) {
			return nil, c.mismatch(t, id)
		}
	}
	return c.compile(t, id)
}

func (c *decCompiler) mismatch(t reflect.Type, id int32) error {
	return fmt.Errorf("the message holds a %s, which does not fit %s", c.describe(id, 0), t)
}

// compile compiles a type that is compatible with id.
func (c *decCompiler) compile(t reflect.Type, id int32) (_ *decType, err error) {
	b, _, err := base(t)
	if err != nil {
		return nil, err
	}
	key := programKey{t, id}
	if p, ok := c.done[key]; ok {
		return p, nil
	}
	p := &decType{op: opOf(b), base: b}
	c.done[key] = p
	if m, indir := decodeMethod(t); m != noMethod {
		p.op, p.method = opMethod, m
		p.byAddress = receiver(t, indir).Kind() == reflect.Pointer
		return p, nil
	}
	w := c.vocab.wireOf(id)
	switch p.op {
	case opInvalid:
		return nil, notSent(t)
	case opInt, opUint:
		p.narrow = b.Size() < 8
	case opInterface:
		p.any = b.NumMethod() == 0
	case opStruct:
		err = c.structure(p, w)
	case opArray:
		p.elem, err = c.compile(b.Elem(), w.ArrayT.Elem)
	case opSlice:
		p.elem, err = c.compile(b.Elem(), w.SliceT.Elem)
	case opMap:
		if p.key, err = c.compile(b.Key(), w.MapT.Key); err == nil {
			p.elem, err = c.compile(b.Elem(), w.MapT.Elem)
		}
	}
	return p, err
}

// receiver is the type that has the method found at indir.
func receiver(t reflect.Type, indir int) reflect.Type {
	if indir < 0 {
		return reflect.PointerTo(t)
	}
	for range indir {
		t = t.Elem()
	}
	return t
}

func (c *decCompiler) structure(p *decType, w *wireType) error {
	if w == nil {
		return errUndefined
	}
	if w.StructT == nil {
		return fmt.Errorf("the message holds no struct, which does not fit %s", p.base)
	}
	matched := 0
	p.fields = make([]decField, len(w.StructT.Field))
	for i, sent := range w.StructT.Field {
		if sent.Name == "" {
			return errors.New("a field without a name")
		}
		f := &p.fields[i]
		f.name, f.id = sent.Name, sent.Id
		local, ok := p.base.FieldByName(sent.Name)
		if !ok || !local.IsExported() {
			if err := c.skippable(sent.Id, map[int32]bool{}, 0); err != nil {
				return within(err, "."+sent.Name)
			}
			continue
		}
		if !c.compatible(local.Type, sent.Id, map[reflect.Type]int32{}) {
			return within(c.mismatch(local.Type, sent.Id), "."+sent.Name)
		}
		t, err := c.compile(local.Type, sent.Id)
		if err != nil {
			return within(err, "."+sent.Name)
		}
		f.t, f.index = t, local.Index[0]
		f.pointer = local.Type.Kind() == reflect.Pointer
		if len(local.Index) > 1 {
			f.promoted = local.Index
		}
		f.plain = !f.pointer && f.promoted == nil
		matched++
	}
	p.unmatched = matched == 0 && p.base.NumField() > 0 && len(p.fields) > 0
	return nil
}

// compatible reports whether values sent with an id can be decoded into t. Structs pass: their
// fields are looked at one by one.
func (c *decCompiler) compatible(t reflect.Type, id int32, busy map[reflect.Type]int32) bool {
	if other, ok := busy[t]; ok {
		return other == id
	}
	busy[t] = id
	b, _, err := base(t)
	if err != nil {
		return false
	}
	w := c.vocab.lookup(id)
	m, _ := decodeMethod(t)
	if w == nil {
		w = new(wireType)
	}
	if w.TextMarshalerT != nil || (m == gobMethod) != (w.GobEncoderT != nil) ||
		(m == binaryMethod) != (w.BinaryMarshalerT != nil) {
		return false
	}
	if m != noMethod {
		return true
	}
	switch o := opOf(b); o {
	case opStruct:
		return true
	case opArray:
		return w.ArrayT != nil && w.ArrayT.Len == b.Len() &&
			c.compatible(b.Elem(), w.ArrayT.Elem, busy)
	case opMap:
		return w.MapT != nil && c.compatible(b.Key(), w.MapT.Key, busy) &&
			c.compatible(b.Elem(), w.MapT.Elem, busy)
	case opSlice:
		if w = c.vocab.wireOf(id); w == nil || w.SliceT == nil {
			return false
		}
		return c.compatible(b.Elem(), w.SliceT.Elem, busy)
	default:
		return o != opInvalid && o.basicID() == id
	}
}

// describe names a type of the stream for an error message.
func (c *decCompiler) describe(id int32, depth int) string {
	for o := opBool; o <= opMethod; o++ {
		if o.basicID() == id {
			return [...]string{idBool: "bool", idInt: "int", idUint: "uint", idFloat: "float",
				idBytes: "[]byte", idString: "string", idComplex: "complex",
				idInterface: "interface"}[id]
		}
	}
	w := c.vocab.wireOf(id)
	if w == nil || depth > 4 {
		return fmt.Sprintf("type %d", id)
	}
	switch {
	case w.StructT != nil:
		return "struct " + w.StructT.CommonType.Name
	case w.SliceT != nil:
		return "[]" + c.describe(w.SliceT.Elem, depth+1)
	case w.ArrayT != nil:
		return fmt.Sprintf("[%d]%s", w.ArrayT.Len, c.describe(w.ArrayT.Elem, depth+1))
	case w.MapT != nil:
		return "map[" + c.describe(w.MapT.Key, depth+1) + "]" + c.describe(w.MapT.Elem, depth+1)
	}
	for _, m := range []*methodType{w.GobEncoderT, w.BinaryMarshalerT, w.TextMarshalerT} {
		if m != nil {
			return "self-encoded " + m.CommonType.Name
		}
	}
	return fmt.Sprintf("type %d", id)
}
