package verify

import (
	"context"
	"fmt"
	"time"

	"tandem/internal/catalog"
	"tandem/internal/chunk"
	"tandem/internal/schema"
)

// check compares the rows of mends once more, as any others: a row on its way is
// waited for. What is equal now counts as repaired, whoever did it.
func (p *repair) check(ctx context.Context, res *TableResult, mends []mend) error {
	t, why, err := p.reload(ctx, schema.Name{Schema: res.Schema, Table: res.Table})
	if err != nil {
		return err
	}
	if why != "" {
		for i := range mends {
			note(mends[i].finding, "it can not be compared again: "+why)
		}
		return nil
	}
	w := &worker{run: p.run, ends: p.run.newEnds()}
	defer w.ends.close()
	for len(mends) > 0 {
		n := min(len(mends), batchKeys)
		if err := p.settle(ctx, w, t, mends[:n]); err != nil {
			return err
		}
		mends = mends[n:]
	}
	return nil
}

// note gives a reason unless there is one already.
func note(f *Finding, why string) {
	if f.Repair == "" {
		f.Repair = why
	}
}

// reload reads a table's definitions as they are now. why says why its rows can
// not be looked up.
func (p *repair) reload(ctx context.Context, name schema.Name) (t *table, why string, err error) {
	var defs [2]*schema.Table
	for i, db := range p.run.dbs {
		if defs[i], err = catalog.LoadTable(ctx, db, name); err != nil {
			return nil, "", err
		}
	}
	t, why = p.run.newTable(defs[source], defs[target])
	if why == "" && t.spaces[source] == nil {
		why = t.keyless
	}
	return t, why, nil
}

// recheck is a row that is being compared again.
type recheck struct {
	finding *Finding
	key     chunk.Key
	last    [2]image // the owner's and the other
	led     leader
	same    int
}

// settle compares rows until they are equal, or have stood still three times and
// are not.
func (p *repair) settle(ctx context.Context, w *worker, t *table, mends []mend) error {
	var left []*recheck
	for i := range mends {
		left = append(left, &recheck{finding: mends[i].finding, key: t.keyOf(&mends[i])})
	}
	for began := time.Now(); len(left) > 0; {
		round := time.Now()
		led, err := p.run.leaderNow(ctx, t.name)
		if err != nil {
			return err
		}
		keys := make([]chunk.Key, len(left))
		for i, c := range left {
			keys[i] = c.key
		}
		looks, passed, err := p.look(ctx, w, t, keys, led)
		if err != nil {
			return err
		}
		var again []*recheck
		for i, c := range left {
			s1, t1, s2 := looks[0][i], looks[1][i], looks[2][i]
			switch {
			case t1.equal(s1) || t1.equal(s2):
				c.finding.Repaired, c.finding.Repair = true, ""
				continue
			case !s1.equal(s2) || !passed:
				c.same = 0
			case c.same > 0 && c.led == led && c.last[0].equal(s1) && c.last[1].equal(t1):
				c.same++
			default:
				c.same, c.last, c.led = 1, [2]image{s1, t1}, led
			}
			if c.same >= sameRounds {
				note(c.finding, whyStill)
				continue
			}
			again = append(again, c)
		}
		left = again
		if time.Since(began) > p.run.cfg.Settle {
			break
		}
		if len(left) > 0 {
			if err := wait(ctx, roundEvery-time.Since(round)); err != nil {
				return err
			}
		}
	}
	for _, c := range left {
		note(c.finding, whyUnsure)
	}
	return nil
}

// keyOf returns the key of a mend's row, as the table's list has it.
func (t *table) keyOf(m *mend) chunk.Key {
	row := m.want
	if row == nil {
		row = m.have
	}
	key := make(chunk.Key, t.list.Keys)
	for n := range key {
		key[n] = row[t.list.Columns[n]]
	}
	return key
}

// look reads rows on the owner's side, on the other once the link has passed what
// the owner's had executed, and on the owner's again.
func (p *repair) look(ctx context.Context, w *worker, t *table, keys []chunk.Key, led leader) (looks [3][]image, passed bool, err error) {
	read := func(n, i int) error {
		err := w.retry(ctx, func() (err error) {
			looks[n], err = t.lookUp(ctx, w.ends[i], i, keys)
			return err
		})
		if err != nil {
			return fmt.Errorf("look rows up on %s: %w", p.run.endpointName(i), err)
		}
		return nil
	}
	if err := read(0, led.side); err != nil {
		return looks, false, err
	}
	if passed, err = p.run.passed(ctx, w, led, time.Now()); err != nil {
		return looks, false, err
	}
	if err := read(1, led.other()); err != nil {
		return looks, false, err
	}
	return looks, passed, read(2, led.side)
}

// Judge works the outcomes out anew from what was found and what was repaired.
// Rows that are equal under the collation only count as equal if allowed.
func (r *Report) Judge(allowCollationOnly bool) {
	r.Outcome = Equal
	if len(r.Tables) == 0 && (r.Mode == "full" || r.Mode == "sample") {
		// Nothing is equal that was not read; but it may be that nothing was touched.
		r.Outcome = Inconclusive
	}
	for i := range r.Tables {
		t := &r.Tables[i]
		left := *t
		for _, f := range t.Findings {
			if !f.Repaired {
				continue
			}
			switch f.Class {
			case Missing:
				left.Counts.Missing--
			case Extra:
				left.Counts.Extra--
			case Different:
				left.Counts.Different--
			case CollationOnly:
				left.Counts.CollationOnly--
			}
		}
		if allowCollationOnly {
			left.Counts.CollationOnly = 0
		}
		t.Outcome = outcome(&left)
		r.Outcome = worse(r.Outcome, t.Outcome)
	}
}
