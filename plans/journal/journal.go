package journal

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"
)

// Named is a store with the name that messages give it.
type Named struct {
	Name  string
	Store Store
}

// Journal is a runner's journal: all its copies, and the end of the chain. One
// goroutine owns it.
type Journal struct {
	copies []Named
	log    *slog.Logger
	now    func() time.Time
	chain  Chain
	has    map[string]int // entries that each copy is known to have
	down   map[string]bool
}

// Open reads all copies and merges them. What could not be read is in the
// Merged; it is no error as long as one copy could be.
func Open(ctx context.Context, log *slog.Logger, now func() time.Time, copies ...Named) (*Journal, Merged, error) {
	read := make([]Copy, len(copies))
	for i, c := range copies {
		chain, err := c.Store.Read(ctx)
		read[i] = Copy{Name: c.Name, Chain: chain, Err: err}
	}
	if ctx.Err() != nil {
		return nil, Merged{}, context.Cause(ctx)
	}
	m, err := Merge(read...)
	if err != nil {
		return nil, m, err
	}
	j := &Journal{copies: copies, log: log, now: now, chain: m.Chain, has: map[string]int{}, down: map[string]bool{}}
	for _, c := range read {
		j.has[c.Name] = len(c.Chain.Entries)
		if c.Err != nil {
			j.has[c.Name] = unknown
		}
	}
	return j, m, nil
}

// unknown stands for what a copy has that could not be read.
const unknown = -1

// Chain returns what has been recorded.
func (j *Journal) Chain() Chain { return j.chain }

// Record adds an event to every copy, each brought up to date first. It is
// recorded if one copy has it: any one is enough to go on. A copy that can not
// be written is logged, and tried again with the next event. A copy on which
// somebody else has written is an error at once, whatever the others say: a
// *[ForkError] or an *[OutOfStepError].
//
// With an error the event may be recorded nevertheless, since an answer can be
// lost. So it keeps its place in the chain, and is written before the next one.
func (j *Journal) Record(ctx context.Context, e Event) (Entry, error) {
	entry, err := Seal(j.chain.Last(), j.now(), e)
	if err != nil {
		return Entry{}, err
	}
	next := Chain{Entries: append(j.chain.Entries[:len(j.chain.Entries):len(j.chain.Entries)], entry)}
	j.chain = next
	written := 0
	var failed []error
	for _, c := range j.copies {
		err := j.bring(ctx, c, next)
		switch {
		case err == nil:
			written++
			j.down[c.Name] = false
		case forked(err):
			return Entry{}, fmt.Errorf("record %s %s: %w", e.Kind, e.Step, err)
		default:
			failed = append(failed, err)
			if !j.down[c.Name] {
				j.log.WarnContext(ctx, "a copy of the journal can not be written", "copy", c.Name, "error", err)
			}
			j.down[c.Name] = true
		}
	}
	if written == 0 {
		return Entry{}, fmt.Errorf("record %s %s: no copy of the journal could be written: %w", e.Kind, e.Step, errors.Join(failed...))
	}
	return entry, nil
}

// forked tells whether somebody else has written a copy.
func forked(err error) bool {
	var step *OutOfStepError
	var fork *ForkError
	return errors.As(err, &fork) || errors.As(err, &step) && step.Fork
}

// Sync brings every copy up to date, and returns what hinders it.
func (j *Journal) Sync(ctx context.Context) error {
	var failed []error
	for _, c := range j.copies {
		if err := j.bring(ctx, c, j.chain); err != nil {
			failed = append(failed, err)
		}
	}
	return errors.Join(failed...)
}

// bring gives a copy the entries it lacks.
func (j *Journal) bring(ctx context.Context, c Named, to Chain) error {
	if j.has[c.Name] == unknown {
		have, err := c.Store.Read(ctx)
		if err != nil {
			return err
		}
		if err := fork(Copy{Name: "this run", Chain: to}, Copy{Name: c.Name, Chain: clip(have, len(to.Entries))}); err != nil {
			return err
		}
		if n := len(have.Entries); n > len(to.Entries) {
			return &OutOfStepError{Copy: c.Name, Has: uint64(n), Want: to.Last().Seq, Fork: true}
		}
		j.has[c.Name] = len(have.Entries)
	}
	for n := j.has[c.Name]; n < len(to.Entries); n++ {
		if err := c.Store.Append(ctx, to.Entries[n]); err != nil {
			// Perhaps it was written and only the answer was lost.
			j.has[c.Name] = unknown
			return err
		}
		j.has[c.Name] = n + 1
	}
	return nil
}

// clip leaves out what lies beyond n entries.
func clip(c Chain, n int) Chain { return Chain{Entries: c.Entries[:min(n, len(c.Entries))]} }
