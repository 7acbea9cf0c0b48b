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

func (t *table) appendSelect(dst []byte, i int, r chunk.Range) []byte {
	return t.appendFrom(append(dst, t.list.SQL...), i, r)
}

// streamed reads a range and digests its rows: as they come, where both servers
// print all values alike, and value by value otherwise.
func (t *table) streamed(ctx context.Context, s *side, i int, r chunk.Range) (digest, error) {
	var d digest
	bytes, err := t.hashes(ctx, s, i, r, d.add)
	d.bytes = bytes
	return d, err
}

// hashes calls each with the hash of each row of a range.
func (t *table) hashes(ctx context.Context, s *side, i int, r chunk.Range, each func(uint64)) (bytes int64, err error) {
	sql := t.appendSelect(nil, i, r)
	if !t.alike {
		h := hasher{list: t.list}
		err = s.query(ctx, sql, func(v [][]byte) error {
			for _, value := range v {
				bytes += int64(len(value))
			}
			hash, err := h.values(v)
			each(hash)
			return err
		})
		return bytes, err
	}
	var parts xxhash.Digest
	inside := false
	err = s.raw(ctx, sql, func(piece []byte, last bool) error {
		bytes += int64(len(piece))
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
