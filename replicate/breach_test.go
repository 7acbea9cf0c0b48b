package replicate_test

import (
	"testing"

	"tandem/internal/sandbox/sandboxtest"
	"tandem/replicate"
	"tandem/replicate/applier"
)

// TestBreachesAreSettled takes some off the list: they are kept with the reason,
// and those of other migrations stay.
func TestBreachesAreSettled(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	db := sandboxtest.RootDB(t, sandboxtest.Pair(t).Target, "")
	if list, err := replicate.Breaches(ctx, db, "a_b", 10); err != nil || len(list) != 0 {
		t.Fatalf("where nothing has run: %v %v", list, err)
	}
	sandboxtest.Exec(t, db, "CREATE DATABASE _tandem")
	sandboxtest.Exec(t, db, applier.Tables[:]...)
	sandboxtest.Exec(t, db, `INSERT INTO _tandem.breach (id,link,gtid,table_name,operation,before_image,after_image,statement) VALUES
 (1,'a_b/forward','u:1','s.t','update','{"id":"1","v":null}','{"id":"2","v":"x"}',NULL),
 (2,'a_b/reverse','u:2','s.t','statement',NULL,NULL,'TRUNCATE t'),
 (3,'axb/forward','u:3','s.t','insert',NULL,'{"id":"7"}',NULL),
 (4,'a_b/forward','u:4','s.t','delete','{"id":"3"}',NULL,NULL)`)
	list, err := replicate.Breaches(ctx, db, "a_b", 2)
	if err != nil || len(list) != 2 {
		t.Fatalf("%+v %v", list, err)
	}
	if b := list[0]; b.Link != replicate.Forward || *b.Before["id"] != "1" || b.Before["v"] != nil || *b.After["v"] != "x" || b.Seen.IsZero() {
		t.Errorf("%+v", b)
	}
	if b := list[1]; b.Link != replicate.Reverse || b.Before != nil || b.Statement != "TRUNCATE t" {
		t.Errorf("%+v", b)
	}
	// The third is another migration's, and the ninth was never there.
	n, err := replicate.SettleBreaches(ctx, db, "a_b", []uint64{1, 2, 3, 9}, "ada@here", "it's settled")
	if err != nil || n != 2 {
		t.Fatalf("settled %d: %v", n, err)
	}
	if ids, err := replicate.OpenBreaches(ctx, db, "a_b"); err != nil || len(ids) != 1 || ids[0] != 4 {
		t.Errorf("open are %d: %v", ids, err)
	}
	if ids, err := replicate.OpenBreaches(ctx, db, "axb"); err != nil || len(ids) != 1 || ids[0] != 3 {
		t.Errorf("open of another migration are %d: %v", ids, err)
	}
	var kept int
	if err := db.QueryRow(`SELECT COUNT(*) FROM _tandem.breach_settled WHERE settled_by = 'ada@here' AND because = 'it''s settled' AND (id = 1 AND after_image LIKE '%x%' AND gtid = 'u:1' OR id = 2 AND statement = 'TRUNCATE t')`).Scan(&kept); err != nil || kept != 2 {
		t.Errorf("%d are kept: %v", kept, err)
	}
}
