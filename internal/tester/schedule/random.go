package schedule

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"time"
)

// Options say what Random may draw.
type Options struct {
	Lab    Lab           // "": Raft
	Peers  []int         // how many servers there may be, each with the same chance; nil: 3, 4, 5 and 7, few more often
	Faults []string      // classes (Classes) to draw from; nil: all, in the combinations of the families
	Family string        // of Families; "": any. With Faults it has no meaning
	Length time.Duration // of the time until Heal; 0: 2 to 8 seconds
}

// Families returns the names of the families of schedules that Random draws from: what is known to have found
// mistakes together.
func Families() []string {
	var names []string
	for _, f := range families {
		names = append(names, f.name)
	}
	return names
}

// Validate returns an error that names a class or family that does not exist, or a number that is out of range.
func (o Options) Validate() error {
	if o.Lab != "" && o.Lab != Raft && o.Lab != KV {
		return fmt.Errorf("schedule: unknown lab %q; it is %s or %s", o.Lab, Raft, KV)
	}
	for _, n := range o.Peers {
		if n < 1 || n > MaxPeers {
			return fmt.Errorf("schedule: peers %d; want 1 to %d", n, MaxPeers)
		}
	}
	for _, class := range o.Faults {
		if !slices.Contains(classNames[:], class) {
			return fmt.Errorf("schedule: unknown class of faults %q; known are %v", class, Classes())
		}
	}
	if o.Family != "" && !slices.Contains(Families(), o.Family) {
		return fmt.Errorf("schedule: unknown family %q; known are %v", o.Family, Families())
	}
	if o.Length < 0 || o.Length > MaxTime {
		return fmt.Errorf("schedule: length %v; want 0 to %v", o.Length, MaxTime)
	}
	return nil
}

// Random draws a schedule: the same one for the same seed and options, which must be valid. Its Seed is seed.
func Random(seed uint64, o Options) Schedule {
	if o.Lab == "" {
		o.Lab = Raft
	}
	d := &drawer{Rand: rand.New(rand.NewPCG(seed, 0x7363686564756c65)), allowed: o.Faults}
	d.s = Schedule{Lab: o.Lab, Seed: seed, Peers: d.peers(o.Peers)}
	family := d.family(o)
	d.s.Heal = o.Length
	if d.s.Heal == 0 {
		d.s.Heal = d.between(2*time.Second, 8*time.Second)
	}
	d.work()
	d.snapshots(family)
	if family.prepare != nil && o.Faults == nil {
		family.prepare(d)
	}
	for d.now = d.between(0, 400*time.Millisecond); d.now < d.s.Heal && len(d.s.Steps) < mostSteps; {
		if o.Faults != nil {
			d.plain(o.Faults[d.IntN(len(o.Faults))])
			d.now += d.short()
			continue
		}
		family.bursts[d.IntN(len(family.bursts))](d)
		d.now += d.short()
	}
	d.finish()
	return d.s
}

// What keeps a schedule cheap to play.
const (
	mostSteps      = 30
	mostCommands   = 600 // offered to bare Raft peers
	mostOperations = 500 // of clients of the service
)

// drawer draws one schedule.
type drawer struct {
	*rand.Rand
	s       Schedule
	now     time.Duration
	allowed []string
}

func (d *drawer) chance(percent int) bool { return d.IntN(100) < percent }

// between draws a time, in milliseconds, evenly.
func (d *drawer) between(least, most time.Duration) time.Duration {
	return least + time.Duration(d.Int64N(int64((most-least)/time.Millisecond)+1))*time.Millisecond
}

// short is a time within which a message, or an election, happens: short ones are likelier.
func (d *drawer) short() time.Duration {
	return d.between(time.Millisecond, d.between(30*time.Millisecond, 600*time.Millisecond))
}

func (d *drawer) pick(peers ...Peer) Peers { return Peers{peers[d.IntN(len(peers))]} }

func (d *drawer) peers(from []int) int {
	if from == nil {
		from = []int{3, 3, 3, 3, 4, 4, 5, 5, 5, 7}
	}
	return from[d.IntN(len(from))]
}

// anyone is a server by number or by role.
func (d *drawer) anyone() Peers {
	if d.chance(30) {
		return Peers{Peer(d.IntN(d.s.Peers))}
	}
	return d.pick(Leader, Leader, Leader, Follower, Follower, Any, Old, Next)
}

// several are servers of which there may be more than one.
func (d *drawer) several() Peers {
	if d.chance(60) {
		return d.anyone()
	}
	return d.pick(Minority, Near, Followers, All)
}

// add adds a step that is due now.
func (d *drawer) add(s Step) {
	s.At = d.now
	d.s.Steps = append(d.s.Steps, s)
}

// wait lets time pass.
func (d *drawer) wait(least, most time.Duration) { d.now += d.between(least, most) }

// finish puts the steps in order, those in time alone.
func (d *drawer) finish() {
	slices.SortStableFunc(d.s.Steps, func(a, b Step) int { return int(a.At - b.At) })
	d.s.Steps = slices.DeleteFunc(d.s.Steps, func(s Step) bool { return s.At > d.s.Heal })
	if len(d.s.Steps) == 0 {
		d.s.Steps = nil
	}
}

// work draws what clients do.
func (d *drawer) work() {
	w := &d.s.Work
	w.Clients = 1 + d.IntN(3)
	w.Every = d.between(2*time.Millisecond, 40*time.Millisecond)
	if d.s.Lab == Raft {
		w.Operations = mostCommands
		w.Everybody = d.chance(50)
		return
	}
	w.Clients += d.IntN(4)
	w.Every, w.Operations = d.between(5*time.Millisecond, 60*time.Millisecond), mostOperations
	w.Keys = 1 + d.IntN(3)
	if d.chance(25) {
		w.Keys = 20
	}
	w.Gets, w.Appends = 30+10*d.IntN(4), 10*d.IntN(4)
	if d.chance(30) {
		w.Stay = d.between(300*time.Millisecond, 1500*time.Millisecond)
	}
}

// snapshots draws whether they are taken, and how often.
func (d *drawer) snapshots(f family) {
	if !d.chance(50) && !f.snapshots {
		return
	}
	if d.s.Lab == Raft {
		d.s.Snapshots = 2 + d.IntN(12)
		return
	}
	const least, most = 400, 2000 // bytes
	d.s.Snapshots = least + d.IntN(most-least)
}

// plain adds a step of a class.
func (d *drawer) plain(class string) {
	lasts := d.between(20*time.Millisecond, 1200*time.Millisecond)
	switch class {
	case "partition":
		d.partition(lasts)
	case "bridge":
		d.add(Step{Kind: Bridge, Who: d.anyone(), For: lasts})
	case "ring":
		d.add(Step{Kind: Ring, For: lasts})
	case "cut":
		d.cut(lasts)
	case "loss":
		d.noise(Step{Loss: 5 + d.IntN(40), For: lasts})
	case "duplicate":
		d.noise(Step{Twice: 10 + d.IntN(80), Jitter: d.between(time.Millisecond, 100*time.Millisecond), For: lasts})
	case "delay":
		d.noise(Step{Delay: d.between(time.Millisecond, 60*time.Millisecond), For: lasts})
	case "reorder":
		if d.chance(50) {
			d.add(Step{Kind: Reorder, For: lasts})
			return
		}
		d.noise(Step{Jitter: d.between(5*time.Millisecond, 400*time.Millisecond), For: lasts})
	case "unreliable":
		d.add(Step{Kind: Unreliable, For: lasts})
	case "pause":
		d.add(Step{Kind: Pause, Who: d.anyone(), For: lasts})
	case "freeze":
		d.add(Step{Kind: Freeze, Who: d.anyone(), For: lasts})
	case "crash":
		d.add(Step{Kind: Crash, Who: d.several(), For: d.outage()})
	case "crashpoint":
		d.mine(d.several())
	case "slow":
		d.add(Step{Kind: Slow, Who: d.several(), Delay: d.between(time.Millisecond, 50*time.Millisecond), For: lasts})
	case "clock":
		d.clock(lasts)
	case "snapshot":
		if d.s.Lab == Raft {
			d.add(Step{Kind: Snapshot, Who: d.several()})
		}
	}
}

func (d *drawer) partition(lasts time.Duration) {
	switch d.IntN(4) {
	case 0:
		d.add(Step{Kind: Partition, Sides: []Peers{{Leader}}, For: lasts})
	case 1:
		d.add(Step{Kind: Partition, Sides: []Peers{d.pick(Minority, Near)}, For: lasts})
	case 2:
		side := Peers{Leader}
		for i := range d.s.Peers {
			if d.chance(40) {
				side = append(side, Peer(i))
			}
		}
		d.add(Step{Kind: Partition, Sides: []Peers{side}, For: lasts})
	default:
		d.add(Step{Kind: Partition, Sides: []Peers{d.anyone()}, For: lasts})
	}
}

func (d *drawer) cut(lasts time.Duration) {
	s := Step{Kind: Cut, Who: d.anyone(), To: Peers{Rest}, For: lasts}
	if d.chance(50) {
		s.Who, s.To = s.To, s.Who
	} else if d.chance(40) {
		s.To = Peers{Peer(d.IntN(d.s.Peers))}
	}
	d.add(s)
}

// noise adds noise on all ways, or on those from or to somebody.
func (d *drawer) noise(s Step) {
	s.Kind = Noise
	switch d.IntN(4) {
	case 0:
		s.Who, s.To = d.anyone(), Peers{Rest}
	case 1:
		s.Who, s.To = Peers{Rest}, d.anyone()
	}
	d.add(s)
}

// mine adds a crash at a save or a send that is not far.
func (d *drawer) mine(who Peers) {
	points := [...]Point{AfterSave, AfterSave, AfterSend, AfterSend, Unsent}
	d.add(Step{Kind: Crash, Who: who, Point: points[d.IntN(len(points))], Count: 1 + d.IntN(1+d.IntN(12)),
		For: d.outage()})
}

// outage draws how long a server is down: often for so short that the others hardly notice.
func (d *drawer) outage() time.Duration {
	if d.chance(50) {
		return d.between(time.Millisecond, 40*time.Millisecond)
	}
	return d.between(50*time.Millisecond, 800*time.Millisecond)
}

func (d *drawer) clock(lasts time.Duration) {
	s := Step{Kind: Clock, Who: d.several()}
	if d.chance(60) {
		s.Rate, s.For = 60+d.IntN(120), lasts
	} else {
		s.Jump = d.between(50*time.Millisecond, 3*time.Second)
	}
	d.add(s)
}
