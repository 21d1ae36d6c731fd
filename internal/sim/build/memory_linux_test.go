package build

import (
	"errors"
	"fmt"
	"strings"
	"testing"
)

// Sources can have the compiler make as much as they like of a few lines.
func TestMemoryOfTheCompiler(t *testing.T) {
	text := "package raft\n\nconst s0 = \"0123456789\"\n"
	for i := range 36 {
		text += fmt.Sprintf("const s%d = s%d + s%d\n", i+1, i, i)
	}
	text += "\nfunc Make() { println(len(s36)) }\n"
	b, err := New(Config{Root: "../../..", Cache: t.TempDir(), Memory: 512 << 20})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ text, says string }{
		{text, "the compiler needs more than 512 MB of memory"},
		{"package raft\n\nfunc Make() { print(8) }\n", ""},
	} {
		dir := write(t, "", map[string]string{"raft.go": c.text})
		_, err = b.Build(t.Context(), Spec{Raft: dir, Main: small})
		var theirs *Error
		if c.says == "" && err != nil ||
			c.says != "" && (!errors.As(err, &theirs) || !strings.Contains(err.Error(), c.says)) {
			t.Errorf("got %v, want %q", err, c.says)
		}
	}
}

func TestOutgrown(t *testing.T) {
	const words = "# raftlab/raft\nfatal error: out of memory allocating heap arena metadata\n"
	for _, c := range []struct {
		output string
		most   int64
		want   bool
	}{{words, 1 << 20, true}, {words, 1 << 60, false}, {"raft.go:1:2: fatal error: out of memory\n", 1 << 20, false}} {
		if got := outgrown(c.output, c.most); got != c.want {
			t.Errorf("%q with %d bytes: %v", c.output, c.most, got)
		}
	}
}
