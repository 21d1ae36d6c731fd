package attacks_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"

	"raftlab/internal/grader"
	"raftlab/internal/grader/course"
	"raftlab/internal/grader/intake"
	"raftlab/internal/grader/results"
	"raftlab/internal/grader/worker"
)

// asWorker in the environment has the test's program be the grader's worker instead.
const asWorker = "RAFTLAB_TEST_WORKER"

func TestMain(m *testing.M) {
	if os.Getenv(asWorker) != "" {
		if err := worker.Serve(context.Background(), os.Stdin, os.Stdout); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

// attack is one of the bank.
type attack struct {
	id, on, says, status string
	files                []txtar.File
}

func readAttack(t *testing.T, path string) attack {
	t.Helper()
	archive, err := txtar.ParseFile(path)
	if err != nil {
		t.Fatal(err)
	}
	a := attack{id: strings.TrimSuffix(filepath.Base(path), ".txt"), status: results.Graded, files: archive.Files}
	what := ""
	for line := range strings.Lines(string(archive.Comment)) {
		key, value, _ := strings.Cut(strings.TrimSpace(line), ": ")
		switch key {
		case "":
		case "attack":
			what = value
		case "on":
			a.on = value
		case "says":
			a.says = value
		case "status":
			a.status = value
		default:
			t.Fatalf("%s: what is %q?", path, line)
		}
	}
	if what == "" || a.says == "" || a.on != "stub" && a.on != "honest" || len(a.files) == 0 {
		t.Fatalf("%s: an attack says what it is, on what it is put and what is to be said of it, and has files", path)
	}
	return a
}

// write puts the attack's submission below dir.
func (a attack) write(t *testing.T, dir, mark string) {
	t.Helper()
	if err := os.CopyFS(filepath.Join(dir, "raft"), os.DirFS(filepath.Join(base(a.on), "raft"))); err != nil {
		t.Fatal(err)
	}
	for _, f := range a.files {
		name := filepath.Join(dir, filepath.FromSlash(f.Name))
		if err := os.MkdirAll(filepath.Dir(name), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, bytes.ReplaceAll(f.Data, []byte("MARK"), []byte(mark)), 0o666); err != nil {
			t.Fatal(err)
		}
	}
}

// base returns the folder of what attacks are put on.
func base(on string) string {
	if on == "honest" {
		return filepath.Join("..", "..", "mutants", "testdata", "plain")
	}
	return filepath.Join("testdata", "stub")
}

// The course is short: what an attack gains it gains in the first tests.
const courseFile = `
seeds: {public: 1}
parts: {2A: {skip: true}, 2B: {skip: true}, 2C: {skip: true}, 2D: {skip: true}, 3A: {skip: true}, 3B: {skip: true}}
tests:
  TestInitialElection2A: {skip: false, points: 1}
  TestBasicAgree2B: {skip: false, points: 1}
  TestPersist12C: {skip: false, points: 1}
  TestBasic3A: {skip: false, points: 1}
limits: {memory: 64MiB, output: 1MiB}
`

// TestAttacks grades the whole bank, and an honest submission among them.
func TestAttacks(t *testing.T) {
	paths, err := filepath.Glob(filepath.Join("bank", "*.txt"))
	if err != nil || len(paths) == 0 {
		t.Fatalf("no bank: %v", err)
	}
	batch, marks := t.TempDir(), t.TempDir()
	mark := filepath.Join(marks, "mark")
	program := "#!/bin/sh\ntouch " + filepath.Join(marks, "made") + "\nexec \"$@\"\n"
	if err := os.WriteFile(mark, []byte(program), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.CopyFS(filepath.Join(batch, "honest"), os.DirFS(base("honest"))); err != nil {
		t.Fatal(err)
	}
	attacks := map[string]attack{}
	for _, path := range paths {
		a := readAttack(t, path)
		a.write(t, filepath.Join(batch, a.id), mark)
		attacks[a.id] = a
	}
	doc := grade(t, batch)
	for _, s := range doc.Submissions {
		t.Run(s.Name, func(t *testing.T) { judge(t, s, attacks[s.Name], doc.Course.Max) })
		delete(attacks, s.Name)
	}
	if len(attacks) > 0 {
		t.Errorf("not graded at all: %v", maps.Keys(attacks))
	}
	if _, err := os.Stat(filepath.Join(marks, "made")); err == nil {
		t.Error("a program of a submission's was run on the machine that grades")
	}
}

func grade(t *testing.T, batch string) results.Document {
	t.Helper()
	t.Setenv(asWorker, "1")
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	c, err := course.Parse("course.yaml", []byte(courseFile), course.Override{})
	if err != nil {
		t.Fatal(err)
	}
	sources, err := intake.Find([]string{batch})
	if err != nil {
		t.Fatal(err)
	}
	doc, err := grader.Grade(context.Background(), sources, grader.Options{Course: c, Out: t.TempDir(),
		Worker: []string{self}, Cache: filepath.Join(os.TempDir(), "raftlab-attacks-test")})
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

func judge(t *testing.T, s results.Submission, a attack, max float64) {
	text, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	if a.id == "" { // the honest one
		if s.Status != results.Graded || s.Score != max {
			t.Errorf("the honest submission has %v of %v, status %q:\n%s", s.Score, max, s.Status, text)
		}
		return
	}
	if s.Score != 0 {
		t.Errorf("it scores %v:\n%s", s.Score, text)
	}
	if s.Status != a.status {
		t.Errorf("its status is %q, want %q:\n%s", s.Status, a.status, text)
	}
	if !said(s, a.says) {
		t.Errorf("nothing says %q:\n%s", a.says, text)
	}
	for _, r := range s.Tests {
		if r.Broken > 0 {
			t.Errorf("%s: %d runs found out nothing:\n%s", r.Name, r.Broken, text)
		}
	}
}

// said reports whether a reason for the score says that.
func said(s results.Submission, what string) bool {
	for _, p := range s.Problems {
		if strings.Contains(p.Rule+" "+p.Text, what) {
			return true
		}
	}
	for _, r := range s.Tests {
		for _, f := range r.Failures {
			if strings.Contains(f.Verdict+" "+f.Invariant+" "+f.Message, what) {
				return true
			}
		}
	}
	return false
}
