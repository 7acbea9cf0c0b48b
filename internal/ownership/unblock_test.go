package ownership_test

import (
	"database/sql"
	"slices"
	"strings"
	"testing"

	"tandem/internal/mysqldb"
	"tandem/internal/ownership"
	"tandem/internal/sandbox/sandboxtest"
)

// TestUnblock ends who holds the record that is to change and does nothing, and
// nobody else.
func TestUnblock(t *testing.T) {
	t.Parallel()
	db := sandboxtest.RootDB(t, sandboxtest.Pair(t, sandboxtest.WithSourceArgs("--performance-schema=ON")).Source, "")
	sandboxtest.Exec(t, db, ownership.Tables[:]...)
	sandboxtest.Exec(t, db, "INSERT INTO _tandem.ownership VALUES ('m','default','target',2),('m','bank-1','target',2),('other','default','source',1)")
	hold := func(lock string) uint64 {
		conn, err := db.Conn(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = mysqldb.Discard(conn) })
		var id uint64
		if _, err := conn.ExecContext(t.Context(), "BEGIN"); err != nil {
			t.Fatal(err)
		}
		var owner string
		if err := conn.QueryRowContext(t.Context(), "SELECT CONNECTION_ID(), owner FROM _tandem.ownership WHERE "+lock).Scan(&id, &owner); err != nil {
			t.Fatal(err)
		}
		return id
	}
	blocking := hold("migration='m' AND group_name='bank-1' FOR SHARE")
	others := []uint64{
		hold("migration='m' AND group_name='default' FOR SHARE"),
		hold("migration='other' AND group_name='default' FOR SHARE"),
		hold("migration='m' AND group_name='bank-1'"), // a snapshot holds no lock
	}
	ended, err := ownership.Unblock(t.Context(), db, "m", []string{"bank-1"})
	if err != nil || len(ended) != 1 || !strings.HasSuffix(ended[0], " of root@localhost") {
		t.Fatalf("ended %q: %v", ended, err)
	}
	left := sessions(t, db)
	if slices.Contains(left, blocking) {
		t.Errorf("session %d, which holds the record, is still among %d", blocking, left)
	}
	for _, id := range others {
		if !slices.Contains(left, id) {
			t.Errorf("session %d, which does not hold the record, is not among %d", id, left)
		}
	}
	if ended, err := ownership.Unblock(t.Context(), db, "m", nil); err != nil || len(ended) != 0 {
		t.Errorf("without groups it ended %q: %v", ended, err)
	}
	// Both may hold up a handover of both groups; the third takes no lock.
	if ended, err := ownership.Unblock(t.Context(), db, "m", []string{"default", "bank-1"}); err != nil || len(ended) != 1 {
		t.Errorf("of the group that is left it ended %q: %v", ended, err)
	}
}

func sessions(t *testing.T, db *sql.DB) (ids []uint64) {
	t.Helper()
	list, err := mysqldb.Processes(t.Context(), db, false)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range list {
		if p.Command != "Killed" {
			ids = append(ids, p.ID)
		}
	}
	return ids
}

func TestLatest(t *testing.T) {
	t.Parallel()
	type m = map[string]ownership.Record
	r := func(g string, o ownership.Side, e uint64) ownership.Record {
		return ownership.Record{Group: g, Owner: o, Epoch: e}
	}
	latest, disputed := ownership.Latest(
		m{"same": r("same", "source", 3), "ahead": r("ahead", "target", 4), "alone": r("alone", "target", 2)},
		nil,
		m{"same": r("same", "source", 3), "ahead": r("ahead", "source", 3), "here": r("here", "source", 1)})
	for group, want := range map[string]ownership.Record{
		"same": r("same", "source", 3), "ahead": r("ahead", "target", 4), "alone": r("alone", "target", 2), "here": r("here", "source", 1),
	} {
		if latest[group] != want || disputed[group] != (group == "ahead") {
			t.Errorf("%s: %+v, disputed %v", group, latest[group], disputed[group])
		}
	}
	if len(latest) != 4 {
		t.Errorf("%v", latest)
	}
}
