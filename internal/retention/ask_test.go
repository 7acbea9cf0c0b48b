package retention

import (
	"database/sql"
	"testing"
	"time"

	"tandem/internal/sandbox/sandboxtest"
)

// kept is how long the server of these tests keeps binlogs.
const kept = 5 * time.Second

// A position that stays behind counts down, and is over long before the server
// purges what it needs; one at the end does not.
func TestCountsDown(t *testing.T) {
	t.Parallel()
	pair := sandboxtest.Pair(t)
	db := sandboxtest.RootDB(t, pair.Source, "")
	sandboxtest.Exec(t, db, "SET GLOBAL binlog_expire_logs_seconds = 5", "CREATE DATABASE shop", "CREATE TABLE shop.a (id INT PRIMARY KEY)", "INSERT INTO shop.a VALUES (1)")
	at := Position{Executed: executed(t, db), Committed: time.Now()}
	ask := func() Left {
		t.Helper()
		got, err := Ask(t.Context(), db, at, 0, time.Now())
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	if got := ask(); got.For != kept || got.Forever || got.Lazy {
		t.Fatalf("at the end: %+v", got)
	}
	sandboxtest.Exec(t, db, "INSERT INTO shop.a VALUES (2)", "FLUSH BINARY LOGS")
	rotated := time.Now()
	last := kept + 1
	fired := time.Time{}
	for {
		got := ask()
		if got.Purged {
			break
		}
		if got.For > last {
			t.Errorf("it goes up: %s after %s", got.For, last)
		}
		last = got.For
		if fired.IsZero() && !got.Above(4*time.Second) {
			fired = time.Now()
		}
		if time.Since(rotated) > 30*time.Second {
			t.Fatal("nothing was purged")
		}
		time.Sleep(200 * time.Millisecond)
		sandboxtest.Exec(t, db, "FLUSH BINARY LOGS") // servers purge when a file is begun
	}
	if fired.IsZero() || time.Since(fired) < kept/2 {
		t.Errorf("it fired %s before the binlogs were purged, want long before", time.Since(fired))
	}
	if got := ask(); got.Above(time.Nanosecond) || got.For != 0 {
		t.Errorf("purged: %+v", got)
	}
	if now := (Position{Executed: executed(t, db)}); now.Executed != at.Executed {
		got, err := Ask(t.Context(), db, now, 0, time.Now())
		if err != nil || got.For != kept {
			t.Errorf("at the end: %+v, %v", got, err)
		}
	}
}

func executed(t *testing.T, db *sql.DB) (set string) {
	t.Helper()
	if err := db.QueryRow("SELECT @@GLOBAL.gtid_executed").Scan(&set); err != nil {
		t.Fatal(err)
	}
	return set
}

// RDS and Aurora are asked by their procedure.
func TestManaged(t *testing.T) {
	t.Parallel()
	db := sandboxtest.RootDB(t, sandboxtest.Pair(t).Source, "")
	define := func(value string) {
		t.Helper()
		sandboxtest.Exec(t, db, "DROP PROCEDURE IF EXISTS mysql.rds_show_configuration",
			"CREATE PROCEDURE mysql.rds_show_configuration() SELECT 'source delay' AS name, '0' AS value, '' AS description UNION ALL SELECT 'binlog retention hours', "+value+", 'hours'")
	}
	for value, want := range map[string]Policy{
		"'144'": {Keeps: 144 * time.Hour, From: "binlog retention hours"},
		"NULL":  {Lazy: true, From: "binlog retention hours is not set"},
		"'0'":   {Lazy: true, From: "binlog retention hours is not set"},
	} {
		define(value)
		got, err := managed(t.Context(), db)
		want.Raise = got.Raise
		if err != nil || got != want {
			t.Errorf("%s: %+v, %v", value, got, err)
		}
	}
	define("'soon'")
	if _, err := managed(t.Context(), db); err == nil {
		t.Error("no error for what is no number")
	}
}
