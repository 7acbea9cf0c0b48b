package courier

import (
	"context"
	"fmt"
	"strings"
	"time"
	"unicode"
)

// hireDriver adds a driver and gives them a shipment.
func hireDriver(ctx context.Context, w *work) error {
	id := randomID(w.rng)
	if w.rng.IntN(4) == 0 {
		id[15] = 0
	}
	name, _, _ := person(w.rng)
	_, err := w.exec(ctx, `INSERT INTO drivers (id, phone, badge, name, vehicle, abilities, rating, odometer, since, shift_start, photo)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, '-01:30:00.5', ?)`,
		id[:], w.name("h"), 1<<30+w.rng.IntN(3<<30), name, pick(w.rng, vehicles[:]), w.rng.Uint64(), float32(w.rng.Float64()*5), 0.1,
		today().Year(), noise(w.rng, 500))
	if err != nil {
		return err
	}
	shipment, err := w.someShipment(ctx)
	if err != nil {
		return err
	}
	w.later(func() { w.hired = append(w.hired, id[:]) })
	return w.all(ctx,
		sqlStep("UPDATE shipments SET driver_id = ? WHERE id = ?", id[:], shipment),
		sqlStep("UPDATE legs SET driver_id = ? WHERE shipment_id = ?", id[:], shipment))
}

// retireDriver deletes a driver this worker has hired; the server sets NULL
// where they were.
func retireDriver(ctx context.Context, w *work) error {
	if len(w.hired) == 0 {
		return hireDriver(ctx, w)
	}
	w.later(func() { w.hired = w.hired[1:] })
	_, err := w.exec(ctx, "DELETE FROM drivers WHERE id = ?", w.hired[0])
	return err
}

// signUp adds a customer with two vouchers.
func signUp(ctx context.Context, w *work) error {
	kanji, kana, latin := person(w.rng)
	result, err := w.do(ctx, `INSERT INTO customers (email, name, kana, address, old_address, legacy_note, kind, flags, preferences, credit, birthday, created_at)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		latin+"."+w.name("")+"@example.jp", kanji, kana, pick(w.rng, cities[:]).kanji+pick(w.rng, streets[:]),
		pick(w.rng, []any{nil, "", "東京都千代田区"}), pick(w.rng, legacyNotes[:]), pick(w.rng, kinds[:]), subset(w.rng, 4),
		pick(w.rng, []any{nil, `{"language": "ja", "x": 1.50, "y": [{}]}`, `[]`, `"text"`}),
		string(appendDecimal(nil, w.rng.Int64N(1e8), 2)), seedTime.AddDate(-30, 0, 0).Format(time.DateOnly), now())
	if err != nil {
		return err
	}
	id, err := result.LastInsertId()
	if err != nil {
		return err
	}
	w.later(func() { w.customers = append(w.customers, id) })
	_, err = w.exec(ctx, "INSERT INTO vouchers (code, customer_id, percent, valid_until) VALUES (?, ?, 9.99, ?), (?, ?, 100, ?)",
		w.name("Welcome-"), id, today().Format(time.DateOnly), w.name("ようこそ-"), id, today().Format(time.DateOnly))
	return err
}

// closeCustomer deletes a customer this worker has signed up. Vouchers go with
// them, whatever they are called by now.
func closeCustomer(ctx context.Context, w *work) error {
	if len(w.customers) == 0 {
		return signUp(ctx, w)
	}
	w.later(func() { w.customers = w.customers[1:] })
	_, err := w.exec(ctx, "DELETE FROM customers WHERE id = ?", w.customers[0])
	return err
}

func renameVoucher(ctx context.Context, w *work) error {
	code, err := w.someVoucher(ctx)
	if err != nil {
		return err
	}
	_, err = w.exec(ctx, "UPDATE vouchers SET code = ?, uses = uses + 1 WHERE code = ?", w.name("Renamed-"), code)
	return err
}

// recaseVoucher changes a key to one that its collation calls the same.
func recaseVoucher(ctx context.Context, w *work) error {
	code, err := w.someVoucher(ctx)
	if err != nil {
		return err
	}
	_, err = w.exec(ctx, "UPDATE vouchers SET code = ? WHERE code = ?", recase(code), code)
	return err
}

func recase(code string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsUpper(r) {
			return unicode.ToLower(r)
		}
		return unicode.ToUpper(r)
	}, code)
}

func swapVouchers(ctx context.Context, w *work) error {
	a, err := w.someVoucher(ctx)
	if err != nil {
		return err
	}
	b, err := w.someVoucher(ctx)
	if err != nil || a == b {
		return orUndo(err)
	}
	const rename = "UPDATE vouchers SET code = ? WHERE code = ?"
	between := w.name("between-")
	return w.all(ctx, sqlStep(rename, between, a), sqlStep(rename, a, b), sqlStep(rename, b, between))
}

// insertIgnore offers a code that is taken, in other letters, and a new one.
func insertIgnore(ctx context.Context, w *work) error {
	taken, err := w.someVoucher(ctx)
	if err != nil {
		return err
	}
	_, err = w.exec(ctx, "INSERT IGNORE INTO vouchers (code, customer_id, percent, valid_until) VALUES (?, ?, 1, '2030-01-01'), (?, ?, 2, '2030-01-01')",
		recase(taken), w.customer(), w.name("Ignore-"), w.customer())
	return err
}

// changeNothing saves a form nobody edited; every second time something else
// in the transaction does change.
func changeNothing(ctx context.Context, w *work) error {
	id := w.customer()
	if err := w.all(ctx,
		sqlStep("UPDATE customers SET name = name, credit = credit WHERE id = ?", id),
		sqlStep("UPDATE drivers SET active = active WHERE id = ?", w.driver()),
	); err != nil {
		return err
	}
	if w.rng.IntN(2) == 0 {
		return nil
	}
	return w.writeAudit(ctx, int64(id), "viewed")
}

// blanks lets NULL, the empty string and values take turns.
func blanks(ctx context.Context, w *work) error {
	_, err := w.exec(ctx, "UPDATE customers SET legacy_note = ?, old_address = ?, kana = ?, birthday = ?, preferences = ? WHERE id = ?",
		pick(w.rng, []any{nil, "", " ", "naïve"}), pick(w.rng, []any{nil, "", "能登"}), pick(w.rng, []any{"", "ソ"}),
		pick(w.rng, []any{nil, "1970-01-01"}), pick(w.rng, []any{nil, "{}", `{"language": null}`}), w.customer())
	return err
}

func changePhoto(ctx context.Context, w *work) error {
	size := w.opts.BlobBytes/2 + w.rng.IntN(w.opts.BlobBytes/2+1)
	if _, err := w.exec(ctx, "UPDATE drivers SET photo = ? WHERE id = ?", noise(w.rng, size), w.driver()); err != nil {
		return fmt.Errorf("%d bytes: %w", size, err)
	}
	return nil
}
