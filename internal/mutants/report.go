package mutants

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"raftlab/internal/suite"
)

// tables shows what came of a trial of the bank.
type tables struct {
	Options
	verdicts []Verdict
}

// text writes the tables as a terminal shows them: the mutants, survivors last; then the scenarios.
func (t tables) text(out io.Writer) {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprint(w, "\nid\twhat it does\toutcome\tcaught by\tseed\tCPU\n")
	rows := slices.Clone(t.verdicts)
	slices.SortStableFunc(rows, func(a, b Verdict) int { return cmp.Compare(rank(a), rank(b)) })
	for _, v := range rows {
		by, seed, cpu := "", "", ""
		if len(v.Catches) > 0 {
			first := v.Catches[0]
			by, seed, cpu = short(first.Scenario), fmt.Sprint(first.Seed), seconds(first.CPU)
		}
		if more := len(v.Catches) - 1; more > 0 {
			by += fmt.Sprintf(" and %d", more)
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\n", v.Mutant.ID, v.Mutant.Mistake, v.outcome(), by, seed, cpu)
		if len(v.Missed) > 0 {
			fmt.Fprintf(w, "\t  silent: %s\t\t\t\t\n", strings.Join(v.Missed, " "))
		}
	}
	fmt.Fprint(w, "\nscenario\tcatches\tmade for it\n")
	for _, s := range suite.Raft() {
		made, others := t.caughtBy(s.Name)
		fmt.Fprintf(w, "%s\t%d\t%s\n", short(s.Name), len(made)+len(others), strings.Join(made, " "))
	}
	w.Flush()
	fmt.Fprintf(out, "\n%s\n", t.summary())
}

// rank sorts verdicts: the caught, the correct, the equivalent, the survivors, and last what went wrong.
func rank(v Verdict) int {
	if v.Wrong() != "" {
		return 4
	}
	return slices.Index([]Fate{Caught, Correct, Equivalent, Survives}, v.Mutant.Fate)
}

// caughtBy lists the mutants that a scenario caught: those made for it, and others.
func (t tables) caughtBy(scenario string) (made, others []string) {
	for _, v := range t.verdicts {
		for _, c := range v.Catches {
			switch {
			case c.Scenario != scenario:
			case slices.Contains(v.Mutant.Catchers, scenario):
				made = append(made, v.Mutant.ID)
			default:
				others = append(others, v.Mutant.ID)
			}
		}
	}
	return made, others
}

// summary is the counts in a sentence or two.
func (t tables) summary() string {
	var tried, caught, correct, passed, runs int
	var seeds []uint64
	var costs []time.Duration
	var cpu time.Duration
	for _, v := range t.verdicts {
		runs += v.Runs
		cpu += v.CPU
		switch v.Mutant.Fate {
		case Correct:
			correct++
			if v.Wrong() == "" {
				passed++
			}
		case Equivalent:
		default:
			tried++
			if len(v.Catches) > 0 {
				caught++
				seeds = append(seeds, v.Catches[0].Seed)
				costs = append(costs, v.Catches[0].CPU)
			}
		}
	}
	text := fmt.Sprintf("%d of %d wrong Rafts caught; %d of %d correct ones passed everything.\n%d runs, %.0f s of CPU "+
		"besides compiling.", caught, tried, passed, correct, runs, cpu.Seconds())
	if caught > 0 {
		slices.Sort(seeds)
		slices.Sort(costs)
		text += fmt.Sprintf("\nThe first scenario named took, until it caught: seeds, median %d, worst %d; CPU, median %s, "+
			"worst %s.", seeds[caught/2], seeds[caught-1], seconds(costs[caught/2]), seconds(costs[caught-1]))
	}
	return text
}

// markdown is the report that is kept.
func (t tables) markdown() string {
	var b strings.Builder
	p := func(format string, args ...any) { fmt.Fprintf(&b, format, args...) }
	p("# The bank of wrong Rafts, as measured\n\n")
	p("Written by `make mutants`; what the bank is, and how to add to it, is in the documentation of\n"+
		"[internal/mutants](../../internal/mutants). Each scenario named for a mutant ran on it in virtual time with\n"+
		"seeds from 1 until one failed, %d at most; of the other scenarios %d seeds each, but as many as that where no\n"+
		"scenario is expected to see anything. A seed does not fix the goroutine scheduler, so figures vary a little.\n\n",
		t.Seeds, t.Rest)
	p("%s\n", t.summary())
	for _, s := range sections {
		t.section(p, s.title)
	}
	t.survivors(p)
	p("\n## What each scenario catches\n\n| scenario | mutants | made for it | others |\n|---|---|---|---|\n")
	for _, s := range suite.Raft() {
		made, others := t.caughtBy(s.Name)
		p("| %s | %d | %s | %s |\n", short(s.Name), len(made)+len(others), strings.Join(made, " "), strings.Join(others, " "))
	}
	return b.String()
}

// section writes the table of the mutants of one section that were caught, or of the correct ones.
func (t tables) section(p func(string, ...any), title string) {
	begun := false
	for _, v := range t.verdicts {
		m := v.Mutant
		if m.section() != title || m.Fate != Correct && len(v.Catches) == 0 {
			continue
		}
		if !begun && m.Fate == Correct {
			p("\n## %s\n\n| id | what it does | why it is right | outcome |\n|---|---|---|---|\n", title)
		} else if !begun {
			p("\n## %s\n\n| id | what it does | breaks | caught by (seed) | said | CPU | others |\n|---|---|---|---|---|---|---|\n",
				title)
		}
		begun = true
		if m.Fate == Correct {
			p("| %s | %s | %s | %s |\n", m.ID, m.Mistake, m.Reason, v.outcome())
			continue
		}
		var by []string
		others := 0
		for _, c := range v.Catches {
			if slices.Contains(m.Catchers, c.Scenario) || m.Fate != Caught {
				by = append(by, fmt.Sprintf("%s (%d)", short(c.Scenario), c.Seed))
			} else {
				others++
			}
		}
		first := v.Catches[0]
		said, _, _ := strings.Cut(first.Failure, ": ")
		p("| %s | %s | %s | %s | %s | %s | %d |\n", m.ID, m.Mistake, m.Breaks, strings.Join(by, ", "), said, seconds(first.CPU),
			others)
	}
}

// survivors writes the table of those that nothing caught.
func (t tables) survivors(p func(string, ...any)) {
	p("\n## Not caught\n\n| id | what it does | breaks | why |\n|---|---|---|---|\n")
	for _, v := range t.verdicts {
		m := v.Mutant
		if m.Fate == Correct || len(v.Catches) > 0 {
			continue
		}
		why := m.Reason
		switch m.Fate {
		case Caught:
			why = "should have been caught by " + strings.Join(m.Catchers, ", ")
		case Equivalent:
			why = "equivalent: " + why
		}
		p("| %s | %s | %s | %s |\n", m.ID, m.Mistake, m.Breaks, why)
	}
}

// seconds is d for a table.
func seconds(d time.Duration) string { return fmt.Sprintf("%.2f s", d.Seconds()) }
