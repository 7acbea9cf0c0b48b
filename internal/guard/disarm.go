package guard

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"time"

	"tandem/internal/schema"
)

// DisarmOptions say how patiently guards are taken away.
type DisarmOptions struct {
	LockWait, Pause time.Duration
	Waiting         func(Waiting)
}

// Disarm drops every guard of a migration in some databases, whatever tables
// they stand on by now, and returns what it has dropped.
func Disarm(ctx context.Context, db *sql.DB, migration string, databases []string, o DisarmOptions) ([]Trigger, error) {
	there, err := load(ctx, db, databases)
	if err != nil {
		return nil, fmt.Errorf("disarm the guards of migration %s: %w", migration, err)
	}
	var guards []Trigger
	for i := range there {
		f := &there[i]
		if of, _, known := labelled(f.body); f.own() && known && of.migration == migration {
			guards = append(guards, f.Trigger)
		}
	}
	return guards, Drop(ctx, db, guards, o)
}

// Drop drops guards, such as those that [Arm] has created. One that is gone
// already is no error.
func Drop(ctx context.Context, db *sql.DB, guards []Trigger, o DisarmOptions) error {
	var tables []schema.Name
	byTable := map[schema.Name][]Trigger{}
	for _, g := range guards {
		if !slices.Contains(tables, g.Table) {
			tables = append(tables, g.Table)
		}
		byTable[g.Table] = append(byTable[g.Table], g)
	}
	if len(tables) == 0 {
		return nil
	}
	w := worker{db: db, wait: o.LockWait, pause: o.Pause, waiting: o.Waiting}
	return w.each(ctx, tables, "disarm the guards of", func(ctx context.Context, s *session, t schema.Name, atMost time.Duration) error {
		for _, g := range byTable[t] {
			if err := s.exec(ctx, "DROP TRIGGER IF EXISTS "+g.quoted(), atMost); err != nil {
				return err
			}
		}
		return nil
	})
}
