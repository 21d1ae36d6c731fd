package grader

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"raftlab/internal/grader/course"
	"raftlab/internal/grader/intake"
	"raftlab/internal/grader/journal"
	"raftlab/internal/grader/results"
	"raftlab/internal/grader/sandbox"
	"raftlab/internal/sim/build"
)

// Names in Options.Out.
const (
	ResultsFile = "results.json"  // the document
	journalFile = "journal.jsonl" // what is known so far
	stagedDir   = "staged"        // the submissions as they are built, a folder each
	cacheDir    = "cache"         // programs of submissions that are not done
)

// Options is how a batch is graded.
type Options struct {
	Course course.Course
	Out    string   // the folder for all that is written; it is made
	Worker []string // the command line of a program that calls worker.Serve
	Root   string   // of the module's sources; "": to be found
	Cache  string   // where programs are kept for other gradings; "": they are not
	Jobs   int      // runs at a time; 0: one for each core
	Resume bool     // go on with what is in Out
	Timing bool     // say in the document how long things took
	// Progress is told how far the grading is, one call at a time, and must not block. Nil: nobody is.
	Progress func(Progress)
}

// Progress is how far a grading is.
type Progress struct {
	Doing       string // "trying the sandbox", "taking in", "grading"
	Submissions int
	Done        int // of them
	Runs        int // of all submissions that can be run
	Made        int // of them
	Earlier     int // of those Made, before this grading was resumed
}

// UsageError says that what was asked for cannot be.
type UsageError struct{ Text string }

// Error implements error.
func (e *UsageError) Error() string { return e.Text }

func usage(format string, args ...any) error { return &UsageError{fmt.Sprintf(format, args...)} }

// Grade grades submissions, whose names have to differ. It blocks until all are graded or ctx is done: then the error
// is ctx's, and the document says what is known. The document is also in Options.Out. Any other error is a
// *UsageError, or one of infrastructure, after which there may be no document.
func Grade(ctx context.Context, sources []intake.Source, o Options) (results.Document, error) {
	if o.Jobs == 0 {
		o.Jobs = runtime.GOMAXPROCS(0)
	}
	if o.Progress == nil {
		o.Progress = func(Progress) {}
	}
	sources, err := o.prepare(sources)
	if err != nil {
		return results.Document{}, err
	}
	b := &batch{Options: o}
	begun, err := b.claim()
	if err != nil {
		return results.Document{}, err
	}
	defer b.journal.Close()
	b.Progress(Progress{Doing: "trying the sandbox", Submissions: len(sources)})
	program, err := sandbox.Prove(ctx, b.Root, b.Cache)
	if err != nil {
		return results.Document{}, err
	}
	if err := b.takeIn(ctx, sources); err != nil {
		return results.Document{}, err
	}
	header, err := b.header(program)
	if err != nil {
		return results.Document{}, err
	}
	if begun {
		err = b.journal.Resume(header, b.recall)
	} else {
		err = b.journal.Begin(header)
	}
	if err != nil {
		return results.Document{}, b.explain(err)
	}
	err = b.run(ctx)
	document := b.document(ctx.Err() != nil || err != nil)
	if err == nil {
		err = b.journal.Sync()
	}
	err = errors.Join(err, write(filepath.Join(o.Out, ResultsFile), document))
	if err == nil {
		err = b.tidyUp()
	}
	return document, errors.Join(err, ctx.Err())
}

// prepare checks the options, makes the output folder, and leaves that out of the submissions.
func (o *Options) prepare(sources []intake.Source) ([]intake.Source, error) {
	var err error
	if o.Out == "" {
		return nil, usage("no output folder is named")
	}
	if o.Out, err = filepath.Abs(o.Out); err != nil {
		return nil, usage("the output folder: %v", err)
	}
	if o.Root == "" {
		if o.Root, err = build.FindRoot(); err != nil {
			return nil, usage("%s", strings.TrimPrefix(err.Error(), "build: "))
		}
	}
	if o.Jobs < 0 {
		return nil, usage("%d runs at a time: at least one", o.Jobs)
	}
	named := map[string]string{}
	var kept []intake.Source
	for _, s := range sources {
		rel, err := filepath.Rel(s.Path, o.Out)
		switch other, twice := named[s.Name]; {
		case twice:
			return nil, usage("two submissions are called %s: %s and %s", s.Name, other, s.Path)
		case err == nil && rel == "." && o.isOurs():
			continue // of a folder of many, in which the output was put before
		case err == nil && rel == ".":
			return nil, usage("the output folder %s is submission %s: choose another", o.Out, s.Name)
		case filepath.Dir(s.Path) == o.Out:
			return nil, usage("the output folder %s is the one that submissions lie in: choose another, below it or "+
				"elsewhere", o.Out)
		case err == nil && filepath.IsLocal(rel):
			return nil, usage("the output folder %s lies in submission %s: choose one outside", o.Out, s.Name)
		}
		named[s.Name] = s.Path
		kept = append(kept, s)
	}
	switch {
	case len(sources) == 0:
		return nil, usage("there is no submission to grade")
	case len(kept) == 0:
		return nil, usage("there is nothing to grade beside the output folder %s", o.Out)
	}
	if err := os.MkdirAll(o.Out, 0o777); err != nil {
		return nil, usage("make the output folder: %v", err)
	}
	// What names files names them by where they are, wherever links lead there from.
	if o.Out, err = filepath.EvalSymlinks(o.Out); err != nil {
		return nil, usage("the output folder: %v", err)
	}
	return kept, nil
}

// isOurs says whether the output folder is there for that: it holds a grading, or nothing.
func (o *Options) isOurs() bool {
	entries, err := os.ReadDir(o.Out)
	return err == nil && (len(entries) == 0 || slices.ContainsFunc(entries, func(e os.DirEntry) bool {
		return e.Name() == journalFile
	}))
}

// claim opens the journal, and says whether a grading was begun there that is to be gone on with.
func (b *batch) claim() (begun bool, err error) {
	name := filepath.Join(b.Out, journalFile)
	_, err = os.Lstat(name)
	fresh := errors.Is(err, os.ErrNotExist)
	if b.journal, err = journal.Claim(name); err != nil {
		return false, b.explain(err)
	}
	empty, err := b.journal.Empty()
	if err == nil && !empty && !b.Resume {
		err = usage("%s holds a grading already: go on with it (--resume), or choose another folder", b.Out)
	}
	for _, dir := range []string{stagedDir, cacheDir} {
		// What we did not put there we must not remove.
		if _, stat := os.Lstat(filepath.Join(b.Out, dir)); err == nil && fresh && stat == nil {
			err = usage("%s is there already, and is no grading's: choose another folder",
				filepath.Join(b.Out, dir))
		}
	}
	if err != nil {
		b.journal.Close()
		if fresh {
			_ = os.Remove(name) // ours, and empty
		}
	}
	return !empty, b.explain(err)
}

// explain makes errors of the user's out of those of the journal.
func (b *batch) explain(err error) error {
	var no *journal.RefusedError
	var path *os.PathError
	switch {
	case errors.As(err, &no):
		return usage("%v", no)
	case errors.As(err, &path) && (errors.Is(err, os.ErrPermission) || path.Op == "open"):
		return usage("cannot write into %s: %v", b.Out, path)
	}
	return err
}

// header says what is graded, and by what.
func (b *batch) header(program string) (journal.Header, error) {
	self, err := os.Executable()
	if err != nil {
		return journal.Header{}, fmt.Errorf("find this program: %w", err)
	}
	file, err := os.Open(self)
	if err != nil {
		return journal.Header{}, fmt.Errorf("read this program: %w", err)
	}
	defer file.Close()
	hash := sha256.New()
	if _, err := io.Copy(hash, file); err != nil {
		return journal.Header{}, fmt.Errorf("read this program: %w", err)
	}
	fmt.Fprintln(hash, program)
	h := journal.Header{Grader: hex.EncodeToString(hash.Sum(nil)), Runs: b.Course.Fingerprints().Runs}
	for _, s := range b.submissions {
		h.Submissions = append(h.Submissions, journal.Submission{Name: s.source.Name, Hash: s.staged.Hash})
	}
	return h, nil
}

// write puts a document into a file, whole or not at all.
func write(name string, d results.Document) error {
	text, err := json.MarshalIndent(d, "", "  ")
	if err != nil {
		return fmt.Errorf("write the results: %w", err)
	}
	file, err := os.CreateTemp(filepath.Dir(name), ".results-*")
	if err != nil {
		return fmt.Errorf("write the results: %w", err)
	}
	_, err = file.Write(append(text, '\n'))
	err = errors.Join(err, file.Chmod(0o644), file.Sync(), file.Close())
	if err == nil {
		err = os.Rename(file.Name(), name)
	}
	if err != nil {
		_ = os.Remove(file.Name()) // the error that matters is the one before
		return fmt.Errorf("write the results: %w", err)
	}
	return nil
}
