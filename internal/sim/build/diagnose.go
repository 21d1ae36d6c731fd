package build

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

var (
	placed = regexp.MustCompile(`^(?:\./)?((?:[A-Za-z]:)?[^:\s][^:]*\.go):(\d+):(?:(\d+):)? (.*)$`)
	// machine is what a build says when not its sources are at fault.
	machine = regexp.MustCompile(`(?i)no space left on device|not enough space on the disk|disk quota exceeded|` +
		`permission denied|read-only file system|too many open files|cannot allocate memory|signal: killed|` +
		`input/output error|dial tcp|connection (refused|reset)|i/o timeout|TLS handshake|` +
		`missing go\.sum entry|updates to go\.mod needed|checksum mismatch|is not in std \(.*/(unsafe|runtime)\)`)
	// loading is how what is said of an import begins that could not be fetched, or is of the library itself.
	loading = regexp.MustCompile(`^[^\s"'` + "`" + `]+@v|^package (unsafe|runtime) |^missing go\.sum`)
)

// failed says whether the machine is at fault for what a build printed. What a compiler says of a place in a file
// quotes the file, and so proves nothing.
func failed(output string) bool {
	for line := range strings.Lines(output) {
		words := strings.TrimSpace(line)
		if m := placed.FindStringSubmatch(words); m != nil {
			words = m[4]
			if !loading.MatchString(words) {
				continue
			}
		}
		if !strings.HasPrefix(line, "\t") && machine.MatchString(words) {
			return true
		}
	}
	return false
}

// starved is how a compiler ends that gets no more memory.
var starved = regexp.MustCompile(`(?m)^(fatal error: |runtime: )(runtime: )?(out of memory|cannot allocate memory)`)

// outgrown says whether a build has failed because a compiler wanted more memory than it may have, of which the
// machine had more.
func outgrown(output string, most int64) bool { return starved.MatchString(output) && hasMemory(most) }

// diagnose makes an error of what go build printed when it failed: an *Error, whose files are labels, if the
// sources are at fault. The compiler calls files by their names in the workspace; labels says which they are.
func (t *tree) diagnose(ctx context.Context, output string, err error, labels map[string]string) error {
	if ctx.Err() != nil {
		return fmt.Errorf("build: %w", ctx.Err())
	}
	output = t.renamed(output, labels)
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.ExitCode() < 0 || failed(output) {
		return fmt.Errorf("build: go build: %w\n%s", err, strings.TrimSpace(output))
	}
	var found []Diagnostic
	continues := false // an indented line belongs to the diagnostic before it
	for line := range strings.Lines(output) {
		line = strings.TrimRight(line, "\r\n")
		indented := strings.HasPrefix(line, "\t") || strings.HasPrefix(line, "    ")
		if m := placed.FindStringSubmatch(strings.TrimSpace(line)); m != nil && !strings.HasPrefix(line, "#") {
			if !indented || !continues {
				found = append(found, t.diagnostic(m))
				continues = true
				continue
			}
		}
		switch {
		case indented && continues:
			found[len(found)-1].Text += "\n" + line
		case strings.HasPrefix(line, "package ") || strings.HasPrefix(line, "import cycle"):
			found = append(found, Diagnostic{Text: line})
			continues = true // what it imports, and what is wrong with that
		case strings.HasPrefix(line, "#") || line == "":
			continues = false
		}
	}
	for i := range found {
		text, _, _ := strings.Cut(found[i].Text, "; to add it:\n")
		found[i].Text = text
	}
	if len(found) == 0 {
		return fmt.Errorf("build: go build: %w\n%s", err, strings.TrimSpace(output))
	}
	return &Error{found}
}

// diagnostic is a match of placed.
func (t *tree) diagnostic(m []string) Diagnostic {
	file := m[1]
	if label, is := strings.CutPrefix(file, module+"/"); is && t.files[label] != nil {
		file = label // as its back end calls it
	} else if rel, err := filepath.Rel(t.root, file); filepath.IsAbs(file) && err == nil && filepath.IsLocal(rel) {
		file = rel
	}
	d := Diagnostic{File: filepath.ToSlash(file), Text: m[4]}
	d.Line, _ = strconv.Atoi(m[2]) // digits
	d.Column, _ = strconv.Atoi(m[3])
	if t.files[d.File] == nil && filepath.IsLocal(file) {
		d.File = filepath.Join(t.root, file)
	}
	return d
}

// renamed returns what a build has printed with labels for the names that files have in the workspace, which are
// others each time. The go command tells them from where it runs, if that is shorter.
func (t *tree) renamed(output string, labels map[string]string) string {
	var names []string
	for _, file := range slices.Sorted(maps.Keys(labels)) {
		names = append(names, file, labels[file])
		if rel, err := filepath.Rel(t.root, file); err == nil {
			names = append(names, rel, labels[file])
		}
	}
	return strings.NewReplacer(names...).Replace(output)
}
