package cli

import (
	"context"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"tandem/internal/config"
	"tandem/internal/sandbox"
)

func newSandboxDownCommand(a *app) *cobra.Command {
	var dir string
	cmd := &cobra.Command{
		Use:   "down",
		Short: "Stop the pair and remove its data",
		Args:  noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			a.stage.stopping("ending the servers by force", "")
			if err := sandbox.Down(cmd.Context(), dir); err != nil {
				return sandboxError(err)
			}
			removeSpool(dir)
			a.say("the sandbox in %s is gone", dir)
			return nil
		},
	}
	addDirFlag(cmd, &dir)
	return cmd
}

// removeSpool takes away what replication of the sandbox has left beside its
// tandem.yaml, and the folders if they are empty then.
func removeSpool(dir string) {
	spool := filepath.Join(dir, config.DefaultSpoolDir)
	_ = os.RemoveAll(spool)
	_ = os.Remove(filepath.Dir(spool))
	_ = os.Remove(dir)
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
