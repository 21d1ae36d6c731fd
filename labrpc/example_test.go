package labrpc_test

import (
	"fmt"
	"sync"

	"raftlab/labrpc"
)

type AddArgs struct{ N int }
type AddReply struct{ Sum int }

// Counter is a service with one handler.
type Counter struct {
	mu  sync.Mutex
	sum int
}

func (c *Counter) Add(args *AddArgs, reply *AddReply) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.sum += args.N
	reply.Sum = c.sum
}

func Example() {
	network := labrpc.MakeNetwork()
	defer network.Cleanup()

	server := labrpc.MakeServer()
	server.AddService(labrpc.MakeService(&Counter{}))
	network.AddServer("counter", server)

	end := network.MakeEnd("client's end")
	network.Connect("client's end", "counter")
	network.Enable("client's end", true)

	var reply AddReply
	fmt.Println(end.Call("Counter.Add", &AddArgs{2}, &reply), reply.Sum)

	// The server hears us, and we do not hear it.
	network.SetLink("client's end", labrpc.LinkFaults{Reply: labrpc.Faults{Cut: true}})
	reply = AddReply{}
	fmt.Println(end.Call("Counter.Add", &AddArgs{2}, &reply), reply.Sum)

	network.SetLink("client's end", labrpc.LinkFaults{})
	fmt.Println(end.Call("Counter.Add", &AddArgs{2}, &reply), reply.Sum)
	fmt.Println(network.GetCount("counter"), "requests reached the server")
	// Output:
	// true 2
	// false 0
	// true 6
	// 3 requests reached the server
}
