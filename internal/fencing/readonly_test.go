package fencing_test

import (
	"strings"
	"testing"

	"tandem/internal/mysqldb"
	"tandem/internal/sandbox"
	"tandem/internal/sandbox/sandboxtest"
)

func TestReadOnly(t *testing.T) {
	t.Parallel()
	for name, start := range map[string]func(testing.TB, ...sandboxtest.Option) *sandbox.Pair{
		"current": sandboxtest.Pair, "5.6": sandboxtest.Pair56,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			pair := start(t)
			b := on(t, pair.Source, "t1_shop")
			b.exec(b.fill("GRANT SELECT, INSERT, UPDATE, DELETE ON {db}.* TO {app}"))
			if name == "current" {
				b.exec("GRANT SYSTEM_VARIABLES_ADMIN ON *.* TO " + sandbox.UserTandem + "@'%'")
			}
			inFlight := b.appSession()
			r := b.request()
			r.ReadOnly = true
			b.raise(r)
			// The transaction is there, but not its commit.
			if err := inFlight.Commit(); !mysqldb.IsReadOnly(err) {
				t.Errorf("a transaction in flight: %v, want it refused", err)
			}
			if proof, err := b.prove(); err != nil || proof.Tries < 6 || !strings.Contains(proof.Says, "read-only") {
				t.Errorf("proof %+v, %v", proof, err)
			}
			// tandem itself is not bound: it has a handover to write.
			sandboxtest.Exec(t, b.db, "INSERT INTO "+b.schema+".a VALUES (9, 9)")
			b.lift()
			b.mustWrite()

			// What was so before stays so.
			b.exec("SET GLOBAL read_only = ON")
			b.raise(r)
			b.lift()
			if got := b.column("SELECT @@GLOBAL.read_only"); got[0] != "1" {
				t.Errorf("read_only is %v, and was on before the fence", got)
			}
		})
	}
}
