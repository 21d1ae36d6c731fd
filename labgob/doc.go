// Package labgob turns the messages and the saved state of a lab into bytes and back. It is
// encoding/gob with two differences: it warns of what gob silently drops, and it does not compile
// types again for each message.
//
// # Use
//
// [NewEncoder] and [NewDecoder] work on a stream of values, as those of gob do; a Raft server
// saves its state so:
//
//	w := new(bytes.Buffer)
//	e := labgob.NewEncoder(w)
//	e.Encode(rf.currentTerm)
//	e.Encode(rf.votedFor)
//	e.Encode(rf.log)
//
// [Marshal] and [Unmarshal] do the same for a single value that is a stream of its own, which is
// a little faster and notices bytes left over.
//
// Only exported fields travel. A value in an interface (the command in a log entry) travels with
// the name of its concrete type, which both ends must have registered, unless it is one of Go's
// basic types: labgob.Register(Op{}).
//
// # The bytes
//
// The bytes are a gob stream: any decoder of encoding/gob reads them, in this process or another,
// and this package reads what any encoder of encoding/gob wrote. A stream holds the definition of
// each type once, in front of the first value that needs it. For that reason one value after
// another on one stream takes fewer bytes than each on its own; and a decoder must be given
// a stream from its beginning.
//
// The bytes depend on the values and their order in the stream, and on nothing else: not on the
// process, what it encoded before, or the order in which Go walks maps. (gob numbers types as
// a process meets them, so that its byte counts vary a little from run to run.)
//
// # Warnings
//
// Each of these is reported once for each type, on standard error through package log, and
// counted by [Warnings]:
//
//   - a struct has fields with lower-case names, or channels or functions: gob drops them;
//   - Decode is given a variable that holds something already. gob leaves out what is zero, so
//     that a reply {Ok: false} decoded over {Ok: true} still says true. Give Decode a new
//     variable each time.
//
// # Errors
//
// What gob cannot carry is an error that names the type and the path to the field:
//
//	labgob: encode raft.AppendEntriesArgs: field Entries[].Command: type kvraft.Op is not
//	registered; call labgob.Register(kvraft.Op{})
//
// Bytes that are damaged or cut, or made to do harm, are an error too. Memory is reserved in
// proportion to the bytes that are there, not to what they claim; nesting beyond 10,000 levels
// is refused in both directions, and so is a stream that defines more than 1,024 types.
//
// # Speed
//
// A fresh gob encoder sends, and a fresh decoder compiles, all types of a message: most of the
// cost of the classic lab's messages. Here streams share what they have in common. The encoder's
// side remembers, for each set of types that a stream may have defined, what the definition of
// the next one looks like; the decoder's side remembers what each run of definitions compiled
// to, with those definitions, byte for byte, as the key. Both memories are bounded.
//
// What is registered with encoding/gob alone, and not here, works but for one case: a value in
// an interface whose type is neither basic nor a struct, in a process that has not encoded one.
package labgob
