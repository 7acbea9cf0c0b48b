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
func (j *job) write(ctx context.Context) error {
	if j.t.ordered {
		j.strike()
	}
	err := j.writeChunk(ctx)
	if err == nil || locksInTheWay(err) || ctx.Err() != nil {
		return err
	}
	lost := new(wire.LostError)
	if !errors.As(err, &lost) {
		return err
	}
	// Whether it was committed, the mark tells.
	done, markErr := j.marked(ctx)
	if markErr != nil {
		return errors.Join(err, markErr)
	}
	if done {
		return nil
	}
	j.c.cfg.Logger.Warn("writing again", "table", j.t.name.String(), "chunk", j.t.space.Format(j.segment.Range), "error", err)
	return j.writeChunk(ctx)
}

func (j *job) marked(ctx context.Context) (bool, error) {
	conn, err := j.c.targets.get(ctx)
	if err != nil {
		return false, err
	}
	defer j.c.targets.put(conn)
	return j.c.marked(ctx, conn, j.t, j.segment)
}

func (j *job) writeChunk(ctx context.Context) error {
	conn, err := j.c.targets.get(ctx)
	if err != nil {
		return err
	}
	defer j.c.targets.put(conn)
	mark := j.c.appendMark(nil, j.t, j.segment, int64(len(j.buf.rows)), j.buf.size)
	err = j.transaction(ctx, conn, mark, func() error {
		if j.t.ordered {
			return j.writeRows(ctx, conn, nil)
		}
		return j.writeUnordered(ctx, conn)
	})
	if err != nil {
		return fmt.Errorf("copy %s: %w", j.t.describe(j.segment), err)
	}
	return nil
}

// transaction runs write in a transaction that begins with a mark.
func (j *job) transaction(ctx context.Context, conn *wire.Conn, mark []byte, write func() error) (err error) {
	defer func() {
		if err != nil && conn.Err() == nil {
			if _, rollback := conn.Exec(ctx, []byte("ROLLBACK")); rollback != nil {
				conn.Close()
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
	j.c.cfg.Hook("before-commit")
	_, err = conn.Exec(ctx, []byte("COMMIT"))
	return err
}

// writeRows writes the rows of the buffer that are not left out. Rows that are
// there already are an error, unless dups counts them.
func (j *job) writeRows(ctx context.Context, conn *wire.Conn, dups *duplicates) error {
	b, t := &j.buf, j.t
	l := j.layout
	values := make([][]byte, l.values())
	insert := func(row [][]byte) bool { return !j.c.loadData || len(l.written) == 0 || l.typed(row) }
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
		halfway := sync.OnceFunc(func() { j.c.cfg.Hook("mid-write") })
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
				if err := j.writeLine(to, row); err != nil {
					return err
				}
			}
			return j.flushLine(to)
		})
		if err != nil {
			return err
		}
		check := outcome{table: t, layout: l, result: res, sent: sent, zeroes: zeroes, dups: dups, row: func(n int) [][]byte {
			return j.nth(n, values, insert)
		}}
		if err := check.run(ctx, conn); err != nil {
			return err
		}
	}
	if inserts > 0 {
		return j.insertRows(ctx, conn, insert, dups)
	}
	return nil
}

// fileBuffer is how much of the file is put together before it is handed on.
const fileBuffer = 64 << 10

func (j *job) writeLine(to io.Writer, row [][]byte) error {
	if rowSize(row) >= largeRow {
		return j.streamLine(to, row)
	}
	j.file = j.layout.appendLine(j.file, row)
	if len(j.file) >= fileBuffer {
		return j.flushLine(to)
	}
	return nil
}

// streamLine writes a large row piece by piece, not to hold it twice.
func (j *job) streamLine(to io.Writer, row [][]byte) error {
	l := j.layout
	for n, i := range l.written {
		if n > 0 {
			j.file = append(j.file, '\t')
		}
		v := row[i]
		if v == nil {
			j.file = append(j.file, '\\', 'N')
			continue
		}
		for len(v) > 0 {
			part := v[:min(len(v), fileBuffer)]
			v = v[len(part):]
			if l.classes[i] != escaped {
				j.file = append(j.file, part...)
			} else {
				j.file = appendEscaped(j.file, part)
			}
			if len(j.file) >= fileBuffer {
				if err := j.flushLine(to); err != nil {
					return err
				}
			}
		}
	}
	j.file = append(j.file, '\n')
	return nil
}

func (j *job) flushLine(to io.Writer) error {
	_, err := to.Write(j.file)
	j.file = j.file[:0]
	return err
}

// nth returns the n-th row (from 1) that was sent in the file.
func (j *job) nth(n int, values [][]byte, insert func([][]byte) bool) [][]byte {
	for i := range j.buf.rows {
		if j.buf.rows[i].left {
			continue
		}
		row := j.buf.row(i, values)
		if insert(row) {
			continue
		}
		if n--; n == 0 {
			return row
		}
	}
	return nil
}
