package verify

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"slices"
	"strconv"

	"github.com/cespare/xxhash/v2"

	"tandem/internal/chunk"
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

func newImage(row schema.Row, keys int) image {
	im := image{there: true, cols: make([]uint64, len(row))}
	all := sha256.New()
	var head []byte
	for i, v := range row {
		head = head[:0]
		if v == nil {
			head = append(head, 0)
		} else {
			head = binary.AppendUvarint(head, uint64(len(v))+1)
		}
		all.Write(head)
		all.Write(v)
		im.cols[i] = xxhash.Sum64(v)
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
	err := t.rows(ctx, s, i, keys, func(n int, row schema.Row) error {
		images[n] = newImage(row, t.list.Keys)
		return nil
	})
	return images, err
}

// rows reads rows by their keys. The values are canonical, in the order of the
// list, and valid until row returns.
func (t *table) rows(ctx context.Context, s *side, i int, keys []chunk.Key, row func(n int, row schema.Row) error) error {
	space := t.spaces[i]
	var sql, scratch []byte
	// Where keys are equal only if their bytes are, rows tell which key they are
	// of. Otherwise every key has a SELECT of its own.
	ordered := space.Ordered()
	var at map[string]int
	if ordered {
		at = make(map[string]int, len(keys))
		for n, k := range keys {
			scratch = k.AppendBytes(scratch[:0])
			at[string(scratch)] = n
		}
		sql = append(t.from(append(sql, t.list.SQL...), i), " WHERE "...)
		for n, k := range keys {
			if n > 0 {
				sql = append(sql, " OR "...)
			}
			sql = append(sql, '(')
			sql = append(space.AppendMatch(sql, k), ')')
		}
	} else {
		for n, k := range keys {
			if n > 0 {
				sql = append(sql, " UNION ALL "...)
			}
			sql = append(sql, t.list.SQL...)
			sql = strconv.AppendInt(append(sql, ','), int64(n), 10)
			sql = append(t.from(sql, i), " WHERE "...)
			sql = space.AppendMatch(sql, k)
		}
	}
	var canonical schema.Row
	return s.query(ctx, sql, func(v [][]byte) (err error) {
		if canonical, err = t.list.Canonical(canonical, v); err != nil {
			return err
		}
		n, found := 0, true
		if ordered {
			scratch = chunk.Key(canonical[:t.list.Keys]).AppendBytes(scratch[:0])
			n, found = at[string(scratch)]
		} else {
			n, err = strconv.Atoi(string(v[len(v)-1]))
			found = err == nil && n < len(keys)
		}
		if !found {
			return fmt.Errorf("read rows of %s by key: row %s was not asked for", t.name, t.key(chunk.Key(canonical[:t.list.Keys])))
		}
		return row(n, canonical)
	})
}

func (t *table) from(dst []byte, i int) []byte {
	dst = append(dst, " FROM "...)
	dst = append(dst, t.name.Quoted()...)
	dst = append(dst, " FORCE INDEX ("...)
	dst = append(dst, schema.Quote(t.defs[i].RowKey().Name)...)
	return append(dst, ')')
}

// row reads one row for a report, with memory of its own: nil if it is not there.
func (t *table) row(ctx context.Context, s *side, i int, k chunk.Key) (schema.Row, error) {
	var out schema.Row
	err := t.rows(ctx, s, i, []chunk.Key{k}, func(_ int, row schema.Row) error {
		out = row.Clone()
		return nil
	})
	return out, err
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

// differing returns the list's columns in which two rows differ.
func differing(a, b schema.Row) []int {
	var out []int
	for i := range a {
		if (a[i] == nil) != (b[i] == nil) || !slices.Equal(a[i], b[i]) {
			out = append(out, i)
		}
	}
	return out
}
