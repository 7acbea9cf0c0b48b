package courier

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
)

// Violation is a rule of the sample data that does not hold.
type Violation struct {
	Rule     string
	Examples []string // the first few rows that break it
}

// InvariantError lists every rule that does not hold.
type InvariantError struct{ Violations []Violation }

// Error names each rule with its examples, a line each.
func (e *InvariantError) Error() string {
	var text strings.Builder
	fmt.Fprintf(&text, "courier data breaks %d rules", len(e.Violations))
	for _, v := range e.Violations {
		fmt.Fprintf(&text, "\n  %s: %s", v.Rule, strings.Join(v.Examples, "; "))
	}
	return text.String()
}

// rule is a query for the rows that break a rule, as text, one a row.
type rule struct {
	name  string
	query string
	need  func(shape) bool // nil: always
}

const maxExamples = 5

// Check asserts the invariants in one snapshot, so it may run beside a load.
// What does not hold comes as an *InvariantError; other errors mean that it
// could not look.
func Check(ctx context.Context, db *sql.DB) error { return check(ctx, db, rules()) }

// CheckBank asserts only that the sum of the balances is what was seeded: cheap
// enough to be asked all the time.
func CheckBank(ctx context.Context, db *sql.DB) error { return check(ctx, db, rules()[:1]) }

func check(ctx context.Context, db *sql.DB, rules []rule) error {
	tx, err := db.BeginTx(ctx, &sql.TxOptions{Isolation: sql.LevelRepeatableRead, ReadOnly: true})
	if err != nil {
		return fmt.Errorf("check courier: begin: %w", err)
	}
	defer func() { _ = tx.Rollback() }() // it has only read
	have, err := shapeOf(ctx, tx)
	if err != nil {
		return fmt.Errorf("check courier: %w", err)
	}
	var broken []Violation
	for _, r := range rules {
		if r.need != nil && !r.need(have) {
			continue
		}
		examples, err := breaches(ctx, tx, r.query)
		if err != nil {
			return fmt.Errorf("check courier: %s: %w", r.name, err)
		}
		if len(examples) > 0 {
			broken = append(broken, Violation{r.name, examples})
		}
	}
	if len(broken) > 0 {
		return &InvariantError{broken}
	}
	return nil
}

func breaches(ctx context.Context, tx *sql.Tx, query string) (examples []string, err error) {
	rows, err := tx.QueryContext(ctx, fmt.Sprintf("%s LIMIT %d", query, maxExamples))
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var text sql.NullString
		if err := rows.Scan(&text); err != nil {
			return nil, err
		}
		if !text.Valid {
			text.String = "(NULL)"
		}
		examples = append(examples, text.String)
	}
	return examples, rows.Err()
}
