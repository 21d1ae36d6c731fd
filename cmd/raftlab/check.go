package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"raftlab/porcupine"
	"raftlab/porcupine/histfile"
)

// Exit statuses of check, beside the common ones.
const (
	exitIllegal = 1
	exitUnknown = 3
)

const checkHelp = `Check judges whether the history in FILE ("-" for standard input) is linearizable: whether each
operation can have taken effect at one instant between its call and its return, so that the answers
are those of a single correct store.

A history is JSONL, as docs/formats/history.md describes it, or a log of Jepsen.

Exit status: 0 linearizable, 1 not linearizable, 2 wrong usage or unreadable file,
3 unknown (a budget ran out; that is never a pass), 130 interrupted.`

// checkFlags is what the command line of check says.
type checkFlags struct {
	model   string
	html    string
	timeout time.Duration
	memory  byteSize
	workers int
	asJSON  bool
}

func checkCommand() *cobra.Command {
	f := checkFlags{memory: 2 << 30}
	cmd := &cobra.Command{
		Use:   "check FILE",
		Short: "Judge whether a recorded history is linearizable",
		Long:  checkHelp,
		Example: "  raftlab check history.jsonl\n" +
			"  raftlab check --model cas --html out.html --timeout 1m jepsen.log",
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 {
				return fmt.Errorf("check needs one FILE (- for standard input), not %d; see raftlab check --help", len(args))
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			return check(cmd.Context(), args[0], f, cmd.InOrStdin(), cmd.OutOrStdout())
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&f.model, "model", "",
		"kv, register or cas (default: what the file says or fits)")
	flags.StringVar(&f.html, "html", "", "also write a page that shows the history to this file")
	flags.DurationVar(&f.timeout, "timeout", 0,
		"how long the check may take, such as 30s (0: for ever)")
	flags.Var(&f.memory, "memory", "how much the search may hold, such as 512MiB (0: no limit)")
	flags.IntVar(&f.workers, "workers", 0, "keys checked side by side (0: one for each CPU)")
	flags.BoolVar(&f.asJSON, "json", false, "print the report as JSON")
	return cmd
}

func check(ctx context.Context, path string, f checkFlags, stdin io.Reader,
	stdout io.Writer) error {
	if f.timeout < 0 || f.workers < 0 {
		return errors.New("check: --timeout and --workers cannot be negative")
	}
	history, err := readHistory(ctx, path, f.model, stdin)
	if errors.Is(err, context.Canceled) {
		return exitError(exitInterrupted) // nothing is known yet
	}
	if err != nil {
		return fmt.Errorf("check: %w", err)
	}
	model, err := histfile.Model(history.Model)
	if err != nil {
		return fmt.Errorf("check: %w", err)
	}
	report, err := porcupine.Check(ctx, model, history.Operations,
		porcupine.Options{Timeout: f.timeout,
			MemoryBytes: int64(f.memory), Workers: f.workers, Verbose: f.html != "", Explain: true})
	if err != nil {
		return fmt.Errorf("check: %s: %w", path, err)
	}
	if f.html != "" {
		if err := porcupine.VisualizePath(model, report.Info, f.html); err != nil {
			return fmt.Errorf("check: write the page: %w", err)
		}
	}
	if f.asJSON {
		err = printJSON(stdout, path, history.Model, model, report)
	} else {
		err = printWords(stdout, path, history.Model, f, report)
	}
	if err != nil {
		return fmt.Errorf("check: print the report: %w", err)
	}
	return verdictStatus(ctx, report)
}

// readHistory reads the file, or standard input. It returns early when ctx is done: what it reads
// from may be a terminal or a pipe, and never end.
func readHistory(ctx context.Context, path, model string, stdin io.Reader) (*histfile.History,
	error) {
	type result struct {
		history *histfile.History
		err     error
	}
	done := make(chan result, 1)
	go func() {
		var r result
		if path == "-" {
			r.history, r.err = histfile.Read(stdin, "standard input", model)
		} else {
			r.history, r.err = histfile.Open(path, model)
		}
		done <- r
	}()
	select {
	case r := <-done:
		return r.history, r.err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// verdictStatus is the exit status as an error, nil for 0.
func verdictStatus(ctx context.Context, report porcupine.Report) error {
	switch {
	case ctx.Err() != nil:
		return exitError(exitInterrupted)
	case report.Result == porcupine.Illegal:
		return exitError(exitIllegal)
	case report.Result == porcupine.Unknown:
		return exitError(exitUnknown)
	}
	return nil
}

func printWords(w io.Writer, path, modelName string, f checkFlags, r porcupine.Report) error {
	verdict := map[porcupine.CheckResult]string{porcupine.Ok: "linearizable",
		porcupine.Illegal: "NOT LINEARIZABLE",
		porcupine.Unknown: "UNKNOWN"}[r.Result]
	_, err := fmt.Fprintf(w, "%s: %s\n%s, %s of model %s, judged in %v\n", path, verdict,
		plural(r.Operations, "operation"),
		plural(r.Partitions, "key"), modelName, r.Elapsed.Round(time.Microsecond))
	if r.Result == porcupine.Unknown {
		_, err = fmt.Fprintf(w, "%s without a verdict: %s\n", plural(r.Undecided, "key"),
			limitWords(r.Limit, f))
	}
	if r.Failure != nil {
		_, err = fmt.Fprintf(w, "\n%s\n", r.Failure)
	}
	if f.html != "" {
		_, err = fmt.Fprintf(w, "\nthe page that shows it: %s\n", f.html)
	}
	return err
}

func plural(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

func limitWords(limit porcupine.Limit, f checkFlags) string {
	switch limit {
	case porcupine.TimeLimit:
		return fmt.Sprintf("the time of %v ran out (--timeout)", f.timeout)
	case porcupine.MemoryLimit:
		return fmt.Sprintf("the memory of %s ran out (--memory)", f.memory.String())
	}
	return "interrupted"
}

// jsonReport is what --json prints.
type jsonReport struct {
	File       string       `json:"file"`
	Model      string       `json:"model"`
	Verdict    string       `json:"verdict"` // Ok, Illegal or Unknown
	Limit      string       `json:"limit,omitempty"`
	Operations int          `json:"operations"`
	Keys       int          `json:"keys"`
	Undecided  int          `json:"undecided"`
	PeakBytes  int64        `json:"peakBytes"`
	ElapsedMs  float64      `json:"elapsedMs"`
	Failure    *jsonFailure `json:"failure,omitempty"`
}

type jsonFailure struct {
	Key     string          `json:"key"`
	Stuck   *jsonOperation  `json:"stuck,omitempty"` // the first return that no order gets past
	Core    []jsonOperation `json:"core"`
	Minimal bool            `json:"minimal"`
	Text    string          `json:"text"`
}

type jsonOperation struct {
	Client      int    `json:"client"`
	Description string `json:"description"`
	Call        int64  `json:"call"`
	Return      *int64 `json:"return"` // null: never returned
	Line        int    `json:"line"`
}

func printJSON(w io.Writer, path, modelName string, m porcupine.Model, r porcupine.Report) error {
	out := jsonReport{File: path, Model: modelName, Verdict: string(r.Result),
		Limit:      string(r.Limit),
		Operations: r.Operations, Keys: r.Partitions, Undecided: r.Undecided, PeakBytes: r.PeakBytes,
		ElapsedMs: float64(r.Elapsed.Microseconds()) / 1000}
	if f := r.Failure; f != nil {
		out.Failure = &jsonFailure{Key: f.Key, Minimal: f.Minimal, Text: f.String(),
			Core: []jsonOperation{}}
		if f.Stuck >= 0 {
			stuck := operationJSON(m, f.StuckOperation)
			out.Failure.Stuck = &stuck
		}
		for _, op := range f.Core {
			out.Failure.Core = append(out.Failure.Core, operationJSON(m, op))
		}
	}
	encoder := json.NewEncoder(w)
	encoder.SetIndent("", "  ")
	return encoder.Encode(out)
}

func operationJSON(m porcupine.Model, op porcupine.Operation) jsonOperation {
	out := jsonOperation{Client: op.ClientId, Description: m.DescribeOperation(op.Input, op.Output),
		Call: op.Call}
	if !op.Pending {
		out.Return = &op.Return
	}
	if line, ok := op.Metadata.(histfile.Line); ok {
		out.Line = int(line)
	}
	return out
}
