package labgob

import (
	"errors"
	"fmt"
)

// skippable reports an error if values sent with an id cannot be skipped, because the stream has
// not defined all of it.
func (c *decCompiler) skippable(id int32, seen map[int32]bool, depth int) error {
	if seen[id] || (id >= idBool && id <= idInterface) {
		return nil
	}
	seen[id] = true
	if depth > maxDepth {
		return errDepth
	}
	w := c.vocab.lookup(id)
	if w == nil {
		return errUndefined
	}
	switch {
	case w.ArrayT != nil:
		return c.skippable(w.ArrayT.Elem, seen, depth+1)
	case w.MapT != nil:
		if err := c.skippable(w.MapT.Key, seen, depth+1); err != nil {
			return err
		}
		return c.skippable(w.MapT.Elem, seen, depth+1)
	case w.SliceT != nil:
		return c.skippable(w.SliceT.Elem, seen, depth+1)
	case w.StructT != nil:
		for _, f := range w.StructT.Field {
			if f.Name == "" {
				return fmt.Errorf("a field without a name")
			}
			if err := c.skippable(f.Id, seen, depth+1); err != nil {
				return err
			}
		}
	case w.GobEncoderT == nil && w.BinaryMarshalerT == nil && w.TextMarshalerT == nil:
		return errUndefined
	}
	return nil
}

// skipMessage skips what a message holds after the id.
func (d *decodeState) skipMessage(id int32) error {
	c := decCompiler{vocab: d.vocab}
	if err := c.skippable(id, map[int32]bool{}, 0); err != nil {
		return err
	}
	return d.skipBody(id)
}

// skipBody skips what a message or an interface holds after the id.
func (d *decodeState) skipBody(id int32) error {
	if w := d.vocab.lookup(id); w == nil || w.StructT == nil {
		if err := d.singleMark(); err != nil {
			return err
		}
	}
	return d.skip(id)
}

// skip reads a value that nobody asked for.
func (d *decodeState) skip(id int32) error {
	switch id {
	case idBool, idInt, idUint, idFloat:
		_, err := d.uint()
		return err
	case idComplex:
		return d.skipEach(2, idUint, false)
	case idBytes, idString:
		_, err := d.bytes()
		return err
	case idInterface:
		return d.skipInterface()
	}
	w := d.vocab.lookup(id)
	if w == nil {
		return errUndefined
	}
	if d.depth++; d.depth > maxDepth {
		return errDepth
	}
	defer func() { d.depth-- }()
	switch {
	case w.StructT != nil:
		return d.skipStruct(w.StructT)
	case w.ArrayT == nil && w.SliceT == nil && w.MapT == nil:
		_, err := d.bytes()
		return err
	}
	n, err := d.uint()
	if err != nil {
		return err
	}
	switch {
	case w.ArrayT != nil:
		if n != uint64(w.ArrayT.Len) {
			return fmt.Errorf("%d elements in an array of %d", n, w.ArrayT.Len)
		}
		return d.skipEach(n, w.ArrayT.Elem, true)
	case w.MapT != nil:
		for range n {
			if err := d.skipEach(1, w.MapT.Key, true); err != nil {
				return err
			}
			if err := d.skip(w.MapT.Elem); err != nil {
				return err
			}
		}
		return nil
	default:
		return d.skipEach(n, w.SliceT.Elem, true)
	}
}

// skipEach skips n values; with inside, the message must hold at least a byte for each.
func (d *decodeState) skipEach(n uint64, id int32, inside bool) error {
	for range n {
		if inside && d.off == len(d.data) {
			return errCut
		}
		if err := d.skip(id); err != nil {
			return err
		}
	}
	return nil
}

func (d *decodeState) skipStruct(s *structType) error {
	field := -1
	for d.off < len(d.data) {
		delta, err := d.uint()
		if err != nil || delta == 0 {
			return err
		}
		if delta >= uint64(len(s.Field)-field) {
			return errRange
		}
		field += int(delta)
		if err := d.skip(s.Field[field].Id); err != nil {
			return within(err, "."+s.Field[field].Name)
		}
	}
	return nil
}

// skipInterface skips the value by reading it. Its length would do, but for definitions inside:
// they push what is left of the value into the next message.
func (d *decodeState) skipInterface() error {
	name, err := d.bytes()
	if err != nil || len(name) == 0 {
		return err
	}
	id, err := d.valueID(true)
	if err != nil {
		return unexpected(err)
	}
	n, err := d.uint()
	if err != nil {
		return err
	}
	if d.depth++; d.depth > maxDepth {
		return errDepth
	}
	start, before := d.off, d.vocab
	err = d.skipBody(id)
	d.depth--
	if err == nil && d.vocab == before && uint64(d.off-start) != n {
		return errors.New("an interface holds a value of another length than it says")
	}
	return err
}
