package catalog

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"tandem/internal/schema"
)

// base is a table to change one thing of at a time.
func base() *schema.Table {
	return &schema.Table{
		Name: schema.Name{Schema: "d", Table: "t"}, Engine: "InnoDB",
		Columns: []schema.Column{
			{Name: "id", Kind: schema.Int, Type: "int(11)", Width: 4},
			{Name: "v", Kind: schema.Text, Type: "varchar(10)", Width: 10, Nullable: true, Charset: "utf8mb4", Collation: "utf8mb4_bin"},
			{Name: "e", Kind: schema.Enum, Type: "enum('a','b')", Members: []string{"a", "b"}, Charset: "latin1", Collation: "latin1_bin"},
			{Name: "d", Kind: schema.Decimal, Type: "decimal(5,2)", Width: 5, Scale: 2},
			{Name: "f", Kind: schema.Float, Type: "float"},
			{Name: "g", Kind: schema.Int, Type: "int", Width: 4, Generated: true},
		},
		Keys: []schema.Key{
			{Name: "PRIMARY", Primary: true, Unique: true, Parts: []schema.KeyPart{{Column: 0}}},
			{Name: "u", Unique: true, Parts: []schema.KeyPart{{Column: 1, Prefix: 3}}},
			{Name: "k", Parts: []schema.KeyPart{{Column: 3}}},
		},
		ForeignKeys: []schema.ForeignKey{{Name: "f", Columns: []int{0}, Parent: schema.Name{Schema: "d", Table: "p"},
			ParentCols: []string{"id"}, OnDelete: "RESTRICT", OnUpdate: "CASCADE"}},
	}
}

// TestDiff: whatever changes the fingerprint has a word, and the other way
// round.
func TestDiff(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(*schema.Table)
		diff   []string
		notes  []string
	}{
		{"nothing", func(*schema.Table) {}, nil, nil},
		{"display width", func(x *schema.Table) { x.Columns[0].Type = "int" }, nil, nil},
		{"case of a name", func(x *schema.Table) { x.Columns[0].Name = "ID" }, nil, nil},
		{"name of a key", func(x *schema.Table) { x.Keys[1].Name = "other" }, nil, nil},
		{"no action", func(x *schema.Table) { x.ForeignKeys[0].OnDelete = "NO ACTION" }, nil, nil},
		{"sign", func(x *schema.Table) { x.Columns[0].Unsigned = true },
			[]string{"column id is int not null on the source, int unsigned not null on the target"}, nil},
		{"null", func(x *schema.Table) { x.Columns[0].Nullable = true },
			[]string{"column id is int not null on the source, int on the target"}, nil},
		{"width", func(x *schema.Table) { x.Columns[1].Width = 11 },
			[]string{"column v is varchar(10) utf8mb4 utf8mb4_bin on the source, varchar(11) utf8mb4 utf8mb4_bin on the target"}, nil},
		{"collation", func(x *schema.Table) { x.Columns[1].Collation = "utf8mb4_0900_bin" },
			[]string{"column v is varchar(10) utf8mb4 utf8mb4_bin on the source, varchar(10) utf8mb4 utf8mb4_0900_bin on the target"}, nil},
		{"members", func(x *schema.Table) { x.Columns[2].Members = []string{"b", "a"} },
			[]string{`column e has the members "a","b" on the source, "b","a" on the target`}, nil},
		{"scale", func(x *schema.Table) { x.Columns[3].Scale = 1 },
			[]string{"column d is decimal(5,2) not null on the source, decimal(5,1) not null on the target"}, nil},
		{"rounding", func(x *schema.Table) { x.Columns[4].Type = "float(7,3)" },
			[]string{"column f is float not null on the source, float(7,3) not null on the target"}, nil},
		{"virtual", func(x *schema.Table) { x.Columns[5].Virtual = true },
			[]string{"column g is int not null stored on the source, int not null virtual on the target"}, nil},
		{"order", func(x *schema.Table) {
			x.Columns[3], x.Columns[4] = x.Columns[4], x.Columns[3]
			x.Keys[2].Parts[0].Column = 4
		},
			[]string{"column 4 is d on the source, f on the target"}, nil},
		{"missing", func(x *schema.Table) { x.Columns = x.Columns[:5] }, []string{"column g is missing on the target"}, nil},
		{"prefix", func(x *schema.Table) { x.Keys[1].Parts[0].Prefix = 4 },
			[]string{"unique key (v(3)) is missing on the target", "unique key (v(4)) is on the target only"}, nil},
		{"unique", func(x *schema.Table) { x.Keys[2].Unique = true },
			[]string{"unique key (d) is on the target only"}, []string{"index (d) is missing on the target"}},
		{"index", func(x *schema.Table) { x.Keys = x.Keys[:2] }, nil, []string{"index (d) is missing on the target"}},
		{"foreign key", func(x *schema.Table) { x.ForeignKeys = nil }, nil,
			[]string{"foreign key (id) to d.p (id) on delete no action on update cascade is missing on the target"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			a, b := base(), base()
			c.change(b)
			if d := cmp.Diff(c.diff, Diff(a, b)); d != "" {
				t.Error(d)
			}
			if d := cmp.Diff(c.notes, Notes(a, b)); d != "" {
				t.Error(d)
			}
			if same := Fingerprint(a) == Fingerprint(b); same != (len(c.diff) == 0) {
				t.Errorf("fingerprints equal: %v", same)
			}
		})
	}
}
