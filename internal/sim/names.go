package sim

import (
	"bytes"
	"debug/gosym"
	"regexp"
	"slices"
)

// bounded matches the names of functions whose loops need not count: those of Go's runtime end by themselves, and are
// most of what a peer does; those of the lab and the student's count in package meter, or end by themselves.
var bounded = regexp.MustCompile(`^(runtime|internal/runtime|internal/sync|sync|raftlab)[/.]`)

// boundedFunctions says which functions of the code section are bounded, by the table that Go's runtime keeps of them all,
// in the order of the section. Where that is not found none is.
func boundedFunctions(memory []byte, functions int) func(function int) bool {
	magic := []byte{0xf1, 0xff, 0xff, 0xff, 0, 0, 1, 8} // since Go 1.20: no padding, an instruction is 1 byte, a pointer 8
	none := func(int) bool { return false }
	at := bytes.Index(memory, magic)
	if at < 0 {
		return none
	}
	table, err := gosym.NewTable(nil, gosym.NewLineTable(memory[at:], 0))
	if err != nil || len(table.Funcs) != functions {
		return none
	}
	return func(function int) bool { return bounded.MatchString(table.Funcs[function].Name) }
}

// memoryOf returns the memory that a program begins with, as far as it can be read: its data section is segments, each
// with where it goes.
func memoryOf(sections []section) (memory []byte) {
	at := slices.IndexFunc(sections, func(s section) bool { return s.id == dataSection })
	if at < 0 {
		return nil
	}
	count, rest, ok := number(sections[at].body)
	for range count {
		var to uint64
		if !ok || len(rest) < 2 || rest[0] != 0 || rest[1] != opI32Const {
			break
		}
		if to, rest, ok = number(rest[2:]); !ok || len(rest) == 0 || rest[0] != opEnd {
			break
		}
		var data []byte
		const most = 1 << 28
		if data, rest, ok = text(rest[1:]); !ok || to+uint64(len(data)) > most {
			break
		}
		if missing := int(to) + len(data) - len(memory); missing > 0 {
			memory = append(memory, make([]byte, missing)...)
		}
		copy(memory[to:], data)
	}
	return memory
}
