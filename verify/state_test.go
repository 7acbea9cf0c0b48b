package verify_test

import (
	"testing"

	"tandem/internal/sandbox/sandboxtest"
	"tandem/internal/schema"
	"tandem/verify"
)

// TestStateIsBroughtUp goes on with what was kept before there were handovers.
func TestStateIsBroughtUp(t *testing.T) {
	t.Parallel()
	servers := sandboxtest.Pair(t) // _tandem is changed
	source, target := sandboxtest.RootDB(t, servers.Source, ""), sandboxtest.RootDB(t, servers.Target, "")
	for _, q := range []string{"CREATE DATABASE d", "CREATE TABLE d.a (id INT PRIMARY KEY)", "INSERT INTO d.a VALUES (1)"} {
		sandboxtest.Exec(t, source, q)
		sandboxtest.Exec(t, target, q)
	}
	cfg := verify.Config{Migration: "m", Source: endpoint("source", servers.Source), Target: endpoint("target", servers.Target), Tables: func(n schema.Name) bool { return n.Schema == "d" }}
	if r, err := verify.Run(t.Context(), cfg); err != nil || r.Outcome != verify.Equal {
		t.Fatal(r, err)
	}
	sandboxtest.Exec(t, target, "ALTER TABLE _tandem.verified DROP COLUMN target_position, DROP COLUMN epoch", "ALTER TABLE _tandem.verify_run DROP COLUMN target_position")
	if v, err := verify.ReadVerified(t.Context(), target, "m"); err != nil || len(v) != 0 {
		t.Errorf("%+v %v", v, err)
	}
	logs := verify.Logs{Source: &script{}, Target: &script{}}
	if r, err := verify.TouchedSince(t.Context(), cfg, logs); err != nil || r.Outcome != verify.Equal {
		t.Errorf("%+v %v", r, err)
	}
	v, err := verify.ReadVerified(t.Context(), target, "m")
	if err != nil || len(v) != 1 || !v[0].Known || v[0].Epoch != 1 {
		t.Errorf("%+v %v", v, err)
	}
}
