package worker

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os/exec"
	"regexp"
	"strings"
	"sync"
	"time"
)

// Worker is a process that serves one Unit. It is used by one goroutine at a time.
type Worker struct {
	cmd     *exec.Cmd
	in      io.WriteCloser
	answers chan []byte // closed when the process is gone
	printed *ending
	stop    func()
}

// Start starts a process with a command, whose words are the program and its arguments, and has it open a unit. It
// blocks for some seconds, or until ctx is done. An error is a *LostError, or says that the process cannot be started.
// Unless it returns an error or what was Opened is not well, the Worker has to be stopped.
func Start(ctx context.Context, command []string, u Unit) (*Worker, Opened, error) {
	w := &Worker{cmd: exec.Command(command[0], command[1:]...), answers: make(chan []byte), printed: &ending{}}
	ownGroup(w.cmd)
	w.cmd.Stderr = w.printed
	out, err := w.cmd.StdoutPipe()
	if err == nil {
		w.in, err = w.cmd.StdinPipe()
	}
	if err == nil {
		err = w.cmd.Start()
	}
	if err != nil {
		return nil, Opened{}, fmt.Errorf("worker: start a process: %w", err)
	}
	w.listen(out)
	var o Opened
	err = w.ask(ctx, u, &o, func(time.Duration) bool { return false }, openPatience)
	if err != nil || o.Problems != nil || o.Lost != "" {
		w.Stop()
		return nil, o, err
	}
	return w, o, nil
}

// listen passes on the process's answers, line by line, until it is stopped.
func (w *Worker) listen(out io.Reader) {
	gone := make(chan struct{})
	go func() {
		defer close(w.answers)
		for r := bufio.NewReaderSize(out, 1<<16); ; {
			line, err := r.ReadBytes('\n')
			if err != nil {
				return
			}
			select {
			case w.answers <- line:
			case <-gone:
				return
			}
		}
	}()
	w.stop = sync.OnceFunc(func() {
		close(gone)
		kill(w.cmd)
		w.in.Close()
		for range w.answers { // all that holds the pipe is dead, or will be
		}
		_ = w.cmd.Wait() // that it was killed is known
	})
}

// Run makes a run, which may take so much processor time. An error is a *LostError, after which the worker is stopped,
// or ctx's.
func (w *Worker) Run(ctx context.Context, t Task, limit time.Duration) (Outcome, error) {
	var o Outcome
	began, counted := cpuTime(w.cmd.Process.Pid)
	err := w.ask(ctx, t, &o, func(real time.Duration) bool {
		now, ok := cpuTime(w.cmd.Process.Pid)
		if counted && ok {
			real = now - began
		}
		return real > limit
	}, 0)
	if err == nil && o.Verdict == "" {
		err = &LostError{Text: "the simulator's process has answered without a verdict"}
	}
	if err != nil {
		w.Stop()
	}
	return o, err
}

// ask sends a line and waits for the answer: until exceeds says that it has taken too long, at most for patience
// unless that is 0, and in any case not while the process does nothing at all.
func (w *Worker) ask(ctx context.Context, what, answer any, exceeds func(real time.Duration) bool,
	patience time.Duration) error {
	line, err := json.Marshal(what)
	if err != nil {
		return fmt.Errorf("worker: ask: %w", err)
	}
	if _, err := w.in.Write(append(line, '\n')); err != nil {
		return w.died()
	}
	const often = 200 * time.Millisecond
	tick := time.NewTicker(often)
	defer tick.Stop()
	began := time.Now()
	idle := idleness{since: began}
	for {
		select {
		case line, ok := <-w.answers:
			if !ok {
				return w.died()
			}
			if err := json.Unmarshal(line, answer); err != nil {
				return &LostError{Text: "the simulator's process has answered what is no answer"}
			}
			return nil
		case <-ctx.Done():
			return ctx.Err()
		case now := <-tick.C:
			real := now.Sub(began)
			if exceeds(real) || patience > 0 && real > patience || patience == 0 && idle.lasts(w.cmd.Process.Pid, now) {
				return &LostError{Hung: true, Text: "the simulator did not come back, and was stopped"}
			}
		}
	}
}

// idleness notices a process that does nothing.
type idleness struct {
	since time.Time
	used  time.Duration
}

func (i *idleness) lasts(pid int, now time.Time) bool {
	const little = 20 * time.Millisecond
	if used, ok := cpuTime(pid); !ok || used-i.used > little {
		i.since, i.used = now, used
	}
	return now.Sub(i.since) > idlePatience
}

// died says how a process has ended.
func (w *Worker) died() error {
	w.Stop()
	how := "was killed"
	if w.cmd.ProcessState != nil {
		how = w.cmd.ProcessState.String()
	}
	if line := w.printed.cause(); line != "" {
		how = line
	}
	return &LostError{Text: "the simulator's process has died: " + how}
}

// Stop ends the process, whatever it does. It may be called again.
func (w *Worker) Stop() { w.stop() }

// ending keeps the beginning of what a process prints to standard error, where Go programs say why they die.
type ending struct {
	mu   sync.Mutex
	text strings.Builder
}

// Write implements io.Writer.
func (e *ending) Write(p []byte) (int, error) {
	const most = 64 << 10
	e.mu.Lock()
	defer e.mu.Unlock()
	e.text.Write(p[:min(len(p), max(0, most-e.text.Len()))])
	return len(p), nil
}

var causeLine = regexp.MustCompile(`(?m)^(panic: |fatal error: |runtime: out of memory|raftlab: ).*$`)

// cause returns the line that says it, "" if there is none.
func (e *ending) cause() string {
	e.mu.Lock()
	defer e.mu.Unlock()
	return causeLine.FindString(e.text.String())
}
