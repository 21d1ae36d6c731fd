package labgob

import (
	"encoding"
	"encoding/gob"
	"errors"
	"fmt"
	"math"
	"math/bits"
	"reflect"
)

// encodeState holds what the encoding of one value needs. States are pooled.
type encodeState struct {
	buf   []byte   // the value so far, id first
	out   []byte   // the messages, once complete
	defs  []byte   // definitions that the stream has not had yet
	types *typeSet // the types that the stream has after defs
	depth int

	last   *dynamicType // the concrete type met in an interface most recently,
	lastID int32        // and its id in types
}

func (e *encodeState) reset(types *typeSet) {
	e.buf, e.defs = e.buf[:0], e.defs[:0]
	e.types, e.depth, e.last = types, 0, nil
}

// message encodes v into e.buf, and the definitions that it takes into e.defs.
func (e *encodeState) message(v reflect.Value) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fromPanic(p)
		}
	}()
	if !v.IsValid() {
		return errors.New("the value is nil")
	}
	r, err := encTypeOf(v.Type())
	if err != nil {
		return err
	}
	v, ok := r.follow(v)
	if !ok {
		return errors.New("the pointer is nil")
	}
	e.int(int64(e.define(r.t)))
	return e.body(r.t, v)
}

// append appends the finished messages to dst.
func (e *encodeState) append(dst []byte) []byte {
	return appendMessage(append(dst, e.defs...), e.buf)
}

// define returns the id of t in this stream, after defining it if need be.
func (e *encodeState) define(t *encType) int32 {
	if id := t.op.basicID(); id != 0 {
		return id
	}
	s := e.types.define(t)
	e.defs = append(e.defs, s.defs...)
	e.types = s.to
	return s.id
}

// body encodes v as a message or an interface holds it: what is no struct is marked by a zero.
func (e *encodeState) body(t *encType, v reflect.Value) error {
	if t.op != opStruct {
		e.buf = append(e.buf, 0)
	}
	return e.value(t, v)
}

// value encodes v, even if it is zero.
func (e *encodeState) value(t *encType, v reflect.Value) error {
	switch t.op {
	case opInt:
		e.int(v.Int())
	case opString:
		e.string(v.String())
	case opUint:
		e.uint(v.Uint())
	case opBool:
		if v.Bool() {
			e.buf = append(e.buf, 1)
		} else {
			e.buf = append(e.buf, 0)
		}
	case opFloat:
		e.float(v.Float())
	case opComplex:
		e.float(real(v.Complex()))
		e.float(imag(v.Complex()))
	case opBytes:
		b := v.Bytes()
		e.uint(uint64(len(b)))
		e.buf = append(e.buf, b...)
	case opMethod:
		return e.method(t, v)
	default:
		if e.depth++; e.depth > maxDepth {
			return errDepth
		}
		err := e.composite(t, v)
		e.depth--
		return err
	}
	return nil
}

func (e *encodeState) composite(t *encType, v reflect.Value) error {
	switch t.op {
	case opStruct:
		return e.structure(t, v)
	case opSlice, opArray:
		return e.elements(t, v)
	case opMap:
		return e.mapping(t, v)
	default:
		return e.dynamic(v)
	}
}

// structure encodes the fields that are not zero, each preceded by the distance from the field
// before it, and a final 0.
func (e *encodeState) structure(t *encType, v reflect.Value) error {
	last := -1
	for i := range t.fields {
		f := &t.fields[i]
		fv := v.Field(f.index)
		switch f.t.op {
		case opInt:
			if f.indir == 0 {
				if x := fv.Int(); x != 0 {
					e.uint(uint64(i - last))
					e.int(x)
					last = i
				}
				continue
			}
		case opString:
			if f.indir == 0 {
				if x := fv.String(); x != "" {
					e.uint(uint64(i - last))
					e.string(x)
					last = i
				}
				continue
			}
		}
		fv, ok := f.follow(fv)
		if !ok || f.t.omits(fv) {
			continue
		}
		e.uint(uint64(i - last))
		last = i
		if err := e.value(f.t, fv); err != nil {
			return within(err, "."+f.name)
		}
	}
	e.buf = append(e.buf, 0)
	return nil
}

// omits reports whether a struct leaves out a field of this value.
func (t *encType) omits(v reflect.Value) bool {
	switch t.op {
	case opStruct, opArray:
		return false
	case opSlice, opBytes:
		return v.Len() == 0
	case opMap, opInterface:
		return v.IsNil()
	case opMethod:
		return !t.byAddress && v.IsZero()
	case opFloat:
		return v.Float() == 0
	case opComplex:
		return v.Complex() == 0
	}
	return v.IsZero()
}

func (e *encodeState) elements(t *encType, v reflect.Value) error {
	n := v.Len()
	e.uint(uint64(n))
	for i := range n {
		x, ok := t.elem.follow(v.Index(i))
		if !ok {
			return within(errNilElement, "[]")
		}
		if err := e.value(t.elem.t, x); err != nil {
			return within(err, "[]")
		}
	}
	return nil
}

var errNilElement = errors.New("an element is a nil pointer, which gob cannot carry")

// dynamic encodes the interface value v with the name and the id of its concrete type.
func (e *encodeState) dynamic(v reflect.Value) error {
	if v.IsNil() {
		e.buf = append(e.buf, 0)
		return nil
	}
	v = v.Elem()
	if e.last == nil || e.last.user != v.Type() {
		d, err := dynamicTypeOf(v.Type())
		if err != nil {
			return err
		}
		e.last, e.lastID = d, e.define(d.t)
	}
	d := e.last
	x, ok := d.follow(v)
	if !ok {
		return fmt.Errorf("the interface holds a nil %s, which gob cannot carry", d.user)
	}
	e.string(d.name)
	e.int(int64(e.lastID))
	start := len(e.buf)
	e.buf = append(e.buf, 0) // for the length, which rarely needs more
	if err := e.body(d.t, x); err != nil {
		return err
	}
	n := len(e.buf) - start - 1
	if n < 0x80 {
		e.buf[start] = byte(n)
		return nil
	}
	var head [9]byte
	length := appendUint(head[:0], uint64(n))
	e.buf = append(e.buf, length[1:]...)
	copy(e.buf[start+len(length):], e.buf[start+1:start+1+n])
	copy(e.buf[start:], length)
	return nil
}

// method encodes a value that brings its own encoding.
func (e *encodeState) method(t *encType, v reflect.Value) (err error) {
	if t.byAddress {
		if !v.CanAddr() {
			return fmt.Errorf("*%s encodes itself, but this %s has no address: send a pointer",
				t.base, t.base)
		}
		v = v.Addr()
	}
	var data []byte
	if t.method == gobMethod {
		data, err = v.Interface().(gob.GobEncoder).GobEncode()
	} else {
		data, err = v.Interface().(encoding.BinaryMarshaler).MarshalBinary()
	}
	if err != nil {
		return err
	}
	e.uint(uint64(len(data)))
	e.buf = append(e.buf, data...)
	return nil
}

func (e *encodeState) uint(x uint64) {
	if x < 0x80 {
		e.buf = append(e.buf, byte(x))
		return
	}
	e.buf = appendUint(e.buf, x)
}

func (e *encodeState) int(x int64) { e.uint(uint64(x<<1) ^ uint64(x>>63)) }

// float encodes the bits backwards: the low bits of most numbers in use are zeros.
func (e *encodeState) float(f float64) { e.uint(bits.ReverseBytes64(math.Float64bits(f))) }

func (e *encodeState) string(s string) {
	e.uint(uint64(len(s)))
	e.buf = append(e.buf, s...)
}

func appendUint(dst []byte, x uint64) []byte {
	if x < 0x80 {
		return append(dst, byte(x))
	}
	n := (bits.Len64(x) + 7) / 8
	dst = append(dst, byte(-n))
	for i := n - 1; i >= 0; i-- {
		dst = append(dst, byte(x>>(8*i)))
	}
	return dst
}

func appendMessage(dst, content []byte) []byte {
	return append(appendUint(dst, uint64(len(content))), content...)
}
