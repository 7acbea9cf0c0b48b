package copier

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"tandem/internal/change"
	"tandem/internal/scan"
	"tandem/internal/wire"
)

// A table that cannot be copied in chunks is read from one snapshot, whose
// position is known exactly, and so are tables whose foreign keys lead in a
// circle, together. Their changes wait from the moment at which the snapshot is
// asked for. Those up to its position are left out then, later ones wait until
// the tables are copied.
//
// Nothing is written before the stream has come to the position of the snapshot:
// a parent's change from before it would have the target repeat a cascade on
// rows that are of a later day.

// copySnapshot copies a table, or the tables of a circle, in one piece.
func (j *job) copySnapshot(ctx context.Context) error {
	c, leader := j.c, j.t
	// Before the stream has to wait for us: chunks that wait for the stream may
	// have all the memory.
	if err := j.reserve(ctx); err != nil {
		return err
	}
	for _, t := range leader.circle {
		if err := (&job{c: c, t: t}).lookUp(ctx); err != nil {
			return err
		}
	}
	// The nearer the stream, the shorter the snapshot is held.
	if err := j.letStreamCome(ctx); err != nil {
		return err
	}
	tables, err := j.hold(ctx)
	if len(tables) == 0 || err != nil {
		return err
	}
	conn, at, err := j.openSnapshot(ctx, tables)
	switch {
	case errors.Is(err, errAgain):
		c.letGo(tables)
		return j.letStreamCome(ctx)
	case errors.Is(err, errInUse):
		c.letGo(tables)
		return j.pause(ctx)
	}
	if err != nil {
		return fmt.Errorf("copy %s: %w", leader.name, err)
	}
	defer conn.Close()
	c.cfg.Hook("snapshot")
	if err := c.waitForStream(ctx, tables, at); err != nil {
		if errors.Is(err, errAgain) {
			return j.pause(ctx)
		}
		return err
	}
	c.cfg.Hook("begin")
	defer func() { j.t = leader }()
	for _, t := range tables {
		j.t = t
		if err := j.pour(ctx, conn, t.segments[0]); err != nil {
			return fmt.Errorf("copy %s: %w", t.name, err)
		}
	}
	return c.tablesDone(ctx, tables)
}

// hold lets changes of the tables wait, and returns the tables.
func (j *job) hold(ctx context.Context) (tables []*table, err error) {
	err = j.c.flip(ctx, change.Offset{}, func() bool {
		if j.t.copied() || !j.t.snapshotOnly {
			return true
		}
		tables = j.t.undone()
		if slices.ContainsFunc(tables, func(t *table) bool { return t.building }) {
			tables = nil
			return false
		}
		for _, t := range tables {
			t.phase = holding
		}
		return true
	})
	return tables, err
}

// letGo lets changes of the tables be left out again.
func (c *Copier) letGo(tables []*table) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, t := range tables {
		t.phase = waiting
	}
	c.changed()
}

// letStreamCome waits until the stream has come to where the source is now.
func (j *job) letStreamCome(ctx context.Context) error {
	c := j.c
	conn, err := c.sources.get(ctx)
	if err != nil {
		return err
	}
	end, err := c.binlogEnd(ctx, conn)
	c.sources.put(conn)
	if err != nil {
		return err
	}
	return c.flip(ctx, end, func() bool { return true })
}

// pause lets the stream and the source's writers go on for a while.
func (j *job) pause(ctx context.Context) error {
	j.c.cfg.Logger.Info("a snapshot waits for a better moment", "table", j.t.name.String())
	select {
	case <-time.After(lockPause):
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// waitForStream waits until the stream has come to the position of a snapshot.
// A change that is not in the snapshot and yet comes before one that is (a
// statement, or anything where binlog_order_commits is off) would wait for the
// tables, and the tables for the stream: they give way then.
func (c *Copier) waitForStream(ctx context.Context, tables []*table, at change.GTIDSet) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, t := range tables {
		t.snapshotAt, t.phase = at, snapshot
	}
	c.snapshots++
	defer func() { c.snapshots-- }()
	for c.changed(); !c.cfg.Position().ContainsSet(at); {
		for _, t := range tables {
			if t.holdsUp == 0 {
				continue
			}
			for _, t := range tables {
				t.phase = waiting
			}
			c.changed()
			return errAgain
		}
		if err := c.wait(ctx); err != nil {
			return err
		}
	}
	for _, t := range tables {
		t.segments[0].state = reading
	}
	c.changed()
	return nil
}

// tablesDone marks tables whose snapshot is written.
func (c *Copier) tablesDone(ctx context.Context, tables []*table) error {
	target, err := c.targets.get(ctx)
	if err != nil {
		return err
	}
	defer c.targets.put(target)
	for _, t := range tables {
		if err := c.setState(ctx, target, t, stateIndexing); err != nil {
			return err
		}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, t := range tables {
		t.segments = []*segment{{state: written}}
		c.tableCopied(t)
	}
	return nil
}

// resumeCircle starts a circle of tables anew if some of them are copied and
// some are not: they must be of one snapshot.
func (c *Copier) resumeCircle(ctx context.Context, conn *wire.Conn, t *table) error {
	n := len(t.undone())
	if !t.copied() || n == 0 || n == len(t.circle) {
		return nil
	}
	// In this order: wherever it is interrupted, it is seen and done again.
	if err := c.setState(ctx, conn, t, stateCopying); err != nil {
		return err
	}
	if _, err := conn.Exec(ctx, c.where([]byte("DELETE FROM _tandem.chunk"), t.name)); err != nil {
		return err
	}
	if err := c.clear(ctx, conn, t, &segment{}); err != nil {
		return err
	}
	t.phase, t.segments = waiting, []*segment{{ord: 1}}
	t.rowsCopied, t.bytesCopied, t.chunksDone = 0, 0, 0
	return nil
}

// errInUse says that transactions which have changed the table do not end.
var errInUse = errors.New("table in use")

// lockPause is how long writers are left alone after an attempt that failed.
const lockPause = 2 * time.Second

// lockWait is how long writers of a table are held up at most while its
// snapshot waits for the lock.
const lockWait = time.Second

// openSnapshot opens a snapshot of tables and returns its position. The lock
// on the tables lasts for the few statements that this takes; it waits until
// every transaction that has changed them has ended, so that none of them can be
// in the binlog and not in the snapshot. The position is read first: what it
// holds can be seen, also of what foreign keys have changed, which before MySQL
// 8.0 no lock on the child waits for.
func (j *job) openSnapshot(ctx context.Context, tables []*table) (_ *wire.Conn, at change.GTIDSet, err error) {
	c := j.c
	lock, err := wire.Connect(ctx, c.cfg.Source, wire.Session{LockWaitTimeout: lockWait})
	if err != nil {
		return nil, at, err
	}
	defer lock.Close()
	conn, err := wire.Connect(ctx, c.cfg.Source, wire.Session{RepeatableRead: true, ReadOnly: true, Vars: scan.SessionVars()})
	if err != nil {
		return nil, at, err
	}
	defer func() {
		if err != nil {
			conn.Close()
		}
	}()
	// What the stream has brought and left out so far must be in the snapshot.
	if err := c.waitVisible(ctx, conn, c.mustSee()); err != nil {
		return nil, at, err
	}
	if err := lockTables(ctx, lock, tables); err != nil {
		return nil, at, err
	}
	if at, err = c.readExecuted(ctx, conn); err != nil {
		return nil, at, fmt.Errorf("read the position of its snapshot: %w", err)
	}
	if err := c.settle(ctx); err != nil {
		return nil, at, err
	}
	if _, err := conn.Exec(ctx, []byte("START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY")); err != nil {
		return nil, at, fmt.Errorf("open its snapshot: %w", err)
	}
	_, err = lock.Exec(ctx, []byte("UNLOCK TABLES"))
	return conn, at, err
}

// lockTables locks tables that are as the stream knows them.
func lockTables(ctx context.Context, conn *wire.Conn, tables []*table) error {
	sql := []byte("LOCK TABLES ")
	for i, t := range tables {
		if i > 0 {
			sql = append(sql, ',')
		}
		sql = append(append(sql, t.name.Quoted()...), " READ"...)
	}
	if _, err := conn.Exec(ctx, sql); err != nil {
		switch {
		case definitionChanged(err):
			return errAgain
		case wire.Code(err) == codeLockWait:
			return errInUse
		}
		return fmt.Errorf("lock it for its snapshot: %w", err)
	}
	for _, t := range tables {
		if err := t.fits(ctx, conn); err != nil {
			return err
		}
	}
	return nil
}

// fits makes sure that the table is what the stream knows it as: a statement
// that the stream has not come to yet could have added a column.
func (t *table) fits(ctx context.Context, conn *wire.Conn) error {
	var have []string
	err := conn.Query(ctx, []byte("SHOW COLUMNS FROM "+t.name.Quoted()), func(v [][]byte) error {
		have = append(have, string(v[0]))
		return nil
	})
	if definitionChanged(err) {
		return errAgain
	}
	if err != nil {
		return fmt.Errorf("look at its columns: %w", err)
	}
	for i := range t.def.Columns {
		if len(have) != len(t.def.Columns) || !strings.EqualFold(have[i], t.def.Columns[i].Name) {
			return errAgain
		}
	}
	return nil
}

// pour reads the table and writes it, a buffer at a time. Only the last
// transaction has the mark: until then the table counts as not copied.
func (j *job) pour(ctx context.Context, conn *wire.Conn, s *segment) error {
	c, t := j.c, j.t
	c.mu.Lock()
	j.layout = c.layoutOf(t, conn)
	c.mu.Unlock()
	if j.layout.askTypes && j.layout.space == nil {
		return errors.New("it has JSON and no key: before MySQL 8.0 the types of its values can not be told for certain; add a primary key")
	}
	sql := append(append([]byte(nil), j.layout.sel...), " FROM "+t.name.Quoted()...)
	started := time.Now()
	var rows, size int64
	flush := func(mark []byte) error {
		if err := j.askTypes(ctx, nil); err != nil {
			return err
		}
		if err := j.pourBuffer(ctx, mark); err != nil {
			return err
		}
		rows, size = rows+int64(len(j.buf.rows)), size+j.buf.size
		c.mu.Lock()
		t.wrote(int64(len(j.buf.rows)), j.buf.size, 0, c.cfg)
		c.mu.Unlock()
		j.buf.reset()
		return nil
	}
	err := conn.Query(ctx, sql, func(v [][]byte) error {
		size := rowSize(v)
		if len(j.buf.rows) > 0 && (!j.fits(size) || j.buf.size >= c.cfg.ChunkBytes || len(j.buf.rows) >= maxRows) {
			if err := flush(c.appendTouch(nil, t)); err != nil {
				return err
			}
		}
		j.add(conn, v, size)
		return nil
	})
	if err != nil {
		return err
	}
	c.cfg.Hook("after-select")
	if err := flush(c.appendMark(nil, t, s, rows+int64(len(j.buf.rows)), size+j.buf.size)); err != nil {
		return err
	}
	c.cfg.Logger.Info("table copied from a snapshot", "table", t.name.String(), "rows", rows, "duration", time.Since(started))
	return nil
}

// pourBuffer writes the buffer, again if locks are in the way: nothing changes
// the table's rows meanwhile.
func (j *job) pourBuffer(ctx context.Context, mark []byte) error {
	for attempt := 0; ; attempt++ {
		conn, err := j.c.targets.get(ctx)
		if err != nil {
			return err
		}
		j.c.cfg.Hook("before-write")
		err = j.transaction(ctx, conn, mark, func() error { return j.writeRows(ctx, conn, nil) })
		j.c.targets.put(conn)
		if err == nil || !locksInTheWay(err) || attempt >= maxAttempts {
			return err
		}
	}
}

// appendTouch appends a statement that only makes a transaction known as
// tandem's own, and fences it like appendMark does.
func (c *Copier) appendTouch(dst []byte, t *table) []byte {
	dst = append(dst, "INSERT INTO _tandem.chunk (link,table_schema,table_name,ord,lower_key,upper_key,row_count,byte_count,done_at)"+
		" SELECT link,table_schema,table_name,0,'','',1,0,UTC_TIMESTAMP(3) FROM _tandem.copy"...)
	dst = c.where(dst, t.name)
	return fmt.Appendf(dst, " AND epoch=%d LOCK IN SHARE MODE ON DUPLICATE KEY UPDATE _tandem.chunk.row_count=_tandem.chunk.row_count+1", c.cfg.Epoch)
}
