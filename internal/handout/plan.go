package handout

import (
	"embed"
	"io/fs"
	"path"
	"slices"
	"strings"
)

// plan says what of a module is handed out.
type plan struct {
	module string   // its path
	roots  []string // the packages that a student runs, and thereby those that they import
	tests  []string // the test files among them; others stay behind
	// answers are packages and files of which students get not a line. Of a package that is without its tests.
	answers []string
	shared  []string // the lines of answers that stand rightly in what students get, too
	inside  []string // folders of which students get no file, though they hold no answers
	leftOut []string // patterns of Go files that are not for students

	files    []string // patterns of other files that students get
	programs []string // those of the files that can be run
	own      fs.FS    // what is the student's alone: by the name that it gets, with .txt behind it
	wasip1   []string // packages that have to build for the simulator, with all below them
}

//go:embed student
var student embed.FS

// lab is the plan of this module.
func lab() plan {
	own, err := fs.Sub(student, "student")
	if err != nil {
		panic(err) // the name is a valid one
	}
	return plan{
		module: "raftlab",
		roots:  []string{"cmd/raftlab", "internal/sim/guest", "raft", "kvraft"},
		tests:  []string{"raft/raft_test.go", "kvraft/kvraft_test.go"},
		answers: []string{"raft/core", "raft/disk", "kvraft/state", "internal/reference/kv/naive_test.go",
			"docs/DIVERGENCE.md"},
		shared: []string{
			"*r += 0x9e3779b97f4a7c15", // SplitMix64, in the core and in the simulator
			"z = (z ^ z>>30) * 0xbf58476d1ce4e5b9",
			"z = (z ^ z>>27) * 0x94d049bb133111eb",
			"Put makes value the value of key.", // of a store and of a Clerk
			"timer := time.NewTimer(limit)",
			"mu sync.Mutex // guards all below",
			"persister *raft.Persister",
			"applyCh := make(chan raft.ApplyMsg)",
			"NewDisk: func() tester.Disk { return raft.MakePersister() },", // of every use of the harness
		},
		inside: []string{"internal/reference", "internal/mutants", "internal/grader", "internal/handout",
			"internal/tidy", "bench"},
		leftOut: []string{"cmd/raftlab/handout*.go", "cmd/raftlab/grade*.go", "cmd/raftlab/mutants*.go"},
		files: []string{"docs/labs/*.md", "docs/simulator.md", "docs/hunt*.md", "docs/formats/history.md",
			"docs/formats/schedule.md", "test-runner.sh", ".gitignore"},
		programs: []string{"test-runner.sh"},
		own:      own,
		wasip1: []string{"labgob", "labrpc", "porcupine", "raft", "kvraft", "internal/trace", "internal/tester",
			"internal/suite"},
	}
}

// kept reports whether the package at dir stays behind.
func (p plan) kept(dir string) bool {
	return slices.ContainsFunc(slices.Concat(p.answers, p.inside), func(kept string) bool {
		return dir == kept || strings.HasPrefix(dir, kept+"/")
	})
}

// out reports whether the Go file at name stays behind though its package is handed out.
func (p plan) out(name string) bool {
	if strings.HasSuffix(name, "_test.go") {
		return !slices.Contains(p.tests, name)
	}
	return slices.ContainsFunc(p.leftOut, func(pattern string) bool {
		matched, err := path.Match(pattern, name)
		return matched && err == nil
	})
}
