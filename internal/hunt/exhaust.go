package hunt

import (
	"context"
	"sync"
	"time"

	"raftlab/internal/sim"
	"raftlab/internal/sim/campaign"
	"raftlab/internal/tester/schedule"
	"raftlab/internal/trace"
)

// Story is a short schedule in which a peer may crash at any instant.
type Story struct {
	Name     string
	Schedule schedule.Schedule
}

// Stories returns those of a lab.
func Stories(lab schedule.Lab) []Story {
	const ms = time.Millisecond
	apart := func(at time.Duration, who schedule.Peer) []schedule.Step {
		return []schedule.Step{{At: at, Kind: schedule.Partition, Sides: []schedule.Peers{{who}, {schedule.Rest}},
			For: 700 * ms}}
	}
	if lab == schedule.KV {
		put := schedule.Work{Clients: 1, Operations: 1, Keys: 1}
		appends := schedule.Work{Clients: 2, Every: 40 * ms, Operations: 6, Keys: 1, Appends: 100}
		crash := schedule.Step{Elected: true, Kind: schedule.Crash, Who: schedule.Peers{schedule.Leader}, Count: 1,
			Point: schedule.AfterSave, For: 300 * ms}
		return []Story{
			{"put", schedule.Schedule{Lab: lab, Peers: 3, Seed: 1, Work: put, Heal: 1500 * ms,
				Steps: []schedule.Step{crash}}},
			{"appends", schedule.Schedule{Lab: lab, Peers: 3, Seed: 2, Work: appends, Heal: 1500 * ms, Snapshots: 300}},
		}
	}
	seldom := schedule.Work{Clients: 1, Every: 200 * ms}
	often := schedule.Work{Clients: 1, Every: 60 * ms, Everybody: true}
	return []Story{
		{"election", schedule.Schedule{Lab: lab, Peers: 3, Seed: 1, Work: seldom, Heal: time.Second}},
		{"new-leader", schedule.Schedule{Lab: lab, Peers: 3, Seed: 2, Work: often, Heal: 2200 * ms,
			Steps: apart(800*ms, schedule.Leader)}},
		{"snapshot", schedule.Schedule{Lab: lab, Peers: 3, Seed: 3, Work: often, Heal: 2 * time.Second, Snapshots: 4,
			Steps: apart(600*ms, schedule.Follower)}},
	}
}

// restAfter is how long a peer that has crashed stays down.
const restAfter = 200 * time.Millisecond

// crashes returns the schedules of a story with one crash each: of each peer, after each save, after each send, and
// with each save on the disk but the message after it unsent, as often as the story does it undisturbed.
func (s Story) crashes(saves, sends []int) []schedule.Schedule {
	var all []schedule.Schedule
	for peer := range s.Schedule.Peers {
		for _, p := range []struct {
			point schedule.Point
			count int
		}{{schedule.AfterSave, saves[peer]}, {schedule.AfterSend, sends[peer]}, {schedule.Unsent, saves[peer]}} {
			for k := range p.count {
				all = append(all, changed(s.Schedule, func(s *schedule.Schedule) {
					crash := schedule.Step{Kind: schedule.Crash, Who: schedule.Peers{schedule.Peer(peer)}, Point: p.point,
						Count: k + 1, For: restAfter}
					s.Steps = append([]schedule.Step{crash}, s.Steps...)
				}))
			}
		}
	}
	return all
}

// Exhausted is what came of a story with a crash at each of its instants.
type Exhausted struct {
	Story  string
	Saves  int // of all peers, undisturbed, until all is healed
	Sends  int
	Points int // crashes tried, a run each
	Struck int // crashes that came to pass; with a crash before it, a story may take another turn
	Report     // of all runs, that without a crash included
}

// Exhaust runs each story of a lab once as it is, and again with a crash at every save and every send of every peer.
// Done is told of each run, of how many of the story's, one call at a time; nil: nobody is. It runs so many
// schedules at a time, 0: one for each core. Once ctx is done it soon returns, with what was done until then.
func Exhaust(ctx context.Context, run Run, lab schedule.Lab, many int,
	done func(story string, r campaign.Record, all int)) []Exhausted {
	var all []Exhausted
	for _, s := range Stories(lab) {
		if ctx.Err() != nil {
			break
		}
		x := &exhaustion{run: run, story: s, done: done}
		all = append(all, x.exhaust(ctx, many))
	}
	return all
}

// exhaustion is a story under way.
type exhaustion struct {
	run       Run
	story     Story
	done      func(string, campaign.Record, int)
	schedules []schedule.Schedule
	usual     int // crashes of the story itself

	mu    sync.Mutex // guards all below, and calls of done
	next  int
	tally *tally
	sum   Exhausted
}

func (x *exhaustion) exhaust(ctx context.Context, many int) Exhausted {
	began := time.Now()
	x.sum.Story = x.story.Name
	x.undisturbed(ctx)
	next := func() (int, bool) {
		x.mu.Lock()
		defer x.mu.Unlock()
		x.next++
		return x.next - 1, x.next <= len(x.schedules) && ctx.Err() == nil
	}
	sideBySide(min(jobs(many), len(x.schedules)), next, func(i int) {
		crashes := 0
		r := x.run(ctx, x.schedules[i], func(e trace.Event) {
			if x.before(e) && e.Kind == trace.Crash {
				crashes++
			}
		})
		if ctx.Err() == nil {
			x.took(1+i, Failure{x.schedules[i], r}, crashes > x.usual)
		}
	})
	x.sum.Report = x.tally.sum(ctx.Err() != nil, time.Since(began))
	return x.sum
}

// before says whether an event comes before all is healed.
func (x *exhaustion) before(e trace.Event) bool { return e.At < x.story.Schedule.Heal }

// undisturbed runs the story as it is, counts, and makes the schedules with a crash.
func (x *exhaustion) undisturbed(ctx context.Context) {
	saves, sends := make([]int, x.story.Schedule.Peers), make([]int, x.story.Schedule.Peers)
	r := x.run(ctx, x.story.Schedule, func(e trace.Event) {
		switch {
		case e.Node == trace.Nobody || !x.before(e):
		case e.Kind == trace.Save:
			saves[e.Node]++
			x.sum.Saves++
		case e.Kind == trace.Request || e.Kind == trace.Reply:
			sends[e.Node]++
			x.sum.Sends++
		case e.Kind == trace.Crash:
			x.usual++
		}
	})
	if r.Verdict == sim.Passed {
		x.schedules = x.story.crashes(saves, sends)
	}
	x.sum.Points = len(x.schedules)
	x.tally = newTally(1 + x.sum.Points)
	if ctx.Err() == nil {
		x.took(0, Failure{x.story.Schedule, r}, false)
	}
}

// took takes in what came of a run, and whether the crash came to pass.
func (x *exhaustion) took(i int, f Failure, struck bool) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.tally.add(i, f)
	if struck {
		x.sum.Struck++
	}
	if x.done != nil {
		x.done(x.story.Name, f.Record, 1+x.sum.Points)
	}
}
