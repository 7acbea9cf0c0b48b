package schemadiff

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tandem/internal/sandbox/sandboxtest"
)

// baseTables are the tables for differences to be made in. Each case gets those
// that it names.
var baseTables = []struct{ name, sql string }{
	{"parent", `CREATE TABLE parent (id int PRIMARY KEY, code int NOT NULL, UNIQUE KEY code (code)) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin`},
	{"t", `CREATE TABLE t (id int NOT NULL AUTO_INCREMENT, a int NOT NULL DEFAULT 5, b varchar(20) DEFAULT 'x', c datetime(3) DEFAULT CURRENT_TIMESTAMP(3) ON UPDATE CURRENT_TIMESTAMP(3),
		d decimal(10,2), e enum('p','q'), v int GENERATED ALWAYS AS (a + 1) VIRTUAL, s int GENERATED ALWAYS AS (a * 2) STORED,
		x varchar(9) DEFAULT (concat('a', 'b')), h int INVISIBLE, w varchar(9) CHARACTER SET latin1 COMMENT 'w', f varbinary(4) DEFAULT X'00FF', m varchar(9) DEFAULT '🚚', p int,
		PRIMARY KEY (id), UNIQUE KEY u (a, b), KEY k (b(5)), KEY dsc (d DESC), KEY fn ((lower(b))), KEY vis (e) COMMENT 'vis', KEY fk (p),
		CONSTRAINT fk FOREIGN KEY (p) REFERENCES parent (id) ON DELETE CASCADE ON UPDATE RESTRICT,
		CONSTRAINT positive CHECK (a > 0)) ENGINE=InnoDB AUTO_INCREMENT=50 DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin COMMENT='t'`},
	{"pt", `CREATE TABLE pt (id int PRIMARY KEY) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin PARTITION BY RANGE (id) (PARTITION p0 VALUES LESS THAN (10), PARTITION p1 VALUES LESS THAN (20))`},
	{"rf", `CREATE TABLE rf (id int PRIMARY KEY, n int NOT NULL) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin ROW_FORMAT=DYNAMIC`},
	{"geo", `CREATE TABLE geo (id int PRIMARY KEY, g geometry NOT NULL SRID 4326, SPATIAL KEY sp (g)) ENGINE=InnoDB`},
	{"gk", `CREATE TABLE gk (id int PRIMARY KEY, a int, s int GENERATED ALWAYS AS (a * 2) STORED, KEY ks (s, a), UNIQUE KEY us (s)) ENGINE=InnoDB`},
	{"ft", `CREATE TABLE ft (id int PRIMARY KEY, b text, FULLTEXT KEY ft (b)) ENGINE=InnoDB`},
}

// baseObjects are given to the cases about objects.
var baseObjects = []string{
	"CREATE VIEW v AS SELECT id, code FROM parent WHERE code > 1",
	"CREATE PROCEDURE p(IN x INT) BEGIN UPDATE parent SET code = x; END",
	"CREATE FUNCTION f(x INT) RETURNS INT DETERMINISTIC RETURN x + 1",
	"CREATE EVENT ev ON SCHEDULE EVERY 1 DAY STARTS '2030-01-01 00:00:00' DISABLE DO DELETE FROM parent",
	"CREATE TRIGGER tr BEFORE INSERT ON parent FOR EACH ROW SET NEW.code = NEW.code + 1",
}

// baseOf returns what both sides of a case have at first.
func baseOf(want string, statements []string) []string {
	text := want + strings.Join(statements, " ")
	base := []string{"SET SESSION foreign_key_checks=0, collation_connection=utf8mb4_general_ci"}
	whole := strings.Contains(want, "database-")
	for _, b := range baseTables {
		if whole || b.name == "parent" || regexp.MustCompile(`\b`+b.name+`\b`).MatchString(text) {
			base = append(base, b.sql)
		}
	}
	for _, kind := range []string{"view", "procedure", "function", "event", "trigger"} {
		if whole || strings.Contains(strings.ToLower(text), kind) {
			return append(base, baseObjects...)
		}
	}
	return base
}

// kinds make one difference each, and name the one finding there must be.
var kinds = []struct {
	want   string   // severity, ID and object
	change []string // on the target
	source []string // on the source
	// left is what the fix leaves.
	left string
}{
	{want: "mismatch database-collation {db}", change: []string{"ALTER DATABASE {db} CHARACTER SET latin1"}},
	{want: "mismatch database-missing {db} mismatch table-missing {db}.ft mismatch table-missing {db}.geo mismatch table-missing {db}.gk mismatch table-missing {db}.parent mismatch table-missing {db}.pt mismatch table-missing {db}.rf mismatch table-missing {db}.t " +
		"warn procedure-missing {db}.p warn function-missing {db}.f warn view-missing {db}.v warn trigger-missing {db}.tr warn event-missing {db}.ev", change: []string{"DROP DATABASE {db}"}},
	{want: "mismatch database-extra {db}", source: []string{"DROP DATABASE {db}"}, left: "warn nothing-compared *"},
	{want: "mismatch table-missing {db}.pt", change: []string{"DROP TABLE pt"}},
	{want: "mismatch table-extra {db}.more", change: []string{"CREATE TABLE more (id int PRIMARY KEY)"}},
	{want: "mismatch table-engine {db}.rf", change: []string{"ALTER TABLE rf ENGINE=MyISAM"}},
	{want: "mismatch table-collation {db}.rf", change: []string{"ALTER TABLE rf DEFAULT CHARSET latin1"}},
	{want: "warn table-row-format {db}.rf", change: []string{"ALTER TABLE rf ROW_FORMAT=COMPACT"}},
	{want: "info table-row-format {db}.parent", source: []string{"ALTER TABLE parent ROW_FORMAT=COMPRESSED KEY_BLOCK_SIZE=4"}},
	{want: "info table-comment {db}.t", change: []string{"ALTER TABLE t COMMENT='it''s \\\\ another'"}},

	{want: "mismatch column-missing {db}.t.h", change: []string{"ALTER TABLE t DROP COLUMN h"}},
	{want: "mismatch column-missing {db}.t.first", source: []string{"ALTER TABLE t ADD COLUMN first timestamp NOT NULL DEFAULT '0000-00-00 00:00:00' FIRST"}},
	{want: "mismatch column-extra {db}.t.more", change: []string{"ALTER TABLE t ADD COLUMN more int"}},
	{want: "mismatch column-order {db}.t", change: []string{"ALTER TABLE t MODIFY COLUMN m varchar(9) DEFAULT '🚚' FIRST"}},
	{want: "mismatch column-order {db}.parent", change: []string{"ALTER TABLE parent MODIFY COLUMN code int NOT NULL FIRST"}},
	{want: "mismatch column-type {db}.t.d", change: []string{"ALTER TABLE t MODIFY COLUMN d decimal(12,2)"}},
	{want: "mismatch column-type {db}.t.b", change: []string{"ALTER TABLE t MODIFY COLUMN b varchar(21) DEFAULT 'x'"}},
	{want: "mismatch column-type {db}.parent.code", change: []string{"ALTER TABLE parent MODIFY COLUMN code int unsigned NOT NULL"}},
	{want: "mismatch column-type {db}.parent.code", source: []string{"ALTER TABLE parent MODIFY COLUMN code int(7) unsigned zerofill NOT NULL"}, change: []string{"ALTER TABLE parent MODIFY COLUMN code int unsigned NOT NULL"}},
	{want: "mismatch column-type {db}.t.e", change: []string{"ALTER TABLE t MODIFY COLUMN e enum('q','p')"}},
	{want: "mismatch column-charset {db}.t.w", change: []string{"ALTER TABLE t MODIFY COLUMN w varchar(9) CHARACTER SET latin1 COLLATE latin1_bin COMMENT 'w'"}},
	{want: "mismatch column-charset {db}.t.e", change: []string{"ALTER TABLE t MODIFY COLUMN e enum('p','q') CHARACTER SET utf8mb3"}},
	{want: "mismatch column-null {db}.t.d", change: []string{"ALTER TABLE t MODIFY COLUMN d decimal(10,2) NOT NULL"}},
	{want: "mismatch column-default {db}.t.a", change: []string{"ALTER TABLE t ALTER COLUMN a SET DEFAULT 6"}},
	{want: "mismatch column-default {db}.t.a", change: []string{"ALTER TABLE t ALTER COLUMN a DROP DEFAULT"}},
	{want: "mismatch column-default {db}.t.b", change: []string{"ALTER TABLE t ALTER COLUMN b SET DEFAULT 'X'"}},
	{want: "mismatch column-default {db}.t.b", change: []string{"ALTER TABLE t ALTER COLUMN b SET DEFAULT 'NULL'"}, source: []string{"ALTER TABLE t ALTER COLUMN b SET DEFAULT NULL"}},
	{want: "mismatch column-default {db}.t.x", change: []string{"ALTER TABLE t ALTER COLUMN x SET DEFAULT (concat('a', 'c'))"}},
	{want: "mismatch column-default {db}.t.x", change: []string{"ALTER TABLE t ALTER COLUMN x SET DEFAULT 'ab'"}},
	{want: "mismatch column-default {db}.t.f", change: []string{"ALTER TABLE t ALTER COLUMN f SET DEFAULT X'00FE'"}},
	{want: "mismatch column-default {db}.t.m", change: []string{"ALTER TABLE t ALTER COLUMN m SET DEFAULT '🚲'"}},
	{want: "mismatch column-default {db}.t.c", change: []string{"ALTER TABLE t MODIFY COLUMN c datetime(3) DEFAULT NULL ON UPDATE CURRENT_TIMESTAMP(3)"}},
	{want: "mismatch column-default {db}.t.c", change: []string{"ALTER TABLE t MODIFY COLUMN c datetime(3) DEFAULT (CURRENT_TIMESTAMP(3) + INTERVAL 1 DAY) ON UPDATE CURRENT_TIMESTAMP(3)"}},
	{want: "mismatch column-on-update {db}.t.c", change: []string{"ALTER TABLE t MODIFY COLUMN c datetime(3) DEFAULT CURRENT_TIMESTAMP(3)"}},
	{want: "mismatch column-auto-increment {db}.parent.id", source: []string{"ALTER TABLE parent MODIFY COLUMN id int NOT NULL AUTO_INCREMENT, DROP KEY code"}, change: []string{"ALTER TABLE parent DROP KEY code"}},
	{want: "mismatch column-generated {db}.t.v", change: []string{"ALTER TABLE t MODIFY COLUMN v int GENERATED ALWAYS AS (a + 2) VIRTUAL"}},
	{want: "mismatch column-generated {db}.t.s", change: []string{"ALTER TABLE t DROP COLUMN s, ADD COLUMN s int AS (a * 2) VIRTUAL AFTER v"}},
	{want: "mismatch column-generated {db}.t.s", change: []string{"ALTER TABLE t MODIFY COLUMN s int"}},
	{want: "mismatch column-generated {db}.gk.s", change: []string{"ALTER TABLE gk DROP COLUMN s, DROP KEY ks, DROP KEY us", "ALTER TABLE gk ADD COLUMN s int AS (a * 2) VIRTUAL, ADD KEY ks (s, a), ADD UNIQUE KEY us (s)"}},
	{want: "mismatch column-srid {db}.geo.g", change: []string{"ALTER TABLE geo DROP KEY sp", "ALTER TABLE geo MODIFY COLUMN g geometry NOT NULL SRID 0", "ALTER TABLE geo ADD SPATIAL KEY sp (g)"}},
	{want: "mismatch column-invisible {db}.t.h", change: []string{"ALTER TABLE t ALTER COLUMN h SET VISIBLE"}},
	{want: "info column-comment {db}.t.w", change: []string{"ALTER TABLE t MODIFY COLUMN w varchar(9) CHARACTER SET latin1 COMMENT 'another'"}},
	{want: "info column-name-case {db}.parent.code", change: []string{"ALTER TABLE parent CHANGE COLUMN code CODE int NOT NULL"}},

	{want: "mismatch key-missing {db}.t.k", change: []string{"ALTER TABLE t DROP KEY k"}},
	{want: "mismatch key-missing {db}.rf.PRIMARY", change: []string{"ALTER TABLE rf DROP PRIMARY KEY"}},
	{want: "mismatch key-missing {db}.t.fn", change: []string{"ALTER TABLE t DROP KEY fn"}},
	{want: "mismatch key-missing {db}.ft.ft", change: []string{"ALTER TABLE ft DROP KEY ft"}},
	{want: "mismatch key-missing {db}.geo.sp", change: []string{"ALTER TABLE geo DROP KEY sp"}},
	{want: "mismatch key-extra {db}.t.more", change: []string{"ALTER TABLE t ADD KEY more (a)"}},
	{want: "mismatch key-different {db}.t.k", change: []string{"ALTER TABLE t DROP KEY k, ADD KEY k (b(6))"}},
	{want: "mismatch key-different {db}.t.u", change: []string{"ALTER TABLE t DROP KEY u, ADD UNIQUE KEY u (b, a)"}},
	{want: "mismatch key-different {db}.t.u", change: []string{"ALTER TABLE t DROP KEY u, ADD KEY u (a, b)"}},
	{want: "mismatch key-different {db}.t.dsc", change: []string{"ALTER TABLE t DROP KEY dsc, ADD KEY dsc (d)"}},
	{want: "mismatch key-different {db}.t.fn", change: []string{"ALTER TABLE t DROP KEY fn, ADD KEY fn ((upper(b)))"}},
	{want: "mismatch key-different {db}.ft.ft", change: []string{"ALTER TABLE ft DROP KEY ft", "ALTER TABLE ft ADD FULLTEXT KEY ft (b) WITH PARSER ngram"}},
	{want: "mismatch key-different {db}.rf.PRIMARY", change: []string{"ALTER TABLE rf DROP PRIMARY KEY, ADD PRIMARY KEY (id, n)"}},
	{want: "mismatch key-visible {db}.t.vis", change: []string{"ALTER TABLE t ALTER INDEX vis INVISIBLE"}},
	{want: "info key-name {db}.t.k", change: []string{"ALTER TABLE t RENAME INDEX k TO k2"}},
	{want: "info key-comment {db}.t.vis", change: []string{"ALTER TABLE t DROP KEY vis, ADD KEY vis (e)"}},

	{want: "mismatch foreign-key-missing {db}.t.fk", change: []string{"ALTER TABLE t DROP FOREIGN KEY fk"}},
	{want: "mismatch foreign-key-extra {db}.rf.more", change: []string{"ALTER TABLE rf ADD CONSTRAINT more FOREIGN KEY (id) REFERENCES parent (id)"}},
	{want: "mismatch foreign-key-different {db}.t.fk", change: []string{"ALTER TABLE t DROP FOREIGN KEY fk", "ALTER TABLE t ADD CONSTRAINT fk FOREIGN KEY (p) REFERENCES parent (id) ON DELETE SET NULL"}},
	{want: "mismatch foreign-key-different {db}.t.fk", change: []string{"ALTER TABLE t DROP FOREIGN KEY fk", "ALTER TABLE t ADD CONSTRAINT fk FOREIGN KEY (p) REFERENCES parent (code) ON DELETE CASCADE"}},
	{want: "info foreign-key-name {db}.t.fk", change: []string{"ALTER TABLE t DROP FOREIGN KEY fk", "ALTER TABLE t ADD CONSTRAINT fk2 FOREIGN KEY (p) REFERENCES parent (id) ON DELETE CASCADE"}},

	{want: "mismatch check-missing {db}.t.positive", change: []string{"ALTER TABLE t DROP CHECK positive"}},
	{want: "mismatch check-extra {db}.t.more", change: []string{"ALTER TABLE t ADD CONSTRAINT more CHECK (a < 100)"}},
	{want: "mismatch check-different {db}.t.positive", change: []string{"ALTER TABLE t DROP CHECK positive, ADD CONSTRAINT positive CHECK (a > 1)"}},
	{want: "mismatch check-enforced {db}.t.positive", change: []string{"ALTER TABLE t ALTER CHECK positive NOT ENFORCED"}},
	{want: "info check-name {db}.t.positive", change: []string{"ALTER TABLE t DROP CHECK positive, ADD CONSTRAINT negative CHECK (a > 0)"}},

	{want: "mismatch partitions {db}.pt", change: []string{"ALTER TABLE pt ADD PARTITION (PARTITION p2 VALUES LESS THAN (30))"}},
	{want: "mismatch partitions {db}.pt", change: []string{"ALTER TABLE pt REMOVE PARTITIONING"}},
	{want: "mismatch partitions {db}.rf", change: []string{"ALTER TABLE rf PARTITION BY KEY () PARTITIONS 2"}},

	{want: "mismatch auto-increment-behind {db}.t", source: []string{"ALTER TABLE t AUTO_INCREMENT=70"}},
	{want: "", change: []string{"ALTER TABLE t AUTO_INCREMENT=70"}},

	{want: "warn view-missing {db}.v", change: []string{"DROP VIEW v"}},
	{want: "mismatch view-extra {db}.more", change: []string{"CREATE VIEW more AS SELECT 1"}},
	{want: "mismatch view-different {db}.v", change: []string{"CREATE OR REPLACE VIEW v AS SELECT id, code FROM parent WHERE code > 2"}},
	{want: "mismatch view-different {db}.v", change: []string{"CREATE OR REPLACE VIEW v AS SELECT id, code FROM parent WHERE code > 1 WITH CHECK OPTION"}},
	{want: "mismatch view-different {db}.v", change: []string{"CREATE OR REPLACE SQL SECURITY INVOKER VIEW v AS SELECT id, code FROM parent WHERE code > 1"}},
	{want: "info view-definer {db}.v", change: []string{"CREATE OR REPLACE DEFINER=app_rails VIEW v AS SELECT id, code FROM parent WHERE code > 1"}},
	{want: "info view-collation {db}.v", change: []string{"SET collation_connection=utf8mb4_bin", "CREATE OR REPLACE VIEW v AS SELECT id, code FROM parent WHERE code > 1"}},
	{want: "", source: []string{"CREATE VIEW broken AS SELECT n FROM rf", "ALTER TABLE rf DROP COLUMN n"}, change: []string{"CREATE VIEW broken AS SELECT n FROM rf", "ALTER TABLE rf DROP COLUMN n"}},

	{want: "warn procedure-missing {db}.p", change: []string{"DROP PROCEDURE p"}},
	{want: "mismatch procedure-extra {db}.more", change: []string{"CREATE PROCEDURE more() SELECT 1"}},
	{want: "mismatch procedure-different {db}.p", change: []string{"DROP PROCEDURE p", "CREATE PROCEDURE p(IN x INT) BEGIN UPDATE parent SET code = x + 1; END"}},
	{want: "mismatch procedure-different {db}.p", change: []string{"DROP PROCEDURE p", "CREATE PROCEDURE p(IN x BIGINT) BEGIN UPDATE parent SET code = x; END"}},
	{want: "mismatch procedure-different {db}.p", change: []string{"ALTER PROCEDURE p SQL SECURITY INVOKER"}},
	{want: "", change: []string{"DROP PROCEDURE p", "CREATE PROCEDURE p(IN x INT)\nBEGIN\n\tUPDATE parent SET code = x; -- with a comment\nEND"}},
	{want: "mismatch procedure-sql-mode {db}.p", change: []string{"DROP PROCEDURE p", "SET sql_mode='STRICT_ALL_TABLES'", "CREATE PROCEDURE p(IN x INT) BEGIN UPDATE parent SET code = x; END"}},
	{want: "info procedure-definer {db}.p", change: []string{"DROP PROCEDURE p", "CREATE DEFINER=app_rails PROCEDURE p(IN x INT) BEGIN UPDATE parent SET code = x; END"}},
	{want: "warn function-missing {db}.f", change: []string{"DROP FUNCTION f"}},
	{want: "mismatch function-extra {db}.more", change: []string{"CREATE FUNCTION more() RETURNS INT DETERMINISTIC RETURN 1"}},
	{want: "mismatch function-different {db}.f", change: []string{"DROP FUNCTION f", "CREATE FUNCTION f(x INT) RETURNS BIGINT DETERMINISTIC RETURN x + 1"}},

	{want: "warn trigger-missing {db}.tr", change: []string{"DROP TRIGGER tr"}},
	{want: "mismatch trigger-extra {db}.more", change: []string{"CREATE TRIGGER more AFTER DELETE ON parent FOR EACH ROW SET @a = 1"}},
	{want: "mismatch trigger-different {db}.tr", change: []string{"DROP TRIGGER tr", "CREATE TRIGGER tr BEFORE INSERT ON parent FOR EACH ROW SET NEW.code = NEW.code + 2"}},
	{want: "mismatch trigger-different {db}.tr", change: []string{"DROP TRIGGER tr", "CREATE TRIGGER tr BEFORE UPDATE ON parent FOR EACH ROW SET NEW.code = NEW.code + 1"}},
	{want: "mismatch trigger-sql-mode {db}.tr", change: []string{"DROP TRIGGER tr", "SET sql_mode=''", "CREATE TRIGGER tr BEFORE INSERT ON parent FOR EACH ROW SET NEW.code = NEW.code + 1"}},
	{want: "mismatch trigger-order {db}.rf BEFORE DELETE", source: []string{"CREATE TRIGGER x BEFORE DELETE ON rf FOR EACH ROW SET @a = 1", "CREATE TRIGGER a BEFORE DELETE ON rf FOR EACH ROW SET @a = 2"},
		change: []string{"CREATE TRIGGER a BEFORE DELETE ON rf FOR EACH ROW SET @a = 2", "CREATE TRIGGER x BEFORE DELETE ON rf FOR EACH ROW SET @a = 1"}},
	{want: "", source: []string{"CREATE TRIGGER x BEFORE DELETE ON rf FOR EACH ROW SET @a = 1", "CREATE TRIGGER a BEFORE DELETE ON rf FOR EACH ROW PRECEDES x SET @a = 2"},
		change: []string{"CREATE TRIGGER a BEFORE DELETE ON rf FOR EACH ROW SET @a = 2", "CREATE TRIGGER x BEFORE DELETE ON rf FOR EACH ROW SET @a = 1"}},
	{want: "", change: []string{"CREATE TRIGGER _tandem_guard AFTER DELETE ON parent FOR EACH ROW SET @a = 1"}},

	{want: "warn event-missing {db}.ev", change: []string{"DROP EVENT ev"}},
	{want: "mismatch event-extra {db}.more", change: []string{"CREATE EVENT more ON SCHEDULE EVERY 1 DAY DISABLE DO SELECT 1"}},
	{want: "mismatch event-different {db}.ev", change: []string{"ALTER EVENT ev ON SCHEDULE EVERY 2 DAY STARTS '2030-01-01 00:00:00'"}},
	{want: "mismatch event-different {db}.ev", change: []string{"DROP EVENT ev", "SET time_zone='+01:00'", "CREATE EVENT ev ON SCHEDULE EVERY 1 DAY STARTS '2030-01-01 00:00:00' DISABLE DO DELETE FROM parent"}},
	{want: "mismatch event-status {db}.ev", change: []string{"ALTER EVENT ev ENABLE"}},
	{want: "mismatch event-sql-mode {db}.ev", change: []string{"DROP EVENT ev", "SET sql_mode=''", "CREATE EVENT ev ON SCHEDULE EVERY 1 DAY STARTS '2030-01-01 00:00:00' DISABLE DO DELETE FROM parent"}},
	{want: "info event-definer {db}.ev", change: []string{"ALTER DEFINER=app_rails EVENT ev DISABLE"}},
	{want: "info event-handover {db}.ev", source: []string{"ALTER EVENT ev ENABLE"}, left: "info event-handover {db}.ev"},
	{want: "mismatch event-both {db}.ev", source: []string{"ALTER EVENT ev ENABLE"}, change: []string{"ALTER EVENT ev ENABLE"}, left: "info event-handover {db}.ev"},
}

// old is what the table t is on MySQL 5.6.
const old = `CREATE TABLE t (id int NOT NULL AUTO_INCREMENT, a int NOT NULL DEFAULT 5, b varchar(20) DEFAULT 'x', c datetime(3) DEFAULT CURRENT_TIMESTAMP(3) ON UPDATE CURRENT_TIMESTAMP(3),
	d decimal(10,2), e enum('p','q'), w varchar(9) CHARACTER SET latin1 COMMENT 'w', f varbinary(4) DEFAULT X'00FF', m varchar(9) DEFAULT '🚚', p int,
	PRIMARY KEY (id), UNIQUE KEY u (a, b), KEY k (b(5)), KEY vis (e) COMMENT 'vis', KEY fk (p),
	CONSTRAINT fk FOREIGN KEY (p) REFERENCES parent (id) ON DELETE CASCADE ON UPDATE RESTRICT) ENGINE=InnoDB AUTO_INCREMENT=50 DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin COMMENT='t'`

// notOld are cases about what 5.6 does not have.
var notOld = regexp.MustCompile(`\.t\.([vxsh]|fn|dsc|positive)\b|geo|gk|check-extra|database-missing|BEFORE DELETE ON rf|VIEW broken`)

// TestKinds: each difference is found, nothing else is, and the statements that
// the finding brings make it go away.
func TestKinds(t *testing.T) {
	for i, c := range kinds {
		t.Run(fmt.Sprintf("%d %s", i, c.want), func(t *testing.T) {
			t.Parallel()
			r := newRig(t, sandboxtest.Shared)
			r.kind(baseOf(c.want, slices.Concat(c.source, c.change)), c.source, c.change, c.want, c.left)
		})
	}
}

// TestKindsFromOld is the same with 5.6 as the source.
func TestKindsFromOld(t *testing.T) {
	for i, c := range kinds {
		if notOld.MatchString(c.want + strings.Join(c.source, " ")) {
			continue
		}
		t.Run(fmt.Sprintf("%d %s", i, c.want), func(t *testing.T) {
			t.Parallel()
			r := newRig(t, sandboxtest.Shared56)
			base := slices.DeleteFunc(baseOf(c.want, slices.Concat(c.source, c.change)), func(s string) bool {
				return strings.Contains(s, "SRID") || strings.Contains(s, "GENERATED") && strings.Contains(s, "gk")
			})
			for i, s := range base {
				if strings.HasPrefix(s, "CREATE TABLE t ") {
					base[i] = old
				}
			}
			// 5.6 starts with its event scheduler off.
			want := strings.ReplaceAll(c.want, "mismatch event-both", "warn event-both")
			r.kind(base, c.source, c.change, want, c.left)
		})
	}
}

func (r *rig) kind(base, source, change []string, want, left string) {
	r.t.Helper()
	r.run(r.target, "CREATE DATABASE {db} CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci")
	r.run(r.source, "ALTER DATABASE {db} CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci")
	r.run(r.source, slices.Concat(base, source)...)
	r.run(r.target, slices.Concat(base, change)...)
	found := r.compare(r.config())
	if d := cmp.Diff(strings.ReplaceAll(want, "{db}", r.Database), brief(found)); d != "" {
		show(r.t, found)
		r.t.Fatalf("findings (-want +got):\n%s", d)
	}
	r.fix(found)
	after := r.compare(r.config())
	if d := cmp.Diff(strings.ReplaceAll(left, "{db}", r.Database), brief(after)); d != "" {
		show(r.t, found)
		show(r.t, after)
		r.t.Fatalf("findings after the fix (-want +got):\n%s", d)
	}
}

// TestLinked: while a link applies changes, what waits for the handover is no
// mismatch, and triggers on both sides are looked at.
func TestLinked(t *testing.T) {
	t.Parallel()
	r := newRig(t, sandboxtest.Shared)
	r.run(r.target, "CREATE DATABASE {db} CHARACTER SET utf8mb4")
	base := baseOf("database-", nil)
	r.run(r.source, append(base, "ALTER TABLE t AUTO_INCREMENT=70")...)
	r.run(r.target, base...)
	config := r.config()
	config.Linked = true
	found := r.compare(config)
	want := strings.ReplaceAll("warn auto-increment-behind {db}.t warn trigger-both {db}.tr", "{db}", r.Database)
	if d := cmp.Diff(want, brief(found)); d != "" {
		show(t, found)
		t.Fatal(d)
	}
	r.fix(found)
	want = strings.ReplaceAll("warn trigger-missing {db}.tr", "{db}", r.Database)
	if d := cmp.Diff(want, brief(r.compare(config))); d != "" {
		t.Error(d)
	}
}

// TestSameOrder: two runs over the same findings give them in the same order.
func TestSameOrder(t *testing.T) {
	t.Parallel()
	r := newRig(t, sandboxtest.Shared)
	r.run(r.source, baseOf("database-", nil)...)
	r.run(r.target, "CREATE DATABASE {db} CHARACTER SET latin1", "USE {db}", "CREATE TABLE t (id bigint, z int, a int, KEY (z))", "CREATE TABLE parent (code int)",
		"CREATE TABLE zz (id int)", "CREATE TABLE rf (id int) PARTITION BY HASH (id)", "CREATE VIEW v AS SELECT 1", "CREATE VIEW v2 AS SELECT 1")
	first := r.compare(r.config())
	for range 5 {
		if d := cmp.Diff(first, r.compare(r.config())); d != "" {
			t.Fatal(d)
		}
	}
	if len(first) < 25 || Worst(first) != Mismatch {
		t.Errorf("%d findings, the worst is %s", len(first), Worst(first))
	}
}
