package main

import (
	"fmt"
	"os"
	"testing"

	"tandem/internal/sandbox/sandboxtest"
)

// mostMemory is what the program may have in memory at any time, in MiB,
// whatever the size of rows and transactions.
//
// The aim is 200 MB (190 MiB). Updates of rows of 30 MB, whose events hold both
// images, are seen at 178 to 183 MiB; the limit leaves room for the collector's
// mood on a busy machine.
const mostMemory = 200

// TestMemoryIsBounded moves rows of 30 MB and one transaction of 200 MB (1 GB
// with TANDEM_LONG=1), by copy and by stream.
func TestMemoryIsBounded(t *testing.T) {
	pair := sandboxtest.Pair(t, sandboxtest.WithSourceArgs("--innodb-redo-log-capacity=512M"), sandboxtest.WithTargetArgs("--innodb-redo-log-capacity=512M"))
	rows, doublings := 800, 8 // of 1 KB, doubled so often: 200 MB
	if os.Getenv("TANDEM_LONG") != "" {
		rows, doublings = 1000, 10 // 1 GB
	}
	sandboxtest.Exec(t, sandboxtest.RootDB(t, pair.Source, ""), "CREATE DATABASE big")
	db := sandboxtest.RootDB(t, pair.Source, "big")
	db.SetMaxOpenConns(1) // session variables hold
	sandboxtest.Exec(t, db,
		"CREATE TABLE large (id INT PRIMARY KEY, b LONGBLOB)",
		"CREATE TABLE many (id INT AUTO_INCREMENT PRIMARY KEY, v VARCHAR(2000))",
		"CREATE TABLE keyless (id INT, b LONGBLOB)",
		"SET SESSION cte_max_recursion_depth = 10000",
	)
	for n := range 6 {
		sandboxtest.Exec(t, db, fmt.Sprintf("INSERT INTO large VALUES (%d, REPEAT(X'00FF275C%02X', 6000000))", n, n))
	}
	sandboxtest.Exec(t, db,
		"INSERT INTO keyless SELECT * FROM large WHERE id < 2",
		fmt.Sprintf("INSERT INTO many (v) SELECT REPEAT(CHAR(65 + n %% 26), 1000) FROM (WITH RECURSIVE s AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM s WHERE n < %d) SELECT n FROM s) q", rows),
	)
	m := newMigration(t, pair, []string{"big.*"})
	bounded(t, "copying rows of 30 MB", m.catchUp())

	sandboxtest.Exec(t, db, "BEGIN")
	for range doublings {
		sandboxtest.Exec(t, db, "INSERT INTO many (v) SELECT v FROM many")
	}
	sandboxtest.Exec(t, db, "COMMIT")
	bounded(t, "streaming one large transaction", m.catchUp())

	sandboxtest.Exec(t, db,
		"UPDATE large SET b = CONCAT(b, 'x') WHERE id < 3",
		"INSERT INTO large VALUES (10, REPEAT('y', 30000000))",
		"DELETE FROM large WHERE id = 5",
		"UPDATE keyless SET id = 7 WHERE id = 1",
		"DELETE FROM keyless WHERE id = 0",
	)
	bounded(t, "streaming rows of 30 MB", m.catchUp())
	sandboxtest.RequireEqual(t, pair, "big")

	again := newMigration(t, pair, []string{"big.many"})
	sandboxtest.Exec(t, sandboxtest.RootDB(t, pair.Target, "big"), "DROP TABLE many")
	bounded(t, "copying many rows", again.catchUp())
	sandboxtest.RequireEqual(t, pair, "big")
}

// TestCompressedTransaction streams a transaction that the source has written as
// one compressed event (240 MB of rows with TANDEM_LONG=1).
func TestCompressedTransaction(t *testing.T) {
	pair := sandboxtest.Pair(t, sandboxtest.WithSourceArgs("--binlog-transaction-compression=ON", "--innodb-redo-log-capacity=512M"),
		sandboxtest.WithTargetArgs("--innodb-redo-log-capacity=512M"))
	doublings := 4 // of 4 MB
	if os.Getenv("TANDEM_LONG") != "" {
		doublings = 6
	}
	sandboxtest.Exec(t, sandboxtest.RootDB(t, pair.Source, ""), "CREATE DATABASE big")
	db := sandboxtest.RootDB(t, pair.Source, "big")
	db.SetMaxOpenConns(1) // session variables hold
	sandboxtest.Exec(t, db, "CREATE TABLE many (id INT AUTO_INCREMENT PRIMARY KEY, v VARCHAR(2000))",
		"SET SESSION cte_max_recursion_depth = 10000",
		"INSERT INTO many (v) SELECT CONCAT(n, REPEAT(SHA2(n, 256), 15)) FROM (WITH RECURSIVE s AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM s WHERE n < 4000) SELECT n FROM s) q")
	m := newMigration(t, pair, []string{"big.*"})
	m.catchUp()
	sandboxtest.Exec(t, db, "BEGIN")
	for range doublings {
		sandboxtest.Exec(t, db, "INSERT INTO many (v) SELECT v FROM many")
	}
	sandboxtest.Exec(t, db, "COMMIT")
	var name string
	var compressed, raw int64
	err := db.QueryRowContext(t.Context(), "SELECT LOG_TYPE, COMPRESSED_BYTES_COUNTER, UNCOMPRESSED_BYTES_COUNTER FROM performance_schema.binary_log_transaction_compression_stats WHERE COMPRESSION_TYPE = 'ZSTD'").
		Scan(&name, &compressed, &raw)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d MB of events were compressed to %d MB", raw/1e6, compressed/1e6)
	if raw < 50e6 {
		t.Errorf("the transaction is of %d bytes only", raw)
	}
	bounded(t, "streaming one compressed transaction", m.catchUp())
	sandboxtest.RequireEqual(t, pair, "big")
}

func bounded(t *testing.T, what string, r *run) {
	t.Helper()
	peak := r.peak.Load() / 1024
	t.Logf("%s: %d MiB at most", what, peak)
	if peak == 0 {
		t.Skip("memory is measured on Linux only")
	}
	if peak >= mostMemory {
		t.Errorf("%s: tandem had %d MiB in memory, want less than %d", what, peak, mostMemory)
	}
}
