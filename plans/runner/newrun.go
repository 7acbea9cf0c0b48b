package runner

import (
	"context"
	"log/slog"
	"time"

	"tandem/internal/ownership"
	"tandem/internal/schema"
	"tandem/plans/journal"
)

// NewRun makes what the steps of one stage work with, without a runner around it:
// for those who try single steps. What is nil does nothing.
func NewRun(of Run, from ownership.Side, sides map[ownership.Side]Database, tables map[string][]schema.Name, note func(journal.Data)) *Run {
	r := of
	r.from, r.sides, r.tables = from, sides, tables
	r.hook, r.say, r.paused = func(string) {}, func(string) {}, func(time.Duration) {}
	r.record = func(_ context.Context, _ journal.Kind, data journal.Data) error {
		if note != nil {
			note(data)
		}
		return nil
	}
	if r.Noted == nil {
		r.Noted = func(string) []journal.Data { return nil }
	}
	if r.Now == nil {
		r.Now = time.Now
	}
	if r.Log == nil {
		r.Log = slog.New(slog.DiscardHandler)
	}
	if r.LookupEnv == nil {
		r.LookupEnv = func(string) (string, bool) { return "", false }
	}
	return &r
}
