package schedule

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Parse reads a script. Its errors name the line and say what is wrong with it.
func Parse(r io.Reader) (Schedule, error) {
	p := parser{lines: bufio.NewScanner(r)}
	const longest = 1 << 16 // bytes of a line
	p.lines.Buffer(nil, longest)
	if err := p.script(); err != nil {
		return Schedule{}, fmt.Errorf("schedule: line %d: %w", p.line, err)
	}
	return p.s, nil
}

// parser reads a script line by line, and a line word by word.
type parser struct {
	lines *bufio.Scanner
	line  int
	words []string // of the line, that are not read yet
	s     Schedule
}

// next goes on to the next line that says something, and reports whether there is one.
func (p *parser) next() bool {
	p.line++
	for ; p.lines.Scan(); p.line++ {
		text, _, _ := strings.Cut(p.lines.Text(), "#")
		if p.words = strings.Fields(text); len(p.words) > 0 {
			return true
		}
	}
	return false
}

func (p *parser) script() error {
	if !p.next() {
		return p.missing("the lab and how many peers it has")
	}
	if err := p.head(); err != nil {
		return err
	}
	if !p.next() {
		return p.missing("the line work")
	}
	if err := p.work(); err != nil {
		return err
	}
	for last := time.Duration(0); ; {
		if !p.next() {
			return p.missing("the last line, which says when to heal")
		}
		step, heals, err := p.step()
		switch {
		case err != nil:
			return err
		case heals:
			return p.end(step.At)
		}
		if err := p.s.validateStep(step, last); err != nil {
			return err
		}
		if p.s.Steps = append(p.s.Steps, step); len(p.s.Steps) > MaxSteps {
			return fmt.Errorf("more than %d steps", MaxSteps)
		}
		last = step.At
	}
}

// missing says that the script ends too early, or why it could not be read to its end.
func (p *parser) missing(what string) error {
	if err := p.lines.Err(); err != nil {
		return err
	}
	return fmt.Errorf("the script ends without %s", what)
}

// end checks that nothing follows the line heal.
func (p *parser) end(heal time.Duration) error {
	p.s.Heal = heal
	if err := p.s.validateHeal(); err != nil {
		return err
	}
	if p.next() {
		return errors.New("nothing may follow the line heal")
	}
	return p.lines.Err()
}

// head reads the first line.
func (p *parser) head() error {
	p.s.Lab = Lab(p.word())
	if err := p.options("peers", &p.s.Peers, "seed", &p.s.Seed, "snapshots", &p.s.Snapshots); err != nil {
		return err
	}
	return p.s.validateHead()
}

func (p *parser) work() error {
	if word := p.word(); word != "work" {
		return fmt.Errorf("%q where work should be", word)
	}
	w := &p.s.Work
	err := p.options("clients", &w.Clients, "every", &w.Every, "operations", &w.Operations, "keys", &w.Keys,
		"get", (*hundredths)(&w.Gets), "append", (*hundredths)(&w.Appends), "stay", &w.Stay, "everybody", &w.Everybody)
	if err != nil {
		return err
	}
	return w.validate(p.s.Lab)
}

// step reads a step, or the line heal: then heals is true and the step has nothing but a time.
func (p *parser) step() (s Step, heals bool, err error) {
	if err = p.when(&s); err != nil {
		return s, false, err
	}
	s.Kind = Kind(p.word())
	if s.Kind == "heal" {
		if s.Elected || len(p.words) > 0 {
			err = errors.New("heal has a time and nothing else")
		}
		return s, true, err
	}
	if !slices.Contains(kinds, s.Kind) {
		return s, false, fmt.Errorf("unknown fault %q; known are %v", s.Kind, kinds)
	}
	if err = p.whom(&s); err != nil {
		return s, false, err
	}
	if err = p.point(&s); err != nil {
		return s, false, err
	}
	err = p.options("delay", &s.Delay, "jitter", &s.Jitter, "loss", (*hundredths)(&s.Loss),
		"twice", (*hundredths)(&s.Twice), "rate", (*hundredths)(&s.Rate), "jump", &s.Jump, "for", &s.For)
	return s, false, err
}

// when reads at what time, or after which election, a step is due.
func (p *parser) when(s *Step) (err error) {
	if p.has("elected") {
		s.Elected = true
		if len(p.words) > 0 && p.words[0] != "after" {
			if err := p.value(&s.Passes); err != nil {
				return fmt.Errorf("elected: %w", err)
			}
			if s.Passes--; s.Passes < 0 {
				return errors.New("elected 0; want 1 (the next election) or more")
			}
		}
		if !p.has("after") {
			return errors.New("elected is followed by after and a time")
		}
	}
	return p.value(&s.At)
}

// whom reads which servers a step concerns.
func (p *parser) whom(s *Step) error {
	first := p.peers()
	switch {
	case s.Kind == Partition:
		s.Sides = []Peers{first}
		for p.has("|") {
			s.Sides = append(s.Sides, p.peers())
		}
		return nil
	case p.has(">"):
		if s.To = p.peers(); len(s.To) == 0 {
			return errors.New("no servers after >")
		}
	}
	s.Who = first
	return nil
}

// peers reads servers for as long as there are words for them.
func (p *parser) peers() (peers Peers) {
	for len(p.words) > 0 {
		n, err := strconv.ParseUint(p.words[0], 10, 16)
		role := slices.Index(roleNames[:], p.words[0])
		switch {
		case err == nil:
			peers = append(peers, Peer(n))
		case role >= 0:
			peers = append(peers, Peer(-1-role))
		default:
			return peers
		}
		p.word()
	}
	return peers
}

// point reads after what a server crashes, if the line says so.
func (p *parser) point(s *Step) error {
	if !p.has("after") {
		return nil
	}
	s.Point = Point(p.word())
	if s.Point != AfterSave && s.Point != AfterSend {
		return fmt.Errorf("after %q; want after save or after send", s.Point)
	}
	if err := p.value(&s.Count); err != nil {
		return fmt.Errorf("after %s: %w", s.Point, err)
	}
	if s.Count < 1 {
		return fmt.Errorf("after %s %d; want 1 or more", s.Point, s.Count)
	}
	if p.has("unsent") {
		if s.Point != AfterSave {
			return errors.New("unsent follows after save alone")
		}
		s.Point = Unsent
	}
	return nil
}

// word takes the next word, "" at the end of the line.
func (p *parser) word() string {
	if len(p.words) == 0 {
		return ""
	}
	word := p.words[0]
	p.words = p.words[1:]
	return word
}

// has takes the next word if it is that one.
func (p *parser) has(word string) bool {
	if len(p.words) == 0 || p.words[0] != word {
		return false
	}
	p.word()
	return true
}

// options reads the rest of the line: names, in any order and each at most once, each with a value behind it unless
// that is a bool.
func (p *parser) options(namesAndValues ...any) error {
	var names []string
	for i := 0; i < len(namesAndValues); i += 2 {
		names = append(names, namesAndValues[i].(string))
	}
	seen := map[string]bool{}
	for len(p.words) > 0 {
		name := p.word()
		i := slices.Index(names, name)
		switch {
		case i < 0:
			return fmt.Errorf("%q is not understood here; what can follow is %s", name, strings.Join(names, ", "))
		case seen[name]:
			return fmt.Errorf("%s is there twice", name)
		}
		seen[name] = true
		if err := p.value(namesAndValues[2*i+1]); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	return nil
}

// hundredths is a number with a percent sign.
type hundredths int

// value reads a word as what into points to.
func (p *parser) value(into any) (err error) {
	if flag, is := into.(*bool); is {
		*flag = true
		return nil
	}
	word := p.word()
	if word == "" {
		return errors.New("a value is missing")
	}
	switch into := into.(type) {
	case *int:
		*into, err = count(word)
	case *uint64:
		*into, err = strconv.ParseUint(word, 10, 64)
	case *hundredths:
		digits, has := strings.CutSuffix(word, "%")
		if !has {
			return fmt.Errorf("%q is no percentage, such as 30%%", word)
		}
		var n int
		n, err = count(digits)
		*into = hundredths(n)
	case *time.Duration:
		if *into, err = time.ParseDuration(word); err != nil {
			return fmt.Errorf("%q is no time, such as 300ms or 1.5s", word)
		}
	}
	if err != nil {
		return fmt.Errorf("%q is no number that fits here", word)
	}
	return nil
}

// count reads a number from 0 that has nine digits at most.
func count(word string) (int, error) {
	n, err := strconv.ParseUint(word, 10, 31)
	return int(n), err
}
