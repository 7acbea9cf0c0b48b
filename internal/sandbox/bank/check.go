package bank

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
)

// Verdict is what Check has found.
type Verdict struct {
	Rows int64 `json:"rows"` // of the ledger
	// Lost were acknowledged and are not there; Duplicated are there more than
	// once; Misplaced are there with other values, or on another side's account;
	// Foreign were written by nobody, or never acknowledged.
	Lost       int64 `json:"lost"`
	Duplicated int64 `json:"duplicated"`
	Misplaced  int64 `json:"misplaced"`
	Foreign    int64 `json:"foreign"`
	// Wrong accounts do not have what the ledger says; Off is by how much the sum
	// of all is.
	Wrong int64 `json:"wrong_accounts"`
	Off   int64 `json:"sum_off_by"`
	// Doubts are transactions of which nobody could say what became of them.
	Doubts   int64    `json:"doubts,omitempty"`
	Examples []string `json:"examples,omitempty"`
}

// OK tells whether every transaction is there exactly once, and nothing else.
func (v Verdict) OK() bool {
	return v.Lost == 0 && v.Duplicated == 0 && v.Misplaced == 0 && v.Foreign == 0 && v.Wrong == 0 && v.Off == 0
}

// String says it in a line.
func (v Verdict) String() string {
	if v.OK() {
		return fmt.Sprintf("%d transactions, each there exactly once", v.Rows)
	}
	return fmt.Sprintf("%d rows: %d lost, %d duplicated, %d misplaced, %d foreign; %d accounts wrong, the sum is off by %d: %s",
		v.Rows, v.Lost, v.Duplicated, v.Misplaced, v.Foreign, v.Wrong, v.Off, strings.Join(v.Examples, "; "))
}

// example keeps the first few.
func (v *Verdict) example(format string, args ...any) {
	if len(v.Examples) < 5 {
		v.Examples = append(v.Examples, fmt.Sprintf(format, args...))
	}
}

// Check holds a side's tables against what was acknowledged. Nothing may be in
// flight: call it when Run has ended, or within Rest.
func (b *Bank) Check(ctx context.Context, db *sql.DB) (Verdict, error) {
	var v Verdict
	tx, err := db.BeginTx(ctx, &sql.TxOptions{Isolation: sql.LevelRepeatableRead, ReadOnly: true})
	if err != nil {
		return v, fmt.Errorf("check the bank: %w", err)
	}
	defer tx.Rollback() // only read
	balances, err := b.checkLedger(ctx, tx, &v)
	if err != nil {
		return v, fmt.Errorf("check the bank's ledger: %w", err)
	}
	if err := b.checkAccounts(ctx, tx, balances, &v); err != nil {
		return v, fmt.Errorf("check the bank's accounts: %w", err)
	}
	return v, nil
}

func (b *Bank) checkLedger(ctx context.Context, tx *sql.Tx, v *Verdict) (map[int]int64, error) {
	seen := make([][]uint8, len(b.writers))
	for i, w := range b.writers {
		seen[i] = make([]uint8, w.acked+1)
		v.Doubts += int64(len(w.doubts))
	}
	balances := map[int]int64{}
	rows, err := tx.QueryContext(ctx, "SELECT writer, n, debit, credit, amount, side FROM ledger")
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var t transfer
		var side string
		if err := rows.Scan(&t.writer, &t.n, &t.debit, &t.credit, &t.amount, &side); err != nil {
			return nil, err
		}
		v.Rows++
		balances[t.debit] -= t.amount
		balances[t.credit] += t.amount
		switch {
		case t.writer >= 0 && t.writer < len(b.writers) && b.writers[t.writer].asking && t.n == b.writers[t.writer].acked+1:
			continue // its writer is about to find out
		case t.writer < 0 || t.writer >= len(b.writers) || t.n < 1 || t.n > b.writers[t.writer].acked:
			v.Foreign++
			v.example("transaction %d of writer %d was never acknowledged", t.n, t.writer)
			continue
		case t != transferOf(b.opts.Seed, b.opts.Accounts, t.writer, t.n), !b.writers[t.writer].wrote(t.n, b.sideNo(side)):
			v.Misplaced++
			v.example("transaction %d of writer %d is there as %+v, from the %s", t.n, t.writer, t, side)
		}
		if c := &seen[t.writer][t.n]; *c < 255 {
			*c++
		}
	}
	for i, w := range b.writers {
		for n := int64(1); n <= w.acked; n++ {
			switch c := seen[i][n]; {
			case c == 0 && !w.doubts[n]:
				v.Lost++
				v.example("transaction %d of writer %d is lost", n, i)
			case c > 1:
				v.Duplicated++
				v.example("transaction %d of writer %d is there %d times", n, i, c)
			}
		}
	}
	return balances, rows.Err()
}

func (b *Bank) sideNo(name string) int {
	for i, s := range b.opts.Sides {
		if s.Name == name {
			return i
		}
	}
	return -1
}

// wrote tells whether a transaction was acknowledged on a side.
func (w *writer) wrote(n int64, side int) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	at := -1
	for _, r := range w.runs {
		if r.from > n {
			break
		}
		at = r.side
	}
	return at == side
}

func (b *Bank) checkAccounts(ctx context.Context, tx *sql.Tx, moved map[int]int64, v *Verdict) error {
	rows, err := tx.QueryContext(ctx, "SELECT id, balance, opening FROM accounts")
	if err != nil {
		return err
	}
	defer rows.Close()
	sum, count := int64(0), 0
	for rows.Next() {
		var id int
		var balance, opening int64
		if err := rows.Scan(&id, &balance, &opening); err != nil {
			return err
		}
		count++
		sum += balance
		if opening != Opening || balance != opening+moved[id] {
			v.Wrong++
			v.example("account %d has %d and should have %d", id, balance, Opening+moved[id])
		}
	}
	if count != b.opts.Accounts {
		v.Wrong += int64(max(count-b.opts.Accounts, b.opts.Accounts-count))
		v.example("there are %d accounts instead of %d", count, b.opts.Accounts)
	}
	v.Off = sum - int64(b.opts.Accounts)*Opening
	return rows.Err()
}
