package applier

import (
	"testing"

	"tandem/internal/change"
)

func TestPinCollation(t *testing.T) {
	t.Parallel()
	const pin = " COLLATE utf8mb4_general_ci"
	for _, test := range []struct{ sql, want string }{
		{"ALTER TABLE a MODIFY c VARCHAR(40) CHARACTER SET utf8mb4", "ALTER TABLE a MODIFY c VARCHAR(40) CHARACTER SET utf8mb4" + pin},
		{"ALTER TABLE a CONVERT TO CHARACTER SET utf8mb4", "ALTER TABLE a CONVERT TO CHARACTER SET utf8mb4" + pin},
		{"CREATE DATABASE d DEFAULT CHARSET = UTF8MB4", "CREATE DATABASE d DEFAULT CHARSET = UTF8MB4" + pin},
		{
			"CREATE TABLE t (a VARCHAR(9) CHARACTER SET utf8mb4 NOT NULL, b TEXT CHARACTER SET 'utf8mb4' COLLATE utf8mb4_bin) CHARSET=utf8mb4 COMMENT 'CHARSET utf8mb4, x'",
			"CREATE TABLE t (a VARCHAR(9) CHARACTER SET utf8mb4" + pin + " NOT NULL, b TEXT CHARACTER SET 'utf8mb4' COLLATE utf8mb4_bin) CHARSET=utf8mb4" + pin + " COMMENT 'CHARSET utf8mb4, x'",
		},
		{"CREATE TABLE t (a INT) COLLATE=utf8mb4_bin CHARSET=utf8mb4", ""},
		{"CREATE TABLE t (a INT) CHARSET=latin1", ""},
		{"CREATE TABLE utf8mb4 (`charset utf8mb4` INT /* CHARSET utf8mb4 */, b TEXT DEFAULT 'it''s \\' CHARSET utf8mb4') -- CHARSET utf8mb4", ""},
		{"CREATE TABLE t (a CHAR(3) AS (CAST(b AS CHAR CHARACTER SET utf8mb4)))", ""},
		{"CREATE TABLE t (a INT) /*!40100 DEFAULT CHARSET=utf8mb4 */", "CREATE TABLE t (a INT) /*!40100 DEFAULT CHARSET=utf8mb4" + pin + " */"},
		{"CREATE TABLE t (a TEXT COMMENT 'open", ""},
	} {
		want := test.want
		if want == "" {
			want = test.sql
		}
		for _, id := range []uint16{0, generalCI} {
			if got := pinCollation(&change.Statement{SQL: test.sql, UTF8MB4Collation: id}); got != want {
				t.Errorf("collation %d:\n%s\nwant\n%s", id, got, want)
			}
		}
		if got := pinCollation(&change.Statement{SQL: test.sql, UTF8MB4Collation: 255}); got != test.sql {
			t.Errorf("a statement of MySQL 8.0 has been changed to %s", got)
		}
	}
	st := &change.Statement{SQL: `ALTER TABLE t ADD a TEXT DEFAULT '\', ADD b TEXT CHARSET utf8mb4`, SQLMode: noBackslashEscapes}
	if got := pinCollation(st); got != st.SQL+pin {
		t.Errorf("without backslash escapes: %s", got)
	}
}

func FuzzPinCollation(f *testing.F) {
	f.Add("CREATE TABLE t (a TEXT CHARSET utf8mb4 /* x */) CHARSET=utf8mb4")
	f.Add("'\\'--\"`/*!4")
	f.Fuzz(func(t *testing.T, sql string) {
		if got := pinCollation(&change.Statement{SQL: sql}); len(got) < len(sql) {
			t.Errorf("%q has become %q", sql, got)
		}
	})
}
