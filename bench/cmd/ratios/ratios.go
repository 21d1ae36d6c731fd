package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
)

// own is the last element of the name of a benchmark of ours.
const own = "raftlab"

// benchmark is what one benchmark measured, a value for each run.
type benchmark struct {
	group string // the package's last element and the name without its own last element
	name  string // that last element: ours, or which rival's
	runs  map[string][]float64
}

// The measures that are compared, as go test writes their units.
const (
	nanoseconds = "ns/op"
	bytes       = "B/op"
	allocs      = "allocs/op"
)

// median returns the median of the runs in unit, and whether there is one.
func (b *benchmark) median(unit string) (float64, bool) {
	runs := slices.Sorted(slices.Values(b.runs[unit]))
	n := len(runs)
	if n == 0 {
		return 0, false
	}
	return (runs[(n-1)/2] + runs[n/2]) / 2, true
}

var (
	result = regexp.MustCompile(`^Benchmark(\S*)\s+\d+\s+(.*)$`)
	procs  = regexp.MustCompile(`-\d+$`) // GOMAXPROCS, at the end of a name
)

// read returns the benchmarks in the output of go test, in order. Other lines are passed over, but for
// those that say that a benchmark or a package failed: these are an error.
func read(r io.Reader) ([]*benchmark, error) {
	var all []*benchmark
	byName := map[string]*benchmark{}
	pkg := ""
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		line := lines.Text()
		if strings.HasPrefix(line, "--- FAIL") || strings.HasPrefix(line, "FAIL\t") {
			return nil, fmt.Errorf("the benchmarks failed: %s", line)
		}
		if rest, ok := strings.CutPrefix(line, "pkg: "); ok {
			pkg = rest[strings.LastIndex(rest, "/")+1:]
		}
		m := result.FindStringSubmatch(line)
		if m == nil {
			continue
		}
		name := procs.ReplaceAllString(m[1], "")
		cut := strings.LastIndex(name, "/")
		if cut < 0 {
			continue // no sub-benchmark, so no sibling
		}
		key := pkg + " " + name
		b := byName[key]
		if b == nil {
			b = &benchmark{group: pkg + " " + name[:cut], name: name[cut+1:], runs: map[string][]float64{}}
			byName[key] = b
			all = append(all, b)
		}
		fields := strings.Fields(m[2])
		for i := 0; i+1 < len(fields); i += 2 {
			value, err := strconv.ParseFloat(fields[i], 64)
			if err != nil {
				return nil, fmt.Errorf("%s: %q is not a number", name, fields[i])
			}
			b.runs[fields[i+1]] = append(b.runs[fields[i+1]], value)
		}
	}
	return all, lines.Err()
}

// pair is ours beside one rival.
type pair struct {
	ours, theirs *benchmark
}

// pairs sets each rival beside our benchmark of the same group, in the order of the input.
func pairs(all []*benchmark) []pair {
	ours := map[string]*benchmark{}
	for _, b := range all {
		if b.name == own {
			ours[b.group] = b
		}
	}
	var found []pair
	for _, b := range all {
		if o := ours[b.group]; o != nil && b.name != own {
			found = append(found, pair{o, b})
		}
	}
	return found
}

// write prints the table. No pair at all is an error: nothing was compared.
func write(w io.Writer, found []pair) error {
	if len(found) == 0 {
		return errors.New("no benchmark named …/" + own + " has a sibling to compare it with")
	}
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "BENCHMARK\tOURS\tTHEIRS\tRIVAL\tTIME\tBYTES\tALLOCS")
	for _, p := range found {
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\t%s\t%s\n", p.ours.group, duration(p.ours), duration(p.theirs),
			p.theirs.name, p.ratio(nanoseconds), p.ratio(bytes), p.ratio(allocs))
	}
	fmt.Fprintln(t, "\nA ratio is the rival's figure over ours: above 1 we are ahead.")
	return t.Flush()
}

// ratio is how many times theirs is of ours: "–" where one was not measured, "∞" where only ours is 0.
func (p pair) ratio(unit string) string {
	ours, measured := p.ours.median(unit)
	theirs, also := p.theirs.median(unit)
	switch {
	case !measured || !also:
		return "–"
	case ours == theirs:
		return "1.00×"
	case ours == 0:
		return "∞"
	}
	return strconv.FormatFloat(theirs/ours, 'f', decimals(theirs/ours), 64) + "×"
}

// duration is the median time of b with three figures.
func duration(b *benchmark) string {
	ns, ok := b.median(nanoseconds)
	if !ok {
		return "–"
	}
	unit := "ns"
	for _, larger := range []string{"µs", "ms", "s"} {
		if ns < 999.5 {
			break
		}
		ns, unit = ns/1000, larger
	}
	return strconv.FormatFloat(ns, 'f', decimals(ns), 64) + " " + unit
}

// decimals is how many of them make three figures of x.
func decimals(x float64) int {
	switch {
	case x < 9.995:
		return 2
	case x < 99.95:
		return 1
	}
	return 0
}
