package verify_test

import (
	"bytes"
	"database/sql"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tandem/internal/guard"
	"tandem/internal/sandbox/sandboxtest"
	"tandem/internal/schema"
	"tandem/verify"
)

// TestRepairRows makes faults of every class and repairs them, either way.
func TestRepairRows(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name  string
		table string
		fault []string
		rows  int
	}{
		{"missing, extra, different", "CREATE TABLE t (id INT PRIMARY KEY, v VARCHAR(20), n INT)",
			[]string{"DELETE FROM t WHERE id=1", "INSERT INTO t VALUES (9,'x',9)", "UPDATE t SET n=-n, v=NULL WHERE id=2"}, 3},
		{"unique values that went round", "CREATE TABLE t (id INT PRIMARY KEY, v VARCHAR(20), n INT UNIQUE)",
			[]string{"UPDATE t SET n=n+100", "UPDATE t SET n=IF(id=3,1,id+1)"}, 3},
		{"a unique value of a row that goes", "CREATE TABLE t (id INT PRIMARY KEY, v VARCHAR(20), n INT UNIQUE)",
			[]string{"UPDATE t SET id=7 WHERE id=2"}, 2},
		{"case of a key", "CREATE TABLE t (v VARCHAR(20) COLLATE utf8mb4_general_ci PRIMARY KEY, id INT, n INT)",
			[]string{"UPDATE t SET v='ROW 1' WHERE id=1"}, 1},
		{"case and spaces", "CREATE TABLE t (id INT PRIMARY KEY, v VARCHAR(20) COLLATE utf8mb4_general_ci, n INT)",
			[]string{"UPDATE t SET v='ROW 1' WHERE id=1", "UPDATE t SET v='row 2 ' WHERE id=2"}, 2},
		{"times that set themselves", "CREATE TABLE t (id INT PRIMARY KEY, v VARCHAR(20), n INT, at TIMESTAMP(6) NOT NULL DEFAULT '2001-02-03 04:05:06.7' ON UPDATE CURRENT_TIMESTAMP(6))",
			[]string{"UPDATE t SET v='x', at=at WHERE id=1", "UPDATE t SET at='2030-01-01' WHERE id=2"}, 2},
		{"generated columns", "CREATE TABLE t (id INT PRIMARY KEY, v VARCHAR(20), n INT, d INT AS (n*2) STORED, e INT AS (n+1) VIRTUAL, KEY (d))",
			[]string{"UPDATE t SET n=77 WHERE id=1", "DELETE FROM t WHERE id=2"}, 2},
		{"auto increment and zero", "CREATE TABLE t (id INT PRIMARY KEY AUTO_INCREMENT, v VARCHAR(20), n INT)",
			[]string{"UPDATE t SET id=0 WHERE id=1", "DELETE FROM t WHERE id=3"}, 3},
	} {
		for _, d := range []verify.Direction{verify.SourceToTarget, verify.TargetToSource} {
			t.Run(test.name+" "+string(d), func(t *testing.T) {
				t.Parallel()
				l := newLab(t, sandboxtest.Shared(t), test.table, "INSERT INTO t (id,v,n) VALUES (1,'row 1',1),(2,'row 2',2),(3,'row 3',3)")
				l.onTarget(test.fault...)
				r := l.run()
				count, err := verify.Repair(t.Context(), l.config(), d, r)
				if err != nil {
					t.Fatal(err)
				}
				if r.Judge(false); count.Done != int64(test.rows) || count.Left != 0 || r.Outcome != verify.Equal {
					t.Errorf("repaired %+v, outcome %s, want %d: %v", count, r.Outcome, test.rows, notes(r))
				}
				l.pair.RequireEqual(t)
				if again := l.run(); again.Outcome != verify.Equal {
					t.Errorf("still not equal: %v", lines(again))
				}
				if d == verify.SourceToTarget && l.count(l.source, "SELECT COUNT(*) FROM t WHERE v='row 3' AND n=3") != 1 {
					t.Error("the source was changed")
				}
			})
		}
	}
}

// TestRepairJSON: documents that a server takes for equal.
func TestRepairJSON(t *testing.T) {
	t.Parallel()
	l := newLab(t, sandboxtest.Shared(t), "CREATE TABLE t (id INT PRIMARY KEY, j JSON, f DOUBLE, g FLOAT)",
		`INSERT INTO t VALUES (1,'{"a": 1}',0,0),(2,'{"a": 1.0}',-0e0,-0e0),(3,JSON_OBJECT('a',CAST(1.50 AS DECIMAL(5,2))),1.1,1.1),(4,JSON_ARRAY(CAST('2020-01-01' AS DATE)),-1e-300,16777216)`)
	l.onTarget(`DELETE FROM t`, `INSERT INTO t VALUES (1,'{"a": 1.0}',-0e0,-0e0),(2,'{"a": 1}',0,0),(3,'{"a": 1.50}',1.1000000000000003,1.1000001),(4,'["2020-01-01"]',1e-300,16777217.5)`)
	r := l.run()
	count, err := verify.Repair(t.Context(), l.config(), verify.SourceToTarget, r)
	if err != nil || count.Done != 4 {
		t.Errorf("repaired %+v, %v: %v", count, err, notes(r))
	}
	l.pair.RequireEqual(t)
}

// TestRepairLargeRows: rows that are too large to be kept are read again, and are
// not in the file.
func TestRepairLargeRows(t *testing.T) {
	t.Parallel()
	l := newLab(t, sandboxtest.Shared(t), "CREATE TABLE t (id INT PRIMARY KEY, v LONGBLOB, s LONGTEXT, j JSON)",
		"INSERT INTO t VALUES (1,REPEAT('a',2000000),'x','[1]'),(2,'b',REPEAT('ü',1500000),'[2]'),(3,'c','y',CONCAT('[\"',REPEAT('z',3000000),'\"]')),(4,REPEAT('d',2000000),'','[4]')")
	l.onTarget("DELETE FROM t WHERE id=1", "UPDATE t SET s=CONCAT(s,' ') WHERE id=2", "UPDATE t SET v='C' WHERE id=3", "INSERT INTO t VALUES (5,REPEAT('e',2000000),NULL,NULL)")
	r := l.run()
	var file bytes.Buffer
	if count, err := verify.WriteRepairSQL(&file, r, verify.SourceToTarget, false); err != nil || count.Done != 0 || count.Left != 4 || file.Len() > 10_000 {
		t.Errorf("the file: %+v, %v, %d bytes", count, err, file.Len())
	}
	count, err := verify.Repair(t.Context(), l.config(), verify.SourceToTarget, r)
	if err != nil || count.Done != 4 || count.Left != 0 {
		t.Errorf("repaired %+v, %v: %v", count, err, notes(r))
	}
	l.pair.RequireEqual(t)
}

// TestRepairManyRows: more than are kept, and more than go into one transaction.
func TestRepairManyRows(t *testing.T) {
	t.Parallel()
	l := newLab(t, sandboxtest.Shared(t), "CREATE TABLE wide (id INT PRIMARY KEY, v LONGBLOB)", "CREATE TABLE narrow (id INT PRIMARY KEY, v INT UNIQUE)",
		"INSERT INTO wide WITH RECURSIVE i(n) AS (SELECT 1 UNION ALL SELECT n+1 FROM i WHERE n<60) SELECT n, REPEAT(CHAR(n),200000) FROM i",
		"INSERT INTO narrow WITH RECURSIVE i(n) AS (SELECT 1 UNION ALL SELECT n+1 FROM i WHERE n<2500) SELECT n, n FROM i")
	l.onTarget("UPDATE wide SET v=REVERSE(CONCAT(v,'!'))", "DELETE FROM narrow WHERE id%2=0", "UPDATE narrow SET v=v+5000")
	cfg := l.config()
	cfg.MaxFindings, cfg.ShowValues = 10_000, false
	r, err := verify.Run(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	count, err := verify.Repair(t.Context(), cfg, verify.SourceToTarget, r)
	if err != nil || count.Done != 2560 || count.Left != 0 {
		t.Errorf("repaired %+v, %v", count, err)
	}
	l.pair.RequireEqual(t)
}

// TestRepairForeignKeys: a parent that goes takes no child along.
func TestRepairForeignKeys(t *testing.T) {
	t.Parallel()
	l := newLab(t, sandboxtest.Shared(t), "CREATE TABLE p (id INT PRIMARY KEY, v INT)",
		"CREATE TABLE c (id INT PRIMARY KEY, p INT, FOREIGN KEY (p) REFERENCES p (id) ON DELETE CASCADE ON UPDATE CASCADE)",
		"INSERT INTO p VALUES (1,1),(2,2)", "INSERT INTO c VALUES (1,1),(2,2),(3,2)")
	l.onTarget("DELETE FROM p WHERE id=1", "INSERT INTO p VALUES (9,9)", "INSERT INTO c VALUES (9,9)", "UPDATE p SET v=5 WHERE id=2")
	r := l.run()
	if _, err := verify.Repair(t.Context(), l.config(), verify.SourceToTarget, r); err != nil {
		t.Fatal(err)
	}
	l.pair.RequireEqual(t)
}

// TestRepairRefusesMovedRows: what has changed since it was compared is left as
// it is, on either side, and said.
func TestRepairRefusesMovedRows(t *testing.T) {
	t.Parallel()
	l := newLab(t, sandboxtest.Shared(t), "CREATE TABLE t (id INT PRIMARY KEY, v VARCHAR(20) COLLATE utf8mb4_general_ci, n INT, u INT UNIQUE)",
		"INSERT INTO t VALUES (1,'a',1,1),(2,'b',2,2),(3,'c',3,3),(4,'d',4,4),(5,'e',5,5),(6,'f',6,6),(7,'g',7,7)")
	l.onTarget("UPDATE t SET n=-n WHERE id IN (1,2)", "DELETE FROM t WHERE id=3", "INSERT INTO t VALUES (10,'x',10,10),(11,'y',11,11)",
		"UPDATE t SET u=-u WHERE id=4", "DELETE FROM t WHERE id=5", "UPDATE t SET n=-n WHERE id=6")
	r := l.run()
	l.onTarget(
		"UPDATE t SET v='A' WHERE id=1", // equal to the server, not to us
		"INSERT INTO t VALUES (3,'other',0,0)",
		"UPDATE t SET n=99 WHERE id=10",
		"DELETE FROM t WHERE id=4",
		"INSERT INTO t VALUES (20,'z',20,5)", // holds a unique value that row 5 needs
		"UPDATE t SET n=6 WHERE id=6",        // somebody else has mended it
	)
	count, err := verify.Repair(t.Context(), l.config(), verify.SourceToTarget, r)
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		"1 the row has changed since it was compared",
		"2 repaired",
		"3 there is a row with this key by now",
		"4 the row has changed since it was compared",
		"5 another row holds one of its unique values",
		"6 repaired",
		"10 the row has changed since it was compared",
		"11 repaired",
	}
	if diff := cmp.Diff(want, notes(r)); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
	if r.Judge(false); count.Done != 3 || count.Left != 5 || r.Outcome != verify.Mismatch {
		t.Errorf("%+v %s", count, r.Outcome)
	}
	var rows []string
	l.rows(l.target, "SELECT CONCAT_WS(',',id,v,n,u) FROM t ORDER BY id", &rows)
	if diff := cmp.Diff([]string{"1,A,-1,1", "2,b,2,2", "3,other,0,0", "6,f,6,6", "7,g,7,7", "10,x,99,10", "20,z,20,5"}, rows); diff != "" {
		t.Errorf("the target: -want +got\n%s", diff)
	}
}

// TestRepairLeavesOut: triggers would change more than the row, and rows without
// a key can not be named.
func TestRepairLeavesOut(t *testing.T) {
	t.Parallel()
	l := newLab(t, sandboxtest.Shared(t), "CREATE TABLE t (id INT PRIMARY KEY, n INT)", "INSERT INTO t VALUES (1,1)")
	l.onTarget("UPDATE t SET n=2")
	l.onSource("CREATE TRIGGER tr BEFORE UPDATE ON t FOR EACH ROW SET NEW.n=7")
	r := l.run()
	if _, err := verify.Repair(t.Context(), l.config(), verify.TargetToSource, r); err != nil {
		t.Fatal(err)
	}
	if got := notes(r); len(got) != 1 || !strings.Contains(got[0], "triggers on the source (tr)") {
		t.Errorf("got %q", got)
	}
	if l.count(l.source, "SELECT n FROM t") != 1 {
		t.Error("the trigger has run")
	}
	// Guards are none of those: they let tandem through.
	l.onSource("DROP TRIGGER tr", "CREATE TRIGGER "+guard.Prefix+"t_update BEFORE UPDATE ON t FOR EACH ROW IF @tandem IS NULL THEN SIGNAL SQLSTATE '45000'; END IF")
	r = l.run()
	if _, err := verify.Repair(t.Context(), l.config(), verify.TargetToSource, r); err != nil {
		t.Fatal(err)
	}
	if got := notes(r); l.count(l.source, "SELECT n FROM t") != 2 {
		t.Errorf("not repaired where a guard is: %q", got)
	}
	if _, err := verify.Repair(t.Context(), l.config(), "sideways", r); !errors.Is(err, verify.ErrDirection) {
		t.Errorf("sideways: %v", err)
	}
}

// TestRepairMark: transactions begin with tandem's mark where a link could read
// them, and a side that can not be marked is not written to while one does.
func TestRepairMark(t *testing.T) {
	t.Parallel()
	pair := sandboxtest.Pair(t)
	source, target := sandboxtest.RootDB(t, pair.Source, ""), sandboxtest.RootDB(t, pair.Target, "")
	for _, db := range []*sql.DB{source, target} {
		sandboxtest.Exec(t, db, "CREATE DATABASE m", "CREATE TABLE m.t (id INT PRIMARY KEY, n INT)", "INSERT INTO m.t VALUES (1,1)")
	}
	sandboxtest.Exec(t, target, "CREATE DATABASE _tandem", `CREATE TABLE _tandem.checkpoint (link varchar(128) NOT NULL, lane smallint unsigned NOT NULL,
		lanes smallint unsigned NOT NULL, epoch bigint unsigned NOT NULL, seq bigint unsigned NOT NULL, base longtext NOT NULL, position longtext NOT NULL, PRIMARY KEY (link, lane))`,
		"UPDATE m.t SET n=2")
	cfg := verify.Config{Migration: "m", Source: endpoint("source", pair.Source), Target: endpoint("target", pair.Target),
		Tables: func(n schema.Name) bool { return n.Schema == "m" }}
	r, err := verify.Run(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	var noMark *verify.NoMarkError
	if _, err := verify.Repair(t.Context(), cfg, verify.TargetToSource, r); !errors.As(err, &noMark) {
		t.Errorf("the source has no mark to bear: %v", err)
	}
	sandboxtest.Exec(t, target, "FLUSH BINARY LOGS")
	if _, err := verify.Repair(t.Context(), cfg, verify.SourceToTarget, r); err != nil {
		t.Fatal(err)
	}
	sandboxtest.RequireEqual(t, pair, "m")
	got := tableMaps(t, target)
	if diff := cmp.Diff([]string{"_tandem.checkpoint", "m.t", "_tandem.checkpoint"}, got); diff != "" {
		t.Errorf("in the target's log: -want +got\n%s", diff)
	}
	var left int
	if err := target.QueryRowContext(t.Context(), "SELECT COUNT(*) FROM _tandem.checkpoint").Scan(&left); err != nil || left != 0 {
		t.Errorf("%d marks are left: %v", left, err)
	}
}

// tableMaps are the tables that the newest binlog's row events are about.
func tableMaps(t *testing.T, db *sql.DB) (names []string) {
	t.Helper()
	var logs []string
	query(t, db, "SHOW BINARY LOGS", func(v []string) { logs = append(logs, v[0]) })
	query(t, db, "SHOW BINLOG EVENTS IN '"+logs[len(logs)-1]+"'", func(v []string) {
		if v[2] == "Table_map" {
			_, name, _ := strings.Cut(v[5], "(")
			names = append(names, strings.TrimSuffix(strings.Fields(name)[0], ")"))
		}
	})
	return names
}

func query(t *testing.T, db *sql.DB, text string, row func([]string)) {
	t.Helper()
	rows, err := db.QueryContext(t.Context(), text)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		t.Fatal(err)
	}
	for rows.Next() {
		cells := make([]sql.NullString, len(columns))
		to := make([]any, len(columns))
		for i := range cells {
			to[i] = &cells[i]
		}
		if err := rows.Scan(to...); err != nil {
			t.Fatal(err)
		}
		values := make([]string, len(cells))
		for i := range cells {
			values[i] = cells[i].String
		}
		row(values)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
}

// notes are what became of the findings, one each, in the order of their keys.
func notes(r *verify.Report) (out []string) {
	for _, t := range r.Tables {
		for _, f := range t.Findings {
			note := f.Repair
			if f.Repaired {
				note = "repaired"
			}
			note, _, _ = strings.Cut(note, ": ")
			out = append(out, f.Key+" "+note)
		}
	}
	slices.SortStableFunc(out, func(a, b string) int {
		x, _, _ := strings.Cut(a, " ")
		y, _, _ := strings.Cut(b, " ")
		if len(x) != len(y) {
			return len(x) - len(y)
		}
		return strings.Compare(x, y)
	})
	return out
}

func (l *lab) count(db *sql.DB, query string) (n int) {
	l.t.Helper()
	if err := db.QueryRowContext(l.t.Context(), query).Scan(&n); err != nil {
		l.t.Fatal(err)
	}
	return n
}

func (l *lab) rows(db *sql.DB, text string, out *[]string) {
	l.t.Helper()
	query(l.t.(*testing.T), db, text, func(v []string) { *out = append(*out, v[0]) })
}
