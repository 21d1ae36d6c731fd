package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"raftlab/internal/grader/worker"
)

// gradeWorkerName is the subcommand by which grade starts processes for submissions.
const gradeWorkerName = "grade-worker"

func gradeWorkerCommand() *cobra.Command {
	return &cobra.Command{
		Use:    gradeWorkerName,
		Short:  "Run one submission's simulations for raftlab grade",
		Hidden: true,
		Args:   cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := worker.Serve(cmd.Context(), cmd.InOrStdin(), cmd.OutOrStdout()); err != nil {
				fmt.Fprintf(cmd.ErrOrStderr(), "raftlab: %v\n", err)
				return exitError(exitBroken)
			}
			return nil
		},
	}
}
