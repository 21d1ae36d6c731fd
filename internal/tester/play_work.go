package tester

import (
	"fmt"
	"time"

	"raftlab/internal/tester/schedule"
)

// What a cluster may use that has been through a schedule: some times what one needs that takes no pains.
const (
	thriftyTalk  = 200                   // RPCs a second from any server to any other, while faults last
	thriftyEntry = 10                    // RPCs to each server for a command
	thriftyClerk = 4000                  // RPCs a second of a client that finds no leader
	thriftyIdle  = 60                    // RPCs a second to each server, when nobody asks for anything
	briskly      = 66 * time.Millisecond // for an operation of a lone client, on average
	aFew         = 20                    // such operations
	looks        = 4                     // times that one looks: who was cut off may start one more election
)

// Play has a schedule happen: its workload, and beside it its steps. When all is healed, a leader must emerge, and
// apply all that was applied before and something new at every server.
func (r *Raft) Play(s schedule.Schedule) {
	p := newPlay(r.Cluster, s)
	p.snapshot = r.snapshotSoon
	if s.Lab != schedule.Raft {
		r.Failf(Misuse, "this schedule is for the lab %s", s.Lab)
	}
	for client := range s.Work.Clients {
		r.Go(func() { p.propose(r, client) })
	}
	p.run()
	r.Join()
	p.thrift(r.LastApplied())
	r.progress()
}

// take counts an operation that a client wants to begin, and says whether it may.
func (p *play) take() (yes bool) {
	p.Locked(func() {
		if yes = p.Now() < p.s.Heal && (p.s.Work.Operations == 0 || p.done < p.s.Work.Operations); yes {
			p.done++
		}
	})
	return yes
}

// rest is what a client does between two operations.
func (p *play) rest() {
	const least = time.Millisecond
	p.Sleep(least + p.Between(0, 2*p.s.Work.Every+least))
}

// propose is a client of bare Raft peers at work. No two of its commands are equal, nor are those of two clients.
func (p *play) propose(r *Raft, client int) {
	for k := 1; p.take(); k++ {
		command := client + k*schedule.MaxClients
		leader, _, _ := p.roles.seen()
		for i := range p.n {
			if i == leader || p.s.Work.Everybody && p.roles.callsItselfLeader(i) {
				r.Start(i, command)
			}
		}
		p.rest()
	}
}

// Play has a schedule happen: its workload, and beside it its steps. When all is healed, every operation that is under
// way must be answered, and new ones, and all of them be explained by one order.
func (k *KV) Play(s schedule.Schedule) {
	p := newPlay(k.Cluster, s)
	if s.Lab != schedule.KV {
		k.Failf(Misuse, "this schedule is for the lab %s", s.Lab)
	}
	var ended []func() bool
	for range s.Work.Clients {
		ended = append(ended, k.Begin(func() { p.serve(k) }))
	}
	p.run()
	for i := range ended {
		k.Soon(OperationLimit, fmt.Sprintf("the last operation of client %d", i), ended[i])
	}
	p.thrift(p.done)
	k.progress()
}

// serve is one client of the service after the other, at work.
func (p *play) serve(k *KV) {
	w := p.s.Work
	for p.Now() < p.s.Heal {
		client, leaves := k.Client(), p.s.Heal
		if w.Stay > 0 {
			leaves = p.Now() + w.Stay/2 + p.Between(0, w.Stay+time.Microsecond)
		}
		for n := 1; p.Now() < leaves; n++ {
			if !p.take() {
				return
			}
			key, token := fmt.Sprint("k", p.Intn(w.Keys)), fmt.Sprintf("(%d %d)", client.ID(), n)
			switch dice := p.Intn(100); {
			case dice < w.Gets:
				client.Get(key)
			case dice < w.Gets+w.Appends:
				client.Append(key, token)
			default:
				client.Put(key, token)
			}
			p.rest()
		}
	}
}

// thrift holds the cluster to a budget for all messages up to now, with so many commands done.
func (p *play) thrift(commands int) {
	clients := 0
	if p.s.Lab == schedule.KV {
		clients = p.s.Work.Clients
	}
	perSecond := p.n*p.n*thriftyTalk + clients*thriftyClerk
	limit := int(p.Now().Seconds()*float64(perSecond)) + commands*p.n*thriftyEntry
	p.AtMost(fmt.Sprintf("RPCs within %v, for %d commands", p.Now(), commands), p.Requests(), limit)
}

// progress demands of a cluster in which nothing fails any more that it goes on: that it applies all there was and
// a new command at every server, and then rests.
func (r *Raft) progress() {
	last := r.Agree(fmt.Sprintf("healed at %v", r.Now()), r.n)
	r.EverybodyApplies(last, AgreeLimit)
	rpcs := 0
	for range looks {
		before := r.Requests()
		r.Sleep(time.Second)
		if rpcs = r.Requests() - before; rpcs <= thriftyIdle*r.n {
			return
		}
	}
	r.AtMost("RPCs in an idle second after everything was healed", rpcs, thriftyIdle*r.n)
}

// progress demands of a cluster in which nothing fails any more that it goes on, as fast as it should.
func (k *KV) progress() {
	c, want := k.Client(), ""
	first := k.Begin(func() { c.Put("healed", want) })
	k.Soon(OperationLimit, "a write after everything was healed", first)
	var each time.Duration
	for round := range looks {
		before := k.Now()
		few := k.Begin(func() {
			for i := range aFew {
				token := fmt.Sprintf("(%d %d)", round, i)
				c.Append("healed", token)
				want += token
			}
			c.Expect("healed", want)
		})
		k.Soon(OperationLimit, "a few writes after everything was healed", few)
		if each = (k.Now() - before) / aFew; each <= briskly {
			break
		}
	}
	if each > briskly {
		k.Failf(Budget, "when everything was healed, an append of a lone client took %v on average, at most %v is allowed",
			each, briskly)
	}
	k.Trimmed()
}
