package labgob

import (
	"fmt"
	"reflect"
)

// Slices, arrays and maps. Their lengths come out of the message, so that memory is reserved
// for as many elements as the bytes at hand can hold, and grows with what is really there. (With
// interfaces inside, a value may go on in the next message, so the bytes at hand are no bound.)

const maxReserve = 1 << 20 // bytes reserved ahead

func (d *decodeState) slice(t *decType, v reflect.Value) error {
	u, err := d.uint()
	if err != nil {
		return err
	}
	size := uint64(t.base.Elem().Size())
	if u > maxMessage || u*size > maxMessage {
		return fmt.Errorf("%d elements of %d bytes are too many", u, size)
	}
	n := int(u)
	if v.Cap() >= n {
		v.SetLen(n) // and keep the elements, as gob does
	} else {
		m := min(n, max(1, len(d.data)-d.off), max(1, maxReserve/int(max(1, size))))
		v.Set(reflect.MakeSlice(t.base, m, m))
	}
	return d.elements(t, v, n)
}

// elements decodes n elements into the slice or array v, making a slice longer as needed.
func (d *decodeState) elements(t *decType, v reflect.Value, n int) error {
	length := v.Len()
	pointers := t.base.Elem().Kind() == reflect.Pointer
	for i := range n {
		if d.off == len(d.data) {
			return within(errCut, "[]")
		}
		if i >= length {
			v.Grow(1)
			length = min(v.Cap(), n)
			v.SetLen(length)
		}
		x := v.Index(i)
		if pointers {
			x = alloc(x)
		}
		if err := d.value(t.elem, x); err != nil {
			return within(err, "[]")
		}
	}
	return nil
}

func (d *decodeState) mapping(t *decType, v reflect.Value) error {
	u, err := d.uint()
	if err != nil {
		return err
	}
	if u > maxMessage {
		return fmt.Errorf("a map of %d elements", u)
	}
	if v.IsNil() {
		v.Set(reflect.MakeMapWithSize(t.base, min(int(u), len(d.data)-d.off)))
	}
	key, elem := reflect.New(t.base.Key()).Elem(), reflect.New(t.base.Elem()).Elem()
	for range u {
		if d.off == len(d.data) {
			return within(errCut, "[key]")
		}
		if err := d.value(t.key, alloc(key)); err != nil {
			return within(err, "[key]")
		}
		if err := d.value(t.elem, alloc(elem)); err != nil {
			return within(err, "[]")
		}
		v.SetMapIndex(key, elem)
		key.SetZero()
		elem.SetZero()
	}
	return nil
}

func (d *decodeState) byteSlice(v reflect.Value) error {
	b, err := d.bytes()
	if err != nil {
		return err
	}
	if v.Cap() < len(b) {
		v.Set(reflect.MakeSlice(v.Type(), len(b), len(b)))
	} else {
		v.SetLen(len(b))
	}
	copy(v.Bytes(), b)
	return nil
}

func (d *decodeState) complex(t *decType, v reflect.Value) error {
	re, err := d.float()
	if err != nil {
		return err
	}
	im, err := d.float()
	if err != nil {
		return err
	}
	if x := complex(re, im); v.OverflowComplex(x) {
		return overflow(x, t)
	}
	v.SetComplex(complex(re, im))
	return nil
}
