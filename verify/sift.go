package verify

import (
	"context"
	"errors"
	"fmt"

	"tandem/internal/change"
	"tandem/internal/chunk"
	"tandem/internal/mysqldb"
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

// follow begins to follow the logs of the sides that lead. Where a table was handed
// over since it was proven, what the other side's log has of it is read once: nobody
// writes there any more.
func (s *TouchedSession) follow(ctx context.Context, logs Followers) error {
	now, err := s.r.stand(ctx)
	if err != nil {
		return err
	}
	s.task = newTask(s.proven, now, s.r.groupOf)
	for i := range s.feeds {
		leads := false
		for name := range s.task.reads {
			led := s.task.leads[name]
			if !led.settled {
				return fmt.Errorf("compare %s: its group is being handed over", name)
			}
			leads = leads || led.side == i
		}
		if !leads && !s.task.read(i) {
			continue
		}
		feed, err := logs.of(i).Follow(ctx, s.task.from[i])
		if err != nil {
			return err
		}
		s.feeds[i] = feed
		if leads {
			continue
		}
		err = s.readOne(ctx, i, now.at[i])
		s.feeds[i] = nil
		if err := errors.Join(err, feed.Close()); err != nil {
			return err
		}
	}
	return nil
}

// read notes what was touched until positions.
func (s *TouchedSession) read(ctx context.Context, until [2]change.GTIDSet) error {
	for i, f := range s.feeds {
		if f == nil {
			continue
		}
		if err := s.readOne(ctx, i, until[i]); err != nil {
			return err
		}
	}
	return nil
}

func (s *TouchedSession) readOne(ctx context.Context, side int, until change.GTIDSet) error {
	return s.feeds[side].Keys(ctx, until, func(name schema.Name, key chunk.Key) error {
		if s.r.wanted(name) && s.task.wants(name, side) {
			s.touch(name, key)
		}
		return nil
	})
}

// asBefore makes sure that the tables have the owners that they had when the session
// was opened: the logs that it follows are theirs.
func (s *TouchedSession) asBefore(ctx context.Context) error {
	now, err := s.r.loadOwners(ctx)
	if err != nil {
		return err
	}
	for name, led := range s.task.leads {
		if now.of(s.r.groupOf(name)) != led {
			return fmt.Errorf("compare %s: its group was handed over after the session was opened", name)
		}
	}
	return nil
}

// applied are the positions up to which rows can be compared now.
func (s *TouchedSession) applied(ctx context.Context) (until [2]change.GTIDSet, err error) {
	if !s.r.linked() {
		return executed(ctx, s.r.dbs)
	}
	for i, f := range s.feeds {
		link := s.cfg.link(i)
		switch {
		case f == nil:
		case link == nil:
			until[i], err = mysqldb.Executed(ctx, s.r.dbs[i])
		default:
			if until[i], err = link.Applied(ctx); err != nil {
				err = fmt.Errorf("ask the link for its position: %w", err)
			}
			until[i] = until[i].Clone()
		}
		if err != nil {
			return until, err
		}
	}
	return until, nil
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
