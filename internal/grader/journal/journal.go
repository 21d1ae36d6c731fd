// Package journal keeps what a grading has found out so far in a file that survives its being killed
// (docs/formats/results.md).
//
//	j, entries, err := journal.Open(name, header, resume)
//	defer j.Close()
//	err = j.Append(journal.Entry{Run: &run})
//
// The file has a line of JSON for the header and one for each entry. A line is written whole with one call; those of a
// second are forced to the disk together. Whatever is cut off or unreadable at the end was never there: its runs
// are made again, and come out as they would have.
package journal

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"raftlab/internal/grader/results"
)

// Schema names the format.
const Schema = "raftlab/journal/v1"

// Header is the first line: what is graded, and by what. Only who grades the same may go on with it.
type Header struct {
	Journal     string       `json:"journal"` // Schema
	Grader      string       `json:"grader"`  // hash of the program that grades, and of what it runs submissions in
	Runs        string       `json:"runs"`    // hash of tests, seeds and limits
	Submissions []Submission `json:"submissions"`
}

// Submission is one that is graded.
type Submission struct {
	Name string `json:"name"`
	Hash string `json:"hash"` // of its files, or of why it was refused; "" if nothing was found out, which goes with any
}

// Entry is a line after the first: one of these.
type Entry struct {
	Built *Built `json:"built,omitempty"`
	Run   *Run   `json:"run,omitempty"`
}

// Built is that a lab of a submission was built, or could not be.
type Built struct {
	Submission string          `json:"submission"`
	Lab        string          `json:"lab"`
	Problems   []results.Place `json:"problems,omitempty"` // the compiler's words; none: it was built
	Lost       string          `json:"lost,omitempty"`     // why nothing was found out; "" if something was
	Seconds    float64         `json:"seconds"`
}

// Run is what came of one run.
type Run struct {
	Submission string  `json:"submission"`
	Test       string  `json:"test"`
	Number     int     `json:"number"` // of its seed among the test's, from 0
	Verdict    string  `json:"verdict"`
	Events     uint64  `json:"events"`
	Virtual    float64 `json:"virtual"`        // seconds
	Seconds    float64 `json:"seconds"`        // that it took
	Kind       string  `json:"kind,omitempty"` // equal for runs that ended alike; "" for a pass
	Lost       bool    `json:"lost,omitempty"` // its worker died or did not come back
	Detail     *Detail `json:"detail,omitempty"`
}

// Detail is what there is to tell of a run that did not pass. It is left out where another of the same kind is the
// better example.
type Detail struct {
	Invariant string   `json:"invariant,omitempty"`
	Message   string   `json:"message"`
	Events    []string `json:"events,omitempty"`
	Output    string   `json:"output,omitempty"`
}

// RefusedError says that a journal is another's: what it was begun with is not what is asked for now.
type RefusedError struct{ Text string }

// Error implements error.
func (e *RefusedError) Error() string { return e.Text }

func refused(format string, args ...any) error { return &RefusedError{fmt.Sprintf(format, args...)} }

// Journal is an open journal. Its methods may be called at the same time.
type Journal struct {
	mu     sync.Mutex // guards all below
	file   *os.File
	end    int64 // of the last whole line
	synced time.Time
	err    error // the first of writing; nothing is written after it
}

// Claim opens or makes the file at name and keeps others from it until Close. An error is a *RefusedError if
// another process has claimed it, else the file system's.
func Claim(name string) (*Journal, error) {
	file, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE, 0o666)
	if err != nil {
		return nil, err
	}
	if err := lock(file); err != nil {
		file.Close()
		return nil, refused("another grading is at work on %s: wait for it, or choose another folder", name)
	}
	return &Journal{file: file}, nil
}

// Empty says whether nothing was ever written. A file whose first line is cut off counts as empty; one that is no
// journal is a *RefusedError.
func (j *Journal) Empty() (bool, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	line, err := bufio.NewReader(io.NewSectionReader(j.file, 0, 1<<62)).ReadBytes('\n')
	if errors.Is(err, io.EOF) {
		// The beginning of another file altogether is not ours to overwrite.
		const begins = `{"journal":"`
		n := min(len(line), len(begins))
		if string(line[:n]) != begins[:n] {
			return false, refused("%s is no journal: choose another folder", j.file.Name())
		}
		return true, nil
	}
	if err != nil {
		return false, fmt.Errorf("read the journal: %w", err)
	}
	_, err = j.parse(line)
	return false, err
}

// parse reads the first line.
func (j *Journal) parse(line []byte) (Header, error) {
	var h Header
	if json.Unmarshal(line, &h) != nil || h.Journal != Schema {
		return h, refused("%s is no journal that this program can read: choose another folder", j.file.Name())
	}
	return h, nil
}

// Begin writes the header of a journal that is Empty.
func (j *Journal) Begin(h Header) error {
	h.Journal = Schema
	j.mu.Lock()
	defer j.mu.Unlock()
	if err := j.cut(0); err != nil {
		return err
	}
	if err := j.write(h); err != nil {
		return err
	}
	return j.sync()
}

// Resume reads a journal that was begun with a header like h, calls visit for each of its entries, and makes ready
// to append. An error is a *RefusedError if it was begun with another.
func (j *Journal) Resume(h Header, visit func(Entry)) error {
	h.Journal = Schema
	j.mu.Lock()
	defer j.mu.Unlock()
	in := bufio.NewReaderSize(io.NewSectionReader(j.file, 0, 1<<62), 1<<16)
	line, err := in.ReadBytes('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return fmt.Errorf("read the journal: %w", err)
	}
	was, err := j.parse(line)
	if err == nil {
		err = was.differs(h)
	}
	if err != nil {
		return err
	}
	end := int64(len(line))
	for {
		line, err := in.ReadBytes('\n')
		var entry Entry
		switch {
		case errors.Is(err, io.EOF): // what has no newline was cut off
			return j.cut(end)
		case err != nil:
			return fmt.Errorf("read the journal: %w", err)
		case json.Unmarshal(line, &entry) != nil || (entry.Built == nil) == (entry.Run == nil):
			return j.cut(end)
		}
		visit(entry)
		end += int64(len(line))
	}
}

// differs says in what a grading differs from the one that the journal was begun by.
func (h Header) differs(now Header) error {
	const advice = "grade into another folder, or take back the change"
	was := map[string]string{}
	for _, s := range h.Submissions {
		was[s.Name] = s.Hash
	}
	for _, s := range now.Submissions {
		hash, had := was[s.Name]
		switch {
		case !had:
			return refused("the grading that is to go on was begun without submission %s: %s", s.Name, advice)
		case hash != s.Hash && hash != "" && s.Hash != "":
			return refused("submission %s has changed since the grading was begun: %s", s.Name, advice)
		}
		delete(was, s.Name)
	}
	for _, s := range h.Submissions {
		if _, missing := was[s.Name]; missing {
			return refused("the grading that is to go on was begun with submission %s, which is not there now: %s", s.Name,
				advice)
		}
	}
	switch {
	case h.Runs != now.Runs:
		return refused("tests, seeds or limits are not those that the grading was begun with (course.yaml, --lab, "+
			"--seeds): %s", advice)
	case h.Grader != now.Grader:
		return refused("the grading was begun by another version of this program, or of the lab: %s", advice)
	}
	return nil
}

// Append writes an entry. Once writing has failed, every call returns that error.
func (j *Journal) Append(e Entry) error {
	const often = time.Second
	j.mu.Lock()
	defer j.mu.Unlock()
	if err := j.write(e); err != nil {
		return err
	}
	if time.Since(j.synced) < often {
		return nil
	}
	return j.sync()
}

// Sync forces all that was appended to the disk.
func (j *Journal) Sync() error {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.sync()
}

// Close ends the claim. It returns the first error that writing has met.
func (j *Journal) Close() error {
	j.mu.Lock()
	defer j.mu.Unlock()
	return errors.Join(j.sync(), j.file.Close())
}

// Methods that need the lock.

// write puts a line at the end. One that cannot be written whole is taken back.
func (j *Journal) write(line any) error {
	if j.err != nil {
		return j.err
	}
	var text bytes.Buffer
	encoder := json.NewEncoder(&text) // which ends with a newline
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(line); err != nil {
		return fmt.Errorf("write the journal: %w", err)
	}
	if _, err := j.file.WriteAt(text.Bytes(), j.end); err != nil {
		j.err = fmt.Errorf("write the journal: %w", err)
		_ = j.file.Truncate(j.end) // or else the reader passes over it
		return j.err
	}
	j.end += int64(text.Len())
	return nil
}

func (j *Journal) sync() error {
	if j.err != nil {
		return j.err
	}
	if err := j.file.Sync(); err != nil {
		j.err = fmt.Errorf("write the journal: %w", err)
	}
	j.synced = time.Now()
	return j.err
}

// cut ends the file at an offset.
func (j *Journal) cut(end int64) error {
	j.end = end
	if err := j.file.Truncate(end); err != nil {
		return fmt.Errorf("mend the journal: %w", err)
	}
	return nil
}
