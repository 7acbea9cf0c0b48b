package courier

// fill says how a table gets its rows: rows(w, from, to) is called for runs of
// step numbers out of [first, end), and writes the rows that belong to them.
type fill struct {
	table, columns   string
	first, end, step int
	rows             func(w row, from, to int)
}

// fills lists every table. The big ones come first, so that the workers end at
// about the same time.
func fills(f facts, opts SeedOptions) []fill {
	c := f.counts
	all := []fill{
		{"positions", "id, driver_id, shipment_id, recorded_at, lat, lon, speed, accuracy, heading, battery",
			1, c.positions + 1, 20_000, row.positions},
		{"shipments", "id, tracking, customer_id, driver_id, depot_code, return_of, status, options, recipient, address, " +
			"weight_kg, value, leg_count, details, created_at, delivered_at, updated_at", 1, c.shipments + 1, 2_000, row.shipments},
		{"audit", "id, entity, entity_id, action, actor, payload, at", 1, c.shipments + 1, 5_000, row.audit},
		{"legs", "shipment_id, leg_no, driver_id, from_depot, to_depot, status, eta", 1, c.shipments + 1, 5_000, row.legs},
		{"leg_scans", "id, shipment_id, leg_no, depot_code, scanned_at", 1, c.shipments + 1, 5_000, row.scans},
		{"customers", "id, email, name, kana, address, old_address, legacy_note, kind, flags, preferences, credit, birthday, " +
			"created_at, updated_at", 0, c.customers, 2_000, row.customers},
		{"drivers", "id, phone, badge, name, vehicle, abilities, rating, odometer, since, shift_start, licensed_until, photo, active",
			0, c.drivers, 500, row.drivers},
		{"transfers", "id, from_account, to_account, amount, at", 1, c.transfers + 1, 5_000, row.transfers},
		{"payouts", "id, driver_id, period, amount, tax, currency, changes, paid_at", 0, c.drivers, 1_000, row.payouts},
		{"vouchers", "code, customer_id, percent, uses, valid_until", 0, c.vouchers, 5_000, row.vouchers},
		{"incidents", "id, shipment_id, case_no, report, severity, opened_at, handler", 1, c.incidents + 1, 5_000, row.incidents},
		{"report_daily", "day, depot_code, shipments, revenue, comment", 0, c.reportDays * c.depots, 5_000, row.reportDaily},
		{"report_drivers", "driver_id, month, trips, distance, best_day", 0, c.drivers, 1_000, row.reportDrivers},
		{"accounts", "id, holder, opening, balance, version", 0, c.accounts, c.accounts, row.accounts},
		{"lockers", "id, depot_code, code, handed", 0, c.lockers, 5_000, row.lockers},
		{"depots", "code, name, location, opens, closes, shipments", 0, c.depots, c.depots, row.depots},
		{"counters", "name, value", 0, 1, 1, row.counters},
		{"settings", "name, value", 0, 1, 1, row.settings},
	}
	if !opts.WithoutLedger {
		all = append(all, fill{"ledger", "writer, n, account, amount, memo", 1, c.transfers + 1, 5_000, row.ledger})
	}
	return all
}
