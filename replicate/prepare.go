package replicate

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"tandem/internal/catalog"
	"tandem/internal/change"
	"tandem/internal/mysqldb"
	"tandem/internal/preflight"
	"tandem/internal/schema"
	"tandem/replicate/applier"
	"tandem/replicate/binlog"
	"tandem/replicate/copier"
	"tandem/replicate/throttle"
)

// prepare brings a session to where it can run. Nothing is changed anywhere
// before both servers have been looked at.
func (s *session) prepare(ctx context.Context) error {
	steps := []struct {
		name string
		run  func(context.Context) error
	}{
		{"connect", s.open},
		{"check", s.check},
		{"take the lease", s.takeLease},
		{"read the state", s.readState},
		{"begin to stream", s.beginStream},
	}
	for _, step := range steps {
		s.cfg.Hook("prepare " + step.name)
		if err := step.run(ctx); err != nil {
			return err
		}
	}
	return nil
}

func (s *session) open(ctx context.Context) (err error) {
	if s.source, err = mysqldb.Open(ctx, s.cfg.Source, mysqldb.Options{}); err != nil {
		return err
	}
	if s.target, err = mysqldb.Open(ctx, s.cfg.Target, mysqldb.Options{}); err != nil {
		return err
	}
	if s.sourceFacts, err = mysqldb.LoadFacts(ctx, s.source); err != nil {
		return fmt.Errorf("look at the source: %w", err)
	}
	if s.targetFacts, err = mysqldb.LoadFacts(ctx, s.target); err != nil {
		return fmt.Errorf("look at the target: %w", err)
	}
	return nil
}

// check refuses what can not be replicated exactly.
func (s *session) check(ctx context.Context) error {
	if s.cfg.Direction == Reverse {
		return s.checkReverse()
	}
	handedOver, err := s.handedOver(ctx)
	if err != nil {
		return fmt.Errorf("read who owns what: %w", err)
	}
	_, err = applier.LoadCheckpoint(ctx, s.target, s.cfg.Name())
	fresh := errors.Is(err, applier.ErrNoCheckpoint) || mysqldb.IsNoSuchTable(err)
	findings, err := preflight.Run(ctx, preflight.Input{
		Source: s.source, Target: s.target,
		SourceFacts: s.sourceFacts, TargetFacts: s.targetFacts,
		Tables: s.cfg.Tables, HandedOver: handedOver,
		Only: func(c preflight.Check) bool { return preflight.Starting(c) || fresh && preflight.Beginning(c) },
	})
	if err != nil {
		return err
	}
	var blocks []preflight.Finding
	for _, f := range findings {
		switch f.Severity {
		case preflight.Block:
			blocks = append(blocks, f)
		case preflight.Warn:
			s.cfg.Logger.Warn(f.What, "check", f.ID, "side", f.Side, "evidence", f.Evidence, "fix", f.Fix)
		}
	}
	if len(blocks) > 0 {
		return &BlockedError{Findings: blocks}
	}
	return nil
}

// takeLease makes this the only tandem at work on the migration. The lease is
// free as soon as its holder's connection is gone; what must never happen twice
// is guarded by the checkpoint's epoch besides.
func (s *session) takeLease(ctx context.Context) error {
	lease, err := mysqldb.AcquireLock(ctx, s.target, "tandem:"+s.cfg.Name(), 5*time.Second)
	if held, ok := errors.AsType[*mysqldb.LockHeldError](err); ok {
		return fmt.Errorf("%w: %w", ErrLeaseHeld, held)
	}
	if err != nil {
		return fmt.Errorf("take the lease: %w", err)
	}
	s.lease = lease
	return nil
}

// readState goes on from the checkpoint, or begins the migration.
func (s *session) readState(ctx context.Context) error {
	_, err := applier.LoadCheckpoint(ctx, s.target, s.cfg.Name())
	fresh := errors.Is(err, applier.ErrNoCheckpoint) || mysqldb.IsNoSuchTable(err)
	if err != nil && !fresh {
		return err
	}
	begin := s.begin
	if s.cfg.Direction == Reverse {
		begin = s.beginReverse
	}
	if fresh {
		if err := begin(ctx); err != nil {
			return err
		}
	}
	if err := s.createState(ctx); err != nil {
		return err
	}
	if err := s.loadOwnership(ctx); err != nil {
		return err
	}
	if s.checkpoint, err = applier.Claim(ctx, s.target, s.cfg.Name()); err != nil {
		return err
	}
	s.cfg.begun()
	loaded, err := s.loadTables(ctx)
	if err != nil {
		return fmt.Errorf("read the tables: %w", err)
	}
	s.registry = catalog.NewRegistry(loaded)
	s.tables = &tables{session: s}
	s.conflicts, s.breaches = kept(ctx, s.target, s.cfg.Name())
	return nil
}

// loadTables reads the tables as the next events fit them. Of those that the side
// read owns, the side written has every statement applied up to the checkpoint, and
// no other; of the others the link applies nothing, and they are as they are.
func (s *session) loadTables(ctx context.Context) ([]*schema.Table, error) {
	var out []*schema.Table
	for _, from := range []struct {
		db    *sql.DB
		owned bool
	}{{s.target, true}, {s.source, false}} {
		loaded, err := catalog.Load(ctx, from.db, func(n schema.Name) bool { return s.cfg.Tables(n) && s.owned(n) == from.owned })
		if err != nil {
			return nil, err
		}
		out = append(out, loaded...)
	}
	return out, nil
}

// begin starts a migration: position first, then the tables, then the
// checkpoint, whose presence says that all this is done.
func (s *session) begin(ctx context.Context) error {
	wanted, was, err := s.readSourceTables(ctx)
	if err != nil {
		return err
	}
	from, err := mysqldb.Executed(ctx, s.source)
	if err != nil {
		return fmt.Errorf("read the source's position: %w", err)
	}
	if len(wanted) == 0 {
		return &EmptyError{}
	}
	if err := copier.RequireEmpty(ctx, s.target, wanted); err != nil {
		return err
	}
	deferring, err := s.deferring(ctx)
	if err != nil {
		return err
	}
	report, err := catalog.CreateDeferring(ctx, s.source, s.target, wanted, deferring)
	moved, lost := s.moved(ctx, was)
	switch {
	case moved:
		return ErrMoved
	case err != nil || lost != nil:
		return errors.Join(err, lost)
	}
	if s.cfg.Schemas != nil {
		// Those without a table, too: one may be made in them.
		if err := catalog.CreateDatabases(ctx, s.source, s.target, s.cfg.Schemas); err != nil {
			return err
		}
	}
	s.cfg.Logger.Info("target tables are ready", "created", len(report.Created), "present", len(report.Present), "indexed_later", len(report.Deferred))
	if err := s.createState(ctx); err != nil {
		return err
	}
	back, err := mysqldb.Executed(ctx, s.target)
	if err != nil {
		return fmt.Errorf("read the target's position: %w", err)
	}
	return s.writeBegin(ctx, from, back, wanted)
}

// readSourceTables reads the tables to replicate, and describes them.
func (s *session) readSourceTables(ctx context.Context) ([]*schema.Table, string, error) {
	loaded, err := catalog.Load(ctx, s.source, s.cfg.Tables)
	if err != nil {
		return nil, "", fmt.Errorf("read the source's tables: %w", err)
	}
	var names []schema.Name
	for _, t := range loaded {
		names = append(names, t.Name)
	}
	was, err := definitions(ctx, s.source, names)
	if err != nil {
		return nil, "", fmt.Errorf("read the source's tables: %w", err)
	}
	return loaded, was, nil
}

// ErrMoved is returned when the source's tables were changed by a statement
// while replication was being set up.
var ErrMoved = errors.New("the source's tables changed while replication was being set up; run the command again")

// moved tells whether a statement came in since the tables were described: it
// would be in the stream, to be applied to tables that have it already.
func (s *session) moved(ctx context.Context, was string) (bool, error) {
	_, now, err := s.readSourceTables(ctx)
	return err == nil && now != was, err
}

// writeBegin keeps the tables to copy and the positions of both links in one
// transaction.
func (s *session) writeBegin(ctx context.Context, from, back change.GTIDSet, wanted []*schema.Table) error {
	tx, err := s.target.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("begin the migration: %w", err)
	}
	defer tx.Rollback()
	if err := applier.CreateCheckpoint(ctx, tx, s.cfg.Name(), from); err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, `REPLACE INTO _tandem.origin (migration, position) VALUES (?, ?)`, s.cfg.Migration, back.String())
	if err != nil {
		return fmt.Errorf("begin the migration: %w", err)
	}
	if err := copier.Enroll(ctx, tx, s.cfg.Name(), wanted); err != nil {
		return err
	}
	if err := tx.Commit(); err != nil {
		return fmt.Errorf("begin the migration: %w", err)
	}
	return nil
}

// createState makes the tables that hold the state. They are made after
// everything that can refuse has looked.
func (s *session) createState(ctx context.Context) error {
	for _, list := range [][]string{applier.Tables[:], copier.Tables[:], throttle.Tables[:], stateTables[:], originTables[:]} {
		for _, sql := range list {
			if _, err := s.target.ExecContext(ctx, sql); err != nil {
				return fmt.Errorf("create the tables of _tandem on the target: %w", err)
			}
		}
	}
	return nil
}

// beginStream opens the binlog and puts the parts together.
func (s *session) beginStream(ctx context.Context) error {
	reader, err := binlog.Open(ctx, binlog.Config{
		Endpoint: s.cfg.Source, ServerID: s.cfg.ServerID,
		Tables: streamed{s.registry, s.crossing}, Replicated: s.cfg.Tables, ReplicatedSchema: s.cfg.Schemas,
		MemoryBudget: s.cfg.SpoolMemory, SpoolDir: s.cfg.SpoolDir,
		Logger: s.cfg.Logger,
	}, s.checkpoint.Position)
	if err != nil {
		return err
	}
	s.reader = reader
	return s.assemble(ctx)
}

// EmptyError says that no table of the source is to be replicated.
type EmptyError struct{}

// Error says what to look at.
func (*EmptyError) Error() string {
	return "no table on the source is matched by tables.include and left by tables.exclude"
}

// Hint says what to look at.
func (*EmptyError) Hint() string {
	return "look at the tables section of tandem.yaml: names are matched exactly, capitals and all; " +
		"'tandem config show' prints what holds"
}
