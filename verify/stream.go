package verify

import (
	"context"
	"strconv"

	"github.com/cespare/xxhash/v2"

	"tandem/internal/chunk"
	"tandem/internal/schema"
)

// appendFrom appends FROM and the range. The order makes no difference to a
// digest, so none is asked for; the index is named, for the optimizer would
// sometimes rather read the whole table.
func (t *table) appendFrom(dst []byte, i int, r chunk.Range) []byte {
	dst = append(dst, " FROM "...)
	dst = append(dst, t.name.Quoted()...)
	s := t.spaces[i]
	if s == nil {
		return dst
	}
	dst = append(dst, " FORCE INDEX ("...)
	dst = append(dst, schema.Quote(s.Table().RowKey().Name)...)
	dst = append(dst, ") WHERE "...)
	if first, last, ok := t.between(r); ok {
		// One comparison a row instead of two: the server makes them although it reads
		// just those rows.
		dst = t.defs[i].Columns[s.Columns()[0]].AppendName(dst)
		dst = strconv.AppendInt(append(dst, " BETWEEN "...), first, 10)
		return strconv.AppendInt(append(dst, " AND "...), last, 10)
	}
	return s.AppendWhere(dst, r)
}

// between returns the first and the last number of a range of integers.
func (t *table) between(r chunk.Range) (first, last int64, ok bool) {
	k := t.defs[source].RowKey()
	if len(k.Parts) != 1 || k.Parts[0].Descending || t.list.Column(0).Kind != schema.Int || r.Lower == nil || r.Upper == nil {
		return 0, 0, false
	}
	first, err := strconv.ParseInt(string(r.Lower[0]), 10, 64)
	if err != nil {
		return 0, 0, false
	}
	if last, err = strconv.ParseInt(string(r.Upper[0]), 10, 64); err != nil || last <= first {
		return 0, 0, false
	}
	return first, last - 1, true
}

// streamed reads a range and digests its rows: as they come, where both servers
// print all values alike, and value by value otherwise. l, unless it is nil, looks
// at them.
func (t *table) streamed(ctx context.Context, s *side, i int, r chunk.Range, a *asking, l *looker) (digest, error) {
	var d digest
	bytes, types, err := t.hashes(ctx, s, i, r, a, l, d.add)
	d.bytes, d.types = bytes, types
	return d, err
}

// hashes calls each with the hash of each row of a range.
func (t *table) hashes(ctx context.Context, s *side, i int, r chunk.Range, a *asking, l *looker, each func(uint64)) (bytes int64, types string, err error) {
	list := a.list
	if a.binary != nil {
		list = a.binary
	}
	sql := t.appendFrom(append([]byte(nil), list.SQL...), i, r)
	if a.binary == nil && !t.alike {
		h := hasher{list: a.list}
		err = s.query(ctx, sql, func(v [][]byte) error {
			for _, value := range v {
				bytes += int64(len(value))
			}
			hash, err := h.values(v)
			each(hash)
			if err == nil && l != nil {
				err = l.row(v)
			}
			return err
		})
		return bytes, "", err
	}
	l.begin()
	var parts xxhash.Digest
	var columns []byte
	inside := false
	row := func(piece []byte, last bool) error {
		bytes += int64(len(piece))
		if l != nil {
			if err := l.piece(piece, last, columns); err != nil {
				return err
			}
		}
		if last && !inside {
			each(xxhash.Sum64(piece))
			return nil
		}
		if !inside {
			parts.Reset()
		}
		inside = !last
		if _, err := parts.Write(piece); err != nil {
			return err
		}
		if last {
			each(parts.Sum64())
		}
		return nil
	}
	if a.binary == nil {
		err = s.raw(ctx, sql, row)
		return bytes, "", err
	}
	err = s.binary(ctx, sql, func(t []byte) error { columns = t; return nil }, row)
	return bytes, string(columns), err
}
