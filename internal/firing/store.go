package firing

import (
	"context"
	"database/sql"
	"fmt"
	"slices"

	"tandem/internal/mysqldb"
)

// Tables are the statements that create the store, on each side: what has to be
// there as soon as that side opens. A row stands for something that does not
// fire now; when it does, the row goes.
var Tables = [...]string{
	`CREATE DATABASE IF NOT EXISTS _tandem`,
	`CREATE TABLE IF NOT EXISTS _tandem.fired (
  migration varchar(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  kind enum('trigger','event') CHARACTER SET ascii NOT NULL,
  schema_name varchar(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  name varchar(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  table_name varchar(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  timing varchar(8) CHARACTER SET ascii NOT NULL,
  event varchar(8) CHARACTER SET ascii NOT NULL,
  position int unsigned NOT NULL,
  statement longblob NOT NULL,
  definer varchar(400) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  sql_mode varchar(1000) CHARACTER SET ascii NOT NULL,
  charset_client varchar(64) CHARACTER SET ascii NOT NULL,
  collation_connection varchar(64) CHARACTER SET ascii NOT NULL,
  collation_database varchar(64) CHARACTER SET ascii NOT NULL,
  time_zone varchar(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  status varchar(20) CHARACTER SET ascii NOT NULL,
  moves tinyint NOT NULL DEFAULT 0,
  saved_at timestamp(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6) ON UPDATE CURRENT_TIMESTAMP(6),
  PRIMARY KEY (migration, kind, schema_name, name)
) ENGINE=InnoDB`,
}

// Prepare creates the store.
func Prepare(ctx context.Context, db *sql.DB) error {
	for _, s := range Tables {
		if _, err := db.ExecContext(ctx, s); err != nil {
			return fmt.Errorf("prepare the store of triggers and events: %w", err)
		}
	}
	return nil
}

const columns = "kind, schema_name, name, table_name, timing, event, position, statement, definer, sql_mode, charset_client," +
	" collation_connection, collation_database, time_zone, status"

// stored reads what is stored of a scope, in the order in which it is made.
func stored(ctx context.Context, db queryer, s *Scope) ([]*Object, error) {
	var all []*Object
	err := each(ctx, db, func(r *sql.Rows) error {
		o := &Object{}
		err := r.Scan(&o.Kind, &o.Name.Schema, &o.Name.Table, &o.Table, &o.Timing, &o.Event, &o.Order, &o.Statement, &o.Definer, &o.SQLMode,
			&o.Charset, &o.Collation, &o.DatabaseCollation, &o.TimeZone, &o.Status)
		if err == nil && s.has(o) {
			all = append(all, o)
		}
		return err
	}, "SELECT "+columns+" FROM _tandem.fired WHERE migration=?", s.Migration)
	if mysqldb.IsNoSuchTable(err) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read the stored triggers and events: %w", err)
	}
	slices.SortFunc(all, compare)
	return all, nil
}

type execer interface {
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
}

// store keeps objects, in place of what is stored under their names.
func store(ctx context.Context, db execer, migration string, objects []*Object) error {
	for _, o := range objects {
		_, err := db.ExecContext(ctx, "REPLACE INTO _tandem.fired (migration, "+columns+") VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
			migration, string(o.Kind), o.Name.Schema, o.Name.Table, o.Table, o.Timing, o.Event, o.Order, []byte(o.Statement), o.Definer, o.SQLMode,
			o.Charset, o.Collation, o.DatabaseCollation, o.TimeZone, o.Status)
		if err != nil {
			return fmt.Errorf("store %s: %w", o, err)
		}
	}
	return nil
}

// forget removes objects from the store.
func forget(ctx context.Context, db execer, migration string, objects []*Object) error {
	for _, o := range objects {
		_, err := db.ExecContext(ctx, "DELETE FROM _tandem.fired WHERE migration=? AND kind=? AND schema_name=? AND name=?",
			migration, string(o.Kind), o.Name.Schema, o.Name.Table)
		if err != nil {
			return fmt.Errorf("remove %s from the store: %w", o, err)
		}
	}
	return nil
}

// announceEvents notes which databases' events move with the next handover of a
// scope's tables. Groups that move together open one after the other, each
// before the next one's record is there, so their records alone do not tell.
func announceEvents(ctx context.Context, db execer, s *Scope) error {
	for _, d := range schemas(s.Tables) {
		_, err := db.ExecContext(ctx, "UPDATE _tandem.fired SET moves=? WHERE migration=? AND kind='event' AND schema_name=?",
			slices.Contains(s.Events, d), s.Migration, d)
		if err != nil {
			return fmt.Errorf("note that the events of database %s move: %w", d, err)
		}
	}
	return nil
}

// announcedEvents are those databases of a scope's tables whose events have been
// announced.
func announcedEvents(ctx context.Context, db queryer, s *Scope) (databases []string, err error) {
	own := schemas(s.Tables)
	err = each(ctx, db, func(r *sql.Rows) error {
		var d string
		err := r.Scan(&d)
		if err == nil && slices.Contains(own, d) {
			databases = append(databases, d)
		}
		return err
	}, "SELECT DISTINCT schema_name FROM _tandem.fired WHERE migration=? AND kind='event' AND moves=1", s.Migration)
	if mysqldb.IsNoSuchTable(err) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("look which events move: %w", err)
	}
	return databases, nil
}
