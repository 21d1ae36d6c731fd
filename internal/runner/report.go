package runner

import (
	"fmt"
	"io"
	"math"
	"path/filepath"
	"slices"
	"text/tabwriter"
	"time"
)

// report collects results and tells of them. Its methods are called from one goroutine.
type report struct {
	out   io.Writer
	live  bool // out is a terminal: one line of progress is rewritten in place
	o     Options
	tests []test
	took  map[string][]time.Duration // of the runs that ended, by test
	fails []result
}

func newReport(out io.Writer, live bool, o Options, tests []test) *report {
	return &report{out: out, live: live, o: o, tests: tests, took: map[string][]time.Duration{}}
}

// key tells a test from one of the same name in another package.
func (t test) key() string { return t.pkg + " " + t.name }

// add takes in r, and tells of it at once if it is a failure.
func (p *report) add(r result) {
	p.took[r.test.key()] = append(p.took[r.test.key()], r.took)
	if r.failure == "" {
		return
	}
	p.fails = append(p.fails, r)
	p.clear()
	fmt.Fprintf(p.out, "FAIL %s, seed %d, after %s: %s (%s)\n", r.test.name, r.seed, short(r.took), r.failure,
		shown(r.log))
}

// done counts the runs that ended.
func (p *report) done() int {
	n := 0
	for _, took := range p.took {
		n += len(took)
	}
	return n
}

// clear takes the line of progress off a terminal.
func (p *report) clear() {
	if p.live {
		fmt.Fprint(p.out, "\r\x1b[K")
	}
}

// progress writes the line of progress.
func (p *report) progress() {
	p.clear()
	line := fmt.Sprintf("%d of %d done, %d failed", p.done(), p.o.Runs*len(p.tests), len(p.fails))
	if p.done() > 0 {
		line += ", about " + p.left().Round(time.Second).String() + " left"
	}
	fmt.Fprint(p.out, line)
	if !p.live {
		fmt.Fprintln(p.out)
	}
}

// left estimates the time that the runs still to end will take: those of a test that has ended before, its
// mean; the others, the mean of all.
func (p *report) left() time.Duration {
	var all []time.Duration
	for _, took := range p.took {
		all = append(all, took...)
	}
	var work time.Duration
	for _, t := range p.tests {
		took := p.took[t.key()]
		each := mean(all)
		if len(took) > 0 {
			each = mean(took)
		}
		work += each * time.Duration(p.o.Runs-len(took))
	}
	return work / time.Duration(p.o.Parallel)
}

// finish writes the table and the lines that repeat each failure.
func (p *report) finish() {
	p.clear()
	fmt.Fprintln(p.out)
	w := tabwriter.NewWriter(p.out, 0, 0, 3, ' ', tabwriter.AlignRight)
	fmt.Fprintln(w, "runs\tfailed\tmean\t95th\t   test")
	for _, t := range p.tests {
		took := p.took[t.key()]
		failed := 0
		for _, f := range p.fails {
			if f.test == t {
				failed++
			}
		}
		fmt.Fprintf(w, "%d\t%d\t%s\t%s\t   %s\n", len(took), failed, short(mean(took)), short(percentile(took, 95)), t.name)
	}
	w.Flush()
	if len(p.fails) == 0 {
		return
	}
	place := ""
	if root := shown(p.o.Root); root != "." {
		place = ", in " + root
	}
	fmt.Fprintf(p.out, "\nTo repeat a failure%s:\n", place)
	race := ""
	if p.o.Race {
		race = "-race "
	}
	for _, f := range p.fails {
		fmt.Fprintf(p.out, "RAFTLAB_SEED=%d go test %s%s -count=1 -run '^%s$'\n", f.seed, race, f.test.pkg, f.test.name)
	}
}

func mean(took []time.Duration) time.Duration {
	var sum time.Duration
	for _, d := range took {
		sum += d
	}
	return sum / time.Duration(max(1, len(took)))
}

// percentile is the least of took that p in a hundred of them do not exceed; 0 of nothing.
func percentile(took []time.Duration, p int) time.Duration {
	if len(took) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(took))
	return sorted[int(math.Ceil(float64(p)/100*float64(len(sorted))))-1]
}

// short is d in seconds, to the hundredth.
func short(d time.Duration) string { return fmt.Sprintf("%.2fs", d.Seconds()) }

// shown is path as seen from the working folder when it lies below it.
func shown(path string) string {
	here, err := filepath.Abs(".")
	if err != nil {
		return path
	}
	absolute, err := filepath.Abs(path)
	if err != nil {
		return path
	}
	if rel, err := filepath.Rel(here, absolute); err == nil && filepath.IsLocal(rel) {
		return rel
	}
	return absolute
}
