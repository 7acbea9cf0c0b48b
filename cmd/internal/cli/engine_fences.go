package cli

import (
	"context"
	"database/sql"
	"log/slog"
	"os"

	"tandem/internal/fencing"
	"tandem/internal/mysqldb"
	"tandem/internal/ownership"
	"tandem/replicate"
)

// fences enforces the deadlines of fences on both sides, for as long as the links
// run: where the runner that has raised one is gone, nobody else would lift it.
func fences(ctx context.Context, cfg replicate.Config, in planClouds, log *slog.Logger) error {
	programs := fencing.UserPrograms(os.LookupEnv)
	programs.Cloud = in.ReadOnly
	e := &fencing.Enforcer{
		Migration: cfg.Migration, Programs: programs, Log: log,
		Open: func(ctx context.Context, side ownership.Side) (*sql.DB, error) {
			endpoint := cfg.Source
			if side == ownership.Target {
				endpoint = cfg.Target
			}
			return mysqldb.Open(ctx, endpoint, mysqldb.Options{MaxConns: 3})
		},
	}
	return e.Run(ctx)
}
