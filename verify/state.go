package verify

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"tandem/internal/change"
	"tandem/internal/mysqldb"
	"tandem/internal/schema"
)

// What is kept on the target: verify_run and verify_table are for an interrupted
// run to go on, verified is what has been proven, for gates and for status.
var stateTables = [...]string{
	`CREATE DATABASE IF NOT EXISTS _tandem`,
	`CREATE TABLE IF NOT EXISTS _tandem.verify_run (
  migration varchar(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  config char(64) CHARACTER SET ascii NOT NULL,
  position longtext CHARACTER SET ascii NOT NULL,
  target_position longtext CHARACTER SET ascii NULL,
  started_at datetime(6) NOT NULL,
  PRIMARY KEY (migration)
) ENGINE=InnoDB`,
	`CREATE TABLE IF NOT EXISTS _tandem.verify_table (
  migration varchar(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  table_schema varchar(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  table_name varchar(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  track longtext CHARACTER SET utf8mb4 NOT NULL,
  PRIMARY KEY (migration, table_schema, table_name)
) ENGINE=InnoDB`,
	`CREATE TABLE IF NOT EXISTS _tandem.verified (
  migration varchar(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  table_schema varchar(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  table_name varchar(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  position longtext CHARACTER SET ascii NOT NULL,
  target_position longtext CHARACTER SET ascii NULL,
  epoch bigint unsigned NOT NULL DEFAULT 0,
  pending bigint unsigned NOT NULL,
  mismatches bigint unsigned NOT NULL,
  unlisted bigint unsigned NOT NULL,
  doubtful longtext CHARACTER SET ascii NOT NULL,
  full_at datetime(6) NOT NULL,
  verified_at datetime(6) NOT NULL,
  PRIMARY KEY (migration, table_schema, table_name)
) ENGINE=InnoDB`,
}

// stateColumns came later: what was kept without them is kept on, with no position
// of the target.
var stateColumns = [...]stateColumn{
	{"verify_run", "target_position", "longtext CHARACTER SET ascii NULL"},
	{"verified", "target_position", "longtext CHARACTER SET ascii NULL"},
	{"verified", "epoch", "bigint unsigned NOT NULL DEFAULT 0"},
}

type stateColumn struct{ table, name, definition string }

// saveEvery is how often a run notes how far it is, savePatience how long that may
// take: giving it up costs the connection.
const (
	saveEvery    = time.Second
	savePatience = 30 * time.Second
)

// state is what a run keeps on the target.
type state struct {
	db        *sql.DB
	migration string
	// own is the connection that holds the lock of the run that can go on after an
	// interruption, and writes what is kept for that: who has lost the lock can not
	// write. It is nil while another run has the lock.
	own *sql.Conn
	// standing is where both sides were when the run began: what is proven is proven
	// for that. half is set where that of the target is not known.
	*standing
	half    bool
	resumed bool
}

// openState makes the tables. Without the right to it a run works as well, but
// can not go on after an interruption: it returns nil then.
func (r *run) openState(ctx context.Context) (*state, error) {
	db := r.dbs[target]
	var have int
	err := db.QueryRowContext(ctx, "SELECT COUNT(*) FROM information_schema.COLUMNS WHERE TABLE_SCHEMA='_tandem'"+
		" AND (TABLE_NAME IN ('verify_run','verified') AND COLUMN_NAME IN ('target_position','epoch') OR TABLE_NAME='verify_table' AND COLUMN_NAME='track')").Scan(&have)
	if err != nil {
		return nil, fmt.Errorf("look for the tables of tandem's own on %s: %w", r.cfg.Target.Name, err)
	}
	if have < len(stateColumns)+1 {
		if err := makeState(ctx, db); err != nil {
			if mysqldb.IsLostConnection(err) || ctx.Err() != nil {
				return nil, fmt.Errorf("make tables of tandem's own on %s: %w", r.cfg.Target.Name, err)
			}
			r.cfg.Logger.Warn("nothing is kept of this run: an interrupted one will begin anew", "error", err)
			return nil, nil
		}
	}
	// Who may only read is told now, not when the work is done. Rights are checked
	// before rows are looked for, of which there are none.
	if _, err := db.ExecContext(ctx, "DELETE FROM _tandem.verify_run WHERE FALSE"); mysqldb.IsAccessDenied(err) {
		r.cfg.Logger.Warn("nothing is kept of this run: an interrupted one will begin anew", "error", err)
		return nil, nil
	} else if err != nil {
		return nil, fmt.Errorf("look at the tables of tandem's own on %s: %w", r.cfg.Target.Name, err)
	}
	s, err := r.stand(ctx)
	if err != nil {
		return nil, err
	}
	return &state{db: db, migration: r.cfg.Migration, standing: s}, nil
}

// makeState makes the tables, and adds the columns that they lack.
func makeState(ctx context.Context, db *sql.DB) error {
	for _, sql := range stateTables {
		if _, err := db.ExecContext(ctx, sql); err != nil {
			return err
		}
	}
	late, err := lateColumns(ctx, db)
	if err != nil {
		return err
	}
	for _, c := range late {
		if _, err := db.ExecContext(ctx, "ALTER TABLE _tandem."+c.table+" ADD COLUMN "+c.name+" "+c.definition); err != nil {
			return err
		}
	}
	return nil
}

// lateColumns are those of stateColumns that tables lack.
func lateColumns(ctx context.Context, db *sql.DB) ([]stateColumn, error) {
	var late []stateColumn
	for _, c := range stateColumns {
		var tables, columns int
		err := db.QueryRowContext(ctx, "SELECT (SELECT COUNT(*) FROM information_schema.TABLES WHERE TABLE_SCHEMA='_tandem' AND TABLE_NAME=?),"+
			" (SELECT COUNT(*) FROM information_schema.COLUMNS WHERE TABLE_SCHEMA='_tandem' AND TABLE_NAME=? AND COLUMN_NAME=?)",
			c.table, c.table, c.name).Scan(&tables, &columns)
		if err != nil {
			return nil, err
		}
		if tables > columns {
			late = append(late, c)
		}
	}
	return late, nil
}

// lock takes the lock of the run whose progress is kept. It is left with the
// connection.
func (s *state) lock(ctx context.Context) (bool, error) {
	conn, err := s.db.Conn(ctx)
	if err != nil {
		return false, fmt.Errorf("look whether another run is going on: %w", err)
	}
	// Names have no more than 64 characters, and are the server's.
	sum := sha256.Sum256([]byte(s.migration))
	var got sql.NullInt64
	if err := conn.QueryRowContext(ctx, "SELECT GET_LOCK(?,0)", "tandem verify "+hex.EncodeToString(sum[:16])).Scan(&got); err != nil {
		return false, errors.Join(fmt.Errorf("look whether another run is going on: %w", err), conn.Close())
	}
	if got.Int64 != 1 {
		return false, conn.Close()
	}
	s.own = conn
	return true, nil
}

// close leaves the lock.
func (s *state) close() {
	if s == nil || s.own == nil {
		return
	}
	// The connection ends with its pool, and the lock with it.
	_ = s.own.Close()
}

// begin goes on with an interrupted run of the same configuration, or begins one.
// Beside another run nothing is kept: each would go on where the other was.
func (s *state) begin(ctx context.Context, r *run) error {
	locked, err := s.lock(ctx)
	if err != nil {
		return err
	}
	if !locked {
		r.cfg.Logger.Warn("another comparison of this migration is going on: this one begins anew, and so it will after an interruption")
		return nil
	}
	hash := r.configHash()
	var config, position string
	var other sql.NullString
	err = s.own.QueryRowContext(ctx, "SELECT config, position, target_position FROM _tandem.verify_run WHERE migration=?", s.migration).Scan(&config, &position, &other)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return fmt.Errorf("look for an interrupted run: %w", err)
	}
	if err == nil && config == hash && !r.cfg.Fresh {
		if s.at[source], err = change.ParseGTIDSet(position); err == nil {
			s.at[target], err = change.ParseGTIDSet(other.String)
		}
		if err != nil {
			return fmt.Errorf("look for an interrupted run: %w", err)
		}
		s.resumed, s.half = true, !other.Valid
		return s.resume(ctx, r)
	}
	if err := s.end(ctx); err != nil {
		return err
	}
	_, err = s.own.ExecContext(ctx, "REPLACE INTO _tandem.verify_run (migration, config, position, target_position, started_at) VALUES (?,?,?,?,UTC_TIMESTAMP(6))",
		s.migration, hash, s.at[source].String(), s.at[target].String())
	if err != nil {
		return fmt.Errorf("note the beginning of the run: %w", err)
	}
	return nil
}

// configHash is the digest of what must be the same for a run to go on: the
// servers, the tables as they are, the sample. Not how they are reached, nor by
// how many connections.
func (r *run) configHash() string {
	h := sha256.New()
	fmt.Fprintf(h, "1\n%q %q %v\n", r.facts[source].ServerUUID, r.facts[target].ServerUUID, r.cfg.Sample)
	for _, t := range r.tables {
		fmt.Fprintf(h, "%q", t.name.String())
		for _, def := range t.defs {
			if def != nil {
				fmt.Fprintf(h, " %s", def.Fingerprint)
			}
		}
		fmt.Fprintln(h)
	}
	return hex.EncodeToString(h.Sum(nil))
}

// resume brings the tables to where the interrupted run was.
func (s *state) resume(ctx context.Context, r *run) error {
	rows, err := s.own.QueryContext(ctx, "SELECT table_schema, table_name, track FROM _tandem.verify_table WHERE migration=?", s.migration)
	if err != nil {
		return fmt.Errorf("read how far the interrupted run was: %w", err)
	}
	defer rows.Close()
	tables := map[schema.Name]*table{}
	for _, t := range r.queue {
		tables[t.name] = t
	}
	for rows.Next() {
		var name schema.Name
		var text string
		if err := rows.Scan(&name.Schema, &name.Table, &text); err != nil {
			return fmt.Errorf("read how far the interrupted run was: %w", err)
		}
		t := tables[name]
		if t == nil || t.spaces[source] == nil {
			continue
		}
		var k track
		if err := json.Unmarshal([]byte(text), &k); err != nil {
			return fmt.Errorf("read how far the interrupted run was with %s: %w", name, err)
		}
		if err := t.resume(k); err != nil {
			return fmt.Errorf("read how far the interrupted run was with %s: %w", name, err)
		}
		r.rows.Add(k.RowsSource)
		r.bytes.Add(k.Bytes)
	}
	return rows.Err()
}

// save notes how far the tables are.
func (s *state) save(ctx context.Context, tables []*table) error {
	for _, t := range tables {
		t.mu.Lock()
		k := t.track
		k.Again = append([][2]string(nil), k.Again...)
		changed := k.Chunks+len(k.Again) > 0 && !t.saved(k)
		t.mu.Unlock()
		if !changed {
			continue
		}
		text, err := json.Marshal(k)
		if err != nil {
			return fmt.Errorf("note how far %s is: %w", t.name, err)
		}
		_, err = s.own.ExecContext(ctx, "REPLACE INTO _tandem.verify_table (migration, table_schema, table_name, track) VALUES (?,?,?,?)",
			s.migration, t.name.Schema, t.name.Table, string(text))
		if err != nil {
			return fmt.Errorf("note how far %s is: %w", t.name, err)
		}
	}
	return nil
}

// saved tells whether a track is what was saved last. t.mu is held.
func (t *table) saved(k track) bool {
	now := fmt.Sprint(k.Lower, k.Ended, len(k.Again), k.Chunks)
	same := t.lastSaved == now
	t.lastSaved = now
	return same
}

// end forgets a run that has come to its end. Should its connection be lost, the
// lock is taken again; a run that has it meanwhile has begun anew.
func (s *state) end(ctx context.Context) error {
	if s.own == nil {
		return nil
	}
	err := s.forget(ctx)
	if !errors.Is(err, sql.ErrConnDone) && !mysqldb.IsLostConnection(err) {
		return err
	}
	_ = s.own.Close() // it is lost
	s.own = nil
	if locked, err := s.lock(ctx); err != nil || !locked {
		return err
	}
	return s.forget(ctx)
}

func (s *state) forget(ctx context.Context) error {
	for _, name := range []string{"verify_table", "verify_run"} {
		if _, err := s.own.ExecContext(ctx, "DELETE FROM _tandem."+name+" WHERE migration=?", s.migration); err != nil {
			return fmt.Errorf("forget the run: %w", err)
		}
	}
	return nil
}

// keep saves now and then until ctx ends, and once more then.
func (s *state) keep(ctx context.Context, r *run) {
	if s.own == nil {
		return
	}
	tick := time.NewTicker(saveEvery)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
		case <-ctx.Done():
			s.try(ctx, r)
			return
		}
		s.try(ctx, r)
	}
}

// try saves. That it fails is no reason to end a run that goes well.
// The end of ctx does not stop it: that would cost the connection.
func (s *state) try(ctx context.Context, r *run) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), savePatience)
	defer cancel()
	if err := s.save(ctx, r.tables); err != nil {
		r.cfg.Logger.Warn("could not note how far the run is", "error", err)
	}
}
