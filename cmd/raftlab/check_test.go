package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"raftlab/porcupine"
)

const (
	legal = `{"model":"cas"}
{"client":0,"op":"write","value":1,"call":0,"return":10}
{"client":1,"op":"cas","from":1,"value":2,"call":5,"return":20,"ok":true}
{"client":2,"op":"cas","from":7,"value":8,"call":5,"return":20,"ok":false}
{"client":0,"op":"read","call":15,"return":30,"output":2}
`
	broken = legal + `{"client":1,"op":"read","call":40,"return":50,"output":1}
`
)

// result is what one run of the program left.
type result struct {
	status      int
	out, errors string
}

func raftlab(ctx context.Context, stdin string, args ...string) result {
	var out, errs bytes.Buffer
	status := run(ctx, args, strings.NewReader(stdin), &out, &errs)
	return result{status, out.String(), errs.String()}
}

func file(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "history")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestCheckStatus(t *testing.T) {
	gone, cancel := context.WithCancel(context.Background())
	cancel()
	for _, test := range []struct {
		name   string
		ctx    context.Context
		stdin  string
		args   []string
		status int
		says   []string // on standard output; on standard error if the status is 2
	}{
		{"legal", nil, "", []string{"check", file(t, legal)}, 0,
			[]string{": linearizable", "4 operations, 1 key of model cas"}},
		{"from standard input", nil, legal, []string{"check", "-"}, 0, []string{": linearizable"}},
		{"empty", nil, "", []string{"check", "-"}, 0, []string{": linearizable", "0 operations"}},
		{"illegal", nil, "", []string{"check", file(t, broken)}, 1,
			[]string{"NOT LINEARIZABLE", "read() -> 1", "(line 6)", "are enough"}},
		{"no memory", nil, "", []string{"check", "--memory", "1", file(t, legal)}, 3,
			[]string{"UNKNOWN", "memory of 1 ran out"}},
		{"interrupted", gone, "", []string{"check", file(t, legal)}, 130, nil},
		{"malformed line", nil, "", []string{"check", file(t, legal+"{oops\n")}, 2,
			[]string{":6: is not a record"}},
		{"another model", nil, "", []string{"check", "--model", "kv", file(t, legal)}, 2,
			[]string{":2: write is no operation of model"}},
		{"no such model", nil, "", []string{"check", "--model", "queue", file(t, legal)}, 2,
			[]string{`no model is called "queue"`}},
		{"no such file", nil, "", []string{"check", filepath.Join(t.TempDir(), "none")}, 2,
			[]string{"none"}},
		{"no file named", nil, "", []string{"check"}, 2, []string{"needs one FILE"}},
		{"two files named", nil, "", []string{"check", "a", "b"}, 2, []string{"not 2"}},
		{"no such flag", nil, "", []string{"check", "--nope", "a"}, 2, []string{"--nope"}},
		{"no size", nil, "", []string{"check", "--memory", "much", "a"}, 2, []string{"512MiB"}},
		{"negative time", nil, "", []string{"check", "--timeout", "-1s", "a"}, 2,
			[]string{"cannot be negative"}},
		{"a page that cannot be", nil, "", []string{"check", "--html", t.TempDir(), file(t, legal)},
			2, []string{"page"}},
		{"no such subcommand", nil, "", []string{"chekc"}, 2, []string{"chekc"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			ctx := test.ctx
			if ctx == nil {
				ctx = context.Background()
			}
			got := raftlab(ctx, test.stdin, test.args...)
			if got.status != test.status {
				t.Fatalf("status %d, want %d\n%s%s", got.status, test.status, got.out, got.errors)
			}
			text := got.out
			if test.status == 2 {
				text = got.errors
			}
			for _, words := range test.says {
				if !strings.Contains(text, words) {
					t.Errorf("it does not say %q:\n%s", words, text)
				}
			}
		})
	}
}

// An interrupt while the check is under way ends it with what is known.
func TestInterruptedCheck(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	report := porcupine.Report{Result: porcupine.Unknown, Limit: porcupine.Cancelled, Partitions: 3,
		Undecided: 2}
	cancel()
	var status exitError
	if err := verdictStatus(ctx, report); !errors.As(err, &status) || status != exitInterrupted {
		t.Errorf("%v", err)
	}
	var out bytes.Buffer
	if err := printWords(&out, "h", "kv", checkFlags{}, report); err != nil ||
		!strings.Contains(out.String(), "2 keys without a verdict: interrupted") {
		t.Errorf("%v\n%s", err, out.String())
	}
}

// An interrupt while input is awaited ends the program too.
func TestInterruptedReading(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	stdin, input := io.Pipe()
	defer input.Close()
	var out, errs bytes.Buffer
	done := make(chan int)
	go func() { done <- run(ctx, []string{"check", "-"}, stdin, &out, &errs) }()
	if _, err := io.WriteString(input, legal); err != nil { // it is reading now
		t.Fatal(err)
	}
	cancel()
	if status := <-done; status != exitInterrupted {
		t.Errorf("status %d\n%s%s", status, out.String(), errs.String())
	}
}

func TestWordsForLimits(t *testing.T) {
	f := checkFlags{timeout: time.Minute, memory: 1 << 30}
	for limit, want := range map[porcupine.Limit]string{porcupine.TimeLimit: "time of 1m0s ran out (--timeout)",
		porcupine.MemoryLimit: "memory of 1GiB ran out (--memory)", porcupine.Cancelled: "interrupted"} {
		if got := limitWords(limit, f); !strings.HasSuffix(got, want) {
			t.Errorf("%s: %q", limit, got)
		}
	}
}

func TestCheckJSON(t *testing.T) {
	got := raftlab(context.Background(), "", "check", "--json", file(t, broken))
	var report jsonReport
	if err := json.Unmarshal([]byte(got.out), &report); err != nil || got.status != 1 {
		t.Fatalf("status %d, %v\n%s", got.status, err, got.out)
	}
	if report.Verdict != "Illegal" || report.Model != "cas" || report.Operations != 5 ||
		report.Keys != 1 || report.Failure == nil {
		t.Fatalf("%+v", report)
	}
	f := report.Failure
	if f.Stuck == nil || f.Stuck.Line != 6 || *f.Stuck.Return != 50 || !f.Minimal ||
		len(f.Core) == 0 || f.Text == "" {
		t.Errorf("%+v", f)
	}
	got = raftlab(context.Background(), "", "check", "--json", "--memory", "1", file(t, legal))
	if err := json.Unmarshal([]byte(got.out), &report); err != nil || report.Verdict != "Unknown" ||
		report.Limit != "memory" {
		t.Errorf("%v\n%s", err, got.out)
	}
}

func TestCheckPage(t *testing.T) {
	page := filepath.Join(t.TempDir(), "out.html")
	got := raftlab(context.Background(), "", "check", "--html", page, file(t, broken))
	if got.status != 1 || !strings.Contains(got.out, page) {
		t.Fatalf("status %d\n%s%s", got.status, got.out, got.errors)
	}
	text, err := os.ReadFile(page)
	if err != nil || !bytes.Contains(text, []byte(`cas(1, 2)`)) ||
		!bytes.Contains(text, []byte("line 6")) {
		t.Errorf("page of %d bytes, %v", len(text), err)
	}
}

func TestHelp(t *testing.T) {
	for _, args := range [][]string{nil, {"--help"}, {"help"}} {
		if got := raftlab(context.Background(), "", args...); got.status != 0 ||
			!strings.Contains(got.out, "check") {
			t.Errorf("%v: status %d\n%s", args, got.status, got.out)
		}
	}
	got := raftlab(context.Background(), "", "check", "--help")
	for _, words := range []string{"Exit status: 0 linearizable, 1 not", "--html", "--memory size",
		"2GiB", "docs/formats/history.md"} {
		if !strings.Contains(got.out, words) {
			t.Errorf("help does not say %q:\n%s", words, got.out)
		}
	}
}

func TestByteSize(t *testing.T) {
	for text, want := range map[string]byteSize{"0": 0, "17": 17, "17B": 17, "4KiB": 4096,
		"3 MB": 3000000, "2GiB": 2 << 30} {
		var got byteSize
		if err := got.Set(text); err != nil || got != want {
			t.Errorf("%q: %d, %v", text, got, err)
		}
		if again := byteSize(0); again.Set(got.String()) != nil || again != got {
			t.Errorf("%q is written as %q", text, got.String())
		}
	}
	for _, text := range []string{"", "-1", "1.5GiB", "9999999999TiB", "GiB", "1 PiB"} {
		var got byteSize
		if err := got.Set(text); err == nil {
			t.Errorf("%q is %d", text, got)
		}
	}
}
