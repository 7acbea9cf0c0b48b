package courier

import (
	"context"
	"fmt"
	"strings"
	"time"
)

func createShipment(ctx context.Context, w *work) error {
	depot, legs := w.depot(), 1+w.rng.IntN(3)
	if _, err := w.exec(ctx, "UPDATE depots SET shipments = shipments + 1 WHERE code = ?", depot); err != nil {
		return err
	}
	recipient, _, _ := person(w.rng)
	var driver any
	if w.rng.IntN(3) > 0 {
		driver = w.driver()
	}
	result, err := w.do(ctx, `INSERT INTO shipments (tracking, customer_id, driver_id, depot_code, options, recipient, address,
		weight_kg, value, leg_count, details, created_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		w.name("R"), w.customer(), driver, depot, subset(w.rng, 4), recipient,
		pick(w.rng, cities[:]).kanji+pick(w.rng, streets[:])+" "+pick(w.rng, remarks[:]),
		string(appendDecimal(nil, w.rng.Int64N(30_000)+1, 3)), string(appendDecimal(nil, w.rng.Int64N(1e10), 4)), legs,
		fmt.Sprintf(`{"parcels": [{"kg": %.3f}], "remark": "置き配 \ud83d\udce6", "n": %d}`, w.rng.Float64()*20, w.rng.Uint64()), now())
	if err != nil {
		return err
	}
	id, err := result.LastInsertId()
	if err != nil {
		return err
	}
	if err := insertLegs(ctx, w, id, legs, depot); err != nil {
		return err
	}
	if err := w.writeAudit(ctx, id, "created"); err != nil {
		return err
	}
	w.later(func() {
		const keep = 200
		if len(w.recent) == keep {
			w.recent = w.recent[:copy(w.recent, w.recent[keep/2:])]
		}
		w.recent = append(w.recent, id)
	})
	return w.addTo(ctx, counterShipments, 1) // the hottest row last
}

func insertLegs(ctx context.Context, w *work, id int64, legs int, from string) error {
	legRows, scanRows := make([]any, 0, 5*legs), make([]any, 0, 3*legs)
	for leg := 1; leg <= legs; leg++ {
		to := w.depot()
		legRows = append(legRows, id, leg, from, to, time.Now().UTC().Add(time.Duration(leg)*5*time.Hour).Format(timeLayout))
		scanRows = append(scanRows, id, leg, to)
		from = to
	}
	return w.all(ctx,
		sqlStep("INSERT INTO legs (shipment_id, leg_no, from_depot, to_depot, eta) VALUES "+tuples("(?, ?, ?, ?, ?)", legs), legRows...),
		sqlStep("INSERT INTO leg_scans (shipment_id, leg_no, depot_code, scanned_at) VALUES "+tuples("(?, ?, ?, NULL)", legs), scanRows...))
}

func tuples(tuple string, n int) string {
	return strings.TrimSuffix(strings.Repeat(tuple+", ", n), ", ")
}

func moveStatus(ctx context.Context, w *work) error {
	id, err := w.someShipment(ctx)
	if err != nil {
		return err
	}
	var status string
	found, err := w.read(ctx, []any{&status}, "SELECT status FROM shipments WHERE id = ? FOR UPDATE", id)
	if err != nil || !found {
		return orUndo(err)
	}
	next, driver, delivered := "collected", any(w.driver()), any(nil)
	switch status {
	case "collected":
		next = "moving"
	case "moving":
		next, delivered = "delivered", now()
	case "delivered", "lost":
		next, driver = "new", nil // sent again
	}
	if err := w.all(ctx,
		sqlStep("UPDATE shipments SET status = ?, driver_id = ?, delivered_at = ? WHERE id = ?", next, driver, delivered, id),
		sqlStep("UPDATE legs SET status = ?, driver_id = ? WHERE shipment_id = ?", 1+w.rng.IntN(3), driver, id),
		sqlStep("UPDATE leg_scans SET scanned_at = CURRENT_TIMESTAMP(6) WHERE shipment_id = ? AND leg_no = 1", id),
	); err != nil {
		return err
	}
	return w.writeAudit(ctx, id, next)
}

// orUndo turns "the row is gone" into a rollback.
func orUndo(err error) error {
	if err == nil {
		return errUndo
	}
	return err
}

func addPositions(ctx context.Context, w *work) error {
	n := 5 + w.rng.IntN(45)
	driver, c := w.driver(), pick(w.rng, cities[:])
	args := make([]any, 0, 9*n)
	start := time.Now().UTC()
	for i := range n {
		var shipment, accuracy any
		if w.rng.IntN(4) > 0 {
			shipment, accuracy = 1+w.rng.IntN(w.world.shipments), w.rng.ExpFloat64()*5
		}
		args = append(args, driver, shipment, start.Add(time.Duration(i)*time.Second).Format(timeLayout),
			fmt.Sprintf("%.6f", c.lat+w.rng.Float64()), fmt.Sprintf("%.6f", c.lon+w.rng.Float64()),
			float32(w.rng.Float64()*90), accuracy, w.rng.IntN(360)-180, w.rng.IntN(256))
	}
	_, err := w.exec(ctx, "INSERT INTO positions (driver_id, shipment_id, recorded_at, lat, lon, speed, accuracy, heading, battery) VALUES "+
		tuples("(?, ?, ?, ?, ?, ?, ?, ?, ?)", n), args...)
	return err
}

// deleteShipment deletes one row; the legs, their scans, and the references
// from incidents and returns are the server's work.
func deleteShipment(ctx context.Context, w *work) error {
	id, err := w.someShipment(ctx)
	if err != nil {
		return err
	}
	var depot string
	found, err := w.read(ctx, []any{&depot}, "SELECT depot_code FROM shipments WHERE id = ? FOR UPDATE", id)
	if err != nil || !found {
		return orUndo(err)
	}
	if err := w.all(ctx,
		sqlStep("UPDATE depots SET shipments = shipments - 1 WHERE code = ?", depot),
		sqlStep("DELETE FROM shipments WHERE id = ?", id),
	); err != nil {
		return err
	}
	if err := w.writeAudit(ctx, id, "deleted"); err != nil {
		return err
	}
	return w.addTo(ctx, counterShipments, -1)
}

// changeJSON edits a document in place. Where the column is of the JSON type,
// the document then holds values of SQL types: decimals, dates, times, bytes.
func changeJSON(ctx context.Context, w *work) error {
	id, err := w.someShipment(ctx)
	if err != nil {
		return err
	}
	if !w.world.shape.json {
		_, err := w.exec(ctx, "UPDATE shipments SET details = ? WHERE id = ?",
			fmt.Sprintf(`{"edited": %d, "price": %d.%04d}`, w.rng.IntN(1e6), w.rng.IntN(1e6), w.rng.IntN(1e4)), id)
		return err
	}
	const document = "COALESCE(details, JSON_OBJECT())"
	edit := "JSON_SET(" + document + ", " + opaqueJSON(w.rng.Int64N(1e12), time.Now().UTC()) + ")"
	switch w.rng.IntN(4) {
	case 0:
		edit = "JSON_REMOVE(" + document + ", '$.price', '$.remark')"
	case 1:
		edit = fmt.Sprintf("JSON_SET(%s, '$.seen', %d, '$.ratio', %.17g, '$.whole', 1e0, '$.deep', JSON_ARRAY(NULL, TRUE, '狐', -0e0))",
			document, w.rng.Uint64(), w.rng.NormFloat64())
	}
	_, err = w.exec(ctx, "UPDATE shipments SET details = "+edit+" WHERE id = ?", id)
	return err
}

func multiUpdate(ctx context.Context, w *work) error {
	from := 1 + w.rng.IntN(w.world.shipments)
	who := w.customer()
	return w.all(ctx,
		sqlStep("UPDATE legs SET eta = eta + INTERVAL 7 MINUTE WHERE shipment_id BETWEEN ? AND ?", from, from+5),
		sqlStep("UPDATE vouchers SET uses = uses + 1 WHERE customer_id BETWEEN ? AND ?", who, who+3))
}

func multiDelete(ctx context.Context, w *work) error {
	from := 1 + w.rng.Int64N(max(w.world.positions, 1))
	_, err := w.exec(ctx, "DELETE FROM positions WHERE id BETWEEN ? AND ?", from, from+25)
	return err
}

// rollBack does the work of others and then thinks better of it.
func rollBack(ctx context.Context, w *work) error {
	if err := createShipment(ctx, w); err != nil {
		return err
	}
	if err := addPositions(ctx, w); err != nil {
		return err
	}
	return errUndo
}

// savepoint keeps its first and last statements and undoes those between.
func savepoint(ctx context.Context, w *work) error {
	id, err := w.someShipment(ctx)
	if err != nil {
		return err
	}
	if err := w.writeAudit(ctx, id, "savepoint"); err != nil {
		return err
	}
	undone := []step{
		sqlStep("SAVEPOINT before_incident"),
		sqlStep("INSERT INTO incidents (shipment_id, case_no, report, severity, opened_at) VALUES (?, ?, 'undone', 1, ?)", id, w.name("U"), now()),
		sqlStep("UPDATE shipments SET recipient = 'undone' WHERE id = ?", id),
		sqlStep("ROLLBACK TO SAVEPOINT before_incident"),
		sqlStep("INSERT INTO incidents (shipment_id, case_no, report, severity, opened_at, handler) VALUES (?, ?, ?, ?, ?, ?)",
			id, w.name("i"), pick(w.rng, remarks[:]), w.rng.IntN(1<<24), now(), pick(w.rng, familyNames[:]).kanji),
	}
	if w.rng.IntN(2) == 0 {
		undone = append(undone, sqlStep("RELEASE SAVEPOINT before_incident"))
	}
	return w.all(ctx, undone...)
}
