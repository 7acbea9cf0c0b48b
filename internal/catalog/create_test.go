package catalog

import (
	"context"
	"database/sql"
	"errors"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tandem/internal/mysqldb"
	"tandem/internal/sandbox"
	"tandem/internal/sandbox/sandboxtest"
	"tandem/internal/schema"
)

// dbs opens pools as tandem itself does, with a cloud user's privileges.
func dbs(t *testing.T, p *sandboxtest.SharedPair) (source, target *sql.DB) {
	t.Helper()
	return openAs(t, p.Source, "source"), openAs(t, p.Target, "target")
}

func openAs(t *testing.T, s *sandbox.Server, side string) *sql.DB {
	t.Helper()
	db, err := mysqldb.Open(t.Context(), mysqldb.Endpoint{
		Name: side + " " + s.Addr(), Network: "tcp", Addr: s.Addr(), User: sandbox.UserTandem,
		Password: func(context.Context) (string, error) { return s.Password(), nil },
	}, mysqldb.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db
}

// inSchema picks the tables of one database.
func inSchema(database string) func(schema.Name) bool {
	return func(n schema.Name) bool { return n.Schema == database }
}

// permissive makes a session that can create every odd table.
const permissive = "SET SESSION sql_mode='" + mysqldb.PermissiveMode + "'"

// onSource runs statements in the test's database on the source.
func onSource(t *testing.T, p *sandboxtest.SharedPair, statements ...string) {
	t.Helper()
	db := p.SourceDB(t)
	db.SetMaxOpenConns(1)
	sandboxtest.Exec(t, db, "SET NAMES utf8mb4", permissive, "SET foreign_key_checks=0")
	sandboxtest.Exec(t, db, statements...)
}

func mustLoad(t *testing.T, db *sql.DB, database string) []*schema.Table {
	t.Helper()
	tables, err := Load(t.Context(), db, inSchema(database))
	if err != nil {
		t.Fatal(err)
	}
	return tables
}

func mustCreate(t *testing.T, source, target *sql.DB, tables []*schema.Table) Report {
	t.Helper()
	r, err := Create(t.Context(), source, target, tables)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestCreateOddTables(t *testing.T) {
	for _, c := range []struct {
		name   string
		pair   func(testing.TB) *sandboxtest.SharedPair
		modern bool
	}{
		{"9.7 to 9.7", sandboxtest.Shared, true},
		{"5.6 to 9.7", sandboxtest.Shared56, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			p := c.pair(t)
			var statements []string
			for _, o := range oddTables {
				if c.modern || !o.modern {
					statements = append(statements, "CREATE TABLE "+schema.Quote(o.name)+" "+o.sql)
				}
			}
			onSource(t, p, statements...)
			source, target := dbs(t, p)
			tables := mustLoad(t, source, p.Database)
			if len(tables) != len(statements) {
				t.Fatalf("loaded %d tables of %d", len(tables), len(statements))
			}
			r := mustCreate(t, source, target, tables)
			if len(r.Created) != len(tables) || len(r.Present) != 0 || !slices.Equal(r.Databases, []string{p.Database}) {
				t.Errorf("report: %+v", r)
			}
			if len(r.Notes) > 0 {
				t.Errorf("notes: %v", r.Notes)
			}
			if d := cmp.Diff(plainTables(tables), plainTables(mustLoad(t, target, p.Database))); d != "" {
				t.Errorf("loaded definitions (-source +target):\n%s", d)
			}
			if d := cmp.Diff(catalogText(t, source, p.Database), catalogText(t, target, p.Database)); d != "" {
				t.Errorf("information_schema (-source +target):\n%s", d)
			}
			if c.modern {
				if d := cmp.Diff(statementsOf(t, source, tables), statementsOf(t, target, tables)); d != "" {
					t.Errorf("SHOW CREATE TABLE (-source +target):\n%s", d)
				}
			}
			again := mustCreate(t, source, target, tables)
			if len(again.Created) != 0 || len(again.Present) != len(tables) {
				t.Errorf("second time: %+v", again)
			}
		})
	}
}

// displayWidth is what of a type's text depends on the version.
var displayWidth = regexp.MustCompile(`^(tinyint|smallint|mediumint|int|bigint|year)\(\d+\)`)

func plainType(s string) string {
	s = displayWidth.ReplaceAllString(s, "$1")
	return strings.Replace(s, "geometrycollection", "geomcollection", 1)
}

// plainTables takes out of definitions what versions say differently.
func plainTables(tables []*schema.Table) []schema.Table {
	var out []schema.Table
	for _, t := range tables {
		p := *t
		p.Columns = slices.Clone(t.Columns)
		for i := range p.Columns {
			p.Columns[i].Type = plainType(p.Columns[i].Type)
		}
		p.ForeignKeys = slices.Clone(t.ForeignKeys)
		for i := range p.ForeignKeys {
			p.ForeignKeys[i].OnDelete = action(p.ForeignKeys[i].OnDelete)
			p.ForeignKeys[i].OnUpdate = action(p.ForeignKeys[i].OnUpdate)
		}
		out = append(out, p)
	}
	return out
}

// catalogText is what a definition holds besides rows: defaults, comments,
// counters, partitions, row formats.
func catalogText(t *testing.T, db *sql.DB, database string) []string {
	t.Helper()
	queries := []string{
		`SELECT CONCAT_WS('|', TABLE_NAME, COLUMN_NAME, COLUMN_TYPE,
			COALESCE(REPLACE(LOWER(COLUMN_DEFAULT), 'current_timestamp()', 'current_timestamp'), '-'),
			REPLACE(REPLACE(REPLACE(LOWER(EXTRA), 'default_generated on', 'on'), 'default_generated', ''), '()', ''), COLUMN_COMMENT)
			FROM information_schema.COLUMNS WHERE TABLE_SCHEMA=? ORDER BY BINARY TABLE_NAME, ORDINAL_POSITION`,
		`SELECT CONCAT_WS('|', TABLE_NAME, ENGINE, TABLE_COMMENT, COALESCE(AUTO_INCREMENT, '-'), REPLACE(TABLE_COLLATION, 'utf8_', 'utf8mb3_'),
			REPLACE(LOWER(CREATE_OPTIONS), 'partitioned', ''))
			FROM information_schema.TABLES WHERE TABLE_SCHEMA=? ORDER BY BINARY TABLE_NAME`,
		`SELECT CONCAT_WS('|', TABLE_NAME, COALESCE(PARTITION_NAME, '-'), COALESCE(SUBPARTITION_NAME, '-'), COALESCE(PARTITION_METHOD, '-'),
			COALESCE(REPLACE(LOWER(PARTITION_EXPRESSION), '` + "`" + `', ''), '-'), COALESCE(PARTITION_DESCRIPTION, '-'), COALESCE(PARTITION_COMMENT, '-'))
			FROM information_schema.PARTITIONS WHERE TABLE_SCHEMA=? ORDER BY BINARY TABLE_NAME, PARTITION_ORDINAL_POSITION, SUBPARTITION_ORDINAL_POSITION`,
		`SELECT CONCAT_WS('|', TABLE_NAME, INDEX_NAME, SEQ_IN_INDEX, INDEX_TYPE, INDEX_COMMENT)
			FROM information_schema.STATISTICS WHERE TABLE_SCHEMA=? ORDER BY BINARY TABLE_NAME, BINARY INDEX_NAME, SEQ_IN_INDEX`,
	}
	var lines []string
	for _, q := range queries {
		rows, err := db.QueryContext(t.Context(), q, database)
		if err != nil {
			t.Fatal(err)
		}
		defer rows.Close()
		for rows.Next() {
			var line string
			if err := rows.Scan(&line); err != nil {
				t.Fatal(err)
			}
			parts := strings.Split(line, "|")
			for i := range parts {
				parts[i] = plainType(parts[i])
			}
			lines = append(lines, strings.Join(parts, "|"))
		}
		if err := rows.Err(); err != nil {
			t.Fatal(err)
		}
	}
	return lines
}

// spelling takes out of statements what means the same with and without: the
// server prints a column's character set if the statement that made it had one.
var spelling = strings.NewReplacer("/*!50100 TABLESPACE `innodb_system` */ ", "",
	" CHARACTER SET utf8mb3", "", " CHARACTER SET utf8mb4", "")

func statementsOf(t *testing.T, db *sql.DB, tables []*schema.Table) []string {
	t.Helper()
	var all []string
	for _, table := range tables {
		var name, statement string
		if err := db.QueryRowContext(t.Context(), "SHOW CREATE TABLE "+table.Quoted()).Scan(&name, &statement); err != nil {
			t.Fatal(err)
		}
		all = append(all, spelling.Replace(statement))
	}
	return all
}

func TestCreateRefusesOtherShapes(t *testing.T) {
	t.Parallel()
	p := sandboxtest.Shared(t)
	onSource(t, p, "CREATE TABLE a (id int PRIMARY KEY, v varchar(10))", "CREATE TABLE b (id int PRIMARY KEY)")
	source, target := dbs(t, p)
	sandboxtest.Exec(t, target, "CREATE DATABASE "+p.Database,
		"CREATE TABLE "+p.Database+".a (id bigint PRIMARY KEY, w int)")
	tables := mustLoad(t, source, p.Database)
	_, err := Create(t.Context(), source, target, tables)
	var m *MismatchError
	if !errors.As(err, &m) || m.Created {
		t.Fatalf("error: %v", err)
	}
	want := []Mismatch{{
		Table: schema.Name{Schema: p.Database, Table: "a"},
		Diff: []string{
			"column id is int not null on the source, bigint not null on the target",
			"column v is missing on the target",
			"column w is on the target only",
		},
	}}
	if d := cmp.Diff(want, m.Tables); d != "" {
		t.Error(d)
	}
	if got := mustLoad(t, target, p.Database); len(got) != 1 {
		t.Errorf("the target was changed: %d tables", len(got))
	}
}

func TestCreateNotesOtherIndexes(t *testing.T) {
	t.Parallel()
	p := sandboxtest.Shared(t)
	onSource(t, p, "CREATE TABLE a (id int PRIMARY KEY, v int, KEY (v))")
	source, target := dbs(t, p)
	sandboxtest.Exec(t, target, "CREATE DATABASE "+p.Database,
		"CREATE TABLE "+p.Database+".a (id int PRIMARY KEY, v int)")
	r := mustCreate(t, source, target, mustLoad(t, source, p.Database))
	want := []Remark{{schema.Name{Schema: p.Database, Table: "a"}, "index (v) is missing on the target"}}
	if d := cmp.Diff(want, r.Notes); d != "" {
		t.Error(d)
	}
}

func TestCreateSaysWhatItLeavesOut(t *testing.T) {
	t.Parallel()
	p := sandboxtest.Shared(t)
	onSource(t, p, "CREATE TABLE a (id int PRIMARY KEY) TABLESPACE=innodb_system")
	source, target := dbs(t, p)
	r := mustCreate(t, source, target, mustLoad(t, source, p.Database))
	want := []Remark{{schema.Name{Schema: p.Database, Table: "a"}, "without TABLESPACE `innodb_system`"}}
	if d := cmp.Diff(want, r.Changes); d != "" {
		t.Error(d)
	}
}

func TestCreateWithoutStorageOptions(t *testing.T) {
	t.Parallel()
	p := sandboxtest.Shared56(t)
	// The target refuses a row format that does not go with the block size; it
	// stands in for a server that has no compressed tables.
	onSource(t, p, "CREATE TABLE a (id int PRIMARY KEY) ROW_FORMAT=DYNAMIC KEY_BLOCK_SIZE=8")
	source, target := dbs(t, p)
	r := mustCreate(t, source, target, mustLoad(t, source, p.Database))
	name := schema.Name{Schema: p.Database, Table: "a"}
	want := []Remark{{name, "without KEY_BLOCK_SIZE=8"}, {name, "without ROW_FORMAT=DYNAMIC"}}
	if d := cmp.Diff(want, r.Changes); d != "" {
		t.Error(d)
	}
}

func TestCreateForeignKeyOnNonUnique(t *testing.T) {
	t.Parallel()
	p := sandboxtest.Shared56(t)
	onSource(t, p, "CREATE TABLE b_parent (id int PRIMARY KEY, c int, KEY (c))",
		"CREATE TABLE a_child (id int PRIMARY KEY, c int, FOREIGN KEY (c) REFERENCES b_parent (c))")
	source, target := dbs(t, p)
	r := mustCreate(t, source, target, mustLoad(t, source, p.Database))
	if len(r.Notes) > 0 {
		t.Error(r.Notes)
	}
}

func TestInvisiblePrimaryKey(t *testing.T) {
	t.Parallel()
	p := sandboxtest.Shared(t)
	onSource(t, p, "SET SESSION sql_generate_invisible_primary_key=1", "CREATE TABLE g (a int, b varchar(5))")
	source, target := dbs(t, p)
	tables := mustLoad(t, source, p.Database)
	if k := tables[0].RowKey(); k == nil || tables[0].Columns[k.Parts[0].Column].Name != "my_row_id" {
		t.Fatalf("row key: %+v", k)
	}
	mustCreate(t, source, target, tables)
	if d := cmp.Diff(tables, mustLoad(t, target, p.Database)); d != "" {
		t.Error(d)
	}
}

func TestCreateAcrossDatabases(t *testing.T) {
	t.Parallel()
	p := sandboxtest.Shared56(t)
	onSource(t, p, "ALTER DATABASE CHARACTER SET utf8 COLLATE utf8_unicode_ci",
		"CREATE TABLE a (id int PRIMARY KEY, v varchar(3))")
	source, target := dbs(t, p)
	mustCreate(t, source, target, mustLoad(t, source, p.Database))
	var collation string
	err := target.QueryRowContext(t.Context(), "SELECT DEFAULT_COLLATION_NAME FROM information_schema.SCHEMATA "+
		"WHERE SCHEMA_NAME=?", p.Database).Scan(&collation)
	if err != nil || collation != "utf8mb3_unicode_ci" {
		t.Errorf("collation of the database: %q, %v", collation, err)
	}
}

// TestCreateKeepsLabels: the server writes ? for what lies beyond the first
// 65536 characters where it describes a table.
func TestCreateKeepsLabels(t *testing.T) {
	t.Parallel()
	for name, pair := range map[string]func(testing.TB) *sandboxtest.SharedPair{
		"9.7": sandboxtest.Shared, "5.6": sandboxtest.Shared56,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := pair(t)
			onSource(t, p, "CREATE TABLE l (id int PRIMARY KEY, x enum('?','a') CHARACTER SET utf8mb4, `s (` set('?','it''s 🚲','c') CHARACTER SET utf8mb4, "+
				"e enum('a','🚚','b\\\\''?') CHARACTER SET utf8mb4 DEFAULT 'a' COMMENT 'e') ENGINE=InnoDB")
			source, target := dbs(t, p)
			tables := mustLoad(t, source, p.Database)
			want := [][]string{nil, {"?", "a"}, {"?", "it's 🚲", "c"}, {"a", "🚚", "b\\'?"}}
			var got [][]string
			for _, c := range tables[0].Columns {
				got = append(got, c.Members)
			}
			if d := cmp.Diff(want, got); d != "" {
				t.Fatal(d)
			}
			mustCreate(t, source, target, tables)
			sandboxtest.Exec(t, target, "INSERT INTO "+p.Database+".l VALUES (1, '?', 'it''s 🚲', '🚚')")
			var set, enum int
			if err := target.QueryRowContext(t.Context(), "SELECT `s (`+0, e+0 FROM "+p.Database+".l").Scan(&set, &enum); err != nil || set != 2 || enum != 2 {
				t.Errorf("stored %d and %d, %v", set, enum, err)
			}
		})
	}
}
