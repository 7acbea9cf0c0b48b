package copier

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"slices"
	"strings"
	"time"

	"tandem/internal/catalog"
	"tandem/internal/change"
	"tandem/internal/wire"
)

// Tables that tandem has made get their secondary indexes after their rows: one
// sorted build costs the target a fraction of what keeping an index in order
// under every row does. One table after another is built, while others are
// copied and the stream goes on.
//
// What is wanted is kept in _tandem.deferred, and compared with what is there:
// so it does not matter where an earlier attempt was interrupted, nor whether the
// server has gone on with it alone. A statement of the stream that is about the
// table waits until it has its indexes, which are then built at once, copied or
// not: it was written for a table that has them.

// indexTables completes tables whose rows are copied.
func (c *Copier) indexTables(ctx context.Context) error {
	var conn *wire.Conn
	defer func() {
		if conn != nil {
			conn.Close()
		}
	}()
	for {
		t, err := c.nextToIndex(ctx)
		if t == nil || err != nil {
			return err
		}
		if conn == nil {
			conn, err = c.connectIndexer(ctx)
		}
		if err == nil {
			err = c.complete(ctx, conn, t)
		}
		c.mu.Lock()
		t.building, t.exclusive, t.blocked = false, false, ""
		c.runFlips()
		c.changed()
		c.mu.Unlock()
		if err != nil {
			return fmt.Errorf("index %s: %w", t.name, err)
		}
	}
}

// nextToIndex waits for a table that is to be completed; nil when there will be
// none. Those that the stream waits for come first, and are not asked whether
// the servers could do with a rest: the stream may be behind just because of them.
func (c *Copier) nextToIndex(ctx context.Context) (*table, error) {
	for {
		reason := c.cfg.Throttle()
		c.mu.Lock()
		if c.finished.Load() {
			c.mu.Unlock()
			return nil, nil
		}
		best, rests := c.pickToIndex(reason)
		if best != nil {
			best.building = true
			c.mu.Unlock()
			return best, nil
		}
		wake := c.wake
		c.mu.Unlock()
		var again <-chan time.Time
		if rests {
			again = time.After(throttlePoll)
		}
		select {
		case <-wake:
		case <-again:
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
	}
}

// pickToIndex returns the table that is to be completed next, if there is one,
// and whether one rests for that reason. c.mu is held.
func (c *Copier) pickToIndex(reason string) (best *table, rests bool) {
	for _, t := range c.tables {
		switch {
		case t.holdsUp > 0 && t.incomplete() && (t.phase < holding || t.phase == indexing):
			return t, false
		case t.phase != indexing:
		case reason != "":
			t.blocked, rests = reason, true
		case best == nil:
			best = t
		}
	}
	return best, rests
}

// complete builds a table's indexes, and finishes the table if all its rows are
// there.
func (c *Copier) complete(ctx context.Context, conn *wire.Conn, t *table) error {
	c.mu.Lock()
	wanted := t.deferred
	t.blocked = ""
	c.mu.Unlock()
	if len(wanted) > 0 {
		started := time.Now()
		if err := c.build(ctx, conn, t, wanted); err != nil {
			return err
		}
		if err := c.forgetDeferral(ctx, conn, t); err != nil {
			return err
		}
		c.cfg.Logger.Info("table indexed", "table", t.name.String(), "indexes", len(wanted), "duration", time.Since(started))
	}
	c.mu.Lock()
	copied := t.phase == indexing
	c.mu.Unlock()
	if !copied {
		return nil
	}
	c.analyze(ctx, conn, t)
	if err := c.setState(ctx, conn, t, stateDone); err != nil {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.tableDone(t)
	return nil
}

// analyze gives the optimizer statistics, so that the first queries of an
// application find their indexes. Without them the table is right, too.
func (c *Copier) analyze(ctx context.Context, conn *wire.Conn, t *table) {
	if err := conn.Query(ctx, []byte("ANALYZE NO_WRITE_TO_BINLOG TABLE "+t.name.Quoted()), func(v [][]byte) error {
		if len(v) > 3 && strings.EqualFold(string(v[2]), "error") {
			return errors.New(string(v[3]))
		}
		return nil
	}); err != nil && ctx.Err() == nil {
		c.cfg.Logger.Warn("could not analyze a table", "table", t.name.String(), "error", err)
	}
}

// ddlLockWait is how long an ALTER waits for transactions on its table, at its
// begin and at its end. Others wait behind it meanwhile.
const ddlLockWait = 10 * time.Second

// connectIndexer opens a session for statements that go into the target's binlog
// as text.
func (c *Copier) connectIndexer(ctx context.Context) (*wire.Conn, error) {
	conn, err := wire.Connect(ctx, c.cfg.Target, wire.Session{
		LockWaitTimeout: ddlLockWait,
		Vars:            []string{"character_set_client=utf8mb4", "collation_connection=utf8mb4_bin"},
	})
	if err != nil {
		return nil, err
	}
	for _, sql := range tuning {
		if _, err := conn.Exec(ctx, []byte(sql)); err != nil && conn.Err() != nil {
			return nil, err
		}
	}
	return conn, nil
}

// tuning is what MySQL 8.0.27 and later take; others go without.
var tuning = [...]string{"SET SESSION innodb_ddl_buffer_size=67108864"}

// build makes the indexes of a table that are not there.
func (c *Copier) build(ctx context.Context, conn *wire.Conn, t *table, wanted []catalog.Index) error {
	b := builder{c: c, t: t, conn: conn, refused: map[string]bool{}}
	for {
		missing, err := b.missing(ctx, wanted)
		if len(missing) == 0 || err != nil {
			return err
		}
		if err := b.step(ctx, missing); err != nil {
			return err
		}
	}
}

// builder makes the indexes of one table.
type builder struct {
	c    *Copier
	t    *table
	conn *wire.Conn
	// refused are the statements that the server can not do as they are.
	refused map[string]bool
	// alone is set when changes of the rows are more than a build can take up.
	alone bool
}

// missing returns the indexes that the table does not have: none when there is
// no such table any more.
func (b *builder) missing(ctx context.Context, wanted []catalog.Index) ([]catalog.Index, error) {
	var have []string
	err := b.conn.Query(ctx, []byte("SHOW INDEX FROM "+b.t.name.Quoted()), func(v [][]byte) error {
		have = append(have, string(v[2]))
		return nil
	})
	if wire.Code(err) == codeNoSuchTable {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("look at the indexes that are there: %w", err)
	}
	return slices.DeleteFunc(slices.Clone(wanted), func(i catalog.Index) bool {
		return slices.ContainsFunc(have, func(name string) bool { return strings.EqualFold(name, i.Name) })
	}), nil
}

// step makes some of the missing indexes, or finds out that it has to be done in
// another way.
func (b *builder) step(ctx context.Context, missing []catalog.Index) error {
	indexes, options := nextStep(missing)
	sql := catalog.AlterAdd(b.t.name, indexes, options)
	if b.refused[sql] {
		options = ""
		sql = catalog.AlterAdd(b.t.name, indexes, options)
	}
	if err := b.hold(ctx, b.alone || options != online); err != nil {
		return err
	}
	if err := b.announce(ctx, sql); err != nil {
		return err
	}
	b.c.cfg.Hook("index")
	_, err := b.conn.Exec(ctx, []byte(sql))
	b.c.cfg.Hook("indexed")
	switch code := wire.Code(err); {
	case err == nil, code == codeDuplicateKeyName:
		return nil
	case locksInTheWay(err):
		b.c.cfg.Logger.Warn("indexes wait, locks in the way", "table", b.t.name.String(), "error", err)
		return b.pause(ctx)
	case b.conn.Err() != nil:
		return err
	case !b.alone && (code == codeOnlineLogFull || code == codeDuplicate):
		b.alone = true
		return nil
	case options != "" && (code == codeAlterUnsupported || code == codeAlterUnsupportedReason):
		b.refused[sql] = true
		return nil
	}
	return &IndexError{Table: b.t.name, Statement: sql, Err: err}
}

// The ways of an ALTER TABLE: while rows are changed, and while they are only
// read. Without options the server takes whatever way there is.
const (
	online = "ALGORITHM=INPLACE, LOCK=NONE"
	shared = "ALGORITHM=INPLACE, LOCK=SHARED"
)

// nextStep picks the indexes that are made by one statement: all ordinary ones
// together, the others one by one.
func nextStep(missing []catalog.Index) (indexes []catalog.Index, options string) {
	for _, index := range missing {
		if index.Kind() == catalog.Plain {
			indexes = append(indexes, index)
		}
	}
	switch {
	case len(indexes) > 0:
		return indexes, online
	case missing[0].Kind() == catalog.Functional:
		return missing[:1], online
	}
	return missing[:1], shared
}

// hold makes the changes of the table's rows wait, or not, and returns at a
// boundary of the stream's transactions: none is open that the ALTER would wait
// for. Changes that wait already may be in the middle of one, so it must not be
// waited for then.
func (b *builder) hold(ctx context.Context, on bool) error {
	b.c.mu.Lock()
	held := b.t.exclusive
	if held && !on {
		b.t.exclusive = false
		b.c.changed()
	}
	b.c.mu.Unlock()
	if held && on {
		return nil
	}
	return b.c.flip(ctx, change.Offset{}, func() bool {
		b.t.exclusive = on
		return true
	})
}

// pause lets the stream go on before the next attempt.
func (b *builder) pause(ctx context.Context) error {
	b.c.mu.Lock()
	b.t.exclusive = false
	b.t.blocked = "somebody's open transaction on it on the target: its indexes can not be made meanwhile"
	b.c.changed()
	b.c.mu.Unlock()
	select {
	case <-time.After(lockPause):
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// announce keeps the statement as one of the link's own: the opposite link will
// read it in the target's binlog, and must not take it for somebody else's.
func (b *builder) announce(ctx context.Context, sql string) error {
	h := fnv.New64a()
	h.Write([]byte(sql))
	text := append([]byte("REPLACE INTO _tandem.statement (link,gtid,statement,fingerprints) VALUES ("), appendText(nil, b.c.cfg.Link)...)
	text = fmt.Appendf(text, ",'index %016x',", h.Sum64())
	text = append(appendText(text, sql), ",'')"...)
	if _, err := b.conn.Exec(ctx, text); err != nil {
		return fmt.Errorf("announce the statement: %w", err)
	}
	return nil
}
