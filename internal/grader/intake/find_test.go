package intake

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// write makes files below a new folder, or below dir, and returns it.
func write(t testing.TB, dir string, files map[string]string) string {
	t.Helper()
	if dir == "" {
		dir = t.TempDir()
	}
	for name, text := range files {
		at := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(at), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(at, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestFind(t *testing.T) {
	dir := write(t, "", map[string]string{
		"all/ann/src/raft/raft.go": "", "all/bob/6.5840/src/raft/raft.go": "", "all/bob.zip": "", "all/Bob.tar.gz": "",
		"all/grades.csv": "", "all/.git/HEAD": "", "all/cid.rar": "", "all/__MACOSX/x.go": "", "all/d e\n!.zip": "",
		"one/raft/raft.go": "", "deep/6.824/src/raft/raft.go": "", "only/raft.go": "", "new/src/raft1/raft.go": "",
		"empty/README.md": "", "note.txt": ""})
	for _, test := range []struct {
		args []string
		want string
	}{
		{[]string{"all"}, "Bob ann bob-2 bob-3 cid d_e__"},
		{[]string{"one", "deep", "only", "new"}, "deep new one only"},
		{[]string{"all/bob.zip", "one/", "all/bob.zip"}, "bob one"},
		{[]string{"empty"}, "empty"},
		{[]string{"note.txt"}, "note.txt"},
		{[]string{"one/raft", "all/ann"}, "ann raft"},
	} {
		for i, arg := range test.args {
			test.args[i] = filepath.Join(dir, filepath.FromSlash(arg))
		}
		found, err := Find(test.args)
		if err != nil {
			t.Fatal(err)
		}
		var names []string
		for _, s := range found {
			names = append(names, s.Name)
			if _, err := os.Stat(s.Path); err != nil || !filepath.IsAbs(s.Path) {
				t.Errorf("%v: %v", s, err)
			}
		}
		if got := strings.Join(names, " "); got != test.want {
			t.Errorf("%v: got %q, want %q", test.args, got, test.want)
		}
	}
	for _, args := range [][]string{nil, {filepath.Join(dir, "nobody")}} {
		var usage *UsageError
		if _, err := Find(args); !errors.As(err, &usage) {
			t.Errorf("%v: got %v", args, err)
		}
	}
}

func TestNamesThatAreOneForSomeFileSystem(t *testing.T) {
	for _, pair := range [][2]string{{"Raft.go", "raft.GO"}, {"\u00e9.go", "e\u0301.go"}, {"\u212a.go", "k.go"},
		{"\uac00.go", "\u1100\u1161.go"}, {"\u03a3.go", "\u03c2.go"}, {"a/\u00c5.go", "a/\u212b.go"}} {
		if fold(pair[0]) != fold(pair[1]) {
			t.Errorf("%q and %q are two", pair[0], pair[1])
		}
	}
	for _, pair := range [][2]string{{"a.go", "b.go"}, {"\u65e5.go", "\u6708.go"}, {"e.go", "\u00e9.go"},
		{"a/b", "ab"}} {
		if fold(pair[0]) == fold(pair[1]) {
			t.Errorf("%q and %q are one", pair[0], pair[1])
		}
	}
}
