package steps

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"tandem/internal/mysqldb"
	"tandem/internal/ownership"
	"tandem/plans"
	"tandem/plans/journal"
	"tandem/plans/runner"
)

// sqlCheck asks a side a question that must have a certain answer.
type sqlCheck struct{ spec *plans.SQLCheck }

func newSQL(s plans.Step) runner.Gate { return &sqlCheck{s.Spec.(*plans.SQLCheck)} }

// Check implements [runner.Gate].
func (c *sqlCheck) Check(ctx context.Context, r *runner.Run) (runner.Reading, error) {
	side := ownership.Side(c.spec.Side)
	db := r.DB(side)
	if db == nil {
		return runner.Reading{}, fmt.Errorf("the %s can not be reached", side)
	}
	got, err := answer(ctx, db, c.spec.Query, time.Duration(c.spec.Timeout))
	if err != nil {
		return runner.Reading{}, fmt.Errorf("ask the %s: %w", side, err)
	}
	shown := journal.Mask(clip(got))
	reading := runner.Reading{Holds: got == c.spec.Expect, Data: journal.Data{"answer": clip(got)}}
	if reading.Holds {
		reading.Says = fmt.Sprintf("the %s answers %s", side, shown)
	} else {
		reading.Says = fmt.Sprintf("the %s answers %s, must be %s", side, shown, c.spec.Expect)
	}
	return reading, nil
}

// answer asks a question in a transaction that can not write. Besides the context,
// the server itself ends a question that takes too long (a SELECT, from 5.7.8 on).
func answer(ctx context.Context, db *sql.DB, query string, timeout time.Duration) (_ string, err error) {
	if timeout > 0 {
		bounded, cancel := context.WithTimeoutCause(ctx, timeout, fmt.Errorf("no answer within %s", timeout))
		defer cancel()
		ctx = bounded
	}
	conn, err := db.Conn(ctx)
	if err != nil {
		return "", because(ctx, err)
	}
	// The session is not as others expect it.
	defer func() { err = errors.Join(err, mysqldb.Discard(conn)) }()
	for _, statement := range []string{
		fmt.Sprintf("SET @unused = 0 /*!50708 , SESSION max_execution_time = %d */", timeout.Milliseconds()),
		"START TRANSACTION READ ONLY",
	} {
		if _, err := conn.ExecContext(ctx, statement); err != nil {
			return "", because(ctx, err)
		}
	}
	rows, err := conn.QueryContext(ctx, query)
	if err != nil {
		return "", because(ctx, err)
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		return "", because(ctx, err)
	}
	if len(columns) != 1 {
		return "", fmt.Errorf("the answer has %d columns, must have one", len(columns))
	}
	var got []sql.NullString
	for rows.Next() && len(got) < 2 {
		var one sql.NullString
		if err := rows.Scan(&one); err != nil {
			return "", because(ctx, err)
		}
		got = append(got, one)
	}
	if err := rows.Err(); err != nil {
		return "", because(ctx, err)
	}
	switch {
	case len(got) == 0:
		return "", errors.New("the answer has no row, must have one")
	case len(got) > 1:
		return "", errors.New("the answer has more than one row")
	case !got[0].Valid:
		return "NULL", nil
	}
	return got[0].String, nil
}

// because says why a context ended, where that is why something failed.
func because(ctx context.Context, err error) error {
	if err != nil && ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return err
}

// clip cuts a text to what fits on a line.
func clip(text string) string {
	const most = 200
	if runes := []rune(text); len(runes) > most {
		return string(runes[:most]) + "…"
	}
	return text
}
