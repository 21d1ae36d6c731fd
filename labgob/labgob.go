package labgob

import (
	"errors"
	"fmt"
	"io"
	"reflect"
	"sync"
)

// LabEncoder writes a stream of values to an io.Writer. It may be shared by goroutines.
type LabEncoder struct {
	mu    sync.Mutex
	w     io.Writer
	types *typeSet
}

// NewEncoder returns an encoder that writes to w.
func NewEncoder(w io.Writer) *LabEncoder { return &LabEncoder{w: w, types: noTypes()} }

// Encode writes v, preceded by those type definitions that the stream has not had yet, in one
// call of Write. It keeps nothing of v. If v cannot be encoded the error names the type and the
// path to the offending field, and nothing has been written: the encoder may still be used.
func (e *LabEncoder) Encode(v any) error { return e.EncodeValue(reflect.ValueOf(v)) }

// EncodeValue is Encode for a value held as a reflect.Value.
func (e *LabEncoder) EncodeValue(v reflect.Value) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	s := encodeStates.Get().(*encodeState)
	defer s.release()
	s.reset(e.types)
	if err := s.message(v); err != nil {
		return failed("encode", valueType(v), err)
	}
	s.out = s.append(s.out[:0])
	if _, err := e.w.Write(s.out); err != nil {
		return failed("write", valueType(v), err)
	}
	e.types = s.types
	return nil
}

// LabDecoder reads a stream of values from an io.Reader. It may be shared by goroutines.
type LabDecoder struct {
	mu    sync.Mutex
	src   source
	vocab *vocab
}

// NewDecoder returns a decoder that reads from r. If r has a ReadByte method, as bytes.Buffer and
// bytes.Reader do, the decoder never reads beyond the value it was asked for; else it buffers.
func NewDecoder(r io.Reader) *LabDecoder {
	return &LabDecoder{src: newSource(r), vocab: noDefinitions()}
}

// Decode reads the next value into what v points to; a nil v skips it. It shares no memory with
// the stream. At the end of the stream it returns io.EOF itself. Any other error names the type
// and the path to the offending field; what v points to may be half filled in then.
//
// Decode blocks as long as the reader does.
func (d *LabDecoder) Decode(v any) error {
	target, err := target(v)
	if err != nil {
		return err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	s := decodeStates.Get().(*decodeState)
	defer s.release()
	s.src, s.vocab = &d.src, d.vocab
	err = s.message(target)
	d.vocab = s.vocab
	if err == nil || err == io.EOF {
		return err
	}
	return failed("decode", valueType(target), err)
}

// target checks what a value is to be decoded into.
func target(v any) (reflect.Value, error) {
	t := reflect.ValueOf(v)
	if !t.IsValid() {
		return t, nil
	}
	if t.Kind() != reflect.Pointer || t.IsNil() {
		return t, failed("decode", t.Type(), errors.New("needs a pointer that is not nil"))
	}
	checkTarget(t)
	return t, nil
}

// Marshal returns v as a stream of its own. It keeps nothing of v.
func Marshal(v any) ([]byte, error) { return AppendMarshal(nil, v) }

// AppendMarshal appends v, as a stream of its own, to dst and returns the result: dst itself if
// v cannot be encoded.
func AppendMarshal(dst []byte, v any) ([]byte, error) {
	s := encodeStates.Get().(*encodeState)
	defer s.release()
	s.reset(noTypes())
	if err := s.message(reflect.ValueOf(v)); err != nil {
		return dst, failed("encode", reflect.TypeOf(v), err)
	}
	if dst == nil {
		dst = make([]byte, 0, len(s.defs)+len(s.buf)+9) // 9: the longest number
	}
	return s.append(dst), nil
}

// Unmarshal decodes data, which must hold one value and no more, into what v points to. The
// two share no memory.
func Unmarshal(data []byte, v any) error {
	target, err := target(v)
	if err != nil {
		return err
	}
	s := decodeStates.Get().(*decodeState)
	defer s.release()
	s.own = source{data: data}
	s.src, s.vocab = &s.own, noDefinitions()
	if err := s.message(target); err != nil {
		return failed("decode", valueType(target), unexpected(err))
	}
	if n := len(s.own.data); n > 0 {
		return failed("decode", valueType(target), fmt.Errorf("%d bytes follow the value", n))
	}
	return nil
}

func valueType(v reflect.Value) reflect.Type {
	if !v.IsValid() {
		return nil
	}
	return v.Type()
}

var (
	encodeStates = sync.Pool{New: func() any { return new(encodeState) }}
	decodeStates = sync.Pool{New: func() any { return new(decodeState) }}
)

func (e *encodeState) release() {
	if cap(e.buf) <= maxKeep && cap(e.out) <= maxKeep {
		encodeStates.Put(e)
	}
}

func (d *decodeState) release() {
	d.data, d.src, d.own, d.vocab = nil, nil, source{}, nil
	decodeStates.Put(d)
}
