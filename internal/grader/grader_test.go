package grader

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"raftlab/internal/grader/course"
	"raftlab/internal/grader/results"
)

// grade grades submissions by the small course.
func grade(t *testing.T, subs, out string, change func(*Options)) (results.Document, error) {
	t.Helper()
	o := Options{Course: parse(t, small), Out: out, Cache: cache(), Worker: workerCommand(t, "good")}
	if change != nil {
		change(&o)
	}
	return Grade(t.Context(), find(t, subs), o)
}

// TestGrades grades good and bad ones together, one run at a time and four.
func TestGrades(t *testing.T) {
	subs, out := submissions(t, "reference", "skeleton", "tiny", "unbuilt", "empty"), t.TempDir()
	d, err := grade(t, subs, filepath.Join(out, "one"), func(o *Options) { o.Jobs = 1 })
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{
		"reference": "graded 14: 3+0+0 3+0+0 3+0+0 3+0+0",
		"skeleton":  "graded 0: 0+3+0 0+3+0 0+3+0 0+3+0",
		"tiny":      "graded 4: 3+0+0 0+3+0 0+3+0 0+3+0",
		"unbuilt":   "could not build 0: 0+0+0 0+0+0 0+0+0 0+0+0",
		"empty":     "not accepted 0: 0+0+0 0+0+0 0+0+0 0+0+0",
	} {
		if got := short(named(t, d, name)); got != want {
			t.Errorf("%s: %s, want %s", name, got, want)
		}
	}
	if p := named(t, d, "unbuilt").Problems; len(p) == 0 || p[0].File != "raft/x.go" || p[0].Line != 3 {
		t.Errorf("the compiler's words are %+v", p)
	}
	f := named(t, d, "tiny").Tests[2].Failures
	if len(f) != 1 || f[0].Verdict != "panicked" || f[0].Runs != 3 || fmt.Sprint(f[0].Seeds) != "[1 2]" ||
		!strings.HasPrefix(f[0].Replay, "raftlab replay TestManyElections2A --seed ") || len(f[0].Events) == 0 {
		t.Errorf("failures of tiny: %+v", f)
	}
	link := filepath.Join(t.TempDir(), "link") // no page tells where the folder lies, by whatever name
	if err := os.Symlink(out, link); err != nil {
		t.Fatal(err)
	}
	if _, err := grade(t, subs, filepath.Join(link, "four"), func(o *Options) { o.Jobs = 4 }); err != nil {
		t.Fatal(err)
	}
	one := text(t, filepath.Join(out, "one"))
	if four := text(t, filepath.Join(out, "four")); one != four {
		t.Errorf("with one run at a time:\n%s\nwith four:\n%s", one, four)
	}
	checkSecrets(t, filepath.Join(out, "one"), parse(t, small))
}

// checkSecrets looks for hidden seeds in what was written.
func checkSecrets(t *testing.T, out string, c course.Course) {
	t.Helper()
	for _, name := range []string{ResultsFile, journalFile} {
		b, err := os.ReadFile(filepath.Join(out, name))
		if err != nil {
			t.Fatal(err)
		}
		for _, test := range c.Tests {
			if seed := fmt.Sprint(c.Seed(test, 2)); strings.Contains(string(b), seed) {
				t.Errorf("%s tells the hidden seed of %s", name, test.Scenario.Name)
			}
		}
		if strings.Contains(string(b), secret) {
			t.Errorf("%s tells the secret", name)
		}
	}
}

// TestKilled kills a grading at random moments, lets it go on, and kills it again.
func TestKilled(t *testing.T) {
	subs, out := submissions(t, "tiny", "skeleton"), t.TempDir()
	if _, err := grade(t, subs, filepath.Join(out, "alone"), nil); err != nil {
		t.Fatal(err)
	}
	want := text(t, filepath.Join(out, "alone"))
	killed := filepath.Join(out, "killed")
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	random, kills := rand.New(rand.NewPCG(1, 2)), 0
	for range 5 {
		cmd := exec.Command(self, "grade", subs, killed)
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		death := time.AfterFunc(time.Duration(50+random.IntN(1500))*time.Millisecond, func() { _ = cmd.Process.Kill() })
		err := cmd.Wait()
		death.Stop()
		if err == nil {
			break
		}
		kills++
	}
	if output, err := exec.Command(self, "grade", subs, killed).CombinedOutput(); err != nil {
		t.Fatalf("going on after %d kills: %v: %s", kills, err, output)
	}
	if got := text(t, killed); got != want {
		t.Errorf("killed %d times:\n%s\nleft alone:\n%s", kills, got, want)
	}
}

// TestInterrupted ends a grading when some runs are made, and goes on with it.
func TestInterrupted(t *testing.T) {
	subs, out := submissions(t, "tiny"), t.TempDir()
	if _, err := grade(t, subs, filepath.Join(out, "alone"), nil); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	o := Options{Course: parse(t, small), Out: filepath.Join(out, "x"), Cache: cache(), Worker: workerCommand(t, "good"),
		Timing: true, Progress: func(p Progress) {
			if p.Made >= 3 {
				cancel()
			}
		}}
	d, err := Grade(ctx, find(t, subs), o)
	if !errors.Is(err, context.Canceled) || !d.Interrupted {
		t.Fatalf("%+v, %v", d, err)
	}
	known := 0
	for _, r := range d.Submissions[0].Tests {
		known += r.Passed + r.Failed
		if r.Passed+r.Failed+r.Broken != 3 {
			t.Errorf("%s: %d+%d+%d of 3", r.Name, r.Passed, r.Failed, r.Broken)
		}
	}
	if known < 3 || known == 12 || !strings.Contains(text(t, o.Out), `"interrupted": true`) {
		t.Errorf("%d runs are known:\n%s", known, text(t, o.Out))
	}
	if _, err := Grade(t.Context(), find(t, subs), o); !wrong(err, "holds a grading already") {
		t.Errorf("without asking to go on: %v", err)
	}
	o.Progress, o.Resume, o.Timing = nil, true, false
	if _, err := Grade(t.Context(), find(t, subs), o); err != nil {
		t.Fatal(err)
	}
	if got, want := text(t, o.Out), text(t, filepath.Join(out, "alone")); got != want {
		t.Errorf("interrupted:\n%s\nleft alone:\n%s", got, want)
	}
	o.Course = parse(t, strings.Replace(small, "public: 2", "public: 3", 1))
	if _, err := Grade(t.Context(), find(t, subs), o); !wrong(err, "tests, seeds or limits are not those") {
		t.Errorf("with other seeds: %v", err)
	}
	o.Course = parse(t, small+"rule: all\nvisibility: hidden\n")
	if _, err := Grade(t.Context(), find(t, subs), o); err != nil {
		t.Errorf("with other rules for the same runs: %v", err)
	}
}

// TestSimulatorsThatDie has the process of one run die, always and once.
func TestSimulatorsThatDie(t *testing.T) {
	subs, out := submissions(t, "tiny", "skeleton"), t.TempDir()
	d, err := grade(t, subs, filepath.Join(out, "once"), func(o *Options) {
		o.Worker = workerCommand(t, "dies-once", filepath.Join(out, "marker"))
	})
	if err != nil || short(named(t, d, "tiny")) != "graded 4: 3+0+0 0+3+0 0+3+0 0+3+0" {
		t.Errorf("died once: %s, %v", short(named(t, d, "tiny")), err)
	}
	always := func(o *Options) {
		o.Worker, o.Resume = workerCommand(t, "dies", "TestInitialElection2A", "2"), true
	}
	d, err = grade(t, subs, filepath.Join(out, "always"), always)
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{"tiny": "graded 1.33: 1+0+2 0+3+0 0+3+0 0+3+0",
		"skeleton": "graded 0: 0+1+2 0+3+0 0+3+0 0+3+0"} {
		if got := short(named(t, d, name)); got != want {
			t.Errorf("died always: %s is %s, want %s", name, got, want)
		}
	}
	f := named(t, d, "tiny").Tests[0].Failures
	if len(f) != 1 || f[0].Verdict != "infrastructure" ||
		f[0].Message != "the simulator's process has died: panic: sabotage" || f[0].Runs != 2 || f[0].Replay != "" {
		t.Errorf("told as %+v", f)
	}
	d, err = grade(t, subs, filepath.Join(out, "always"), func(o *Options) { o.Resume = true })
	if err != nil || short(named(t, d, "tiny")) != "graded 4: 3+0+0 0+3+0 0+3+0 0+3+0" {
		t.Errorf("tried again: %s, %v", short(named(t, d, "tiny")), err)
	}
}

func TestWhatIsAskedForCannotBe(t *testing.T) {
	subs, dir := submissions(t, "empty"), t.TempDir()
	put(t, dir, map[string]string{"file": "", "theirs/staged/thesis.txt": "years of work",
		"diary/journal.jsonl": "my diary\n", "diary/staged/play.txt": "Act 1"})
	c := parse(t, small)
	for out, want := range map[string]string{
		"":                                   "no output folder is named",
		filepath.Join(dir, "file"):           "make the output folder",
		filepath.Join(dir, "theirs"):         "is no grading's",
		filepath.Join(dir, "diary"):          "is no journal",
		filepath.Join(subs, "empty", "raft"): "lies in submission empty",
		filepath.Join(subs, "empty"):         "is submission empty",
		subs:                                 "is the one that submissions lie in",
		filepath.Join(os.DevNull, "out"):     "make the output folder",
	} {
		_, err := Grade(t.Context(), find(t, subs), Options{Course: c, Out: out, Resume: true})
		if !wrong(err, want) {
			t.Errorf("into %q: %v, want …%s…", out, err, want)
		}
	}
	for _, name := range []string{"theirs/staged/thesis.txt", "diary/staged/play.txt"} {
		if _, err := os.Stat(filepath.Join(dir, filepath.FromSlash(name))); err != nil {
			t.Errorf("what was not ours is gone: %v", err)
		}
	}
	twice := append(find(t, subs), find(t, subs)...)
	o := Options{Course: c, Out: filepath.Join(dir, "x")}
	if _, err := Grade(t.Context(), twice, o); !wrong(err, "are called empty") {
		t.Errorf("two of a name: %v", err)
	}
	if _, err := Grade(t.Context(), nil, o); !wrong(err, "no submission") {
		t.Errorf("none: %v", err)
	}
}
