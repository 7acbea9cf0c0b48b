package catalog

import (
	"database/sql"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tandem/internal/sandbox/sandboxtest"
	"tandem/internal/schema"
)

// TestCreateKeepsDefaults: where a server describes a table it writes ? for
// bytes and characters that are not in utf8mb3, and ends bytes at a zero.
func TestCreateKeepsDefaults(t *testing.T) {
	t.Parallel()
	for name, pair := range map[string]func(testing.TB) *sandboxtest.SharedPair{
		"9.7": sandboxtest.Shared, "5.6": sandboxtest.Shared56,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := pair(t)
			columns := "id int PRIMARY KEY, raw varbinary(9) DEFAULT X'FF00', zero varbinary(9) NOT NULL DEFAULT X'00FF00', " +
				"fix binary(4) DEFAULT X'00FF', fixed binary(4) NOT NULL DEFAULT 'ab', `the emoji, (` varchar(9) CHARACTER SET utf8mb4 NOT NULL DEFAULT '🚲?''', " +
				"e enum('?','🚚') CHARACTER SET utf8mb4 NOT NULL DEFAULT '🚚' COMMENT 'DEFAULT ''x''', wide char(3) CHARACTER SET utf16 DEFAULT '🚲', " +
				"plain varchar(9) CHARACTER SET utf8 DEFAULT 'why?', nothing varbinary(9) DEFAULT NULL, none varbinary(9) NOT NULL DEFAULT '', n int DEFAULT 7"
			onSource(t, p, "CREATE TABLE bare ("+columns+") ENGINE=InnoDB", "CREATE TABLE filled ("+columns+") ENGINE=InnoDB",
				"INSERT INTO filled (id) VALUES (0)")
			source, target := dbs(t, p)
			r := mustCreate(t, source, target, mustLoad(t, source, p.Database))
			if len(r.Changes) > 0 {
				t.Error(r.Changes)
			}
			for _, table := range []string{"bare", "filled"} {
				full := schema.Name{Schema: p.Database, Table: table}.Quoted()
				sandboxtest.Exec(t, p.SourceDB(t), "INSERT INTO "+full+" (id) VALUES (1)")
				sandboxtest.Exec(t, p.TargetDB(t), "INSERT INTO "+full+" (id) VALUES (1)")
				want := hexRow(t, source, full)
				if want[0] != "FF00" || want[1] != "00FF00" || want[2] != "00FF0000" {
					t.Fatalf("the source stores %q", want)
				}
				if d := cmp.Diff(want, hexRow(t, target, full)); d != "" {
					t.Errorf("%s: defaults -source +target\n%s", table, d)
				}
			}
		})
	}
}

// hexRow is the row 1 of TestCreateKeepsDefaults.
func hexRow(t *testing.T, db *sql.DB, table string) []string {
	t.Helper()
	columns := []string{"raw", "zero", "fix", "fixed", "`the emoji, (`", "e", "wide", "plain", "nothing", "none", "n"}
	values := make([]sql.NullString, len(columns))
	to := make([]any, len(columns))
	for i := range columns {
		to[i] = &values[i]
	}
	err := db.QueryRowContext(t.Context(), "SELECT HEX("+strings.Join(columns, "), HEX(")+") FROM "+table+" WHERE id=1").Scan(to...)
	if err != nil {
		t.Fatal(err)
	}
	texts := make([]string, len(values))
	for i, v := range values {
		texts[i] = v.String
		if !v.Valid {
			texts[i] = "NULL"
		}
	}
	return texts
}

// TestDefaultsThatCanNotBeSeen: without the right to make a temporary table the
// table is made as the source prints it, and that is said where it may be wrong.
func TestDefaultsThatCanNotBeSeen(t *testing.T) {
	t.Parallel()
	p := sandboxtest.Shared56(t)
	onSource(t, p, "CREATE TABLE d (id int PRIMARY KEY, seen varbinary(9) DEFAULT X'FF00', raw varbinary(9) NOT NULL DEFAULT 'a', "+
		"far varchar(9) CHARACTER SET utf8mb4 NOT NULL DEFAULT '🚲')")
	source, target := dbs(t, p)
	tables := mustLoad(t, source, p.Database)
	root := p.SourceDB(t)
	sandboxtest.Exec(t, root, "GRANT SELECT ON "+p.Database+".* TO reader@'127.0.0.1' IDENTIFIED BY 'reads'")
	reader := openReader(t, p.Source.Addr())
	c := creator{maker: &maker{source: reader, target: target, all: tables}, table: tables[0]}
	var err error
	if c.version, err = versionOf(t.Context(), c.target); err != nil {
		t.Fatal(err)
	}
	statement, a, err := c.adapted(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(statement, "DEFAULT X'FF00'") || len(a.adapted) != 1 || !strings.Contains(a.adapted[0], "the default of far is '?'") {
		t.Errorf("%s\nwith %q", statement, a.adapted)
	}
}

func openReader(t *testing.T, addr string) *sql.DB {
	t.Helper()
	db, err := sql.Open("mysql", "reader:reads@tcp("+addr+")/")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	if err := db.PingContext(t.Context()); err != nil {
		t.Fatal(err)
	}
	return db
}
