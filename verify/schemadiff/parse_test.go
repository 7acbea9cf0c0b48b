package schemadiff

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"tandem/internal/schema"
	"tandem/internal/sqltoken"
)

func TestFlat(t *testing.T) {
	for _, c := range []struct {
		name, a, b string
		s          spelling
		differ     bool
	}{
		{name: "white space", a: "a+ 1", b: "a\n+\t1", s: ofBodies},
		{name: "comments", a: "a /* x */ + 1 -- y\n # z", b: "a+1", s: ofBodies},
		{name: "minus is no comment", a: "a--1", b: "a", s: ofBodies, differ: true},
		{name: "hints are no comments", a: "SELECT /*+ NO_MERGE(t) */ 1", b: "SELECT 1", s: ofViews, differ: true},
		{name: "version comments", a: "/*!50100 PARTITION BY HASH (id) */", b: "PARTITION BY HASH (`id`)", s: ofExpressions},
		{name: "case of words", a: "YEAR(d)", b: "year(`D`)", s: ofExpressions},
		{name: "case of names in views", a: "select `A`", b: "SELECT `a`", s: ofViews, differ: true},
		{name: "case of literals", a: "'A'", b: "'a'", s: ofExpressions, differ: true},
		{name: "case in bodies", a: "FROM T", b: "FROM t", s: ofBodies, differ: true},
		{name: "introducers", a: "_utf8mb4'x'", b: "'x'", s: ofExpressions},
		{name: "other introducers", a: "_latin1'x'", b: "'x'", s: ofExpressions, differ: true},
		{name: "a column of that name", a: "_utf8 + 1", b: "1", s: ofExpressions, differ: true},
		{name: "utf8", a: "CHARSET utf8 COLLATE utf8_bin", b: "CHARSET utf8mb3 COLLATE utf8mb3_bin", s: ofBodies},
		{name: "widths", a: "RETURNS INT(11)", b: "RETURNS INT", s: ofBodies},
		{name: "booleans", a: "RETURNS TINYINT(1)", b: "RETURNS TINYINT", s: ofBodies, differ: true},
		{name: "lengths", a: "RETURNS CHAR(11)", b: "RETURNS CHAR", s: ofBodies, differ: true},
		{name: "doubled parentheses", a: "hash ((`id` + 1))", b: "hash (id+1)", s: ofExpressions},
		{name: "parentheses that mean something", a: "((a + 1) * 2)", b: "(a + 1 * 2)", s: ofExpressions, differ: true},
		{name: "two groups", a: "((a) + (b))", b: "(a + b)", s: ofExpressions, differ: true},
		{name: "quotes", a: `'it\'s'`, b: `'it''s'`, s: ofExpressions},
		{name: "backslashes", a: `'a\\'`, b: `'a\'`, s: ofExpressions, differ: true},
		{name: "text that looks like a comment", a: "'/* x */'", b: "''", s: ofBodies, differ: true},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := flat(c.a, c.s) != flat(c.b, c.s); got != c.differ {
				t.Errorf("%q and %q: they differ: %v", flat(c.a, c.s), flat(c.b, c.s), got)
			}
		})
	}
}

func TestParseTable(t *testing.T) {
	s := parseTable("CREATE TABLE `t (` (\n  `a,` int DEFAULT (concat('),',_utf8mb4'x')) COMMENT 'DEFAULT (9)',\n" +
		"  `KEY` int GENERATED ALWAYS AS ((`a,` + 1)) VIRTUAL,\n  PRIMARY KEY (`a,` DESC),\n  KEY `k (` ((lower(`a,`)),`KEY`(3)),\n" +
		"  FULLTEXT KEY `f` (`a,`) /*!50100 WITH PARSER `ngram` */ ,\n  CONSTRAINT `fk` FOREIGN KEY (`KEY`) REFERENCES `p` (`CHECK`),\n" +
		"  CONSTRAINT `c` CHECK ((`a,` <> ')')) /*!80016 NOT ENFORCED */\n) ENGINE=InnoDB COMMENT='PARTITION BY'\n" +
		"/*!50100 PARTITION BY RANGE (`KEY`)\n(PARTITION p0 VALUES LESS THAN (10) DATA DIRECTORY = '/x' TABLESPACE = `y` ENGINE = InnoDB) */")
	want := &shown{
		defaults:   map[string]string{"a,": "concat('),',_utf8mb4'x')"},
		generated:  map[string]string{"KEY": "(`a,` + 1)"},
		keys:       map[string]string{"PRIMARY": "`a,` DESC", "k (": "(lower(`a,`)),`KEY`(3)", "f": "`a,`"},
		parsers:    map[string]string{"f": "ngram"},
		checks:     []check{{name: "c", clause: "((`a,` <> ')'))", enforced: false}},
		partitions: "PARTITION BY RANGE (`KEY`)\n(PARTITION p0 VALUES LESS THAN (10)   ENGINE = InnoDB)",
	}
	if d := cmp.Diff(want, s, cmp.AllowUnexported(shown{}, check{})); d != "" {
		t.Error(d)
	}
}

func TestParseObject(t *testing.T) {
	for _, c := range []struct {
		kind                      Kind
		statement, definer, again string
	}{
		{View, "CREATE ALGORITHM=UNDEFINED DEFINER=`a``b`@`%` SQL SECURITY DEFINER VIEW `s`.`v` (`x`) AS select 1 AS `DEFINER`", "a`b@%",
			"CREATE OR REPLACE ALGORITHM=UNDEFINED DEFINER='d'@'h' SQL SECURITY DEFINER VIEW `s`.`o` (`x`) AS select 1 AS `DEFINER`"},
		{Procedure, "CREATE DEFINER=`a`@`10.0.0.%` PROCEDURE `p`(IN x INT)\nBEGIN SELECT 1; END", "a@10.0.0.%", "CREATE DEFINER='d'@'h' PROCEDURE `s`.`o`(IN x INT)\nBEGIN SELECT 1; END"},
		{Function, "CREATE DEFINER=`a`@`h` FUNCTION `f`() RETURNS int\nRETURN 1", "a@h", "CREATE DEFINER='d'@'h' FUNCTION `s`.`o`() RETURNS int\nRETURN 1"},
		{Trigger, "CREATE DEFINER=`a`@`h` TRIGGER s.tr BEFORE INSERT ON s.`t` FOR EACH ROW SET @x = 1", "a@h",
			"CREATE DEFINER='d'@'h' TRIGGER `s`.`o` BEFORE INSERT ON `s`.`of` FOR EACH ROW SET @x = 1"},
		{Trigger, "CREATE DEFINER = 'a'@'h' trigger IF NOT EXISTS `tr`\nafter delete on t for each row BEGIN END", "a@h",
			"CREATE DEFINER='d'@'h' TRIGGER `s`.`o`\nafter delete ON `s`.`of` for each row BEGIN END"},
		{Event, "CREATE DEFINER=`a`@`h` EVENT `e` ON SCHEDULE EVERY 1 DAY STARTS '2020-01-01 00:00:00' ON COMPLETION NOT PRESERVE DISABLE ON SLAVE COMMENT 'ENABLE' DO SET @enable = 1", "a@h",
			"CREATE DEFINER='d'@'h' EVENT `s`.`o` ON SCHEDULE EVERY 1 DAY STARTS '2020-01-01 00:00:00' ON COMPLETION NOT PRESERVE ENABLE COMMENT 'ENABLE' DO SET @enable = 1"},
	} {
		o := &object{kind: c.kind, name: schema.Name{Schema: "s", Table: "o"}, table: "of"}
		if err := o.parse(c.statement); err != nil {
			t.Errorf("%s: %v", c.statement, err)
			continue
		}
		if o.definer != c.definer {
			t.Errorf("definer %q, want %q", o.definer, c.definer)
		}
		if d := cmp.Diff(c.again, o.create("d@h", "ENABLE")); d != "" {
			t.Error(d)
		}
	}
}

func TestParseGrants(t *testing.T) {
	p := privileges{}
	for _, line := range []string{
		"GRANT USAGE ON *.* TO 'a'@'%' IDENTIFIED BY PASSWORD '*4ACFE3202A5FF5CF467898FC58AAB1D615029441' REQUIRE SSL WITH MAX_QUERIES_PER_HOUR 5",
		"GRANT RELOAD, REPLICATION SLAVE ON *.* TO 'a'@'%' IDENTIFIED BY PASSWORD '*4A' WITH GRANT OPTION",
		"GRANT SELECT, UPDATE (`a`, `b ON`), INSERT (c) ON `x ON y`.`t` TO `a`@`%`",
		"GRANT ALL PRIVILEGES ON `p\\_q`.* TO 'a'@'%'",
		"GRANT EXECUTE ON PROCEDURE `x`.`p` TO `a`@`%`",
		"GRANT SELECT ON TABLE `x`.`u` TO `a`@`%`",
		"GRANT PROXY ON ''@'' TO 'a'@'%' WITH GRANT OPTION",
		"GRANT `r`@`%`,`s`@`%` TO `a`@`%`",
		"REVOKE SELECT ON `m`.* FROM `a`@`%`",
	} {
		p.add(line, true)
	}
	all := map[string][]string{}
	for object := range p {
		all[object] = p.minus(nil, object)
	}
	ofDatabase := slices.Sorted(slices.Values(onDatabase))
	want := map[string][]string{
		"*.*": {"GRANT OPTION", "RELOAD", "REPLICATION SLAVE"}, "`x ON y`.`t`": {"INSERT (`c`)", "SELECT", "UPDATE (`a`)", "UPDATE (`b ON`)"},
		"`p\\_q`.*": ofDatabase, "PROCEDURE `x`.`p`": {"EXECUTE"}, "`x`.`u`": {"SELECT"}, "`m`.*": {"REVOKE SELECT"},
	}
	if d := cmp.Diff(want, all); d != "" {
		t.Error(d)
	}
}

func TestLike(t *testing.T) {
	for pattern, c := range map[string]struct{ yes, no []string }{
		"shop":    {[]string{"shop"}, []string{"shops", "Shop", "sho"}},
		"sh%":     {[]string{"shop", "sh"}, []string{"s"}},
		"sh_p":    {[]string{"shop", "sh_p"}, []string{"shp"}},
		`sh\_p`:   {[]string{"sh_p"}, []string{"shop"}},
		"%o%p":    {[]string{"shoop", "op"}, []string{"shopx"}},
		`100\%`:   {[]string{"100%"}, []string{"100x"}},
		"%":       {[]string{"", "x"}, nil},
		"日_":      {nil, []string{"x"}},
		`back\`:   {[]string{`back\`}, nil},
		`a\\b`:    {[]string{`a\b`}, nil},
		"":        {[]string{""}, []string{"x"}},
		"%%%%%%a": {[]string{"xxa"}, []string{"xxb"}},
	} {
		for _, s := range c.yes {
			if !like(pattern, s) {
				t.Errorf("%s does not match %s", pattern, s)
			}
		}
		for _, s := range c.no {
			if like(pattern, s) {
				t.Errorf("%s matches %s", pattern, s)
			}
		}
	}
}

// TestParsersTakeAnything: whatever a server prints, nothing panics, and no
// byte is lost between tokens.
func TestParsersTakeAnything(t *testing.T) {
	pieces := []string{"CREATE", "DEFINER", "=", "@", "`a`", "'x'", "(", ")", ",", " ", "TABLE", "KEY", "CHECK", "CONSTRAINT", "PARTITION BY", "DEFAULT",
		"VIEW", "TRIGGER", "ON", "FOR EACH ROW", "EVENT", "DO", "ENABLE", "DISABLE ON SLAVE", "GRANT", "REVOKE", "TO", "FROM", "WITH GRANT OPTION", "*", ".",
		"/*!50100", "*/", "/*", "--", "#", "\n", "\\", "'", "`", "\"", "WITH PARSER", "é", "AS", "TABLESPACE", "IF NOT EXISTS", "utf8", "int", "11", "_utf8"}
	rapid.Check(t, func(t *rapid.T) {
		sql := ""
		for _, p := range rapid.SliceOf(rapid.SampledFrom(pieces)).Draw(t, "pieces") {
			sql += p
			if rapid.Bool().Draw(t, "space") {
				sql += " "
			}
		}
		if got := sqltoken.Join(sqltoken.Cut(sql)); got != sql {
			t.Fatalf("%q became %q", sql, got)
		}
		flat(sql, ofExpressions)
		parseTable(sql)
		parseTable("CREATE TABLE `t` (" + sql)
		privileges{}.add("GRANT "+sql, true)
		for _, k := range []Kind{View, Procedure, Trigger, Event} {
			o := &object{kind: k}
			if o.parse("CREATE DEFINER="+sql) == nil {
				o.create("a@b", "ENABLE")
				o.text()
				if k == View {
					o.query()
				}
			}
		}
	})
}

// TestDocumented: the page about this has every ID that a finding can have.
func TestDocumented(t *testing.T) {
	page, err := os.ReadFile("../../docs/verify-schema.md")
	if err != nil {
		t.Fatal(err)
	}
	documented := map[string]bool{}
	for _, m := range regexp.MustCompile("`([a-z]+(?:-[a-z]+)+)`").FindAllStringSubmatch(string(page), -1) {
		documented[m[1]] = true
	}
	ids := map[string]bool{}
	for _, c := range kinds {
		for _, w := range strings.Fields(c.want) {
			ids[w] = true
		}
	}
	for _, c := range accountCases {
		for _, w := range strings.Fields(c.want) {
			ids[w] = true
		}
	}
	checked := 0
	for id := range ids {
		kind, _, _ := strings.Cut(id, "-")
		if !regexp.MustCompile(`^[a-z]+(-[a-z]+)+$`).MatchString(id) || slices.Contains([]string{"function", "view", "trigger", "event"}, kind) {
			continue
		}
		checked++
		if !documented[id] {
			t.Errorf("docs/verify-schema.md lacks %s", id)
		}
	}
	if checked < 40 {
		t.Errorf("%d IDs only", checked)
	}
}
