package build

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
)

// BenchmarkEditToProgram is what a student waits for between an edit of raft.go and a program, with warm caches
// of the go command: our own raft with one line changed, in the simulator's program.
func BenchmarkEditToProgram(b *testing.B) {
	builder := newBuilder(b)
	dir := b.TempDir()
	if err := os.CopyFS(dir, os.DirFS(filepath.Join(builder.root, "raft"))); err != nil {
		b.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(dir, "raft.go"))
	if err != nil {
		b.Fatal(err)
	}
	spec := Spec{Raft: dir, Reactor: true}
	n := 0
	edit := func() {
		n++
		line := fmt.Sprintf("\nfunc (rf *Raft) Edited%d() int { return %d }\n", n%10, os.Getpid()*1000+n)
		write(b, dir, map[string]string{"raft.go": string(text) + line})
	}
	edit()
	if _, err := builder.Build(b.Context(), spec); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		edit()
		if _, err := builder.Build(b.Context(), spec); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkCached is a build of what has been built.
func BenchmarkCached(b *testing.B) {
	builder := newBuilder(b)
	if _, err := builder.Build(b.Context(), Spec{Reactor: true}); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if _, err := builder.Build(b.Context(), Spec{Reactor: true}); err != nil {
			b.Fatal(err)
		}
	}
}
