package sandbox_test

import (
	"context"
	"testing"

	"tandem/internal/sandbox"
	"tandem/internal/sandbox/sandboxtest"
)

func TestPairIsUp(t *testing.T) {
	t.Parallel()
	for name, start := range map[string]func(testing.TB, ...sandboxtest.Option) *sandbox.Pair{
		"current": sandboxtest.Pair, "from 5.6": sandboxtest.Pair56,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			pair := start(t)
			var identities []string
			for _, server := range pair.Servers() {
				db := sandboxtest.DB(t, server, sandbox.UserTandem, "")
				var gtid, format, image, zone, executed, uuid string
				var logBin, packet int
				err := db.QueryRowContext(t.Context(), `SELECT @@gtid_mode, @@binlog_format, @@binlog_row_image, @@time_zone,
					@@gtid_executed, @@server_uuid, @@log_bin, @@max_allowed_packet`).
					Scan(&gtid, &format, &image, &zone, &executed, &uuid, &logBin, &packet)
				if err != nil {
					t.Fatalf("%s: %v", server.Name(), err)
				}
				identities = append(identities, uuid)
				if gtid != "ON" || format != "ROW" || image != "FULL" || zone != "+00:00" || logBin != 1 || packet != 64<<20 {
					t.Errorf("%s: gtid_mode %s, binlog_format %s, binlog_row_image %s, time_zone %s, log_bin %d, max_allowed_packet %d",
						server.Name(), gtid, format, image, zone, logBin, packet)
				}
				if executed != "" {
					t.Errorf("%s: a fresh server has executed %s", server.Name(), executed)
				}
			}
			if identities[0] == identities[1] {
				t.Errorf("both servers are %s", identities[0])
			}
		})
	}
}

func TestStopRestartKill(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	server, err := sandbox.Start(ctx, sandbox.Options{Install: sandboxtest.Install(t, sandbox.Any)})
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close(ctx)
	port := server.Port
	db, err := server.RootDB()
	if err != nil {
		t.Fatal(err)
	}
	sandboxtest.Exec(t, db, "CREATE DATABASE d", "CREATE TABLE d.t (id INT PRIMARY KEY)", "INSERT INTO d.t VALUES (1)")
	for name, end := range map[string]func() error{"stop": func() error { return server.Stop(ctx) }, "kill": server.Kill} {
		if err := end(); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if server.Running() || server.PID() != 0 {
			t.Fatalf("%s: still running", name)
		}
		if err := server.Restart(ctx); err != nil {
			t.Fatalf("restart after %s: %v", name, err)
		}
		if server.Port != port {
			t.Fatalf("port %d became %d", port, server.Port)
		}
		if db, err = server.RootDB(); err != nil {
			t.Fatal(err)
		}
		var rows int
		if err := db.QueryRowContext(ctx, "SELECT COUNT(*) FROM d.t").Scan(&rows); err != nil || rows != 1 {
			t.Fatalf("after %s: %d rows, %v", name, rows, err)
		}
	}
}
