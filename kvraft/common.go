package kvraft

// BEGIN SOLUTION

import "raftlab/kvraft/state"

// END SOLUTION

// Err says what became of a request.
type Err string

// The values of Err. The zero value is never sent: it stands for no answer.
const (
	OK             Err = "OK"
	ErrNoKey       Err = "ErrNoKey"       // the key has no value
	ErrWrongLeader Err = "ErrWrongLeader" // not done here, or not known to be: ask another server
	// BEGIN SOLUTION
	ErrNoWrite    Err = "ErrNoWrite"    // the command is not one that a client may send
	ErrSuperseded Err = "ErrSuperseded" // the client has sent a later write, and waits for this one no more
	// END SOLUTION
)

// GetArgs asks for the value of a key.
type GetArgs struct {
	Key string
}

// GetReply answers GetArgs; Value is the value if Err is OK.
type GetReply struct {
	Err   Err
	Value string
}

// PutAppendArgs asks for a write. A repetition has the client and the number of the original.
type PutAppendArgs struct {
	// BEGIN SOLUTION
	// BEGIN PROMPT
	// Op    string // "Put" or "Append"
	// Key   string
	// Value string
	// // Your fields here (3A).
	// END PROMPT
	Command state.Command
	// END SOLUTION
}

// PutAppendReply answers PutAppendArgs: the write was executed, this time or before, if Err is OK.
type PutAppendReply struct {
	Err Err
}
