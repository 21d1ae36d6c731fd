package kvraft

import (
	"crypto/rand"
	"math/big"
	"time"

	"raftlab/labrpc"
)

type Clerk struct {
	servers []*labrpc.ClientEnd
	id      int64
	seq     int
	leader  int
}

func nrand() int64 {
	max := big.NewInt(int64(1) << 62)
	n, _ := rand.Int(rand.Reader, max)
	return n.Int64()
}

func MakeClerk(servers []*labrpc.ClientEnd) *Clerk { return &Clerk{servers: servers, id: nrand()} }

func (ck *Clerk) Get(key string) string { return ck.do("KVServer.Get", Op{Kind: "Get", Key: key}) }
func (ck *Clerk) Put(key, value string) {
	ck.do("KVServer.PutAppend", Op{Kind: "Put", Key: key, Value: value})
}
func (ck *Clerk) Append(key, value string) {
	ck.do("KVServer.PutAppend", Op{Kind: "Append", Key: key, Value: value})
}

func (ck *Clerk) do(method string, op Op) string {
	ck.seq++
	op.ClientId, op.Seq = ck.id, ck.seq
	for {
		for range ck.servers {
			var reply Reply
			if ck.servers[ck.leader].Call(method, &Args{op}, &reply) && reply.OK {
				return reply.Value
			}
			ck.leader = (ck.leader + 1) % len(ck.servers)
		}
		time.Sleep(20 * time.Millisecond)
	}
}
