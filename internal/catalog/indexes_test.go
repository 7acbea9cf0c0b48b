package catalog

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"tandem/internal/schema"
)

const manyIndexes = "CREATE TABLE `t` (\n" +
	"  `id` int NOT NULL,\n" +
	"  `key` varchar(20) DEFAULT 'KEY x (a),' COMMENT 'it''s, KEY (b)',\n" +
	"  `p` int GENERATED ALWAYS AS ((`id` + 1)) VIRTUAL,\n" +
	"  PRIMARY KEY (`id`),\n" +
	"  UNIQUE KEY `u` (`key`),\n" +
	"  KEY `a` (`key`(10),`p` DESC) COMMENT 'one, two)',\n" +
	"  KEY `odd ``,(` (`p`) /*!80000 INVISIBLE */,\n" +
	"  KEY `f` (((`p` * 2)),`id`),\n" +
	"  KEY `g` (`id`,(abs(`p`))),\n" +
	"  FULLTEXT KEY `w` (`key`) /*!50100 WITH PARSER `ngram` */ ,\n" +
	"  SPATIAL KEY `s` (`g`),\n" +
	"  CONSTRAINT `fk` FOREIGN KEY (`p`) REFERENCES `q` (`id`),\n" +
	"  CONSTRAINT `c` CHECK ((`p` > 0))\n" +
	") ENGINE=InnoDB KEY_BLOCK_SIZE=4\n/*!50100 PARTITION BY KEY (id) */"

func TestWithoutIndexes(t *testing.T) {
	t.Parallel()
	bare, indexes, err := withoutIndexes(manyIndexes, func(name string) bool { return name != "g" })
	if err != nil {
		t.Fatal(err)
	}
	want := []Index{
		{"a", "KEY `a` (`key`(10),`p` DESC) COMMENT 'one, two)'"},
		{"odd `,(", "KEY `odd ``,(` (`p`) /*!80000 INVISIBLE */"},
		{"f", "KEY `f` (((`p` * 2)),`id`)"},
		{"w", "FULLTEXT KEY `w` (`key`) /*!50100 WITH PARSER `ngram` */"},
		{"s", "SPATIAL KEY `s` (`g`)"},
	}
	if d := cmp.Diff(want, indexes); d != "" {
		t.Errorf("indexes (-want +got):\n%s", d)
	}
	wantBare := "CREATE TABLE `t` (\n" +
		"  `id` int NOT NULL,\n" +
		"  `key` varchar(20) DEFAULT 'KEY x (a),' COMMENT 'it''s, KEY (b)',\n" +
		"  `p` int GENERATED ALWAYS AS ((`id` + 1)) VIRTUAL,\n" +
		"  PRIMARY KEY (`id`),\n" +
		"  UNIQUE KEY `u` (`key`),\n" +
		"  KEY `g` (`id`,(abs(`p`))),\n" +
		"  CONSTRAINT `fk` FOREIGN KEY (`p`) REFERENCES `q` (`id`),\n" +
		"  CONSTRAINT `c` CHECK ((`p` > 0))\n" +
		") ENGINE=InnoDB KEY_BLOCK_SIZE=4\n/*!50100 PARTITION BY KEY (id) */"
	if d := cmp.Diff(wantBare, bare); d != "" {
		t.Errorf("without them (-want +got):\n%s", d)
	}
	if whole, none, err := withoutIndexes(manyIndexes, func(string) bool { return false }); err != nil || len(none) > 0 || whole != manyIndexes {
		t.Errorf("taking nothing out gives %v, %v\n%s", none, err, whole)
	}
}

func TestIndexKind(t *testing.T) {
	t.Parallel()
	for definition, want := range map[string]IndexKind{
		"KEY `a` (`b`(10),`c` DESC)":                                  Plain,
		"KEY `(( a` (`b((`) COMMENT '((b))'":                          Plain,
		"KEY `f` (((`p` * 2)))":                                       Functional,
		"KEY `f` (`id`, (abs(`p`)))":                                  Functional,
		"KEY `m` ((cast(json_extract(`j`,'$.x') as unsigned array)))": Functional,
		"FULLTEXT KEY `w` (`a`,`b`)":                                  FullText,
		"SPATIAL KEY `s` (`g`)":                                       Spatial,
	} {
		if got := (Index{Definition: definition}).Kind(); got != want {
			t.Errorf("%s: %d, want %d", definition, got, want)
		}
	}
}

// TestDeferrable has one table with a key for each reason to keep one.
func TestDeferrable(t *testing.T) {
	t.Parallel()
	name := func(n string) schema.Name { return schema.Name{Schema: "d", Table: n} }
	key := func(name string, columns ...int) schema.Key {
		k := schema.Key{Name: name}
		for _, c := range columns {
			k.Parts = append(k.Parts, schema.KeyPart{Column: c})
		}
		return k
	}
	columns := []schema.Column{{Name: "id"}, {Name: "a"}, {Name: "b"}, {Name: "c"}, {Name: "n", AutoIncrement: true}}
	primary := schema.Key{Name: "PRIMARY", Primary: true, Unique: true, Parts: []schema.KeyPart{{Column: 0}}}
	unique := key("unique", 1)
	unique.Unique = true
	expression := schema.Key{Name: "expression", Parts: []schema.KeyPart{{Column: -1, Expression: "a + 1"}, {Column: 1}}}
	table := &schema.Table{
		Name: name("t"), Columns: columns,
		Keys: []schema.Key{primary, unique, key("ab", 1, 2), key("ba", 2, 1), key("bac", 2, 1, 3), key("a", 1), key("c", 3), key("ca", 3, 1),
			key("n", 4), key("an", 1, 4), expression},
		ForeignKeys: []schema.ForeignKey{{Name: "fk", Columns: []int{1, 2}, Parent: name("p"), ParentCols: []string{"x", "y"}}},
	}
	child := &schema.Table{Name: name("child"), Columns: columns, ForeignKeys: []schema.ForeignKey{
		{Name: "fk", Columns: []int{0}, Parent: name("t"), ParentCols: []string{"C"}},
	}}
	may := deferrable(table, []*schema.Table{table, child})
	for index, want := range map[string]bool{
		"PRIMARY": false, "unique": false, "unknown": false,
		"ab": false, "ba": false, "bac": false, "a": true, // the foreign key
		"c": false, "ca": false, // the child's
		"n": false, "an": true, // the counter
		"expression": true,
	} {
		if got := may(index); got != want {
			t.Errorf("%s: %v, want %v", index, got, want)
		}
	}
	keyless := &schema.Table{Name: name("keyless"), Columns: columns, Keys: []schema.Key{key("a", 1)}}
	if deferrable(keyless, nil)("a") {
		t.Error("the index of a table without a unique key may wait")
	}
}
