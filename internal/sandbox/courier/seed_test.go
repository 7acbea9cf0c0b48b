package courier_test

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tandem/internal/sandbox"
	"tandem/internal/sandbox/courier"
)

// checksums are the servers' own, one a table.
func checksums(t *testing.T, p place) map[string]int64 {
	t.Helper()
	sums := map[string]int64{}
	for _, table := range courier.Tables(courier.SchemaOptions{}) {
		var name string
		var sum int64
		if err := p.db.QueryRowContext(t.Context(), "CHECKSUM TABLE "+table+" EXTENDED").Scan(&name, &sum); err != nil {
			t.Fatal(err)
		}
		sums[table] = sum
	}
	return sums
}

// again empties the database.
func (p place) again(t *testing.T) {
	t.Helper()
	conn, err := p.db.Conn(t.Context()) // whoever drops a database is left without one
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	for _, statement := range []string{"DROP DATABASE `" + p.named + "`", "CREATE DATABASE `" + p.named + "`", "USE `" + p.named + "`"} {
		if _, err := conn.ExecContext(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
	}
}

func TestSeedIsDeterministic(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, p place) {
		const size = 300
		first := p.seed(t, courier.SeedOptions{Size: size, Seed: 7, Workers: 1})
		one := checksums(t, p)
		p.again(t)
		second := p.seed(t, courier.SeedOptions{Size: size, Seed: 7, Workers: 5})
		if diff := cmp.Diff(one, checksums(t, p)); diff != "" {
			t.Errorf("the same seed with other workers (-first +second):\n%s", diff)
		}
		if diff := cmp.Diff(first.Tables, second.Tables); diff != "" {
			t.Errorf("rows (-first +second):\n%s", diff)
		}
		p.again(t)
		p.seed(t, courier.SeedOptions{Size: size, Seed: 8})
		for table, sum := range checksums(t, p) {
			// These say the same whatever the seed.
			constant := map[string]bool{"counters": true, "settings": true, "lockers": true}[table]
			if (sum == one[table]) != constant {
				t.Errorf("another seed: %s has checksum %d after %d", table, sum, one[table])
			}
		}
	})
}

func TestSeedHoldsWhatIsPromised(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, p place) {
		var shown courier.SeedStats
		// The rights of tandem's user suffice.
		db := open(t, p.server.Config(sandbox.UserTandem, p.named))
		stats, err := courier.Seed(t.Context(), db, courier.SeedOptions{Progress: func(s courier.SeedStats) { shown = s }})
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(stats.Tables, shown.Tables); diff != "" {
			t.Errorf("last progress (-result +progress):\n%s", diff)
		}
		var sum int64
		for _, table := range courier.Tables(courier.SchemaOptions{}) {
			n := value[int64](t, p.db, "SELECT COUNT(*) FROM "+table)
			if n == 0 || n != stats.Tables[table] {
				t.Errorf("%s has %d rows, reported were %d", table, n, stats.Tables[table])
			}
			sum += n
		}
		if sum != stats.Rows {
			t.Errorf("%d rows, reported were %d", sum, stats.Rows)
		}
		if err := courier.Check(t.Context(), p.db); err != nil {
			t.Error(err)
		}
		hard := map[string]string{
			"customer 0":                      "customers WHERE id = 0",
			"backslash as second sjis byte":   "customers WHERE HEX(kana) LIKE '%5C%'",
			"two-byte ujis":                   "customers WHERE HEX(old_address) LIKE '%C5EC%'",
			"euro sign in cp1252":             "customers WHERE INSTR(HEX(legacy_note), '80') > 0",
			"four-byte utf8":                  "customers WHERE HEX(name) LIKE '%F0A0AEB7%'",
			"trailing space":                  "customers WHERE HEX(legacy_note) LIKE '%20'",
			"empty and NULL":                  "customers a JOIN customers b ON a.legacy_note = '' AND b.legacy_note IS NULL",
			"UUID ending in zero":             "drivers WHERE HEX(id) LIKE '%00'",
			"highest bit":                     "drivers WHERE abilities >= 1 << 63",
			"zero date":                       "drivers WHERE CAST(licensed_until AS CHAR) = '0000-00-00'",
			"negative time":                   "drivers WHERE shift_start < 0",
			"time above a day":                "depots WHERE closes > '24:00:00'",
			"photo":                           "drivers WHERE LENGTH(photo) > 2000",
			"self reference":                  "shipments WHERE return_of IS NOT NULL",
			"microseconds":                    "positions WHERE MICROSECOND(recorded_at) % 1000 <> 0",
			"float that text does not show":   "drivers WHERE rating = 16777216",
			"incident without shipment":       "incidents WHERE shipment_id IS NULL",
			"ledger rows equal but for the n": "ledger WHERE account IS NULL AND amount IS NULL",
		}
		if p.name == "newest" {
			hard["decimal in JSON"] = "shipments WHERE JSON_TYPE(JSON_EXTRACT(details, '$.price')) = 'DECIMAL'"
			hard["time in JSON"] = "shipments WHERE JSON_TYPE(JSON_EXTRACT(details, '$.window')) = 'TIME'"
			hard["bytes in JSON"] = "shipments WHERE JSON_TYPE(JSON_EXTRACT(details, '$.stamp')) = 'BLOB'"
			hard["large integer in JSON"] = "customers WHERE JSON_TYPE(JSON_EXTRACT(preferences, '$.big')) = 'UNSIGNED INTEGER'"
			hard["generated from JSON"] = "customers WHERE language = 'ja'"
			hard["negative zero"] = "drivers WHERE rating = 0 AND CAST(rating AS CHAR) LIKE '-%'"
		}
		for what, from := range hard {
			if n := value[int](t, p.db, "SELECT COUNT(*) FROM "+from); n == 0 {
				t.Errorf("no row has this: %s", what)
			}
		}
	})
}

func TestSeedRefuses(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, p place) {
		for _, size := range []courier.Size{-1, 1 << 30} {
			if _, err := courier.Seed(t.Context(), p.db, courier.SeedOptions{Size: size}); err == nil {
				t.Errorf("size %d was accepted", size)
			}
		}
		if n := value[int](t, p.db, "SELECT COUNT(*) FROM information_schema.tables WHERE table_schema = DATABASE()"); n != 0 {
			t.Errorf("%d tables after refusals", n)
		}
	})
}

// The session settings of the seed must not stay on pooled connections.
func TestSeedLeavesNoSettings(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, p place) {
		p.db.SetMaxOpenConns(1)
		const settings = "SELECT CONCAT_WS(' ', @@foreign_key_checks, @@unique_checks, @@time_zone, @@sql_mode)"
		before := value[string](t, p.db, settings)
		p.seed(t, courier.SeedOptions{Size: 20, Workers: 1, WithoutLedger: true})
		if after := value[string](t, p.db, settings); after != before {
			t.Errorf("settings %q, before %q", after, before)
		}
	})
}

func ExampleParseSize() {
	for _, s := range []string{"small", "Large", "40_000", "1,500"} {
		size, err := courier.ParseSize(s)
		fmt.Println(int(size), size, err)
	}
	_, err := courier.ParseSize("huge")
	fmt.Println(err)
	// Output:
	// 1000 small <nil>
	// 200000 large <nil>
	// 40000 40000 <nil>
	// 1500 1500 <nil>
	// size "huge": want small, medium, large or a number of shipments from 1 to 50000000
}
