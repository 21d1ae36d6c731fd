package grader

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"raftlab/internal/grader/course"
	"raftlab/internal/grader/intake"
	"raftlab/internal/grader/results"
	"raftlab/internal/grader/worker"
	"raftlab/internal/sim/build"
)

// TestMain makes the test's program a worker, too, and a grader that can be killed.
func TestMain(m *testing.M) {
	var err error
	switch {
	case len(os.Args) >= 3 && os.Args[1] == "worker":
		err = worker.Serve(context.Background(), saboteur(os.Args[2:], os.Stdin), os.Stdout)
	case len(os.Args) == 4 && os.Args[1] == "grade":
		err = gradeInChild(os.Args[2], os.Args[3])
	default:
		os.Exit(m.Run())
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "raftlab:", err)
		os.Exit(3)
	}
}

// saboteur passes on what a worker is asked for, and ends the process when a mishap is due: "dies TEST FROM" at every
// seed of a test from that one on, "dies-once FILE" at the first task, unless there is the file.
func saboteur(mishap []string, in io.Reader) io.Reader {
	if mishap[0] == "good" {
		return in
	}
	out, into := io.Pipe()
	go func() {
		for r := bufio.NewReader(in); ; {
			line, err := r.ReadBytes('\n')
			if err != nil {
				into.Close() // not deferred: a panic is to end the process, not what it serves
				return
			}
			var task worker.Task
			if json.Unmarshal(line, &task) == nil && task.Test != "" && due(mishap, task) {
				panic("sabotage")
			}
			if _, err := into.Write(line); err != nil {
				return
			}
		}
	}()
	return out
}

func due(mishap []string, task worker.Task) bool {
	if mishap[0] == "dies-once" {
		file, err := os.OpenFile(mishap[1], os.O_CREATE|os.O_EXCL, 0o666)
		return err == nil && file.Close() == nil
	}
	from, err := strconv.ParseUint(mishap[2], 10, 64)
	return err == nil && task.Test == mishap[1] && task.Seed >= from
}

func workerCommand(t *testing.T, how ...string) []string {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return append([]string{self, "worker"}, how...)
}

const secret = "0123456789abcdef0123456789abcdef"

// small is a course of four tests: on the submission "tiny" the first passes, and no other.
const small = `
title: small
labs: [raft]
seeds: {public: 2, hidden: 1, secret: ` + secret + `}
parts: {2C: {skip: true}, 2D: {skip: true}}
tests:
  TestBasicAgree2B: {skip: true}
  TestRPCBytes2B: {skip: true}
  TestFollowerFailure2B: {skip: true}
  TestLeaderFailure2B: {skip: true}
  TestFailAgree2B: {skip: true}
  TestConcurrentStarts2B: {skip: true}
  TestRejoin2B: {skip: true}
  TestBackup2B: {skip: true}
  TestCount2B: {skip: true}
`

func parse(t *testing.T, text string) course.Course {
	t.Helper()
	c, err := course.Parse("course.yaml", []byte(text), course.Override{})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// cache is where programs are kept between tests and runs.
func cache() string { return filepath.Join(os.TempDir(), "raftlab-grader-test") }

// gradeInChild grades the folder subs into out, or goes on with it.
func gradeInChild(subs, out string) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	c, err := course.Parse("course.yaml", []byte(small), course.Override{})
	if err != nil {
		return err
	}
	sources, err := intake.Find([]string{subs})
	if err != nil {
		return err
	}
	_, err = Grade(context.Background(), sources, Options{Course: c, Out: out, Resume: true, Jobs: 2, Cache: cache(),
		Worker: []string{self, "worker", "good"}})
	return err
}

func root(t *testing.T) string {
	t.Helper()
	dir, err := build.FindRoot()
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

// put writes files, by their names below dir.
func put(t *testing.T, dir string, files map[string]string) {
	t.Helper()
	for name, text := range files {
		name = filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(name), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
}

// skeleton is what students start from: it does nothing.
const skeleton = `package raft

import "raftlab/labrpc"

type ApplyMsg struct {
	CommandValid  bool
	Command       any
	CommandIndex  int
	SnapshotValid bool
	Snapshot      []byte
	SnapshotTerm  int
	SnapshotIndex int
}

type Raft struct{}

func Make(peers []*labrpc.ClientEnd, me int, persister *Persister, applyCh chan ApplyMsg) *Raft { return &Raft{} }
func (rf *Raft) GetState() (int, bool)        { return 0, false }
func (rf *Raft) Start(any) (int, int, bool)   { return -1, -1, false }
func (rf *Raft) Snapshot(int, []byte)         {}
func (rf *Raft) Kill()                        {}
`

// submissions makes a folder of those that are asked for.
func submissions(t *testing.T, which ...string) string {
	t.Helper()
	dir := t.TempDir()
	for _, name := range which {
		at := filepath.Join(dir, name)
		var err error
		switch name {
		case "tiny":
			err = os.CopyFS(at, os.DirFS(filepath.Join(root(t), "internal", "sim", "campaign", "testdata", "tiny")))
		case "reference":
			err = os.CopyFS(filepath.Join(at, "raft"), os.DirFS(filepath.Join(root(t), "raft")))
		case "skeleton":
			put(t, at, map[string]string{"raft/raft.go": skeleton})
		case "unbuilt":
			put(t, at, map[string]string{"raft/raft.go": skeleton, "raft/x.go": "package raft\n\nvar x int = \"\"\n"})
		case "empty":
			put(t, at, map[string]string{"README.md": "I could not do it."})
		}
		if err != nil {
			t.Fatal(err)
		}
		if name != "empty" {
			put(t, at, map[string]string{"go.mod": "module raftlab\n\ngo 1.26\n"})
		}
	}
	return dir
}

func find(t *testing.T, dirs ...string) []intake.Source {
	t.Helper()
	sources, err := intake.Find(dirs)
	if err != nil {
		t.Fatal(err)
	}
	return sources
}

// text is the document that a grading has left.
func text(t *testing.T, out string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(out, ResultsFile))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func named(t *testing.T, d results.Document, name string) results.Submission {
	t.Helper()
	i := slices.IndexFunc(d.Submissions, func(s results.Submission) bool { return s.Name == name })
	if i < 0 {
		t.Fatalf("there is no submission %s", name)
	}
	return d.Submissions[i]
}

// short says what came of a submission in a line.
func short(s results.Submission) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %v:", s.Status, s.Score)
	for _, r := range s.Tests {
		fmt.Fprintf(&b, " %d+%d+%d", r.Passed, r.Failed, r.Broken)
	}
	return b.String()
}

// wrong says whether an error is the user's and has a word in it.
func wrong(err error, word string) bool {
	var usage *UsageError
	return errors.As(err, &usage) && strings.Contains(err.Error(), word)
}
