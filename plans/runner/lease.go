package runner

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"tandem/internal/mysqldb"
	"tandem/internal/ownership"
)

// Lease lets one runner at a time work on a migration.
//
// Two things make it. An advisory lock on each side ends with its connection, so
// it is free at once when a runner dies, and says at once that one is there. But
// it says nothing about a runner that was stopped, lost its connections, and
// wakes up while another is at work. So each runner raises an epoch, in a row on
// both sides, and whatever matters is conditional on it: the transaction that
// hands over writes the row (Lease.Hold) and fails when the epoch is another's.
type Lease struct {
	migration string
	epoch     uint64
	sides     map[ownership.Side]Database
	locks     map[ownership.Side]*mysqldb.AdvisoryLock
}

// HeldError says that another runner is at work.
type HeldError struct {
	Host    string
	Process int64
	Run     string
	Since   time.Time
	Side    ownership.Side
	Err     error
}

// Error implements error.
func (e *HeldError) Error() string {
	if e.Host == "" {
		return fmt.Sprintf("another tandem is at work on the plan (%v)", e.Err)
	}
	return fmt.Sprintf("another tandem is at work on the plan: process %d on %s, since %s, run %s", e.Process, e.Host, e.Since.Format(time.RFC3339), e.Run)
}

// Unwrap returns the cause.
func (e *HeldError) Unwrap() error { return e.Err }

// Hint says what to type next.
func (e *HeldError) Hint() string {
	return "tandem plan abort stops it\nif that process hangs, end it, or give --take-over: it can do no harm when it wakes up"
}

// LostError says that another runner has taken over.
type LostError struct{ Epoch, Now uint64 }

// Error implements error.
func (e *LostError) Error() string {
	return fmt.Sprintf("another tandem has taken over this plan (epoch %d, this one's is %d); nothing was changed", e.Now, e.Epoch)
}

// Owner is who holds a lease, as its row says.
type Owner struct {
	Epoch   uint64    `json:"epoch"`
	Run     string    `json:"run,omitempty"`
	Host    string    `json:"host"`
	Process int64     `json:"process"`
	Since   time.Time `json:"since"`
}

// stateTables are the runner's tables, on both sides.
var stateTables = [...]string{
	`CREATE DATABASE IF NOT EXISTS _tandem`,
	`CREATE TABLE IF NOT EXISTS _tandem.run (
  migration varchar(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  epoch bigint unsigned NOT NULL,
  run varchar(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  host varchar(255) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  process bigint NOT NULL,
  since datetime(6) NOT NULL,
  held bigint unsigned NOT NULL DEFAULT 0,
  PRIMARY KEY (migration)
) ENGINE=InnoDB`,
	`CREATE TABLE IF NOT EXISTS _tandem.request (
  id bigint unsigned NOT NULL AUTO_INCREMENT,
  migration varchar(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  run varchar(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  kind varchar(16) CHARACTER SET ascii NOT NULL,
  stage varchar(191) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  digest varchar(64) CHARACTER SET ascii NOT NULL,
  who varchar(255) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  at datetime(6) NOT NULL,
  taken tinyint NOT NULL DEFAULT 0,
  PRIMARY KEY (id)
) ENGINE=InnoDB`,
}

// createState makes the tables where they are missing.
func createState(ctx context.Context, db *sql.DB) error {
	for _, q := range stateTables {
		if _, err := db.ExecContext(ctx, q); err != nil {
			return fmt.Errorf("create the runner's tables: %w", err)
		}
	}
	return nil
}

// LeaseOptions say who asks.
type LeaseOptions struct {
	Host    string
	Process int
	// TakeOver ends the connection of whoever holds the lease.
	TakeOver bool
	// Wait is how long one that is held is waited for.
	Wait time.Duration
}

// Acquire takes the lease on all the sides that are given, the source first.
func Acquire(ctx context.Context, migration string, sides map[ownership.Side]Database, o LeaseOptions) (_ *Lease, err error) {
	l := &Lease{migration: migration, sides: sides, locks: map[ownership.Side]*mysqldb.AdvisoryLock{}}
	defer func() {
		if err != nil {
			err = errors.Join(err, l.Close())
		}
	}()
	before := map[ownership.Side]uint64{}
	for _, side := range bothSides {
		d, there := sides[side]
		if !there {
			continue
		}
		if err := createState(ctx, d.DB); err != nil {
			return nil, fmt.Errorf("%s: %w", side, err)
		}
		if err := l.lock(ctx, side, o); err != nil {
			return nil, err
		}
		owner, err := ReadLease(ctx, d.DB, migration)
		if err != nil {
			return nil, err
		}
		before[side] = owner.Epoch
		l.epoch = max(l.epoch, owner.Epoch+1)
	}
	for side, epoch := range before {
		if err := l.raise(ctx, side, epoch, o); err != nil {
			return nil, err
		}
	}
	return l, nil
}

var bothSides = [...]ownership.Side{ownership.Source, ownership.Target}

func lockName(migration string) string { return "tandem-run:" + migration }

func (l *Lease) lock(ctx context.Context, side ownership.Side, o LeaseOptions) error {
	db := l.sides[side].DB
	lock, err := mysqldb.AcquireLock(ctx, db, lockName(l.migration), o.Wait)
	var held *mysqldb.LockHeldError
	if errors.As(err, &held) && o.TakeOver && held.Connection != 0 {
		if _, err := db.ExecContext(ctx, fmt.Sprintf("KILL %d", held.Connection)); err != nil {
			return fmt.Errorf("end the connection of the runner on the %s: %w", side, err)
		}
		lock, err = mysqldb.AcquireLock(ctx, db, lockName(l.migration), 5*time.Second)
	}
	if errors.As(err, &held) {
		owner, _ := ReadLease(ctx, db, l.migration) // who is not known is said so
		return &HeldError{Host: owner.Host, Process: owner.Process, Run: owner.Run, Since: owner.Since, Side: side, Err: err}
	}
	if err != nil {
		return fmt.Errorf("take the runner's lease on the %s: %w", side, err)
	}
	l.locks[side] = lock
	return nil
}

// raise writes the new epoch where the old one still stands.
func (l *Lease) raise(ctx context.Context, side ownership.Side, old uint64, o LeaseOptions) error {
	db := l.sides[side].DB
	if _, err := db.ExecContext(ctx, `INSERT IGNORE INTO _tandem.run (migration, epoch, run, host, process, since) VALUES (?, 0, '', '', 0, UTC_TIMESTAMP(6))`, l.migration); err != nil {
		return fmt.Errorf("take the runner's lease on the %s: %w", side, err)
	}
	done, err := db.ExecContext(ctx, `UPDATE _tandem.run SET epoch = ?, run = '', host = ?, process = ?, since = UTC_TIMESTAMP(6) WHERE migration = ? AND epoch = ?`,
		l.epoch, o.Host, o.Process, l.migration, old)
	if err != nil {
		return fmt.Errorf("take the runner's lease on the %s: %w", side, err)
	}
	if n, err := done.RowsAffected(); err != nil || n != 1 {
		return fmt.Errorf("take the runner's lease on the %s: another tandem was faster: %w", side, errors.Join(err, &LostError{Epoch: l.epoch}))
	}
	return nil
}

// ReadLease reads who held the lease last; the zero Owner if nobody ever did.
func ReadLease(ctx context.Context, db *sql.DB, migration string) (Owner, error) {
	var o Owner
	var since string
	err := db.QueryRowContext(ctx, `SELECT epoch, run, host, process, DATE_FORMAT(since, '%Y-%m-%dT%H:%i:%s.%fZ') FROM _tandem.run WHERE migration = ?`, migration).
		Scan(&o.Epoch, &o.Run, &o.Host, &o.Process, &since)
	if errors.Is(err, sql.ErrNoRows) || mysqldb.IsNoSuchTable(err) {
		return Owner{}, nil
	}
	if err != nil {
		return Owner{}, fmt.Errorf("read who runs the plan: %w", err)
	}
	o.Since, err = time.Parse(time.RFC3339Nano, since)
	return o, err
}

// Name writes which run the lease is for, for those who read it.
func (l *Lease) Name(ctx context.Context, run string) error {
	for side, d := range l.sides {
		if _, err := d.DB.ExecContext(ctx, `UPDATE _tandem.run SET run = ? WHERE migration = ? AND epoch = ?`, run, l.migration, l.epoch); err != nil {
			return fmt.Errorf("name the run on the %s: %w", side, err)
		}
	}
	return nil
}

// Check tells whether the lease is still this runner's, as far as a side knows.
func (l *Lease) Check(ctx context.Context, side ownership.Side) error {
	d, there := l.sides[side]
	if !there {
		return nil
	}
	owner, err := ReadLease(ctx, d.DB, l.migration)
	if err != nil {
		return err
	}
	if owner.Epoch != l.epoch {
		return &LostError{Epoch: l.epoch, Now: owner.Epoch}
	}
	return nil
}

// Execer is an open transaction.
type Execer interface {
	Exec(ctx context.Context, query string, args ...any) (sql.Result, error)
}

// Hold makes a transaction depend on the lease: it writes the lease's row, so
// that nobody can take the lease over before the transaction ends. It is a
// *LostError if somebody has done so already.
func (l *Lease) Hold(ctx context.Context, tx Execer) error {
	done, err := tx.Exec(ctx, `UPDATE _tandem.run SET held = held + 1 WHERE migration = ? AND epoch = ?`, l.migration, l.epoch)
	if err != nil {
		return fmt.Errorf("hold the runner's lease: %w", err)
	}
	n, err := done.RowsAffected()
	if err == nil && n != 1 {
		err = &LostError{Epoch: l.epoch}
	}
	return err
}

// Close lets go of the lease.
func (l *Lease) Close() error {
	var failed []error
	for side, lock := range l.locks {
		failed = append(failed, lock.Close())
		delete(l.locks, side)
	}
	return errors.Join(failed...)
}
