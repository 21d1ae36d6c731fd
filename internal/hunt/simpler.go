package hunt

import (
	"slices"
	"time"

	"raftlab/internal/tester/schedule"
)

// A way to make a schedule simpler. It returns candidates, the simplest first, each simpler than s in a sense that has
// an end; some may be no valid schedules.
type way func(s schedule.Schedule) []schedule.Schedule

// changed returns a copy of s after a change. The copy shares no steps with s, but what is in them.
func changed(s schedule.Schedule, change func(*schedule.Schedule)) schedule.Schedule {
	s.Steps = slices.Clone(s.Steps)
	change(&s)
	return s
}

// lessWork asks less of the servers.
func lessWork(s schedule.Schedule) []schedule.Schedule {
	var all []schedule.Schedule
	try := func(worth bool, change func(*schedule.Schedule)) {
		if worth {
			all = append(all, changed(s, change))
		}
	}
	w := s.Work
	try(w.Clients > 0, func(s *schedule.Schedule) { s.Work = schedule.Work{Keys: min(w.Keys, 1)} })
	for _, n := range lower(w.Clients) {
		try(n > 0, func(s *schedule.Schedule) { s.Work.Clients = n })
	}
	for _, n := range []int{1, 2, 5, 10, 20, 50} {
		try(w.Clients > 0 && (w.Operations == 0 || w.Operations > n), func(s *schedule.Schedule) { s.Work.Operations = n })
	}
	try(w.Everybody, func(s *schedule.Schedule) { s.Work.Everybody = false })
	try(w.Stay != 0, func(s *schedule.Schedule) { s.Work.Stay = 0 })
	for _, n := range lower(w.Keys) {
		try(n > 0, func(s *schedule.Schedule) { s.Work.Keys = n })
	}
	try(w.Gets != 0, func(s *schedule.Schedule) { s.Work.Gets = 0 })
	try(w.Appends != 0, func(s *schedule.Schedule) { s.Work.Appends = 0 })
	const few = 10 // operations, that cost nothing without a rest between them
	try(w.Every != 0 && (w.Clients == 0 || w.Operations > 0 && w.Operations <= few),
		func(s *schedule.Schedule) { s.Work.Every = 0 })
	for _, d := range shorter(w.Every) {
		try(d%time.Millisecond == 0 && d != half(w.Every), func(s *schedule.Schedule) { s.Work.Every = d }) // only rounder
	}
	try(s.Snapshots != 0, func(s *schedule.Schedule) { s.Snapshots = 0 })
	return all
}

// lower returns a few numbers below n, the lowest first.
func lower(n int) []int {
	var all []int
	for _, m := range []int{0, 1, n / 2, n - 1} {
		if m < n && !slices.Contains(all, m) {
			all = append(all, m)
		}
	}
	return all
}

// fewerPeers takes servers away, the last ones, and out of the steps with them.
func fewerPeers(s schedule.Schedule) []schedule.Schedule {
	var all []schedule.Schedule
	for n := 1; n < s.Peers; n++ {
		all = append(all, changed(s, func(s *schedule.Schedule) {
			s.Peers = n
			gone := func(p schedule.Peer) bool { return int(p) >= n }
			for i := range s.Steps {
				step := &s.Steps[i]
				step.Who = without(step.Who, gone)
				step.To = without(step.To, gone)
				var sides []schedule.Peers
				for _, side := range step.Sides {
					if side = without(side, gone); len(side) > 0 {
						sides = append(sides, side)
					}
				}
				step.Sides = sides
			}
		}))
	}
	return all
}

// without returns the peers that are not gone, nil if there are none.
func without(peers schedule.Peers, gone func(schedule.Peer) bool) schedule.Peers {
	var left schedule.Peers
	for _, p := range peers {
		if !gone(p) {
			left = append(left, p)
		}
	}
	return left
}

// simplerSteps makes one step simpler: it concerns fewer servers, waits for less, says less.
func simplerSteps(s schedule.Schedule) []schedule.Schedule {
	var all []schedule.Schedule
	for i, step := range s.Steps {
		try := func(worth bool, change func(*schedule.Step)) {
			if worth {
				all = append(all, changed(s, func(s *schedule.Schedule) { change(&s.Steps[i]) }))
			}
		}
		try(step.Elected, func(step *schedule.Step) { step.Elected, step.Passes = false, 0 })
		for _, n := range lower(step.Passes) {
			try(true, func(step *schedule.Step) { step.Passes = n })
		}
		try(step.Point != schedule.AtOnce, func(step *schedule.Step) { step.Point, step.Count = schedule.AtOnce, 0 })
		for _, n := range lower(step.Count) {
			try(n > 0, func(step *schedule.Step) { step.Count = n })
		}
		try(step.For != 0, func(step *schedule.Step) { step.For = 0 })
		try(step.Kind == schedule.Noise && step.Delay != 0, func(step *schedule.Step) { step.Delay = 0 })
		try(step.Jitter != 0, func(step *schedule.Step) { step.Jitter = 0 })
		try(step.Loss != 0, func(step *schedule.Step) { step.Loss = 0 })
		try(step.Twice != 0, func(step *schedule.Step) { step.Twice = 0 })
		try(step.Rate != 0, func(step *schedule.Step) { step.Rate = 0 })
		try(step.Jump != 0, func(step *schedule.Step) { step.Jump = 0 })
		for k := range step.Who {
			try(len(step.Who) > 1, func(step *schedule.Step) { step.Who = slices.Delete(slices.Clone(step.Who), k, k+1) })
		}
		for k := range step.Sides {
			try(len(step.Sides) > 1, func(step *schedule.Step) {
				step.Sides = slices.Delete(slices.Clone(step.Sides), k, k+1)
			})
		}
	}
	return all
}

// earlier makes all times shorter and rounder, and heals sooner.
func earlier(s schedule.Schedule) []schedule.Schedule {
	var all []schedule.Schedule
	for _, d := range shorter(s.Heal) {
		all = append(all, changed(s, func(s *schedule.Schedule) { s.Heal = d }))
	}
	for _, unit := range units {
		all = append(all, changed(s, func(s *schedule.Schedule) {
			for _, d := range times(s) {
				*d = d.Truncate(unit)
			}
		}))
	}
	all = append(all, changed(s, func(s *schedule.Schedule) {
		for _, d := range times(s) {
			*d = half(*d)
		}
	}))
	return differing(s, all)
}

// simplerTimes makes one time shorter and rounder.
func simplerTimes(s schedule.Schedule) []schedule.Schedule {
	var all []schedule.Schedule
	for i := range s.Steps {
		all = append(all, changed(s, func(s *schedule.Schedule) { s.Steps[i].At = 0 }))
	}
	for i, d := range times(&s) {
		for _, d := range shorter(*d) {
			all = append(all, changed(s, func(s *schedule.Schedule) { *times(s)[i] = d }))
		}
	}
	return differing(s, all)
}

// differing leaves out candidates that are s itself.
func differing(s schedule.Schedule, all []schedule.Schedule) []schedule.Schedule {
	before := s.String()
	return slices.DeleteFunc(all, func(c schedule.Schedule) bool { return c.String() == before })
}

// units are how round a time may be.
var units = []time.Duration{time.Second, 100 * time.Millisecond, 10 * time.Millisecond, time.Millisecond}

// times returns all times of a schedule, that of Heal first, but for the clients' rests: shorter ones mean more work.
func times(s *schedule.Schedule) []*time.Duration {
	all := []*time.Duration{&s.Heal}
	for i := range s.Steps {
		step := &s.Steps[i]
		all = append(all, &step.At, &step.For, &step.Delay, &step.Jitter, &step.Jump)
	}
	return slices.DeleteFunc(all, func(d *time.Duration) bool { return *d == 0 })
}

// shorter returns times below d, the roundest first.
func shorter(d time.Duration) []time.Duration {
	var all []time.Duration
	for _, t := range []time.Duration{half(d), d.Truncate(units[0]), d.Truncate(units[1]), d.Truncate(units[2]),
		d.Truncate(units[3])} {
		if t > 0 && t < d && !slices.Contains(all, t) {
			all = append(all, t)
		}
	}
	return all
}

// half returns about half of d, rounded down to the roundest unit that leaves something, or d if none does.
func half(d time.Duration) time.Duration {
	for _, unit := range units {
		if h := (d / 2).Truncate(unit); h > 0 {
			return h
		}
	}
	return d
}
