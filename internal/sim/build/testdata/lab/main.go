// Command lab runs a key/value service of three servers, and one client of it.
package main

import (
	"fmt"
	"reflect"
	"strconv"

	"raftlab/kvraft"
	"raftlab/labrpc"
	"raftlab/raft"
)

func main() {
	const servers, operations = 3, 200
	network := labrpc.MakeNetwork()
	defer network.Cleanup()
	ends := func(from string) []*labrpc.ClientEnd {
		list := make([]*labrpc.ClientEnd, servers)
		for i := range list {
			name := from + strconv.Itoa(i)
			list[i] = network.MakeEnd(name)
			network.Connect(name, i)
			network.Enable(name, true)
		}
		return list
	}
	for i := range servers {
		kv := kvraft.StartKVServer(ends(strconv.Itoa(i)+"-"), i, raft.MakePersister(), 1000)
		defer kv.Kill()
		server := labrpc.MakeServer()
		server.AddService(labrpc.MakeService(kv))
		peer := (*raft.Raft)(reflect.ValueOf(kv).Elem().FieldByName("rf").UnsafePointer())
		server.AddService(labrpc.MakeService(peer))
		network.AddServer(i, server)
	}
	clerk := kvraft.MakeClerk(ends("clerk"))
	for i := range operations {
		clerk.Append("key", strconv.Itoa(i%10))
	}
	fmt.Printf("agreed on %d operations\n", len(clerk.Get("key")))
}
