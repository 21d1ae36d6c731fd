package state

import (
	"errors"
	"maps"
)

// Errors of Apply. After either the machine is as it was, but for the index after ErrSuperseded.
var (
	ErrSuperseded = errors.New("state: apply: the client has had a later command executed, and waits for this no more")
	ErrApplied    = errors.New("state: apply: the index was applied before; go on with the one after Applied")
)

// Machine is the replicated machine. It is used by one goroutine at a time.
type Machine struct {
	store Store
	// Invariant: it never falls, and equals the index of the last command applied or snapshot restored.
	applied  uint64
	sessions map[ClientID]session
}

// New returns a machine that has applied nothing. The store must be empty, and is the machine's from now on.
func New(store Store) *Machine {
	return &Machine{store: store, sessions: map[ClientID]session{}}
}

// Applied returns the index of the last command applied, or of the snapshot restored if that is later; 0 if
// there was neither.
func (m *Machine) Applied() uint64 { return m.applied }

// Get returns the value of key, and whether it has one.
func (m *Machine) Get(key string) (value string, ok bool) { return m.store.Get(key) }

// Executed returns the reply to a client's command if it has been executed and is the client's last. The error is
// ErrSuperseded if a later one of the client has been executed.
func (m *Machine) Executed(client ClientID, number uint64) (reply Reply, yes bool, err error) {
	s := m.sessions[client]
	switch {
	case number > s.last || number == 0:
		return Reply{}, false, nil
	case number < s.last:
		return Reply{}, false, ErrSuperseded
	}
	return s.reply, true, nil
}

// Apply carries out the committed command c, which has that index in the log, unless it was carried out before:
// then it returns the reply it gave then. Indexes rise from call to call; gaps are the driver's own
// entries. Errors: ErrSuperseded; ErrApplied.
func (m *Machine) Apply(index uint64, c Command) (Reply, error) {
	if index <= m.applied {
		return Reply{}, ErrApplied
	}
	m.applied = index
	if c.Kind != Put && c.Kind != Append {
		return Reply{}, nil
	}
	if reply, yes, err := m.Executed(c.Client, c.Number); yes || err != nil {
		return reply, err
	}
	old, existed := m.store.Get(c.Key)
	if c.Kind == Append {
		c.Value = old + c.Value
	}
	m.store.Put(c.Key, c.Value)
	reply := Reply{Existed: existed}
	if c.Number > 0 { // 0 is no number: such a command has no session to be repeated in
		m.sessions[c.Client] = session{c.Number, reply}
	}
	return reply, nil
}

// Frozen is a machine's state at one instant. It may be encoded by any goroutine while the machine goes on.
type Frozen struct {
	index    uint64
	sessions map[ClientID]session
	content  View
}

// Freeze returns the state as it is now.
func (m *Machine) Freeze() Frozen {
	return Frozen{m.applied, maps.Clone(m.sessions), m.store.Freeze()}
}

// Index returns the index of the last command that the state includes.
func (f Frozen) Index() uint64 { return f.index }
