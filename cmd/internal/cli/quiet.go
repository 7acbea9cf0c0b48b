package cli

import (
	"context"
	"log/slog"
)

// quieter passes on what is at least of a level, for verbs that tell the rest
// of the story themselves.
type quieter struct {
	slog.Handler
	level slog.Level
}

func (q quieter) Enabled(ctx context.Context, level slog.Level) bool {
	return level >= q.level && q.Handler.Enabled(ctx, level)
}

func (q quieter) WithAttrs(attrs []slog.Attr) slog.Handler {
	return quieter{q.Handler.WithAttrs(attrs), q.level}
}

func (q quieter) WithGroup(name string) slog.Handler {
	return quieter{q.Handler.WithGroup(name), q.level}
}

// logFrom returns the log with only what is at least of a level, or with all if
// the person asked for details.
func (a *app) logFrom(level slog.Level) *slog.Logger {
	if a.flags.logLevel == "debug" {
		return a.log
	}
	return slog.New(quieter{a.log.Handler(), level})
}
