package labgob

import (
	"encoding"
	"encoding/gob"
	"fmt"
	"reflect"
)

// A message of a gob stream is a byte count and that many bytes, which begin with a signed type
// id: negative in front of the definition of a type, positive in front of a value.
//
//	definition   | count | -id | wireType, encoded as a struct               |
//	value        | count |  id | struct: (field delta, value)* 0              |
//	             |       |     | anything else: 0, value                      |
//	interface    name "" for nil, else: name, id, count, a value as above
//
// Unsigned numbers below 128 take one byte; longer ones are a byte holding minus their length
// and then the bytes, highest first. A signed number is shifted left by one, complemented first
// and its lowest bit set if it is negative.

// Ids below firstUserID mean the same in every stream.
const (
	idBool      int32 = 1
	idInt       int32 = 2
	idUint      int32 = 3
	idFloat     int32 = 4
	idBytes     int32 = 5
	idString    int32 = 6
	idComplex   int32 = 7
	idInterface int32 = 8

	idWireType   int32 = 16
	idArrayType  int32 = 17
	idCommonType int32 = 18
	idSliceType  int32 = 19
	idStructType int32 = 20
	idFieldType  int32 = 21
	idFieldTypes int32 = 22
	idMapType    int32 = 23
	idMethodType int32 = 24

	firstUserID int32 = 64
)

// maxDepth bounds how deeply values may be nested, in both directions: it turns a value that
// contains itself, or bytes that pretend to, into an error instead of an exhausted stack.
const maxDepth = 10_000

// maxMessage is gob's own bound on the length of a message in bytes (1 GiB where int has 32 bits).
const maxMessage = (1 << 30) << (^uint(0) >> 62)

// maxPointers bounds how many pointers in a row are followed from a type: for ever, in a ring of them.
const maxPointers = 100

// maxKeep is the largest scratch buffer, in bytes, that outlives the call it was grown for.
const maxKeep = 1 << 20

// wireType is the definition of a type as gob sends it; exactly one field is set. Field names
// and order of this and the following types are the wire format.
type wireType struct {
	ArrayT           *arrayType
	SliceT           *sliceType
	StructT          *structType
	MapT             *mapType
	GobEncoderT      *methodType
	BinaryMarshalerT *methodType
	TextMarshalerT   *methodType
}

type commonType struct {
	Name string
	Id   int32
}

type arrayType struct {
	CommonType commonType
	Elem       int32
	Len        int
}

type sliceType struct {
	CommonType commonType
	Elem       int32
}

type structType struct {
	CommonType commonType
	Field      []fieldType
}

type fieldType struct {
	Name string
	Id   int32
}

type mapType struct {
	CommonType commonType
	Key        int32
	Elem       int32
}

type methodType struct {
	CommonType commonType
}

// builtinTypes returns the types that describe types, which every decoder knows.
func builtinTypes() map[int32]*wireType {
	common := fieldType{"CommonType", idCommonType}
	structs := map[int32][]fieldType{
		idWireType: {
			{"ArrayT", idArrayType}, {"SliceT", idSliceType}, {"StructT", idStructType},
			{"MapT", idMapType}, {"GobEncoderT", idMethodType},
			{"BinaryMarshalerT", idMethodType}, {"TextMarshalerT", idMethodType},
		},
		idArrayType:  {common, {"Elem", idInt}, {"Len", idInt}},
		idCommonType: {{"Name", idString}, {"Id", idInt}},
		idSliceType:  {common, {"Elem", idInt}},
		idStructType: {common, {"Field", idFieldTypes}},
		idFieldType:  {{"Name", idString}, {"Id", idInt}},
		idMapType:    {common, {"Key", idInt}, {"Elem", idInt}},
		idMethodType: {common},
	}
	types := map[int32]*wireType{idFieldTypes: {SliceT: &sliceType{Elem: idFieldType}}}
	for id, fields := range structs {
		types[id] = &wireType{StructT: &structType{Field: fields}}
	}
	return types
}

// op is what the codec does with a Go type, once pointers have been followed.
type op uint8

const (
	opInvalid op = iota
	opBool
	opInt
	opUint
	opFloat
	opComplex
	opString
	opBytes
	opStruct
	opSlice
	opArray
	opMap
	opInterface
	opMethod // the type encodes itself
)

// basicID returns the id of an op whose types need no definition, else 0.
func (o op) basicID() int32 {
	switch o {
	case opBool:
		return idBool
	case opInt:
		return idInt
	case opUint:
		return idUint
	case opFloat:
		return idFloat
	case opComplex:
		return idComplex
	case opString:
		return idString
	case opBytes:
		return idBytes
	case opInterface:
		return idInterface
	}
	return 0
}

// opOf returns the op of the pointer-free type t, or opInvalid if gob has no form for it.
func opOf(t reflect.Type) op {
	switch t.Kind() {
	case reflect.Bool:
		return opBool
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return opInt
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64,
		reflect.Uintptr:
		return opUint
	case reflect.Float32, reflect.Float64:
		return opFloat
	case reflect.Complex64, reflect.Complex128:
		return opComplex
	case reflect.String:
		return opString
	case reflect.Slice:
		if t.Elem().Kind() == reflect.Uint8 {
			return opBytes
		}
		return opSlice
	case reflect.Struct:
		return opStruct
	case reflect.Array:
		return opArray
	case reflect.Map:
		return opMap
	case reflect.Interface:
		return opInterface
	}
	return opInvalid
}

// base follows t's pointers; indir is how many there were. A type that is nothing but a ring of
// pointers (type P *P) is an error.
func base(t reflect.Type) (b reflect.Type, indir int, err error) {
	for b = t; b.Kind() == reflect.Pointer; b = b.Elem() {
		if indir++; indir > maxPointers {
			return nil, 0, fmt.Errorf("type %s points to itself", t)
		}
	}
	return b, indir, nil
}

// method says how a type encodes or decodes itself, if it does.
type method uint8

const (
	noMethod method = iota
	gobMethod
	binaryMethod
)

// findMethod looks for the first of two interfaces that t, what t points to, or a pointer to t
// implements. indir is the number of pointers to follow to get at the receiver; -1 means that
// its address has to be taken.
func findMethod(t, gobIface, binaryIface reflect.Type) (m method, indir int) {
	for i, iface := range []reflect.Type{gobIface, binaryIface} {
		indir := 0
		for r := t; ; r = r.Elem() {
			if r.Implements(iface) {
				return gobMethod + method(i), indir
			}
			if r.Kind() != reflect.Pointer || indir > maxPointers {
				break
			}
			indir++
		}
		if t.Kind() != reflect.Pointer && reflect.PointerTo(t).Implements(iface) {
			return gobMethod + method(i), -1
		}
	}
	return noMethod, 0
}

func encodeMethod(t reflect.Type) (method, int) {
	return findMethod(t, reflect.TypeFor[gob.GobEncoder](),
		reflect.TypeFor[encoding.BinaryMarshaler]())
}

func decodeMethod(t reflect.Type) (method, int) {
	return findMethod(t, reflect.TypeFor[gob.GobDecoder](),
		reflect.TypeFor[encoding.BinaryUnmarshaler]())
}

// isSent reports whether gob sends a field: the others are dropped without a word.
func isSent(f *reflect.StructField) bool {
	return f.IsExported() && !isChanOrFunc(f.Type)
}

func isChanOrFunc(t reflect.Type) bool {
	for range maxPointers {
		if t.Kind() != reflect.Pointer {
			break
		}
		t = t.Elem()
	}
	return t.Kind() == reflect.Chan || t.Kind() == reflect.Func
}
