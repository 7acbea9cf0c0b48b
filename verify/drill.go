package verify

import (
	"context"
	"errors"

	"github.com/cespare/xxhash/v2"

	"tandem/internal/chunk"
	"tandem/internal/schema"
	"tandem/internal/wire"
)

// A range that differs is divided into as many parts as this, again and again,
// until its rows can be listed by key.
const parts = 8

// Lists of a range's rows hold no more than this: of what is listed by the
// server only a few, for every one of them crosses the network.
const (
	listedStream = 20_000
	listedServer = 1_000
	listedBytes  = 4 << 20
)

// worker compares one piece after the other.
type worker struct {
	run  *run
	ends ends
}

// compare compares one piece and hands the rows that differ to the settler.
func (w *worker) compare(ctx context.Context, p *piece) error {
	t := p.table
	m := t.method(p, &w.run.cfg, w.run.served)
	d, took, err := w.digests(ctx, t, p.r, m)
	if err != nil {
		return describeRange(t, "compare "+t.format(p.r)+" of", err)
	}
	t.measured(p, d[source], took, m)
	t.timed(m, d[source].rows, took)
	w.run.count(t, d)
	found := 0
	if !d[source].equal(d[target]) {
		if found, err = w.drill(ctx, t, p.r, d, m); err != nil {
			return describeRange(t, "compare "+t.format(p.r)+" of", err)
		}
		if found == 0 && m == Server {
			t.mistaken()
		}
	}
	t.pieceDone(p, d, found > 0)
	w.run.cfg.Hook("chunk")
	return nil
}

func (t *table) format(r chunk.Range) string { return t.spaces[source].Format(r) }

// drill finds the rows of a range that differ.
func (w *worker) drill(ctx context.Context, t *table, r chunk.Range, d [2]digest, m Method) (found int, err error) {
	rows := max(d[source].rows, d[target].rows)
	limit := int64(listedStream)
	if m == Server {
		limit = listedServer
	}
	if rows <= limit {
		keys, err := w.listed(ctx, t, r, m)
		if err == nil {
			return len(keys), w.run.settler.add(ctx, t, keys)
		}
		if !errors.Is(err, errTooMuch) || rows <= 1 {
			return 0, err
		}
	}
	at := source
	if d[target].rows > d[source].rows {
		at = target
	}
	step := max(rows/parts, 1)
	for lower := r.Lower; ; {
		part := chunk.Range{Lower: lower, Upper: r.Upper}
		upper, err := w.divide(ctx, t, at, part, int(step))
		if err != nil {
			return found, err
		}
		if upper != nil {
			part.Upper = upper
		}
		half, _, err := w.digests(ctx, t, part, m)
		if err != nil {
			return found, err
		}
		if !half[source].equal(half[target]) {
			n, err := w.drill(ctx, t, part, half, m)
			found += n
			if err != nil {
				return found, err
			}
		}
		if upper == nil {
			return found, nil
		}
		lower = upper
	}
}

// divide returns the key that is n rows behind the lower bound of a range on one
// side, or nil if there are no more.
func (w *worker) divide(ctx context.Context, t *table, at int, r chunk.Range, n int) (key chunk.Key, err error) {
	space := t.spaces[at]
	err = w.retry(ctx, func() error {
		row, err := w.ends[at].one(ctx, space.AppendBoundary(nil, r, n))
		if err != nil || row == nil {
			key = nil
			return err
		}
		key, err = space.FromText(row)
		return err
	})
	return key, err
}

// errTooMuch says that a range's keys take more memory than a list may.
var errTooMuch = errors.New("too much to list")

// listed lists the rows of a range on both sides by key and returns the keys at
// which they differ.
func (w *worker) listed(ctx context.Context, t *table, r chunk.Range, m Method) (keys []chunk.Key, err error) {
	var lists [2]map[string]uint64
	err = w.looked(t, m, func(a *asking, l *looker) error {
		return w.retry(ctx, func() error {
			return w.ends.both(ctx, func(ctx context.Context, i int, s *side) (err error) {
				lists[i], err = t.listRows(ctx, s, i, r, m, a, l.of(i))
				return err
			})
		})
	})
	if err != nil {
		return nil, err
	}
	for key, hash := range lists[source] {
		if other, ok := lists[target][key]; !ok || other != hash {
			keys = append(keys, chunk.KeyFromBytes(key))
		}
		delete(lists[target], key)
	}
	for key := range lists[target] {
		keys = append(keys, chunk.KeyFromBytes(key))
	}
	return keys, nil
}

// listRows returns the hash of each row of a range by its key.
func (t *table) listRows(ctx context.Context, s *side, i int, r chunk.Range, m Method, a *asking, l *looker) (map[string]uint64, error) {
	var sql []byte
	if m == Server {
		sql = t.spaces[i].AppendSelect([]byte("SELECT "))
		sql = append(append(sql, ','), a.hash...)
	} else {
		sql = append(sql, a.list.SQL...)
	}
	sql = t.appendFrom(sql, i, r)
	if m == Stream && t.alike && !t.floatKey() {
		rows, err := t.listRaw(ctx, s, sql, l)
		if !errors.Is(err, errLongKey) {
			return rows, err
		}
	}
	rows := map[string]uint64{}
	h := hasher{list: a.list}
	size := 0
	var scratch []byte
	err := s.query(ctx, sql, func(v [][]byte) error {
		if size > listedBytes {
			return errTooMuch
		}
		hash, err := uint64(0), error(nil)
		if m == Server {
			hash, err = number(v[len(v)-1])
		} else {
			hash, err = h.values(v)
			if err == nil && l != nil {
				err = l.row(v)
			}
		}
		if err != nil {
			return err
		}
		key := chunk.Key(v[:t.list.Keys])
		if t.floatKey() {
			if key, err = t.spaces[i].FromText(v); err != nil {
				return err
			}
		}
		scratch = key.AppendBytes(scratch[:0])
		rows[string(scratch)] = hash
		size += len(scratch) + 64
		return nil
	})
	if err != nil {
		return nil, err
	}
	return rows, nil
}

// errLongKey says that a row's key does not fit into its first piece.
var errLongKey = errors.New("long key")

// listRaw lists rows as they come, so that large ones take no memory.
func (t *table) listRaw(ctx context.Context, s *side, sql []byte, l *looker) (map[string]uint64, error) {
	rows := map[string]uint64{}
	size, inside := 0, false
	var scratch []byte
	var row xxhash.Digest
	key := make(chunk.Key, t.list.Keys)
	l.begin()
	err := s.raw(ctx, sql, func(piece []byte, last bool) error {
		if !inside {
			if size > listedBytes {
				return errTooMuch
			}
			if !wire.Values(piece, key) {
				return errLongKey
			}
			scratch = key.AppendBytes(scratch[:0])
			size += len(scratch) + 64
			row.Reset()
		}
		inside = !last
		if _, err := row.Write(piece); err != nil {
			return err
		}
		if l != nil {
			if err := l.piece(piece, last, nil); err != nil {
				return err
			}
		}
		if last {
			rows[string(scratch)] = row.Sum64()
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return rows, nil
}

// floatKey tells whether keys need work to become canonical.
func (t *table) floatKey() bool {
	for i := range t.list.Keys {
		if k := t.list.Column(i).Kind; k == schema.Float || k == schema.Double {
			return true
		}
	}
	return false
}

func number(text []byte) (n uint64, err error) {
	for _, c := range text {
		if c < '0' || c > '9' {
			return 0, errors.New("the server's hash is no number")
		}
		n = n*10 + uint64(c-'0')
	}
	if text == nil {
		return 0, errors.New("the server's hash is null")
	}
	return n, nil
}
