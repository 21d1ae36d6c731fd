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
	globalSection = 6
	exportSection = 7
)

// globalName is the name under which a program's i-th global is exported.
func globalName(i int) string { return fmt.Sprint("global ", i) }

// exportGlobals returns the module with all of its globals exported under their globalName, and how many there
// are. Go keeps its registers there, the stack pointer for one; with the memory they are all of a program's
// state while none of its functions runs.
func exportGlobals(module []byte) ([]byte, int, error) {
	const header = 8 // magic and version
	if len(module) < header || string(module[:4]) != "\x00asm" {
		return nil, 0, errBinary
	}
	out := slices.Clone(module[:header])
	globals := -1
	for rest := module[header:]; len(rest) > 0; {
		id := rest[0]
		size, n := binary.Uvarint(rest[1:])
		if n <= 0 || size > uint64(len(rest)-1-n) {
			return nil, 0, errBinary
		}
		body := rest[1+n : 1+n+int(size)]
		rest = rest[1+n+int(size):]
		switch id {
		case globalSection:
			count, n := binary.Uvarint(body)
			if n <= 0 {
				return nil, 0, errBinary
			}
			globals = int(count)
		case exportSection:
			if globals < 0 { // sections come in the order of their numbers
				return nil, 0, errBinary
			}
			count, n := binary.Uvarint(body)
			if n <= 0 {
				return nil, 0, errBinary
			}
			body = append(binary.AppendUvarint(nil, count+uint64(globals)), body[n:]...)
			for i := range globals {
				const isGlobal = 3
				name := globalName(i)
				body = append(append(append(body, byte(len(name))), name...), isGlobal)
				body = binary.AppendUvarint(body, uint64(i))
			}
		}
		out = append(binary.AppendUvarint(append(out, id), uint64(len(body))), body...)
	}
	if globals < 0 {
		return nil, 0, errBinary
	}
	return out, globals, nil
}
