package courier

import (
	"context"
	"database/sql"
	"fmt"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"
)

// SeedOptions say how much to make and from what.
type SeedOptions struct {
	Size    Size  // number of shipments; 0 means Small
	Seed    int64 // the same seed and size make the same rows
	Workers int   // connections; 0 means 4

	// WithoutLedger leaves out the one table that has no key.
	WithoutLedger bool

	// Progress, if set, is called about four times a second and at the end,
	// never from two goroutines at once.
	Progress func(SeedStats)
}

// SeedStats is how far a seed has come.
type SeedStats struct {
	Rows    int64 // rows written
	Bytes   int64 // length of the INSERT statements
	Elapsed time.Duration
	Tables  map[string]int64 // rows by table
}

// Seed makes the tables in the current database and fills them.
func Seed(ctx context.Context, db *sql.DB, opts SeedOptions) (SeedStats, error) {
	if opts.Size == 0 {
		opts.Size = Small
	}
	if opts.Size < 0 || opts.Size > maxSize {
		return SeedStats{}, fmt.Errorf("seed courier: size %d is not between 1 and %d shipments", opts.Size, maxSize)
	}
	if opts.Workers <= 0 {
		opts.Workers = 4
	}
	dialect, err := DialectOf(ctx, db)
	if err != nil {
		return SeedStats{}, fmt.Errorf("seed courier: %w", err)
	}
	if err := Create(ctx, db, SchemaOptions{WithoutLedger: opts.WithoutLedger}); err != nil {
		return SeedStats{}, err
	}
	s := &seeding{
		facts:   facts{seed: mix(uint64(opts.Seed)), counts: opts.Size.counts()},
		dialect: dialect, opts: opts, started: time.Now(),
		stats: SeedStats{Tables: map[string]int64{}},
	}
	if err := s.run(ctx, db); err != nil {
		return s.snapshot(), fmt.Errorf("seed courier: %w", err)
	}
	stats := s.snapshot()
	if opts.Progress != nil {
		opts.Progress(stats)
	}
	return stats, nil
}

type seeding struct {
	facts   facts
	dialect Dialect
	opts    SeedOptions
	started time.Time

	mu    sync.Mutex
	stats SeedStats
	shown time.Time
}

// part is a run of rows of one table: the unit of work and of randomness.
type part struct {
	fill     *fill
	no       int
	from, to int
}

func (s *seeding) run(ctx context.Context, db *sql.DB) error {
	parts := make(chan part)
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error {
		defer close(parts)
		for _, f := range fills(s.facts, s.opts) {
			for no, from := 0, f.first; from < f.end; no, from = no+1, from+f.step {
				select {
				case parts <- part{fill: &f, no: no, from: from, to: min(from+f.step, f.end)}:
				case <-ctx.Done():
					return context.Cause(ctx)
				}
			}
		}
		return nil
	})
	for range s.opts.Workers {
		group.Go(func() error { return s.work(ctx, db, parts) })
	}
	return group.Wait()
}

func (s *seeding) work(ctx context.Context, db *sql.DB, parts <-chan part) error {
	conn, err := db.Conn(ctx)
	if err != nil {
		return fmt.Errorf("connect: %w", err)
	}
	defer conn.Close()
	// Rows arrive in no particular order of tables, and customer 0, zero dates
	// and the order of the foreign keys would stop an ordinary session. The
	// settings are put back because the connection goes back to its pool.
	restore, err := relax(ctx, conn)
	if err != nil {
		return err
	}
	defer restore()
	for p := range parts {
		b := newBatch(ctx, conn, p.fill.table, p.fill.columns)
		p.fill.rows(row{batch: b, facts: s.facts, dialect: s.dialect, rng: s.facts.rng(p.fill.table, p.no)}, p.from, p.to)
		if err := b.close(); err != nil {
			return err
		}
		s.note(p.fill.table, b.rows, b.bytes)
	}
	return nil
}

// relax sets a session up for seeding and returns how to undo it.
func relax(ctx context.Context, conn *sql.Conn) (restore func(), err error) {
	var mode, zone string
	err = conn.QueryRowContext(ctx, "SELECT @@SESSION.sql_mode, @@SESSION.time_zone").Scan(&mode, &zone)
	if err != nil {
		return nil, fmt.Errorf("read session settings: %w", err)
	}
	const set = "SET SESSION foreign_key_checks = ?, unique_checks = ?, time_zone = ?, sql_mode = ?"
	if _, err := conn.ExecContext(ctx, "SET NAMES utf8mb4"); err != nil {
		return nil, fmt.Errorf("set session character set: %w", err)
	}
	if _, err := conn.ExecContext(ctx, set, 0, 0, "+00:00", "NO_AUTO_VALUE_ON_ZERO,NO_ENGINE_SUBSTITUTION"); err != nil {
		return nil, fmt.Errorf("set session for seeding: %w", err)
	}
	return func() {
		// A lost connection needs no undoing, so the error says nothing.
		_, _ = conn.ExecContext(context.WithoutCancel(ctx), set, 1, 1, zone, mode)
	}, nil
}

func (s *seeding) note(table string, rows, bytes int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.stats.Rows += rows
	s.stats.Bytes += bytes
	s.stats.Tables[table] += rows
	if now := time.Now(); s.opts.Progress != nil && now.Sub(s.shown) >= 250*time.Millisecond {
		s.shown = now
		s.opts.Progress(s.copyLocked())
	}
}

func (s *seeding) snapshot() SeedStats {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.copyLocked()
}

func (s *seeding) copyLocked() SeedStats {
	c := s.stats
	c.Elapsed = time.Since(s.started)
	c.Tables = make(map[string]int64, len(s.stats.Tables))
	for table, rows := range s.stats.Tables {
		c.Tables[table] = rows
	}
	return c
}
