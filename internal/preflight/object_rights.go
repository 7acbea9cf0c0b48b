package preflight

import (
	"context"
	"slices"
)

// checkObjectRights wants what carrying triggers, events, views and routines over
// takes: to see them on the one side, and to make them on the other.
func checkObjectRights(ctx context.Context, s *state) ([]Finding, error) {
	left, err := leftoversOf(ctx, s)
	if err != nil {
		return nil, err
	}
	if len(left) == 0 {
		return none("there are no triggers, events, views and routines to carry over")
	}
	var all []Finding
	for _, v := range s.servers() {
		var missing []string
		for _, l := range left {
			for _, p := range rightsFor(l.kind, v.side) {
				if grant := grantOn(p, l.schema); !v.grants.Has(p, l.schema, "") && !slices.Contains(missing, grant) {
					missing = append(missing, grant)
				}
			}
		}
		found, err := v.lacking(ctx, missing)
		if err != nil {
			return nil, err
		}
		for _, f := range found {
			f.Severity, f.Side = Warn, v.side
			f.What = "the user lacks privileges to carry triggers, events, views and routines over with a handover"
			all = append(all, f)
		}
	}
	return all, nil
}

// kindIn is a kind of object in a database.
type kindIn struct{ kind, schema string }

func leftoversOf(ctx context.Context, s *state) ([]kindIn, error) {
	var all []kindIn
	for _, kind := range []string{"view", "procedure", "function", "trigger", "event"} {
		left, err := leftovers(ctx, applied{db: s.Source, tables: s.Tables}, kind)
		if err != nil {
			return nil, err
		}
		for _, l := range left {
			if k := (kindIn{kind, l.Schema}); !slices.Contains(all, k) {
				all = append(all, k)
			}
		}
	}
	return all, nil
}

// rightsFor are the privileges that an object of a kind takes on a side.
func rightsFor(kind string, side Side) []string {
	switch kind {
	case "view":
		if side == Source {
			return []string{"SHOW VIEW"}
		}
		return []string{"CREATE VIEW", "SHOW VIEW"}
	case "trigger":
		return []string{"TRIGGER"}
	case "event":
		return []string{"EVENT"}
	}
	if side == Target {
		return []string{"CREATE ROUTINE", "ALTER ROUTINE"}
	}
	return nil // SHOW_ROUTINE, or SELECT on everything: the step itself tells
}
