package fencing

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
)

// Lift puts back what fences have changed, the last one first. It returns those
// that were lifted. A fence that can not be lifted does not keep the others up;
// it stands, and the next Lift tries again.
func Lift(ctx context.Context, db *sql.DB, w Which, programs Programs) (lifted []Fence, err error) {
	// The usual case costs one query.
	list, err := Read(ctx, db, w)
	if err != nil || len(list) == 0 {
		return nil, err
	}
	silence := keptTime
	for i := range list {
		silence = max(silence, list[i].switchTime())
	}
	s, err := hold(ctx, db, w.Migration, silence)
	if err != nil {
		return nil, fmt.Errorf("lift the fences: %w", err)
	}
	defer func() { err = errors.Join(err, s.end()) }()
	s.programs = programs
	if list, err = Read(ctx, s, w); err != nil {
		return nil, err
	}
	slices.Reverse(list)
	var failed error
	for _, f := range list {
		if err := s.lift(ctx, f); err != nil {
			failed = errors.Join(failed, err)
			continue
		}
		lifted = append(lifted, f)
	}
	return lifted, failed
}

// lift puts back what one fence has changed, and records that. What it finds put
// back already it leaves alone.
func (s *session) lift(ctx context.Context, f Fence) error {
	if err := set(ctx, s, f.ID, "lifting = 1"); err != nil {
		return fmt.Errorf("lift fence %s of stage %s: %w", f.Kind, f.Stage, err)
	}
	var err error
	switch f.Kind {
	case Exec:
		err = s.undoProgram(ctx, f.Undo)
	case Accounts:
		err = s.unlock(ctx, f.Undo.Accounts)
	case Grants:
		err = s.giveBack(ctx, f.Undo)
	case ReadOnly:
		err = s.writable(ctx, f)
	default:
		err = fmt.Errorf("its kind %q is not one this tandem knows", f.Kind)
	}
	if err == nil {
		err = set(ctx, s, f.ID, "lifted_at = UTC_TIMESTAMP(6)")
	}
	if err != nil {
		return fmt.Errorf("lift fence %s of stage %s: %w", f.Kind, f.Stage, err)
	}
	return nil
}
