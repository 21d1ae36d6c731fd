package state

// Kind is what a command does.
type Kind uint8

// The kinds of commands. Reads are none of them: they need no place in the log. A command of any other kind
// is executed as NoOp is, so that replicas stay equal whatever they are given.
const (
	NoOp   Kind = iota // nothing; it is no client's, and has no session
	Put                // makes Value the value of Key
	Append             // adds Value at the end of the value of Key; a missing key is like ""
)

// ClientID names a client. Each client draws its own at random, once.
type ClientID uint64

// Command is an entry of the log as the machine understands it.
type Command struct {
	Kind   Kind
	Client ClientID
	Number uint64 // among the commands of Client, from 1
	Key    string
	Value  string
}

// IsWrite reports whether a client may ask for c: a put or an append with a number.
func (c Command) IsWrite() bool {
	return (c.Kind == Put || c.Kind == Append) && c.Number > 0
}

// Reply is the answer to a command.
type Reply struct {
	Existed bool // the key had a value before
}

// session is what the machine knows of a client.
type session struct {
	last  uint64 // number of the last command executed, 1 or more
	reply Reply  // to that command
}
