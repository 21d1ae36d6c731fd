package schedule

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// String returns the schedule's script. Parse makes the same value of it.
func (s Schedule) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s peers %d seed %d", s.Lab, s.Peers, s.Seed)
	number(&b, "snapshots", s.Snapshots)
	fmt.Fprintf(&b, "\n%v\n", s.Work)
	for _, step := range s.Steps {
		fmt.Fprintf(&b, "%v\n", step)
	}
	fmt.Fprintf(&b, "%v heal\n", s.Heal)
	return b.String()
}

// String returns the workload's line.
func (w Work) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "work clients %d", w.Clients)
	span(&b, "every", w.Every)
	number(&b, "operations", w.Operations)
	number(&b, "keys", w.Keys)
	percent(&b, "get", w.Gets)
	percent(&b, "append", w.Appends)
	span(&b, "stay", w.Stay)
	if w.Everybody {
		b.WriteString(" everybody")
	}
	return b.String()
}

// String returns the step's line.
func (s Step) String() string {
	var b strings.Builder
	switch {
	case s.Elected && s.Passes > 0:
		fmt.Fprintf(&b, "elected %d after ", s.Passes+1)
	case s.Elected:
		b.WriteString("elected after ")
	}
	fmt.Fprintf(&b, "%v %s", s.At, s.Kind)
	s.whom(&b)
	switch s.Point {
	case AtOnce:
	case Unsent:
		fmt.Fprintf(&b, " after save %d unsent", s.Count)
	default:
		fmt.Fprintf(&b, " after %s %d", s.Point, s.Count)
	}
	span(&b, "delay", s.Delay)
	span(&b, "jitter", s.Jitter)
	percent(&b, "loss", s.Loss)
	percent(&b, "twice", s.Twice)
	percent(&b, "rate", s.Rate)
	span(&b, "jump", s.Jump)
	span(&b, "for", s.For)
	return b.String()
}

// whom writes which servers the step concerns.
func (s Step) whom(b *strings.Builder) {
	for i, side := range s.Sides {
		if i > 0 {
			b.WriteString(" |")
		}
		b.WriteString(side.String())
	}
	b.WriteString(s.Who.String())
	if len(s.To) > 0 {
		b.WriteString(" >" + s.To.String())
	}
}

// String returns the servers' numbers and roles, a space before each.
func (p Peers) String() string {
	var b strings.Builder
	for _, peer := range p {
		b.WriteString(" " + peer.String())
	}
	return b.String()
}

// String returns the server's number or role.
func (p Peer) String() string {
	if role := -1 - int(p); role >= 0 && role < len(roleNames) {
		return roleNames[role]
	}
	return strconv.Itoa(int(p))
}

func number(b *strings.Builder, name string, value int) {
	if value != 0 {
		fmt.Fprintf(b, " %s %d", name, value)
	}
}

func percent(b *strings.Builder, name string, value int) {
	if value != 0 {
		fmt.Fprintf(b, " %s %d%%", name, value)
	}
}

func span(b *strings.Builder, name string, value time.Duration) {
	if value != 0 {
		fmt.Fprintf(b, " %s %v", name, value)
	}
}
