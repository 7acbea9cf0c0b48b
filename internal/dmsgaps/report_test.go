package dmsgaps

import (
	"database/sql"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tandem/internal/sandbox/courier"
	"tandem/internal/sandbox/sandboxtest"
	"tandem/internal/schema"
)

// explain returns the report as lines of rule and place, without the database.
func explain(t *testing.T, db *sql.DB, database string) (map[string][]string, Report) {
	t.Helper()
	r, err := Explain(t.Context(), db, func(n schema.Name) bool { return n.Schema == database && n.Table != "left_out" })
	if err != nil {
		t.Fatal(err)
	}
	found := map[string][]string{}
	for _, g := range r.Gaps {
		if g.DMS == "" || g.Tandem == "" || g.Source == "" || len(g.Places) == 0 {
			t.Errorf("not told well: %+v", g)
		}
		for _, p := range g.Places {
			found[g.ID] = append(found[g.ID], strings.ReplaceAll(strings.TrimPrefix(p.String(), database+"."), database+".", ""))
		}
		slices.Sort(found[g.ID])
	}
	return found, r
}

// TestEachRule has one place for each rule, and beside it what must not count.
func TestEachRule(t *testing.T) {
	t.Parallel()
	p := sandboxtest.Shared(t)
	db := p.SourceDB(t)
	sandboxtest.Exec(t, db,
		"SET SESSION sql_mode = ''",
		"CREATE TABLE plain (id INT NOT NULL PRIMARY KEY, n VARCHAR(20), d DATETIME(3)) ENGINE=InnoDB",
		"CREATE TABLE child (id INT PRIMARY KEY, a INT, b INT,"+
			" CONSTRAINT gone FOREIGN KEY (a) REFERENCES plain (id) ON DELETE CASCADE,"+
			" CONSTRAINT kept FOREIGN KEY (b) REFERENCES plain (id))",
		"CREATE TABLE keys_ (id BIGINT AUTO_INCREMENT PRIMARY KEY, name VARCHAR(50), body TEXT, UNIQUE KEY u (name), KEY p (name(10)), FULLTEXT KEY f (body), KEY e ((UPPER(name))))",
		"CREATE TABLE columns_ (id INT PRIMARY KEY, s INT DEFAULT 5, t VARCHAR(5) DEFAULT '', g INT AS (id + 1) STORED, h INT INVISIBLE, CONSTRAINT positive CHECK (s > 0))",
		"CREATE TABLE types_ (id INT PRIMARY KEY, ts TIMESTAMP NULL, dt DATETIME(6), z DATE NOT NULL DEFAULT '0000-00-00', e ENUM('a','b'), s SET('x','y'),"+
			" j JSON, g GEOMETRY, b BIT(9), ti TIME(2), y YEAR, f FLOAT, big MEDIUMTEXT, small TEXT)",
		"CREATE TABLE parts (id INT PRIMARY KEY) PARTITION BY HASH (id) PARTITIONS 2",
		"CREATE TABLE old (id INT PRIMARY KEY) ENGINE=MyISAM",
		"CREATE TABLE `o'neil` (id INT PRIMARY KEY, `a``b` INT)",
		"CREATE TABLE keyless (a INT)",
		"CREATE TABLE vectors (id INT PRIMARY KEY, v VECTOR(3))",
		"CREATE TABLE left_out (id INT AUTO_INCREMENT PRIMARY KEY)",
		"CREATE VIEW seen AS SELECT 1 AS one",
		"CREATE PROCEDURE work() SELECT 1",
		"CREATE TRIGGER fires BEFORE INSERT ON plain FOR EACH ROW SET @x = 1",
		"CREATE TRIGGER not_ours BEFORE INSERT ON left_out FOR EACH ROW SET @x = 1",
		"CREATE EVENT nightly ON SCHEDULE EVERY 1 DAY DISABLE DO SET @x = 1",
	)
	got, r := explain(t, db, p.Database)
	want := map[string][]string{
		"foreign-key":      {"child.gone (to plain)", "child.kept (to plain)"},
		"secondary-index":  {"child.gone", "child.kept", "keys_.e", "keys_.f (fulltext)", "keys_.p", "keys_.u (unique)"},
		"prefix-index":     {"keys_.p (name(10))"},
		"check-constraint": {"columns_.positive ((`s` > 0))"},
		"default":          {"columns_.s (DEFAULT 5)", "columns_.t (DEFAULT '')", "types_.z (DEFAULT 0000-00-00)"},
		"auto-increment":   {"keys_.id (bigint)"},
		"generated-column": {"columns_.g (int)"},
		"invisible-column": {"columns_.h (int)"},
		"partition":        {"parts (by HASH)"},
		"view":             {"seen"},
		"routine":          {"work (procedure)"},
		"trigger":          {"plain.fires (before insert)"},
		"event":            {"nightly"},
		"timestamp":        {"types_.ts (timestamp)"},
		"datetime":         {"types_.dt (datetime(6))"},
		"zero-date":        {"types_.z (DEFAULT 0000-00-00)"},
		"enum-set":         {"types_.e (enum('a','b'))", "types_.s (set('x','y'))"},
		"json":             {"types_.j (json)"},
		"geometry":         {"types_.g (geometry)"},
		"bit":              {"types_.b (bit(9))"},
		"time":             {"types_.ti (time(2))"},
		"year":             {"types_.y (year)"},
		"float":            {"types_.f (float)"},
		"lob":              {"types_.big (mediumtext)", "types_.j (json)"},
		"engine":           {"old (MyISAM)"},
		"name":             {"o'neil", "o'neil.a`b"},
		"type-not-listed":  {"vectors.v (vector(3))"},
		"no-key":           {"keyless"},
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	if r.Tables != 10 {
		t.Errorf("%d tables", r.Tables)
	}
	for i := 1; i < len(r.Gaps); i++ {
		if r.Gaps[i].Effect == Lost && r.Gaps[i-1].Effect != Lost {
			t.Error("what is lost does not come first")
		}
	}
}

// TestRulesAreTold looks at the rules that no small schema meets, too.
func TestRulesAreTold(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, r := range rules {
		if g := r.gap; seen[g.ID] || g.ID == "" || g.Effect == "" || g.DMS == "" || g.Tandem == "" || g.Source == "" {
			t.Errorf("%+v", g)
		}
		seen[r.gap.ID] = true
	}
	many := &world{compressed: true, tables: make([]*schema.Table, 10001)}
	for _, r := range rules {
		if r.gap.ID == "many-tables" || r.gap.ID == "binlog-compression" {
			if len(r.find(many)) != 1 || len(r.find(&world{})) != 0 {
				t.Errorf("%s", r.gap.ID)
			}
		}
	}
}

// TestNothing has nothing to say about a table that DMS would carry as it is.
func TestNothing(t *testing.T) {
	t.Parallel()
	p := sandboxtest.Shared(t)
	db := p.SourceDB(t)
	sandboxtest.Exec(t, db, "CREATE TABLE plain (id INT NOT NULL PRIMARY KEY, n VARCHAR(20), d DATETIME(3), m DECIMAL(9,2)) ENGINE=InnoDB")
	got, r := explain(t, db, p.Database)
	if len(got) != 0 || len(r.Always) < 5 {
		t.Errorf("found %v, and %d of every migration", got, len(r.Always))
	}
}

// TestCourier reads the courier database on the newest and the oldest version.
func TestCourier(t *testing.T) {
	t.Parallel()
	for name, pair := range map[string]func(testing.TB) *sandboxtest.SharedPair{"9.7": sandboxtest.Shared, "5.6": sandboxtest.Shared56} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := pair(t)
			db := p.SourceDB(t)
			if err := courier.Create(t.Context(), db, courier.SchemaOptions{}); err != nil {
				t.Fatal(err)
			}
			got, _ := explain(t, db, p.Database)
			for rule, place := range map[string]string{
				"foreign-key": "leg_scans.scan_leg ", "auto-increment": "customers.id ", "prefix-index": "customers.by_address ",
				"timestamp": "customers.updated_at ", "enum-set": "drivers.vehicle ", "bit": "drivers.abilities ",
				"lob": "drivers.photo ", "geometry": "depots.location ", "datetime": "shipments.created_at ",
			} {
				if !slices.ContainsFunc(got[rule], func(s string) bool { return strings.HasPrefix(s, place) }) {
					t.Errorf("%s: %q is not among %q", rule, place, got[rule])
				}
			}
			// MySQL 9.6 and later write into the binlog what foreign keys change.
			if cascade := slices.ContainsFunc(got["cascade"], func(s string) bool {
				return s == "leg_scans.scan_leg (to legs, ON DELETE CASCADE, ON UPDATE NO ACTION)" || s == "leg_scans.scan_leg (to legs, ON DELETE CASCADE, ON UPDATE RESTRICT)"
			}); cascade != (name == "5.6") {
				t.Errorf("cascades: %q", got["cascade"])
			}
			if generated := len(got["generated-column"]) > 0; generated != (name == "9.7") {
				t.Errorf("generated columns: %q", got["generated-column"])
			}
		})
	}
}
