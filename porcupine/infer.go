package porcupine

import (
	"reflect"
	"strings"
)

// infer guesses what Access would say, for a model that has none, by trying each operation on the
// first state and on one that an operation leads to. A read is illegal on both, as a rule; the
// value it needs is looked for in its output. It returns nil if an operation does not behave like
// any kind of access.
//
// A guess decides nothing by itself: an order found with it counts when Step allows it, and that
// there is none counts when proven has shown the guess right. class is that of each operation.
func infer(m *Model, p *part, class []int32, b *budget) (access []Access) {
	g := &guesser{m: m, b: b, init: m.Init()}
	if !isComparable(g.init) {
		return nil
	}
	known := map[int32]Access{}
	for i := range p.history {
		legal, next := g.step(g.init, &p.history[i])
		if legal && isComparable(next) && next != g.init {
			g.other = next
			break
		}
	}
	if g.other == nil {
		return nil
	}
	access = make([]Access, len(p.history))
	for i := range p.history {
		if b.halted.Load() {
			return nil
		}
		a, ok := known[class[i]]
		if !ok {
			a = g.guess(&p.history[i])
			known[class[i]] = a
		}
		if a.Kind == AccessOther {
			return nil
		}
		access[i] = a
	}
	return access
}

// guesser tries operations.
type guesser struct {
	m     *Model
	b     *budget
	init  any
	other any // a state that can be reached
}

// step is Step on a state that the system may never be in; a panic there means nothing.
func (g *guesser) step(state any, op *Operation) (legal bool, next any) {
	defer func() {
		if recover() != nil {
			legal = false
		}
	}()
	legal, next = g.m.StepContext(g.b.ctx, state, op.Input, op.Output)
	if legal && !isComparable(next) {
		return false, nil
	}
	return legal, next
}

func (g *guesser) guess(op *Operation) Access {
	legal, next := g.step(g.init, op)
	legal2, next2 := g.step(g.other, op)
	switch {
	case legal && legal2 && next == next2:
		return Access{Kind: AccessWrite, Value: next}
	case legal && legal2 && next == g.init && next2 == g.other:
		return Access{Kind: AccessNothing}
	case legal && legal2:
		return g.append(next, next2)
	case legal && next == g.init:
		return Access{Kind: AccessRead, Value: g.init}
	case legal:
		return Access{Kind: AccessUpdate, From: g.init, Value: next}
	}
	for _, value := range g.valuesIn(reflect.ValueOf(op.Output), reflect.ValueOf(op.Input)) {
		if legal, next := g.step(value, op); legal && next == value {
			return Access{Kind: AccessRead, Value: value}
		} else if legal {
			return Access{Kind: AccessUpdate, From: value, Value: next}
		}
	}
	return Access{}
}

// append is an access that adds the same text to both states, if that is what made next and next2
// of them.
func (g *guesser) append(next, next2 any) Access {
	before, ok1 := g.init.(string)
	before2, ok2 := g.other.(string)
	after, ok3 := next.(string)
	after2, ok4 := next2.(string)
	if !ok1 || !ok2 || !ok3 || !ok4 {
		return Access{}
	}
	added, ok1 := strings.CutPrefix(after, before)
	added2, ok2 := strings.CutPrefix(after2, before2)
	if !ok1 || !ok2 || added != added2 {
		return Access{}
	}
	return Access{Kind: AccessAppend, Value: added}
}

// valuesIn returns what is found in vs, or in their fields, of the type that states have.
func (g *guesser) valuesIn(vs ...reflect.Value) []any {
	want := reflect.TypeOf(g.other)
	var values []any
	var look func(v reflect.Value, depth int)
	look = func(v reflect.Value, depth int) {
		if !v.IsValid() {
			return
		}
		if v.Type() == want {
			copied := reflect.New(want).Elem()
			if plainCopy(copied, v) {
				values = append(values, copied.Interface())
			}
			return
		}
		switch v.Kind() {
		case reflect.Struct:
			for i := 0; i < v.NumField() && depth < 3; i++ {
				look(v.Field(i), depth+1)
			}
		case reflect.Interface, reflect.Pointer:
			if !v.IsNil() && depth < 3 {
				look(v.Elem(), depth+1)
			}
		}
	}
	for _, v := range vs {
		look(v, 0)
	}
	return values
}

// plainCopy copies a plain value, also out of a field that is not exported.
func plainCopy(to, from reflect.Value) bool {
	switch from.Kind() {
	case reflect.String:
		to.SetString(from.String())
	case reflect.Bool:
		to.SetBool(from.Bool())
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		to.SetInt(from.Int())
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		to.SetUint(from.Uint())
	default:
		if !from.CanInterface() {
			return false
		}
		to.Set(from)
	}
	return true
}
