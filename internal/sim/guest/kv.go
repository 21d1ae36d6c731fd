//go:build wasip1 && raftlab_kv

package main

import (
	"fmt"
	"reflect"
	"unsafe"

	"raftlab/internal/sim/frame"
	"raftlab/kvraft"
	"raftlab/raft"
)

func bootKV(role int, l life) server {
	if role == frame.KVClerk {
		c := &clerk{kvraft.MakeClerk(l.ends)}
		ready()
		return c
	}
	s := &kvServer{}
	go func() {
		s.server = kvraft.StartKVServer(l.ends, l.me, disk(l), l.maxRaftState)
		below := raftOf(s.server)
		s.watch = newWatch(below)
		s.services = serve(l.me, s.watch, s.server, below)
		ready()
	}()
	return s
}

// raftOf returns the Raft peer that a server is on: its field of that type, whatever it is called.
func raftOf(kv *kvraft.KVServer) *raft.Raft {
	v := reflect.ValueOf(kv).Elem()
	for i := range v.NumField() {
		if v.Field(i).Type() == reflect.TypeFor[*raft.Raft]() {
			return (*raft.Raft)(unsafe.Pointer(v.Field(i).Pointer()))
		}
	}
	panic("kvraft.KVServer has no field of type *raft.Raft")
}

// kvServer is a server of the key/value service.
type kvServer struct {
	server   *kvraft.KVServer
	services *services
	watch    *watch // nil until StartKVServer has returned
}

func (s *kvServer) handle(kind frame.Kind, r frame.Reader) {
	switch kind {
	case frame.Request:
		s.services.requested(r)
	case frame.Reply:
		s.watch.lookAfter(func() { replied(r) })
	case frame.Observe:
		go s.watch.tell(r.Uint())
	case frame.Kill:
		s.watch.end()
		go s.server.Kill()
	}
}

// clerk is a client of the service.
type clerk struct{ *kvraft.Clerk }

func (c *clerk) handle(kind frame.Kind, r frame.Reader) {
	switch kind {
	case frame.Reply:
		replied(r)
	case frame.Operate:
		go c.operate(r.Uint(), r.Int(), r.String(), r.String())
	}
}

func (c *clerk) operate(id uint64, operation int, key, value string) {
	got := ""
	switch operation {
	case frame.Get:
		got = c.Get(key)
	case frame.Put:
		c.Put(key, value)
	case frame.Append:
		c.Append(key, value)
	default:
		panic(fmt.Sprint("no operation has number ", operation))
	}
	answer(id, 0, 0, false, got)
}
