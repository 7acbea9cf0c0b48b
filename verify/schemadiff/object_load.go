package schemadiff

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"

	"golang.org/x/sync/errgroup"

	"tandem/internal/mysqldb"
	"tandem/internal/schema"
)

// ownPrefix begins the names of what tandem itself puts into databases.
const ownPrefix = "_tandem"

// objectQueries list what a database holds besides tables, in the order in
// which it is compared.
var objectQueries = []struct {
	kind  Kind
	query string
}{
	{Procedure, "SELECT ROUTINE_NAME, '', '', '', '', 0 FROM information_schema.ROUTINES WHERE ROUTINE_SCHEMA=? AND ROUTINE_TYPE='PROCEDURE'"},
	{Function, "SELECT ROUTINE_NAME, '', '', '', '', 0 FROM information_schema.ROUTINES WHERE ROUTINE_SCHEMA=? AND ROUTINE_TYPE='FUNCTION'"},
	{View, "SELECT TABLE_NAME, '', '', '', '', 0 FROM information_schema.VIEWS WHERE TABLE_SCHEMA=?"},
	{Trigger, "SELECT TRIGGER_NAME, EVENT_OBJECT_TABLE, '', '', CONCAT(ACTION_TIMING, ' ', EVENT_MANIPULATION), ACTION_ORDER FROM information_schema.TRIGGERS WHERE TRIGGER_SCHEMA=?"},
	{Event, "SELECT EVENT_NAME, '', STATUS, TIME_ZONE, '', 0 FROM information_schema.EVENTS WHERE EVENT_SCHEMA=?"},
}

func (p *pair) loadObjects(ctx context.Context) error {
	g, ctx := errgroup.WithContext(ctx)
	for _, s := range []*side{p.source, p.target} {
		g.Go(func() error {
			if err := s.loadObjects(ctx, p.schemas, p.config.Tables); err != nil {
				return fmt.Errorf("compare views, routines, triggers and events: %s: %w", s.name, err)
			}
			return nil
		})
	}
	return g.Wait()
}

func (s *side) loadObjects(ctx context.Context, schemas []string, filter func(schema.Name) bool) (err error) {
	s.objects = map[Kind]map[schema.Name]*object{}
	conn, err := s.db.Conn(ctx)
	if err != nil {
		return err
	}
	// The session's default database is another one now, so it is not used again.
	defer func() { err = errors.Join(err, mysqldb.Discard(conn)) }()
	// A view's statement leaves out the database that is the session's default.
	if _, err := conn.ExecContext(ctx, "USE information_schema"); err != nil {
		return err
	}
	for _, q := range objectQueries {
		all := map[schema.Name]*object{}
		s.objects[q.kind] = all
		for _, database := range schemas {
			err := rows(ctx, conn, func(r *sql.Rows) error {
				o := &object{kind: q.kind, name: schema.Name{Schema: database}}
				if err := r.Scan(&o.name.Table, &o.table, &o.status, &o.timeZone, &o.slot, &o.order); err != nil {
					return err
				}
				own := strings.HasPrefix(o.name.Table, ownPrefix)
				if !own && (o.table == "" || filter(schema.Name{Schema: database, Table: o.table})) {
					all[o.name] = o
				}
				return nil
			}, q.query, database)
			if err != nil {
				return err
			}
		}
		for _, name := range names(all) {
			if err := all[name].load(ctx, conn); err != nil {
				return err
			}
		}
	}
	return nil
}

// load reads the statement. That it may not be seen, or that a view no longer
// has its tables, is noted with the object.
func (o *object) load(ctx context.Context, q queryer) error {
	var statement, mode, collation sql.NullString
	err := rows(ctx, q, func(r *sql.Rows) error {
		columns, err := r.Columns()
		if err != nil {
			return err
		}
		to := make([]any, len(columns))
		for i, c := range columns {
			switch strings.ToLower(c) {
			case "sql_mode":
				to[i] = &mode
			case "collation_connection":
				to[i] = &collation
			case "create " + string(o.kind), "sql original statement":
				to[i] = &statement
			default:
				to[i] = new(sql.RawBytes)
			}
		}
		return r.Scan(to...)
	}, "SHOW CREATE "+strings.ToUpper(string(o.kind))+" "+o.name.Quoted())
	if _, refused := mysqldb.Code(err); refused {
		o.unreadable = err.Error()
		return nil
	}
	if err != nil {
		return fmt.Errorf("show %s %s: %w", o.kind, o.name, err)
	}
	if !statement.Valid {
		o.unreadable = "the user may not see the definition"
		return nil
	}
	o.sqlMode, o.collation = mode.String, modernWord(collation.String)
	if err := o.parse(statement.String); err != nil {
		o.unreadable = err.Error()
	}
	return nil
}
