package catalog

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"tandem/internal/schema"
	"tandem/internal/sqltoken"
)

func TestAdapt(t *testing.T) {
	table := &schema.Table{Columns: []schema.Column{
		{Name: "a", Collation: "utf8mb3_general_ci"},
		{Name: "CHARACTER SET", Collation: "latin1_bin"},
		{Name: "n"},
	}}
	for _, c := range []struct {
		name, in, out string
		old           bool
		changes       []string
	}{
		{
			name: "explicit collations",
			in:   "CREATE TABLE `t` (\n  `a` varchar(5) CHARACTER SET utf8 DEFAULT NULL\n) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4",
			out: "CREATE TABLE `t` (\n  `a` varchar(5) CHARACTER SET utf8mb3 COLLATE utf8mb3_general_ci DEFAULT NULL\n) " +
				"ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_general_ci",
		},
		{
			name: "collations that are there",
			in:   "CREATE TABLE `t` (`a` text CHARACTER SET utf8 COLLATE utf8_bin) DEFAULT CHARSET=utf8 COLLATE=utf8_unicode_ci COMMENT='x'",
			out:  "CREATE TABLE `t` (`a` text CHARACTER SET utf8mb3 COLLATE utf8mb3_bin) DEFAULT CHARSET=utf8mb3 COLLATE=utf8mb3_unicode_ci COMMENT='x'",
		},
		{
			name: "for an old server",
			in:   "CREATE TABLE `t` (`a` text CHARACTER SET utf8mb3 COLLATE utf8mb3_bin) DEFAULT CHARSET=utf8mb3 COLLATE=utf8mb3_unicode_ci",
			out:  "CREATE TABLE `t` (`a` text CHARACTER SET utf8 COLLATE utf8_bin) DEFAULT CHARSET=utf8 COLLATE=utf8_unicode_ci",
			old:  true,
		},
		{
			name: "words in names, comments and literals",
			in: "CREATE TABLE `t` (`CHARACTER SET` char(1) CHARACTER SET latin1 COMMENT 'CHARACTER SET utf8 -- '' ) ENGINE', " +
				"`n` int DEFAULT '1' COMMENT '\\\\', KEY `a` (`n`)) ENGINE=InnoDB DEFAULT CHARSET=latin1 COMMENT='DATA DIRECTORY=''/x'' CHARSET=utf8'",
			out: "CREATE TABLE `t` (`CHARACTER SET` char(1) CHARACTER SET latin1 COLLATE latin1_bin COMMENT 'CHARACTER SET utf8 -- '' ) ENGINE', " +
				"`n` int DEFAULT '1' COMMENT '\\\\', KEY `a` (`n`)) ENGINE=InnoDB DEFAULT CHARSET=latin1 COLLATE=utf8mb4_general_ci COMMENT='DATA DIRECTORY=''/x'' CHARSET=utf8'",
		},
		{
			name: "places",
			in: "CREATE TABLE `t` (`n` int) /*!50100 TABLESPACE `ts` */ ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin DATA DIRECTORY='/a b/' SECONDARY_ENGINE=RAPID\n" +
				"/*!50100 PARTITION BY HASH (`n`) (PARTITION p0 DATA DIRECTORY = '/x/' INDEX DIRECTORY = '/y/' TABLESPACE = `z` ENGINE = InnoDB) */",
			out: "CREATE TABLE `t` (`n` int) /*!50100  */ ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin  \n" +
				"/*!50100 PARTITION BY HASH (`n`) (PARTITION p0    ENGINE = InnoDB) */",
			changes: []string{"without DATA DIRECTORY='/a b/'", "without DATA DIRECTORY = '/x/'", "without INDEX DIRECTORY = '/y/'",
				"without TABLESPACE `ts`", "without TABLESPACE = `z`", "without SECONDARY_ENGINE=RAPID"},
		},
		{
			name: "generated",
			in:   "CREATE TABLE `t` (`a` text GENERATED ALWAYS AS (concat(_utf8'utf8',convert(`n` using utf8),cast(`n` as char charset utf8))) VIRTUAL) DEFAULT CHARSET=binary",
			out: "CREATE TABLE `t` (`a` text GENERATED ALWAYS AS (concat(_utf8mb3'utf8',convert(`n` using utf8mb3),cast(`n` as char charset utf8mb3))) VIRTUAL) " +
				"DEFAULT CHARSET=binary COLLATE=utf8mb4_general_ci",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			a := adaptation{table: table, collation: "utf8mb4_general_ci", utf8mb3: !c.old}
			out, changes, err := a.adapt(c.in)
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(c.out, out); d != "" {
				t.Error(d)
			}
			if d := cmp.Diff(c.changes, changes); d != "" {
				t.Error(d)
			}
		})
	}
	a := adaptation{table: table}
	if _, _, err := a.adapt("CREATE VIEW v AS SELECT 1"); err == nil {
		t.Error("a view passes")
	}
}

func TestTokenizeKeepsEverything(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		sql := rapid.StringOf(rapid.SampledFrom([]rune("`'\"\\/*!5() ,=\naé日"))).Draw(t, "sql")
		if got := sqltoken.Join(sqltoken.Cut(sql)); got != sql {
			t.Fatalf("%q became %q", sql, got)
		}
	})
}
