package kvraft

// BEGIN SOLUTION
// BEGIN PROMPT
// import "raftlab/labrpc"
//
// // Clerk is a client's access to the service. Its operations block until they are done, however long no
// // majority of servers can be reached; it never gives up. One goroutine uses it at a time.
// type Clerk struct {
// 	servers []*labrpc.ClientEnd
// 	// Your state here: who led, who you are, how many operations there were (3A).
// }
// END PROMPT

import (
	"math/rand/v2"
	"time"

	"github.com/sasha-s/go-deadlock"

	"raftlab/kvraft/state"
	"raftlab/labrpc"
)

const (
	// patience is how long a Clerk waits for one server before it asks another, too. The first may have been
	// paused, or its answer may be under way: if it comes, it counts.
	patience = 500 * time.Millisecond
	// A Clerk that was refused by every server rests, at first for as long as a message or two take, then for
	// longer each time up to the time of an election.
	leastRest = 5 * time.Millisecond
	mostRest  = 150 * time.Millisecond
	// maxOpen bounds the calls of one operation that have not returned.
	maxOpen = 16
)

// Clerk is a client's access to the service. Its operations block until they are done, however long no
// majority of servers can be reached; it never gives up. It is safe for concurrent use, and operations of
// different goroutines do not wait for each other.
type Clerk struct {
	servers []*labrpc.ClientEnd

	mu     deadlock.Mutex // guards all below
	leader int            // the server that answered last
	idle   []identity     // those that no operation is using
}

// identity is a client as the service sees it, which has one write under way at a time.
type identity struct {
	client state.ClientID
	number uint64 // of its last write
}

// END SOLUTION

// MakeClerk returns a Clerk that uses the service of the given servers, in any order.
func MakeClerk(servers []*labrpc.ClientEnd) *Clerk {
	return &Clerk{servers: servers}
}

// Get returns the value of key, "" if it has none.
func (ck *Clerk) Get(key string) string {
	// BEGIN SOLUTION
	// BEGIN PROMPT
	// // Your code here (3A): ask servers until one has done it, as in
	// //
	// //	var reply GetReply
	// //	answered := ck.servers[i].Call("KVServer.Get", &GetArgs{key}, &reply)
	// return ""
	// END PROMPT
	return ck.ask(func(server *labrpc.ClientEnd) (Err, string) {
		var reply GetReply
		server.Call("KVServer.Get", &GetArgs{key}, &reply)
		return reply.Err, reply.Value
	})
	// END SOLUTION
}

// Put makes value the value of key.
func (ck *Clerk) Put(key, value string) {
	// BEGIN SOLUTION
	// BEGIN PROMPT
	// // Your code here (3A).
	// END PROMPT
	ck.write(state.Put, key, value)
	// END SOLUTION
}

// Append adds value at the end of the value of key; a missing key is like "".
func (ck *Clerk) Append(key, value string) {
	// BEGIN SOLUTION
	// BEGIN PROMPT
	// // Your code here (3A).
	// END PROMPT
	ck.write(state.Append, key, value)
	// END SOLUTION
}

// BEGIN SOLUTION

func (ck *Clerk) write(kind state.Kind, key, value string) {
	id := ck.borrow()
	id.number++
	args := PutAppendArgs{state.Command{Kind: kind, Client: id.client, Number: id.number, Key: key, Value: value}}
	ck.ask(func(server *labrpc.ClientEnd) (Err, string) {
		var reply PutAppendReply
		server.Call("KVServer.PutAppend", &args, &reply)
		return reply.Err, ""
	})
	ck.giveBack(id)
}

func (ck *Clerk) borrow() identity {
	ck.mu.Lock()
	defer ck.mu.Unlock()
	last := len(ck.idle) - 1
	if last < 0 {
		return identity{client: state.ClientID(rand.Uint64())}
	}
	id := ck.idle[last]
	ck.idle = ck.idle[:last]
	return id
}

func (ck *Clerk) giveBack(id identity) {
	ck.mu.Lock()
	defer ck.mu.Unlock()
	ck.idle = append(ck.idle, id)
}

// inquiry is one operation's search for a server that does it.
type inquiry struct {
	answers chan answer // has room for all open calls
	open    int
}

// answer is what a call came to.
type answer struct {
	attempt int
	server  int
	err     Err
	value   string
}

// ask calls one server after the other until one has done what is asked, and returns its value. The server
// that answered last comes first.
func (ck *Clerk) ask(call func(server *labrpc.ClientEnd) (Err, string)) string {
	ck.mu.Lock()
	server := ck.leader
	ck.mu.Unlock()
	in := &inquiry{answers: make(chan answer, maxOpen)}
	rest := leastRest
	for attempt := 1; ; attempt++ {
		in.open++
		go func(server int) {
			err, value := call(ck.servers[server])
			in.answers <- answer{attempt, server, err, value}
		}(server)
		a, done := in.wait(attempt, patience)
		if !done && attempt%len(ck.servers) == 0 {
			a, done = in.wait(0, jittered(rest))
			rest = min(2*rest, mostRest)
		}
		if done {
			ck.mu.Lock()
			ck.leader = a.server
			ck.mu.Unlock()
			return a.value
		}
		server = (server + 1) % len(ck.servers)
	}
}

// wait waits for an answer to any call, and returns early if the call of that attempt fails or is refused.
func (in *inquiry) wait(attempt int, limit time.Duration) (a answer, done bool) {
	timer := time.NewTimer(limit)
	defer timer.Stop()
	late := timer.C
	for {
		expired := late
		if in.open == maxOpen {
			expired = nil // no further call until one returns
		}
		select {
		case a = <-in.answers:
			in.open--
		case <-expired:
			return answer{}, false
		}
		switch {
		case a.err == OK || a.err == ErrNoKey:
			return a, true
		case a.attempt == attempt:
			return answer{}, false
		}
	}
}

// jittered returns d, give or take half of it, so that clients who failed together do not come back together.
func jittered(d time.Duration) time.Duration {
	return d/2 + rand.N(d)
}

// END SOLUTION
