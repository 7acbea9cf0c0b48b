package journal

import (
	"context"
	"database/sql"
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

// Hold adds an event to the chain and writes it nowhere yet: the next Record,
// Within or Sync does. It is for the time in which writers wait, when every
// write would make them wait longer. What is held is lost with the process, so
// only that may be held which undoes itself when the process dies.
func (j *Journal) Hold(e Event) (Entry, error) {
	entry, err := Seal(j.chain.Last(), j.now(), e)
	if err != nil {
		return Entry{}, err
	}
	j.chain = Chain{Entries: append(j.chain.Entries, entry)}
	return entry, nil
}

// Execer is an open transaction.
type Execer interface {
	Exec(ctx context.Context, query string, args ...any) (sql.Result, error)
}

// Within writes what was held into one copy, as part of a transaction of the
// caller's in that database: the copy has the entries if and only if the
// transaction is committed. That is what makes the journal agree with what it
// tells of, and other copies are not ahead of it. done is called once the
// transaction is known to be committed.
func (j *Journal) Within(ctx context.Context, name string, tx Execer) (done func(), err error) {
	for _, c := range j.copies {
		table, is := c.Store.(*Table)
		if c.Name != name || !is {
			continue
		}
		has := j.has[name]
		if has == unknown {
			return nil, fmt.Errorf("write the journal within a transaction: what %s has is not known", name)
		}
		n := len(j.chain.Entries)
		if err := table.insert(ctx, tx, j.chain.Entries[has:]); err != nil {
			return nil, fmt.Errorf("write the journal within a transaction: %w", err)
		}
		return func() { j.has[name] = n }, nil
	}
	return nil, fmt.Errorf("write the journal within a transaction: there is no copy called %s", name)
}

// Record adds an event to every copy, each brought up to date first. It is
// recorded if one copy has it: any one is enough to go on. A copy that can not
// be written is logged, and tried again with the next event. A copy on which
// somebody else has written is an error at once, whatever the others say: a
// *[ForkError] or an *[OutOfStepError].
//
// With an error the event may be recorded nevertheless, since an answer can be
// lost. So it keeps its place in the chain, and is written before the next one.
func (j *Journal) Record(ctx context.Context, e Event) (Entry, error) {
	entry, err := j.Hold(e)
	if err != nil {
		return Entry{}, err
	}
	written, failed, err := j.spread(ctx)
	if err != nil {
		return Entry{}, fmt.Errorf("record %s %s: %w", e.Kind, e.Step, err)
	}
	if written == 0 {
		return Entry{}, fmt.Errorf("record %s %s: no copy of the journal could be written: %w", e.Kind, e.Step, errors.Join(failed...))
	}
	return entry, nil
}

// patience is how long a copy may take. One that did not answer the last time is
// given less: what it lacks it gets when it is back.
const patience, shortPatience = 5 * time.Second, 500 * time.Millisecond

// spread brings the copies up to date. The error is that somebody else has
// written one.
func (j *Journal) spread(ctx context.Context) (written int, failed []error, err error) {
	for _, c := range j.copies {
		limit := patience
		if j.down[c.Name] {
			limit = shortPatience
		}
		bounded, cancel := context.WithTimeout(ctx, limit)
		err := j.bring(bounded, c, j.chain)
		cancel()
		switch {
		case err == nil:
			written++
			j.down[c.Name] = false
		case forked(err):
			return written, failed, err
		default:
			failed = append(failed, err)
			if !j.down[c.Name] {
				j.log.WarnContext(ctx, "a copy of the journal can not be written", "copy", c.Name, "error", err)
			}
			j.down[c.Name] = true
		}
	}
	return written, failed, nil
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

// batcher is a store that adds several entries at the price of one.
type batcher interface {
	AppendAll(ctx context.Context, list []Entry) error
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
	if all, can := c.Store.(batcher); can && j.has[c.Name] < len(to.Entries) {
		if err := all.AppendAll(ctx, to.Entries[j.has[c.Name]:]); err != nil {
			j.has[c.Name] = unknown // as below
			return err
		}
		j.has[c.Name] = len(to.Entries)
		return nil
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
