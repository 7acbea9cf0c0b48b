package firing_test

import (
	"database/sql"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tandem/internal/firing"
	"tandem/internal/ownership"
	"tandem/internal/sandbox/sandboxtest"
	"tandem/internal/schema"
)

// Views and routines that are missing are created, in an order that works; what
// is there stays as it is.
func TestCarryCode(t *testing.T) {
	bothVersions(t, func(t *testing.T, p *sandboxtest.SharedPair) {
		r := newRig(t, p, t1)
		app := sandboxtest.DB(t, r.sourceServer, "tandem", r.database)
		sandboxtest.Exec(t, app,
			"CREATE VIEW z AS SELECT id, a FROM `t 1`", "CREATE FUNCTION f(x int) RETURNS int DETERMINISTIC RETURN (SELECT COUNT(*) FROM z) + x",
			"CREATE VIEW a AS SELECT f(id) AS b FROM z", "CREATE PROCEDURE p() SELECT * FROM a",
			"CREATE PROCEDURE mine() SELECT 'of the source'", "CREATE VIEW bad AS SELECT * FROM `t 1`")
		sandboxtest.Exec(t, r.source, "CREATE TABLE gone (id int)", "CREATE OR REPLACE VIEW bad AS SELECT * FROM gone", "DROP TABLE gone")
		sandboxtest.Exec(t, r.target, "CREATE PROCEDURE mine() SELECT 'of the target'")
		c := r.carry(t, ownership.Source)
		slices.Sort(c.Created)
		var created []string
		for _, o := range c.Created {
			created = append(created, strings.ReplaceAll(o, r.database+".", ""))
		}
		if d := cmp.Diff([]string{"function f", "procedure p", "view a", "view z"}, created); d != "" {
			t.Error(d)
		}
		if len(c.Missing) != 1 || !strings.HasSuffix(c.Missing[0].Object, ".bad") {
			t.Errorf("missing: %+v", c.Missing)
		}
		if again := r.carry(t, ownership.Source); len(again.Created) != 0 {
			t.Errorf("carried twice: %+v", again)
		}
		sandboxtest.Exec(t, r.target, "INSERT INTO `t 1` (a) VALUES ('x')")
		var n int
		if err := r.target.QueryRow("SELECT b FROM a").Scan(&n); err != nil || n != 2 {
			t.Errorf("the view gives %d, %v", n, err)
		}
		var whose string
		if err := r.target.QueryRow("CALL mine()").Scan(&whose); err != nil || whose != "of the target" {
			t.Errorf("replaced: %s, %v", whose, err)
		}
	})
}

func TestCounters(t *testing.T) {
	bothVersions(t, func(t *testing.T, p *sandboxtest.SharedPair) {
		r := newRig(t, p, t1, log, "CREATE TABLE plain (id int PRIMARY KEY)", "CREATE TABLE big (id bigint unsigned AUTO_INCREMENT PRIMARY KEY)")
		// Given out and taken back: nothing of it comes over as a row.
		sandboxtest.Exec(t, r.source, "INSERT INTO `t 1` (a) VALUES ('x'), ('y')", "INSERT INTO big VALUES (9000000000000000000)")
		tx, err := r.source.Begin()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := tx.Exec("INSERT INTO `t 1` (a) VALUES ('z')"); err != nil {
			t.Fatal(err)
		}
		if err := tx.Rollback(); err != nil {
			t.Fatal(err)
		}
		sandboxtest.Exec(t, r.target, "INSERT INTO log (id) VALUES (50)",
			"CREATE TABLE IF NOT EXISTS _tandem.statement (link varchar(64), gtid varchar(128), statement longtext, fingerprints longtext, PRIMARY KEY (link, gtid))")
		link := "l_" + r.database
		raised, err := firing.Counters(t.Context(), r.sourceTandem, r.targetTandem, link, r.scope.Tables, 0)
		if err != nil {
			t.Fatal(err)
		}
		table := func(n string) schema.Name { return schema.Name{Schema: r.database, Table: n} }
		want := []firing.Raised{{Table: table("t 1"), From: 1, To: 4}, {Table: table("big"), From: 1, To: 9000000000000000001}}
		if d := cmp.Diff(want, raised); d != "" {
			t.Error(d)
		}
		var announced string
		if err := r.target.QueryRow("SELECT statement FROM _tandem.statement WHERE link=? AND statement LIKE '%t 1%'", link).Scan(&announced); err != nil ||
			announced != "ALTER TABLE `"+r.database+"`.`t 1` AUTO_INCREMENT=4" {
			t.Errorf("announced %q, %v", announced, err)
		}
		if next := insert(t, r.target); next != 4 {
			t.Errorf("the next value is %d", next)
		}
		if again, err := firing.Counters(t.Context(), r.sourceTandem, r.targetTandem, link, r.scope.Tables, 0); err != nil || len(again) != 0 {
			t.Errorf("raised twice: %+v, %v", again, err)
		}
		// And the way back: never lower.
		back, err := firing.Counters(t.Context(), r.targetTandem, r.sourceTandem, link, r.scope.Tables, 0)
		if err != nil || len(back) != 2 || back[1].Table != table("log") || back[1].To != 51 {
			t.Errorf("back: %+v, %v", back, err)
		}
		if next := insert(t, r.source); next != 5 {
			t.Errorf("the next value on the way back is %d", next)
		}
		// Ahead, where there is room.
		sandboxtest.Exec(t, r.source, "CREATE TABLE tiny (id tinyint AUTO_INCREMENT PRIMARY KEY)", "INSERT INTO tiny VALUES (90)")
		sandboxtest.Exec(t, r.target, "CREATE TABLE tiny (id tinyint AUTO_INCREMENT PRIMARY KEY)")
		ahead, err := firing.Counters(t.Context(), r.sourceTandem, r.targetTandem, link, append(slices.Clone(r.scope.Tables), table("tiny")), 1000)
		want = []firing.Raised{{Table: table("t 1"), From: 5, To: 1006}, {Table: table("tiny"), From: 1, To: 91}}
		if d := cmp.Diff(want, ahead); err != nil || d != "" {
			t.Errorf("ahead: %v %s", err, d)
		}
	})
}

func insert(t *testing.T, db *sql.DB) int64 {
	t.Helper()
	r, err := db.Exec("INSERT INTO `t 1` (a) VALUES ('n')")
	if err != nil {
		t.Fatal(err)
	}
	id, err := r.LastInsertId()
	if err != nil {
		t.Fatal(err)
	}
	return id
}

// The events of a database move with the last group in it.
func TestEventDatabases(t *testing.T) {
	t.Parallel()
	n := func(s string) schema.Name { return schema.Name{Schema: s, Table: "t"} }
	tables := map[string][]schema.Name{"one": {n("a"), n("b")}, "two": {n("b"), n("c")}, "three": {n("d")}}
	for _, c := range []struct {
		moving, stay string
		want         []string
	}{
		{"one", "two three", []string{"a"}},
		{"one", "three", []string{"a", "b"}},
		{"one two", "one two three", []string{"a", "b", "c"}},
		{"three", "one", []string{"d"}},
		{"two", "one", []string{"c"}},
	} {
		got := firing.EventDatabases(tables, strings.Fields(c.moving), func(g string) bool { return slices.Contains(strings.Fields(c.stay), g) })
		if d := cmp.Diff(c.want, got); d != "" {
			t.Errorf("%s moves, %s stays: %s", c.moving, c.stay, d)
		}
	}
}

// Two groups of one database move together. Each opens by itself, and neither
// knows of the other's record yet; the events move all the same. They do not with
// one group alone, also if both were about to move before.
func TestEventsMoveWithAllGroups(t *testing.T) {
	t.Parallel()
	p := sandboxtest.Shared(t)
	r := newRig(t, p, t1, log)
	rich(t, r, r.sourceTandem)
	one, both := r.scope, r.scope
	one.Tables, one.Events = r.scope.Tables[:1], nil
	carry := func(s firing.Scope) {
		if _, err := firing.Carry(t.Context(), r.sourceTandem, r.targetTandem, s); err != nil {
			t.Fatal(err)
		}
	}
	open := func() firing.Result {
		o, err := firing.Open(t.Context(), r.targetTandem, one)
		if err != nil {
			t.Fatal(err)
		}
		return o
	}
	carry(both)
	carry(one)
	if o := open(); len(o.Events) != 0 || len(o.Triggers) == 0 {
		t.Errorf("one group: %+v", o)
	}
	carry(both)
	if o := open(); len(o.Events) != 2 {
		t.Errorf("both groups: %+v", o)
	}
	if got := events(t, r.target, r.database); got != "e 1 ENABLED, e2 DISABLED" {
		t.Errorf("events: %s", got)
	}
}
