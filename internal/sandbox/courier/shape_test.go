package courier

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tandem/internal/sandbox/sandboxtest"
)

// The tables of an old server go on living on a new one after a move; the load
// and the checks must take them as they are.
func TestOldTablesOnNewServer(t *testing.T) {
	t.Parallel()
	db := sandboxtest.Shared(t).SourceDB(t)
	old, err := dialectFor("5.6.24-log")
	if err != nil {
		t.Fatal(err)
	}
	tables, err := statements(old, SchemaOptions{WithoutLedger: true})
	if err != nil {
		t.Fatal(err)
	}
	sandboxtest.Exec(t, db, tables...)
	s := &seeding{
		facts: facts{seed: 1, counts: Size(100).counts()}, dialect: old, started: time.Now(),
		opts: SeedOptions{Workers: 2, WithoutLedger: true}, stats: SeedStats{Tables: map[string]int64{}},
	}
	if err := s.run(t.Context(), db); err != nil {
		t.Fatal(err)
	}
	have, err := shapeOf(t.Context(), db)
	if diff := cmp.Diff(shape{}, have, cmp.AllowUnexported(shape{})); diff != "" || err != nil {
		t.Errorf("%v, shape (-want +got):\n%s", err, diff)
	}
	stats, err := Load(t.Context(), db, LoadOptions{Transactions: 250, Workers: 2})
	if err != nil {
		t.Fatal(err)
	}
	if stats.Operations["json"] == 0 {
		t.Errorf("no document was changed: %+v", stats)
	}
	if err := Check(t.Context(), db); err != nil {
		t.Error(err)
	}
}
