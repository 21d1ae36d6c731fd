// Package labgob is encoding/gob for lab messages: it warns of what gob silently drops.
package labgob

import (
	"bytes"
	"encoding/gob"
	"fmt"
	"io"
	"reflect"
)

// LabEncoder writes a stream of values to an io.Writer.
type LabEncoder struct{ gob *gob.Encoder }

// NewEncoder returns an encoder that writes to w.
func NewEncoder(w io.Writer) *LabEncoder { return &LabEncoder{gob.NewEncoder(w)} }

// Encode writes the value v, preceded by those type definitions that the stream has not had yet.
func (e *LabEncoder) Encode(v any) error { return e.EncodeValue(reflect.ValueOf(v)) }

// EncodeValue is Encode for a value held as a reflect.Value.
func (e *LabEncoder) EncodeValue(v reflect.Value) (err error) {
	if !v.IsValid() {
		return fmt.Errorf("labgob: encode: the value is nil")
	}
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("labgob: encode %s: %v", v.Type(), p)
		}
	}()
	if err := e.gob.EncodeValue(v); err != nil {
		return fmt.Errorf("labgob: encode %s: %w", v.Type(), err)
	}
	return nil
}

// LabDecoder reads a stream of values from an io.Reader.
type LabDecoder struct{ gob *gob.Decoder }

// NewDecoder returns a decoder that reads from r.
func NewDecoder(r io.Reader) *LabDecoder { return &LabDecoder{gob.NewDecoder(r)} }

// Decode reads the next value into what v points to. At the end of the stream it returns io.EOF.
func (d *LabDecoder) Decode(v any) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("labgob: decode %T: %v", v, p)
		}
	}()
	err = d.gob.Decode(v)
	if err == nil || err == io.EOF {
		return err
	}
	return fmt.Errorf("labgob: decode %T: %w", v, err)
}

// Register makes the concrete type of value known, so that interfaces can carry it.
func Register(value any) { gob.Register(value) }

// RegisterName is Register with a name of the caller's choice.
func RegisterName(name string, value any) { gob.RegisterName(name, value) }

// Marshal returns v as a stream of its own.
func Marshal(v any) ([]byte, error) { return AppendMarshal(nil, v) }

// AppendMarshal appends v, as a stream of its own, to dst.
func AppendMarshal(dst []byte, v any) ([]byte, error) {
	buf := bytes.NewBuffer(dst)
	if err := NewEncoder(buf).Encode(v); err != nil {
		return dst, err
	}
	return buf.Bytes(), nil
}

// Unmarshal reads the one value of the stream data into what v points to.
func Unmarshal(data []byte, v any) error {
	r := bytes.NewReader(data)
	if err := NewDecoder(r).Decode(v); err != nil {
		return err
	}
	if r.Len() > 0 {
		return fmt.Errorf("labgob: decode %T: %d bytes follow the value", v, r.Len())
	}
	return nil
}
