package verify

import (
	"context"

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
	return s.AppendWhere(dst, r)
}

// streamed reads a range and digests its rows: as they come, where both servers
// print all values alike, and value by value otherwise. l, unless it is nil, looks
// at them.
func (t *table) streamed(ctx context.Context, s *side, i int, r chunk.Range, a *asking, l *looker) (digest, error) {
	var d digest
	bytes, err := t.hashes(ctx, s, i, r, a, l, d.add)
	d.bytes = bytes
	return d, err
}

// hashes calls each with the hash of each row of a range.
func (t *table) hashes(ctx context.Context, s *side, i int, r chunk.Range, a *asking, l *looker, each func(uint64)) (bytes int64, err error) {
	sql := t.appendFrom(append([]byte(nil), a.list.SQL...), i, r)
	if !t.alike {
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
		return bytes, err
	}
	l.begin()
	var parts xxhash.Digest
	inside := false
	err = s.raw(ctx, sql, func(piece []byte, last bool) error {
		bytes += int64(len(piece))
		if l != nil {
			if err := l.piece(piece, last); err != nil {
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
	})
	return bytes, err
}
