package worker

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"raftlab/internal/grader/course"
	"raftlab/internal/grader/journal"
	"raftlab/internal/grader/results"
	"raftlab/internal/sim"
	"raftlab/internal/sim/build"
	"raftlab/internal/sim/campaign"
	"raftlab/internal/suite"
)

// Serve is the worker's side: it reads a Unit and then tasks from in, and writes what came of them to out, until in
// ends. That ends the run under way, too.
func Serve(ctx context.Context, in io.Reader, out io.Writer) error {
	first()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	lines := make(chan []byte)
	go func() {
		defer cancel() // who asked is gone
		defer close(lines)
		for r := bufio.NewReader(in); ; {
			line, err := r.ReadBytes('\n')
			if err != nil {
				return
			}
			select {
			case lines <- line:
			case <-ctx.Done():
				return
			}
		}
	}()
	answers := json.NewEncoder(out)
	s := server{unit: Unit{}}
	for line := range lines {
		answer, err := s.answer(ctx, line)
		if err != nil {
			return err
		}
		if err := answers.Encode(answer); err != nil {
			return fmt.Errorf("worker: answer: %w", err)
		}
	}
	return s.close()
}

// first makes this process the one that the system ends when memory runs out. Where that cannot be said, it is left to
// the system.
func first() { _ = os.WriteFile("/proc/self/oom_score_adj", []byte("1000"), 0o666) }

// server is a worker's state.
type server struct {
	unit       Unit
	submission *campaign.Submission
	scenarios  []suite.Scenario
}

// answer does what a line asks for: the first is a Unit, all others are Tasks.
func (s *server) answer(ctx context.Context, line []byte) (any, error) {
	if s.scenarios == nil {
		if err := json.Unmarshal(line, &s.unit); err != nil {
			return nil, fmt.Errorf("worker: read what to open: %w", err)
		}
		return s.open(ctx), nil
	}
	var task Task
	if err := json.Unmarshal(line, &task); err != nil {
		return nil, fmt.Errorf("worker: read a task: %w", err)
	}
	i := slices.IndexFunc(s.scenarios, func(sc suite.Scenario) bool { return sc.Name == task.Test })
	if i < 0 || s.submission == nil {
		return nil, fmt.Errorf("worker: %s cannot be run here", task.Test)
	}
	record := campaign.One(ctx, s.submission, s.scenarios[i], task.Seed, false)
	return s.outcome(record), nil
}

func (s *server) close() error {
	if s.submission == nil {
		return nil
	}
	return s.submission.Close()
}

// open builds and loads the submission.
func (s *server) open(ctx context.Context) (o Opened) {
	began := time.Now()
	defer func() {
		if p := recover(); p != nil {
			o = Opened{Lost: fmt.Sprintf("the build panicked: %v", p)}
		}
		o.Seconds = time.Since(began).Seconds()
	}()
	s.scenarios = suite.Raft()
	if s.unit.Lab == course.KV {
		s.scenarios = suite.KV()
	}
	target, err := campaign.Find(s.unit.Root, s.unit.Dir)
	if err != nil {
		return Opened{Lost: err.Error()}
	}
	target.Limits = s.unit.Limits
	s.submission, err = target.Open(ctx, s.scenarios, s.unit.Cache)
	var theirs *build.Error
	switch {
	case errors.As(err, &theirs):
		for _, d := range theirs.Diagnostics {
			o.Problems = append(o.Problems, results.Place{File: s.own(d.File), Line: d.Line, Column: d.Column,
				Text: head(s.relative(d.Text), mostMessage)})
		}
	case err != nil:
		o.Lost = s.relative(err.Error())
	}
	return o
}

// own returns a file's name as the student knows it.
func (s *server) own(file string) string {
	if rel, err := filepath.Rel(s.unit.Dir, file); err == nil && filepath.IsLocal(rel) {
		return filepath.ToSlash(rel)
	}
	return file
}

// relative takes the folder that the submission happens to lie in out of a text.
func (s *server) relative(text string) string {
	return strings.ReplaceAll(text, s.unit.Dir+string(filepath.Separator), "")
}

// How much of a failure is told: bytes.
const (
	mostMessage = 4 << 10
	mostOutput  = 4 << 10
)

func (s *server) outcome(r campaign.Record) Outcome {
	o := Outcome{Verdict: string(r.Verdict), Events: r.Events, Virtual: r.Elapsed.Seconds(), Seconds: r.Real.Seconds()}
	if r.Verdict == sim.Passed {
		return o
	}
	o.Kind = s.relative(campaign.KindOf(r.Result))
	o.Detail = &journal.Detail{Message: head(s.relative(message(r.Result)), mostMessage),
		Output: s.relative(output(r.Result))}
	if f := r.Failure; f != nil {
		if r.Verdict == sim.Failed {
			o.Detail.Invariant = f.Invariant
		}
		for _, e := range f.Events {
			o.Detail.Events = append(o.Detail.Events, e.String())
		}
	}
	return o
}

// message is what there is to say of a run that did not pass.
func message(r sim.Result) string {
	if r.Verdict == sim.Failed && r.Failure != nil {
		return strings.TrimSpace(r.Failure.Message)
	}
	text := strings.TrimSpace(r.Detail)
	if r.Peer != "" {
		text = r.Peer + ": " + text
	}
	return text
}

// output is the end of what the peer printed that a verdict is about, or of what each did.
func output(r sim.Result) string {
	if text, has := r.Output[r.Peer]; has {
		return tail(text, mostOutput)
	}
	var b strings.Builder
	peers := slices.SortedFunc(maps.Keys(r.Output), func(a, b string) int {
		if len(a) != len(b) {
			return len(a) - len(b) // server 2 before server 10
		}
		return strings.Compare(a, b)
	})
	for _, peer := range peers {
		if text := r.Output[peer]; text != "" {
			fmt.Fprintf(&b, "--- %s\n%s\n", peer, strings.TrimSuffix(tail(text, mostOutput/len(peers)), "\n"))
		}
	}
	return b.String()
}

// head returns at most n bytes of the beginning of a text.
func head(text string, n int) string {
	if len(text) <= n {
		return text
	}
	for n > 0 && !utf8.RuneStart(text[n]) {
		n--
	}
	return text[:n] + " …"
}

// tail returns at most n bytes of the end of a text.
func tail(text string, n int) string {
	if len(text) <= n {
		return text
	}
	at := len(text) - n
	for at < len(text) && !utf8.RuneStart(text[at]) {
		at++
	}
	return "… " + text[at:]
}
