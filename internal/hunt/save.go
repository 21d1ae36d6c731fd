package hunt

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"raftlab/internal/sim/campaign"
	"raftlab/internal/tester/schedule"
)

// Write keeps a schedule as a script in a file, made with its folder if need be, below comments: a line for each line of
// head.
func Write(file string, s schedule.Schedule, head string) error {
	var text strings.Builder
	for line := range strings.Lines(head) {
		fmt.Fprintln(&text, strings.TrimRight("# "+line, " \n"))
	}
	text.WriteString(s.String())
	if err := os.MkdirAll(filepath.Dir(file), 0o777); err != nil {
		return fmt.Errorf("keep a schedule: %w", err)
	}
	if err := os.WriteFile(file, []byte(text.String()), 0o666); err != nil {
		return fmt.Errorf("keep a schedule: %w", err)
	}
	return nil
}

// Read reads a schedule from a file. An error names the file, and the line if the script is at fault.
func Read(file string) (schedule.Schedule, error) {
	f, err := os.Open(file)
	switch {
	case errors.Is(err, os.ErrNotExist):
		return schedule.Schedule{}, fmt.Errorf("there is no schedule %s", file)
	case err != nil:
		return schedule.Schedule{}, fmt.Errorf("read a schedule: %w", err)
	}
	defer f.Close()
	s, err := schedule.Parse(bufio.NewReader(f))
	if err != nil {
		return s, fmt.Errorf("%s: %w", file, err)
	}
	return s, nil
}

// Head says in a few lines what came of a shrinking, for the head of the script that is kept.
func (s Shrunk) Head() string {
	head := campaign.Headline(s.Record.Result) + "\n"
	head += fmt.Sprintf("Found with %d steps, shrunk to %d in %d runs", s.Steps, len(s.Schedule.Steps), s.Runs)
	if s.Spent {
		head += ", which are all that were allowed"
	}
	return head + ".\n"
}
