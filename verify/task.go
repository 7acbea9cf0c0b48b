package verify

import (
	"context"
	"fmt"
	"slices"

	"tandem/internal/change"
	"tandem/internal/chunk"
	"tandem/internal/schema"
)

// task is which rows a round compares: those of each side's log, between two
// positions.
//
// Of a table whose group has the owner under which it was proven last, only the
// owner's log is read, as far as the link has applied it. The position in the other
// log moves along, for nobody but the link writes there. Of a table that was handed
// over since, both are read: the old owner's from where it was proven up to now, the
// new one's from a position before anybody wrote there.
type task struct {
	now   *standing
	group func(schema.Name) string
	// reads are the logs that a table's rows are read from.
	reads map[schema.Name][2]bool
	leads map[schema.Name]leader
	from  [2]change.GTIDSet
	until [2]change.GTIDSet // of the tables that a side leads
	moved bool
	// lost are tables whose position is not known in a log that would have to be read.
	lost []schema.Name
}

// task finds out what a round is to do.
func (w *watch) task(ctx context.Context, now *standing) (*task, error) {
	t := newTask(w.proven, now, w.r.groupOf)
	for i := range t.until {
		t.until[i] = now.at[i]
		link := w.cfg.link(i)
		if !t.read(i) || link == nil {
			continue
		}
		applied, err := link.Applied(ctx)
		if err != nil {
			return nil, fmt.Errorf("ask the link for its position: %w", err)
		}
		t.until[i] = applied.Clone()
		t.until[i].Union(t.from[i])
	}
	for name, v := range w.proven {
		led, ok := t.leads[name]
		t.moved = t.moved || ok && (!v.Known || v.Epoch != led.epoch)
		for i, reads := range t.reads[name] {
			t.moved = t.moved || reads && !t.to(name, i).Subtract(*v.at(i)).IsEmpty()
		}
	}
	return t, nil
}

// newTask finds out from where which logs are to be read.
func newTask(proven map[schema.Name]Verified, now *standing, group func(schema.Name) string) *task {
	t := &task{now: now, group: group, reads: map[schema.Name][2]bool{}, leads: map[schema.Name]leader{}}
	var begun [2]bool
	for name, v := range proven {
		led := now.of(group(name))
		reads, ok := v.reads(led)
		if !ok {
			t.lost = append(t.lost, name)
			continue
		}
		t.reads[name], t.leads[name] = reads, led
		for i := range reads {
			switch at := *v.at(i); {
			case !reads[i]:
			case !begun[i]:
				begun[i], t.from[i] = true, at.Clone()
			default:
				t.from[i] = intersect(t.from[i], at)
			}
		}
	}
	return t
}

// wants tells whether rows of a table are compared that a side's log names. Those
// of tables that were never proven are, so that what differs is seen.
func (t *task) wants(name schema.Name, side int) bool {
	if reads, known := t.reads[name]; known {
		return reads[side]
	}
	led := t.now.of(t.group(name))
	return (led.side == side || !led.settled) && !slices.Contains(t.lost, name)
}

// read tells whether a log is read at all.
func (t *task) read(side int) bool {
	for _, reads := range t.reads {
		if reads[side] {
			return true
		}
	}
	return false
}

// to is how far a table's rows are compared in a log, and how far what is proven of
// them reaches then.
func (t *task) to(name schema.Name, side int) change.GTIDSet {
	if l := t.leads[name]; l.settled && l.side == side {
		return t.until[side]
	}
	return t.now.at[side]
}

// keys tells of the rows.
func (t *task) keys(ctx context.Context, logs Logs, touched func(schema.Name, chunk.Key) error) error {
	for i := range t.from {
		if !t.read(i) {
			continue
		}
		// What a table has more than others of a log is read for all.
		var until change.GTIDSet
		for name, reads := range t.reads {
			if reads[i] {
				until.Union(t.to(name, i))
			}
		}
		if until.Subtract(t.from[i]).IsEmpty() {
			continue
		}
		err := logs.of(i).Keys(ctx, t.from[i], until, func(name schema.Name, key chunk.Key) error {
			if !t.wants(name, i) {
				return nil
			}
			return touched(name, key)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// prove moves what is proven of a table on.
func (t *task) prove(name schema.Name, proven map[schema.Name]Verified) {
	led, known := t.leads[name]
	if !known {
		return
	}
	v := proven[name]
	v.Position, v.Target, v.Known, v.Epoch = t.to(name, source), t.to(name, target), true, led.epoch
	proven[name] = v
}
