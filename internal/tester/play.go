package tester

import (
	"slices"
	"time"

	"raftlab/internal/tester/schedule"
)

// play carries out the steps of a schedule, one after the other, in one activity.
type play struct {
	*Cluster
	s        schedule.Schedule
	snapshot func(node int)  // has the service of a server take a snapshot soon
	agenda   []appointment   // what is due, in order of time and then of entry
	armed    []ambush        // steps that wait for an election
	active   []*effect       // faults that last
	revive   []time.Duration // per server: how long after it crashes by itself it restarts; 0: at Heal
	mined    []bool          // per server: there was a point at which it would crash
	present  condition
	done     int // operations begun by clients
}

// appointment is something to do at a time.
type appointment struct {
	at time.Duration
	do func()
}

// ambush is a step that is carried out when there have been more elections than so many.
type ambush struct {
	step      schedule.Step
	elections int
}

// effect is a fault that lasts, with the servers that it was found to befall.
type effect struct {
	step    schedule.Step
	who, to []int
	side    []int // per server, of a partition or a bridge
}

// run carries out all steps, and then heals everything.
func (p *play) run() {
	for _, step := range p.s.Steps {
		p.enter(step.At, func() {
			if _, _, elections := p.roles.seen(); step.Elected {
				p.armed = append(p.armed, ambush{step, elections + step.Passes})
			} else {
				p.begin(step)
			}
		})
	}
	for p.Now() < p.s.Heal {
		p.wait()
		p.mourn()
		p.spring()
		for len(p.agenda) > 0 && p.agenda[0].at <= p.Now() {
			due := p.agenda[0]
			p.agenda = p.agenda[1:]
			due.do()
		}
	}
	p.heal()
}

// enter puts something to do into the agenda.
func (p *play) enter(at time.Duration, do func()) {
	i := len(p.agenda)
	for i > 0 && p.agenda[i-1].at > at {
		i--
	}
	p.agenda = slices.Insert(p.agenda, i, appointment{at, do})
}

// wait blocks until there is something to do.
func (p *play) wait() {
	until := p.s.Heal
	if len(p.agenda) > 0 {
		until = min(until, p.agenda[0].at)
	}
	p.Wait(until-p.Now(), func() (yes bool) {
		p.note(func() { yes = len(p.fallen) > 0 })
		_, _, elections := p.roles.seen()
		return yes || slices.ContainsFunc(p.armed, func(a ambush) bool { return elections > a.elections })
	})
}

// mourn plans the restart of servers that have crashed by themselves.
func (p *play) mourn() {
	for _, i := range p.takeFallen() {
		p.forget(i)
		if after := p.revive[i]; after > 0 {
			p.enter(p.Now()+after, func() { p.raise(i) })
		}
	}
}

// spring carries out the steps that have waited for an election that has been.
func (p *play) spring() {
	_, _, elections := p.roles.seen()
	var sprung []schedule.Step
	p.armed = slices.DeleteFunc(p.armed, func(a ambush) bool {
		if elections > a.elections {
			sprung = append(sprung, a.step)
		}
		return elections > a.elections
	})
	for _, step := range sprung {
		p.begin(step)
	}
}

// begin carries out a step.
func (p *play) begin(step schedule.Step) {
	e := &effect{step: step, who: p.resolve(step.Who, nil)}
	e.to = p.resolve(step.To, e.who)
	if len(step.Who) == 1 && step.Who[0] == schedule.Rest {
		e.who = p.Others(e.to...)
	}
	switch step.Kind {
	case schedule.Crash:
		p.crash(e)
	case schedule.Restart:
		for _, i := range e.who {
			p.Crash(i)
			p.raise(i)
		}
	case schedule.Snapshot:
		for _, i := range e.who {
			p.snapshot(i)
		}
	case schedule.Connect:
		p.endAll(schedule.Partition, schedule.Bridge, schedule.Ring, schedule.Cut)
	case schedule.Quiet:
		p.endAll(schedule.Noise, schedule.Unreliable, schedule.Reorder)
	case schedule.Resume:
		for _, i := range e.who {
			p.forget(i)
		}
		p.apply(schedule.Pause)
		p.apply(schedule.Freeze)
	default:
		p.last(e)
	}
}

// last begins a fault that lasts.
func (p *play) last(e *effect) {
	p.takeSides(e)
	p.active = append(p.active, e)
	p.apply(e.step.Kind)
	if e.step.Jump > 0 {
		for _, i := range e.who {
			p.SetClock(i, p.present.rate[i], e.step.Jump)
		}
	}
	if e.step.For > 0 {
		p.enter(p.Now()+e.step.For, func() { p.end(func(other *effect) bool { return other == e }, e.step.Kind) })
	}
}

// endAll ends all faults of some kinds.
func (p *play) endAll(kinds ...schedule.Kind) {
	p.end(func(e *effect) bool { return slices.Contains(kinds, e.step.Kind) }, kinds...)
}

// end ends faults, which are of the kinds given.
func (p *play) end(which func(*effect) bool, kinds ...schedule.Kind) {
	p.active = slices.DeleteFunc(p.active, which)
	for _, kind := range kinds {
		p.apply(kind)
	}
}

// crash ends servers, now or when they come to a point.
func (p *play) crash(e *effect) {
	for _, i := range e.who {
		if !p.Up(i) {
			continue
		}
		p.revive[i] = e.step.For
		if e.step.Point != schedule.AtOnce {
			p.mined[i] = true
			p.CrashAt(i, e.step.Point, e.step.Count)
			continue
		}
		p.Crash(i)
		p.forget(i)
		if e.step.For > 0 {
			p.enter(p.Now()+e.step.For, func() { p.raise(i) })
		}
	}
}

// raise restarts a server that is down.
func (p *play) raise(i int) {
	if !p.Up(i) {
		p.forget(i)
		p.Restart(i)
		p.Connect(i)
	}
}

// forget has faults no longer hold a server back: it has crashed, or is to go on.
func (p *play) forget(i int) {
	for _, e := range p.active {
		if e.step.Kind == schedule.Pause || e.step.Kind == schedule.Freeze {
			e.who = slices.DeleteFunc(e.who, func(other int) bool { return other == i })
		}
	}
	if !p.Up(i) {
		p.present.paused[i], p.present.frozen[i] = false, false
	}
}

// heal ends all faults, and starts the servers that are down.
func (p *play) heal() {
	p.agenda, p.armed, p.active = nil, nil, nil
	for _, kind := range []schedule.Kind{schedule.Partition, schedule.Noise, schedule.Unreliable, schedule.Reorder,
		schedule.Pause, schedule.Freeze, schedule.Slow, schedule.Clock} {
		p.apply(kind)
	}
	for i := range p.n {
		if p.mined[i] {
			p.CrashAt(i, schedule.AtOnce, 0)
		}
		p.raise(i)
	}
	p.ConnectAll()
}

func (p *play) check() {
	if err := p.s.Validate(); err != nil {
		p.Failf(Misuse, "this schedule cannot be played: %v", err)
	}
	if p.s.Peers != p.n {
		p.Failf(Misuse, "this schedule is for %d servers; there are %d", p.s.Peers, p.n)
	}
}

func newPlay(c *Cluster, s schedule.Schedule) *play {
	p := &play{Cluster: c, s: s, revive: make([]time.Duration, c.n), mined: make([]bool, c.n),
		present: newCondition(c.n)}
	p.check()
	return p
}
