package copier

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"

	"tandem/internal/wire"
)

// write writes what is left of a chunk, and its mark, in one transaction.
func (w *worker) write(ctx context.Context, t *table, s *segment) error {
	if t.ordered {
		w.strike(s)
	}
	err := w.writeChunk(ctx, t, s)
	if err == nil || locksInTheWay(err) || ctx.Err() != nil {
		return err
	}
	lost := new(wire.LostError)
	if !errors.As(err, &lost) {
		return err
	}
	// Whether it was committed, the mark tells.
	conn, connErr := w.targetConn(ctx)
	if connErr != nil {
		return errors.Join(err, connErr)
	}
	done, markErr := w.c.marked(ctx, conn, t, s)
	if markErr != nil {
		return errors.Join(err, markErr)
	}
	if done {
		return nil
	}
	w.c.cfg.Logger.Warn("writing again", "table", t.name.String(), "chunk", t.space.Format(s.Range), "error", err)
	return w.writeChunk(ctx, t, s)
}

func (w *worker) writeChunk(ctx context.Context, t *table, s *segment) error {
	conn, err := w.targetConn(ctx)
	if err != nil {
		return err
	}
	rows, size := int64(len(w.buf.rows)), w.buf.size
	err = w.transaction(ctx, conn, w.c.appendMark(nil, t, s, rows, size), func() error {
		if t.ordered {
			return w.writeRows(ctx, conn, t, nil)
		}
		return w.writeUnordered(ctx, conn, t, s)
	})
	if err != nil {
		return fmt.Errorf("copy %s: %w", t.describe(s), err)
	}
	return nil
}

// transaction runs write in a transaction that begins with a mark.
func (w *worker) transaction(ctx context.Context, conn *wire.Conn, mark []byte, write func() error) (err error) {
	defer func() {
		if err != nil && conn.Err() == nil {
			if _, rollback := conn.Exec(ctx, []byte("ROLLBACK")); rollback != nil {
				w.dropTarget()
			}
		}
	}()
	if _, err := conn.Exec(ctx, []byte("BEGIN")); err != nil {
		return err
	}
	res, err := conn.Exec(ctx, mark)
	if err != nil {
		return err
	}
	if res.Affected == 0 {
		return ErrFenced
	}
	if err := write(); err != nil {
		return err
	}
	w.c.cfg.Hook("before-commit")
	_, err = conn.Exec(ctx, []byte("COMMIT"))
	return err
}

// writeRows writes the rows of the buffer that are not left out. Rows that are
// there already are an error, unless dups counts them.
func (w *worker) writeRows(ctx context.Context, conn *wire.Conn, t *table, dups *duplicates) error {
	b := &w.buf
	l := w.layout
	values := make([][]byte, l.values())
	insert := func(row [][]byte) bool { return !w.c.loadData || len(l.written) == 0 || l.typed(row) }
	sent, inserts, zeroes := 0, 0, 0
	for i := range b.rows {
		if b.rows[i].left {
			continue
		}
		row := b.row(i, values)
		if insert(row) {
			inserts++
			continue
		}
		sent++
		zeroes += l.zeroEnums(row)
	}
	if sent > 0 {
		halfway := sync.OnceFunc(func() { w.c.cfg.Hook("mid-write") })
		res, err := conn.Load(ctx, l.load, func(to io.Writer) error {
			for i := range b.rows {
				if i >= len(b.rows)/2 {
					halfway()
				}
				if b.rows[i].left {
					continue
				}
				row := b.row(i, values)
				if insert(row) {
					continue
				}
				if err := w.writeLine(to, row); err != nil {
					return err
				}
			}
			return w.flushLine(to)
		})
		if err != nil {
			return err
		}
		check := outcome{table: t, layout: l, result: res, sent: sent, zeroes: zeroes, dups: dups, row: func(n int) [][]byte {
			return w.nth(n, values, insert)
		}}
		if err := check.run(ctx, conn); err != nil {
			return err
		}
	}
	if inserts > 0 {
		return w.insertRows(ctx, conn, t, insert, dups)
	}
	return nil
}

// fileBuffer is how much of the file is put together before it is handed on.
const fileBuffer = 64 << 10

func (w *worker) writeLine(to io.Writer, row [][]byte) error {
	size := 0
	for _, v := range row {
		size += len(v)
	}
	if size >= largeRow {
		return w.streamLine(to, row)
	}
	w.file = w.layout.appendLine(w.file, row)
	if len(w.file) >= fileBuffer {
		return w.flushLine(to)
	}
	return nil
}

// streamLine writes a large row piece by piece, not to hold it twice.
func (w *worker) streamLine(to io.Writer, row [][]byte) error {
	l := w.layout
	for n, i := range l.written {
		if n > 0 {
			w.file = append(w.file, '\t')
		}
		v := row[i]
		if v == nil {
			w.file = append(w.file, '\\', 'N')
			continue
		}
		for len(v) > 0 {
			part := v[:min(len(v), fileBuffer)]
			v = v[len(part):]
			if l.classes[i] != escaped {
				w.file = append(w.file, part...)
			} else {
				w.file = appendEscaped(w.file, part)
			}
			if len(w.file) >= fileBuffer {
				if err := w.flushLine(to); err != nil {
					return err
				}
			}
		}
	}
	w.file = append(w.file, '\n')
	return nil
}

func (w *worker) flushLine(to io.Writer) error {
	_, err := to.Write(w.file)
	w.file = w.file[:0]
	return err
}

// nth returns the n-th row (from 1) that was sent in the file.
func (w *worker) nth(n int, values [][]byte, insert func([][]byte) bool) [][]byte {
	for i := range w.buf.rows {
		if w.buf.rows[i].left {
			continue
		}
		row := w.buf.row(i, values)
		if insert(row) {
			continue
		}
		if n--; n == 0 {
			return row
		}
	}
	return nil
}
