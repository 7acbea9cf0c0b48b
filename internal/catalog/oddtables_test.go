package catalog

// oddTable is a table that is hard to describe or to create again.
type oddTable struct {
	name string
	sql  string // after "CREATE TABLE <name> "
	// modern is set where 5.6 can not have it.
	modern bool
}

var oddTables = []oddTable{
	{name: "all_types", sql: `(
		id int unsigned NOT NULL AUTO_INCREMENT, t1 tinyint, t2 tinyint unsigned, b1 tinyint(1), s smallint, m mediumint unsigned,
		i int(5) zerofill, bi bigint, bu bigint unsigned NOT NULL DEFAULT 18446744073709551615,
		d decimal(65,30), d2 decimal(10), d3 numeric(5,2) unsigned, f float, fd float(7,3), db double, dd double(10,4) unsigned,
		y year, da date DEFAULT '0000-00-00', ti time(3), ti0 time, dt datetime(6) DEFAULT CURRENT_TIMESTAMP(6) ON UPDATE CURRENT_TIMESTAMP(6),
		bit1 bit(1) DEFAULT b'1', bit64 bit(64), c char(10), c0 char(0), vc varchar(255), vb varbinary(300), bin binary(16),
		tt tinytext, tx text, mt mediumtext, lt longtext, tb tinyblob, bl blob, mb mediumblob, lb longblob,
		e enum('x','y') DEFAULT 'y', st set('a','b','c') NOT NULL DEFAULT 'a,c',
		g geometry, p point, ls linestring, po polygon, mp multipoint, ml multilinestring, mpo multipolygon, gc geometrycollection,
		PRIMARY KEY (id)) ENGINE=InnoDB AUTO_INCREMENT=4711`},
	{name: "timestamps", sql: `(
		a int PRIMARY KEY, t1 timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP,
		t2 timestamp NOT NULL DEFAULT '0000-00-00 00:00:00', t3 timestamp NULL DEFAULT NULL,
		t4 timestamp(6) NOT NULL DEFAULT '2020-02-02 02:02:02.000002', t5 datetime NOT NULL DEFAULT '0000-00-00 00:00:00') ENGINE=InnoDB`},
	{name: "implicit_timestamps", sql: "(a int PRIMARY KEY, t1 timestamp, t2 timestamp) ENGINE=InnoDB"},
	{name: "enums", sql: `(
		id int PRIMARY KEY, e enum('a,b','it''s','back\\slash','new\nline','(paren)','','日本語','"dq"','é') CHARACTER SET utf8mb4 NOT NULL,
		s set('unsigned','ゼロ','x''y','a b') CHARACTER SET utf8, j enum('表','ソ') CHARACTER SET sjis, l enum('é','ß') CHARACTER SET latin1 COLLATE latin1_bin) ENGINE=InnoDB`},
	{name: "charsets", sql: `(
		id int PRIMARY KEY, a varchar(10) CHARACTER SET latin1, b varchar(10) CHARACTER SET latin1 COLLATE latin1_bin,
		c varchar(10) CHARACTER SET utf8, d varchar(10) CHARACTER SET utf8 COLLATE utf8_unicode_ci,
		e varchar(10) CHARACTER SET utf8mb4, f varchar(10) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
		g text CHARACTER SET ucs2, h varchar(10) CHARACTER SET utf16, i char(3) CHARACTER SET ujis, j varchar(9) CHARACTER SET cp932,
		k varchar(10) CHARACTER SET binary, l char(4) CHARACTER SET ascii, m varchar(10)) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci`},
	{name: "charset_default_utf8mb4", sql: "(a varchar(10) PRIMARY KEY, b char(3) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4"},
	{name: "charset_default_utf8", sql: "(a varchar(10) PRIMARY KEY, b text) ENGINE=InnoDB DEFAULT CHARSET=utf8 COLLATE=utf8_bin"},
	{name: "charset_default_binary", sql: "(a varchar(10) PRIMARY KEY, b char(3), c text) ENGINE=InnoDB DEFAULT CHARSET=binary"},
	{name: "charset_default_sjis", sql: "(a varchar(10) PRIMARY KEY, b enum('ソ','表') ) ENGINE=InnoDB DEFAULT CHARSET=sjis"},
	{name: "quo`te'd \"na\\me", sql: "(`c``1` int, `c'2` int, `c\"3` int, `c,4` varchar(3), `(c5)` int, `c 6` int, `CHARACTER SET` varchar(5) CHARACTER SET utf8, PRIMARY KEY (`c``1`,`c,4`), KEY `k``1` (`c 6`,`(c5)`)) ENGINE=InnoDB"},
	{name: "日本 table", sql: "(`番号` int PRIMARY KEY, `名前` varchar(20) CHARACTER SET utf8 COMMENT 'コメント') ENGINE=InnoDB COMMENT='表の\nコメント'"},
	{name: "comments", sql: `(
		a int PRIMARY KEY COMMENT 'line one\nline ''two'' ) CHARACTER SET utf8 -- DATA DIRECTORY', b varchar(3) CHARACTER SET latin1 COMMENT ') ENGINE=MyISAM /* */ \\'
		) ENGINE=InnoDB COMMENT='it''s; DATA DIRECTORY=''/x'' TABLESPACE ts \\ */ ('`},
	{name: "keys", sql: `(
		a int NOT NULL, b varchar(100) NOT NULL, c text, d blob, e int, f char(5) NOT NULL,
		PRIMARY KEY (b(10),a), UNIQUE KEY u1 (a), UNIQUE KEY u2 (e), UNIQUE KEY u3 (b,f), KEY k1 (c(20)), KEY k2 (d(7),e), FULLTEXT KEY ft (c)) ENGINE=InnoDB`},
	{name: "no_primary", sql: "(a int, b varchar(10), UNIQUE KEY (a), KEY (b)) ENGINE=InnoDB"},
	{name: "no_key", sql: "(a int, b varchar(10)) ENGINE=InnoDB"},
	{name: "auto_not_primary", sql: "(a int NOT NULL, b bigint unsigned NOT NULL AUTO_INCREMENT, PRIMARY KEY (a), KEY (b)) ENGINE=InnoDB AUTO_INCREMENT=99"},
	{name: "part_range", sql: `(id int NOT NULL, d date NOT NULL, PRIMARY KEY (id,d)) ENGINE=InnoDB
		PARTITION BY RANGE (YEAR(d)) SUBPARTITION BY HASH (id) SUBPARTITIONS 2 (
		PARTITION p0 VALUES LESS THAN (2000) COMMENT = 'old ones', PARTITION p1 VALUES LESS THAN MAXVALUE)`},
	{name: "part_list", sql: "(id int NOT NULL, c varchar(5) NOT NULL, PRIMARY KEY (id,c)) ENGINE=InnoDB PARTITION BY LIST COLUMNS (c) (PARTITION pa VALUES IN ('a','b''c'), PARTITION pb VALUES IN ('日'))"},
	{name: "part_key", sql: "(id int NOT NULL PRIMARY KEY, c varchar(5)) ENGINE=InnoDB PARTITION BY KEY (id) PARTITIONS 3"},
	{name: "part_linear", sql: "(id int NOT NULL PRIMARY KEY, c varchar(5)) ENGINE=InnoDB PARTITION BY LINEAR HASH (id) PARTITIONS 4"},
	{name: "z_parent", sql: "(id bigint unsigned PRIMARY KEY, code char(4) CHARACTER SET ascii NOT NULL, UNIQUE KEY (code)) ENGINE=InnoDB"},
	{name: "a_child", sql: `(
		id int PRIMARY KEY, parent bigint unsigned, code char(4) CHARACTER SET ascii, self int,
		CONSTRAINT fk_p FOREIGN KEY (parent) REFERENCES z_parent (id) ON DELETE CASCADE ON UPDATE SET NULL,
		FOREIGN KEY (code) REFERENCES z_parent (code) ON UPDATE CASCADE,
		CONSTRAINT fk_self FOREIGN KEY (self) REFERENCES a_child (id) ON DELETE RESTRICT) ENGINE=InnoDB`},
	{name: "compressed", sql: "(a int PRIMARY KEY, b text) ENGINE=InnoDB ROW_FORMAT=COMPRESSED KEY_BLOCK_SIZE=8"},
	{name: "redundant", sql: "(a int PRIMARY KEY, b text) ENGINE=InnoDB ROW_FORMAT=REDUNDANT"},
	{name: "statistics", sql: "(a int PRIMARY KEY, b text) ENGINE=InnoDB STATS_PERSISTENT=0"},
	{name: "max_row", sql: "(a int PRIMARY KEY, b varchar(16000) CHARACTER SET utf8mb4, c varchar(200)) ENGINE=InnoDB DEFAULT CHARSET=latin1"},
	{name: "spatial_index", sql: "(a int PRIMARY KEY, g geometry NOT NULL SRID 4326, p point NOT NULL SRID 0, SPATIAL KEY (g), SPATIAL KEY (p)) ENGINE=InnoDB", modern: true},
	{name: "json_vector", sql: "(a int PRIMARY KEY, j json DEFAULT (json_object('a', 1)), v vector(3), v2 vector) ENGINE=InnoDB", modern: true},
	{name: "generated", sql: `(
		a int PRIMARY KEY, s varchar(20), v varchar(20) GENERATED ALWAYS AS (concat(s, _utf8mb4'x,)') ) VIRTUAL, st int AS (a * 2) STORED NOT NULL,
		u varchar(9) CHARACTER SET latin1 AS (left(s, 9)) STORED, j json, n int AS (json_unquote(json_extract(j, '$."a,b"'))) VIRTUAL, UNIQUE KEY (st), KEY (v)) ENGINE=InnoDB`, modern: true},
	{name: "functional_index", sql: `(a int PRIMARY KEY, s varchar(20), j json, UNIQUE KEY f1 ((lower(s))), KEY f2 ((a + 1) DESC, s), KEY f3 ((cast(j->'$.tags' as unsigned array)))) ENGINE=InnoDB`, modern: true},
	{name: "descending", sql: "(a int NOT NULL, b int NOT NULL, PRIMARY KEY (a DESC, b), KEY (b DESC) INVISIBLE) ENGINE=InnoDB", modern: true},
	{name: "invisible", sql: "(a int PRIMARY KEY, b int INVISIBLE DEFAULT 3, c int) ENGINE=InnoDB", modern: true},
	{name: "checks", sql: "(a int PRIMARY KEY, b int CHECK (b > 0), s varchar(9), CONSTRAINT named CHECK (s <> ')' and s <> 'CHARACTER SET') NOT ENFORCED) ENGINE=InnoDB", modern: true},
	{name: "expression_defaults", sql: "(a binary(16) PRIMARY KEY DEFAULT (uuid_to_bin(uuid())), d date DEFAULT (curdate() + interval 1 day), t text DEFAULT ('abc')) ENGINE=InnoDB", modern: true},
	{name: "page_compressed", sql: "(a int PRIMARY KEY, b text) ENGINE=InnoDB COMPRESSION='zlib' AUTOEXTEND_SIZE=4M", modern: true},
	{name: "own_tablespace", sql: "(a int PRIMARY KEY, b text) ENGINE=InnoDB TABLESPACE=innodb_system", modern: true},
	{name: "utf8mb4_0900", sql: "(a varchar(10) COLLATE utf8mb4_0900_as_cs PRIMARY KEY, b varchar(3) COLLATE utf8mb4_ja_0900_as_cs_ks, c enum('🚚','a')) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_0900_ai_ci", modern: true},
}
