package journal_test

import (
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"raftlab/internal/grader/journal"
	"raftlab/internal/grader/results"
)

var header = journal.Header{Grader: "g", Runs: "r", Submissions: []journal.Submission{{"ann", "a"}, {"bob", "b"}}}

// some are entries of every kind.
func some() []journal.Entry {
	return []journal.Entry{
		{Built: &journal.Built{Submission: "ann", Lab: "raft", Seconds: 2}},
		{Run: &journal.Run{Submission: "ann", Test: "TestBackup2B", Number: 3, Verdict: "passed", Events: 1 << 60}},
		{Built: &journal.Built{Submission: "bob", Lab: "raft",
			Problems: []results.Place{{File: "raft/ä.go", Line: 3, Text: "<\n>"}}}},
		{Run: &journal.Run{Submission: "ann", Test: "TestBackup2B", Verdict: "panicked", Kind: "k", Detail: &journal.Detail{
			Message: "line\u2028\x00", Events: []string{"e"}, Output: "{\"run\":{}}\n"}}},
	}
}

func claim(t *testing.T, name string) *journal.Journal {
	t.Helper()
	j, err := journal.Claim(name)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { j.Close() })
	return j
}

// written is a journal with some entries, as a file's text.
func written(t *testing.T) []byte {
	t.Helper()
	name := filepath.Join(t.TempDir(), "journal.jsonl")
	j := claim(t, name)
	if empty, err := j.Empty(); !empty || err != nil {
		t.Fatal(empty, err)
	}
	if err := j.Begin(header); err != nil {
		t.Fatal(err)
	}
	for _, e := range some() {
		if err := j.Append(e); err != nil {
			t.Fatal(err)
		}
	}
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// TestCutAnywhere kills the writer at each byte: what was whole is there again, and the rest can be appended.
func TestCutAnywhere(t *testing.T) {
	text, all := written(t), some()
	name := filepath.Join(t.TempDir(), "journal.jsonl")
	for at := range len(text) + 1 {
		if err := os.WriteFile(name, text[:at], 0o666); err != nil {
			t.Fatal(err)
		}
		j := claim(t, name)
		lines := strings.Count(string(text[:at]), "\n")
		empty, err := j.Empty()
		if err != nil || empty != (lines == 0) {
			t.Fatalf("cut at byte %d: empty %v, %v", at, empty, err)
		}
		var got []journal.Entry
		if empty {
			err = j.Begin(header)
		} else {
			err = j.Resume(header, func(e journal.Entry) { got = append(got, e) })
		}
		if err != nil || len(got) != max(0, lines-1) || len(got) > 0 && !reflect.DeepEqual(got, all[:len(got)]) {
			t.Fatalf("cut at byte %d: %d entries of %d lines, %v", at, len(got), lines, err)
		}
		for _, e := range all[len(got):] {
			if err := j.Append(e); err != nil {
				t.Fatal(err)
			}
		}
		if err := j.Close(); err != nil {
			t.Fatal(err)
		}
		if now, err := os.ReadFile(name); err != nil || string(now) != string(text) {
			t.Fatalf("cut at byte %d and gone on with: %v\n%s\nwant\n%s", at, err, now, text)
		}
	}
}

// TestLostPages has zeros where a crash of the machine lost a page.
func TestLostPages(t *testing.T) {
	text := written(t)
	second := strings.Index(string(text), "\n") + 1
	second += strings.Index(string(text[second:]), "\n") + 1
	clear(text[second+5 : second+20])
	name := filepath.Join(t.TempDir(), "journal.jsonl")
	if err := os.WriteFile(name, text, 0o666); err != nil {
		t.Fatal(err)
	}
	count := 0
	if err := claim(t, name).Resume(header, func(journal.Entry) { count++ }); err != nil || count != 1 {
		t.Errorf("%d entries, %v", count, err)
	}
	if info, err := os.Stat(name); err != nil || info.Size() != int64(second) {
		t.Errorf("the file has %d bytes, want %d: %v", info.Size(), second, err)
	}
}

func TestAnothersJournal(t *testing.T) {
	text := written(t)
	name := filepath.Join(t.TempDir(), "journal.jsonl")
	ann, bob, eve := header.Submissions[0], header.Submissions[1], journal.Submission{Name: "eve"}
	for want, now := range map[string]journal.Header{
		"submission ann has changed":        {Grader: "g", Runs: "r", Submissions: []journal.Submission{{"ann", "x"}, bob}},
		"begun with submission bob":         {Grader: "g", Runs: "r", Submissions: []journal.Submission{ann}},
		"begun without submission eve":      {Grader: "g", Runs: "r", Submissions: []journal.Submission{ann, bob, eve}},
		"tests, seeds or limits are not":    {Grader: "g", Runs: "x", Submissions: header.Submissions},
		"by another version of this":        {Grader: "x", Runs: "r", Submissions: header.Submissions},
		"is no journal that this program":   header,
		"is no journal: choose another fol": header,
	} {
		content := text
		if strings.Contains(want, "that this program") {
			content = []byte("{\"journal\":\"raftlab/journal/v9\"}\n")
		}
		if err := os.WriteFile(name, content, 0o666); err != nil {
			t.Fatal(err)
		}
		j := claim(t, name)
		err := j.Resume(now, func(journal.Entry) {})
		if strings.Contains(want, "is no journal: ") {
			if err := os.WriteFile(name, []byte("my diary"), 0o666); err != nil {
				t.Fatal(err)
			}
			_, err = j.Empty()
		}
		var no *journal.RefusedError
		if !errors.As(err, &no) || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want …%s…", err, want)
		}
		j.Close()
	}
}

// TestHashNotKnown has a submission that could not be read the first time.
func TestHashNotKnown(t *testing.T) {
	name := filepath.Join(t.TempDir(), "journal.jsonl")
	j := claim(t, name)
	if err := j.Begin(journal.Header{Submissions: []journal.Submission{{"ann", ""}}}); err != nil {
		t.Fatal(err)
	}
	now := journal.Header{Submissions: []journal.Submission{{"ann", "a"}}}
	if err := j.Resume(now, func(journal.Entry) {}); err != nil {
		t.Error(err)
	}
}

func TestOneGradingAtATime(t *testing.T) {
	name := filepath.Join(t.TempDir(), "journal.jsonl")
	first := claim(t, name)
	var no *journal.RefusedError
	if _, err := journal.Claim(name); !errors.As(err, &no) {
		t.Errorf("a second claim: %v", err)
	}
	first.Close()
	second, err := journal.Claim(name)
	if err != nil {
		t.Fatal(err)
	}
	second.Close()
}
