package handout

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path"
	"regexp"
	"slices"
	"strings"
	"time"

	"raftlab/internal/sim"
	"raftlab/internal/sim/build"
	"raftlab/internal/sim/campaign"
	"raftlab/internal/suite"
)

// link is a link of Markdown to another file.
var link = regexp.MustCompile(`\]\(([^()\s:]+)\)`)

// read returns what is wrong with t that reading it shows: each mistake as a *Mistake.
func (t tree) read() error {
	mistakes := t.leaks()
	for _, name := range t.names() {
		if path.Ext(name) != ".md" {
			continue
		}
		number := 0
		for l := range strings.Lines(t.files[name].text) {
			number++
			for _, m := range link.FindAllStringSubmatch(l, -1) {
				target, _, _ := strings.Cut(m[1], "#")
				if target != "" && !t.has(path.Join(path.Dir(name), target)) {
					mistakes = append(mistakes, &Mistake{name, number, "links to " + target + ", which students do not get"})
				}
			}
		}
	}
	return errors.Join(mistakes...)
}

// has reports whether there is a file or folder of that name.
func (t tree) has(name string) bool {
	return slices.ContainsFunc(t.names(), func(n string) bool { return n == name || strings.HasPrefix(n, name+"/") })
}

// command runs the go command in dir. An error holds what it printed.
func command(ctx context.Context, dir string, env []string, args ...string) error {
	cmd := exec.CommandContext(ctx, "go", args...)
	cmd.Dir = dir
	// Neither a workspace nor the user's flags are the student's.
	cmd.Env = append(append(os.Environ(), "GOWORK=off", "GOFLAGS=", "PWD="+dir), env...)
	out, err := cmd.CombinedOutput()
	if err == nil {
		return nil
	}
	select { // a Ctrl-C reaches the go command as well, and perhaps before it has reached ctx
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(200 * time.Millisecond):
		return fmt.Errorf("go %s: %w\n%s", strings.Join(args, " "), err, bytes.TrimSpace(out))
	}
}

// compile vets and builds the tree in dir, for this machine and for the simulator.
func compile(ctx context.Context, dir string, wasip1 []string) error {
	if err := command(ctx, dir, nil, "vet", "./..."); err != nil {
		return err
	}
	if err := command(ctx, dir, nil, "build", "-buildvcs=false", "./..."); err != nil {
		return err
	}
	args := []string{"build"}
	for _, pkg := range wasip1 {
		args = append(args, "./"+pkg+"/...")
	}
	return command(ctx, dir, []string{"GOOS=wasip1", "GOARCH=wasm"}, args...)
}

// fail runs each of the lab's tests, which must find fault with the tree in dir: nothing of what is asked for is
// there. It returns how many tests there are.
func fail(ctx context.Context, dir string) (tests int, err error) {
	target, err := campaign.Find(dir, "")
	if err != nil {
		return 0, err
	}
	scenarios := target.Scenarios()
	submission, err := target.Open(ctx, scenarios, "")
	var theirs *build.Error
	if errors.As(err, &theirs) {
		return 0, fmt.Errorf("the skeleton does not build for the simulator:\n%w", err)
	}
	if err != nil {
		return 0, err
	}
	defer submission.Close()
	return len(scenarios), judge(ctx, submission, scenarios)
}

// judge runs each scenario once, and says which do not fail.
func judge(ctx context.Context, s *campaign.Submission, scenarios []suite.Scenario) error {
	var wrong []error
	summary := campaign.Run(ctx, s, campaign.Plan{Scenarios: scenarios, Seeds: campaign.Seeds{First: 1, Count: 1},
		Done: func(r campaign.Record) {
			switch r.Verdict {
			case sim.Passed:
				wrong = append(wrong, fmt.Errorf("%s passes on the skeleton: it must demand more", r.Scenario.Name))
			case sim.Infrastructure, sim.NotBuilt:
				wrong = append(wrong, fmt.Errorf("%s: %s: %s", r.Scenario.Name, r.Verdict, r.Detail))
			}
		}})
	if summary.Interrupted {
		return ctx.Err()
	}
	slices.SortFunc(wrong, func(a, b error) int { return strings.Compare(a.Error(), b.Error()) })
	return errors.Join(wrong...)
}
