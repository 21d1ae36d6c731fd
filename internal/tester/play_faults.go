package tester

import (
	"fmt"
	"slices"
	"time"

	"raftlab/internal/tester/schedule"
	"raftlab/labrpc"
)

// condition is what has been done to the servers and not undone.
type condition struct {
	paused, frozen []bool
	slow           []time.Duration
	rate           []int
	noise          labrpc.Faults
	unreliable     bool
	reorder        bool
}

const trueRate = 100 // of a clock

func newCondition(servers int) condition {
	return condition{paused: make([]bool, servers), frozen: make([]bool, servers),
		slow: make([]time.Duration, servers), rate: slices.Repeat([]int{trueRate}, servers)}
}

// apply makes the cluster as the active faults of one kind, or of those that go with it, say.
func (p *play) apply(kind schedule.Kind) {
	switch now := &p.present; kind {
	case schedule.Partition, schedule.Bridge, schedule.Ring:
		p.applyWalls()
	case schedule.Cut, schedule.Noise:
		p.applyNoise()
	case schedule.Unreliable:
		set(&now.unreliable, p.any(kind), func(yes bool) { p.Reliable(!yes) })
	case schedule.Reorder:
		set(&now.reorder, p.any(kind), p.LongReordering)
	case schedule.Pause:
		for i := range p.n {
			set(&now.paused[i], p.Up(i) && p.befalls(kind, i), toggle(i, p.Pause, p.Resume))
		}
	case schedule.Freeze:
		for i := range p.n {
			set(&now.frozen[i], p.Up(i) && p.befalls(kind, i), toggle(i, p.Freeze, p.Thaw))
		}
	case schedule.Slow:
		for i := range p.n {
			var delay time.Duration
			p.each(kind, i, func(s schedule.Step) { delay += s.Delay })
			set(&now.slow[i], delay, func(d time.Duration) { p.SlowDisk(d, i) })
		}
	case schedule.Clock:
		for i := range p.n {
			rate := trueRate
			p.each(kind, i, func(s schedule.Step) {
				if s.Rate > 0 {
					rate = s.Rate
				}
			})
			set(&now.rate[i], rate, func(rate int) { p.SetClock(i, rate, 0) })
		}
	}
}

// set calls do with the value that is wanted, unless it is there already.
func set[T comparable](has *T, want T, do func(T)) {
	if *has != want {
		*has = want
		do(want)
	}
}

func toggle(i int, on, off func(nodes ...int)) func(bool) {
	return func(yes bool) {
		if yes {
			on(i)
		} else {
			off(i)
		}
	}
}

// any says whether a fault of that kind is active.
func (p *play) any(kind schedule.Kind) bool {
	return slices.ContainsFunc(p.active, func(e *effect) bool { return e.step.Kind == kind })
}

// befalls says whether a fault of that kind is active at a server.
func (p *play) befalls(kind schedule.Kind, i int) (yes bool) {
	p.each(kind, i, func(schedule.Step) { yes = true })
	return yes
}

// each calls f with the steps of that kind whose faults are active at a server, in the order in which they began.
func (p *play) each(kind schedule.Kind, i int, f func(schedule.Step)) {
	for _, e := range p.active {
		if e.step.Kind == kind && slices.Contains(e.who, i) {
			f(e.step)
		}
	}
}

// applyWalls has the servers reach each other as all partitions, bridges and rings let them.
func (p *play) applyWalls() {
	var walls []*effect
	text := "links:"
	for _, e := range p.active {
		switch e.step.Kind {
		case schedule.Partition, schedule.Bridge, schedule.Ring:
			walls = append(walls, e)
			text += fmt.Sprintf(" %s %v", e.step.Kind, e.side)
		}
	}
	if len(walls) == 0 {
		p.Wire(nil, text+" whole")
		return
	}
	n := p.n
	p.Wire(func(i, j int) bool {
		for _, e := range walls {
			if !e.passes(i, j, n) {
				return false
			}
		}
		return true
	}, text)
}

// bridging is the side of a server that reaches all sides.
const bridging = -1

// passes says whether a wall lets messages pass between two of n servers.
func (e *effect) passes(i, j, n int) bool {
	if e.step.Kind == schedule.Ring {
		return i == j || (i+1)%n == j || (j+1)%n == i
	}
	return e.side[i] == e.side[j] || e.side[i] == bridging || e.side[j] == bridging
}

// takeSides says which server is on which side of a wall.
func (p *play) takeSides(e *effect) {
	switch e.step.Kind {
	case schedule.Partition:
		e.side = make([]int, p.n) // 0: not named
		var named []int
		for k, side := range e.step.Sides {
			for _, i := range p.resolve(side, named) {
				if e.side[i] == 0 {
					e.side[i] = k + 1
					named = append(named, i)
				}
			}
		}
	case schedule.Bridge:
		e.side = make([]int, p.n)
		others := p.shuffled(p.Others(e.who...))
		for k, i := range others {
			if k < len(others)/2 {
				e.side[i] = 1
			}
		}
		for _, i := range e.who {
			e.side[i] = bridging
		}
	}
}

// applyNoise does to all messages what all active faults of the links ask for.
func (p *play) applyNoise() {
	ways := make([]labrpc.Faults, p.n*p.n)
	var everywhere labrpc.Faults
	for _, e := range p.active {
		if e.step.Kind != schedule.Cut && e.step.Kind != schedule.Noise {
			continue
		}
		if len(e.step.Who) == 0 {
			everywhere = both(everywhere, faultsOf(e.step))
		}
		for _, i := range e.who {
			for _, j := range e.to {
				ways[i*p.n+j] = both(ways[i*p.n+j], faultsOf(e.step))
			}
		}
	}
	for k, faults := range ways {
		if from, to := k/p.n, k%p.n; from != to {
			p.Way(from, to, faults)
		}
	}
	set(&p.present.noise, everywhere, p.Noise)
}

func faultsOf(s schedule.Step) labrpc.Faults {
	const percent = 100
	return labrpc.Faults{Cut: s.Kind == schedule.Cut, Loss: float64(s.Loss) / percent,
		Duplicate: float64(s.Twice) / percent, Delay: s.Delay, Jitter: s.Jitter}
}

// both is what happens to messages to which two faults happen.
func both(a, b labrpc.Faults) labrpc.Faults {
	either := func(p, q float64) float64 { return p + q - p*q }
	return labrpc.Faults{Cut: a.Cut || b.Cut, Loss: either(a.Loss, b.Loss), Duplicate: either(a.Duplicate, b.Duplicate),
		Delay: a.Delay + b.Delay, Jitter: a.Jitter + b.Jitter}
}

// resolve returns the servers that are meant, each once. Rest are those not among named.
func (p *play) resolve(peers schedule.Peers, named []int) []int {
	var nodes []int
	for _, peer := range peers {
		for _, i := range p.resolveOne(peer, append(slices.Clone(nodes), named...)) {
			if !slices.Contains(nodes, i) {
				nodes = append(nodes, i)
			}
		}
	}
	return nodes
}

func (p *play) resolveOne(peer schedule.Peer, named []int) []int {
	leader := p.leading()
	few := (p.n - 1) / 2
	switch peer {
	case schedule.Leader:
		return p.orAny(leader)
	case schedule.Old:
		if _, old, _ := p.roles.seen(); old >= 0 && old != leader && p.Up(old) {
			return []int{old}
		}
		return p.one(p.running(leader))
	case schedule.Follower:
		return p.one(p.running(leader))
	case schedule.Any:
		return p.orAny(-1)
	case schedule.Next:
		return []int{p.After(max(0, leader), 1)}
	case schedule.Followers:
		return p.Others(leader)
	case schedule.Minority:
		return p.shuffled(p.Others(leader))[:min(few, p.n-1)]
	case schedule.Near:
		first := p.orAny(leader)
		if more := max(0, few-len(first)); len(first) > 0 {
			first = append(first, p.shuffled(p.Others(first...))[:more]...)
		}
		return first
	case schedule.Down:
		return slices.DeleteFunc(p.All(), p.Up)
	case schedule.All:
		return p.All()
	case schedule.Rest:
		return p.Others(named...)
	}
	return []int{int(peer)}
}

// leading returns who was last seen to become leader, if it runs, else -1.
func (p *play) leading() int {
	leader, _, _ := p.roles.seen()
	if leader >= 0 && p.Up(leader) {
		return leader
	}
	return -1
}

// orAny returns i, or some server that runs if i is -1.
func (p *play) orAny(i int) []int {
	if i >= 0 {
		return []int{i}
	}
	return p.one(p.running(-1))
}

// running returns the servers that run, but for one.
func (p *play) running(except int) []int {
	return slices.DeleteFunc(p.Others(except), func(i int) bool { return !p.Up(i) })
}

// one picks one of some servers, if there are any.
func (p *play) one(of []int) []int {
	if len(of) == 0 {
		return nil
	}
	return []int{of[p.Intn(len(of))]}
}

// shuffled returns servers in an order drawn from the run's seed.
func (p *play) shuffled(nodes []int) []int {
	for i := len(nodes) - 1; i > 0; i-- {
		j := p.Intn(i + 1)
		nodes[i], nodes[j] = nodes[j], nodes[i]
	}
	return nodes
}
