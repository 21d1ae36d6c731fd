// Package labrpc compares the simulated network with a rival of the classic shape: a goroutine for
// each request and one for each handler, a fresh gob encoder and decoder for each message, one
// dispatcher goroutine that reads a channel, and a poll every 100 ms for servers that have died.
// The rival has just what a reliable network needs; it is our own work, made to be measured.
package labrpc

import (
	"bytes"
	"encoding/gob"
	"reflect"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

const poll = 100 * time.Millisecond

type classicNetwork struct {
	requests chan classicRequest
	done     chan struct{}

	mu      sync.Mutex // guards all below
	enabled map[any]bool
	servers map[any]*classicServer
	links   map[any]any

	calls, bytes atomic.Int64
}

type classicRequest struct {
	end     any
	svcMeth string
	args    []byte
	reply   chan classicReply
}

type classicReply struct {
	ok   bool
	data []byte
}

func newClassic() *classicNetwork {
	n := &classicNetwork{
		requests: make(chan classicRequest),
		done:     make(chan struct{}),
		enabled:  make(map[any]bool),
		servers:  make(map[any]*classicServer),
		links:    make(map[any]any),
	}
	go func() {
		for {
			select {
			case request := <-n.requests:
				n.calls.Add(1)
				n.bytes.Add(int64(len(request.args)))
				go n.process(request)
			case <-n.done:
				return
			}
		}
	}()
	return n
}

func (n *classicNetwork) addServer(name any, s *classicServer) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.servers[name] = s
}

func (n *classicNetwork) makeEnd(name, server any) *classicEnd {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.links[name] = server
	n.enabled[name] = true
	return &classicEnd{network: n, name: name}
}

func (n *classicNetwork) find(end any) (enabled bool, server *classicServer) {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.enabled[end], n.servers[n.links[end]]
}

func (n *classicNetwork) process(request classicRequest) {
	enabled, server := n.find(request.end)
	if !enabled || server == nil {
		request.reply <- classicReply{}
		return
	}
	handled := make(chan classicReply)
	go func() {
		reply := server.dispatch(request)
		select {
		case handled <- reply:
		case <-n.done:
		}
	}()
	var reply classicReply
	for answered, dead := false, false; !answered && !dead; {
		select {
		case reply = <-handled:
			answered = true
		case <-time.After(poll):
			enabled, now := n.find(request.end)
			dead = !enabled || now != server
		}
	}
	n.bytes.Add(int64(len(reply.data)))
	request.reply <- reply
}

type classicEnd struct {
	network *classicNetwork
	name    any
}

func (e *classicEnd) Call(svcMeth string, args, reply any) bool {
	var data bytes.Buffer
	if err := gob.NewEncoder(&data).Encode(args); err != nil {
		panic(err)
	}
	request := classicRequest{e.name, svcMeth, data.Bytes(), make(chan classicReply)}
	select {
	case e.network.requests <- request:
	case <-e.network.done:
		return false
	}
	answer := <-request.reply
	if !answer.ok {
		return false
	}
	if err := gob.NewDecoder(bytes.NewReader(answer.data)).Decode(reply); err != nil {
		panic(err)
	}
	return true
}

type classicServer struct {
	mu       sync.Mutex
	count    int
	receiver reflect.Value
	name     string
	methods  map[string]reflect.Method
}

func newClassicServer(receiver any) *classicServer {
	s := &classicServer{
		receiver: reflect.ValueOf(receiver),
		methods:  make(map[string]reflect.Method),
	}
	s.name = reflect.Indirect(s.receiver).Type().Name()
	for m := range s.receiver.Type().Methods() {
		s.methods[m.Name] = m
	}
	return s
}

func (s *classicServer) dispatch(request classicRequest) classicReply {
	s.mu.Lock()
	s.count++
	dot := strings.LastIndex(request.svcMeth, ".")
	method, ok := s.methods[request.svcMeth[dot+1:]]
	s.mu.Unlock()
	if !ok || request.svcMeth[:dot] != s.name {
		panic("no method " + request.svcMeth)
	}
	args := reflect.New(method.Type.In(1))
	if err := gob.NewDecoder(bytes.NewReader(request.args)).Decode(args.Interface()); err != nil {
		panic(err)
	}
	reply := reflect.New(method.Type.In(2).Elem())
	method.Func.Call([]reflect.Value{s.receiver, args.Elem(), reply})
	var data bytes.Buffer
	if err := gob.NewEncoder(&data).EncodeValue(reply); err != nil {
		panic(err)
	}
	return classicReply{true, data.Bytes()}
}
