package labgob

import (
	"bytes"
	"cmp"
	"errors"
	"reflect"
	"slices"
)

// mapping encodes a map in the order of its keys, so that equal maps give equal bytes. (gob
// itself takes them as they come.)
func (e *encodeState) mapping(t *encType, v reflect.Value) error {
	keys := v.MapKeys()
	e.uint(uint64(len(keys)))
	if err := e.sortKeys(t.key, keys); err != nil {
		return within(err, "[key]")
	}
	for _, key := range keys {
		k, ok := t.key.follow(key)
		if !ok {
			return within(errNilElement, "[key]")
		}
		if err := e.value(t.key.t, k); err != nil {
			return within(err, "[key]")
		}
		elem := v.MapIndex(key)
		if !elem.IsValid() {
			return within(errLostKey, "[key]")
		}
		x, ok := t.elem.follow(elem)
		if !ok {
			return within(errNilElement, "[]")
		}
		if err := e.value(t.elem.t, x); err != nil {
			return within(err, "[]")
		}
	}
	return nil
}

// A NaN is equal to nothing, not even to itself; and a map that another goroutine writes to can lose any key.
var errLostKey = errors.New("nothing is found under a key: is it NaN, or does the map change meanwhile?")

func (e *encodeState) sortKeys(key encRef, keys []reflect.Value) error {
	if len(keys) < 2 {
		return nil
	}
	if key.indir == 0 {
		switch key.t.op {
		case opString:
			slices.SortFunc(keys, func(a, b reflect.Value) int {
				return cmp.Compare(a.String(), b.String())
			})
			return nil
		case opInt:
			slices.SortFunc(keys, func(a, b reflect.Value) int {
				return cmp.Compare(a.Int(), b.Int())
			})
			return nil
		case opUint:
			slices.SortFunc(keys, func(a, b reflect.Value) int {
				return cmp.Compare(a.Uint(), b.Uint())
			})
			return nil
		}
	}
	return e.sortKeysByBytes(key, keys)
}

// sortKeysByBytes orders keys of any type by their encoding. Each is encoded as if it came
// first, so that ids given to the types inside one do not depend on the others.
func (e *encodeState) sortKeysByBytes(key encRef, keys []reflect.Value) error {
	type encoded struct {
		key   reflect.Value
		bytes []byte
	}
	before, defs, buf := e.types, len(e.defs), len(e.buf)
	all := make([]encoded, len(keys))
	for i, k := range keys {
		x, ok := key.follow(k)
		if !ok {
			return errNilElement
		}
		e.last = nil
		if err := e.value(key.t, x); err != nil {
			return err
		}
		all[i] = encoded{k, bytes.Clone(e.buf[buf:])}
		e.types, e.defs, e.buf = before, e.defs[:defs], e.buf[:buf]
	}
	e.last = nil
	slices.SortFunc(all, func(a, b encoded) int { return bytes.Compare(a.bytes, b.bytes) })
	for i := range all {
		keys[i] = all[i].key
	}
	return nil
}
