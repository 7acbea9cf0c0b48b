package cli

import (
	"context"
	"log/slog"

	"tandem/cmd/internal/ui"
	"tandem/internal/config"
)

// engine is what the verbs need of the packages that do the work. It is the one
// place where configuration and screens meet replication.
type engine interface {
	// replicate runs the links until ctx ends or, if asked to, until the target
	// has caught up. It reports to progress about once a second.
	replicate(ctx context.Context, r replicateRequest) error
	// status asks both sides, and whoever replicates, how things stand.
	status(ctx context.Context, cfg *config.Config) (ui.Status, error)
}

type replicateRequest struct {
	config        *config.Config
	untilCaughtUp bool
	log           *slog.Logger
	progress      func(ui.Status)
}
