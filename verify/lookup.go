package verify

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"slices"
	"strconv"

	"github.com/cespare/xxhash/v2"

	"tandem/internal/chunk"
	"tandem/internal/scan"
	"tandem/internal/schema"
)

// image is what is remembered of a row: hashes, since a row may be large. The
// zero image is that of a row which is not there.
type image struct {
	there bool
	sum   [sha256.Size]byte // of all canonical values
	key   uint64            // of the key's canonical values
	cols  []uint64
}

func (a image) equal(b image) bool { return a.there == b.there && a.sum == b.sum }

func newImage(row schema.Row, keys int, large [][]byte) image {
	im := image{there: true, cols: make([]uint64, len(row))}
	all := sha256.New()
	var head []byte
	for i, v := range row {
		head = head[:0]
		if len(large) > 0 && large[i] != nil {
			// All that is known of the value.
			head, v = append(head, 0, 0), large[i]
		} else if v == nil {
			head = append(head, 0)
		} else {
			head = binary.AppendUvarint(head, uint64(len(v))+1)
		}
		all.Write(head)
		all.Write(v)
		im.cols[i] = xxhash.Sum64(v) + uint64(len(head))
		if v == nil {
			im.cols[i] = 1
		}
	}
	im.key = keyHash(chunk.Key(row[:keys]))
	all.Sum(im.sum[:0])
	return im
}

func keyHash(k chunk.Key) uint64 {
	var h uint64
	for _, v := range k {
		h = mix(h) + xxhash.Sum64(v)
	}
	return h
}

// lookUp reads rows by their keys, as the server compares keys.
func (t *table) lookUp(ctx context.Context, s *side, i int, keys []chunk.Key) ([]image, error) {
	images := make([]image, len(keys))
	err := t.rows(ctx, s, i, keys, func(n int, row schema.Row, large [][]byte) error {
		images[n] = newImage(row, t.list.Keys, large)
		return nil
	})
	return images, err
}

// rows reads rows by their keys. The values are canonical, in the order of the
// list, and valid until row returns. Of large values only the length and SHA-256
// are read: they are in large then, and the value is nil.
func (t *table) rows(ctx context.Context, s *side, i int, keys []chunk.Key, row func(n int, row schema.Row, large [][]byte) error) error {
	return t.read(ctx, s, i, keys, t.lookSQL, t.largeCols, row)
}

// read reads rows by their keys with a select list: the table's, or that of
// look-ups with the columns that are told of at its end.
//
// Rows are asked for together, and tell by their bytes which key they are of. Where
// keys can be equal to the server with other bytes, those that no row had the
// bytes of are asked for again, with a SELECT for each.
func (t *table) read(ctx context.Context, s *side, i int, keys []chunk.Key, list []byte, told []int, row func(n int, row schema.Row, large [][]byte) error) error {
	space := t.spaces[i]
	if !space.Ordered() && !t.listable(i) {
		return t.readEach(ctx, s, i, keys, nil, list, told, row)
	}
	var scratch []byte
	at := make(map[string]int, len(keys))
	for n, k := range keys {
		scratch = k.AppendBytes(scratch[:0])
		at[string(scratch)] = n
	}
	found := make([]bool, len(keys))
	err := s.query(ctx, t.appendTogether(nil, i, keys, list), t.each(told, func(_ [][]byte, r schema.Row, large [][]byte) error {
		scratch = chunk.Key(r[:t.list.Keys]).AppendBytes(scratch[:0])
		n, ok := at[string(scratch)]
		if !ok && space.Ordered() {
			return fmt.Errorf("read rows of %s by key: row %s was not asked for", t.name, t.key(chunk.Key(r[:t.list.Keys])))
		}
		if !ok {
			return nil
		}
		found[n] = true
		return row(n, r, large)
	}))
	if err != nil || space.Ordered() {
		return err
	}
	return t.readEach(ctx, s, i, keys, found, list, told, row)
}

// readEach reads rows by a SELECT for each key that was not found.
func (t *table) readEach(ctx context.Context, s *side, i int, keys []chunk.Key, found []bool, list []byte, told []int, row func(n int, row schema.Row, large [][]byte) error) error {
	var sql []byte
	for n, k := range keys {
		if found != nil && found[n] {
			continue
		}
		if len(sql) > 0 {
			sql = append(sql, " UNION ALL "...)
		}
		sql = append(sql, list...)
		sql = strconv.AppendInt(append(sql, ','), int64(n), 10)
		sql = append(t.from(sql, i), " WHERE "...)
		sql = t.spaces[i].AppendMatch(sql, k)
	}
	if len(sql) == 0 {
		return nil
	}
	return s.query(ctx, sql, t.each(told, func(v [][]byte, r schema.Row, large [][]byte) error {
		n, err := strconv.Atoi(string(v[len(v)-1]))
		if err != nil || n >= len(keys) {
			return fmt.Errorf("read rows of %s by key: unexpected answer %q", t.name, v[len(v)-1])
		}
		return row(n, r, large)
	}))
}

// each makes canonical values of what a query brings.
func (t *table) each(told []int, row func(v [][]byte, r schema.Row, large [][]byte) error) func([][]byte) error {
	var canonical schema.Row
	var large [][]byte
	if len(told) > 0 {
		large = make([][]byte, len(t.list.Columns))
	}
	return func(v [][]byte) (err error) {
		if canonical, err = t.list.Canonical(canonical, v); err != nil {
			return err
		}
		for j, col := range told {
			large[col] = v[t.list.Values()+j]
		}
		return row(v, canonical, large)
	}
}

// listable tells whether keys can be asked for as a list of values. What is no
// list is a condition with OR, which servers take time over that grows with the
// square of its length.
func (t *table) listable(i int) bool {
	parts := t.defs[i].RowKey().Parts
	if len(parts) != 1 || parts[0].Prefix > 0 {
		return false
	}
	switch t.defs[i].Columns[parts[0].Column].Kind {
	case schema.Int, schema.Char, schema.Text, schema.Binary, schema.Bytes:
		return true
	}
	return false
}

// orKeys is how many keys one condition with OR has.
const orKeys = 32

// appendTogether appends the query for the rows of all those keys.
func (t *table) appendTogether(sql []byte, i int, keys []chunk.Key, list []byte) []byte {
	space := t.spaces[i]
	if t.listable(i) {
		column := schema.Quote(t.list.Column(0).Name)
		sql = append(t.from(append(sql, list...), i), " WHERE "...)
		sql = append(append(sql, column...), " IN ("...)
		for n, k := range keys {
			if n > 0 {
				sql = append(sql, ',')
			}
			// What a match has behind the equals sign.
			begin := len(sql)
			sql = space.AppendMatch(sql, k)
			sql = append(sql[:begin], sql[begin+bytes.IndexByte(sql[begin+len(column):], '=')+len(column)+1:]...)
		}
		return append(sql, ')')
	}
	for n, k := range keys {
		switch {
		case n%orKeys != 0:
			sql = append(sql, " OR "...)
		case n > 0:
			sql = append(sql, " UNION ALL "...)
			fallthrough
		default:
			sql = append(t.from(append(sql, list...), i), " WHERE "...)
		}
		sql = append(sql, '(')
		sql = append(space.AppendMatch(sql, k), ')')
	}
	return sql
}

// largeValue is the size from which a value is looked up by its length and hash.
const largeValue = 1 << 20

// buildLook makes the select list of look-ups: that of the table, and for each
// column that can hold a large value another one, which is NULL unless it does.
func (t *table) buildLook() {
	sql := []byte("SELECT ")
	var extra []byte
	for i := range t.list.Columns {
		if i > 0 {
			sql = append(sql, ',')
		}
		c := t.list.Column(i)
		expr := string(schema.AppendSelect(nil, c))
		hash := ""
		switch {
		case i < t.list.Keys:
		case c.Kind == schema.JSON:
			hash = "SHA2(CAST(" + expr + " AS CHAR CHARACTER SET utf8mb4),256)"
			if !t.list.AskTypes {
				hash += ",IFNULL(CONCAT(':',SHA2(" + string(scan.AppendTypes(nil, expr)) + ",256)),'')"
			}
		case (c.Kind == schema.Text || c.Kind == schema.Bytes) && !short(c):
			hash = "SHA2(CAST(" + expr + " AS BINARY),256)"
		case c.Kind == schema.Geometry:
			hash = "SHA2(HEX(" + expr + "),256)"
		}
		if hash == "" {
			sql = append(sql, expr...)
			continue
		}
		t.largeCols = append(t.largeCols, i)
		sql = fmt.Appendf(sql, "IF(LENGTH(%[1]s)>%[2]d,NULL,%[1]s)", expr, largeValue)
		extra = fmt.Appendf(extra, ",IF(LENGTH(%s)>%d,CONCAT(LENGTH(%s),':',%s),NULL)", expr, largeValue, expr, hash)
	}
	for _, i := range t.list.JSON {
		sql = append(sql, ',')
		name := schema.Quote(t.list.Column(i).Name)
		if t.list.AskTypes {
			sql = append(sql, "NULL"...)
			continue
		}
		sql = fmt.Appendf(sql, "IF(LENGTH(%s)>%d,NULL,%s)", name, largeValue, scan.AppendTypes(nil, name))
	}
	t.lookSQL = append(sql, extra...)
}

func (t *table) from(dst []byte, i int) []byte {
	dst = append(dst, " FROM "...)
	dst = append(dst, t.name.Quoted()...)
	dst = append(dst, " FORCE INDEX ("...)
	dst = append(dst, schema.Quote(t.defs[i].RowKey().Name)...)
	return append(dst, ')')
}

// row reads one row with all its values, however large, and memory of its own:
// nil if it is not there.
func (t *table) row(ctx context.Context, s *side, i int, k chunk.Key) (schema.Row, error) {
	var row schema.Row
	err := t.read(ctx, s, i, []chunk.Key{k}, t.list.SQL, nil, func(_ int, r schema.Row, _ [][]byte) error {
		row = r.Clone()
		return nil
	})
	return row, err
}

// rowToTell reads one row for a report, without its large values.
func (t *table) rowToTell(ctx context.Context, s *side, i int, k chunk.Key) (row schema.Row, large [][]byte, err error) {
	err = t.rows(ctx, s, i, []chunk.Key{k}, func(_ int, r schema.Row, l [][]byte) error {
		row, large = r.Clone(), schema.Row(l).Clone()
		return nil
	})
	return row, large, err
}

// whole puts values that are in the order of the list into the order of the
// table's columns. Those that are not read (virtual ones) are nil.
func (t *table) whole(row schema.Row) schema.Row {
	if row == nil {
		return nil
	}
	out := make(schema.Row, len(t.defs[source].Columns))
	for n, i := range t.list.Columns {
		out[i] = row[n]
	}
	return out
}

// differing returns the list's columns in which two rows differ, each given as its
// values and what is known of its large ones.
func differing(a, b [2]schema.Row) []int {
	var out []int
	for i := range a[0] {
		for j := range a {
			x, y := a[j], b[j]
			if i < len(x) && ((x[i] == nil) != (y[i] == nil) || !slices.Equal(x[i], y[i])) {
				out = append(out, i)
				break
			}
		}
	}
	return out
}
