package main

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"tandem/internal/fault"
	"tandem/internal/sandbox"
	"tandem/internal/sandbox/sandboxtest"
)

// TestVerifyGoesOn kills tandem verify in the middle and starts it again. A fault
// that is made meanwhile, in what was compared already, tells that it goes on: it
// is not seen then, and is by a run that begins anew.
func TestVerifyGoesOn(t *testing.T) {
	t.Parallel()
	pair := sandboxtest.Pair(t)
	for _, server := range pair.Servers() {
		sandboxtest.Exec(t, sandboxtest.RootDB(t, server, ""), "CREATE DATABASE app")
		sandboxtest.Exec(t, sandboxtest.RootDB(t, server, "app"),
			"CREATE TABLE a (id INT PRIMARY KEY, v VARCHAR(400) CHARACTER SET ascii)",
			"SET cte_max_recursion_depth=100000; INSERT INTO a WITH RECURSIVE s(n) AS (SELECT 1 UNION ALL SELECT n+1 FROM s WHERE n<40000) SELECT n, REPEAT(SHA2(n,256),4) FROM s",
		)
	}
	proxy, err := fault.Listen(pair.Source.Addr())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { proxy.Close() })
	proxy.Set(fault.Narrow(1 << 20))
	m := newMigration(t, pair, []string{"app.*"})
	m.edit(fmt.Sprintf("port: %d", pair.Source.Port), fmt.Sprintf("port: %d", proxy.Port()))

	first := m.start("verify", "--method", "stream", "--workers", "1")
	root := sandboxtest.RootDB(t, pair.Target, "")
	for deadline := time.Now().Add(patience); ; {
		var n int
		// Its tables come a moment after its start.
		if err := root.QueryRowContext(t.Context(), "SELECT COUNT(*) FROM _tandem.verify_table WHERE track LIKE '%\"Lower\":\"x%'").Scan(&n); err == nil && n > 0 {
			break
		}
		if !first.running() || time.Now().After(deadline) {
			t.Fatalf("tandem verify ended, or never came to note how far it is: %s", tail(first.stderr.String(), 4000))
		}
	}
	first.kill()
	proxy.Set(fault.Conditions{})
	sandboxtest.Exec(t, root, "DELETE FROM app.a WHERE id=1")
	m.start("verify", "--method", "stream", "--workers", "1").want(0)
	var left int
	if err := root.QueryRowContext(t.Context(), "SELECT COUNT(*) FROM _tandem.verify_table").Scan(&left); err != nil || left > 0 {
		t.Errorf("%d rows are left of a run that has ended: %v", left, err)
	}
	again := m.start("verify", "-o", "json").want(3)
	if out := again.stdout.String(); !strings.Contains(out, `"missing": 1`) {
		t.Errorf("the fault is not reported: %s", tail(out, 2000))
	}
}

// mostVerifyMemory is what tandem verify may have in memory, in MiB.
const mostVerifyMemory = 100

// TestVerifyMemoryIsBounded compares rows of 30 MB, one of which differs in its
// last byte.
func TestVerifyMemoryIsBounded(t *testing.T) {
	options := []sandboxtest.Option{sandboxtest.WithSourceArgs("--innodb-redo-log-capacity=512M"), sandboxtest.WithTargetArgs("--innodb-redo-log-capacity=512M")}
	pair := sandboxtest.Pair(t, options...)
	for _, server := range []*sandbox.Server{pair.Source, pair.Target} {
		sandboxtest.Exec(t, sandboxtest.RootDB(t, server, ""), "CREATE DATABASE big")
		db := sandboxtest.RootDB(t, server, "big")
		sandboxtest.Exec(t, db, "CREATE TABLE large (id INT PRIMARY KEY, b LONGBLOB)", "CREATE TABLE many (id INT PRIMARY KEY, v VARCHAR(200))",
			"SET cte_max_recursion_depth=1000000; INSERT INTO many WITH RECURSIVE s(n) AS (SELECT 1 UNION ALL SELECT n+1 FROM s WHERE n<60000) SELECT n, REPEAT(CHAR(65+n%26),100) FROM s")
		for n := range 6 {
			sandboxtest.Exec(t, db, fmt.Sprintf("INSERT INTO large VALUES (%d, REPEAT(X'00FF275C%02X', 6000000))", n, n))
		}
	}
	m := newMigration(t, pair, []string{"big.*"})
	for _, method := range []string{"stream", "server"} {
		verifyBounded(t, "equal rows of 30 MB, by "+method, m.start("verify", "--method", method).want(0))
	}
	target := sandboxtest.RootDB(t, pair.Target, "big")
	sandboxtest.Exec(t, target, "UPDATE large SET b=CONCAT(LEFT(b,LENGTH(b)-1),'x') WHERE id=3", "DELETE FROM large WHERE id=5")
	r := m.start("verify", "-o", "json").want(3)
	verifyBounded(t, "different rows of 30 MB", r)
	if out := r.stdout.String(); !strings.Contains(out, `"missing": 1`) || !strings.Contains(out, `"different": 1`) {
		t.Errorf("want one missing and one different row: %s", tail(out, 2000))
	}
	// All of a table is wrong: counted, and listed in part.
	sandboxtest.Exec(t, target, "UPDATE large SET b=CONCAT(b,'x')", "UPDATE many SET v=CONCAT(v,'x')")
	verifyBounded(t, "a whole table that differs", m.start("verify").want(3))
}

func verifyBounded(t *testing.T, what string, r *run) {
	t.Helper()
	peak := r.peak.Load() / 1024
	t.Logf("%s: %d MiB at most", what, peak)
	if peak >= mostVerifyMemory {
		t.Errorf("%s: tandem had %d MiB in memory, want less than %d", what, peak, mostVerifyMemory)
	}
}
