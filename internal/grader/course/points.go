package course

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
)

// Points are hundredths of a point: sums of them are exact.
type Points int64

// whole is one point.
const whole Points = 100

// mostPoints is what a test or a part may be worth.
const mostPoints = 1_000_000 * whole

// Float returns the points as a number.
func (p Points) Float() float64 { return float64(p) / float64(whole) }

// String returns the points without needless digits.
func (p Points) String() string { return strconv.FormatFloat(p.Float(), 'f', -1, 64) }

// parsePoints reads a number from 0 on with at most two decimals.
func parsePoints(text string) (Points, error) {
	number, err := strconv.ParseFloat(text, 64)
	cents := math.Round(number * float64(whole))
	switch {
	case err != nil:
		return 0, fmt.Errorf("%q is no number of points: want 5 or 2.5, say", text)
	case number < 0 || math.IsNaN(number) || cents > float64(mostPoints):
		return 0, fmt.Errorf("%s points: want 0 to %s", text, mostPoints)
	case math.Abs(number*float64(whole)-cents) > 1e-6:
		return 0, fmt.Errorf("%s points: at most two decimals", text)
	}
	return Points(cents), nil
}

// share splits points among tests in proportion to their weights, to the hundredth; the sum is exact. Where it does
// not come out even, those that lose most by it get one more, the first of them first.
func share(total Points, weights []int) []Points {
	sum := 0
	for _, w := range weights {
		sum += w
	}
	shares, order := make([]Points, len(weights)), make([]int, len(weights))
	left := total
	for i, w := range weights {
		shares[i], order[i] = total*Points(w)/Points(sum), i
		left -= shares[i]
	}
	lost := func(i int) Points { return total * Points(weights[i]) % Points(sum) }
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(lost(b), lost(a)) })
	for _, i := range order[:left] {
		shares[i]++
	}
	return shares
}

// Rule says what fraction of passed runs earns what fraction of a test's points.
type Rule struct {
	kind ruleKind
	k, n int // of kOfN
}

type ruleKind string

const (
	all          ruleKind = "all"
	proportional ruleKind = "proportional"
	kOfN         ruleKind = "k of n"
)

// parseRule reads "all", "proportional" or "8 of 10".
func parseRule(text string) (Rule, error) {
	words := strings.Fields(text)
	switch {
	case len(words) == 1 && (words[0] == string(all) || words[0] == string(proportional)):
		return Rule{kind: ruleKind(words[0])}, nil
	case len(words) == 3 && words[1] == "of":
		k, kerr := strconv.Atoi(words[0])
		n, nerr := strconv.Atoi(words[2])
		if kerr != nil || nerr != nil {
			break
		}
		if k < 1 || k > n {
			return Rule{}, fmt.Errorf("rule %q: %d is not from 1 to %d", text, k, n)
		}
		return Rule{kOfN, k, n}, nil
	}
	return Rule{}, fmt.Errorf(`rule %q: want all, proportional, or "8 of 10"`, text)
}

// String returns the rule as course.yaml has it.
func (r Rule) String() string {
	if r.kind == kOfN {
		return fmt.Sprintf("%d of %d", r.k, r.n)
	}
	return string(r.kind)
}

// Earned returns what a test worth max earns of which so many runs were passed. Proportional points are rounded down
// to the hundredth: only all runs earn them all.
func (r Rule) Earned(max Points, passed, runs int) Points {
	enough := runs
	switch {
	case passed <= 0 || runs <= 0:
		return 0
	case r.kind == proportional:
		return max * Points(min(passed, runs)) / Points(runs)
	case r.kind == kOfN:
		enough = r.k
	}
	if passed < enough {
		return 0
	}
	return max
}
