package applier

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"tandem/internal/change"
)

// Tables are the statements that create what the applier keeps on the side
// that it writes to, next to the data.
var Tables = [...]string{
	`CREATE DATABASE IF NOT EXISTS _tandem`,
	`CREATE TABLE IF NOT EXISTS _tandem.checkpoint (
  link varchar(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  lane smallint unsigned NOT NULL,
  lanes smallint unsigned NOT NULL,
  epoch bigint unsigned NOT NULL,
  position longtext CHARACTER SET ascii NOT NULL,
  binlog_file varchar(255) CHARACTER SET ascii NOT NULL DEFAULT '',
  binlog_pos bigint unsigned NOT NULL DEFAULT 0,
  committed_at datetime(6) NULL,
  PRIMARY KEY (link, lane)
) ENGINE=InnoDB`,
	`CREATE TABLE IF NOT EXISTS _tandem.conflict (
  id bigint unsigned NOT NULL AUTO_INCREMENT,
  link varchar(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  gtid varchar(128) CHARACTER SET ascii NOT NULL,
  table_name varchar(256) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  operation varchar(16) CHARACTER SET ascii NOT NULL,
  reason varchar(1000) CHARACTER SET utf8mb4 NOT NULL,
  row_key longtext CHARACTER SET utf8mb4,
  before_image longtext CHARACTER SET utf8mb4,
  after_image longtext CHARACTER SET utf8mb4,
  found_row longtext CHARACTER SET utf8mb4,
  seen_at timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP,
  PRIMARY KEY (id),
  KEY (link, gtid)
) ENGINE=InnoDB`,
	`CREATE TABLE IF NOT EXISTS _tandem.statement (
  link varchar(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  gtid varchar(128) CHARACTER SET ascii NOT NULL,
  statement longtext CHARACTER SET utf8mb4 NOT NULL,
  fingerprints longtext CHARACTER SET utf8mb4 NOT NULL,
  PRIMARY KEY (link)
) ENGINE=InnoDB`,
}

// Checkpoint is where a link stands, as its target keeps it.
type Checkpoint struct {
	Link  string
	Epoch uint64
	// Position holds every source transaction that is applied, or that had
	// nothing to apply.
	Position change.GTIDSet
	// Offset is the place in the source's binlog that belongs to Position. It is
	// for people and for lag in bytes: nothing starts from it.
	Offset change.Offset
	// Committed is when the last applied transaction was committed on the source.
	Committed time.Time
}

// ErrNoCheckpoint is returned for a link that was never started.
var ErrNoCheckpoint = errors.New("no checkpoint")

// querier is what *sql.DB, *sql.Conn and *sql.Tx have in common.
type querier interface {
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
}

// LoadCheckpoint reads where a link stands, or returns [ErrNoCheckpoint].
func LoadCheckpoint(ctx context.Context, db querier, link string) (Checkpoint, error) {
	c := Checkpoint{Link: link}
	var position string
	var committed sql.NullString
	err := db.QueryRowContext(ctx,
		`SELECT epoch, position, binlog_file, binlog_pos, committed_at FROM _tandem.checkpoint WHERE link = ? AND lane = 0`, link).
		Scan(&c.Epoch, &position, &c.Offset.File, &c.Offset.Pos, &committed)
	if errors.Is(err, sql.ErrNoRows) {
		return c, fmt.Errorf("read checkpoint of link %s: %w", link, ErrNoCheckpoint)
	}
	if err != nil {
		return c, fmt.Errorf("read checkpoint of link %s: %w", link, err)
	}
	if c.Position, err = change.ParseGTIDSet(position); err != nil {
		return c, fmt.Errorf("read checkpoint of link %s: %w", link, err)
	}
	if committed.Valid {
		c.Committed, _ = time.Parse(time.DateTime, committed.String)
	}
	return c, nil
}

// CreateCheckpoint writes the first checkpoint of a link. It fails if the link
// has one.
func CreateCheckpoint(ctx context.Context, db querier, link string, from change.GTIDSet) error {
	_, err := db.ExecContext(ctx,
		`INSERT INTO _tandem.checkpoint (link, lane, lanes, epoch, position) VALUES (?, 0, 1, 0, ?)`, link, from.String())
	if err != nil {
		return fmt.Errorf("create checkpoint of link %s: %w", link, err)
	}
	return nil
}

// Claim raises the epoch of a link, which fences every replicator that claimed
// it before, and returns the checkpoint as it stands from then on.
func Claim(ctx context.Context, db *sql.DB, link string) (Checkpoint, error) {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return Checkpoint{}, fmt.Errorf("claim link %s: %w", link, err)
	}
	defer tx.Rollback()
	if _, err := tx.ExecContext(ctx, `UPDATE _tandem.checkpoint SET epoch = epoch + 1 WHERE link = ?`, link); err != nil {
		return Checkpoint{}, fmt.Errorf("claim link %s: %w", link, err)
	}
	c, err := LoadCheckpoint(ctx, tx, link)
	if err != nil {
		return c, err
	}
	if err := tx.Commit(); err != nil {
		return c, fmt.Errorf("claim link %s: %w", link, err)
	}
	return c, nil
}
