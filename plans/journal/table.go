package journal

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"tandem/internal/mysqldb"
)

// Table is the copy in one of the two databases, _tandem.journal.
type Table struct {
	db        *sql.DB
	name      string // such as "the source", for messages
	migration string
}

// NewTable returns the copy of a migration in a database; name is how messages
// call it. The table is made with [Table.Create].
func NewTable(db *sql.DB, name, migration string) *Table {
	return &Table{db: db, name: name, migration: migration}
}

// Create makes the table where it is missing.
func (t *Table) Create(ctx context.Context) error {
	for _, q := range TableStatements() {
		if _, err := t.db.ExecContext(ctx, q); err != nil {
			return fmt.Errorf("create the journal on %s: %w", t.name, err)
		}
	}
	return nil
}

// Read implements [Store]. A database without the table has an empty journal.
func (t *Table) Read(ctx context.Context) (Chain, error) {
	c, err := t.read(ctx)
	var broken *BrokenError
	if err != nil && !errors.As(err, &broken) {
		return c, fmt.Errorf("read the journal on %s: %w", t.name, err)
	}
	return c, err
}

func (t *Table) read(ctx context.Context) (Chain, error) {
	var c Chain
	var there int
	if err := t.db.QueryRowContext(ctx, selectTable).Scan(&there); err != nil || there == 0 {
		return c, err
	}
	rows, err := t.db.QueryContext(ctx, selectLines, t.migration)
	if err != nil {
		return c, err
	}
	defer rows.Close()
	var broken *BrokenError
	n := 0
	for rows.Next() {
		n++
		var shown Entry
		var line []byte
		if err := rows.Scan(&shown.Seq, &shown.Run, &shown.Kind, &shown.Step, &line); err != nil {
			return c, err
		}
		if broken != nil {
			continue // counted only
		}
		e, err := parseLine(line)
		if err == nil {
			err = e.follows(c.Last())
		}
		if err == nil && (shown.Seq != e.Seq || shown.Run != cut(e.Run, runWidth) || shown.Kind != e.Kind || shown.Step != cut(e.Step, stepWidth)) {
			err = errors.New("says something else in its columns")
		}
		if err != nil {
			broken = &BrokenError{Copy: t.name, Line: n, Why: err.Error()}
			continue
		}
		c.Entries = append(c.Entries, e)
	}
	if err := rows.Err(); err != nil {
		return c, err
	}
	if broken != nil {
		broken.Lines = n
		return c, broken
	}
	return c, nil
}

// Append implements [Store].
func (t *Table) Append(ctx context.Context, e Entry) error { return t.AppendAll(ctx, []Entry{e}) }

// AppendAll adds several entries in one transaction. Where somebody else has written
// in their place at the same moment, it looks again what is there.
func (t *Table) AppendAll(ctx context.Context, list []Entry) error {
	err := t.append(ctx, list)
	for try := 1; (mysqldb.IsDeadlock(err) || mysqldb.IsDuplicate(err)) && try < appendTries && ctx.Err() == nil; try++ {
		err = t.append(ctx, list)
	}
	var step *OutOfStepError
	var broken *BrokenError
	if err == nil || errors.As(err, &step) || errors.As(err, &broken) {
		return err
	}
	return fmt.Errorf("append to the journal on %s: %w", t.name, err)
}

// appendTries is how often entries are tried to be added.
const appendTries = 5

func (t *Table) append(ctx context.Context, list []Entry) error {
	// Without locks on gaps: several migrations share the table, and their ends lie
	// in each other's way.
	tx, err := t.db.BeginTx(ctx, &sql.TxOptions{Isolation: sql.LevelReadCommitted})
	if err != nil {
		return err
	}
	defer tx.Rollback() // after a commit this does nothing
	last, err := t.last(ctx, tx)
	if err != nil {
		return err
	}
	for _, e := range list {
		var same *Entry
		if e.Seq <= last.Seq {
			one, err := t.one(ctx, tx, e.Seq)
			if err != nil {
				return err
			}
			same = &one
		}
		already, err := place(t.name, last, same, e)
		if err != nil {
			return err
		}
		if already {
			continue
		}
		if _, err := tx.ExecContext(ctx, insertLine, t.migration, e.Seq, cut(e.Run, runWidth), string(e.Kind), cut(e.Step, stepWidth), e.Line()); err != nil {
			return err
		}
		last = e
	}
	return tx.Commit()
}

// insert adds entries in one statement of somebody else's transaction. That
// nobody else has written in their place the key makes sure of.
func (t *Table) insert(ctx context.Context, tx Execer, list []Entry) error {
	if len(list) == 0 {
		return nil
	}
	query, args := insertLine, make([]any, 0, 6*len(list))
	for i, e := range list {
		if i > 0 {
			query += insertMore
		}
		args = append(args, t.migration, e.Seq, cut(e.Run, runWidth), string(e.Kind), cut(e.Step, stepWidth), e.Line())
	}
	_, err := tx.Exec(ctx, query, args...)
	return err
}

func (t *Table) last(ctx context.Context, tx *sql.Tx) (Entry, error) {
	var seq uint64
	var line []byte
	err := tx.QueryRowContext(ctx, selectLast, t.migration).Scan(&seq, &line)
	if errors.Is(err, sql.ErrNoRows) {
		return Entry{}, nil
	}
	if err != nil {
		return Entry{}, err
	}
	return t.parse(seq, line)
}

func (t *Table) one(ctx context.Context, tx *sql.Tx, seq uint64) (Entry, error) {
	var line []byte
	if err := tx.QueryRowContext(ctx, selectOne, t.migration, seq).Scan(&line); err != nil {
		return Entry{}, fmt.Errorf("look for entry %d: %w", seq, err)
	}
	return t.parse(seq, line)
}

func (t *Table) parse(seq uint64, line []byte) (Entry, error) {
	e, err := parseLine(line)
	if err == nil && e.Seq != seq {
		err = fmt.Errorf("has the number %d", e.Seq)
	}
	if err != nil {
		return Entry{}, &BrokenError{Copy: t.name, Line: int(seq), Why: err.Error(), Lines: int(seq)}
	}
	return e, nil
}

// The widths of the columns beside the line, in characters.
const runWidth, stepWidth = 64, 191

func cut(text string, width int) string {
	runes := []rune(text)
	return string(runes[:min(len(runes), width)])
}
