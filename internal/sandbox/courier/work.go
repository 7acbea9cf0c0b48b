package courier

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"
)

// work is one try of one transaction, and what the operations share.
type work struct {
	*session
	tx *sql.Tx
}

// exec runs a statement and returns how many rows it changed.
func (w *work) exec(ctx context.Context, query string, args ...any) (int64, error) {
	result, err := w.do(ctx, query, args...)
	if err != nil {
		return 0, err
	}
	return result.RowsAffected()
}

func (w *work) do(ctx context.Context, query string, args ...any) (sql.Result, error) {
	w.queries++
	result, err := w.tx.ExecContext(ctx, query, args...)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", brief(query), err)
	}
	return result, nil
}

// read scans one row; found is false where there is none.
func (w *work) read(ctx context.Context, into []any, query string, args ...any) (found bool, err error) {
	w.queries++
	err = w.tx.QueryRowContext(ctx, query, args...).Scan(into...)
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("%s: %w", brief(query), err)
	}
	return true, nil
}

// all runs statements that take the same arguments, for their effect.
func (w *work) all(ctx context.Context, steps ...step) error {
	for _, s := range steps {
		if _, err := w.exec(ctx, s.query, s.args...); err != nil {
			return err
		}
	}
	return nil
}

type step struct {
	query string
	args  []any
}

func sqlStep(query string, args ...any) step { return step{query, args} }

// brief is the beginning of a statement, enough to know which one it was.
func brief(query string) string {
	const limit = 60
	words := strings.Join(strings.Fields(query), " ")
	if len(words) > limit {
		return words[:limit] + "..."
	}
	return words
}

// later remembers something if the transaction commits.
func (w *work) later(remember func()) { w.onDone = append(w.onDone, remember) }

func now() string { return time.Now().UTC().Format(timeLayout) }

func today() time.Time { return time.Now().UTC() }

func (w *work) depot() string {
	return w.world.depots[int(skewed(w.rng.Uint64())*float64(len(w.world.depots)))]
}

func (w *work) driver() []byte { return pick(w.rng, w.world.drivers) }

func (w *work) customer() int { return w.rng.IntN(w.world.customers) }

// someShipment finds a shipment that is there now: one this worker made, or
// one near a random seeded id.
func (w *work) someShipment(ctx context.Context) (int64, error) {
	id := 1 + w.rng.Int64N(int64(w.world.shipments))
	if len(w.recent) > 0 && w.rng.IntN(2) == 0 {
		id = pick(w.rng, w.recent)
	}
	for _, query := range [...]string{
		"SELECT id FROM shipments WHERE id >= ? ORDER BY id LIMIT 1",
		"SELECT id FROM shipments WHERE id < ? ORDER BY id DESC LIMIT 1",
	} {
		if found, err := w.read(ctx, []any{&id}, query, id); found || err != nil {
			return id, err
		}
	}
	return 0, errUndo // all have been deleted
}

// someVoucher finds the code of a voucher that is there now.
func (w *work) someVoucher(ctx context.Context) (code string, err error) {
	from := voucherCode(w.rng.IntN(w.world.customers))
	for _, query := range [...]string{
		"SELECT code FROM vouchers WHERE code >= ? ORDER BY code LIMIT 1",
		"SELECT code FROM vouchers WHERE code < ? ORDER BY code DESC LIMIT 1",
	} {
		if found, err := w.read(ctx, []any{&code}, query, from); found || err != nil {
			return code, err
		}
	}
	return "", errUndo
}

func (w *work) writeAudit(ctx context.Context, shipment int64, action string) error {
	id := randomID(w.rng)
	var payload any
	if w.rng.IntN(3) > 0 {
		payload = fmt.Sprintf(`{"action": %q, "worker": %d, "score": %.17g, "tags": ["a", null, {"b": 1.0}]}`, action, w.no, w.rng.Float64())
	}
	_, err := w.exec(ctx, "INSERT INTO audit (id, entity, entity_id, action, actor, payload, at) VALUES (?, 'shipment', ?, ?, ?, ?, ?)",
		id[:], shipment, action, pick(w.rng, familyNames[:]).kanji, payload, now())
	return err
}

func (w *work) addTo(ctx context.Context, counter string, n int64) error {
	changed, err := w.exec(ctx, "UPDATE counters SET value = value + ? WHERE name = ?", n, counter)
	if err == nil && changed != 1 {
		err = fmt.Errorf("counter %q: %d rows changed instead of one", counter, changed)
	}
	return err
}
