package campaign

import (
	"context"
	"fmt"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"

	"raftlab/internal/sim"
	"raftlab/internal/sim/build"
)

// Whole is a Go package's tests, built whole and loaded: any tests, of any module, that need no more than the standard
// library's idea of time and memory. They run in one instance in virtual time.
type Whole struct{ program *sim.Whole }

// OpenWhole builds the tests of the package in a folder, in whichever module that is. Root, cache and errors are as for
// Target.Open.
func OpenWhole(ctx context.Context, root, dir, cache string) (*Whole, error) {
	cache = cacheFolder(cache)
	if root == "" {
		found, err := build.FindRoot()
		if err != nil {
			return nil, usage("%s", strings.TrimPrefix(err.Error(), "build: "))
		}
		root = found
	}
	builder, err := build.New(build.Config{Root: root, Cache: filepath.Join(cache, "programs")})
	if err != nil {
		return nil, err
	}
	module, err := builder.Build(ctx, build.Spec{Tests: dir})
	if err != nil {
		return nil, err
	}
	code, err := sim.CodeOf(module)
	if err != nil {
		return nil, err
	}
	store := machineCode{dir: filepath.Join(cache, "machine-code")}
	program, err := sim.LoadWhole(ctx, code, store.use(module.Hash))
	if err != nil {
		return nil, err
	}
	return &Whole{program}, nil
}

// Close frees what the tests hold. No run of them may be under way.
func (w *Whole) Close() error { return w.program.Close() }

// WholePlan says how tests that were built whole are run.
type WholePlan struct {
	Pattern string // of tests' names, as go test has it; "": all
	Seeds   Seeds
	Jobs    int  // runs at a time; 0: one for each core
	Check   bool // make each run twice and compare what was printed
	// Done is told of each run, one call at a time. Nil: nobody is.
	Done func(WholeRecord)
}

// WholeRecord is what came of one run of all tests.
type WholeRecord struct {
	Seed uint64
	sim.WholeResult
	Tests []WholeTest   // in the order in which they ended
	Real  time.Duration // that it took, once
}

// WholeTest is the verdict of a test, in its own words: PASS, FAIL or SKIP; "" if it has begun and said nothing more.
type WholeTest struct{ Name, Verdict string }

// Run runs the tests on every seed of a plan. It returns the records in the order of the seeds, those of runs that
// were made before ctx was done.
func (w *Whole) Run(ctx context.Context, p WholePlan) []WholeRecord {
	if p.Jobs == 0 {
		p.Jobs = runtime.GOMAXPROCS(0)
	}
	var mu sync.Mutex // guards all and next
	var all []WholeRecord
	next := 0
	var workers sync.WaitGroup
	for range min(p.Jobs, p.Seeds.Count) {
		workers.Go(func() {
			for {
				mu.Lock()
				i := next
				next++
				mu.Unlock()
				if i >= p.Seeds.Count || ctx.Err() != nil {
					return
				}
				r := w.try(ctx, p, p.Seeds.At(i))
				if ctx.Err() != nil {
					return
				}
				mu.Lock()
				all = append(all, r)
				if p.Done != nil {
					p.Done(r)
				}
				mu.Unlock()
			}
		})
	}
	workers.Wait()
	slices.SortFunc(all, func(a, b WholeRecord) int { return int(a.Seed-p.Seeds.First) - int(b.Seed-p.Seeds.First) })
	return all
}

// try makes one run, or two.
func (w *Whole) try(ctx context.Context, p WholePlan, seed uint64) WholeRecord {
	var results listener
	job := sim.WholeJob{Args: []string{"-test.v", "-test.paniconexit0", "-test.timeout=50m"}, Seed: seed, Output: &results,
		Odds: odds(seed)}
	if p.Pattern != "" {
		job.Args = append(job.Args, "-test.run="+p.Pattern)
	}
	began := time.Now()
	r := WholeRecord{Seed: seed, WholeResult: w.program.Run(ctx, job)}
	r.Real = time.Since(began)
	r.Tests = results.tests
	switch {
	case r.Verdict == sim.Passed && results.last != "PASS":
		r.Verdict, r.Detail = sim.Exited, "ended without saying PASS"
	case r.Verdict == sim.Exited && results.last == "FAIL":
		r.Verdict, r.Detail = sim.Failed, "as its tests say"
	}
	if p.Check && ctx.Err() == nil {
		job.Output = nil
		if again := w.program.Run(ctx, job); again.Output != r.Output || again.Elapsed != r.Elapsed {
			r.Verdict = sim.Infrastructure
			r.Detail = fmt.Sprintf("two runs of one seed differ: they took %v and %v, and printed %d and %d bytes",
				r.Elapsed, again.Elapsed, len(r.Output), len(again.Output))
		}
	}
	return r
}

// listener hears what tests print with -test.v, and notes their verdicts.
type listener struct {
	tests []WholeTest
	last  string // line
	line  []byte
}

var testLine = regexp.MustCompile(`^(?:=== RUN   |--- (PASS|FAIL|SKIP): )(Test[^\s/]*)(?: \(.*\))?$`)

// Write implements io.Writer.
func (l *listener) Write(p []byte) (int, error) {
	const longest = 1 << 10 // of a line with a verdict
	for _, b := range p {
		if b != '\n' {
			if len(l.line) < longest {
				l.line = append(l.line, b)
			}
			continue
		}
		l.hear(strings.TrimSuffix(string(l.line), "\r"))
		l.line = l.line[:0]
	}
	return len(p), nil
}

func (l *listener) hear(line string) {
	l.last = line
	m := testLine.FindStringSubmatch(line)
	if m == nil {
		return
	}
	for i := range l.tests {
		if l.tests[i].Name == m[2] {
			l.tests[i].Verdict = m[1]
			return
		}
	}
	l.tests = append(l.tests, WholeTest{m[2], m[1]})
}
