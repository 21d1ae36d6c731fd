package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"raftlab/internal/grader"
	"raftlab/internal/grader/bundle"
	"raftlab/internal/grader/course"
	"raftlab/internal/grader/intake"
	"raftlab/internal/grader/report"
	"raftlab/internal/grader/results"
)

const gradeHelp = `Grade takes submissions in, builds each, runs the lab's tests on it in the simulator and scores them.
A submission is a folder, a zip or a tar.gz; a folder of many is all that it holds. A grade follows from the submission
and the seeds: not from the machine, its load, --jobs, or what else is graded.

Without --config every test is run on ten seeds and worth its own points; course.yaml says otherwise, and
docs/formats/course.md what it can say. --lab and --seeds go before it.

In --out it writes results.json (docs/formats/results.md), what --format names, the submissions as they were built
(staged), and a journal: a grading that was killed goes on with --resume where it was, and comes to the same. What has
found out nothing before is tried again. To replay a failure, add OUT/staged/NAME to the line that is told with it.

Exit status: 0 all graded, whatever the scores; 2 wrong usage, an error in course.yaml, a folder that cannot be written
or holds another grading; 3 some runs or submissions found out nothing, the sandbox does not hold, or results could not
be written; 130 interrupted: what is known is written.`

// gradeFlags is what the command line of grade says.
type gradeFlags struct {
	out      string
	config   string
	lab      string
	seeds    string
	formats  []string
	cache    string
	bundle   string // the platform to pack a grader for, instead of grading
	jobs     int
	resume   bool
	quiet    bool
	asJSON   bool
	noTiming bool
}

func gradeCommand() *cobra.Command {
	var f gradeFlags
	cmd := &cobra.Command{
		Use:   "grade SUBMISSION… --out DIR",
		Short: "Grade submissions: build, run and score each",
		Long:  gradeHelp,
		Example: "  raftlab grade submissions --out out/lab2 --lab raft --config course.yaml\n" +
			"  raftlab grade ann.zip bob.tar.gz --out out/two --seeds 100 --jobs 8\n" +
			"  raftlab grade submissions --out out/lab2 --lab raft --config course.yaml --resume\n" +
			"  raftlab grade --bundle gradescope --out autograder.zip --config course.yaml",
		RunE: func(cmd *cobra.Command, args []string) error {
			return grade(cmd.Context(), args, f, cmd.OutOrStdout(), cmd.ErrOrStderr())
		},
	}
	flags := cmd.Flags()
	flags.StringVarP(&f.out, "out", "o", "", "the folder for all that is written")
	flags.StringVar(&f.config, "config", "", "a course.yaml")
	flags.StringVar(&f.lab, "lab", "", "raft, kv or raft,kv (default: as course.yaml says, or both)")
	flags.StringVar(&f.seeds, "seeds", "",
		"of every test, instead of course.yaml's and without hidden ones: 100, 1-500 or =17")
	flags.StringSliceVar(&f.formats, "format", []string{"html", "csv"},
		"what to write beside results.json: "+strings.Join(formatNames(), ", ")+", or none")
	flags.StringVar(&f.bundle, "bundle", "",
		"pack a grader into the zip file --out instead, for "+strings.Join(bundle.Kinds(), ", "))
	flags.StringVar(&f.cache, "cache", "", "a folder to keep built programs in, for another grading of the same")
	flags.IntVarP(&f.jobs, "jobs", "j", 0, "runs at a time (0: one for each core)")
	flags.BoolVar(&f.resume, "resume", false, "go on with the grading in --out")
	flags.BoolVarP(&f.quiet, "quiet", "q", false, "print nothing but errors")
	flags.BoolVar(&f.asJSON, "json", false, "print results.json instead of a table")
	flags.BoolVar(&f.noTiming, "no-timing", false, "leave out of results.json how long things took")
	return cmd
}

func formatNames() []string {
	var names []string
	for _, f := range report.Formats() {
		names = append(names, f.Name)
	}
	return names
}

// check looks for what is wrong with the flags by themselves.
func (f *gradeFlags) check() error {
	if f.out == "" {
		return errors.New("grade: where to? --out is missing")
	}
	if f.jobs < 0 {
		return fmt.Errorf("grade: --jobs %d: at least one run at a time", f.jobs)
	}
	if len(f.formats) == 1 && f.formats[0] == "none" {
		f.formats = nil
	}
	for _, name := range f.formats {
		if !slices.Contains(formatNames(), name) {
			return fmt.Errorf("grade: --format %s: want some of %s, or none", name, strings.Join(formatNames(), ", "))
		}
	}
	return nil
}

func grade(ctx context.Context, args []string, f gradeFlags, stdout, stderr io.Writer) error {
	if err := f.check(); err != nil {
		return err
	}
	c, err := course.Read(f.config, course.Override{Labs: f.lab, Seeds: f.seeds})
	if err != nil {
		return fmt.Errorf("grade: %w", err)
	}
	if f.bundle != "" {
		return packBundle(args, f, stdout)
	}
	sources, err := intake.Find(args)
	if err != nil {
		return fmt.Errorf("grade: %w", err)
	}
	self, err := os.Executable()
	if err != nil {
		return gradeBroke(fmt.Errorf("find this program: %w", err), stderr)
	}
	screen := stdout
	if f.quiet || f.asJSON {
		screen = io.Discard
	}
	view := newGradeView(screen)
	document, err := grader.Grade(ctx, sources, grader.Options{Course: c, Out: f.out,
		Worker: []string{self, gradeWorkerName}, Cache: f.cache, Jobs: f.jobs, Resume: f.resume, Timing: !f.noTiming, Progress: view.update})
	view.close()
	var wrong *grader.UsageError
	switch {
	case errors.As(err, &wrong):
		return fmt.Errorf("grade: %w", err)
	case document.Schema == "" && ctx.Err() != nil:
		fmt.Fprintln(stderr, "raftlab: interrupted before anything was known")
		return exitError(exitInterrupted)
	case err != nil && ctx.Err() == nil:
		return gradeBroke(err, stderr)
	}
	if err := f.write(document, stdout); err != nil {
		return gradeBroke(err, stderr)
	}
	return gradeStatus(ctx, document, view, f, stderr)
}

// gradeBroke tells what has ended a grading that nobody wanted to end.
func gradeBroke(err error, stderr io.Writer) error {
	fmt.Fprintf(stderr, "raftlab: grade: %v\n", err)
	return exitError(exitBroken)
}

// write writes all that is asked for beside results.json.
func (f gradeFlags) write(d results.Document, stdout io.Writer) error {
	for _, name := range f.formats {
		dir := f.out
		if !slices.Contains([]string{"csv", "text", "junit"}, name) { // which are one file each
			dir = filepath.Join(f.out, name)
		}
		if err := report.Write(name, d, dir); err != nil {
			return err
		}
	}
	if f.asJSON {
		encoder := json.NewEncoder(stdout)
		encoder.SetIndent("", "  ")
		return encoder.Encode(d)
	}
	if f.quiet {
		return nil
	}
	table, err := report.Terminal(d)
	if err != nil {
		return err
	}
	_, err = stdout.Write(table)
	return err
}

// gradeStatus is the exit status, with a word on what is left to do.
func gradeStatus(ctx context.Context, d results.Document, view *gradeView, f gradeFlags, stderr io.Writer) error {
	submissions, runs := unknown(d)
	switch {
	case ctx.Err() != nil:
		fmt.Fprintf(stderr, "raftlab: interrupted; the same with --resume goes on\n")
		return exitError(exitInterrupted)
	case submissions > 0 || runs > 0:
		fmt.Fprintf(stderr, "raftlab: nothing was found out about %s and %s of others; the same with --resume tries again\n",
			plural(submissions, "submission"), plural(runs, "run"))
		return exitError(exitBroken)
	}
	fmt.Fprintf(view.out, "\n%s; all of it is in %s\n", view.summary(), f.out)
	return nil
}

// unknown counts submissions that nothing was found out about, and runs of the others.
func unknown(d results.Document) (submissions, runs int) {
	for _, s := range d.Submissions {
		if s.Status == results.Infrastructure {
			submissions++
			continue
		}
		for _, t := range s.Tests {
			runs += t.Broken
		}
	}
	return submissions, runs
}
