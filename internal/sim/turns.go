package sim

import "encoding/binary"

// Code that package build has not instrumented, the standard library's, has loops too, and one that goes on for hours would
// hold up its simulation for as long, and soon the whole process: while compiled code runs without a call to the host,
// Go's garbage collector waits for it. So the loops of such code count their turns in a global of the program's, and when
// that has run down they call the host, which charges the peer for them. (wazero's WithCloseOnContextDone, which looks at
// every turn whether the program is to be stopped, takes two and a half times as long for everything.)

// turnsEach is after how many turns of loops a program calls the host.
const turnsEach = 1 << 20

// yieldName is the system call by which it does. Go's runtime never makes it where there is only one thread.
const yieldName = "sched_yield"

// Instructions of WebAssembly.
const (
	opBlock     = 0x02
	opLoop      = 0x03
	opIf        = 0x04
	opEnd       = 0x0b
	opBrTable   = 0x0e
	opCall      = 0x10
	opDrop      = 0x1a
	opSelect    = 0x1c
	opGlobalGet = 0x23
	opGlobalSet = 0x24
	opI32Const  = 0x41
	opI64Const  = 0x42
	opF32Const  = 0x43
	opF64Const  = 0x44
	opI32Eqz    = 0x45
	opI32Sub    = 0x6b
	opRefNull   = 0xd0
	opRefFunc   = 0xd2
	opMore      = 0xfc // what follows says which

	typeI32   = 0x7f
	typeEmpty = 0x40
)

// turnsGlobal is the definition of the global: a variable number, turnsEach at first.
func turnsGlobal() []byte {
	return append(append([]byte{typeI32, 1, opI32Const}, signed(turnsEach)...), opEnd)
}

// signed is a number that is not negative as WebAssembly writes signed ones (LEB128).
func signed(n uint32) []byte {
	var b []byte
	for ; n >= 0x40; n >>= 7 {
		b = append(b, byte(n)|0x80)
	}
	return append(b, byte(n))
}

// countTurns returns the code section with a count at the head of each loop, but for the functions that are bounded.
func countTurns(body []byte, global, yield uint64, memory []byte) ([]byte, error) {
	count := counting(global, yield)
	functions, rest, ok := number(body)
	if !ok || functions > uint64(len(body)) {
		return nil, errBinary
	}
	spared := boundedFunctions(memory, int(functions))
	out := binary.AppendUvarint(make([]byte, 0, len(body)+len(body)/8), functions)
	var with []byte
	for i := range int(functions) {
		var code []byte
		if code, rest, ok = text(rest); !ok {
			return nil, errBinary
		}
		if !spared(i) {
			if with, ok = countIn(with[:0], code, count); !ok {
				return nil, errBinary
			}
			code = with
		}
		out = append(binary.AppendUvarint(out, uint64(len(code))), code...)
	}
	return out, nil
}

// counting is what is put into a loop: turns--; if turns == 0 { turns = turnsEach; sched_yield() }.
func counting(global, yield uint64) []byte {
	get := binary.AppendUvarint([]byte{opGlobalGet}, global)
	set := binary.AppendUvarint([]byte{opGlobalSet}, global)
	var c []byte
	c = append(append(append(c, get...), opI32Const, 1, opI32Sub), set...)
	c = append(append(c, get...), opI32Eqz, opIf, typeEmpty, opI32Const)
	c = append(append(append(c, signed(turnsEach)...), set...), opCall)
	return append(binary.AppendUvarint(c, yield), opDrop, opEnd)
}

// countIn appends a function's code to out, with count in its loops.
func countIn(out, code, count []byte) (_ []byte, ok bool) {
	groups, rest, ok := number(code)
	for range groups { // of local variables: how many, of which type
		if _, rest, ok = number(rest); !ok || len(rest) == 0 {
			return nil, false
		}
		rest = rest[1:]
	}
	for copied := code; ; {
		if len(rest) == 0 {
			return append(out, copied...), ok
		}
		op := rest[0]
		if rest, ok = skip(rest); !ok {
			return nil, false
		}
		if op == opLoop {
			done := len(copied) - len(rest)
			out = append(append(out, copied[:done]...), count...)
			copied = rest
		}
	}
}

// skip returns what follows the instruction at the head of code.
func skip(code []byte) (rest []byte, ok bool) {
	op := code[0]
	operands, width := 0, 0 // numbers, then bytes
	switch rest = code[1:]; {
	case op == opBrTable || op == opSelect:
		n, after, ok := number(rest)
		if !ok || n > uint64(len(after)) {
			return nil, false
		}
		if rest, operands = after, int(n); op == opBrTable {
			operands++ // the default
		}
	case op == opF32Const:
		width = 4
	case op == opF64Const:
		width = 8
	case op == opMore:
		return skipMore(rest)
	case op >= 0x28 && op <= 0x3e, op == 0x11: // memory; an indirect call
		operands = 2
	case op == opBlock || op == opLoop || op == opIf || op == 0x0c || op == 0x0d || op == opCall,
		op >= 0x20 && op <= 0x26, op >= 0x3f && op <= opI64Const, op == opRefNull, op == opRefFunc:
		operands = 1
	case op > 0xc4, op >= 0x06 && op <= 0x0a, op >= 0x12 && op <= 0x19:
		return nil, false
	}
	return skipOperands(rest, operands, width)
}

// skipMore is skip for the instructions of two numbers.
func skipMore(code []byte) (rest []byte, ok bool) {
	which, rest, ok := number(code)
	operands := 0
	switch {
	case !ok || which > 17:
		return nil, false
	case which == 8 || which == 10 || which == 12 || which == 14:
		operands = 2
	case which >= 8:
		operands = 1
	}
	return skipOperands(rest, operands, 0)
}

func skipOperands(code []byte, numbers, width int) (rest []byte, ok bool) {
	for range numbers {
		n := 0
		for n < len(code) && code[n] >= 0x80 { // signed or not, the last byte of a number is below that
			n++
		}
		if n == len(code) {
			return nil, false
		}
		code = code[n+1:]
	}
	if width > len(code) {
		return nil, false
	}
	return code[width:], true
}
