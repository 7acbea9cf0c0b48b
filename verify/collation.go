package verify

import (
	"context"
	"fmt"
	"strconv"

	"tandem/internal/chunk"
	"tandem/internal/schema"
)

// Rows whose values differ in text only may be equal to the server: it is asked
// whether the target's rows match the source's values.

// textOnly tells whether two rows differ in text only, so that they may be equal
// to the server.
func (t *table) textOnly(rows [2]image) bool {
	if !rows[source].there || !rows[target].there {
		return false
	}
	for i := range rows[source].cols {
		k := t.list.Column(i).Kind
		if rows[source].cols[i] != rows[target].cols[i] && k != schema.Char && k != schema.Text {
			return false
		}
	}
	return true
}

// equalToServer asks the target whether the columns hold what its collations
// take for the source's values.
func (s *settler) equalToServer(ctx context.Context, w *worker, t *table, key chunk.Key, rows [2]schema.Row, columns []int) (bool, error) {
	sql := []byte("SELECT ")
	for n, i := range columns {
		col := t.list.Column(i)
		v := rows[source][i]
		if col.Kind != schema.Char && col.Kind != schema.Text || v == nil || rows[target][i] == nil || len(v) > maxKeptRow {
			return false, nil
		}
		if n > 0 {
			sql = append(sql, " AND "...)
		}
		sql = schema.AppendMatch(sql, col, v)
	}
	sql = t.from(sql, target)
	sql = t.spaces[target].AppendMatch(append(sql, " WHERE "...), key)
	var equal bool
	err := w.retry(ctx, func() error {
		row, err := w.ends[target].one(ctx, sql)
		equal = err == nil && len(row) == 1 && string(row[0]) == "1"
		return err
	})
	return equal, err
}

// textsBatch is how many rows the server is asked about at once.
const textsBatch = 50

// countTexts counts findings of which no more are listed, where it takes the server
// to tell their class. It returns those that are not what was seen last.
func (s *settler) countTexts(ctx context.Context, w *worker, t *table, all []*candidate) (again []*candidate, err error) {
	for len(all) > 0 {
		batch := all[:min(len(all), textsBatch)]
		all = all[len(batch):]
		still, equal, err := t.askTexts(ctx, w, batch)
		if err != nil {
			return nil, err
		}
		for n, c := range batch {
			if !still[n] {
				c.same = 0
				again = append(again, c)
				continue
			}
			f := Finding{Class: Different}
			if equal[n] {
				f.Class = CollationOnly
			}
			if !s.run.full || c.last[source].key == keyHash(c.key) {
				// Else it was found by the target's key, and is a candidate by the source's, too.
				t.finding(f, s.run)
			}
			s.drop(c)
		}
	}
	return again, nil
}

// askTexts tells for each row whether it is still what was seen last, and whether
// it is equal to the server.
func (t *table) askTexts(ctx context.Context, w *worker, batch []*candidate) (still, equal []bool, err error) {
	keys := make([]chunk.Key, len(batch))
	for n, c := range batch {
		keys[n] = c.key
	}
	err = w.retry(ctx, func() error {
		still, equal = make([]bool, len(batch)), make([]bool, len(batch))
		seen := make([]bool, len(batch))
		// One row at a time is kept, as an expression; large values are not text
		// that a collation would be asked about.
		var sql []byte
		err := t.rows(ctx, w.ends[source], source, keys, func(n int, row schema.Row, large [][]byte) error {
			c := batch[n]
			seen[n] = newImage(row, t.list.Keys, large).equal(c.last[source])
			if seen[n] {
				sql = t.appendTextQuestion(sql, n, c, row)
			}
			return nil
		})
		if err != nil {
			return err
		}
		err = t.rows(ctx, w.ends[target], target, keys, func(n int, row schema.Row, large [][]byte) error {
			still[n] = seen[n] && newImage(row, t.list.Keys, large).equal(batch[n].last[target])
			return nil
		})
		if err != nil || len(sql) == 0 {
			return err
		}
		return w.ends[target].query(ctx, sql, func(v [][]byte) error {
			n, err := strconv.Atoi(string(v[0]))
			if err != nil || n >= len(batch) {
				return fmt.Errorf("ask whether rows of %s are equal: unexpected answer %q", t.name, v[0])
			}
			equal[n] = string(v[1]) == "1"
			return nil
		})
	})
	return still, equal, err
}

// appendTextQuestion appends the SELECT that tells whether the target's row matches
// the source's text; nothing where it can not.
func (t *table) appendTextQuestion(sql []byte, n int, c *candidate, row schema.Row) []byte {
	begin := len(sql)
	if begin > 0 {
		sql = append(sql, " UNION ALL "...)
	}
	sql = append(strconv.AppendInt(append(sql, "SELECT "...), int64(n), 10), ',')
	for i := range row {
		if c.last[source].cols[i] == c.last[target].cols[i] {
			continue
		}
		if row[i] == nil || len(row[i]) > maxKeptRow/textsBatch {
			return sql[:begin]
		}
		sql = append(schema.AppendMatch(sql, t.list.Column(i), row[i]), " AND "...)
	}
	sql = t.from(append(sql, "TRUE"...), target)
	return t.spaces[target].AppendMatch(append(sql, " WHERE "...), c.key)
}
