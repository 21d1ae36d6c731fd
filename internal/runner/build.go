package runner

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
)

// packages are the folders whose tests are run, as far as they exist.
var packages = []string{"raft", "kvraft"}

// test is one test of one compiled package.
type test struct {
	name    string
	pkg     string // as go test takes it: ./raft
	program string // the compiled tests of pkg, an absolute path
}

// compile builds the test program of each package that has tests which the pattern names, into dir. The others need
// not compile: our kvraft asks more of a Raft than the lab's API, so beside a student's it does not.
func compile(ctx context.Context, o Options, dir string) (programs []test, err error) {
	var searched []string
	for _, name := range packages {
		sources, err := filepath.Glob(filepath.Join(o.Root, name, "*_test.go"))
		if err != nil {
			return nil, fmt.Errorf("look for the tests of %s: %w", name, err)
		}
		if len(sources) == 0 {
			continue
		}
		program := test{pkg: "./" + name, program: filepath.Join(dir, name+".test")}
		searched = append(searched, program.pkg)
		if wanted, err := named(sources, o.Pattern); err != nil {
			return nil, fmt.Errorf("look for the tests of %s: %w", name, err)
		} else if !wanted {
			continue
		}
		args := []string{"test", "-c", "-o", program.program}
		if o.Race {
			args = append(args, "-race")
		}
		build := exec.CommandContext(ctx, "go", append(args, program.pkg)...)
		build.Dir = o.Root
		if out, err := build.CombinedOutput(); err != nil {
			return nil, fmt.Errorf("%sthe tests of %s do not compile: %w", out, program.pkg, err)
		}
		programs = append(programs, program)
	}
	switch {
	case len(searched) == 0:
		return nil, fmt.Errorf("no tests in %s/{%s}", o.Root, strings.Join(packages, ","))
	case len(programs) == 0:
		return nil, noMatch(searched, o.Pattern)
	}
	return programs, nil
}

var (
	testName     = regexp.MustCompile(`^Test\w*$`)
	testFunction = regexp.MustCompile(`(?m)^func (Test\w*)\(`)
)

// named reports whether pattern names a test function in one of the files.
func named(sources []string, pattern string) (bool, error) {
	wanted, err := regexp.Compile(pattern)
	if err != nil {
		return false, err
	}
	for _, source := range sources {
		text, err := os.ReadFile(source)
		if err != nil {
			return false, err
		}
		for _, function := range testFunction.FindAllSubmatch(text, -1) {
			if wanted.Match(function[1]) {
				return true, nil
			}
		}
	}
	return false, nil
}

func noMatch(searched []string, pattern string) error {
	return fmt.Errorf("no test of %s matches %q (go test %s -list . names them)",
		strings.Join(searched, " and "), pattern, searched[0])
}

// match asks each program for its tests that the pattern names. None at all is an error.
func match(ctx context.Context, o Options, programs []test, dir string) ([]test, error) {
	var tests []test
	var searched []string
	for _, p := range programs {
		searched = append(searched, p.pkg)
		list := exec.CommandContext(ctx, p.program, "-test.list", o.Pattern)
		list.Dir = dir
		out, err := list.Output()
		if err != nil {
			var exit *exec.ExitError
			if errors.As(err, &exit) {
				out = append(out, exit.Stderr...)
			}
			return nil, fmt.Errorf("%sthe tests of %s cannot be listed: %w", out, p.pkg, err)
		}
		for line := range bytes.Lines(out) {
			if name := strings.TrimSpace(string(line)); testName.MatchString(name) {
				tests = append(tests, test{name, p.pkg, p.program})
			}
		}
	}
	if len(tests) == 0 {
		return nil, noMatch(searched, o.Pattern)
	}
	return tests, nil
}
