package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"
)

// Exit statuses that mean the same for every subcommand.
const (
	exitOK          = 0
	exitUsage       = 2   // wrong arguments, or a file that cannot be read or written
	exitInterrupted = 130 // Ctrl-C, as shells have it
)

// exitError ends the program with a status of its subcommand's, and nothing more to say.
type exitError int

// Error names the status; nobody sees it, as what there is to say has been said.
func (e exitError) Error() string { return fmt.Sprintf("exit status %d", int(e)) }

// run executes the command line args and returns the exit status.
func run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	root := rootCommand()
	root.SetArgs(longRun(args))
	root.SetIn(stdin)
	root.SetOut(stdout)
	root.SetErr(stderr)
	err := root.ExecuteContext(ctx)
	var status exitError
	switch {
	case err == nil:
		return exitOK
	case errors.As(err, &status):
		return int(status)
	}
	fmt.Fprintf(stderr, "raftlab: %v\n", err)
	return exitUsage
}

// longRun makes -run, as go test has it, the --run of ours.
func longRun(args []string) []string {
	args = slices.Clone(args)
	for i, arg := range args {
		if arg == "--" {
			break
		}
		if arg == "-run" || strings.HasPrefix(arg, "-run=") {
			args[i] = "-" + arg
		}
	}
	return args
}

func rootCommand() *cobra.Command {
	root := &cobra.Command{
		Use:           "raftlab",
		Short:         "A course on consensus that checks itself",
		SilenceErrors: true, // run prints them
		SilenceUsage:  true,
		Args:          cobra.NoArgs,
		RunE:          func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	root.CompletionOptions.HiddenDefaultCmd = true
	root.AddCommand(checkCommand(), testCommand(), replayCommand(), runnerCommand())
	root.AddCommand(huntCommand())
	// BEGIN SOLUTION
	// Commands for teachers: here, so that students do not get them. Their files are named in internal/handout/plan.go.
	root.AddCommand(handoutCommand(), mutantsCommand())
	root.AddCommand(gradeCommand(), gradeWorkerCommand())
	// END SOLUTION
	return root
}
