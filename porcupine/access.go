package porcupine

// AccessKind says what an operation does to a state that is a plain value.
type AccessKind uint8

// The kinds of access. A model whose states are plain values and whose operations are all of these
// kinds (but for the last two) is judged in O(n log n) as long as each value names the write it
// comes from; see the package comment. Otherwise they guide the search.
const (
	// AccessOther is anything else. One such operation sends its partition to the search.
	AccessOther AccessKind = iota
	// AccessNothing is legal in every state and leaves it: a read whose answer is unknown.
	AccessNothing
	// AccessRead is legal if the state is Value, and leaves it.
	AccessRead
	// AccessWrite is legal in every state, and makes it Value.
	AccessWrite
	// AccessUpdate is legal if the state is From, and makes it Value: a compare-and-set that
	// succeeded.
	AccessUpdate
	// AccessAppend is legal in every state, which is a string, and adds the string Value at its
	// end.
	AccessAppend
	// AccessUnequal is legal if the state is not From, and leaves it: a compare-and-set that was
	// refused. Where there is one, the search decides, with what Access says as its guide.
	AccessUnequal
	// AccessTry is legal in every state, makes it Value if it is From, and else leaves it: a
	// compare-and-set whose answer is unknown. The search decides, as above.
	AccessTry
)

// Access is what Model.Access says of an operation. Values are compared with ==, with each other
// and with what Model.Init returns, so they must be comparable and of the states' type.
//
// Access must agree with Step. The checker replays each order it finds through Step, and searches
// if Step refuses it; a wrong Access can therefore not make an illegal history pass.
type Access struct {
	Kind  AccessKind
	Value any
	From  any // AccessUpdate, AccessUnequal and AccessTry only
}

// writes reports whether an operation of this kind may change the state.
func (k AccessKind) writes() bool {
	return k == AccessWrite || k == AccessUpdate || k == AccessAppend || k == AccessTry ||
		k == AccessOther
}
