// Package courier is the sample database of the sandbox: a delivery company
// with customers, drivers, shipments and money, and a load that behaves like
// its application. It is what the demo moves, what many tests move, and an
// example of what tandem can move.
//
// # The model
//
//	customers ──< vouchers                     (CASCADE)
//	    │
//	    └──< shipments ──< legs ──< leg_scans  (CASCADE, two levels)
//	           │  │ └───< incidents            (SET NULL)
//	           │  └ return_of → shipments      (SET NULL)
//	           ├── drivers                     (SET NULL; legs too)
//	           └── depots
//	drivers ──< payouts, positions, report_drivers
//	accounts ──< transfers      ledger (no key at all; can be left out)
//	lockers, counters, settings, audit, report_daily
//
// The tables were chosen for what is hard about them: binary and text keys,
// keys that change, several unique keys on one table, cascades, five
// character sets, decimals, floats that do not print well, microseconds,
// zero dates, all 64 bits of a BIT, JSON with decimals and dates inside,
// geometry, generated columns, a partitioned table. schema.sql says it table
// by table. On MySQL 5.6 JSON columns are text and generated columns,
// functional keys and invisible columns are left out; see Dialect.
//
// # What always holds
//
// Every transaction of the load leaves these true, and Check asserts them on
// whichever server it is pointed at:
//
//   - the sum of all balances is what the seed put there, and every balance
//     is its opening plus the transfers in minus the transfers out
//   - every locker code is held by exactly one locker, none is lost
//   - counters and depots.shipments count rows exactly
//   - a shipment has exactly leg_count legs and its "created" audit row
//   - no leg, scan, voucher, payout or driver reference is left dangling
//   - the ledger holds each (writer, n) at most once
//
// # Use
//
// Create makes the tables, Seed makes and fills them, Load runs the
// application, Check asserts. All work in the current database of the given
// *sql.DB. Add interpolateParams=true to the DSN: it halves the round trips of
// the load. Seed is deterministic: the same Size and Seed give the same bytes
// in every table on every server that knows the same column types, whatever
// the number of workers.
package courier
