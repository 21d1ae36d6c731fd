package labgob

import (
	"bytes"
	"encoding"
	"encoding/gob"
	"errors"
	"fmt"
	"reflect"
)

// decodeState holds what the decoding of one value needs. States are pooled.
type decodeState struct {
	data  []byte // the message,
	off   int    // and how much of it has been read
	src   *source
	own   source // of a stream that is a byte slice
	vocab *vocab // the types that the stream has defined
	depth int

	last    concrete      // what the most recent interface held
	spare   reflect.Value // a zero value of last.t
	program *decType      // and how it is decoded
	id      int32         // when sent with this id
	texts   [64]string    // strings met recently
	in      *vocab        // in this vocabulary
}

// concrete is a registered type.
type concrete struct {
	name string
	t    reflect.Type
}

var (
	errNumber = errors.New("corrupt number")
	errRange  = errors.New("a field number is out of range")
	errSingle = errors.New("corrupt value: its first byte is not zero")
)

// message decodes the next value of the stream into what v points to; if v is not valid the
// value is skipped.
func (d *decodeState) message(v reflect.Value) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fromPanic(p)
		}
	}()
	d.data, d.off, d.depth = nil, 0, 0
	id, err := d.valueID(false)
	if err != nil {
		return err
	}
	if !v.IsValid() {
		return d.skipMessage(id)
	}
	t, err := d.vocab.program(v.Type(), id)
	if err != nil {
		return err
	}
	return d.body(t, v)
}

// valueID reads definitions until a value comes, and returns the id of the value's type. Inside
// an interface, a definition may be followed by the value in the same message.
func (d *decodeState) valueID(inInterface bool) (int32, error) {
	for first := true; ; first = false {
		if d.off == len(d.data) {
			data, err := d.src.next()
			if err != nil {
				if !first {
					err = unexpected(err)
				}
				return 0, err
			}
			d.data, d.off = data, 0
		}
		start := d.off
		x, err := d.int()
		id := int32(x)
		if err != nil {
			return 0, err
		}
		if id >= 0 {
			return id, nil
		}
		if err := d.define(-id, start); err != nil {
			return 0, err
		}
		if d.off < len(d.data) {
			if !inInterface {
				return 0, errors.New("the definition of a type has bytes too many")
			}
			if _, err := d.uint(); err != nil { // the length of what follows
				return 0, err
			}
		}
	}
}

// define reads the definition of id, whose message (or part of it) began at start.
func (d *decodeState) define(id int32, start int) error {
	if next := d.vocab.known(d.data[start:]); next != nil {
		d.off, d.vocab = len(d.data), next
		return nil
	}
	if id < firstUserID || d.vocab.lookup(id) != nil {
		return fmt.Errorf("type %d is defined twice", id)
	}
	w := new(wireType)
	if err := d.structure(definitionProgram(), reflect.ValueOf(w).Elem()); err != nil {
		return fmt.Errorf("definition of type %d: %w", id, err)
	}
	next, err := d.vocab.with(id, w, d.data[start:d.off])
	if err != nil {
		return err
	}
	d.vocab = next
	return nil
}

// body decodes what a message or an interface holds after the id.
func (d *decodeState) body(t *decType, v reflect.Value) error {
	if t.unmatched {
		return fmt.Errorf("no field of the message is a field of %s", t.base)
	}
	if t.op != opStruct {
		if err := d.singleMark(); err != nil {
			return err
		}
	}
	return d.value(t, alloc(v))
}

func (d *decodeState) singleMark() error {
	mark, err := d.uint()
	if err == nil && mark != 0 {
		err = errSingle
	}
	return err
}

// alloc follows v's pointers, making what nil ones should point to.
func alloc(v reflect.Value) reflect.Value {
	for v.Kind() == reflect.Pointer {
		if v.IsNil() {
			v.Set(reflect.New(v.Type().Elem()))
		}
		v = v.Elem()
	}
	return v
}

// value decodes into v, which is no pointer.
func (d *decodeState) value(t *decType, v reflect.Value) error {
	switch t.op {
	case opInt:
		x, err := d.int()
		if err != nil {
			return err
		}
		if t.narrow && v.OverflowInt(x) {
			return overflow(x, t)
		}
		v.SetInt(x)
	case opString:
		s, err := d.bytes()
		if err != nil {
			return err
		}
		v.SetString(d.text(s))
	case opUint, opBool:
		x, err := d.uint()
		if err != nil {
			return err
		}
		if t.op == opBool {
			v.SetBool(x != 0)
			return nil
		}
		if t.narrow && v.OverflowUint(x) {
			return overflow(x, t)
		}
		v.SetUint(x)
	case opFloat:
		x, err := d.float()
		if err != nil {
			return err
		}
		if v.OverflowFloat(x) {
			return overflow(x, t)
		}
		v.SetFloat(x)
	case opComplex:
		return d.complex(t, v)
	case opBytes:
		return d.byteSlice(v)
	case opMethod:
		return d.method(t, v)
	default:
		if d.depth++; d.depth > maxDepth {
			return errDepth
		}
		err := d.composite(t, v)
		d.depth--
		return err
	}
	return nil
}

func (d *decodeState) composite(t *decType, v reflect.Value) error {
	switch t.op {
	case opStruct:
		return d.structure(t, v)
	case opSlice:
		return d.slice(t, v)
	case opArray:
		n, err := d.uint()
		if err != nil {
			return err
		}
		if n != uint64(v.Len()) {
			return fmt.Errorf("%d elements do not fit %s", n, t.base)
		}
		return d.elements(t, v, v.Len())
	case opMap:
		return d.mapping(t, v)
	default:
		return d.dynamic(t, v)
	}
}

func overflow[T any](x T, t *decType) error { return fmt.Errorf("%v overflows %s", x, t.base) }

// structure decodes fields until a 0, or the end of the message.
func (d *decodeState) structure(t *decType, v reflect.Value) error {
	field := -1
	for d.off < len(d.data) {
		delta, err := d.uint()
		if err != nil || delta == 0 {
			return err
		}
		if delta >= uint64(len(t.fields)-field) {
			return errRange
		}
		field += int(delta)
		f := &t.fields[field]
		if f.plain {
			err = d.value(f.t, v.Field(f.index))
		} else if f.t == nil {
			err = d.skip(f.id)
		} else if fv, e := f.of(v); e == nil {
			err = d.value(f.t, fv)
		} else {
			err = e
		}
		if err != nil {
			return within(err, "."+f.name)
		}
	}
	return nil
}

// of returns the field of v to decode into.
func (f *decField) of(v reflect.Value) (_ reflect.Value, err error) {
	if f.promoted != nil {
		if v, err = v.FieldByIndexErr(f.promoted); err != nil {
			return v, err
		}
	} else {
		v = v.Field(f.index)
	}
	if f.pointer {
		v = alloc(v)
	}
	return v, nil
}

// dynamic decodes the name of a type and a value of it into the interface v.
func (d *decodeState) dynamic(t *decType, v reflect.Value) error {
	name, err := d.bytes()
	if err != nil {
		return err
	}
	if len(name) == 0 {
		v.SetZero()
		return nil
	}
	if string(name) != d.last.name {
		c, ok := registered.typeOf(name)
		if !ok {
			return fmt.Errorf("type name %.80q is not registered; call labgob.Register with a "+
				"value of that type", name)
		}
		d.last, d.spare, d.in = concrete{string(name), c}, reflect.Value{}, nil
	}
	c := d.last.t
	id, err := d.valueID(true)
	if err != nil {
		return unexpected(err)
	}
	if _, err := d.uint(); err != nil { // the length: of use to those who skip
		return err
	}
	if d.in != d.vocab || d.id != id {
		p, err := d.vocab.program(c, id)
		if err != nil {
			return err
		}
		d.program, d.in, d.id = p, d.vocab, id
	}
	if !t.any && !c.AssignableTo(t.base) {
		return fmt.Errorf("%s is no %s", c, t.base)
	}
	return d.concrete(d.program, v, c)
}

// concrete decodes a value of type c and puts it into the interface v. The state keeps one
// value to decode into, as v takes a copy.
func (d *decodeState) concrete(t *decType, v reflect.Value, c reflect.Type) error {
	if c == intType && t.op == opInt {
		if err := d.singleMark(); err != nil {
			return err
		}
		x, err := d.int()
		if int64(int(x)) == x {
			v.Set(reflect.ValueOf(int(x)))
			return err
		}
		return overflow(x, t)
	}
	x := d.spare
	d.spare = reflect.Value{} // out of the way of interfaces inside this one
	if !x.IsValid() || x.Type() != c {
		x = reflect.New(c).Elem()
	}
	if err := d.body(t, x); err != nil {
		return err
	}
	v.Set(x)
	if d.last.t == c {
		x.SetZero()
		d.spare = x
	}
	return nil
}

var intType = reflect.TypeFor[int]()

// method hands the bytes of a value to the type that understands them.
func (d *decodeState) method(t *decType, v reflect.Value) error {
	data, err := d.bytes()
	if err != nil {
		return err
	}
	data = bytes.Clone(data) // the method may keep them
	if t.byAddress {
		v = v.Addr()
	}
	if t.method == gobMethod {
		return v.Interface().(gob.GobDecoder).GobDecode(data)
	}
	return v.Interface().(encoding.BinaryUnmarshaler).UnmarshalBinary(data)
}
