package courier

import "fmt"

// rules lists all invariants; the bank comes first, see CheckBank.
func rules() []rule {
	ledger := func(s shape) bool { return s.ledger }
	generated := func(s shape) bool { return s.generated }
	all := []rule{
		{name: "the bank's sum is constant", query: `
			SELECT CONCAT('balances sum to ', b.total, ', seeded were ', s.value)
			FROM (SELECT COALESCE(SUM(balance), 0) AS total FROM accounts) b
			LEFT JOIN settings s ON s.name = 'bank total'
			WHERE NOT b.total <=> CAST(s.value AS DECIMAL(40,4))`},
		{name: "a balance is opening plus transfers", query: `
			SELECT CONCAT('account ', a.id, ' has ', a.balance, ' instead of ', a.opening + COALESCE(i.total, 0) - COALESCE(o.total, 0))
			FROM accounts a
			LEFT JOIN (SELECT to_account AS id, SUM(amount) AS total FROM transfers GROUP BY to_account) i ON i.id = a.id
			LEFT JOIN (SELECT from_account AS id, SUM(amount) AS total FROM transfers GROUP BY from_account) o ON o.id = a.id
			WHERE a.balance <> a.opening + COALESCE(i.total, 0) - COALESCE(o.total, 0)`},
		{name: "no balance is negative", query: `
			SELECT CONCAT('account ', id, ' has ', balance) FROM accounts WHERE balance < 0`},
		{name: "no locker code is held twice", query: `
			SELECT CONCAT('code ', code, ' is held by ', COUNT(*)) FROM lockers WHERE code IS NOT NULL GROUP BY code HAVING COUNT(*) > 1`},
		{name: "no locker code is lost", query: `
			SELECT CONCAT(l.held, ' codes are held, seeded were ', s.value)
			FROM (SELECT COUNT(DISTINCT code) AS held FROM lockers) l
			LEFT JOIN settings s ON s.name = 'locker codes'
			WHERE NOT l.held <=> CAST(s.value AS SIGNED)`},
		{name: "depots count their shipments", query: `
			SELECT CONCAT('depot ', d.code, ' says ', d.shipments, ' and has ', COALESCE(s.n, 0))
			FROM depots d LEFT JOIN (SELECT depot_code, COUNT(*) AS n FROM shipments GROUP BY depot_code) s ON s.depot_code = d.code
			WHERE d.shipments <> COALESCE(s.n, 0)`},
		{name: "a shipment has leg_count legs", query: `
			SELECT CONCAT('shipment ', s.id, ' says ', s.leg_count, ' and has ', COALESCE(l.n, 0))
			FROM shipments s LEFT JOIN (SELECT shipment_id, COUNT(*) AS n FROM legs GROUP BY shipment_id) l ON l.shipment_id = s.id
			WHERE s.leg_count <> COALESCE(l.n, 0)`},
		{name: "a leg has one scan", query: `
			SELECT CONCAT('leg ', l.shipment_id, '/', l.leg_no, ' has ', COUNT(s.id))
			FROM legs l LEFT JOIN leg_scans s ON s.shipment_id = l.shipment_id AND s.leg_no = l.leg_no
			GROUP BY l.shipment_id, l.leg_no HAVING COUNT(s.id) <> 1`},
		{name: "a shipment's creation is audited once", query: `
			SELECT CONCAT('shipment ', s.id, ' has ', COUNT(a.id), ' rows')
			FROM shipments s LEFT JOIN audit a ON a.entity = 'shipment' AND a.entity_id = s.id AND a.action = 'created'
			GROUP BY s.id HAVING COUNT(a.id) <> 1`},
		{name: "a ledger entry is there once", need: ledger, query: `
			SELECT CONCAT('writer ', writer, ' entry ', n, ': ', COUNT(*), ' times') FROM ledger GROUP BY writer, n HAVING COUNT(*) > 1`},
		{name: "a payout is amount minus tax", need: generated, query: `
			SELECT CONCAT('payout ', id, ' is ', net, ' instead of ', amount - tax) FROM payouts WHERE NOT net <=> amount - tax`},
		{name: "billed grams follow the weight", need: generated, query: `
			SELECT CONCAT('shipment ', id, ' bills ', billed_grams) FROM shipments WHERE NOT billed_grams <=> CEILING(weight_kg * 1000)`},
		countRule(counterShipments, "shipments", nil),
		countRule(counterTransfers, "transfers", nil),
		countRule(counterLedger, "ledger", ledger),
	}
	for _, r := range [...]struct{ table, column, parent, key string }{
		{"shipments", "customer_id", "customers", "id"},
		{"shipments", "driver_id", "drivers", "id"},
		{"shipments", "depot_code", "depots", "code"},
		{"shipments", "return_of", "shipments", "id"},
		{"legs", "shipment_id", "shipments", "id"},
		{"legs", "driver_id", "drivers", "id"},
		{"leg_scans", "shipment_id", "shipments", "id"},
		{"incidents", "shipment_id", "shipments", "id"},
		{"vouchers", "customer_id", "customers", "id"},
		{"payouts", "driver_id", "drivers", "id"},
		{"transfers", "from_account", "accounts", "id"},
		{"transfers", "to_account", "accounts", "id"},
	} {
		all = append(all, rule{
			name: fmt.Sprintf("%s.%s refers to a row of %s", r.table, r.column, r.parent),
			query: fmt.Sprintf("SELECT CONCAT('there is no ', HEX(c.%[2]s)) FROM %[1]s c LEFT JOIN %[3]s p ON p.%[4]s = c.%[2]s "+
				"WHERE c.%[2]s IS NOT NULL AND p.%[4]s IS NULL", r.table, r.column, r.parent, r.key),
		})
	}
	return all
}

// countRule says that a counter is the number of rows of a table.
func countRule(counter, table string, need func(shape) bool) rule {
	return rule{need: need, name: "the counter of " + table + " is right", query: fmt.Sprintf(`
		SELECT CONCAT('the counter says ', COALESCE(c.value, 'nothing'), ', there are ', t.n)
		FROM (SELECT COUNT(*) AS n FROM %s) t LEFT JOIN counters c ON c.name = '%s' WHERE NOT c.value <=> t.n`, table, counter)}
}
