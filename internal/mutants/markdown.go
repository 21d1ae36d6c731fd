package mutants

import (
	"fmt"
	"slices"
	"strings"

	"raftlab/internal/suite"
)

// printer is Printf into the report.
type printer func(format string, args ...any)

// Markdown returns the report that is kept.
func (r Report) Markdown() string {
	var b strings.Builder
	p := func(format string, args ...any) { fmt.Fprintf(&b, format, args...) }
	p("# The bank of wrong Rafts, as measured\n\n")
	p("Written by `make mutants`; what the bank is, and how to add to it, is in the documentation of\n"+
		"[internal/mutants](../../internal/mutants). In the simulator each mutant met the scenarios named for it, with seeds\n"+
		"from 1 until one failed, %d at most; if none did, all others of its lab, on so many seeds: %d; if none did, the\n"+
		"hunt, with %d seeds at most. What is correct or equivalent met the suites and %d schedules of each lab. Runs are the\n"+
		"same each time; CPU is of this machine.\n\n",
		r.Plan.Seeds, r.Plan.Rest, r.Plan.Hunt, min(r.Plan.Pass, r.Plan.Hunt))
	p("%s\n", strings.ReplaceAll(r.Summary(), "\n", "\n\n"))
	for _, s := range sections {
		r.section(p, s.title)
	}
	r.survivors(p)
	r.scenarios(p)
	return b.String()
}

// scenarios writes what each scenario has caught.
func (r Report) scenarios(p printer) {
	p("\n## What each scenario catches\n\n")
	if !r.Plan.Every {
		p("Of those that were tried on a mutant: first those named for it, the others only if these were silent.\n\n")
	}
	p("| scenario | mutants | made for it | others |\n|---|---|---|---|\n")
	var silent []string
	for _, s := range suite.All() {
		made, others := r.caughtBy(s.Name)
		p("| %s | %d | %s | %s |\n", short(s.Name), len(made)+len(others), strings.Join(made, " "), strings.Join(others, " "))
		if len(made)+len(others) == 0 {
			silent = append(silent, short(s.Name))
		}
	}
	if len(silent) > 0 {
		p("\nThese have caught nothing: %s.\n", strings.Join(silent, ", "))
	} else {
		p("\nEach has caught something.\n")
	}
}

// section writes the table of the mutants of one section that were caught, or of the correct ones.
func (r Report) section(p printer, title string) {
	begun := false
	for _, v := range r.Verdicts {
		m := v.Mutant
		if m.section() != title || m.Fate != Correct && len(v.Catches) == 0 {
			continue
		}
		if !begun && m.Fate == Correct {
			p("\n## %s\n\n| id | what it does | why it is right | outcome |\n|---|---|---|---|\n", title)
		} else if !begun {
			p("\n## %s\n\n| id | what it does | breaks | caught by (seed) | said | CPU | schedule |\n|---|---|---|---|---|---|---|\n",
				title)
		}
		begun = true
		if m.Fate == Correct {
			p("| %s | %s | %s | %s |\n", m.ID, m.Mistake, m.Reason, v.outcome())
			continue
		}
		first := v.Catches[0]
		by := []string{fmt.Sprintf("%s (%d)", short(first.By), first.Seed)}
		for _, c := range v.Catches[1:] {
			if slices.Contains(m.Catchers, c.By) {
				by = append(by, fmt.Sprintf("%s (%d)", short(c.By), c.Seed))
			}
		}
		said := first.Invariant
		if said == "" {
			said = string(first.Verdict)
		}
		p("| %s | %s | %s | %s | %s | %s | %s |\n", m.ID, m.Mistake, m.Breaks, strings.Join(by, ", "), said,
			seconds(first.CPU), first.length())
	}
}

// survivors writes the table of those that nothing caught.
func (r Report) survivors(p printer) {
	p("\n## Not caught\n\n| id | what it does | breaks | why |\n|---|---|---|---|\n")
	for _, v := range r.Verdicts {
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
