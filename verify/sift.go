package verify

import (
	"context"
	"fmt"

	"tandem/internal/change"
	"tandem/internal/chunk"
	"tandem/internal/schema"
)

// touch notes a row.
func (s *TouchedSession) touch(name schema.Name, key chunk.Key) {
	if key == nil {
		s.whole[name] = true
		delete(s.tables, name)
		s.r.kept.forget(name)
		return
	}
	rows := s.pending[name]
	if rows == nil {
		rows = map[string]chunk.Key{}
		s.pending[name] = rows
	}
	id := string(key.AppendBytes(nil))
	if _, ok := rows[id]; !ok {
		rows[id] = key.Clone()
	}
}

// read notes what was touched until a position.
func (s *TouchedSession) read(ctx context.Context, until change.GTIDSet) error {
	return s.feed.Keys(ctx, until, func(name schema.Name, key chunk.Key) error {
		if s.r.wanted(name) {
			s.touch(name, key)
		}
		return nil
	})
}

// keepSifting compares rows until ctx ends.
func (s *TouchedSession) keepSifting(ctx context.Context) {
	defer close(s.done)
	for n := 1; wait(ctx, siftEvery) == nil; n++ {
		err := s.sift(ctx)
		if err == nil && n%warmEvery == 0 {
			err = s.warm(ctx)
		}
		if err != nil && ctx.Err() == nil {
			s.r.cfg.Logger.Warn("rows that were touched are not compared ahead", "error", err)
			s.mu.Lock()
			s.failed = err
			s.mu.Unlock()
			return
		}
	}
}

// sift compares the rows that wait, and forgets those that are equal. What is not
// may be on its way: it waits.
func (s *TouchedSession) sift(ctx context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	until, err := s.applied(ctx)
	if err != nil {
		return err
	}
	if err := s.read(ctx, until); err != nil {
		return err
	}
	for name, rows := range s.pending {
		if s.whole[name] {
			delete(s.pending, name)
			continue
		}
		t, err := s.table(ctx, name)
		if err != nil {
			return err
		}
		if t == nil {
			continue // Compare says why
		}
		for len(rows) > 0 && s.asked.Load() == 0 {
			n, err := s.siftSome(ctx, t, rows)
			if err != nil {
				return err
			}
			if n == 0 {
				break
			}
		}
		if len(rows) == 0 {
			delete(s.pending, name)
		}
	}
	return nil
}

// table returns a table whose rows can be compared by key, or nil.
func (s *TouchedSession) table(ctx context.Context, name schema.Name) (*table, error) {
	if t, ok := s.tables[name]; ok {
		return t, nil
	}
	d, err := s.r.definition(ctx, name)
	if err != nil || d.defs[source] == nil || d.defs[target] == nil {
		return nil, err
	}
	t, why := s.r.newTable(d.defs[source], d.defs[target])
	if why != "" || t.spaces[source] == nil {
		t = nil
	}
	s.tables[name] = t
	return t, nil
}

// siftSome compares a batch and returns how many rows were equal.
func (s *TouchedSession) siftSome(ctx context.Context, t *table, rows map[string]chunk.Key) (int, error) {
	var keys []chunk.Key
	var ids []string
	for id, key := range rows {
		keys, ids = append(keys, key), append(ids, id)
		if len(keys) == touchedBatch {
			break
		}
	}
	images, err := s.worker.lookBoth(ctx, t, keys)
	if err != nil {
		return 0, fmt.Errorf("compare rows of %s: %w", t.name, err)
	}
	equal := 0
	for n, id := range ids {
		if images[source][n].equal(images[target][n]) {
			delete(rows, id)
			equal++
		}
	}
	return equal, nil
}
