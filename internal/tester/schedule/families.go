package schedule

import "time"

// family is a way to draw schedules: bursts of faults that belong together, again and again.
type family struct {
	name      string
	snapshots bool            // services take them in each run, not in half of them
	prepare   func(d *drawer) // what lasts for the whole run, or much of it; may be nil
	bursts    []func(*drawer) // each has the same chance; it moves the time on over what it adds
}

// families are the ways to draw schedules. Each looks for some kinds of mistakes.
var families = []family{
	// Anything goes.
	{name: "mixed", prepare: (*drawer).weather, bursts: []func(*drawer){(*drawer).anything, (*drawer).anything,
		(*drawer).depose, (*drawer).stumble}},
	// Many elections, with messages twice and out of order, and voters that crash between save and answer.
	{name: "votes", prepare: (*drawer).lateVotes, bursts: []func(*drawer){(*drawer).depose, (*drawer).stumble,
		(*drawer).stumble, (*drawer).deposeAll, (*drawer).lagOne}},
	// Leaders that crash or are cut off right after they have appended (figure 8 of the paper).
	{name: "commit", prepare: (*drawer).sparse, bursts: []func(*drawer){(*drawer).feud, (*drawer).feud, (*drawer).feud,
		(*drawer).figure8, (*drawer).figure8, (*drawer).stumble}},
	// Followers that lag behind, and snapshots that come twice, late and out of order.
	{name: "snapshots", snapshots: true, prepare: (*drawer).echoes, bursts: []func(*drawer){(*drawer).lag,
		(*drawer).lag, (*drawer).stumble, (*drawer).depose, (*drawer).compact}},
	// Links that work in one direction, bridges and rings.
	{name: "links", prepare: (*drawer).weather, bursts: []func(*drawer){(*drawer).oneWay, (*drawer).oneWay,
		(*drawer).shapes, (*drawer).depose}},
	// Leaders that are cut off, stand still or have wrong clocks, and do not know that they lead no more.
	{name: "reads", prepare: (*drawer).readers, bursts: []func(*drawer){(*drawer).strand, (*drawer).doze,
		(*drawer).lease, (*drawer).lease, (*drawer).reload, (*drawer).reload, (*drawer).deposeAll}},
}

func (d *drawer) family(o Options) family {
	for _, f := range families {
		if f.name == o.Family {
			return f
		}
	}
	return families[d.IntN(len(families))]
}

// always adds a step at the very beginning.
func (d *drawer) always(s Step) {
	d.now = 0
	d.add(s)
}

// weather is bad, or fine.
func (d *drawer) weather() {
	switch d.IntN(6) {
	case 0:
		d.always(Step{Kind: Unreliable})
	case 1:
		d.always(Step{Kind: Noise, Twice: 30 + d.IntN(60), Jitter: d.between(0, 80*time.Millisecond)})
	case 2:
		d.always(Step{Kind: Reorder})
	case 3:
		d.always(Step{Kind: Noise, Jitter: d.between(5*time.Millisecond, 100*time.Millisecond), Loss: d.IntN(15)})
	}
}

// lateVotes makes elections take several candidatures: answers come late by as long as an election takes.
func (d *drawer) lateVotes() {
	if d.s.Work.Every *= 3; d.chance(25) {
		return
	}
	s := Step{Kind: Noise, Jitter: d.between(30*time.Millisecond, 700*time.Millisecond)}
	if d.chance(60) {
		s.Twice = 20 + d.IntN(80)
	}
	if d.chance(40) {
		s.Loss = d.IntN(30)
	}
	d.always(s)
}

// echoes makes messages come twice, the second when much has happened since.
func (d *drawer) echoes() {
	if d.s.Work.Every /= 2; d.chance(80) {
		d.always(Step{Kind: Noise, Twice: 40 + d.IntN(60), Jitter: d.between(time.Millisecond, 150*time.Millisecond)})
	}
}

// anything is a step of any class.
func (d *drawer) anything() { d.plain(classNames[d.IntN(len(classNames))]) }

// depose takes the leader away as soon as there is one.
func (d *drawer) depose() {
	s := Step{Elected: true, Kind: Crash, Who: Peers{Leader}, For: d.outage()}
	switch d.IntN(5) {
	case 0:
		s.Kind, s.Who, s.Sides = Partition, nil, []Peers{{Leader}}
	case 1:
		s.Kind = Pause
		s.For += 200 * time.Millisecond
	case 2, 3:
		s.Point, s.Count = AfterSend, 1+d.IntN(6)
	}
	d.add(s)
	d.wait(100*time.Millisecond, 700*time.Millisecond)
}

// deposeAll has a number of leaders end soon after they were elected.
func (d *drawer) deposeAll() {
	for range 2 + d.IntN(3) {
		d.add(Step{Elected: true, Kind: Crash, Who: Peers{Leader}, Point: AfterSend, Count: 1 + d.IntN(8),
			For: d.between(5*time.Millisecond, 500*time.Millisecond)})
		d.wait(100*time.Millisecond, 500*time.Millisecond)
	}
}

// stumble has the leader gone and voters crash while they elect another, and come back at once.
func (d *drawer) stumble() {
	if d.chance(70) {
		d.add(Step{Kind: Crash, Who: Peers{Leader}, For: d.between(20*time.Millisecond, 900*time.Millisecond)})
	}
	for range 1 + d.IntN(3) {
		d.now += time.Millisecond
		d.mine(d.pick(All, Followers, Follower, Next, Minority, Any))
		last := &d.s.Steps[len(d.s.Steps)-1]
		last.Count = 1 + d.IntN(4)
		last.For = d.between(time.Millisecond, 60*time.Millisecond)
	}
	d.wait(200*time.Millisecond, 800*time.Millisecond)
}

// lagOne has somebody's messages come very late for a while.
func (d *drawer) lagOne() {
	s := Step{Kind: Noise, Who: d.anyone(), To: Peers{Rest}, Delay: d.between(50*time.Millisecond, 600*time.Millisecond),
		For: d.between(300*time.Millisecond, 1500*time.Millisecond)}
	if d.chance(50) {
		s.Who, s.To = s.To, s.Who
	}
	d.add(s)
}

// figure8 crashes the leader when it has appended and told few, and lets it come back later.
func (d *drawer) figure8() {
	s := Step{Kind: Crash, Who: Peers{Leader}, For: d.between(100*time.Millisecond, 1200*time.Millisecond)}
	switch d.IntN(4) {
	case 0:
		s.Point, s.Count = AfterSave, 1+d.IntN(3)
	case 1:
		s.Point, s.Count = AfterSend, 1+d.IntN(4)
	case 2: // it can tell one server, which is behind
		d.add(Step{Kind: Partition, Sides: []Peers{{Leader, Peer(d.IntN(d.s.Peers))}},
			For: d.between(10*time.Millisecond, 60*time.Millisecond)})
		d.wait(5*time.Millisecond, 50*time.Millisecond)
	}
	s.Elected = d.chance(60)
	d.add(s)
	d.wait(150*time.Millisecond, 700*time.Millisecond)
}

// sparse has clients leave a leader some time between two commands: what it does on its own account is seen then.
func (d *drawer) sparse() { d.s.Work.Every = d.between(8*time.Millisecond, 60*time.Millisecond) }

// feud has two leaders, one after the other, take commands that none or few others hear of, and crash. Later they have
// entries of terms that the others never saw: the first may have its entries replicated, and crash once more, and the
// second come back to replace them.
func (d *drawer) feud() {
	d.add(Step{Kind: Crash, Who: Peers{Leader}, For: d.between(10*time.Millisecond, 900*time.Millisecond)})
	lasts := d.between(100*time.Millisecond, 800*time.Millisecond)
	for round := range 2 {
		side := Peers{Leader}
		if d.chance(30) {
			side = append(side, Next)
		}
		alone := Step{Elected: true, Passes: round, Kind: Partition, Sides: []Peers{side}, For: 400 * time.Millisecond}
		d.add(alone)
		d.add(Step{Elected: true, Passes: round, Kind: Crash, Who: Peers{Leader}, Point: AfterSave, Count: 1 + d.IntN(2),
			For: lasts})
		lasts += d.between(0, 800*time.Millisecond)
	}
	d.add(Step{Elected: true, Passes: 2, Kind: Crash, Who: Peers{Leader}, Point: AfterSend, Count: 2 + d.IntN(12),
		For: d.between(300*time.Millisecond, 1500*time.Millisecond)})
	d.wait(1200*time.Millisecond, 2500*time.Millisecond)
}

// strand cuts the leader off with few or none, and heals when another may lead.
func (d *drawer) strand() {
	s := Step{Kind: Partition, Sides: []Peers{d.pick(Leader, Leader, Near)},
		For: d.between(50*time.Millisecond, 1500*time.Millisecond)}
	switch {
	case d.chance(20):
		s.Kind, s.Who, s.Sides = Pause, Peers{Leader}, nil
	case d.chance(20):
		s.Kind, s.Who, s.To, s.Sides = Cut, Peers{Rest}, Peers{Leader}, nil
	}
	s.Elected = d.chance(40)
	d.add(s)
	d.wait(200*time.Millisecond, 1000*time.Millisecond)
}

// doze has the leader's process stand still, or its clock go wrong.
func (d *drawer) doze() {
	if d.chance(40) {
		d.clock(d.between(500*time.Millisecond, 2*time.Second))
	}
	d.add(Step{Elected: d.chance(30), Kind: Freeze, Who: d.pick(Leader, Leader, Leader, Follower, Minority),
		For: d.between(50*time.Millisecond, 1800*time.Millisecond)})
	d.wait(200*time.Millisecond, 1200*time.Millisecond)
}

// readers are many clients of one key, who come and go: some then ask a leader that others have given up.
func (d *drawer) readers() {
	w := &d.s.Work
	if d.s.Lab == Raft {
		return
	}
	w.Clients, w.Keys, w.Gets, w.Every = 4+d.IntN(4), 1, 40+d.IntN(30), d.between(5*time.Millisecond, 25*time.Millisecond)
	w.Appends = d.IntN(30)
	if d.chance(70) {
		w.Stay = d.between(80*time.Millisecond, 600*time.Millisecond)
	}
}

// lease has the leader's clock run slowly, or the others' fast, and cuts it off: it may believe for too long that
// nobody can have replaced it.
func (d *drawer) lease() {
	s := Step{Kind: Clock, Who: Peers{Leader}, Rate: 50 + d.IntN(30), For: 3 * time.Second}
	switch d.IntN(5) {
	case 0, 1:
		s.Who, s.Rate = Peers{Followers}, 120+d.IntN(80)
	case 2: // or it hears late that they have heard it
		s = Step{Kind: Noise, Who: Peers{Rest}, To: Peers{Leader}, For: s.For,
			Delay: d.between(50*time.Millisecond, 400*time.Millisecond)}
	}
	d.add(s)
	d.wait(20*time.Millisecond, 300*time.Millisecond)
	s = Step{Kind: Partition, Sides: []Peers{{Leader}}, For: d.between(500*time.Millisecond, 1500*time.Millisecond)}
	if d.chance(40) {
		s.Kind, s.Who, s.To, s.Sides = Cut, Peers{Rest}, Peers{Leader}, nil
	}
	d.add(s)
	d.wait(300*time.Millisecond, 1500*time.Millisecond)
}

// reload has everybody, or the leader, begin anew, and take some time to commit: there is much to apply then, while
// clients are asking already.
func (d *drawer) reload() {
	slow := Step{Kind: Slow, Who: Peers{All}, Delay: d.between(3*time.Millisecond, 40*time.Millisecond),
		For: 1500 * time.Millisecond}
	if d.chance(50) {
		slow.Kind, slow.Who = Noise, nil
	}
	d.add(slow)
	d.add(Step{Kind: Crash, Who: d.pick(All, All, Leader), For: d.between(time.Millisecond, 50*time.Millisecond)})
	d.wait(600*time.Millisecond, 1500*time.Millisecond)
}

// lag keeps somebody away for as long as the others need to compact their logs.
func (d *drawer) lag() {
	who, lasts := d.pick(Follower, Follower, Next, Leader, Minority), d.between(100*time.Millisecond, 900*time.Millisecond)
	switch d.IntN(4) {
	case 0:
		d.add(Step{Kind: Crash, Who: who, For: lasts})
	case 1:
		d.add(Step{Kind: Pause, Who: who, For: lasts})
	default:
		d.add(Step{Kind: Partition, Sides: []Peers{who}, For: lasts})
	}
	d.now += lasts
	if d.chance(40) { // and as soon as it is back, something happens to who brings it up
		d.mine(d.pick(Leader, Leader, Follower, All))
	}
	d.wait(20*time.Millisecond, 300*time.Millisecond)
}

// compact has services take snapshots when nobody expects it.
func (d *drawer) compact() {
	if d.s.Lab == Raft {
		d.add(Step{Kind: Snapshot, Who: d.pick(All, Leader, Followers)})
		d.now += d.between(0, 20*time.Millisecond)
	}
	d.mine(d.pick(All, Leader, Follower, Near))
}

// oneWay has messages pass in one direction.
func (d *drawer) oneWay() {
	d.cut(d.between(100*time.Millisecond, 2*time.Second))
	d.wait(50*time.Millisecond, 800*time.Millisecond)
}

// shapes has servers reach some of the others only.
func (d *drawer) shapes() {
	lasts := d.between(200*time.Millisecond, 1500*time.Millisecond)
	switch d.IntN(3) {
	case 0:
		d.add(Step{Kind: Ring, For: lasts})
	case 1:
		d.add(Step{Kind: Bridge, Who: d.anyone(), For: lasts})
	default:
		d.partition(lasts)
	}
	d.wait(50*time.Millisecond, lasts)
}
