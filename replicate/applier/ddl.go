package applier

import (
	"context"
	"fmt"
	"slices"
	"time"

	"tandem/internal/change"
	"tandem/internal/mysqldb"
	"tandem/internal/schema"
	"tandem/internal/wire"
)

// StatementError says that a DDL statement of the source could not, or should
// not, be applied.
type StatementError struct {
	GTID      change.GTID
	Statement string
	Reason    string
	Err       error
}

// Error names the transaction and the statement.
func (e *StatementError) Error() string {
	text := fmt.Sprintf("apply %s: %s: %s", e.GTID, clip(e.Statement, 300), e.Reason)
	if e.Err != nil {
		text += ": " + e.Err.Error()
	}
	return text
}

// Unwrap returns the server's error, if there was one.
func (e *StatementError) Unwrap() error { return e.Err }

// takeStatement applies a DDL statement: everything before it is committed, and
// nothing behind it is decoded yet.
func (a *Applier) takeStatement(ctx context.Context, tx *change.Transaction) error {
	if a.foreign(tx.Statement) {
		return a.takeForeignStatement(ctx, tx)
	}
	switch a.cfg.OnStatement {
	case Stop:
		return &StatementError{GTID: tx.GTID, Statement: tx.Statement.SQL, Reason: "the policy on_ddl is stop"}
	case Ignore:
		a.mu.Lock()
		a.pass(tx)
		a.mu.Unlock()
		return a.cfg.Catalog.Refresh(ctx, tx.Statement.Tables)
	}
	txs := []*change.Transaction{tx}
	if _, _, err := a.cfg.Admission.Begin(ctx, txs); err != nil {
		return fmt.Errorf("apply %s: %w", tx.GTID, err)
	}
	err := a.applyStatement(ctx, tx)
	a.cfg.Admission.End(txs, err == nil)
	return err
}

// foreign tells whether a statement is about what the side that it was read
// from does not own. One about a whole database (CREATE DATABASE) has no tables;
// applied on both sides it would go round for ever.
func (a *Applier) foreign(st *change.Statement) bool {
	if len(st.Tables) == 0 {
		return !a.owned(schema.Name{Schema: st.Schema})
	}
	return slices.ContainsFunc(st.Tables, func(n schema.Name) bool { return !a.owned(n) })
}

// takeForeignStatement passes over a statement on tables that the side does not
// own: either the opposite link has applied it there, or it is a breach.
func (a *Applier) takeForeignStatement(ctx context.Context, tx *change.Transaction) error {
	expected := false
	if a.cfg.Expected != nil {
		var err error
		if expected, err = a.cfg.Expected(ctx, tx.Statement); err != nil {
			return fmt.Errorf("apply %s: %w", tx.GTID, err)
		}
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if expected {
		a.pass(tx)
		a.publish()
		return nil
	}
	conn, err := a.connect(ctx)
	if err != nil {
		return err
	}
	a.beginStep(tx)
	a.breached = 0
	a.addStatementBreach(tx)
	if err := a.commitStep(ctx, conn, tx); err != nil {
		return err
	}
	a.alarm(tx)
	a.publish()
	return nil
}

// beginStep begins a packet that moves the checkpoint over a transaction.
func (a *Applier) beginStep(tx *change.Transaction) {
	b := &a.batch
	b.reset()
	b.add("BEGIN", noRow, anyRows)
	b.next(noRow, 1)
	b.sql = a.appendStep(b.sql, 0, a.stepOver(tx))
}

// commitStep sends the packet and commits it.
func (a *Applier) commitStep(ctx context.Context, conn *wire.Conn, tx *change.Transaction) error {
	if err := a.flush(ctx, conn, tx); err != nil {
		a.cutAll()
		return err
	}
	if _, err := conn.Exec(ctx, []byte("COMMIT")); err != nil {
		return a.doubt(&commitError{fmt.Errorf("commit %s: %w", tx.GTID, err)})
	}
	a.pass(tx)
	a.seq++
	a.unsaved = false
	return nil
}

// applyStatement writes the intent, runs the statement, and moves the
// checkpoint. See the package comment.
func (a *Applier) applyStatement(ctx context.Context, tx *change.Transaction) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	st := tx.Statement
	fail := func(reason string, err error) error {
		return &StatementError{GTID: tx.GTID, Statement: st.SQL, Reason: reason, Err: err}
	}
	before, err := a.cfg.Catalog.Fingerprints(ctx, st.Tables)
	if err != nil {
		return fail("read the tables it changes", err)
	}
	conn, err := a.connect(ctx)
	if err != nil {
		return err
	}
	intent, err := a.intent(ctx, conn, tx.GTID)
	if err != nil {
		return fail("read the intent", err)
	}
	done := false
	switch {
	case intent.gtid != tx.GTID.String():
		if err := a.writeIntent(ctx, conn, tx, before); err != nil {
			return fail("write the intent", err)
		}
	case intent.fingerprints != before:
		// Written before a crash, and the tables have changed since: nobody but
		// this statement changes them, and MySQL 8.0 and later apply it whole or
		// not at all.
		a.cfg.Logger.Info("statement was applied before the restart", "gtid", tx.GTID.String())
		done = true
	}
	a.cfg.Hook("statement-intent")
	if !done {
		if err := a.runStatement(ctx, st); err != nil {
			return fail("the target refused it", err)
		}
	}
	a.cfg.Hook("statement-done")
	if err := a.cfg.Catalog.Refresh(ctx, st.Tables); err != nil {
		return fail("read the tables it changed", err)
	}
	a.forgetTargets()
	return a.finishStatement(ctx, conn, tx)
}

// finishStatement moves the checkpoint behind the statement. Where rows follow
// in the same transaction (CREATE TABLE ... SELECT) they carry the position.
func (a *Applier) finishStatement(ctx context.Context, conn *wire.Conn, tx *change.Transaction) error {
	if !tx.Last {
		return nil
	}
	a.beginStep(tx)
	if err := a.commitStep(ctx, conn, tx); err != nil {
		return err
	}
	a.applied.statements++
	a.publish()
	return nil
}

type intent struct{ gtid, fingerprints string }

func (a *Applier) intent(ctx context.Context, conn *wire.Conn, gtid change.GTID) (intent, error) {
	var i intent
	sql := fmt.Sprintf("SELECT gtid, fingerprints FROM _tandem.statement WHERE link='%s' AND gtid='%s'", escape(a.cfg.Link), gtid)
	err := conn.Query(ctx, []byte(sql), func(v [][]byte) error {
		i = intent{string(v[0]), string(v[1])}
		return nil
	})
	return i, err
}

// writeIntent keeps the statement as it will stand in the target's binlog: there
// the opposite link knows it again.
func (a *Applier) writeIntent(ctx context.Context, conn *wire.Conn, tx *change.Transaction, fingerprints string) error {
	sql := fmt.Sprintf("REPLACE INTO _tandem.statement (link, gtid, statement, fingerprints) VALUES ('%s','%s',_utf8mb4'%s','%s')",
		escape(a.cfg.Link), tx.GTID, escape(pinCollation(tx.Statement)), escape(fingerprints))
	_, err := conn.Exec(ctx, []byte(sql))
	return err
}

// runStatement runs the statement on a connection of its own, in the session
// that it ran in on the source.
func (a *Applier) runStatement(ctx context.Context, st *change.Statement) error {
	conn, err := a.cfg.Connect(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	if err := useSchema(ctx, conn, st.Schema); err != nil {
		return err
	}
	for _, sql := range sessionFor(st) {
		_, err := conn.Exec(ctx, []byte(sql))
		if wire.Code(err) == unknownDatabase {
			// The default database of CREATE DATABASE is the one that it makes. Any
			// other statement says itself what it misses.
			continue
		}
		if err != nil {
			return fmt.Errorf("%s: %w", sql, err)
		}
	}
	// MySQL 8.4 and later refuse foreign keys to columns without a unique key,
	// which older sources allow. Where the session can not change that, the
	// statement's own error tells.
	_, _ = conn.Exec(ctx, []byte("SET SESSION restrict_fk_on_non_standard_key=OFF"))
	start := time.Now()
	if _, err := conn.Exec(ctx, []byte(pinCollation(st))); err != nil {
		return err
	}
	a.cfg.Logger.Info("statement applied", "statement", clip(st.SQL, 300), "duration", time.Since(start))
	return nil
}

// useSchema makes the statement's default database the session's. The target may
// not have it, and need not: it is the one that the statement creates, or it is
// not replicated and every name in the statement has its database before it.
func useSchema(ctx context.Context, conn *wire.Conn, name string) error {
	if name == "" {
		return nil
	}
	use := "USE " + schema.Quote(name)
	if _, err := conn.Exec(ctx, []byte(use)); err != nil && !mysqldb.IsNoSuchTable(err) {
		return fmt.Errorf("%s: %w", use, err)
	}
	return nil
}

// removedModes are the sql_mode bits that MySQL 8.0 no longer knows
// (POSTGRESQL … MYSQL40, NO_AUTO_CREATE_USER) or never gave a meaning.
const removedModes = 0x3FF00 | 0x10000000 | 0x10

// sessionFor returns the statements that restore a statement's session.
func sessionFor(st *change.Statement) []string {
	var sql []string
	if st.HasSQLMode {
		sql = append(sql, fmt.Sprintf("SET SESSION sql_mode=%d", st.SQLMode&^removedModes))
	}
	if st.CharsetClient != 0 {
		sql = append(sql, fmt.Sprintf("SET SESSION character_set_client=%d, collation_connection=%d, collation_server=%d",
			st.CharsetClient, st.CollationConnection, st.CollationServer))
	}
	if st.TimeZone != "" {
		sql = append(sql, fmt.Sprintf("SET SESSION time_zone='%s'", escape(st.TimeZone)))
	}
	checks := 1
	if st.NoForeignKeyChecks {
		checks = 0
	}
	return append(sql, fmt.Sprintf("SET SESSION foreign_key_checks=%d", checks))
}
