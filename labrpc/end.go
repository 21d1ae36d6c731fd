package labrpc

import (
	"fmt"
	"reflect"

	"raftlab/labgob"
)

// ClientEnd is where calls are made from: one end of a link to a server. It is safe for concurrent
// use.
type ClientEnd struct {
	network *Network
	name    any
	carrier Carrier // if not nil, instead of network
}

// Carrier takes calls to their server where there is no Network in this process: a program of its own
// holds the peer, and another one the network.
type Carrier interface {
	// Exchange sends one request and blocks until it is known what became of it. It returns the reply, or
	// false if none will come. The request is its own; it may be called from many goroutines at once.
	Exchange(svcMeth string, request []byte) (reply []byte, ok bool)
	// Misuse is told of programming errors, as Options.Misuse is.
	Misuse(error)
}

// NewEnd returns an end whose calls the carrier takes to their server.
func NewEnd(carrier Carrier) *ClientEnd { return &ClientEnd{carrier: carrier} }

// Call calls the method named "Service.Method" of the server that the end is connected to, with a
// copy of args, and waits. It returns true once the reply has been copied to *reply. It returns
// false if it got no reply: the request or the reply was lost, the end is disabled, unconnected or
// cut, the server is not there or was deleted meanwhile, or the network is closed. False says
// nothing about whether the handler ran. A Call need not ever return if its handler does not: there
// is no other time-out.
//
// args may be a value or a pointer to it; reply must be a pointer to a variable that is at its zero
// value (labgob warns of others). Both belong to the caller again when Call returns. Mistakes in
// the three are misuse: see the package comment.
func (e *ClientEnd) Call(svcMeth string, args, reply any) bool {
	if v := reflect.ValueOf(reply); v.Kind() != reflect.Pointer || v.IsNil() {
		e.misuse(fmt.Errorf("labrpc: Call(%q): the reply is %s; want a pointer to the reply",
			svcMeth, describe(v)))
		return false
	}
	request, err := labgob.Marshal(args)
	if err != nil {
		e.misuse(fmt.Errorf("labrpc: Call(%q): encode the arguments: %w", svcMeth, err))
		return false
	}
	answer, ok, err := e.exchange(svcMeth, request)
	if err == nil && ok {
		if err = labgob.Unmarshal(answer, reply); err != nil {
			err = fmt.Errorf("decode the reply into %T: %w", reply, err)
		}
	}
	if err != nil {
		e.misuse(fmt.Errorf("labrpc: Call(%q): %w", svcMeth, err))
		return false
	}
	return ok
}

func (e *ClientEnd) exchange(svcMeth string, request []byte) (answer []byte, ok bool, err error) {
	if e.carrier != nil {
		answer, ok = e.carrier.Exchange(svcMeth, request)
		return answer, ok, nil
	}
	return e.network.exchange(e.name, svcMeth, request)
}

func (e *ClientEnd) misuse(err error) {
	if e.carrier != nil {
		e.carrier.Misuse(err)
		return
	}
	e.network.misuse(err)
}

func describe(v reflect.Value) string {
	switch {
	case !v.IsValid():
		return "nil"
	case v.Kind() == reflect.Pointer:
		return "a nil " + v.Type().String()
	}
	return "of type " + v.Type().String()
}
