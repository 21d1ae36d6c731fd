package course_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"raftlab/internal/grader/course"
	"raftlab/internal/sim"
	"raftlab/internal/sim/campaign"
	"raftlab/internal/suite"
)

const secret = "0123456789abcdef0123456789abcdef"

func parse(t *testing.T, text string) course.Course {
	t.Helper()
	c, err := course.Parse("course.yaml", []byte(text), course.Override{})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func named(t *testing.T, c course.Course, name string) course.Test {
	t.Helper()
	test, found := c.Test(name)
	if !found {
		t.Fatalf("the course has no %s", name)
	}
	return test
}

func TestDefault(t *testing.T) {
	c, err := course.Read("", course.Override{})
	if err != nil {
		t.Fatal(err)
	}
	points := 0
	for _, s := range suite.All() {
		points += s.Points
		test := named(t, c, s.Name)
		if test.Points.Float() != float64(s.Points) || test.Rule.String() != "proportional" ||
			test.Visibility != course.Visible || test.Seeds != (course.Seeds{Public: campaign.Seeds{First: 1, Count: 10}}) {
			t.Errorf("%s: %+v", s.Name, test)
		}
	}
	if c.Max().Float() != float64(points) || len(c.Tests) != len(suite.All()) || c.Runs() != 10*len(suite.All()) {
		t.Errorf("%v points, %d tests, %d runs", c.Max(), len(c.Tests), c.Runs())
	}
	if d := c.Describe(); d.Max != float64(points) || d.Tests[0].Part != "2A" || d.Tests[0].Seeds != 10 {
		t.Errorf("described as %+v", d)
	}
	empty := parse(t, "# nothing but words\n")
	if empty.Fingerprints() != c.Fingerprints() {
		t.Error("an empty file is not the default")
	}
}

func TestFile(t *testing.T) {
	c := parse(t, `
title: "Distributed systems, spring"
labs: [raft]
rule: all
visibility: after_due_date
seeds: {public: 101-104, hidden: 4, secret: `+secret+`}
parts:
  2A: {points: 10, visibility: visible}
  2C:
    rule: 6 of 8
  2D: {skip: true}
tests:
  TestFigure82C:
    points: 7.5
    rule: proportional
    seeds: {public: "=9", hidden: 0}
  TestCount2B: {skip: true}
  TestSnapshotInit2D: {skip: false}
limits: {memory: 128MiB, output: 1MB, cpu: 5s, run: 1m}
allow: [golang.org/x/exp/slices]
`)
	if len(c.Labs) != 1 || c.Limits.Peer.Memory != 128<<20 || c.Limits.Peer.Output != 1e6 ||
		c.Limits.Run.Seconds() != 60 || c.Limits.Peer.CPU.Seconds() != 5 || len(c.Allow) != 1 {
		t.Errorf("%+v", c)
	}
	for _, want := range []struct{ name, is string }{
		{"TestInitialElection2A", "3.34 all visible 101+4 4"}, // ten points in three
		{"TestManyElections2A", "3.33 all visible 101+4 4"},
		{"TestBackup2B", "3 all after_due_date 101+4 4"},
		{"TestPersist12C", "3 6 of 8 after_due_date 101+4 4"},
		{"TestFigure82C", "7.5 proportional after_due_date 9+1 0"},
		{"TestSnapshotInit2D", "2 all after_due_date 101+4 4"},
	} {
		test := named(t, c, want.name)
		is := fmt.Sprintf("%v %v %s %d+%d %d", test.Points, test.Rule, test.Visibility, test.Seeds.Public.First,
			test.Seeds.Public.Count, test.Seeds.Hidden)
		if is != want.is {
			t.Errorf("%s: %s, want %s", want.name, is, want.is)
		}
	}
	for _, name := range []string{"TestCount2B", "TestSnapshotBasic2D", "TestBasic3A"} {
		if _, found := c.Test(name); found {
			t.Errorf("%s is graded", name)
		}
	}
	o, err := course.Parse("course.yaml",
		[]byte("seeds: {hidden: 3, secret: "+secret+"}\ntests: {TestBasic3A: {seeds: {public: 3}}}"), course.Override{Labs: "kv", Seeds: "7-8"})
	if err != nil || named(t, o, "TestBasic3A").Seeds != (course.Seeds{Public: campaign.Seeds{First: 7, Count: 2}}) ||
		o.Tests[0].Scenario.Part != "3A" {
		t.Errorf("overridden: %+v, %v", o, err)
	}
}

func TestErrorsSayWhereAndWhat(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"titel: x", `course.yaml:1:1: unknown key "titel" in the file: known are title, labs`},
		{"parts:\n  2A:\n    point: 3", `course.yaml:3:5: unknown key "point" in parts.2A: known are points, rule`},
		{"parts: {4A: {}}", `course.yaml:1:9: unknown part "4A": known are 2A, 2B, 2C, 2D, 3A, 3B`},
		{"tests:\n  Figure82C: {}", `course.yaml:2:3: unknown test "Figure82C"`},
		{"tests:\n  Figure82C: {}", `do you mean TestFigure82C?`},
		{"title: [a]", `course.yaml:1:8: title: want one value, not a list`},
		{"title:", `title: want one value, not nothing`},
		{"title: \"\"", `course.yaml:1:8: title is empty`},
		{"- a", `course.yaml:1:1: the file: want keys with values, not a list`},
		{"labs: [raft, shard]", `course.yaml:1:14: labs: "shard" is no lab: want raft, kv or both`},
		{"labs: []", `labs: want raft, kv or both`},
		{"rule: most", `course.yaml:1:7: rule "most": want all, proportional, or "8 of 10"`},
		{"rule: 11 of 10", `course.yaml:1:7: rule "11 of 10": 11 is not from 1 to 10`},
		{"rule: 4 of 5", `course.yaml:1:7: rule is "4 of 5", but tests have 10 seeds, 10 public and 0 hidden`},
		{"visibility: secret", `course.yaml:1:13: visibility "secret": want one of visible, hidden,`},
		{"seeds: {public: many}", `course.yaml:1:17: seeds.public: seeds "many": want how many (100)`},
		{"seeds: {public: 0}", `course.yaml:1:17: seeds.public is 0 and there are no hidden seeds`},
		{"seeds: {hidden: -1}", `course.yaml:1:17: seeds.hidden: "-1": want how many, 0 to`},
		{"seeds:\n  hidden: 5", `course.yaml:2:11: seeds.hidden is 5, but there is no seeds.secret`},
		{"seeds: {secret: 12345}", `course.yaml:1:17: seeds.secret has 5 characters, which can be guessed`},
		{"seeds: {secret: " + secret + ", secret-file: x}", `both seeds.secret and seeds.secret-file x`},
		{"seeds: {secret-file: none}", `course.yaml:1:22: seeds.secret-file: open none: no such file`},
		{"parts: {2A: {points: 9}}\ntests: {TestReElection2A: {points: 5}}",
			`course.yaml:2:36: tests.TestReElection2A.points is 5 and parts.2A.points is 9`},
		{"tests: {TestReElection2A: {points: 1.234}}", `1.234 points: at most two decimals`},
		{"tests: {TestReElection2A: {points: -1}}", `-1 points: want 0 to 1000000`},
		{"tests: {TestReElection2A: {points: x}}", `"x" is no number of points`},
		{"tests: {TestReElection2A: {skip: 1}}", `tests.TestReElection2A.skip: want true or false, not 1`},
		{"limits: {memory: 1MiB}", `course.yaml:1:18: limits.memory "1MiB": want a size from 32MiB to 4GiB`},
		{"seeds: {secret-file: /dev/null}", `seeds.secret-file has 0 characters`},
		{"seeds: {public: 100000}", `runs of each submission: at most 1000000; take fewer seeds`},
		{"limits: {cpu: 10}", `limits.cpu "10": want a time from 1s to 1h0m0s, such as 30s`},
		{"labs: [kv]\nparts: {3A: {skip: true}, 3B: {skip: true}}", `no test is left to grade by`},
		{"title: a\ntitle: b", `course.yaml:2:1: is no YAML: mapping key "title" already defined at [1:1]`},
		{"title: [", `course.yaml:1:8: is no YAML`},
		{"title: a\n---\ntitle: b", `course.yaml:3:`},
		{"title: &x a\nrule: *x", `an anchor or alias, which have no meaning here`},
		{"title: !!str a", `a tag, which has no meaning here`},
	} {
		_, err := course.Parse("course.yaml", []byte(c.text), course.Override{})
		var all course.Errors
		if !errors.As(err, &all) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q:\n got %v\nwant …%s…", c.text, err, c.want)
		}
	}
	_, err := course.Parse("c.yaml", []byte("b: 1\nrule: x\na: 2"), course.Override{Labs: "x", Seeds: "y"})
	if err == nil || strings.Count(err.Error(), "\n") != 4 ||
		strings.Index(err.Error(), `"b"`) > strings.Index(err.Error(), `"a"`) {
		t.Errorf("five errors are told as\n%v", err)
	}
	if _, err := course.Read(filepath.Join(t.TempDir(), "none.yaml"), course.Override{}); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("no file: %v", err)
	}
}

func TestFlagsOfLimits(t *testing.T) {
	own, none := parse(t, "limits: {memory: 64MiB, output: 5001B, cpu: 90s}").Limits, parse(t, "title: a").Limits
	for verdict, want := range map[sim.Verdict]string{sim.MemoryLimit: " --memory 64MiB", sim.OutputLimit: " --output 5001B",
		sim.CPULimit: " --cpu 1m30s", sim.Failed: ""} {
		if got := own.Flag(verdict); got != want || none.Flag(verdict) != "" {
			t.Errorf("%s: %q, want %q; without limits %q", verdict, got, want, none.Flag(verdict))
		}
	}
}

func TestHiddenSeeds(t *testing.T) {
	text := func(title, secret string) string {
		return fmt.Sprintf("title: %s\nseeds: {public: 2, hidden: 3, secret: %s}", title, secret)
	}
	c := parse(t, text("a", secret))
	one, two := named(t, c, "TestBasicAgree2B"), named(t, c, "TestBackup2B")
	seen := map[uint64]string{1: "public", 2: "public"}
	for _, other := range []course.Course{c, parse(t, text("b", secret)), parse(t, text("a", secret+"x"))} {
		for _, test := range []course.Test{one, two} {
			for i := 2; i < 5; i++ {
				seed, name := other.Seed(test, i), fmt.Sprintln(other.Title, test.Scenario.Name, i)
				if before, known := seen[seed]; known {
					t.Errorf("%s has the seed of %s", name, before)
				}
				seen[seed] = name
			}
		}
	}
	if c.Seed(one, 0) != 1 || c.Seed(one, 1) != 2 {
		t.Error("the public seeds are not 1 and 2")
	}
	again := parse(t, text("a", secret))
	if got := again.Seed(one, 2); got != c.Seed(one, 2) || got != 0x1 && seen[got] == "" {
		t.Error("the same course draws other seeds")
	}
	name := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(name, []byte(secret+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	kept := parse(t, "title: a\nseeds: {public: 2, hidden: 3, secret-file: "+name+"}")
	if kept.Seed(one, 4) != c.Seed(one, 4) {
		t.Error("a secret in a file draws other seeds")
	}
}

func TestFingerprints(t *testing.T) {
	base := "title: a\nseeds: {hidden: 3, secret: " + secret + "}\n"
	first := parse(t, base).Fingerprints()
	for text, same := range map[string]struct{ runs, points bool }{
		base + "rule: all":                                {true, false},
		base + "parts: {2A: {points: 3}}":                 {true, false},
		base + "limits: {cpu: 3s}":                        {false, true},
		base + "allow: [x]":                               {false, true},
		strings.Replace(base, "a", "b", 1):                {false, false},
		strings.Replace(base, secret, secret+"0", 1):      {false, true},
		base + "tests: {TestCount2B: {skip: true}}":       {false, false},
		base + "# a word\n":                               {true, true},
		strings.Replace(base, "seeds: {", "seeds: { ", 1): {true, true},
	} {
		got := parse(t, text).Fingerprints()
		if (got.Runs == first.Runs) != same.runs || (got.Points == first.Points) != same.points {
			t.Errorf("%q: runs alike %v, points alike %v; want %+v", text, got.Runs == first.Runs,
				got.Points == first.Points, same)
		}
	}
}

func TestRules(t *testing.T) {
	for _, c := range []struct {
		rule         string
		points       string
		passed, runs int
		earned       float64
	}{
		{"all", "3", 10, 10, 3}, {"all", "3", 9, 10, 0}, {"all", "3", 0, 0, 0},
		{"proportional", "3", 10, 10, 3}, {"proportional", "3", 9, 10, 2.7}, {"proportional", "3", 0, 10, 0},
		{"proportional", "1", 2, 3, 0.66}, {"proportional", "0.01", 9, 10, 0},
		{"8 of 10", "3", 8, 10, 3}, {"8 of 10", "3", 7, 10, 0}, {"8 of 10", "3", 10, 10, 3},
	} {
		text := fmt.Sprintf("tests: {TestBackup2B: {points: %s, rule: %s, seeds: {public: %d}}}", c.points, c.rule,
			max(c.runs, 1))
		test := named(t, parse(t, text), "TestBackup2B")
		if got := test.Rule.Earned(test.Points, c.passed, c.runs).Float(); got != c.earned {
			t.Errorf("%s: %d of %d runs earn %v of %s, want %v", c.rule, c.passed, c.runs, got, c.points, c.earned)
		}
	}
	for _, total := range []string{"10", "0.07", "99.99"} {
		c := parse(t, "labs: [raft]\nparts: {2A: {skip: true}, 2B: {points: "+total+"}, 2C: {skip: true}, 2D: {skip: true}}")
		if c.Max().String() != total {
			t.Errorf("%s points are shared out as %v", total, c.Max())
		}
	}
}

// FuzzParse looks for texts that are neither a course nor an error.
func FuzzParse(f *testing.F) {
	f.Add("title: a\nseeds: {public: 1-3}\nparts: {2A: {points: 3}}")
	f.Add("? [a]\n: b")
	f.Add("a: &x\n  - *x\n<<: *x")
	f.Fuzz(func(t *testing.T, text string) {
		c, err := course.Parse("c.yaml", []byte(text), course.Override{})
		if err == nil && (len(c.Tests) == 0 || c.Runs() == 0) {
			t.Errorf("%q is a course without a run", text)
		}
	})
}
