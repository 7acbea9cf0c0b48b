package preflight

import (
	"context"

	"tandem/internal/schema"
)

// checkEventScheduler wants somebody who runs the source's events once they have
// gone over.
func checkEventScheduler(ctx context.Context, s *state) ([]Finding, error) {
	if !s.SourceFacts.EventScheduler || s.TargetFacts.EventScheduler {
		return nil, nil
	}
	left, err := leftovers(ctx, applied{db: s.Source, tables: s.Tables}, "event")
	if err != nil {
		return nil, err
	}
	var names []string
	for _, l := range left {
		name := schema.Name{Schema: l.Schema, Table: l.Name}
		enabled, err := eventEnabled(ctx, s.Source, name)
		if err != nil {
			return nil, err
		}
		if enabled {
			names = append(names, name.String())
		}
	}
	if len(names) == 0 {
		return nil, nil
	}
	return one(Warn, "events run on the source, and would not on the target after a handover", seen("event_scheduler", "OFF")+" on the target; "+list(names),
		s.on(Target).set("event_scheduler", "ON"))
}
