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
}

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
	n := e.network
	if v := reflect.ValueOf(reply); v.Kind() != reflect.Pointer || v.IsNil() {
		n.misuse(fmt.Errorf("labrpc: Call(%q): the reply is %s; want a pointer to the reply",
			svcMeth, describe(v)))
		return false
	}
	request, err := labgob.Marshal(args)
	if err != nil {
		n.misuse(fmt.Errorf("labrpc: Call(%q): encode the arguments: %w", svcMeth, err))
		return false
	}
	answer, ok, err := n.exchange(e.name, svcMeth, request)
	if err == nil && ok {
		if err = labgob.Unmarshal(answer, reply); err != nil {
			err = fmt.Errorf("decode the reply into %T: %w", reply, err)
		}
	}
	if err != nil {
		n.misuse(fmt.Errorf("labrpc: Call(%q): %w", svcMeth, err))
		return false
	}
	return ok
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
