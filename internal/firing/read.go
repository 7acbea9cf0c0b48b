package firing

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"

	"tandem/internal/mysqldb"
	"tandem/internal/schema"
)

// ownPrefix begins the names of what tandem itself puts into databases.
const ownPrefix = "_tandem"

// lists say what there is of each kind in a database.
var lists = map[Kind]string{
	Trigger: "SELECT TRIGGER_NAME, EVENT_OBJECT_TABLE, ACTION_TIMING, EVENT_MANIPULATION, ACTION_ORDER, DEFINER, DATABASE_COLLATION, '', ''" +
		" FROM information_schema.TRIGGERS WHERE TRIGGER_SCHEMA=?",
	Event: "SELECT EVENT_NAME, '', '', '', 0, DEFINER, DATABASE_COLLATION, TIME_ZONE, STATUS FROM information_schema.EVENTS WHERE EVENT_SCHEMA=?",
	View:  "SELECT TABLE_NAME, '', '', '', 0, DEFINER, '', '', '' FROM information_schema.VIEWS WHERE TABLE_SCHEMA=?",
	Procedure: "SELECT ROUTINE_NAME, '', '', '', 0, DEFINER, DATABASE_COLLATION, '', '' FROM information_schema.ROUTINES" +
		" WHERE ROUTINE_TYPE='PROCEDURE' AND ROUTINE_SCHEMA=?",
	Function: "SELECT ROUTINE_NAME, '', '', '', 0, DEFINER, DATABASE_COLLATION, '', '' FROM information_schema.ROUTINES" +
		" WHERE ROUTINE_TYPE='FUNCTION' AND ROUTINE_SCHEMA=?",
}

// list returns the application's objects of a kind in some databases, without
// their statements, in the order in which they have to be made.
func list(ctx context.Context, db queryer, kind Kind, databases []string) ([]*Object, error) {
	var all []*Object
	for _, d := range databases {
		err := each(ctx, db, func(r *sql.Rows) error {
			o := &Object{Kind: kind, Name: schema.Name{Schema: d}}
			err := r.Scan(&o.Name.Table, &o.Table, &o.Timing, &o.Event, &o.Order, &o.Definer, &o.DatabaseCollation, &o.TimeZone, &o.Status)
			if err == nil && !strings.HasPrefix(o.Name.Table, ownPrefix) {
				if o.Status != "" && o.Status != enabled {
					o.Status = disabled // on a replica, for one
				}
				all = append(all, o)
			}
			return err
		}, lists[kind], d)
		if err != nil {
			return nil, fmt.Errorf("list the %ss of database %s: %w", kind, d, err)
		}
	}
	slices.SortFunc(all, compare)
	return all, nil
}

// compare orders objects by name, and triggers as they fire.
func compare(a, b *Object) int {
	key := func(o *Object) string {
		if o.Kind == Trigger {
			return fmt.Sprintf("%s\x00%s\x00%s\x00%s\x00%09d", o.Name.Schema, o.Table, o.Timing, o.Event, o.Order)
		}
		return o.Name.Schema + "\x00" + o.Name.Table
	}
	return strings.Compare(key(a), key(b))
}

// read reads the statements of objects, byte for byte, over a connection of its
// own. One that is gone by now is left out.
func read(ctx context.Context, db *sql.DB, objects []*Object) (found []*Object, err error) {
	if len(objects) == 0 {
		return nil, nil
	}
	conn, err := db.Conn(ctx)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, mysqldb.Discard(conn)) }()
	// No conversion of what was written in another character set. Names in a
	// view's statement are complete if the session is in another database.
	for _, s := range []string{"USE information_schema", "SET SESSION character_set_results=NULL, sql_mode=''"} {
		if _, err := conn.ExecContext(ctx, s); err != nil {
			return nil, fmt.Errorf("read definitions: %w", err)
		}
	}
	for _, o := range objects {
		there, err := o.load(ctx, conn)
		if err != nil {
			return nil, err
		}
		if there {
			found = append(found, o)
		}
	}
	return found, nil
}

// load reads one statement.
func (o *Object) load(ctx context.Context, conn queryer) (there bool, err error) {
	var statement, mode, charset, collation sql.NullString
	err = each(ctx, conn, func(r *sql.Rows) error {
		columns, err := r.Columns()
		if err != nil {
			return err
		}
		to := make([]any, len(columns))
		for i, c := range columns {
			switch strings.ToLower(c) {
			case "sql_mode":
				to[i] = &mode
			case "character_set_client":
				to[i] = &charset
			case "collation_connection":
				to[i] = &collation
			case "create " + string(o.Kind), "sql original statement":
				to[i] = &statement
			default:
				to[i] = new(sql.RawBytes)
			}
		}
		there = true
		return r.Scan(to...)
	}, "SHOW CREATE "+strings.ToUpper(string(o.Kind))+" "+o.Name.Quoted())
	if code, _ := mysqldb.Code(err); slices.Contains(gone, code) {
		return false, nil
	}
	if err == nil && there && !statement.Valid {
		err = fmt.Errorf("the user may not see the definition: GRANT SHOW_ROUTINE, or SELECT, ON *.* to it")
	}
	if err != nil {
		return false, fmt.Errorf("read the definition of %s: %w", o, err)
	}
	o.Statement, o.SQLMode, o.Charset, o.Collation = statement.String, mode.String, charset.String, collation.String
	return there, nil
}

// gone are the errors of SHOW CREATE for what has been dropped meanwhile: a
// table, a trigger, a routine, an event.
var gone = []uint16{1146, 1360, 1305, 1539}

// live reads the triggers of tables and the events of databases.
func live(ctx context.Context, db *sql.DB, s *Scope) (triggers, events []*Object, err error) {
	triggers, err = list(ctx, db, Trigger, schemas(s.Tables))
	if err != nil {
		return nil, nil, err
	}
	triggers = slices.DeleteFunc(triggers, func(o *Object) bool { return !s.has(o) })
	if events, err = list(ctx, db, Event, s.Events); err != nil {
		return nil, nil, err
	}
	if triggers, err = read(ctx, db, triggers); err != nil {
		return nil, nil, err
	}
	events, err = read(ctx, db, events)
	return triggers, events, err
}

type queryer interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

// each calls do for each row.
func each(ctx context.Context, db queryer, do func(*sql.Rows) error, query string, args ...any) (err error) {
	rows, err := db.QueryContext(ctx, query, args...)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		if err := do(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}

func schemas(tables []schema.Name) []string {
	var all []string
	for _, t := range tables {
		if !slices.Contains(all, t.Schema) {
			all = append(all, t.Schema)
		}
	}
	return all
}
