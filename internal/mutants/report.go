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

// String is one line: the id, what it does, who caught it first and how soon.
func (v Verdict) String() string {
	line := fmt.Sprintf("%-4s %-75s %s", v.Mutant.ID, v.Mutant.Mistake, v.outcome())
	if len(v.Catches) == 0 {
		return line
	}
	c := v.Catches[0]
	return line + fmt.Sprintf(" by %s, seed %d, %s: %s", short(c.By), c.Seed, seconds(c.CPU), c.Said)
}

// outcome is what came of a mutant, in a word or two.
func (v Verdict) outcome() string {
	switch wrong := v.Wrong(); {
	case v.Err != nil:
		return "NOT TRIED: " + wrong
	case wrong != "":
		return strings.ToUpper(wrong)
	case v.Mutant.Fate == Caught:
		return "caught"
	case len(v.Catches) > 0:
		return "caught by chance"
	case v.Mutant.Fate == Correct:
		return "passed"
	}
	return "survived, as expected"
}

// short is a scenario's name without the word that all begin with.
func short(scenario string) string { return strings.TrimPrefix(scenario, "Test") }

// seconds is d for a table.
func seconds(d time.Duration) string { return fmt.Sprintf("%.2f s", d.Seconds()) }

// Text writes the tables as a terminal shows them: the mutants, survivors last; then what each scenario has caught; then
// the counts.
func (r Report) Text(out io.Writer) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprint(w, "\nid\twhat it does\toutcome\tcaught by\tseed\tCPU\tschedule\n")
	rows := slices.Clone(r.Verdicts)
	slices.SortStableFunc(rows, func(a, b Verdict) int { return cmp.Compare(rank(a), rank(b)) })
	for _, v := range rows {
		by, seed, cpu, script := "", "", "", ""
		if len(v.Catches) > 0 {
			first := v.Catches[0]
			by, seed, cpu, script = short(first.By), fmt.Sprint(first.Seed), seconds(first.CPU), first.length()
		}
		if more := len(v.Catches) - 1; more > 0 {
			by += fmt.Sprintf(" and %d", more)
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\t%s\n", v.Mutant.ID, v.Mutant.Mistake, v.outcome(), by, seed, cpu, script)
		if len(v.Missed) > 0 {
			fmt.Fprintf(w, "\t  silent: %s\t\t\t\t\t\n", strings.Join(v.Missed, " "))
		}
	}
	fmt.Fprint(w, "\nscenario\tcatches\tmade for it\n")
	for _, s := range suite.All() {
		if made, others := r.caughtBy(s.Name); len(made)+len(others) > 0 {
			fmt.Fprintf(w, "%s\t%d\t%s\n", short(s.Name), len(made)+len(others), strings.Join(made, " "))
		}
	}
	if err := w.Flush(); err != nil {
		return err
	}
	_, err := fmt.Fprintf(out, "\n%s\n", r.Summary())
	return err
}

// length says how many steps a schedule has that caught a mutant, and had before it was shrunk.
func (c Catch) length() string {
	switch {
	case c.Steps == 0:
		return ""
	case c.Script == "":
		return fmt.Sprint(c.Steps, " steps")
	}
	return fmt.Sprint(c.Steps, " → ", c.Shrunk, " steps")
}

// rank sorts verdicts: the caught, the correct, the equivalent, the survivors, and last what went wrong.
func rank(v Verdict) int {
	if v.Wrong() != "" {
		return 4
	}
	return slices.Index([]Fate{Caught, Correct, Equivalent, Survives}, v.Mutant.Fate)
}

// caughtBy lists the mutants that a catcher caught: those made for it, and others.
func (r Report) caughtBy(name string) (made, others []string) {
	for _, v := range r.Verdicts {
		for _, c := range v.Catches {
			switch {
			case c.By != name:
			case slices.Contains(v.Mutant.Catchers, name):
				made = append(made, v.Mutant.ID)
			default:
				others = append(others, v.Mutant.ID)
			}
		}
	}
	return made, others
}

// Count is what came of all mutants, in figures.
type Count struct {
	Tried, Caught         int // wrong ones, without those that are equivalent
	ByHunt                int // of those caught
	Equivalent            int
	Correct, Passed       int
	Runs                  int
	CPU, Build            time.Duration
	Seeds                 []uint64        // it took to catch one, ascending
	Costs                 []time.Duration // likewise
	StepsBefore, StepsNow []int           // of the schedules that were shrunk, ascending
}

// Count counts.
func (r Report) Count() Count {
	var n Count
	for _, v := range r.Verdicts {
		n.Runs += v.Runs
		n.CPU += v.CPU
		n.Build += v.Build
		switch {
		case v.Mutant.Fate == Correct:
			n.Correct++
			if v.Wrong() == "" {
				n.Passed++
			}
			continue
		case v.Mutant.Fate == Equivalent && len(v.Catches) == 0:
			n.Equivalent++
			continue
		}
		n.Tried++
		if len(v.Catches) == 0 {
			continue
		}
		n.Caught++
		first := v.Catches[0]
		n.Seeds = append(n.Seeds, first.Seed)
		n.Costs = append(n.Costs, first.CPU)
		if first.By == Hunt {
			n.ByHunt++
		}
		if first.Script != "" {
			n.StepsBefore = append(n.StepsBefore, first.Steps)
			n.StepsNow = append(n.StepsNow, first.Shrunk)
		}
	}
	slices.Sort(n.Seeds)
	slices.Sort(n.Costs)
	slices.Sort(n.StepsBefore)
	slices.Sort(n.StepsNow)
	return n
}

// Summary is the counts in some sentences, a line each.
func (r Report) Summary() string {
	n := r.Count()
	text := fmt.Sprintf("%d of %d wrong ones caught, %d of them by the hunt; %d of %d correct ones passed everything; %d are "+
		"equivalent.\n%d runs, %.0f s of CPU besides compiling, in %v.", n.Caught, n.Tried, n.ByHunt, n.Passed, n.Correct,
		n.Equivalent, n.Runs, n.CPU.Seconds(), r.Real.Round(time.Second))
	if n.Caught > 0 {
		text += fmt.Sprintf("\nWho caught one first took: seeds, median %d, worst %d; CPU, median %s, worst %s.",
			n.Seeds[n.Caught/2], n.Seeds[n.Caught-1], seconds(n.Costs[n.Caught/2]), seconds(n.Costs[n.Caught-1]))
	}
	if k := len(n.StepsNow); k > 0 {
		text += fmt.Sprintf("\n%d schedules were shrunk, from %d steps in the median to %d, %d at most.", k,
			n.StepsBefore[k/2], n.StepsNow[k/2], n.StepsNow[k-1])
	}
	if r.Interrupted {
		text += "\nInterrupted: the rest of the bank was not tried."
	}
	return text
}
