package replicate_test

import (
	"testing"

	"tandem/internal/sandbox/sandboxtest"
	"tandem/replicate"
	"tandem/replicate/applier"
)

// TestPosition is read on the oldest servers, too, which know no JSON: the reverse
// link's is on the source.
func TestPosition(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	db := sandboxtest.RootDB(t, sandboxtest.Pair56(t).Source, "")
	const uuid = "11111111-2222-3333-4444-555555555555"
	sandboxtest.Exec(t, db, "CREATE DATABASE _tandem")
	sandboxtest.Exec(t, db, applier.Tables[:]...)
	sandboxtest.Exec(t, db,
		"CREATE TABLE _tandem.link (link varchar(128) NOT NULL, state varchar(32) NOT NULL, detail longtext NOT NULL, PRIMARY KEY (link))",
		"INSERT INTO _tandem.checkpoint (link,lane,lanes,epoch,seq,base,position) VALUES ('m/reverse',0,1,7,0,'"+uuid+":1-5','"+uuid+":1-5')")
	for _, c := range []struct{ said, want string }{
		{"", uuid + ":1-5"},
		{`{"applied":{"gtid":"` + uuid + `:1-9"},"daemon":{"epoch":7}}`, uuid + ":1-9"},
		{`{"applied":{"gtid":"` + uuid + `:1-9"},"daemon":{"epoch":6}}`, uuid + ":1-5"}, // by one that has been replaced
	} {
		if c.said != "" {
			sandboxtest.Exec(t, db, "REPLACE INTO _tandem.link VALUES ('m/reverse','streaming','"+c.said+"')")
		}
		got, err := replicate.Position(ctx, db, "m/reverse")
		if err != nil || got.String() != c.want {
			t.Errorf("after %s: %s, %v; want %s", c.said, got, err, c.want)
		}
	}
}
