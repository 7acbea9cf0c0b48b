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
func (w *worker) copySnapshot(ctx context.Context, t *table) error {
	c := w.c
	var s *segment
	err := c.flip(ctx, change.Offset{}, func() {
		if s = t.next(pending); s != nil && t.phase != done {
			t.phase = holding
		}
	})
	if err != nil || s == nil {
		return err
	}
	conn, at, err := w.openSnapshot(ctx, t)
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
	if err := w.pour(ctx, conn, t, s); err != nil {
		return fmt.Errorf("copy %s: %w", t.name, err)
	}
	target, err := w.targetConn(ctx)
	if err != nil {
		return err
	}
	if err := c.setState(ctx, target, t, stateDone); err != nil {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	s.state = written
	c.tableDone(t)
	return nil
}

// lockWait is how long writers of a table are held up at most while its
// snapshot waits for the lock.
const lockWait = time.Second

// openSnapshot opens a snapshot of one table and returns its position. The lock
// on the table lasts for the two statements that this takes; it waits until
// every transaction that has changed the table has ended, so that none of them
// can be in the binlog and not in the snapshot.
func (w *worker) openSnapshot(ctx context.Context, t *table) (_ *wire.Conn, at change.GTIDSet, err error) {
	c := w.c
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
	for {
		_, err := lock.Exec(ctx, []byte("LOCK TABLES "+t.name.Quoted()+" READ"))
		if err == nil {
			break
		}
		if wire.Code(err) != codeLockWait {
			return nil, at, fmt.Errorf("lock it for its snapshot: %w", err)
		}
		c.cfg.Logger.Info("waiting for a moment without writers, to open a snapshot", "table", t.name.String())
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
		have = append(have, strings.ToLower(string(v[0])))
		return nil
	})
	if err != nil {
		return fmt.Errorf("look at its columns: %w", err)
	}
	for i := range t.def.Columns {
		if len(have) != len(t.def.Columns) || !strings.EqualFold(have[i], t.def.Columns[i].Name) {
			return errors.New("it was altered while its copy began; run again")
		}
	}
	return nil
}

// pour reads the table and writes it, a buffer at a time. Only the last
// transaction has the mark: until then the table counts as not copied.
func (w *worker) pour(ctx context.Context, conn *wire.Conn, t *table, s *segment) error {
	c := w.c
	w.layout = newLayout(t.def, hasJSONTable(conn.Version()))
	w.buf.reset()
	sql := append(append([]byte(nil), w.layout.sel...), " FROM "+t.name.Quoted()...)
	started := time.Now()
	var rows, size int64
	flush := func(mark []byte) error {
		if err := w.pourBuffer(ctx, t, mark); err != nil {
			return err
		}
		rows, size = rows+int64(len(w.buf.rows)), size+w.buf.size
		c.mu.Lock()
		t.wrote(int64(len(w.buf.rows)), w.buf.size, 0, c.cfg)
		c.mu.Unlock()
		w.buf.reset()
		w.giveLargeBack()
		return nil
	}
	conn.OnLarge(func() error { return w.takeLarge(ctx) })
	err := conn.Query(ctx, sql, func(v [][]byte) error {
		n := 0
		for _, x := range v {
			n += len(x)
		}
		own := n >= largeRow
		if own {
			conn.Detach()
		}
		w.buf.add(v, n, own)
		if w.buf.size >= c.cfg.ChunkBytes || len(w.buf.rows) >= maxRows {
			return flush(c.appendTouch(nil, t))
		}
		return nil
	})
	if err != nil {
		return err
	}
	c.cfg.Hook("after-select")
	if err := flush(c.appendMark(nil, t, s, rows+int64(len(w.buf.rows)), size+w.buf.size)); err != nil {
		return err
	}
	c.cfg.Logger.Info("table copied from a snapshot", "table", t.name.String(), "rows", rows, "duration", time.Since(started))
	return nil
}

// pourBuffer writes the buffer, again if locks are in the way: nothing changes
// the table's rows meanwhile.
func (w *worker) pourBuffer(ctx context.Context, t *table, mark []byte) error {
	for attempt := 0; ; attempt++ {
		conn, err := w.targetConn(ctx)
		if err != nil {
			return err
		}
		w.c.cfg.Hook("before-write")
		err = w.transaction(ctx, conn, mark, func() error { return w.writeRows(ctx, conn, t, nil) })
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
