package porcupine

import (
	"fmt"
	"strings"
)

// Failure says what is wrong with an illegal history. String puts it into words.
type Failure struct {
	Partition int    // number of the illegal partition, the first of them if there are more
	Key       string // its name, by Model.PartitionName
	Size      int    // operations in it

	// Stuck is the index in the partition of the first operation whose return no order gets past:
	// up to there, an order exists. It is -1 if that was not found out; Options.Explain and Verbose
	// do.
	Stuck          int
	StuckOperation Operation

	// Core is a small part of the partition, in order of calls, that is illegal whatever the other
	// operations did. Minimal says that none of it can be left out; it is false if the time for
	// that was not enough. Core is empty without Options.Explain.
	Core    []Operation
	Minimal bool

	model *Model
}

// String explains the failure in some lines of plain words.
func (f *Failure) String() string {
	var b strings.Builder
	where := fmt.Sprintf("partition %d", f.Partition)
	if f.Key != "" {
		where = fmt.Sprintf("key %q", f.Key)
	}
	fmt.Fprintf(&b, "%s, %s: no order of them gives the answers that the clients got.\n", where,
		count(f.Size, "operation"))
	if f.Stuck >= 0 {
		fmt.Fprintf(&b,
			"Up to a point one exists; the first return that no order gets past is at %d:\n  %s\n",
			f.StuckOperation.Return, f.line(f.StuckOperation, 0))
	}
	if len(f.Core) == 0 {
		return strings.TrimRight(b.String(), "\n")
	}
	what := "can be left out"
	if !f.Minimal {
		what = "were found to matter less in the time given"
	}
	if f.Minimal {
		fmt.Fprintf(&b, "These %d are enough; none of them %s:\n", len(f.Core), what)
		if len(f.Core) == 1 {
			b.Reset()
			fmt.Fprintf(&b,
				"%s, %s: one of them cannot have given its answer, whatever the others did.\n",
				where, count(f.Size, "operation"))
		}
	} else {
		fmt.Fprintf(&b, "These %d are enough; perhaps fewer are, others %s:\n", len(f.Core), what)
	}
	f.table(&b)
	f.precedence(&b)
	return strings.TrimRight(b.String(), "\n")
}

func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// maxTable and maxPrecedence bound what String says of a core.
const (
	maxTable      = 40
	maxPrecedence = 12
)

func (f *Failure) table(b *strings.Builder) {
	for i, op := range f.Core {
		if i == maxTable {
			fmt.Fprintf(b, "  … and %d more\n", len(f.Core)-i)
			return
		}
		fmt.Fprintf(b, "  %s\n", f.line(op, i+1))
	}
}

// line describes one operation. number is its place in the core, from 1; 0: none.
func (f *Failure) line(op Operation, number int) string {
	label := ""
	if number > 0 {
		label = fmt.Sprintf("%2d. ", number)
	}
	times := fmt.Sprintf("[%d, %d]", op.Call, op.Return)
	if op.Pending {
		times = fmt.Sprintf("[%d, never returned]", op.Call)
	}
	extra := f.model.DescribeOperationMetadata(op.Metadata)
	if extra != "" {
		extra = "  (" + extra + ")"
	}
	return fmt.Sprintf("%sclient %d  %-14s %s%s", label, op.ClientId, times,
		shorten(f.model.DescribeOperation(op.Input, op.Output), 200), extra)
}

// precedence says which operations of a core were over before others began, leaving out what
// follows from the rest.
func (f *Failure) precedence(b *strings.Builder) {
	before := func(i, j int) bool { return !f.Core[i].Pending && f.Core[i].Return < f.Core[j].Call }
	said := 0
	for j := range f.Core {
		for i := range f.Core {
			if !before(i, j) || f.between(i, j, before) {
				continue
			}
			if said++; said > maxPrecedence {
				return
			}
			fmt.Fprintf(b, "  %d returned at %d, before %d was called at %d.\n", i+1,
				f.Core[i].Return, j+1, f.Core[j].Call)
		}
	}
}

func (f *Failure) between(i, j int, before func(i, j int) bool) bool {
	for k := range f.Core {
		if before(i, k) && before(k, j) {
			return true
		}
	}
	return false
}

// shorten cuts text to some runes, and says how much is missing.
func shorten(text string, most int) string {
	runes := []rune(text)
	if len(runes) <= most {
		return text
	}
	return fmt.Sprintf("%s… (%d characters)", string(runes[:most]), len(runes))
}
