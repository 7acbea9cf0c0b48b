package catalog

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tandem/internal/sandbox/sandboxtest"
	"tandem/internal/schema"
)

// TestLoad says what a loaded table is, in full, on both versions.
func TestLoad(t *testing.T) {
	t.Parallel()
	for name, pair := range map[string]func(testing.TB) *sandboxtest.SharedPair{
		"9.7": sandboxtest.Shared, "5.6": sandboxtest.Shared56,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := pair(t)
			onSource(t, p, "CREATE TABLE parent (id bigint unsigned PRIMARY KEY) ENGINE=InnoDB",
				`CREATE TABLE child (
					Id int NOT NULL AUTO_INCREMENT, p bigint unsigned, m mediumint unsigned NOT NULL, d decimal(12,3), f float, b bit(7),
					t time(2), ts timestamp(6) NULL, c char(5) CHARACTER SET utf8 COLLATE utf8_bin, v varchar(30) CHARACTER SET sjis,
					x text CHARACTER SET latin1, bi binary(3), vb varbinary(9), bl blob, e enum('a','it''s','表') CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
					g point, y year, dt datetime NOT NULL,
					PRIMARY KEY (Id), UNIQUE KEY u (v(4), m), KEY k (p),
					CONSTRAINT fk FOREIGN KEY (p) REFERENCES parent (id) ON DELETE CASCADE ON UPDATE SET NULL) ENGINE=InnoDB`)
			source, _ := dbs(t, p)
			got, err := LoadTable(t.Context(), source, schema.Name{Schema: p.Database, Table: "child"})
			if err != nil {
				t.Fatal(err)
			}
			plain := plainTables([]*schema.Table{got})[0]
			if plain.Fingerprint == "" {
				t.Error("no fingerprint")
			}
			plain.Fingerprint = ""
			want := schema.Table{
				Name: schema.Name{Schema: p.Database, Table: "child"}, Engine: "InnoDB",
				Columns: []schema.Column{
					{Name: "Id", Kind: schema.Int, Type: "int", AutoIncrement: true, Width: 4},
					{Name: "p", Kind: schema.Int, Type: "bigint unsigned", Unsigned: true, Nullable: true, Width: 8},
					{Name: "m", Kind: schema.Int, Type: "mediumint unsigned", Unsigned: true, Width: 3},
					{Name: "d", Kind: schema.Decimal, Type: "decimal(12,3)", Nullable: true, Width: 12, Scale: 3},
					{Name: "f", Kind: schema.Float, Type: "float", Nullable: true},
					{Name: "b", Kind: schema.Bit, Type: "bit(7)", Nullable: true, Width: 7},
					{Name: "t", Kind: schema.Time, Type: "time(2)", Nullable: true, Scale: 2},
					{Name: "ts", Kind: schema.Timestamp, Type: "timestamp(6)", Nullable: true, Scale: 6},
					{Name: "c", Kind: schema.Char, Type: "char(5)", Nullable: true, Width: 5, Charset: "utf8mb3", Collation: "utf8mb3_bin"},
					{Name: "v", Kind: schema.Text, Type: "varchar(30)", Nullable: true, Width: 30, Charset: "sjis", Collation: "sjis_japanese_ci"},
					{Name: "x", Kind: schema.Text, Type: "text", Nullable: true, Width: 65535, Charset: "latin1", Collation: "latin1_swedish_ci"},
					{Name: "bi", Kind: schema.Binary, Type: "binary(3)", Nullable: true, Width: 3},
					{Name: "vb", Kind: schema.Bytes, Type: "varbinary(9)", Nullable: true, Width: 9},
					{Name: "bl", Kind: schema.Bytes, Type: "blob", Nullable: true, Width: 65535},
					{Name: "e", Kind: schema.Enum, Type: "enum('a','it''s','表')", Nullable: true, Charset: "utf8mb4", Collation: "utf8mb4_bin",
						Members: []string{"a", "it's", "表"}},
					{Name: "g", Kind: schema.Geometry, Type: "point", Nullable: true},
					{Name: "y", Kind: schema.Year, Type: "year", Nullable: true},
					{Name: "dt", Kind: schema.DateTime, Type: "datetime"},
				},
				Keys: []schema.Key{
					{Name: "PRIMARY", Primary: true, Unique: true, Parts: []schema.KeyPart{{Column: 0}}},
					{Name: "k", Parts: []schema.KeyPart{{Column: 1}}},
					{Name: "u", Unique: true, Parts: []schema.KeyPart{{Column: 9, Prefix: 4}, {Column: 2}}},
				},
				ForeignKeys: []schema.ForeignKey{{
					Name: "fk", Columns: []int{1}, Parent: schema.Name{Schema: p.Database, Table: "parent"}, ParentCols: []string{"id"},
					OnDelete: "cascade", OnUpdate: "set null",
				}},
			}
			if d := cmp.Diff(want, plain); d != "" {
				t.Error(d)
			}
		})
	}
}

// TestLoadModern is about what 5.6 does not have.
func TestLoadModern(t *testing.T) {
	t.Parallel()
	p := sandboxtest.Shared(t)
	onSource(t, p, `CREATE TABLE m (
		a int NOT NULL, v int AS (a+1) VIRTUAL, s varchar(9) AS (concat('VIRTUAL GENERATED',a)) STORED INVISIBLE, j json,
		vec vector(4), d int DEFAULT (1+1), e set('🚚','invisible') CHARACTER SET utf8mb4,
		PRIMARY KEY (a DESC), UNIQUE KEY f ((lower(s)), v DESC))`)
	source, _ := dbs(t, p)
	got, err := LoadTable(t.Context(), source, schema.Name{Schema: p.Database, Table: "m"})
	if err != nil {
		t.Fatal(err)
	}
	flags := map[string][3]bool{}
	for _, c := range got.Columns {
		flags[c.Name] = [3]bool{c.Generated, c.Virtual, c.Invisible}
	}
	want := map[string][3]bool{"a": {}, "v": {true, true, false}, "s": {true, false, true}, "j": {}, "vec": {}, "d": {}, "e": {}}
	if d := cmp.Diff(want, flags); d != "" {
		t.Errorf("generated, virtual, invisible: %s", d)
	}
	if c := got.Columns[got.Column("vec")]; c.Kind != schema.Vector || c.Width != 4 {
		t.Errorf("vector: %+v", c)
	}
	if c := got.Columns[got.Column("e")]; !cmp.Equal(c.Members, []string{"🚚", "invisible"}) {
		t.Errorf("members: %q", c.Members)
	}
	keys := []schema.Key{
		{Name: "PRIMARY", Primary: true, Unique: true, Parts: []schema.KeyPart{{Column: 0, Descending: true}}},
		{Name: "f", Unique: true, Parts: []schema.KeyPart{{Column: -1, Expression: "lower(`s`)"}, {Column: 1, Descending: true}}},
	}
	if d := cmp.Diff(keys, got.Keys); d != "" {
		t.Error(d)
	}
}

func TestLoadNames(t *testing.T) {
	t.Parallel()
	p := sandboxtest.Shared(t)
	onSource(t, p, "CREATE TABLE orders (id int PRIMARY KEY)", "CREATE TABLE Orders (id bigint, w int, PRIMARY KEY (w, id))",
		"CREATE VIEW v AS SELECT * FROM orders")
	source, _ := dbs(t, p)
	tables := mustLoad(t, source, p.Database)
	if len(tables) != 2 || tables[0].Table != "Orders" || len(tables[0].Columns) != 2 || len(tables[0].Keys[0].Parts) != 2 ||
		tables[1].Table != "orders" || len(tables[1].Columns) != 1 {
		t.Errorf("loaded %+v", tables)
	}
	one, err := LoadTable(t.Context(), source, schema.Name{Schema: p.Database, Table: "orders"})
	if err != nil || len(one.Columns) != 1 || one.Fingerprint != tables[1].Fingerprint {
		t.Errorf("loaded %+v, %v", one, err)
	}
	for _, table := range []string{"v", "nothing"} {
		_, err = LoadTable(t.Context(), source, schema.Name{Schema: p.Database, Table: table})
		if !errors.Is(err, ErrNoTable) {
			t.Errorf("%s: %v", table, err)
		}
	}
}

// TestLoadBesideDDL: what is loaded while tables change is one of the shapes
// that a table had, never a mixture.
func TestLoadBesideDDL(t *testing.T) {
	t.Parallel()
	p := sandboxtest.Shared(t)
	onSource(t, p, "CREATE TABLE a (id int PRIMARY KEY)")
	source, _ := dbs(t, p)
	db := p.SourceDB(t)
	done := make(chan error, 1)
	go func() {
		var err error
		for i := 0; i < 20 && err == nil; i++ {
			if _, err = db.Exec("ALTER TABLE a ADD COLUMN extra int, ADD UNIQUE KEY u (extra)"); err == nil {
				_, err = db.Exec("ALTER TABLE a DROP COLUMN extra")
			}
		}
		done <- err
	}()
	for {
		got, err := LoadTable(t.Context(), source, schema.Name{Schema: p.Database, Table: "a"})
		switch {
		case errors.Is(err, errMoved):
			// Unlucky five times; it says so.
		case err != nil:
			t.Fatal(err)
		case len(got.Columns) < 1 || len(got.Columns) > 2:
			t.Errorf("loaded %+v", got)
		}
		select {
		case err := <-done:
			if err != nil {
				t.Fatal(err)
			}
			return
		default:
		}
	}
}
