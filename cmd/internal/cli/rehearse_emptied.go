package cli

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"

	"tandem/internal/catalog"
	"tandem/internal/guard"
	"tandem/internal/mysqldb"
	"tandem/internal/ownership"
	"tandem/internal/schema"
	"tandem/plans"
	"tandem/replicate"
	"tandem/verify"
)

// equalOutcome is what a comparison says when no row differs.
const equalOutcome = verify.Equal

// realServers returns what the real servers call themselves, so that no clone is
// taken for one of them. A migration that has handed something over already is not
// rehearsed: the clones begin from the source.
func (r *rehearse) realServers(ctx context.Context) (uuids []string, err error) {
	links, err := linkConfig(r.real, r.clouds)
	if err != nil {
		return nil, err
	}
	for _, e := range []mysqldb.Endpoint{links.Source, links.Target} {
		uuid, records, err := identify(ctx, e, r.real.Migration)
		if err != nil {
			return nil, err
		}
		uuids = append(uuids, uuid)
		for _, group := range plans.GroupNames(r.real) {
			if records[group].Owner == ownership.Target {
				return nil, withHint(fmt.Errorf("rehearse --on clones: group %s is on the target already, and clones begin with all groups on the source", group),
					"tandem rehearse runs the plan on this machine")
			}
		}
	}
	return uuids, nil
}

func identify(ctx context.Context, e mysqldb.Endpoint, migration string) (uuid string, records map[string]ownership.Record, err error) {
	db, err := mysqldb.Open(ctx, e, mysqldb.Options{MaxConns: 1})
	if err != nil {
		return "", nil, err
	}
	defer db.Close()
	if err := db.QueryRowContext(ctx, "SELECT @@server_uuid").Scan(&uuid); err != nil {
		return "", nil, fmt.Errorf("ask %s who it is: %w", e.Name, err)
	}
	records, err = ownership.Load(ctx, db, migration)
	if mysqldb.IsNoSuchTable(err) {
		err = nil
	}
	return uuid, records, err
}

// emptied takes from the clones what the real migration has left there: tandem's
// own state, guards, and on the target the tables that move. A clone has a log of
// its own, so nothing of that would fit. It is done on servers that are certainly
// none of the real ones.
func (r *rehearse) emptied(ctx context.Context, real []string) error {
	links, err := linkConfig(r.cfg, r.clouds)
	if err != nil {
		return err
	}
	var tables []schema.Name
	for _, side := range []struct {
		e     mysqldb.Endpoint
		empty bool
	}{{links.Source, false}, {links.Target, true}} {
		found, err := emptyOne(ctx, side.e, r.cfg.Migration, links, real, side.empty)
		if err != nil {
			return fmt.Errorf("prepare the clone of the %s: %w", side.e.Side(), err)
		}
		tables = append(tables, found...)
	}
	r.say("  %s of the target's clone were dropped, to be copied again", amount(int64(len(tables)), "table"))
	return nil
}

func emptyOne(ctx context.Context, e mysqldb.Endpoint, migration string, links replicate.Config, real []string, tables bool) (dropped []schema.Name, err error) {
	db, err := mysqldb.Open(ctx, e, mysqldb.Options{MaxConns: 2})
	if err != nil {
		return nil, err
	}
	defer db.Close()
	var uuid string
	if err := db.QueryRowContext(ctx, "SELECT @@server_uuid").Scan(&uuid); err != nil {
		return nil, err
	}
	if slices.Contains(real, uuid) {
		return nil, fmt.Errorf("%s has the server_uuid of a real server (%s): nothing was changed on it", e.Name, uuid)
	}
	list, err := catalog.Load(ctx, db, links.Tables)
	if err != nil {
		return nil, err
	}
	var databases []string
	for _, t := range list {
		if !slices.Contains(databases, t.Name.Schema) {
			databases = append(databases, t.Name.Schema)
		}
	}
	if _, err := guard.Disarm(ctx, db, migration, databases, guard.DisarmOptions{}); err != nil {
		return nil, err
	}
	if tables {
		for _, t := range list {
			dropped = append(dropped, t.Name)
		}
		if err := drop(ctx, db, dropped); err != nil {
			return nil, err
		}
	}
	if _, err := db.ExecContext(ctx, "DROP DATABASE IF EXISTS _tandem"); err != nil {
		return nil, fmt.Errorf("take tandem's own state away: %w", err)
	}
	return dropped, nil
}

// drop drops tables, whatever refers to them.
func drop(ctx context.Context, db *sql.DB, tables []schema.Name) (err error) {
	if len(tables) == 0 {
		return nil
	}
	conn, err := db.Conn(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, mysqldb.Discard(conn)) }()
	if _, err := conn.ExecContext(ctx, "SET SESSION foreign_key_checks = 0"); err != nil {
		return err
	}
	var names []string
	for _, t := range tables {
		names = append(names, t.Quoted())
	}
	if _, err := conn.ExecContext(ctx, "DROP TABLE IF EXISTS "+strings.Join(names, ", ")); err != nil {
		return fmt.Errorf("drop the tables that move: %w", err)
	}
	return nil
}
