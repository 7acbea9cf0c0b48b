// Package touched reads from a binlog which rows were touched, for package verify
// to compare them.
//
// It reads the log anew, from the position that was proven last: that a row was
// touched is told by the owner itself, not by those who applied the change.
package touched

import (
	"context"
	"errors"
	"log/slog"

	"tandem/internal/change"
	"tandem/internal/chunk"
	"tandem/internal/mysqldb"
	"tandem/internal/schema"
)

// Changes reads the changes that one side's log holds. It is a [verify.Changes].
type Changes struct {
	Server mysqldb.Endpoint
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
func (c *Changes) Keys(ctx context.Context, from, until change.GTIDSet, touched func(schema.Name, chunk.Key) error) error {
	if until.Subtract(from).IsEmpty() {
		return nil
	}
	feed, err := c.follow(ctx, from)
	if err != nil {
		return err
	}
	return errors.Join(feed.Keys(ctx, until, touched), feed.Close())
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
