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

// trees makes files of a text in which "-- name --" begins each.
func trees(text string) map[string]string {
	files := map[string]string{}
	name := ""
	for line := range strings.Lines(text) {
		if words := strings.TrimSpace(line); strings.HasPrefix(words, "-- ") && strings.HasSuffix(words, " --") {
			name = words[3 : len(words)-3]
			files[name] = ""
			continue
		}
		if name != "" {
			files[name] += line
		}
	}
	return files
}

// The shortest packages that have what tests call.
const (
	old   = "package raft\n\nimport \"labrpc\"\n\nvar _ labrpc.ClientEnd\n\ntype Raft struct{}\n\ntype ApplyMsg struct {\n\tCommandValid bool\n\tCommand interface{}\n\tCommandIndex int\n}\n\nfunc Make() {}\n"
	since = "package raft\n\nimport \"LAB/labrpc\"\n\nvar _ labrpc.ClientEnd\n\ntype Raft struct{}\n\ntype ApplyMsg struct {\n\tCommandValid bool\n\tCommand interface{}\n\tCommandIndex int\n\tSnapshotValid bool\n\tSnapshot []byte\n\tSnapshotTerm, SnapshotIndex int\n}\n\nfunc Make() {}\n\nfunc (rf *Raft) Snapshot(int, []byte) {}\n"
	kv    = "package kvraft\n\ntype KVServer struct{}\n\ntype Clerk struct{}\n\nfunc StartKVServer() {}\n\nfunc MakeClerk() {}\n"
)

func of(lab string) string { return strings.ReplaceAll(since, "LAB", lab) }

// stage writes a tree and stages it.
func stage(t *testing.T, text string, o Options) (Staged, error) {
	t.Helper()
	return Stage(t.Context(), Source{"ann", write(t, "", trees(text))}, filepath.Join(t.TempDir(), "staged"), o)
}

// layouts are trees with what must come of them: edition, the staged files with the first line of go.mod, and parts of
// notes.
var layouts = []struct {
	name, tree string
	labs       []string
	edition    string
	files      string
	mod        string
	notes      []string
}{
	{"2018, a GOPATH", "-- src/raft/raft.go --\n" + old + "-- src/labrpc/labrpc.go --\npackage labrpc\n-- src/kvraft/server.go --\n" + kv,
		nil, "2018–2020", "kvraft/server.go raft/raft.go", "module submission go 1.15",
		[]string{"no method Snapshot", "taken for 1.15"}},
	{"2020", "-- raft/raft.go --\n" + strings.ReplaceAll(old, "labrpc\"", "../labrpc\""), nil,
		"2020", "raft/raft.go", "module submission go 1.15", nil},
	{"2021", "-- 6.824/src/go.mod --\nmodule 6.824\n\ngo 1.17\n-- 6.824/src/raft/raft.go --\n" + of("6.824") + "-- 6.824/src/raft/raft_test.go --\npackage raft\n",
		nil, "2021–2022", "raft/raft.go", "module 6.824 go 1.17", []string{"files of tests left out: 1"}},
	{"a renamed module, deep down", "-- go.mod --\nmodule github.com/ann/labs\n\ngo 1.19\n-- 6.824/src/raft/raft.go --\n" +
		of("github.com/ann/labs/6.824/src"), nil, "2021–2022", "raft/raft.go", "module github.com/ann/labs/6.824/src go 1.19", nil},
	{"2023", "-- src/raft/raft.go --\n" + of("6.5840") + "-- src/raft/test_test.go --\npackage raft\n\nfunc TestReElection2A() {}\n", nil,
		"2023", "raft/raft.go", "module submission go 1.15", nil},
	{"2024", "-- src/raft/raft.go --\n" + of("6.5840") + "-- src/raft/test_test.go --\npackage raft\n\nfunc TestReElection3A() {}\n", nil,
		"2024", "raft/raft.go", "module submission go 1.22", nil},
	{"2023 or 2024, by Save", "-- raft/raft.go --\n" + of("mine") + "func (rf *Raft) p(d interface{ Save(a, b []byte) }) { d.Save(nil, nil) }\n",
		nil, "2023–2024", "raft/raft.go", "module mine go 1.22", nil},
	{"our handout", "-- go.mod --\nmodule raftlab\n\ngo 1.26.0\n-- raft/raft.go --\n" + of("raftlab") + "-- internal/tester/x.go --\npackage tester\n",
		nil, "Raftlab", "raft/raft.go", "module raftlab go 1.26.0", []string{"1 folders with Go files left out", "internal/tester (1)"}},
	{"the files alone", "-- raft.go --\n" + old + "-- log.go --\npackage raft\n-- main_test.go --\npackage raft\n", nil,
		"2018–2020", "raft/log.go raft/raft.go", "module submission go 1.15", nil},
	{"a folder of another name", "-- my-lab-2/x.go --\n" + old, nil, "2018–2020", "raft/x.go", "", nil},
	{"a backup beside it", "-- raft/raft.go --\n" + old + "-- raft_old/raft.go --\n" + old + "-- old/raft/raft.go --\n" + old, nil,
		"2018–2020", "raft/raft.go", "", []string{"2 folders with Go files left out", "old/raft (1), raft_old (1)"}},
	{"the pair of several", "-- a/raft/raft.go --\n" + old + "-- b/raft/raft.go --\n" + old + "-- b/kvraft/server.go --\n" + kv, nil,
		"2018–2020", "kvraft/server.go raft/raft.go", "", nil},
	{"packages of their own", "-- src/go.mod --\nmodule 6.824\n\ngo 1.20\n-- src/raft/raft.go --\n" + of("6.824") +
		"-- src/raft/more.go --\npackage raft\n\nimport (\n\t_ \"../utils\"\n\t_ \"6.824/raft/log\"\n\t_ \"6.824/deep/er\"\n\t_ \"log\"\n)\n" +
		"-- src/raft/log/log.go --\npackage log\n-- src/raft/tool/main.go --\npackage main\n\nimport _ \"github.com/x/y\"\n" +
		"-- src/utils/u.go --\npackage utils\n\nimport _ \"6.824/set\"\n-- src/set/s.go --\npackage set\n-- src/set/s_test.go --\npackage set\n" +
		"-- src/deep/er/d.go --\npackage er\n-- src/log/std.go --\npackage log\n",
		nil, "2021–2022", "deep/er/d.go raft/log/log.go raft/more.go raft/raft.go set/s.go utils/u.go", "module 6.824 go 1.20",
		[]string{"src/log (1), src/raft/tool (1)"}},
	{"the harness", "-- raft/raft.go --\n" + old + "-- raft/config.go --\npackage raft\n\nimport _ \"testing\"\n\ntype config struct{}\n\nfunc (c *config) wait() {}\n" +
		"-- raft/persister.go --\npackage raft\n\ntype Persister struct{}\n\nfunc MakePersister() {}\n\nfunc (p *Persister) Save() {}\n\nfunc (p *Persister) SaveTerm() {}\n" +
		"-- labrpc/labrpc.go --\npackage labrpc\n\ntype ClientEnd struct{}\n\nfunc (e *ClientEnd) Call() {}\n\nfunc (e *ClientEnd) CallTwice() {}\n\nfunc helper() {}\n-- models/kv.go --\npackage models\n",
		nil, "2018–2020", "raft/raft.go", "", []string{"raft/persister.go was changed, and the course's stands in its place, which has no Persister.SaveTerm",
			"labrpc was changed, and the course's stands in its place, which has no ClientEnd.CallTwice"}},
	{"a harness that is needed", "-- raft/raft.go --\n" + old + "\nvar _ = beat\n-- raft/config.go --\npackage raft\n\nimport _ \"testing\"\n\nconst beat = 1\n" +
		"-- raft/helper.go --\npackage raft\n\nimport _ \"testing\"\n\nfunc (rf *Raft) help() {}\n", nil, "2018–2020",
		"raft/config.go raft/helper.go raft/raft.go", "", []string{"raft/config.go taken along, though it imports testing: beat is used elsewhere",
			"raft/helper.go taken along, though it imports testing: Raft.help"}},
	{"a changed ApplyMsg", "-- raft/raft.go --\n" + strings.ReplaceAll(old, "CommandIndex int\n", "CommandIndex int\n\tIsLeader bool\n"), nil,
		"2018–2020", "raft/raft.go", "", []string{"raft/raft.go:9: ApplyMsg was changed: it has IsLeader"}},
	{"files that are not built", "-- raft/raft.go --\n" + old + "-- raft/gen.go --\n//go:build ignore\n\npackage main\n\nimport _ \"unsafe\"\n-- raft/raft_windows.go --\npackage raft\n-- raft/_x.go --\npackage x\n",
		nil, "2018–2020", "raft/raft.go", "", []string{"raft/gen.go left out: its name or its build constraint", "raft/raft_windows.go left out", "raft/_x.go left out"}},
	{"junk", "-- raft/raft.go --\n" + old + "-- __MACOSX/raft/._raft.go --\n\x00-- .git/raft/raft.go --\n-- vendor/labrpc/x.go --\npackage x\n-- node_modules/raft/raft.go --\npackage raft\n-- go.work --\nuse .\n",
		nil, "2018–2020", "raft/raft.go", "", nil},
	{"the service alone", "-- kvraft/server.go --\n" + kv + "\nvar _ labgob.LabEncoder\n", nil, "", "kvraft/server.go", "",
		[]string{"there is no package raft: kvraft runs on the course's own"}},
	{"a service that is not graded", "-- raft/raft.go --\n" + old + "-- kvraft/server.go --\n" + kv, []string{"raft"}, "2018–2020", "raft/raft.go", "",
		[]string{"kvraft left out: it is not graded"}},
	{"a service that is not begun", "-- raft/raft.go --\n" + old + "-- kvraft/server.go --\npackage kvraft\n\ntype KVServer struct{}\n", nil, "2018–2020",
		"raft/raft.go", "", []string{"kvraft left out: it does not declare StartKVServer"}},
	{"a syntax error", "-- raft/raft.go --\npackage raft\n\nfunc Make( {\n-- kvraft/s.go --\npackage kvraft\n\nfunc {\n", nil, "2018–2020",
		"kvraft/s.go raft/raft.go", "", nil},
}

func TestLayouts(t *testing.T) {
	for _, row := range layouts {
		s, err := stage(t, row.tree, Options{Labs: row.labs})
		if err != nil {
			t.Errorf("%s: %v", row.name, err)
			continue
		}
		files := slices.Sorted(maps.Keys(s.Origin))
		if got := strings.Join(files, " "); got != row.files || s.Edition != row.edition {
			t.Errorf("%s: edition %q, files %s; want %q, %s", row.name, s.Edition, got, row.edition, row.files)
		}
		if s.Raft != strings.Contains(row.files, "raft/r") && s.Raft != strings.Contains(row.files, "raft/x") ||
			s.KV != strings.Contains(row.files, "kvraft/") {
			t.Errorf("%s: raft %v, kvraft %v", row.name, s.Raft, s.KV)
		}
		source := trees(row.tree)
		for _, as := range files {
			if text, err := os.ReadFile(filepath.Join(s.Dir, filepath.FromSlash(as))); err != nil || string(text) != source[s.Origin[as]] {
				t.Errorf("%s: %s is not what was handed in as %s: %v", row.name, as, s.Origin[as], err)
			}
		}
		mod, err := os.ReadFile(filepath.Join(s.Dir, "go.mod"))
		if got := strings.Join(strings.Fields(string(mod)), " "); err != nil || row.mod != "" && got != row.mod {
			t.Errorf("%s: go.mod says %q, want %q", row.name, got, row.mod)
		}
		for _, want := range row.notes {
			if !strings.Contains(strings.Join(s.Notes, "\n"), want) {
				t.Errorf("%s: no note says %q:\n%s", row.name, want, strings.Join(s.Notes, "\n"))
			}
		}
		if len(s.Hash) != 64 {
			t.Errorf("%s: hash %q", row.name, s.Hash)
		}
	}
}

// What is refused, each with the place and what is said.
func TestRefusals(t *testing.T) {
	for _, row := range []struct{ name, tree, want string }{
		{"nothing", "-- README.md --\nlater\n", "not accepted: holds no Go files"},
		{"another lab", "-- mr/worker.go --\npackage mr\n", "not accepted: holds no package raft"},
		{"two of them", "-- a/raft/raft.go --\n" + old + "-- b/raft/raft.go --\n" + old, "not accepted: holds package raft more than once: a/raft, b/raft"},
		{"no Make", "-- raft/raft.go --\npackage raft\n\ntype Raft struct{}\n", "not accepted: raft: package raft does not declare Make"},
		{"no ApplyMsg", "-- raft/raft.go --\npackage raft\n\ntype Raft struct{}\n\nvar Make = 1\n", "not accepted: raft: package raft does not declare ApplyMsg"},
		{"2017", "-- src/raft/raft.go --\npackage raft\n\ntype ApplyMsg struct {\n\tIndex int\n\tUseSnapshot bool\n}\n\nfunc Make() {}\n",
			"not accepted: src/raft/raft.go:3:6: ApplyMsg has no field CommandIndex: this is of the edition of 2017 or earlier"},
		{"2025", "-- src/raft1/raft.go --\npackage raft\n\nimport (\n\t\"6.5840/labrpc\"\n\t\"6.5840/raftapi\"\n\ttester \"6.5840/tester1\"\n)\n\nfunc Make() {}\n",
			"not accepted: src/raft1/raft.go:5:2: import of 6.5840/raftapi: this is of the edition of 2025 or later"},
		{"two clauses", "-- raft/raft.go --\n" + old + "-- raft/z.go --\n\npackage other\n",
			"refused: raft/z.go:2:9: package clause: package other, in a folder of package raft"},
		{"a logger", "-- src/raft/raft.go --\n" + old + "-- src/raft/util.go --\npackage raft\n\nimport (\n\t\"fmt\"\n\n\tlog \"github.com/sirupsen/logrus\"\n)\n",
			"refused: src/raft/util.go:6:6: import github.com/sirupsen/logrus: is neither"},
		{"the meter", "-- raft/raft.go --\n" + old + "-- raft/m.go --\npackage raft\n\nimport \"raftlab/internal/sim/meter\"\n",
			"refused: raft/m.go:3:8: import raftlab/internal/sim/meter: is no package"},
		{"the meter, as one of its own", "-- go.mod --\nmodule raftlab\n-- raft/raft.go --\n" + old + "-- raft/m.go --\npackage raft\n\nimport \"raftlab/internal/sim/meter\"\n",
			"refused: raft/m.go:3:8: import raftlab/internal/sim/meter: is no package"},
		{"the reference's insides", "-- kvraft/server.go --\n" + kv + "-- kvraft/x.go --\npackage kvraft\n\nimport \"../raft/core\"\n",
			"refused: kvraft/x.go:3:8: import ../raft/core: leads to no package"},
		{"the same, by another name", "-- kvraft/server.go --\n" + kv + "-- kvraft/x.go --\npackage kvraft\n\nimport (\n\t\"6.824/raft/core\"\n\t\"raft/core\"\n\t\"raftlab/kvraft/state\"\n)\n",
			"refused: kvraft/x.go:4:2: import 6.824/raft/core: is neither the standard library's nor the submission's own, and the course does not " +
				"allow it; for a logger, use log; kvraft/x.go:5:2: import raft/core: is neither the standard library's nor the submission's own, and " +
				"the course does not allow it; for a logger, use log; kvraft/x.go:6:2: import raftlab/kvraft/state: is no package"},
		{"in a package beside", "-- raft/raft.go --\n" + old + "-- raft/x.go --\npackage raft\n\nimport _ \"../utils\"\n-- utils/u.go --\npackage utils\n\n//go:linkname f runtime.f\n",
			"refused: utils/u.go:3:1: directive //go:linkname"},
		{"assembly", "-- raft/raft.go --\n" + old + "-- raft/x_wasm.s --\nTEXT\n-- mr/x.s --\n", "refused: raft/x_wasm.s: assembly: is no Go source"},
		{"an object file", "-- raft/raft.go --\n" + old + "-- raft/x.syso --\n\x00\n", "refused: raft/x.syso: assembly"},
		{"cgo", "-- raft/raft.go --\n" + old + "-- raft/c.go --\npackage raft\n\nimport \"C\"\n", "refused: raft/c.go:3:8: import C: code in C"},
		{"embed", "-- raft/raft.go --\n" + old + "-- raft/e.go --\npackage raft\n\nimport _ \"embed\"\n\n//go:embed raft_test.go\nvar s string\n",
			"refused: raft/e.go:5:1: directive //go:embed"},
		{"a false place", "-- raft/raft.go --\n" + old + "-- raft/l.go --\npackage raft\n\n//line harness.go:1\nimport _ \"unsafe\"\n",
			"refused: raft/l.go:4:10: import unsafe"},
	} {
		_, err := stage(t, row.tree, Options{})
		var refusal *Refusal
		if !errors.As(err, &refusal) || !strings.HasPrefix(err.Error(), row.want) {
			t.Errorf("%s:\ngot  %v\nwant %s", row.name, err, row.want)
		}
	}
}

// The same files give the same hash wherever they lay, and others do not.
func TestHash(t *testing.T) {
	hash := func(text string) string {
		t.Helper()
		s, err := stage(t, text, Options{})
		if err != nil {
			t.Fatal(err)
		}
		return s.Hash
	}
	first := hash("-- raft/raft.go --\n" + old)
	if again := hash("-- ann/src/raft/raft.go --\n" + old + "-- ann/README.md --\nhello\n"); again != first {
		t.Error("the place of the files is in the hash")
	}
	for name, text := range map[string]string{"text": "-- raft/raft.go --\n" + old + "\n", "name": "-- raft/r.go --\n" + old,
		"go.mod": "-- go.mod --\nmodule x\n\ngo 1.20\n-- raft/raft.go --\n" + old} {
		if hash(text) == first {
			t.Errorf("the %s is not in the hash", name)
		}
	}
}

// What a course allows passes.
func TestAllowed(t *testing.T) {
	s, err := stage(t, "-- raft/raft.go --\n"+old+"-- raft/u.go --\npackage raft\n\nimport (\n\t_ \"go.uber.org/zap\"\n\t_ \"net\"\n)\n",
		Options{Allow: []string{"go.uber.org/..."}})
	if err != nil || !strings.Contains(strings.Join(s.Notes, "\n"), "raft/u.go:5: imports net, which does nothing in the simulator") {
		t.Errorf("got %v, notes %q", err, s.Notes)
	}
}
