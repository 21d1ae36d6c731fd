package sim

import (
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
)

// errBinary says that a program is not the WebAssembly that Go's linker writes.
var errBinary = errors.New("sim: read the program: it is no WebAssembly module as Go's linker writes it")

// The sections of a WebAssembly module that matter here.
const (
	importSection = 2
	globalSection = 6
	exportSection = 7
	codeSection   = 10
	dataSection   = 11
)

// section is a part of a module.
type section struct {
	id   byte
	body []byte
}

// globalName is the name under which a program's i-th global is exported.
func globalName(i int) string { return fmt.Sprint("global ", i) }

// prepare returns the module as it is compiled: its loops count their turns (countTurns), and all globals are exported
// under their globalName. It also returns how many those are. Go keeps its registers there, the stack pointer for one;
// with the memory they are all of a program's state while none of its functions runs.
func prepare(module []byte) ([]byte, int, error) {
	const header = 8 // magic and version
	sections, err := split(module, header)
	if err != nil {
		return nil, 0, err
	}
	globals, yield := -1, -1
	memory := memoryOf(sections)
	for i := range sections {
		s := &sections[i]
		switch s.id { // sections come in the order of their numbers
		case importSection:
			if yield, err = importOf(s.body, wasiModule, yieldName); err != nil {
				return nil, 0, err
			}
		case globalSection:
			count, rest, ok := number(s.body)
			if !ok {
				return nil, 0, errBinary
			}
			s.body = append(append(binary.AppendUvarint(nil, count+1), rest...), turnsGlobal()...)
			globals = int(count) + 1
		case exportSection:
			if s.body, err = exportGlobals(s.body, globals); err != nil {
				return nil, 0, err
			}
		case codeSection:
			if yield < 0 || globals < 0 {
				continue // it cannot say so
			}
			if s.body, err = countTurns(s.body, uint64(globals-1), uint64(yield), memory); err != nil {
				return nil, 0, err
			}
		}
	}
	if globals < 0 {
		return nil, 0, errBinary
	}
	out := slices.Clone(module[:header])
	for _, s := range sections {
		out = append(binary.AppendUvarint(append(out, s.id), uint64(len(s.body))), s.body...)
	}
	return out, globals, nil
}

// split takes a module apart.
func split(module []byte, header int) (sections []section, err error) {
	if len(module) < header || string(module[:4]) != "\x00asm" {
		return nil, errBinary
	}
	for rest := module[header:]; len(rest) > 0; {
		size, body, ok := number(rest[1:])
		if !ok || size > uint64(len(body)) {
			return nil, errBinary
		}
		sections = append(sections, section{rest[0], body[:size:size]})
		rest = body[size:]
	}
	return sections, nil
}

// number returns the unsigned number at the head of b, and what follows.
func number(b []byte) (n uint64, rest []byte, ok bool) {
	n, size := binary.Uvarint(b)
	if size <= 0 {
		return 0, nil, false
	}
	return n, b[size:], true
}

// text returns the counted bytes at the head of b, and what follows.
func text(b []byte) (s, rest []byte, ok bool) {
	n, rest, ok := number(b)
	if !ok || n > uint64(len(rest)) {
		return nil, nil, false
	}
	return rest[:n], rest[n:], true
}

// importOf returns the number of an imported function, -1 if the program does not import it. Go imports nothing but
// functions.
func importOf(body []byte, module, name string) (int, error) {
	count, rest, ok := number(body)
	if !ok {
		return -1, errBinary
	}
	found := -1
	for i := range int(count) {
		var from, as []byte
		if from, rest, ok = text(rest); ok {
			as, rest, ok = text(rest)
		}
		if !ok || len(rest) == 0 || rest[0] != 0 { // 0: a function
			return -1, errBinary
		}
		if _, rest, ok = number(rest[1:]); !ok { // its type
			return -1, errBinary
		}
		if string(from) == module && string(as) == name {
			found = i
		}
	}
	return found, nil
}

// exportGlobals adds so many globals to the exports.
func exportGlobals(body []byte, globals int) ([]byte, error) {
	count, rest, ok := number(body)
	if !ok || globals < 0 {
		return nil, errBinary
	}
	out := append(binary.AppendUvarint(nil, count+uint64(globals)), rest...)
	for i := range globals {
		const isGlobal = 3
		name := globalName(i)
		out = append(append(append(out, byte(len(name))), name...), isGlobal)
		out = binary.AppendUvarint(out, uint64(i))
	}
	return out, nil
}
