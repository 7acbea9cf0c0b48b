package copier

import (
	"context"
	"fmt"
	"strconv"

	"tandem/internal/chunk"
	"tandem/internal/wire"
)

// writeUnordered writes a chunk of a table whose keys only the server can
// compare. What the target has of the table's changed rows is right, row by row,
// at the stream's position; so its rows win over the chunk's, and a key that was
// changed meanwhile and is not there is one that the chunk must not bring back.
func (j *job) writeUnordered(ctx context.Context, conn *wire.Conn) error {
	t := j.t
	gone, err := j.absent(ctx, conn)
	if err != nil {
		return err
	}
	if err := j.writeRows(ctx, conn, &duplicates{struck: len(j.segment.struck)}); err != nil {
		return err
	}
	var sql []byte
	for len(gone) > 0 {
		n := min(len(gone), matchBatch)
		sql = append(sql[:0], "DELETE FROM "+t.name.Quoted()+" WHERE "...)
		for i, k := range gone[:n] {
			if i > 0 {
				sql = append(sql, " OR "...)
			}
			sql = t.appendMatch(sql, k)
		}
		if _, err := conn.Exec(ctx, sql); err != nil {
			return fmt.Errorf("delete outdated rows: %w", err)
		}
		gone = gone[n:]
	}
	return nil
}

// matchBatch is how many keys are looked for in one statement.
const matchBatch = 100

// absent returns the struck keys that the target has no row for.
func (j *job) absent(ctx context.Context, conn *wire.Conn) ([]chunk.Key, error) {
	t, s := j.t, j.segment
	keys := make([]chunk.Key, 0, len(s.struck))
	for k := range s.struck {
		keys = append(keys, chunk.KeyFromBytes(k))
	}
	there := make([]bool, len(keys))
	for first := 0; first < len(keys); first += matchBatch {
		var sql []byte
		for i := first; i < min(first+matchBatch, len(keys)); i++ {
			if i > first {
				sql = append(sql, " UNION ALL "...)
			}
			sql = fmt.Appendf(sql, "SELECT %d FROM %s WHERE ", i, t.name.Quoted())
			sql = t.appendMatch(sql, keys[i])
		}
		err := conn.Query(ctx, sql, func(v [][]byte) error {
			i, err := strconv.Atoi(string(v[0]))
			if err == nil {
				there[i] = true
			}
			return err
		})
		if err != nil {
			return nil, fmt.Errorf("look for changed rows: %w", err)
		}
	}
	gone := keys[:0]
	for i, k := range keys {
		if !there[i] {
			gone = append(gone, k)
		}
	}
	return gone, nil
}

// appendMatch appends the condition that finds a key's row.
func (t *table) appendMatch(dst []byte, k chunk.Key) []byte {
	dst = append(dst, '(')
	dst = t.space.AppendMatch(dst, k)
	return append(dst, ')')
}
