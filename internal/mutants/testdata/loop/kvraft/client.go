package kvraft

import (
	"math/rand/v2"
	"time"

	"raftlab/labrpc"
)

// Clerk asks all servers at once, again and again, until one of them knows.
type Clerk struct {
	servers []*labrpc.ClientEnd
	client  uint64
	number  uint64
}

func MakeClerk(servers []*labrpc.ClientEnd) *Clerk {
	return &Clerk{servers: servers, client: rand.Uint64()}
}

func (ck *Clerk) Get(key string) string { return ck.ask(Request{Key: key}) }
func (ck *Clerk) Put(key, value string) { ck.ask(Request{Write: true, Key: key, Value: value}) }
func (ck *Clerk) Append(key, value string) {
	ck.ask(Request{Write: true, Add: true, Key: key, Value: value})
}

func (ck *Clerk) ask(r Request) string {
	ck.number++
	r.Client, r.Number = ck.client, ck.number
	for {
		answers := make(chan *Answer, len(ck.servers))
		for _, server := range ck.servers {
			go func() {
				var a Answer
				if !server.Call("KVServer.Do", &r, &a) {
					a.Wrong = true
				}
				answers <- &a
			}()
		}
		again := time.After(300 * time.Millisecond)
		for range ck.servers {
			select {
			case a := <-answers:
				if !a.Wrong {
					return a.Value
				}
				continue
			case <-again:
			}
			break
		}
		time.Sleep(15 * time.Millisecond)
	}
}
