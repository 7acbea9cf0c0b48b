package fencing

import (
	"context"
	"errors"
	"fmt"
	"time"

	"tandem/internal/cloud"
	"tandem/internal/mysqldb"
	"tandem/internal/ownership"
)

// By is who turns read_only on and off.
type By string

// Who does: the server itself, Cloud SQL's admin API (a flag of the instance),
// or Aurora's procedure.
const (
	ByServer   By = ""
	ByCloudSQL By = "cloudsql"
	ByAurora   By = "aurora"
)

// cloudTime bounds a change that a cloud makes: it takes from some seconds to a
// few minutes.
const cloudTime = 10 * time.Minute

// auroraProcedure exists in Aurora MySQL 3.06 and later.
const auroraProcedure = "rds_set_read_only"

// switchTime bounds work on a fence, whichever way its read_only is switched.
func (f *Fence) switchTime() time.Duration {
	if f.Kind == ReadOnly && f.Undo.By == ByCloudSQL {
		return cloudTime
	}
	return keptTime
}

// hand is what switches read_only of a side in Cloud SQL.
func (s *session) hand(ctx context.Context, side ownership.Side) (cloud.ReadOnly, error) {
	const what = "it is the instance's flag read_only; use the guard, accounts: or grants: here, or run this where tandem.yaml names the instance with cloudsql:"
	if s.programs.Cloud == nil {
		return nil, &RefusedError{Kind: ReadOnly, Why: "on Cloud SQL read_only is no variable that users set, and no cloud can be asked here", What: what}
	}
	c, err := s.programs.Cloud(ctx, side)
	if err != nil {
		return nil, fmt.Errorf("the %s's flag read_only: %w", side, err)
	}
	if c == nil {
		return nil, &RefusedError{Kind: ReadOnly, Why: fmt.Sprintf("the %s is Cloud SQL, and tandem.yaml does not name the instance", side), What: what}
	}
	return c, nil
}

// surveyCloudSQL finds out how the flag is set.
func (s *session) surveyCloudSQL(ctx context.Context, side ownership.Side) (Undo, error) {
	c, err := s.hand(ctx, side)
	if err != nil {
		return Undo{}, err
	}
	on, err := c.Get(ctx)
	if err != nil {
		return Undo{}, fmt.Errorf("read the %s's flag read_only: %w", side, err)
	}
	return Undo{ReadOnly: !on, By: ByCloudSQL}, nil
}

// surveyAurora finds out whether there is the procedure, and how things stand.
func (s *session) surveyAurora(ctx context.Context) (Undo, error) {
	var there bool
	err := s.QueryRowContext(ctx, "SELECT COUNT(*) > 0 FROM information_schema.ROUTINES WHERE ROUTINE_SCHEMA = 'mysql' AND ROUTINE_NAME = ?", auroraProcedure).Scan(&there)
	if err != nil {
		return Undo{}, fmt.Errorf("look for mysql.%s: %w", auroraProcedure, err)
	}
	if !there {
		return Undo{}, &RefusedError{Kind: ReadOnly, Why: "this Aurora has no procedure mysql." + auroraProcedure + " that " + s.user.String() + " may call",
			What: "it comes with version 3.06, and with rds_superuser_role; else use the guard, accounts: or grants: here"}
	}
	return Undo{ReadOnly: !s.facts.ReadOnly, By: ByAurora}, nil
}

// setCloudSQL has the admin API set the flag. Its answer may be lost, so what it
// is set to now decides. Unlike a statement, the call does not end with the session:
// who wakes up behind the deadline has none any more, and takes back what it did.
func (s *session) setCloudSQL(ctx context.Context, side ownership.Side, on bool) error {
	c, err := s.hand(ctx, side)
	if err != nil {
		return err
	}
	if err := s.alive(ctx); err != nil {
		return err
	}
	what := fmt.Sprintf("set the %s's flag read_only to %v", side, on)
	err = c.Set(ctx, on)
	if err != nil {
		now, read := c.Get(ctx)
		if read != nil || now != on || errors.Is(err, cloud.ErrDenied) {
			return fmt.Errorf("%s: %w", what, err)
		}
	}
	if gone := s.alive(ctx); gone != nil && on {
		back, cancel := context.WithTimeout(context.WithoutCancel(ctx), cloudTime)
		defer cancel()
		return errors.Join(fmt.Errorf("%s: the session was lost meanwhile, so it is taken back: %w", what, gone), c.Set(back, false))
	}
	return nil
}

// alive tells whether the server still has the session, and with it its lock.
func (s *session) alive(ctx context.Context) error {
	var one int
	return s.QueryRowContext(ctx, "SELECT 1").Scan(&one)
}

// switchReadOnly turns read_only on or off.
func (s *session) switchReadOnly(ctx context.Context, by By, side ownership.Side, on bool) error {
	number, word := 0, "OFF"
	if on {
		number, word = 1, "ON"
	}
	switch by {
	case ByServer:
		return s.exec(ctx, "SET GLOBAL read_only = "+word)
	case ByAurora:
		return s.exec(ctx, fmt.Sprintf("CALL mysql.%s(%d)", auroraProcedure, number))
	case ByCloudSQL:
		return s.setCloudSQL(ctx, side, on)
	}
	return fmt.Errorf("read_only is switched by %q, which this tandem does not know", by)
}

// byFlavour says who switches read_only on a server of a kind.
func byFlavour(f mysqldb.Flavour) (By, bool) {
	switch f {
	case mysqldb.CloudSQL:
		return ByCloudSQL, true
	case mysqldb.Aurora:
		return ByAurora, true
	case mysqldb.RDS:
		return "", false
	}
	return ByServer, true
}
