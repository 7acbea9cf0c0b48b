package courier

import (
	"context"
	"math"
	"time"
)

// transfer moves money. One in eight locks the accounts in the wrong order, as
// applications do, which makes deadlocks.
func transfer(ctx context.Context, w *work) error {
	from := w.rng.IntN(w.world.accounts)
	to := (from + 1 + w.rng.IntN(w.world.accounts-1)) % w.world.accounts
	amount := string(appendDecimal(nil, w.rng.Int64N(100_0000)+1, 4))
	first, second := min(from, to), max(from, to)
	if w.rng.IntN(8) == 0 {
		first, second = second, first
	}
	for _, id := range [...]int{first, second} {
		var version int
		if _, err := w.read(ctx, []any{&version}, "SELECT version FROM accounts WHERE id = ? FOR UPDATE", id); err != nil {
			return err
		}
	}
	taken, err := w.exec(ctx, "UPDATE accounts SET balance = balance - ?, version = version + 1 WHERE id = ? AND balance >= ?", amount, from, amount)
	if err != nil || taken == 0 { // not enough money
		return orUndo(err)
	}
	if err := w.all(ctx,
		sqlStep("UPDATE accounts SET balance = balance + ?, version = version + 1 WHERE id = ?", amount, to),
		sqlStep("INSERT INTO transfers (from_account, to_account, amount, at) VALUES (?, ?, ?, ?)", from, to, amount, now()),
	); err != nil {
		return err
	}
	return w.addTo(ctx, counterTransfers, 1)
}

// payDriver meets the secondary unique key (driver, period) or does not.
func payDriver(ctx context.Context, w *work) error {
	amount, tax := w.rng.Int64N(1e11), w.rng.Int64N(1e13)
	_, err := w.exec(ctx, `INSERT INTO payouts (driver_id, period, amount, tax) VALUES (?, ?, ?, ?)
		ON DUPLICATE KEY UPDATE amount = amount + VALUES(amount), tax = VALUES(tax), changes = changes + 1, paid_at = ?`,
		w.driver(), seedTime.AddDate(0, w.rng.IntN(24), -5).Format(time.DateOnly),
		string(appendDecimal(nil, amount, 6)), string(appendDecimal(nil, tax, 10)), now())
	return err
}

// handLocker passes a code from one locker to another. The code is unique, so
// there is a moment in which nobody has it.
func handLocker(ctx context.Context, w *work) error {
	a := w.rng.IntN(w.world.lockers)
	b := (a + 1 + w.rng.IntN(w.world.lockers-1)) % w.world.lockers
	var codes [2]*string
	for i, id := range [...]int{a, b} {
		if _, err := w.read(ctx, []any{&codes[i]}, "SELECT code FROM lockers WHERE id = ? FOR UPDATE", id); err != nil {
			return err
		}
	}
	steps := []step{sqlStep("UPDATE lockers SET handed = handed + 1 WHERE id = ?", a)}
	if codes[0] != nil || codes[1] != nil {
		steps = []step{
			sqlStep("UPDATE lockers SET code = NULL, handed = handed + 1 WHERE id = ?", a),
			sqlStep("UPDATE lockers SET code = ?, handed = handed + 1 WHERE id = ?", codes[0], b),
			sqlStep("UPDATE lockers SET code = ? WHERE id = ?", codes[1], a),
		}
	}
	return w.all(ctx, steps...)
}

// writeLedger adds entries, of which each is unique by agreement only.
func writeLedger(ctx context.Context, w *work) error {
	n := 1 + w.rng.IntN(3)
	for range n {
		w.entry++ // never used again, not even after a rollback
		var account, amount any
		if w.rng.IntN(5) > 0 {
			account, amount = w.rng.IntN(w.world.accounts), string(appendDecimal(nil, w.rng.Int64N(1e8)-5e7, 4))
		}
		_, err := w.exec(ctx, "INSERT INTO ledger (writer, n, account, amount, memo) VALUES (?, ?, ?, ?, ?)",
			w.writer(), w.entry, account, amount, pick(w.rng, []any{nil, "", "memo", "メモ"}))
		if err != nil {
			return err
		}
	}
	return w.addTo(ctx, counterLedger, int64(n))
}

// changeLedger updates and deletes rows that no key names.
func changeLedger(ctx context.Context, w *work) error {
	if _, err := w.exec(ctx, "UPDATE ledger SET memo = ? LIMIT 1", pick(w.rng, []any{nil, "", "checked", "済"})); err != nil {
		return err
	}
	gone, err := w.exec(ctx, "DELETE FROM ledger LIMIT 1")
	if err != nil || gone == 0 {
		return orUndo(err)
	}
	return w.addTo(ctx, counterLedger, -gone)
}

func (w *work) reportDay() string {
	return seedTime.AddDate(0, 0, w.rng.IntN(365)).Format(time.DateOnly)
}

func replaceReport(ctx context.Context, w *work) error {
	_, err := w.exec(ctx, "REPLACE INTO report_daily (day, depot_code, shipments, revenue, comment) VALUES (?, ?, ?, ?, ?), (?, ?, 0, -0.01, '')",
		w.reportDay(), w.depot(), w.rng.IntN(500), string(appendDecimal(nil, w.rng.Int64N(math.MaxInt64), 2)), pick(w.rng, remarks[:]),
		w.reportDay(), w.depot())
	return err
}

func upsertReport(ctx context.Context, w *work) error {
	_, err := w.exec(ctx, `INSERT INTO report_drivers (driver_id, month, trips, distance) VALUES (?, ?, 1, ?)
		ON DUPLICATE KEY UPDATE trips = trips + 1, distance = distance + VALUES(distance), best_day = ?`,
		w.driver(), seedTime.AddDate(0, w.rng.IntN(12), -5).Format(time.DateOnly), w.rng.Float64()*100, today().Format(time.DateOnly))
	return err
}

// moveReport changes a composite key so that the row changes its partition.
func moveReport(ctx context.Context, w *work) error {
	depot := w.depot()
	var day string
	found, err := w.read(ctx, []any{&day}, "SELECT CAST(day AS CHAR) FROM report_daily WHERE day >= ? AND depot_code = ? ORDER BY day LIMIT 1", w.reportDay(), depot)
	if err != nil || !found {
		return orUndo(err)
	}
	_, err = w.exec(ctx, "UPDATE report_daily SET day = ? WHERE day = ? AND depot_code = ?",
		seedTime.AddDate(0, 0, w.rng.IntN(36500)).Format(time.DateOnly), day, depot)
	return err
}
