package cli

import (
	"context"

	"github.com/spf13/cobra"

	"tandem/internal/sandbox"
)

func newSandboxDownCommand(a *app) *cobra.Command {
	var dir string
	cmd := &cobra.Command{
		Use:   "down",
		Short: "Stop the pair and remove its data",
		Args:  noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			a.stage.stopping("ending the servers by force")
			if err := sandbox.Down(cmd.Context(), dir); err != nil {
				return sandboxError(err)
			}
			a.say("the sandbox in %s is gone", dir)
			return nil
		},
	}
	addDirFlag(cmd, &dir)
	return cmd
}

func newSandboxStatusCommand(a *app) *cobra.Command {
	var dir string
	cmd := &cobra.Command{
		Use:     "status",
		Short:   "Show whether the pair runs, and where",
		Example: "  tandem sandbox status -o json",
		Args:    noArgs,
		RunE:    func(cmd *cobra.Command, _ []string) error { return runSandboxStatus(cmd.Context(), a, dir) },
	}
	addDirFlag(cmd, &dir)
	return cmd
}

func runSandboxStatus(ctx context.Context, a *app, dir string) error {
	report, err := sandbox.Status(ctx, dir)
	if err != nil {
		return sandboxError(err)
	}
	return a.sandboxReport(report)
}
