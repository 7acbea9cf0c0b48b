package cli

import (
	"context"

	"github.com/spf13/cobra"
)

type replicateOptions struct {
	until string
}

// untilCaughtUp is the one value of --until besides none.
const untilCaughtUp = "caught-up"

func newReplicateCommand(a *app) *cobra.Command {
	var opts replicateOptions
	cmd := &cobra.Command{
		Use:   "replicate",
		Short: "Copy the tables, then keep both sides in step",
		Long: `Create what is missing on the target, copy the tables while the source is
written to, and then apply every further change. It runs until it is stopped;
the same command goes on where it was stopped, even by force.

With --until caught-up it ends when the copy is done and the position the source
had at that moment is applied.

EXIT STATUS
    0  caught up (with --until), nothing left to do
    1  failed; the message says on what
    2  wrong usage, or a mistake in tandem.yaml
   10  the source cannot be reached, or does not let tandem in
   11  the target cannot be reached, or does not let tandem in
   12  another tandem replicates this migration
   13  the source has purged binlogs that are still needed
  130  stopped by Ctrl-C or SIGTERM; run it again to go on`,
		Example: `  tandem replicate
  tandem replicate --until caught-up
  tandem replicate --log-format json 2>> tandem.log`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return runReplicate(cmd.Context(), a, opts) },
	}
	cmd.Flags().StringVar(&opts.until, "until", "", "end by itself `when`: caught-up")
	completeFlag(cmd, "until", untilCaughtUp)
	return cmd
}

func runReplicate(ctx context.Context, a *app, opts replicateOptions) error {
	if opts.until != "" {
		if err := oneOf("until", opts.until, []string{untilCaughtUp}); err != nil {
			return err
		}
	}
	cfg, err := a.load()
	if err != nil {
		return err
	}
	a.stage.stopping("finishing the transaction in hand and saving the position",
		"the same command goes on where this one stopped")
	progress := a.progress()
	defer progress.Close()
	return a.engine.replicate(ctx, replicateRequest{
		config:        cfg,
		untilCaughtUp: opts.until == untilCaughtUp,
		log:           a.log,
		progress:      progress.Update,
	})
}
