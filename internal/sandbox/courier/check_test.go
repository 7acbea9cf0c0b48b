package courier_test

import (
	"errors"
	"strings"
	"testing"

	"tandem/internal/sandbox/courier"
)

// Each damage must break its rule, and only the undo mends it.
func TestCheckFindsDamage(t *testing.T) {
	t.Parallel()
	damages := []struct{ rule, damage, undo string }{
		{"bank's sum", "UPDATE accounts SET balance = balance + 0.0001 WHERE id = 3", "UPDATE accounts SET balance = balance - 0.0001 WHERE id = 3"},
		{"bank's sum", "UPDATE settings SET name = 'x' WHERE name = 'bank total'", "UPDATE settings SET name = 'bank total' WHERE name = 'x'"},
		{"opening plus transfers", "UPDATE transfers SET from_account = to_account WHERE id = 5", "UPDATE transfers SET from_account = @was WHERE id = 5"},
		{"code is lost", "UPDATE lockers SET code = NULL WHERE id = 1", "UPDATE lockers SET code = @was WHERE id = 1"},
		{"held twice", "ALTER TABLE lockers DROP KEY uk_code; UPDATE lockers SET code = @was WHERE id = 3", "UPDATE lockers SET code = @was3 WHERE id = 3"},
		{"depots count", "UPDATE depots SET shipments = shipments + 1 LIMIT 1", "UPDATE depots SET shipments = shipments - 1 LIMIT 1"},
		{"leg_count", "DELETE FROM legs WHERE shipment_id = 7 AND leg_no = 1", "INSERT INTO legs SELECT * FROM saved_legs"},
		{"one scan", "UPDATE leg_scans SET leg_no = 99 WHERE shipment_id = 7 AND leg_no = 1", "UPDATE leg_scans SET leg_no = 1 WHERE leg_no = 99"},
		{"audited once", "UPDATE audit SET action = 'x' WHERE entity_id = 7 AND action = 'created'", "UPDATE audit SET action = 'created' WHERE entity_id = 7 AND action = 'x'"},
		{"ledger entry", "INSERT INTO ledger SELECT * FROM ledger WHERE n = 2; UPDATE counters SET value = value + 1 WHERE name = 'ledger'",
			"DELETE FROM ledger WHERE n = 2 LIMIT 1; UPDATE counters SET value = value - 1 WHERE name = 'ledger'"},
		{"counter of ledger", "DELETE FROM ledger WHERE n = 4", "INSERT INTO ledger (writer, n) VALUES (0, 4)"},
		{"counter of transfers", "UPDATE counters SET value = 0 WHERE name = 'transfers'", "UPDATE counters SET value = (SELECT COUNT(*) FROM transfers) WHERE name = 'transfers'"},
		{"counter of shipments", "UPDATE counters SET name = 'x' WHERE name = 'shipments'", "UPDATE counters SET name = 'shipments' WHERE name = 'x'"},
		{"vouchers.customer_id", "UPDATE vouchers SET customer_id = 999999 WHERE customer_id = 0", "UPDATE vouchers SET customer_id = 0 WHERE customer_id = 999999"},
		{"legs.driver_id", "UPDATE legs SET driver_id = X'00' WHERE driver_id IS NOT NULL LIMIT 1", "UPDATE legs SET driver_id = NULL WHERE driver_id = X'00000000000000000000000000000000'"},
	}
	onBoth(t, func(t *testing.T, p place) {
		p.seed(t, courier.SeedOptions{Size: 100, Seed: 3})
		conn, err := p.db.Conn(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		run := func(statements string) {
			t.Helper()
			if _, err := conn.ExecContext(t.Context(), statements); err != nil {
				t.Fatalf("%s: %v", statements, err)
			}
		}
		run("SET foreign_key_checks = 0; CREATE TABLE saved_legs LIKE legs; INSERT INTO saved_legs SELECT * FROM legs WHERE shipment_id = 7 AND leg_no = 1;" +
			"UPDATE vouchers SET customer_id = 0 LIMIT 1")
		for _, d := range damages {
			remember := map[string]string{
				"opening plus transfers": "SELECT from_account INTO @was FROM transfers WHERE id = 5",
				"code is lost":           "SELECT code INTO @was FROM lockers WHERE id = 1",
				"held twice":             "SELECT a.code, b.code INTO @was, @was3 FROM lockers a, lockers b WHERE a.id = 1 AND b.id = 3",
			}[d.rule]
			if remember != "" {
				run(remember)
			}
			if err := courier.Check(t.Context(), p.db); err != nil {
				t.Fatalf("before %q: %v", d.damage, err)
			}
			run(d.damage)
			err := courier.Check(t.Context(), p.db)
			var broken *courier.InvariantError
			if !errors.As(err, &broken) {
				t.Fatalf("after %q: %v", d.damage, err)
			}
			found := false
			for _, v := range broken.Violations {
				found = found || strings.Contains(v.Rule, d.rule) && len(v.Examples) > 0
			}
			if !found || !strings.Contains(err.Error(), d.rule) {
				t.Errorf("after %q no rule about %q is broken: %v", d.damage, d.rule, err)
			}
			bank := courier.CheckBank(t.Context(), p.db)
			if (bank != nil) != strings.Contains(err.Error(), "bank's sum") {
				t.Errorf("after %q the bank says %v", d.damage, bank)
			}
			run(d.undo)
		}
	})
}

func TestCheckCannotLook(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, p place) {
		err := courier.Check(t.Context(), p.db)
		var broken *courier.InvariantError
		if err == nil || errors.As(err, &broken) {
			t.Errorf("an empty database: %v", err)
		}
	})
}
