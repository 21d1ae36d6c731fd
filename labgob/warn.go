package labgob

import (
	"fmt"
	"log"
	"reflect"
	"strings"
	"sync"
)

// warner passes each warning on once for each type.
type warner struct {
	mu    sync.Mutex
	said  map[subject]bool
	count int
	sink  func(text string)
}

// subject is what a warning is about.
type subject struct {
	kind string // what is wrong with the type
	t    reflect.Type
}

// warnings is where every warning of this package goes; tests replace its sink.
var warnings = &warner{
	said: map[subject]bool{},
	sink: func(text string) { log.Print(text) },
}

// about issues the warning unless one with the same subject has been issued.
func (w *warner) about(s subject, text string) {
	w.mu.Lock()
	known := w.said[s]
	w.said[s] = true
	if !known {
		w.count++
	}
	sink := w.sink
	w.mu.Unlock()
	if !known {
		sink(text)
	}
}

// Warnings returns how many warnings this process has issued.
func Warnings() int {
	warnings.mu.Lock()
	defer warnings.mu.Unlock()
	return warnings.count
}

// inspected holds the types whose fields have been looked at. Its size is bounded by the types
// of the program.
var inspected sync.Map // reflect.Type → struct{}

// inspect warns of the fields that gob would drop from t and from the types t is made of.
func inspect(t reflect.Type) {
	if _, seen := inspected.LoadOrStore(t, struct{}{}); seen {
		return
	}
	if m, _ := encodeMethod(t); m != noMethod {
		return
	}
	switch t.Kind() {
	case reflect.Map:
		inspect(t.Key())
		inspect(t.Elem())
	case reflect.Pointer, reflect.Slice, reflect.Array:
		inspect(t.Elem())
	case reflect.Struct:
		inspectStruct(t)
	}
}

func inspectStruct(t reflect.Type) {
	var lower, idle []string
	for i := range t.NumField() {
		f := t.Field(i)
		switch {
		case f.Name == "_":
		case !f.IsExported():
			lower = append(lower, f.Name)
		case !isSent(&f):
			idle = append(idle, f.Name)
		default:
			inspect(f.Type)
		}
	}
	if len(lower) > 0 {
		warnings.about(subject{"lower", t}, fmt.Sprintf("labgob: warning: %s: gob drops fields "+
			"with lower-case names: %s; capitalise what RPCs and saved state must carry",
			t, strings.Join(lower, ", ")))
	}
	if len(idle) > 0 {
		warnings.about(subject{"idle", t}, fmt.Sprintf("labgob: warning: %s: gob drops channels "+
			"and functions: %s", t, strings.Join(idle, ", ")))
	}
}

// checkTarget warns if what the pointer v points to holds a value already. The look is cheap for
// a zero value and goes no deeper than structs in structs in structs.
func checkTarget(v reflect.Value) {
	if v.Kind() != reflect.Pointer || v.IsNil() || v.Elem().IsZero() {
		return
	}
	path, found := nonDefault(v, 0)
	if !found {
		return
	}
	where := v.Type().String()
	if path != "" {
		where += ", field " + path[1:] + ","
	}
	warnings.about(subject{"target", v.Type().Elem()}, fmt.Sprintf("labgob: warning: decoding "+
		"into a %s that holds a value already; gob leaves in place what is zero in the message: "+
		"decode into a new variable", where))
}

func nonDefault(v reflect.Value, depth int) (path string, found bool) {
	switch v.Kind() {
	case reflect.Pointer:
		if v.IsNil() || depth > 3 {
			return "", false
		}
		return nonDefault(v.Elem(), depth+1)
	case reflect.Slice, reflect.Map:
		return "", v.Len() > 0
	case reflect.Chan, reflect.Func, reflect.UnsafePointer:
		return "", false
	case reflect.Struct:
		if m, _ := decodeMethod(v.Type()); m != noMethod {
			return "", !v.IsZero()
		}
		if depth > 3 {
			return "", false
		}
		for i := range v.NumField() {
			f := v.Type().Field(i)
			if !isSent(&f) {
				continue
			}
			if path, found := nonDefault(v.Field(i), depth+1); found {
				return "." + f.Name + path, true
			}
		}
		return "", false
	}
	return "", !v.IsZero()
}
