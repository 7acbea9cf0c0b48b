// Package touched reads from a binlog which rows were touched, for package verify
// to compare them.
//
// It reads the log anew, from the position that was proven last: that a row was
// touched is told by the source itself, not by those who applied the change.
package touched

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"tandem/internal/catalog"
	"tandem/internal/change"
	"tandem/internal/chunk"
	"tandem/internal/mysqldb"
	"tandem/internal/schema"
	"tandem/replicate/binlog"
)

// Changes reads the changes of a source. It is a [verify.Changes].
type Changes struct {
	Source mysqldb.Endpoint
	// ServerID must differ from that of every server and replica around, the
	// links' readers among them.
	ServerID uint32
	Tables   func(schema.Name) bool
	Schemas  func(string) bool
	SpoolDir string
	Logger   *slog.Logger
}

// Keys calls touched with the key of each row that a transaction has touched
// which is in until and not in from, and with nil for tables without a key and
// those that a statement has changed.
//
// Rows are read against the tables as they are now. Where a statement has changed
// a table's columns in between, its earlier rows can not be read; that is an
// error, and the table must be compared as a whole.
func (c *Changes) Keys(ctx context.Context, from, until change.GTIDSet, touched func(schema.Name, chunk.Key) error) (err error) {
	left := until.Subtract(from)
	if left.IsEmpty() {
		return nil
	}
	db, err := mysqldb.Open(ctx, c.Source, mysqldb.Options{MaxConns: 1})
	if err != nil {
		return err
	}
	tables, err := catalog.Load(ctx, db, c.Tables)
	if err == nil {
		err = c.read(ctx, db, tables, from, left, touched)
	}
	return errors.Join(err, db.Close())
}

func (c *Changes) read(ctx context.Context, db *sql.DB, tables []*schema.Table, from, left change.GTIDSet, touched func(schema.Name, chunk.Key) error) (err error) {
	reader, err := binlog.Open(ctx, binlog.Config{
		Endpoint: c.Source, ServerID: c.ServerID, Tables: catalog.NewRegistry(tables),
		Replicated: c.Tables, ReplicatedSchema: c.Schemas, SpoolDir: c.SpoolDir, Logger: c.Logger,
	}, from)
	if err != nil {
		return fmt.Errorf("read which rows were touched: %w", err)
	}
	defer func() { err = errors.Join(err, reader.Close()) }()
	below, err := loadCascades(ctx, db, tables)
	if err != nil {
		return err
	}
	spaces := map[*schema.Table]*chunk.Space{}
	// What the log holds of until ends here: a set may name transactions that the
	// log does not have.
	end, err := mysqldb.BinlogEnd(ctx, db)
	if err != nil {
		return err
	}
	for !left.IsEmpty() && reader.Position().Compare(end) < 0 {
		tx, err := c.next(ctx, reader)
		if err != nil {
			return fmt.Errorf("read which rows were touched: %w", err)
		}
		if tx == nil {
			continue
		}
		if tx.GTID.IsZero() || left.Contains(tx.GTID) {
			err = keysOf(tx, spaces, &below, touched)
		}
		if tx.Last && !tx.GTID.IsZero() {
			var one change.GTIDSet
			one.Add(tx.GTID)
			left = left.Subtract(one)
		}
		tx.Release()
		if err != nil {
			return err
		}
	}
	return nil
}

// patience is how long the log may be silent before the end is looked for again.
const patience = 100 * time.Millisecond

// next returns the next transaction, or nil when there was none for a moment.
func (c *Changes) next(ctx context.Context, reader *binlog.Reader) (*change.Transaction, error) {
	short, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	tx, err := reader.Next(short)
	if err != nil && ctx.Err() == nil && short.Err() != nil && errors.Is(err, context.DeadlineExceeded) {
		return nil, nil
	}
	return tx, err
}

func keysOf(tx *change.Transaction, spaces map[*schema.Table]*chunk.Space, below *cascades, touched func(schema.Name, chunk.Key) error) error {
	if tx.Statement != nil {
		for _, name := range tx.Statement.Tables {
			if err := touched(name, nil); err != nil {
				return err
			}
		}
		return nil
	}
	var key chunk.Key
	for i := range tx.Rows {
		row := &tx.Rows[i]
		for _, child := range below.reached(row) {
			if err := touched(child, nil); err != nil {
				return err
			}
		}
		space, known := spaces[row.Table]
		if !known {
			space, _ = chunk.Of(row.Table)
			spaces[row.Table] = space
		}
		if space == nil {
			if err := touched(row.Table.Name, nil); err != nil {
				return err
			}
			continue
		}
		for _, image := range []schema.Row{row.Before, row.After} {
			if image == nil {
				continue
			}
			key = space.AppendKey(key[:0], image)
			if err := touched(row.Table.Name, key); err != nil {
				return err
			}
		}
	}
	return nil
}
