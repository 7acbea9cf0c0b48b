package copier

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"tandem/internal/change"
	"tandem/internal/wire"
)

// A table that cannot be copied in chunks is read from one snapshot, whose
// position is known exactly. Its changes wait from the moment at which the
// snapshot is asked for; those up to the snapshot are left out then, later ones
// wait until the table is copied.

// copySnapshot copies a table in one piece.
func (j *job) copySnapshot(ctx context.Context) error {
	c, t := j.c, j.t
	// Before the stream has to wait for us: chunks that wait for the stream may
	// have all the memory.
	if err := j.reserve(ctx); err != nil {
		return err
	}
	var s *segment
	err := c.flip(ctx, change.Offset{}, func() bool {
		if s = t.next(pending); s != nil && t.phase != done && t.snapshotOnly {
			t.phase, j.generation = holding, t.generation
		}
		return true
	})
	if err != nil || s == nil || t.phase != holding {
		return err
	}
	conn, at, err := j.openSnapshot(ctx)
	switch {
	case errors.Is(err, errAgain):
		return j.waitForStatement(ctx)
	case errors.Is(err, errInUse):
		return j.waitForWriters(ctx)
	}
	if err != nil {
		return fmt.Errorf("copy %s: %w", t.name, err)
	}
	defer conn.Close()
	c.mu.Lock()
	t.snapshotAt, t.phase = at, snapshot
	s.state = reading
	c.changed()
	c.mu.Unlock()
	c.cfg.Hook("begin")
	if err := j.pour(ctx, conn, s); err != nil {
		return fmt.Errorf("copy %s: %w", t.name, err)
	}
	target, err := c.targets.get(ctx)
	if err != nil {
		return err
	}
	defer c.targets.put(target)
	if err := c.setState(ctx, target, t, stateDone); err != nil {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	s.state = written
	c.tableDone(t)
	return nil
}

// waitForStatement lets the stream go on to where the source is, since a
// statement that it has not come to has changed the table.
func (j *job) waitForStatement(ctx context.Context) error {
	c := j.c
	c.mu.Lock()
	j.t.phase = waiting
	c.changed()
	c.mu.Unlock()
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

// errInUse says that transactions which have changed the table do not end.
var errInUse = errors.New("table in use")

// waitForWriters lets the stream and the source's writers go on for a while.
func (j *job) waitForWriters(ctx context.Context) error {
	c := j.c
	c.cfg.Logger.Info("a snapshot waits for a moment without writers", "table", j.t.name.String())
	c.mu.Lock()
	j.t.phase = waiting
	c.changed()
	c.mu.Unlock()
	select {
	case <-time.After(lockPause):
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// lockPause is how long writers are left alone after an attempt that failed.
const lockPause = 2 * time.Second

// lockWait is how long writers of a table are held up at most while its
// snapshot waits for the lock.
const lockWait = time.Second

// openSnapshot opens a snapshot of one table and returns its position. The lock
// on the table lasts for the two statements that this takes; it waits until
// every transaction that has changed the table has ended, so that none of them
// can be in the binlog and not in the snapshot.
func (j *job) openSnapshot(ctx context.Context) (_ *wire.Conn, at change.GTIDSet, err error) {
	c, t := j.c, j.t
	lock, err := wire.Connect(ctx, c.cfg.Source, wire.Session{LockWaitTimeout: lockWait})
	if err != nil {
		return nil, at, err
	}
	defer lock.Close()
	conn, err := wire.Connect(ctx, c.cfg.Source, wire.Session{RepeatableRead: true, ReadOnly: true, Vars: readVars()})
	if err != nil {
		return nil, at, err
	}
	defer func() {
		if err != nil {
			conn.Close()
		}
	}()
	if _, err := lock.Exec(ctx, []byte("LOCK TABLES "+t.name.Quoted()+" READ")); err != nil {
		switch {
		case definitionChanged(err):
			return nil, at, errAgain
		case wire.Code(err) == codeLockWait:
			return nil, at, errInUse
		}
		return nil, at, fmt.Errorf("lock it for its snapshot: %w", err)
	}
	if err := t.fits(ctx, lock); err != nil {
		return nil, at, err
	}
	if _, err := conn.Exec(ctx, []byte("START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY")); err != nil {
		return nil, at, fmt.Errorf("open its snapshot: %w", err)
	}
	row, err := conn.One(ctx, []byte("SELECT @@GLOBAL.gtid_executed"))
	if err != nil {
		return nil, at, fmt.Errorf("read the position of its snapshot: %w", err)
	}
	at, err = change.ParseGTIDSet(string(row[0]))
	if err != nil {
		return nil, at, err
	}
	_, err = lock.Exec(ctx, []byte("UNLOCK TABLES"))
	return conn, at, err
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
	if err := j.recordSnapshot(ctx); err != nil {
		return err
	}
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

// A snapshot may be ahead of the stream, and stay so after the table is done:
// what the stream still brings from before it must be left out, by whichever
// process reads it. So the position is kept, and the copy is not at its end
// before the stream has come by.

// recordSnapshot keeps the position of a table's snapshot. The mark that the
// table is done follows.
func (j *job) recordSnapshot(ctx context.Context) error {
	c, t := j.c, j.t
	conn, err := c.targets.get(ctx)
	if err != nil {
		return err
	}
	defer c.targets.put(conn)
	c.mu.Lock()
	at := t.snapshotAt.String()
	c.mu.Unlock()
	sql := c.where(appendText([]byte("UPDATE _tandem.copy SET snapshot_gtid="), at), t.name)
	res, err := conn.Exec(ctx, fmt.Appendf(sql, " AND epoch=%d", c.cfg.Epoch))
	if err != nil {
		return fmt.Errorf("record the snapshot of %s: %w", t.name, err)
	}
	if res.Affected == 0 {
		return fmt.Errorf("record the snapshot of %s: %w", t.name, ErrFenced)
	}
	return nil
}

// resumeSnapshot takes up the position of the snapshot of a table that is done.
func (c *Copier) resumeSnapshot(ctx context.Context, conn *wire.Conn, t *table) error {
	row, err := conn.One(ctx, c.where([]byte("SELECT snapshot_gtid FROM _tandem.copy"), t.name))
	if err != nil || row == nil || row[0] == nil {
		return err
	}
	t.snapshotAt, err = change.ParseGTIDSet(string(row[0]))
	t.trailing = !c.cfg.From.ContainsSet(t.snapshotAt)
	return err
}

// ahead tells whether the table's snapshot has seen a statement that the stream
// is only coming to.
func (t *table) ahead(gtid change.GTID) bool {
	return (t.trailing || t.phase == snapshot) && t.snapshotAt.Contains(gtid)
}

// overtaken notes that the stream has come by snapshots. c.mu is held.
func (c *Copier) overtaken() {
	var position change.GTIDSet
	for _, t := range c.tables {
		if !t.trailing {
			continue
		}
		if position.IsEmpty() {
			position = c.cfg.Position()
		}
		if position.ContainsSet(t.snapshotAt) {
			t.trailing = false
			c.checkFinished()
			c.changed()
		}
	}
}
