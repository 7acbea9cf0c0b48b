package replicate

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"tandem/internal/mysqldb"
	"tandem/replicate/applier"
)

// deadAfter is how long a link may be silent before it is taken for dead.
const deadAfter = 6 * time.Second

// ReadStatus asks both servers how a link stands, from anywhere: the process
// that runs the link need not be on this machine, or alive. The source may be
// out of reach; what it would have said is missing then, and Error says so.
func ReadStatus(ctx context.Context, cfg Config) (Status, error) {
	r := &statusReader{cfg: &cfg}
	target, err := mysqldb.Open(ctx, cfg.Target, mysqldb.Options{MaxConns: 2})
	if err != nil {
		return Status{}, err
	}
	defer target.Close()
	r.target = target
	if err := r.published(ctx); err != nil {
		return Status{}, err
	}
	if !r.st.Daemon.Running {
		r.refresh(ctx)
	}
	r.st.Conflicts, r.st.Breaches = kept(ctx, target, cfg.Name())
	r.st.At = time.Now().UTC()
	r.st.Next = next(&r.st)
	return r.st, nil
}

// kept counts the conflicts and breaches that a link has kept. Where there is
// nothing to count yet it is none.
func kept(ctx context.Context, db *sql.DB, link string) (conflicts, breaches int64) {
	_ = db.QueryRowContext(ctx, `SELECT COUNT(*) FROM _tandem.conflict WHERE link = ?`, link).Scan(&conflicts)
	_ = db.QueryRowContext(ctx, `SELECT COUNT(*) FROM _tandem.breach WHERE link = ?`, link).Scan(&breaches)
	return conflicts, breaches
}

type statusReader struct {
	cfg    *Config
	target *sql.DB
	st     Status
}

// published reads what the link said last.
func (r *statusReader) published(ctx context.Context) error {
	r.st = Status{
		Migration: r.cfg.Migration, Link: r.cfg.Direction, State: NotStarted,
		Source: Server{Address: r.cfg.Source.Addr}, Target: Server{Address: r.cfg.Target.Addr},
	}
	var detail string
	var silent int64
	err := r.target.QueryRowContext(ctx,
		`SELECT detail, TIMESTAMPDIFF(MICROSECOND, seen_at, CURRENT_TIMESTAMP(6)) FROM _tandem.link WHERE link = ?`, r.cfg.Name()).
		Scan(&detail, &silent)
	switch {
	case errors.Is(err, sql.ErrNoRows) || mysqldb.IsNoSuchTable(err):
		return nil
	case err != nil:
		return fmt.Errorf("read the link's status: %w", err)
	}
	if err := json.Unmarshal([]byte(detail), &r.st); err != nil {
		return fmt.Errorf("read the link's status: %w", err)
	}
	ago := time.Duration(silent) * time.Microsecond
	r.st.Daemon.Seen = time.Now().UTC().Add(-ago)
	if r.st.Daemon.Running && ago > deadAfter {
		r.st.Daemon.Running = false
		r.st.State = Failed
		r.st.Error = fmt.Sprintf("the process has not been heard of for %s", ago.Round(time.Second))
	}
	return nil
}

// refresh replaces what only a living link keeps up to date.
func (r *statusReader) refresh(ctx context.Context) {
	if c, err := applier.LoadCheckpoint(ctx, r.target, r.cfg.Name()); err == nil {
		r.st.Applied = Applied{GTID: c.Position.String(), File: c.Offset.File, Pos: c.Offset.Pos, Committed: c.Committed}
	}
	r.st.Stream.PerSecond, r.st.Copy.RowsPerSec, r.st.Copy.ETASeconds = 0, 0, -1
	if err := r.askSource(ctx); err != nil && r.st.Error == "" {
		r.st.Error = err.Error()
	}
}

func (r *statusReader) askSource(ctx context.Context) error {
	source, err := mysqldb.Open(ctx, r.cfg.Source, mysqldb.Options{MaxConns: 1})
	if err != nil {
		return err
	}
	defer source.Close()
	facts, err := mysqldb.LoadFacts(ctx, source)
	if err != nil {
		return fmt.Errorf("look at the source: %w", err)
	}
	st := &r.st
	st.Source.Version, st.Source.UUID, st.Source.Executed = facts.Version.String(), facts.ServerUUID, facts.GTIDExecuted.String()
	if st.Applied.GTID == "" {
		return nil
	}
	c, err := applier.LoadCheckpoint(ctx, r.target, r.cfg.Name())
	if err != nil {
		return err
	}
	st.Lag = Lag{Transactions: facts.GTIDExecuted.Subtract(c.Position).Count()}
	if end, err := mysqldb.BinlogEnd(ctx, source); err == nil {
		st.Source.File, st.Source.Pos = end.File, end.Pos
		if files, err := mysqldb.BinlogFiles(ctx, source); err == nil && st.Lag.Transactions > 0 {
			st.Lag.Bytes = mysqldb.BytesBetween(files, c.Offset, end)
		}
	}
	lag(st, c.Position)
	return nil
}

// next says what to type.
func next(st *Status) []string {
	switch {
	case st.State == NotStarted:
		return []string{"tandem replicate   begin to copy and stream"}
	case st.Conflicts > 0 && !st.Daemon.Running:
		return []string{
			"look at _tandem.conflict on the target: SELECT * FROM _tandem.conflict ORDER BY id DESC LIMIT 10",
			"tandem replicate   go on from the checkpoint, once the rows are put right",
		}
	case !st.Daemon.Running:
		return []string{"tandem replicate   go on from the checkpoint"}
	}
	return nil
}
