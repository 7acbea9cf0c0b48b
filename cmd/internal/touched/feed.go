package touched

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"tandem/internal/catalog"
	"tandem/internal/change"
	"tandem/internal/chunk"
	"tandem/internal/mysqldb"
	"tandem/internal/schema"
	"tandem/replicate/binlog"
	"tandem/verify"
)

// feed follows the log.
type feed struct {
	c      *Changes
	db     *sql.DB
	reader *binlog.Reader
	tables *catalog.Registry
	spaces map[*schema.Table]*chunk.Space
	below  cascades
	// seen are the transactions that were handed out, and those before them.
	seen change.GTIDSet
	// ahead are transactions that were read before they were asked for.
	ahead []early
}

// early is what a transaction has touched that was not asked for yet.
type early struct {
	gtid change.GTID
	rows []touchedRow
}

type touchedRow struct {
	table schema.Name
	key   chunk.Key
}

// Follow reads the log behind a position, and goes on reading what comes.
func (c *Changes) Follow(ctx context.Context, from change.GTIDSet) (verify.Feed, error) {
	return c.follow(ctx, from)
}

func (c *Changes) follow(ctx context.Context, from change.GTIDSet) (_ *feed, err error) {
	f := &feed{c: c, seen: from.Clone(), spaces: map[*schema.Table]*chunk.Space{}}
	if f.db, err = mysqldb.Open(ctx, c.Server, mysqldb.Options{MaxConns: 1}); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, f.Close())
		}
	}()
	tables, err := catalog.Load(ctx, f.db, c.Tables)
	if err != nil {
		return nil, err
	}
	if f.below, err = loadCascades(ctx, f.db, tables); err != nil {
		return nil, err
	}
	f.tables = catalog.NewRegistry(tables)
	f.reader, err = binlog.Open(ctx, binlog.Config{
		Endpoint: c.Server, ServerID: c.ServerID, Tables: f.tables,
		Replicated: c.Tables, ReplicatedSchema: c.Schemas, SpoolDir: c.SpoolDir, Logger: c.Logger,
	}, from)
	if err != nil {
		return nil, fmt.Errorf("read which rows were touched: %w", err)
	}
	return f, nil
}

// Close ends the connections.
func (f *feed) Close() (err error) {
	if f.reader != nil {
		err = f.reader.Close()
	}
	return errors.Join(err, f.db.Close())
}

// Keys calls touched for the transactions of until that were not handed out yet.
func (f *feed) Keys(ctx context.Context, until change.GTIDSet, touched func(schema.Name, chunk.Key) error) error {
	left := until.Subtract(f.seen)
	if left.IsEmpty() {
		return nil
	}
	// A transaction may be in the log before it counts as executed.
	waiting := f.ahead[:0]
	for _, e := range f.ahead {
		if !left.Contains(e.gtid) {
			waiting = append(waiting, e)
			continue
		}
		for _, r := range e.rows {
			if err := touched(r.table, r.key); err != nil {
				return err
			}
		}
		left = f.done(left, e.gtid)
	}
	f.ahead = waiting
	if left.IsEmpty() {
		return nil
	}
	// What the log holds of until ends here: a set may name transactions that the
	// log does not have.
	end, err := mysqldb.BinlogEnd(ctx, f.db)
	if err != nil {
		return err
	}
	inside := false // a transaction that comes in parts
	for inside || !left.IsEmpty() && f.reader.Position().Compare(end) < 0 {
		tx, err := f.next(ctx)
		if err != nil {
			return fmt.Errorf("read which rows were touched: %w", err)
		}
		if tx == nil {
			continue
		}
		last, gtid := tx.Last, tx.GTID
		inside = !last
		wanted := gtid.IsZero() || left.Contains(gtid)
		if wanted {
			err = f.hand(ctx, tx, touched)
		} else {
			err = f.keep(ctx, tx)
		}
		tx.Release()
		if err != nil {
			return err
		}
		if last && wanted && !gtid.IsZero() {
			left = f.done(left, gtid)
		}
	}
	f.seen.Union(until)
	return nil
}

// done notes that a transaction was handed out.
func (f *feed) done(left change.GTIDSet, gtid change.GTID) change.GTIDSet {
	var one change.GTIDSet
	one.Add(gtid)
	f.seen.Add(gtid)
	return left.Subtract(one)
}

// keep keeps what a transaction has touched for when it is asked for.
func (f *feed) keep(ctx context.Context, tx *change.Transaction) error {
	if f.seen.Contains(tx.GTID) {
		return nil
	}
	if n := len(f.ahead); n == 0 || f.ahead[n-1].gtid != tx.GTID {
		f.ahead = append(f.ahead, early{gtid: tx.GTID})
	}
	e := &f.ahead[len(f.ahead)-1]
	return f.hand(ctx, tx, func(name schema.Name, key chunk.Key) error {
		row := touchedRow{table: name}
		if key != nil {
			row.key = key.Clone()
		}
		e.rows = append(e.rows, row)
		return nil
	})
}

// hand hands out what a transaction has touched.
func (f *feed) hand(ctx context.Context, tx *change.Transaction, touched func(schema.Name, chunk.Key) error) error {
	if err := keysOf(tx, f.spaces, &f.below, touched); err != nil || tx.Statement == nil {
		return err
	}
	for _, name := range tx.Statement.Tables {
		def, err := catalog.LoadTable(ctx, f.db, name)
		if errors.Is(err, catalog.ErrNoTable) {
			continue
		}
		if err != nil {
			return fmt.Errorf("look at %s again: %w", name, err)
		}
		f.tables.Replace(def)
	}
	var err error
	f.below, err = loadCascades(ctx, f.db, f.tables.Tables())
	return err
}

// patience is how long the log may be silent before it is looked whether the end
// has been reached: what is of no interest is passed over inside the reader.
const patience = 2 * time.Millisecond

// next returns the next transaction, or nil when there was none for a moment.
func (f *feed) next(ctx context.Context) (*change.Transaction, error) {
	short, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	tx, err := f.reader.Next(short)
	if err != nil && ctx.Err() == nil && short.Err() != nil && errors.Is(err, context.DeadlineExceeded) {
		return nil, nil
	}
	return tx, err
}
