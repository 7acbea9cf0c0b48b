package cli

import (
	"context"

	"github.com/spf13/cobra"

	"tandem/cmd/internal/ui"
	"tandem/internal/config"
)

func newStatusCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "status",
		Short: "Show what is going on, and what to type next",
		Long: `Show on one screen where both sides stand, how far behind the target is, how far
the copy has come, what waits for what, whose binlogs are about to
be purged (a line under 24h, an alarm under 6h), and which command to type next. It only
reads, and works whether or not tandem replicate is running.

EXIT STATUS
   0  the status is shown, whatever it is
   1  failed
   2  wrong usage, or a mistake in tandem.yaml
  10  the source cannot be reached; what the target knows is shown
  11  the target cannot be reached; what the source knows is shown`,
		Example: `  tandem status
  tandem status -o json | jq '.links[0].lag_seconds'`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return runStatus(cmd.Context(), a) },
	}
}

func runStatus(ctx context.Context, a *app) error {
	cfg, err := a.load()
	if err != nil {
		return err
	}
	status, err := a.engine.status(ctx, cfg)
	if status.Migration == "" {
		return err // nothing is known at all
	}
	// Binlogs that go before they are read are worth a look, whoever runs.
	if e, can := a.engine.(interface {
		retention(context.Context, *config.Config) []ui.Retention
	}); can {
		status.Retention = e.retention(ctx, cfg)
	}
	if shown := a.result(status, func(out ui.Stream) error { return ui.WriteStatus(out, status) }); shown != nil {
		return shown
	}
	return err
}
