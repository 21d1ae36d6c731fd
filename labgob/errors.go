package labgob

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
)

// fault is an error inside a value and the path that leads there, innermost step first.
type fault struct {
	path []string
	err  error
}

func (f *fault) Error() string {
	if len(f.path) == 0 {
		return f.err.Error()
	}
	var b strings.Builder
	b.WriteString("field ")
	for i := len(f.path) - 1; i >= 0; i-- {
		step := f.path[i]
		if i == len(f.path)-1 {
			step = strings.TrimPrefix(step, ".")
		}
		b.WriteString(step)
	}
	return b.String() + ": " + f.err.Error()
}

func (f *fault) Unwrap() error { return f.err }

// within returns err as something that happened one step (".Field" or "[]") further inside.
func within(err error, step string) error {
	f, ok := err.(*fault)
	if !ok {
		f = &fault{err: err}
	}
	const enough = 20 // a value nested without end would name a path without end
	if len(f.path) < enough {
		f.path = append(f.path, step)
	} else if len(f.path) == enough {
		f.path = append(f.path, "…")
	}
	return f
}

func typeName(t reflect.Type) string {
	if t == nil {
		return "nil"
	}
	return t.String()
}

func failed(operation string, t reflect.Type, err error) error {
	return fmt.Errorf("labgob: %s %s: %w", operation, typeName(t), err)
}

// fromPanic is the error for a panic p out of a type's own methods, or out of a value that
// another goroutine changed meanwhile.
func fromPanic(p any) error {
	if err, ok := p.(error); ok {
		return fmt.Errorf("panic: %w", err)
	}
	return fmt.Errorf("panic: %v", p)
}

var (
	errCut   = errors.New("the message is cut short")
	errDepth = fmt.Errorf("nested more than %d deep: does it contain itself?", maxDepth)
)

// notSent is the error for a type that gob has no form for.
func notSent(t reflect.Type) error {
	return fmt.Errorf("gob cannot carry a %s", t)
}

// notRegistered is the error for a concrete type met in an interface.
func notRegistered(t reflect.Type) error {
	return fmt.Errorf("type %s is not registered; call labgob.Register(%s)", t, literal(t))
}

// literal returns Go source for some value of type t.
func literal(t reflect.Type) string {
	switch t.Kind() {
	case reflect.Struct, reflect.Slice, reflect.Array, reflect.Map:
		return t.String() + "{}"
	case reflect.String:
		return t.String() + `("")`
	case reflect.Bool:
		return t.String() + "(false)"
	case reflect.Pointer:
		return "(" + t.String() + ")(nil)"
	case reflect.Chan, reflect.Func, reflect.UnsafePointer, reflect.Interface:
		return "…"
	}
	return t.String() + "(0)"
}
