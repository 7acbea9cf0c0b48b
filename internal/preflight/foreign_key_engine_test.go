package preflight

import (
	"strings"
	"testing"

	"tandem/internal/mysqldb"
	"tandem/internal/schema"
)

func TestForeignKeyEngine(t *testing.T) {
	t.Parallel()
	child := &schema.Table{
		Name:        schema.Name{Schema: "shop", Table: "child"},
		ForeignKeys: []schema.ForeignKey{{OnDelete: "CASCADE", OnUpdate: "NO ACTION"}},
	}
	strict := &schema.Table{
		Name:        schema.Name{Schema: "shop", Table: "strict"},
		ForeignKeys: []schema.ForeignKey{{OnDelete: "RESTRICT", OnUpdate: "NO ACTION"}},
	}
	for _, test := range []struct {
		name           string
		source, target bool
		tables         []*schema.Table
		fires          bool
	}{
		{"old to new", true, false, []*schema.Table{strict, child}, true},
		{"nothing cascades", true, false, []*schema.Table{strict}, false},
		{"old to old", true, true, []*schema.Table{child}, false},
		{"new to new", false, false, []*schema.Table{child}, false},
		{"new to old", false, true, []*schema.Table{child}, false},
	} {
		found, err := checkForeignKeyEngine(t.Context(), &state{
			Input: Input{
				SourceFacts: mysqldb.Facts{NativeForeignKeys: test.source},
				TargetFacts: mysqldb.Facts{NativeForeignKeys: test.target},
			},
			tables: test.tables,
		})
		if err != nil {
			t.Fatal(err)
		}
		if fires := len(found) == 1 && found[0].Severity == Block && strings.Contains(found[0].Evidence, "shop.child"); fires != test.fires {
			t.Errorf("%s: found %+v, want a block: %v", test.name, found, test.fires)
		}
	}
}
