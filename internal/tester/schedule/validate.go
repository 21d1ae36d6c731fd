package schedule

import (
	"fmt"
	"slices"
	"time"
)

// Validate returns an error that says what of the schedule cannot be played, or nil.
func (s Schedule) Validate() error {
	if err := s.validate(); err != nil {
		return fmt.Errorf("schedule: %w", err)
	}
	return nil
}

func (s Schedule) validate() error {
	if err := s.validateHead(); err != nil {
		return err
	}
	if err := s.Work.validate(s.Lab); err != nil {
		return err
	}
	if len(s.Steps) > MaxSteps {
		return fmt.Errorf("it has %d steps; at most %d are allowed", len(s.Steps), MaxSteps)
	}
	last := time.Duration(0)
	for i, step := range s.Steps {
		if err := s.validateStep(step, last); err != nil {
			return fmt.Errorf("step %d: %w", i+1, err)
		}
		last = step.At
	}
	return s.validateHeal()
}

func (s Schedule) validateHead() error {
	switch {
	case s.Lab != Raft && s.Lab != KV:
		return fmt.Errorf("unknown lab %q; it is %s or %s", s.Lab, Raft, KV)
	case s.Peers < 1 || s.Peers > MaxPeers:
		return fmt.Errorf("peers %d; want 1 to %d", s.Peers, MaxPeers)
	case s.Snapshots < 0:
		return fmt.Errorf("snapshots %d; want 0 (none) or more", s.Snapshots)
	}
	return nil
}

func (s Schedule) validateHeal() error {
	last := time.Duration(0)
	if n := len(s.Steps); n > 0 {
		last = s.Steps[n-1].At
	}
	if err := within("heal", s.Heal); err != nil {
		return err
	}
	if s.Heal < last {
		return fmt.Errorf("it heals at %v, before the last step at %v", s.Heal, last)
	}
	return nil
}

func (w Work) validate(lab Lab) error {
	switch {
	case w.Clients < 0 || w.Clients > MaxClients:
		return fmt.Errorf("work: clients %d; want 0 to %d", w.Clients, MaxClients)
	case w.Operations < 0:
		return fmt.Errorf("work: operations %d; want 0 (no limit) or more", w.Operations)
	case lab == Raft && (w.Keys != 0 || w.Gets != 0 || w.Appends != 0 || w.Stay != 0):
		return fmt.Errorf("work: keys, get, append and stay are for %s", KV)
	case lab == KV && w.Everybody:
		return fmt.Errorf("work: everybody is for %s", Raft)
	case lab == KV && w.Keys < 1:
		return fmt.Errorf("work: keys %d; want 1 or more", w.Keys)
	case w.Gets < 0 || w.Appends < 0 || w.Gets+w.Appends > 100:
		return fmt.Errorf("work: get %d%% and append %d%%; want 0%% to 100%% together", w.Gets, w.Appends)
	}
	if err := within("work: every", w.Every); err != nil {
		return err
	}
	return within("work: stay", w.Stay)
}

// validateStep judges a step that comes after one at last.
func (s Schedule) validateStep(step Step, last time.Duration) error {
	shape, known := shapes[step.Kind]
	if !known {
		return fmt.Errorf("unknown fault %q; known are %v", step.Kind, kinds)
	}
	if step.At < last {
		return fmt.Errorf("%v comes after %v: steps must be in order of time", step.At, last)
	}
	for _, d := range []time.Duration{step.At, step.Delay, step.Jitter, step.Jump, step.For} {
		if err := within("a time", d); err != nil {
			return err
		}
	}
	if step.Kind == Snapshot && s.Lab != Raft {
		return fmt.Errorf("a service of %s decides itself when to take a snapshot", s.Lab)
	}
	if err := shape.fits(step); err != nil {
		return fmt.Errorf("%s: %w", step.Kind, err)
	}
	for _, peers := range append([]Peers{step.Who, step.To}, step.Sides...) {
		if err := s.validatePeers(peers, step); err != nil {
			return fmt.Errorf("%s: %w", step.Kind, err)
		}
	}
	return nil
}

func (s Schedule) validatePeers(peers Peers, step Step) error {
	for _, p := range peers {
		switch {
		case p >= Peer(s.Peers) || p < -roles:
			return fmt.Errorf("there is no server %d; they are 0 to %d", p, s.Peers-1)
		case p == Rest && step.Kind != Partition && step.Kind != Cut && step.Kind != Noise:
			return fmt.Errorf("%v has a meaning beside other servers alone: in %s, %s and %s", p, Partition, Cut, Noise)
		}
	}
	return nil
}

// shape says which fields a kind of step has.
type shape struct {
	who, to, sides, point, delay, noise, clock, lasts field
}

type field uint8

const (
	never field = iota
	may
	must
)

var shapes = map[Kind]shape{
	Partition:  {sides: must, lasts: may},
	Bridge:     {who: must, lasts: may},
	Ring:       {lasts: may},
	Cut:        {who: must, to: must, lasts: may},
	Noise:      {who: may, to: may, delay: may, noise: may, lasts: may},
	Unreliable: {lasts: may},
	Reorder:    {lasts: may},
	Pause:      {who: must, lasts: may},
	Freeze:     {who: must, lasts: may},
	Crash:      {who: must, point: may, lasts: may},
	Slow:       {who: must, delay: must, lasts: may},
	Clock:      {who: must, clock: must, lasts: may},
	Snapshot:   {who: must},
	Connect:    {},
	Quiet:      {},
	Resume:     {who: must},
	Restart:    {who: must},
}

// kinds are the keys of shapes in the order in which people should read them.
var kinds = []Kind{Partition, Bridge, Ring, Cut, Noise, Unreliable, Reorder, Pause, Freeze, Crash, Slow, Clock,
	Snapshot, Connect, Quiet, Resume, Restart}

// fits reports what the step has and should not, or should have and does not.
func (f shape) fits(s Step) error {
	for _, c := range []struct {
		field field
		has   bool
		what  string
	}{
		{f.who, len(s.Who) > 0, "which servers"},
		{f.to, len(s.To) > 0, "> and to which servers"},
		{f.sides, len(s.Sides) > 0, "which servers are together"},
		{f.point, s.Point != AtOnce || s.Count != 0, "after which save or send"},
		{f.delay, s.Delay != 0, "delay"},
		{f.noise, s.Jitter != 0 || s.Loss != 0 || s.Twice != 0, "jitter, loss or twice"},
		{f.clock, s.Rate != 0 || s.Jump != 0, "rate or jump"},
		{f.lasts, s.For != 0, "for how long"},
	} {
		if c.has && c.field == never {
			return fmt.Errorf("it does not say %s", c.what)
		}
		if !c.has && c.field == must {
			return fmt.Errorf("it must say %s", c.what)
		}
	}
	return s.inRange()
}

// inRange reports which value of the step is none that can be.
func (s Step) inRange() error {
	switch {
	case s.Passes < 0 || s.Passes > MaxSteps || s.Passes > 0 && !s.Elected:
		return fmt.Errorf("it lets %d elections pass; want 0 to %d, and 0 if it waits for none", s.Passes, MaxSteps)
	case s.Point != AtOnce && s.Point != AfterSave && s.Point != AfterSend && s.Point != Unsent:
		return fmt.Errorf("unknown point %q", s.Point)
	case (s.Point != AtOnce) != (s.Count > 0) || s.Count < 0:
		return fmt.Errorf("after %s %d; want 1 or more", s.Point, s.Count)
	case s.Loss < 0 || s.Loss > 100 || s.Twice < 0 || s.Twice > 100:
		return fmt.Errorf("loss %d%%, twice %d%%; want 0%% to 100%%", s.Loss, s.Twice)
	case s.Rate != 0 && (s.Rate < 50 || s.Rate > 200):
		return fmt.Errorf("rate %d%%; want 50%% to 200%%", s.Rate)
	case s.Kind == Noise && s.Delay == 0 && s.Jitter == 0 && s.Loss == 0 && s.Twice == 0:
		return fmt.Errorf("it must say delay, jitter, loss or twice")
	case s.Kind == Noise && (len(s.Who) == 0) != (len(s.To) == 0):
		return fmt.Errorf("it must say both from and to which servers, or neither")
	case slices.ContainsFunc(s.Sides, func(side Peers) bool { return len(side) == 0 }):
		return fmt.Errorf("a side has no servers")
	}
	return nil
}

func within(what string, d time.Duration) error {
	if d < 0 || d > MaxTime {
		return fmt.Errorf("%s is %v; want 0 to %v", what, d, MaxTime)
	}
	return nil
}
