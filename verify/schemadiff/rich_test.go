package schemadiff

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tandem/internal/sandbox/sandboxtest"
)

// rich holds what versions print in different ways.
var rich = []string{
	`CREATE TABLE all_types (
		id int unsigned NOT NULL AUTO_INCREMENT, t1 tinyint, t2 tinyint unsigned, b1 tinyint(1) NOT NULL DEFAULT 0, b2 tinyint(1) unsigned, s smallint, m mediumint unsigned,
		i int(5) zerofill DEFAULT 7, bi bigint, bu bigint unsigned NOT NULL DEFAULT 18446744073709551615,
		d decimal(65,30) DEFAULT 0.5, d2 decimal(10) NOT NULL DEFAULT 0, d3 numeric(5,2) unsigned zerofill DEFAULT 1.1, f float DEFAULT 0.1, fd float(7,3) DEFAULT 1e3, db double DEFAULT 1e-30, dd double(10,4) unsigned DEFAULT -0,
		y year DEFAULT 2001, y4 year(4), da date DEFAULT '0000-00-00', ti time(3) DEFAULT '-838:59:59', ti0 time, dt datetime(6) DEFAULT CURRENT_TIMESTAMP(6) ON UPDATE CURRENT_TIMESTAMP(6),
		dn datetime DEFAULT NOW() ON UPDATE NOW(), dl datetime DEFAULT LOCALTIME, dz datetime NOT NULL DEFAULT '0000-00-00 00:00:00',
		bit1 bit(1) DEFAULT b'1', bit64 bit(64) DEFAULT b'101', c char(20) DEFAULT 'CURRENT_TIMESTAMP', c0 char(0), vc varchar(255) DEFAULT '', vn varchar(9) DEFAULT 'NULL',
		vb varbinary(300) DEFAULT 'a\\b''c', bin binary(16) DEFAULT 'abc', bz binary(3) NOT NULL DEFAULT '\0\0\0', bx varbinary(4) DEFAULT 'A\0B', em varchar(9) CHARACTER SET utf16 DEFAULT 'what?',
		tt tinytext, tx text, mt mediumtext, lt longtext, tb tinyblob, bl blob, mb mediumblob, lb longblob,
		e enum('x','y') DEFAULT 'y', st set('a','b','c') NOT NULL DEFAULT 'a,c', ej enum('a,b','it''s','back\\slash','','日本語') DEFAULT '日本語',
		g geometry, p point NOT NULL, ls linestring, gc geometrycollection, nat national varchar(10), lo long varchar,
		PRIMARY KEY (id)) ENGINE=InnoDB AUTO_INCREMENT=4711 DEFAULT CHARSET=utf8mb4 COMMENT='it''s; \\ 表'`,
	`CREATE TABLE timestamps (
		a int PRIMARY KEY, t1 timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP,
		t2 timestamp NOT NULL DEFAULT '0000-00-00 00:00:00', t3 timestamp NULL DEFAULT NULL, t4 timestamp(6) NOT NULL DEFAULT '2020-02-02 02:02:02.000002') ENGINE=InnoDB`,
	`CREATE TABLE implicit_timestamps (a int PRIMARY KEY, t1 timestamp, t2 timestamp, t3 timestamp(3) NULL) ENGINE=InnoDB`,
	"CREATE TABLE charsets (id int PRIMARY KEY, a varchar(10) CHARACTER SET latin1 DEFAULT 'é', b varchar(10) CHARACTER SET latin1 COLLATE latin1_bin COMMENT 'コメント', " +
		"c varchar(10) CHARACTER SET utf8 DEFAULT 'ゼロ', d varchar(10) CHARACTER SET utf8 COLLATE utf8_unicode_ci, e varchar(10) CHARACTER SET utf8mb4, f varchar(10) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin, " +
		"g text CHARACTER SET ucs2, h varchar(10) CHARACTER SET utf16 DEFAULT 'x', k varchar(10) CHARACTER SET binary DEFAULT 'k', l char(4) CHARACTER SET ascii, m varchar(10)) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci",
	"CREATE TABLE charset_utf8 (a varchar(10) PRIMARY KEY, b text) ENGINE=InnoDB DEFAULT CHARSET=utf8",
	"CREATE TABLE charset_binary (a varchar(10) PRIMARY KEY, b char(3) DEFAULT 'x', c text) ENGINE=InnoDB DEFAULT CHARSET=binary",
	"CREATE TABLE `quo``te'd \"na\\me` (`c``1` int, `c'2` int, `c,4` varchar(3), `(c5)` int, `CHARACTER SET` varchar(5) CHARACTER SET utf8, `DEFAULT (` int DEFAULT 3, PRIMARY KEY (`c``1`,`c,4`), KEY `k``1` (`(c5)`), KEY `KEY (` (`c'2`)) ENGINE=InnoDB",
	`CREATE TABLE indexes (a int NOT NULL, b varchar(100) NOT NULL, c text, d blob, e int, f char(5) NOT NULL, PRIMARY KEY (b(10),a), UNIQUE KEY u1 (a), UNIQUE KEY u2 (e),
		KEY k1 (c(20)) COMMENT 'it''s', KEY k2 (d(7),e) USING BTREE, KEY k3 (f) USING HASH, FULLTEXT KEY ft (c)) ENGINE=InnoDB`,
	"CREATE TABLE no_key (a int, b varchar(10)) ENGINE=InnoDB",
	`CREATE TABLE part_range (id int NOT NULL, d date NOT NULL, PRIMARY KEY (id,d)) ENGINE=InnoDB
		PARTITION BY RANGE (YEAR(d)) SUBPARTITION BY HASH (id) SUBPARTITIONS 2 (PARTITION p0 VALUES LESS THAN (2000) COMMENT = 'old ones', PARTITION p1 VALUES LESS THAN MAXVALUE)`,
	`CREATE TABLE part_days (id int NOT NULL, D date NOT NULL, PRIMARY KEY (id,d)) ENGINE=InnoDB
		PARTITION BY RANGE (TO_DAYS(D) ) (PARTITION p0 VALUES LESS THAN (to_days('2020-01-01')), PARTITION p1 VALUES LESS THAN (MAXVALUE))`,
	"CREATE TABLE part_list (id int NOT NULL, c varchar(5) NOT NULL, PRIMARY KEY (id,c)) ENGINE=InnoDB PARTITION BY LIST COLUMNS (c) (PARTITION pa VALUES IN ('a','b''c'), PARTITION pb VALUES IN ('日'))",
	"CREATE TABLE part_columns (id int NOT NULL, c varchar(5) NOT NULL, PRIMARY KEY (id,c)) ENGINE=InnoDB PARTITION BY RANGE COLUMNS (c,id) (PARTITION pa VALUES LESS THAN ('a',3), PARTITION pb VALUES LESS THAN (MAXVALUE,MAXVALUE))",
	"CREATE TABLE part_key (id int NOT NULL PRIMARY KEY, c varchar(5)) ENGINE=InnoDB PARTITION BY KEY (id) PARTITIONS 3",
	"CREATE TABLE part_key0 (id int NOT NULL PRIMARY KEY, c varchar(5)) ENGINE=InnoDB PARTITION BY KEY () PARTITIONS 3",
	"CREATE TABLE part_linear (id int NOT NULL PRIMARY KEY, c varchar(5)) ENGINE=InnoDB PARTITION BY LINEAR HASH (id + 1) PARTITIONS 4",
	"CREATE TABLE parent (id bigint unsigned PRIMARY KEY, code char(4) CHARACTER SET ascii NOT NULL, loose int, KEY (loose), UNIQUE KEY (code)) ENGINE=InnoDB",
	`CREATE TABLE child (id int PRIMARY KEY, parent bigint unsigned, code char(4) CHARACTER SET ascii, self int, loose int,
		CONSTRAINT fk_p FOREIGN KEY (parent) REFERENCES parent (id) ON DELETE CASCADE ON UPDATE SET NULL, FOREIGN KEY (code) REFERENCES parent (code) ON UPDATE CASCADE,
		CONSTRAINT fk_l FOREIGN KEY (loose) REFERENCES parent (loose) ON UPDATE NO ACTION, CONSTRAINT fk_self FOREIGN KEY (self) REFERENCES child (id) ON DELETE RESTRICT) ENGINE=InnoDB`,
	"CREATE TABLE compressed (a int PRIMARY KEY, b text) ENGINE=InnoDB ROW_FORMAT=COMPRESSED KEY_BLOCK_SIZE=8",
	"CREATE TABLE redundant (a int PRIMARY KEY, b text) ENGINE=InnoDB ROW_FORMAT=REDUNDANT",
	"CREATE TABLE dynamic (a int PRIMARY KEY, b text) ENGINE=InnoDB ROW_FORMAT=DYNAMIC",
	"INSERT INTO all_types (id, p) VALUES (NULL, POINT(1,2))",
}

// richModern is what 5.6 does not have.
var richModern = []string{
	"CREATE TABLE `spatial` (a int PRIMARY KEY, g geometry NOT NULL SRID 4326, p point NOT NULL SRID 0, SPATIAL KEY (g), SPATIAL KEY (p)) ENGINE=InnoDB",
	"CREATE TABLE json_vector (a int PRIMARY KEY, j json DEFAULT (json_object('a', 1)), v vector(3), v2 vector) ENGINE=InnoDB",
	`CREATE TABLE ` + "`generated`" + ` (a int PRIMARY KEY, s varchar(20), v varchar(20) GENERATED ALWAYS AS (concat(s, _utf8mb4'x,)', 'it''s \\')) VIRTUAL, st int AS (a * 2) STORED NOT NULL,
		u varchar(9) CHARACTER SET latin1 AS (left(s, 9)) STORED COMMENT 'DEFAULT (1)', j json, n int AS (json_unquote(json_extract(j, '$."a,b"'))) VIRTUAL, UNIQUE KEY (st), KEY (v)) ENGINE=InnoDB`,
	`CREATE TABLE functional_index (a int PRIMARY KEY, s varchar(20), j json, UNIQUE KEY f1 ((lower(s))), KEY f2 ((a + 1) DESC, s), KEY f3 ((cast(j->'$.tags' as unsigned array)))) ENGINE=InnoDB`,
	"CREATE TABLE descending (a int NOT NULL, b int NOT NULL, c text, PRIMARY KEY (a DESC, b), KEY (b DESC) INVISIBLE, FULLTEXT KEY n (c) WITH PARSER ngram) ENGINE=InnoDB",
	"CREATE TABLE invisible (a int PRIMARY KEY, b int INVISIBLE DEFAULT 3, c int) ENGINE=InnoDB",
	"CREATE TABLE checks (a int PRIMARY KEY, b int CHECK (b > 0), s varchar(9), CONSTRAINT named CHECK (s <> ')' and s <> 'CHARACTER SET') NOT ENFORCED) ENGINE=InnoDB",
	"CREATE TABLE expression_defaults (a binary(16) PRIMARY KEY DEFAULT (uuid_to_bin(uuid())), d date DEFAULT (curdate() + interval 1 day), t text DEFAULT ('a''b\\\\c'), n int DEFAULT (1), x double DEFAULT (rand()), n1 datetime DEFAULT (now() + interval 1 day), n2 datetime DEFAULT (now()), n3 varchar(30) DEFAULT (current_timestamp()), n4 timestamp DEFAULT (current_timestamp() - interval 1 day)) ENGINE=InnoDB",
	"CREATE TABLE utf8mb4_0900 (a varchar(10) COLLATE utf8mb4_0900_as_cs PRIMARY KEY, b varchar(3) COLLATE utf8mb4_ja_0900_as_cs_ks, c enum('🚚','a')) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_0900_ai_ci",
}

// richObjects are what the handover creates.
var richObjects = []string{
	"CREATE FUNCTION f1(x INT(11), s VARCHAR(10) CHARACTER SET utf8) RETURNS VARCHAR(20) CHARSET utf8mb4 DETERMINISTIC NO SQL COMMENT 'it''s' RETURN concat('f;', x, s)",
	"CREATE FUNCTION f2() RETURNS INT(11) UNSIGNED NOT DETERMINISTIC READS SQL DATA SQL SECURITY INVOKER BEGIN DECLARE n INT(11); SELECT COUNT(*) INTO n FROM all_types; RETURN n; END",
	"CREATE PROCEDURE p1(IN a INT, OUT b DECIMAL(10,2), INOUT c TEXT) MODIFIES SQL DATA\nBEGIN\n  -- a comment; with 'quote\n  DECLARE EXIT HANDLER FOR SQLEXCEPTION ROLLBACK;\n  IF a > 0 THEN UPDATE no_key SET a = a + 1 WHERE b = \"x\"; END IF; # DEFINER=`x`@`y`\n  SET b = 1.5; SET c = '🚚';\nEND",
	"CREATE VIEW v1 AS SELECT id, concat(c, 'x') AS Total, IFNULL(e, 'n') n FROM all_types WHERE (id > 3 AND t1 IN (1,2)) OR NOT b1",
	"CREATE ALGORITHM=MERGE SQL SECURITY INVOKER VIEW v2 (`a b`, z) AS SELECT p.id, COUNT(*) FROM parent p LEFT JOIN child c ON c.parent = p.id AND c.self IS NULL GROUP BY p.id HAVING COUNT(*) > 1 ORDER BY 2 DESC LIMIT 5",
	"CREATE VIEW v3 AS SELECT a, b FROM no_key WHERE a < 10 WITH LOCAL CHECK OPTION",
	"CREATE VIEW v4 AS SELECT * FROM v1 WHERE id IN (SELECT id FROM child) UNION ALL SELECT 1, DATE_FORMAT(NOW(), '%Y'), CASE WHEN f2() = 1 THEN 'a' ELSE CAST(1 AS DECIMAL(5,2)) END",
	"CREATE VIEW v5 AS SELECT x.id + 1 AS one, x.id * (x.id - 2) AS two, x.da BETWEEN '2020-01-01' AND CURDATE() + INTERVAL 1 DAY AS three, x.c LIKE 'a%' AS four, SUM(DISTINCT x.bi) AS five FROM all_types x JOIN (parent y, child z) ON y.id = z.parent GROUP BY x.id, x.da, x.c",
	"CREATE TRIGGER `tr``1` BEFORE INSERT ON no_key FOR EACH ROW SET NEW.a = NEW.a + 1, NEW.b = '🚚'",
	"CREATE TRIGGER {db}.tr2 AFTER UPDATE ON {db}.no_key FOR EACH ROW BEGIN IF NEW.a <> OLD.a THEN INSERT INTO child (id) VALUES (NEW.a); END IF; END",
	"SET SESSION sql_mode='ANSI_QUOTES,STRICT_TRANS_TABLES'",
	"CREATE PROCEDURE p2() BEGIN SELECT \"a\", 'DEFINER' FROM \"no_key\"; END",
	"SET SESSION time_zone='+09:00'",
	"CREATE EVENT e1 ON SCHEDULE EVERY 1 DAY STARTS '2020-01-01 03:00:00' ON COMPLETION PRESERVE ENABLE COMMENT 'DISABLE' DO DELETE FROM no_key WHERE b = 'ENABLE'",
	"SET SESSION time_zone='+00:00', sql_mode=''",
	"CREATE EVENT e2 ON SCHEDULE EVERY '1:30' HOUR_MINUTE DISABLE DO BEGIN DELETE FROM no_key; END",
}

var versions = []struct {
	name   string
	pair   func(testing.TB) *sandboxtest.SharedPair
	modern bool
}{{"9.7 to 9.7", sandboxtest.Shared, true}, {"5.6 to 9.7", sandboxtest.Shared56, false}}

// TestRichSchemas: what tandem makes of a schema is the same, whatever the
// version; and the statements that are to be run at the handover make what the
// source has.
func TestRichSchemas(t *testing.T) {
	for _, c := range versions {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, c.pair)
			r.run(r.source, append([]string{"SET SESSION foreign_key_checks=0 /*!80400 , restrict_fk_on_non_standard_key=OFF */"}, rich...)...)
			if c.modern {
				r.run(r.source, richModern...)
			}
			r.create()
			if bad := r.compare(r.config()); len(bad) > 0 {
				show(t, bad)
				t.Fatal("the tables are found to differ")
			}
			r.run(r.source, richObjects...)
			missing := r.compare(r.config())
			ids := map[string]int{}
			for _, f := range missing {
				ids[f.ID]++
			}
			want := map[string]int{"view-missing": 5, "procedure-missing": 2, "function-missing": 2, "trigger-missing": 2, "event-missing": 2}
			if d := cmp.Diff(want, ids); d != "" {
				show(t, missing)
				t.Fatal(d)
			}
			r.fix(missing)
			left := r.compare(r.config())
			show(t, left)
			if bad := above(left, Info); len(bad) > 0 {
				t.Error("the objects are found to differ")
			}
		})
	}
}

// TestFixesMakeRichTables: the statements for missing tables make them as they
// are on the source.
func TestFixesMakeRichTables(t *testing.T) {
	for _, c := range versions {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, c.pair)
			r.run(r.source, append([]string{"SET SESSION foreign_key_checks=0 /*!80400 , restrict_fk_on_non_standard_key=OFF */"}, rich...)...)
			if c.modern {
				r.run(r.source, richModern...)
			}
			r.run(r.source, "ALTER TABLE all_types ADD COLUMN bytes varbinary(9) NULL DEFAULT X'00FF', ADD COLUMN far varchar(9) CHARACTER SET utf8mb4 DEFAULT '🚚?'")
			missing := r.compare(r.config())
			r.fix(missing)
			if left := r.compare(r.config()); len(left) > 0 {
				show(t, missing)
				show(t, left)
				t.Error("what the statements made differs")
			}
		})
	}
}

// TestDefaultsThatCannotBePrinted: old servers print such defaults with question
// marks; a table that somebody has made from what they print is found.
func TestDefaultsThatCannotBePrinted(t *testing.T) {
	for _, c := range versions {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, c.pair)
			r.run(r.source, "CREATE TABLE d (id int PRIMARY KEY, a varbinary(4) DEFAULT X'00FF', b varchar(9) CHARACTER SET utf8mb4 DEFAULT '🚚') ENGINE=InnoDB")
			r.run(r.target, "CREATE DATABASE {db}", "ALTER DATABASE {db} CHARACTER SET utf8mb4")
			r.run(r.target, "CREATE TABLE d (id int PRIMARY KEY, a varbinary(4) DEFAULT X'003F', b varchar(9) CHARACTER SET utf8mb4 DEFAULT '?') ENGINE=InnoDB")
			found := r.compare(r.config())
			seen := map[string]bool{}
			for _, f := range found {
				seen[f.ID+" "+strings.TrimPrefix(f.Object, r.Database+".")] = true
			}
			if !seen["column-default d.a"] || !seen["column-default d.b"] {
				show(t, found)
				t.Fatal("the defaults are taken for the same")
			}
			r.fix(found)
			if left := r.compare(r.config()); len(left) > 0 {
				show(t, left)
				t.Error("the statements did not make them the same")
			}
		})
	}
}
