package intake

import (
	"errors"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// example is a submission in a file of testdata: "== name ==", what is expected as "key: value", and its files, each
// after "-- path --". In these a line "@old" stands for the shortest package of 2018, "@since PREFIX" for the shortest
// of 2021 with imports that begin so, "@kv" for the shortest service, "@zero" for a zero byte.
type example struct {
	name  string
	want  map[string][]string
	files map[string]string
}

const (
	head = "package raft\n\nimport \"LABlabrpc\"\n\nvar _ labrpc.ClientEnd\n\ntype Raft struct{}\n\n" +
		"func Make() {}\n\n"
	old    = head + "type ApplyMsg struct {\n\tCommandValid bool\n\tCommand interface{}\n\tCommandIndex int\n}\n"
	taking = "\tSnapshotValid bool\n\tSnapshot []byte\n\tSnapshotTerm, SnapshotIndex int\n}\n\n" +
		"func (rf *Raft) Snapshot(int, []byte) {}\n"
	kv = "package kvraft\n\ntype KVServer struct{}\n\ntype Clerk struct{}\n\n" +
		"func StartKVServer() {}\n\nfunc MakeClerk() {}\n"
)

// examples reads a file of them.
func examples(t *testing.T, name string) []example {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	var all []example
	at := ""
	for line := range strings.Lines(string(text)) {
		words := strings.TrimSpace(line)
		if title, is := between(words, "== "); is {
			all = append(all, example{title, map[string][]string{}, map[string]string{}})
			at = ""
			continue
		}
		e := &all[len(all)-1]
		if path, is := between(words, "-- "); is {
			at = path
			e.files[at] = ""
		} else if at != "" {
			e.files[at] += expanded(line)
		} else if key, value, is := strings.Cut(words, ": "); is {
			e.want[key] = append(e.want[key], value)
		}
	}
	return all
}

// between returns what stands between a mark and its reverse.
func between(s, mark string) (inside string, is bool) {
	back := " " + strings.TrimSpace(mark)
	if !strings.HasPrefix(s, mark) || !strings.HasSuffix(s, back) {
		return "", false
	}
	return s[len(mark) : len(s)-len(back)], true
}

func expanded(line string) string {
	prefix, since := strings.CutPrefix(strings.TrimSpace(line), "@since ")
	switch {
	case since:
		return strings.Replace(strings.TrimSuffix(old, "}\n")+taking, "LAB", prefix+"/", 1)
	case line == "@old\n":
		return strings.Replace(old, "LAB", "", 1)
	case line == "@kv\n":
		return kv
	case line == "@zero\n":
		return "\x00"
	}
	return line
}

// one returns the one value of a key, "" if there is none.
func (e example) one(key string) string { return strings.Join(e.want[key], " ") }

// stage writes an example's files and stages them.
func (e example) stage(t *testing.T, o Options) (Staged, error) {
	t.Helper()
	return Stage(t.Context(), Source{"ann", write(t, "", e.files)}, filepath.Join(t.TempDir(), "staged"), o)
}

func TestLayouts(t *testing.T) {
	for _, e := range examples(t, "layouts.txt") {
		t.Run(e.name, func(t *testing.T) {
			s, err := e.stage(t, Options{Labs: e.want["labs"]})
			if err != nil {
				t.Fatal(err)
			}
			files := slices.Sorted(maps.Keys(s.Origin))
			if got := strings.Join(files, " "); got != e.one("files") || s.Edition != e.one("edition") {
				t.Errorf("edition %q, files %s\nwant %q, %s", s.Edition, got, e.one("edition"), e.one("files"))
			}
			has := func(dir string) bool {
				return slices.ContainsFunc(files, func(as string) bool { return strings.HasPrefix(as, dir) })
			}
			if s.Raft != has("raft/") || s.KV != has("kvraft/") || len(s.Hash) != 64 {
				t.Errorf("staged %+v", s)
			}
			for _, as := range files {
				text, err := os.ReadFile(filepath.Join(s.Dir, filepath.FromSlash(as)))
				if err != nil || string(text) != e.files[s.Origin[as]] {
					t.Errorf("%s is not what was handed in as %s: %v", as, s.Origin[as], err)
				}
			}
			mod, err := os.ReadFile(filepath.Join(s.Dir, "go.mod"))
			got := strings.Join(strings.Fields(string(mod)), " ")
			if err != nil || e.one("mod") != "" && got != e.one("mod") {
				t.Errorf("go.mod says %q, want %q", got, e.one("mod"))
			}
			for _, want := range e.want["note"] {
				if all := strings.Join(s.Notes, "\n"); !strings.Contains(all, want) {
					t.Errorf("no note says %q:\n%s", want, all)
				}
			}
		})
	}
}

// What is refused, each with the place and what is said.
func TestRefusals(t *testing.T) {
	for _, e := range examples(t, "refusals.txt") {
		_, err := e.stage(t, Options{})
		var refusal *Refusal
		if !errors.As(err, &refusal) {
			t.Errorf("%s: got %v", e.name, err)
			continue
		}
		lines := strings.Split(err.Error(), "; ")
		for i, want := range e.want["said"] {
			if i >= len(refusal.Places) || !strings.Contains(strings.Join(lines, "\n"), want) {
				t.Errorf("%s:\ngot  %v\nwant %s", e.name, err, want)
			}
		}
	}
}

// The same files give the same hash wherever they lay, and others do not.
func TestHash(t *testing.T) {
	text := expanded("@old\n")
	hash := func(files map[string]string) string {
		t.Helper()
		s, err := example{files: files}.stage(t, Options{})
		if err != nil {
			t.Fatal(err)
		}
		return s.Hash
	}
	first := hash(map[string]string{"raft/raft.go": text})
	if hash(map[string]string{"ann/src/raft/raft.go": text, "ann/README.md": "hello"}) != first {
		t.Error("the place of the files is in the hash")
	}
	for name, files := range map[string]map[string]string{
		"text": {"raft/raft.go": text + "\n"}, "name": {"raft/r.go": text},
		"language": {"raft/raft.go": text, "go.mod": "module x\n\ngo 1.20\n"},
	} {
		if hash(files) == first {
			t.Errorf("the %s is not in the hash", name)
		}
	}
}

// What a course allows passes.
func TestAllowed(t *testing.T) {
	s, err := example{files: map[string]string{"raft/raft.go": expanded("@old\n"),
		"raft/u.go": "package raft\n\nimport (\n\t_ \"go.uber.org/zap\"\n\t_ \"net\"\n)\n"},
	}.stage(t, Options{Allow: []string{"go.uber.org/..."}})
	const want = "raft/u.go:5: imports net, which does nothing in the simulator"
	if err != nil || !strings.Contains(strings.Join(s.Notes, "\n"), want) {
		t.Errorf("got %v, notes %q", err, s.Notes)
	}
}
