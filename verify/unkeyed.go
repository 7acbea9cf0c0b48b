package verify

import (
	"context"
	"fmt"
	"time"

	"tandem/internal/chunk"
)

// A table without a key is a multiset: equal if both sides have the same rows
// the same number of times. It is read as a whole, in one statement on each side.
// What is on its way is told from what is wrong as it is for rows, by looks at
// the owner's side, the other and the owner's again; so a large one that is written to
// without end may stay unresolved.
//
// Rows that differ are counted by their hashes. The hashes may be more than fit
// into memory: then the table is read several times, for a share of them each.

// maxHashes is how many hashes are counted in one reading.
const maxHashes = 400_000

func (w *worker) unkeyed(ctx context.Context, t *table) error {
	d, _, err := w.digests(ctx, t, chunk.Range{}, Stream)
	if err != nil {
		return describeRange(t, "compare", err)
	}
	w.run.count(t, d)
	w.run.cfg.Hook("chunk")
	if d[source].equal(d[target]) {
		return nil
	}
	settled, err := w.settleTable(ctx, t)
	if err != nil {
		return describeRange(t, "look again at", err)
	}
	switch settled {
	case Unresolved:
		t.finding(Finding{Class: Unresolved, Key: "the table as a whole (" + t.keyless + ")"}, w.run)
		return nil
	case Different:
		return describeRange(t, "count the rows of", w.countRows(ctx, t, max(d[source].rows, d[target].rows)))
	}
	return nil
}

// settleTable looks at a whole table until it is equal (the empty class), stands
// still and differs, or has moved for too long.
func (w *worker) settleTable(ctx context.Context, t *table) (Class, error) {
	began := time.Now()
	ask := t.asking()
	var last [2]digest
	var before leader
	for same := 0; ; {
		led, err := w.run.leaderNow(ctx, t.name)
		if err != nil {
			return "", err
		}
		if led != before {
			before, same, began = led, 0, time.Now()
		}
		read := func(i int) (digest, error) { return t.streamed(ctx, w.ends[i], i, chunk.Range{}, ask, nil) }
		var s1, t1, s2 digest
		var passed bool
		err = w.retry(ctx, func() (err error) {
			if s1, err = read(led.side); err != nil {
				return err
			}
			if passed, err = w.run.passed(ctx, w, led, began); err != nil {
				return err
			}
			if t1, err = read(led.other()); err != nil {
				return err
			}
			s2, err = read(led.side)
			return err
		})
		switch {
		case err != nil:
			return "", err
		case t1.equal(s1) || t1.equal(s2):
			return "", nil
		case !s1.equal(s2) || !passed:
			same = 0
		case same > 0 && last[0].equal(s1) && last[1].equal(t1):
			same++
		default:
			same, last = 1, [2]digest{s1, t1}
		}
		if same >= sameRounds {
			still, err := w.run.stillLed(ctx, t.name, led)
			if still || err != nil {
				return Different, err
			}
			same = 0
		}
		if time.Since(began) > w.run.cfg.Settle {
			return Unresolved, nil
		}
	}
}

// countRows finds how many rows either side has too few.
func (w *worker) countRows(ctx context.Context, t *table, rows int64) error {
	shares := uint64(rows/maxHashes + 1)
	for share := range shares {
		counts := map[uint64]int64{}
		for i, step := range []int64{source: 1, target: -1} {
			// Not tried again: what was counted until then would count twice.
			_, _, err := t.hashes(ctx, w.ends[i], i, chunk.Range{}, t.asking(), nil, func(h uint64) {
				if h%shares != share {
					return
				}
				if counts[h] += step; counts[h] == 0 {
					delete(counts, h)
				}
			})
			if err != nil {
				return err
			}
		}
		for h, n := range counts {
			f := Finding{Class: Missing, Key: fmt.Sprintf("row without a key, hash %016x", h)}
			if n < 0 {
				f.Class, n = Extra, -n
			}
			for range n {
				t.finding(f, w.run)
			}
		}
	}
	return nil
}
