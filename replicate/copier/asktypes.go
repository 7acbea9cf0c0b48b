package copier

import (
	"bytes"
	"context"
	"fmt"
	"strconv"

	"tandem/internal/scan"
	"tandem/internal/schema"
	"tandem/internal/wire"
)

// Servers before 8.0 have no JSON_TABLE: there the types of a document's values
// are asked for by path, after the chunk has been read and before the end of the
// binlog is. A document that has changed in between is not what was read; its
// change lies before that end, so the row will be struck.

// askBatch is how many documents are asked about in one statement.
const askBatch = 50

// question is a document in the buffer.
type question struct {
	row, json int
	doc       []byte
}

// askTypes asks for the types of the buffer's JSON values, over conn or, for
// nil, a connection of the pool.
func (j *job) askTypes(ctx context.Context, conn *wire.Conn) error {
	l := j.layout
	if !l.askTypes {
		return nil
	}
	if conn == nil {
		var err error
		if conn, err = j.c.sources.get(ctx); err != nil {
			return err
		}
		defer j.c.sources.put(conn)
	}
	values := make([][]byte, l.values())
	var batch []question
	var sql []byte
	flush := func() error {
		if len(batch) == 0 {
			return nil
		}
		err := conn.Query(ctx, sql, func(v [][]byte) error { return j.answer(batch, v) })
		sql, batch = sql[:0], batch[:0]
		if err != nil {
			return fmt.Errorf("ask for the types of json values in %s: %w", j.t.name, err)
		}
		return nil
	}
	for i := range j.buf.rows {
		for n, col := range l.json {
			row := j.buf.row(i, values)
			exprs, err := scan.TypeQuestions(schema.Quote(l.column(col).Name), row[col])
			if err != nil {
				return err
			}
			if exprs == "" {
				continue
			}
			if len(batch) > 0 {
				sql = append(sql, " UNION ALL "...)
			}
			name := schema.Quote(l.column(col).Name)
			sql = fmt.Appendf(sql, "SELECT %d,%s,CONCAT_WS(',',%s) FROM %s WHERE ", len(batch), name, exprs, l.def.Quoted())
			if sql, err = l.appendMatch(sql, row); err != nil {
				return err
			}
			batch = append(batch, question{i, n, row[col]})
			if len(batch) == askBatch {
				if err := flush(); err != nil {
					return err
				}
			}
		}
	}
	return flush()
}

// answer takes the types of one document. A row that needs them gets memory of
// its own.
func (j *job) answer(batch []question, v [][]byte) error {
	n, err := strconv.Atoi(string(v[0]))
	if err != nil || n >= len(batch) {
		return fmt.Errorf("unexpected answer %q", v[0])
	}
	q := &batch[n]
	if !bytes.Equal(v[1], q.doc) || bytes.Contains(v[2], []byte("?")) || !scan.NeedsTypes(string(v[2])) {
		return nil
	}
	row := j.buf.row(q.row, make([][]byte, j.layout.values()))
	row[j.layout.types+q.json] = bytes.Clone(v[2])
	j.buf.rows[q.row].own = row
	return nil
}

// appendMatch appends the condition that finds a row by its key.
func (l *layout) appendMatch(dst []byte, row [][]byte) ([]byte, error) {
	key, err := l.key(row)
	if err != nil {
		return nil, err
	}
	return l.space.AppendMatch(dst, key), nil
}
