package main

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"raftlab/internal/handout"
	"raftlab/internal/sim/build"
)

const handoutHelp = `Handout writes what students get: this tree with its solution regions replaced by their prompts.
It leaves out the packages that are answers, the tools and pages for teachers, and the tests of the lab's own machinery.
go.mod holds the modules that are still needed.

A region is what lies between the lines // BEGIN SOLUTION and // END SOLUTION; the comments between // BEGIN PROMPT and
// END PROMPT in it stand in its place. go doc raftlab/internal/handout says more.

Nothing is written before it is checked: that no line of an answer is left anywhere, that it is formatted, vetted and
builds, also for the simulator, and that each of the lab's tests fails on it. The same tree gives the same bytes.

It is made of the tree in or above the working directory. There is no git history in it: begin a repository of its own.

Exit status: 0 written; 2 nothing was written, and it says why; 130 interrupted, and nothing was written.`

func handoutCommand() *cobra.Command {
	var c handout.Config
	cmd := &cobra.Command{
		Use:     "handout --out DIR [--zip FILE]",
		Short:   "Write the students' tree: this one, without its answers",
		Long:    handoutHelp,
		Example: "  raftlab handout --out ../raftlab-2027 --zip ../raftlab-2027.zip",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return handOut(cmd.Context(), c, cmd.OutOrStdout(), cmd.ErrOrStderr())
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&c.Out, "out", "", "the folder to write; it must not be there, or be empty")
	flags.StringVar(&c.Zip, "zip", "", "also write the tree as this archive")
	return cmd
}

// handOut makes the tree and says what came of it. An error that is no exitError is one to be printed.
func handOut(ctx context.Context, c handout.Config, stdout, stderr io.Writer) error {
	if c.Out == "" {
		return errors.New("handout where to? --out is missing")
	}
	root, err := build.FindRoot()
	if err != nil {
		return fmt.Errorf("handout: %w", err)
	}
	c.Root = root
	t := newTerminal(stderr)
	c.Step = func(what string) { t.live("handout: " + what + " …") }
	made, err := handout.Make(ctx, c)
	t.clear()
	switch {
	case errors.Is(err, context.Canceled):
		fmt.Fprintln(stderr, "raftlab: interrupted; nothing was written")
		return exitError(exitInterrupted)
	case err != nil:
		return fmt.Errorf("handout: nothing was written:\n%w", err)
	}
	printMade(stdout, c, made)
	return nil
}

func printMade(out io.Writer, c handout.Config, made handout.Summary) {
	fmt.Fprintf(out, "%s: %d files; all %d tests of the lab fail on it, as they must.\n", c.Out, made.Files, made.Tests)
	if c.Zip != "" {
		fmt.Fprintf(out, "%s: the same, packed.\n", c.Zip)
	}
}
