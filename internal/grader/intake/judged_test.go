package intake

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"raftlab/internal/sim"
	"raftlab/internal/sim/campaign"
	"raftlab/internal/suite"
)

// solution is the honest solution as a student of an edition would have written it.
func solution(t testing.TB, lab string, change ...string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", "raft.go.txt"))
	if err != nil {
		t.Fatal(err)
	}
	return strings.NewReplacer(append([]string{"LAB", lab}, change...)...).Replace(string(text))
}

// snapshots is what there is since 2021.
var snapshots = regexp.MustCompile(`(?ms)^\s*// snapshots \{$.*?^\s*// \}$\n`)

var (
	since2023 = []string{"rf.persister.SaveRaftState(rf.state2())", "rf.persister.Save(rf.state2(), rf.snap)",
		"SaveStateAndSnapshot(", "Save(",
		"func (rf *Raft) CondInstallSnapshot(t int, i int, s []byte) bool { return true }", ""}
	conf = "package raft\n\nimport \"testing\"\n\ntype config struct{ t *testing.T }\n\n" +
		"func make_config(t *testing.T) *config { return &config{t} }\n"
	util = "package raft\n\nimport \"log\"\n\nfunc DPrintf(format string, a ...interface{}) { log.Printf(format, a...) }\n"
)

// Solutions of three editions, as they were handed in, are judged by our tests.
func TestEditionsAreJudged(t *testing.T) {
	for _, test := range []struct {
		edition string
		files   map[string]string
		tests   map[string]string // what must come of each: "" for passed
	}{
		{edition2018, map[string]string{
			"ann/src/raft/raft.go":     snapshots.ReplaceAllString(solution(t, ""), ""),
			"ann/src/raft/config.go":   conf,
			"ann/src/raft/util.go":     util,
			"ann/src/labrpc/labrpc.go": "package labrpc\n", "ann/src/main/wc.go": "package main\n",
		}, map[string]string{"TestReElection2A": "", "TestBackup2B": "", "TestPersist12C": "",
			"TestSnapshotBasic2D": "no method Snapshot", "TestSnapshotInit2D": "no method Snapshot"}},
		{edition2021, map[string]string{
			"go.mod": "module 6.824\n\ngo 1.15\n", "raft/raft.go": solution(t, "6.824/"), "raft/config.go": conf,
			"raft/persister.go": "package raft\n\ntype Persister struct{}\n",
		}, map[string]string{"TestBasicAgree2B": "", "TestSnapshotInstall2D": ""}},
		{edition2023, map[string]string{
			"6.5840/src/go.mod":            "module 6.5840\n\ngo 1.15\n",
			"6.5840/src/raft/raft.go":      solution(t, "6.5840/", since2023...),
			"6.5840/src/raft/test_test.go": "package raft\n\nfunc TestInitialElection2A() {}\n",
		}, map[string]string{"TestBasicAgree2B": "", "TestSnapshotInstall2D": ""}},
	} {
		t.Run(test.edition, func(t *testing.T) {
			source := Source{"ann", write(t, "", test.files)}
			staged, err := Stage(t.Context(), source, filepath.Join(t.TempDir(), "x"), Options{})
			if err != nil {
				t.Fatal(err)
			}
			if staged.Edition != test.edition || !staged.Raft || staged.KV {
				t.Errorf("staged %+v", staged)
			}
			judge(t, staged.Dir, test.tests)
		})
	}
}

// judge runs tests on what was staged.
func judge(t *testing.T, dir string, tests map[string]string) {
	t.Helper()
	target, err := campaign.Find("", dir)
	if err != nil {
		t.Fatal(err)
	}
	var scenarios []suite.Scenario
	for name := range tests {
		s, err := target.One(name)
		if err != nil {
			t.Fatal(err)
		}
		scenarios = append(scenarios, s)
	}
	submission, err := target.Open(t.Context(), scenarios, "")
	if err != nil {
		t.Fatal(err)
	}
	defer submission.Close()
	campaign.Run(t.Context(), submission, campaign.Plan{Scenarios: scenarios, Seeds: campaign.Seeds{First: 1, Count: 1},
		Done: func(r campaign.Record) {
			want := tests[r.Scenario.Name]
			if passed := r.Verdict == sim.Passed; passed != (want == "") || !strings.Contains(r.Result.String(), want) {
				t.Errorf("%s: %v, want %q", r.Scenario.Name, r.Result, want)
			}
		}})
}
