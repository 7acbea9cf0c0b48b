package binlog

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tandem/internal/change"
	"tandem/internal/sandbox"
	"tandem/internal/schema"
)

func TestStatementsComeInOrderWithRows(t *testing.T) {
	t.Parallel()
	for _, version := range []sandbox.Version{sandbox.Any, sandbox.V56} {
		t.Run(version.String(), func(t *testing.T) {
			t.Parallel()
			h := shared(t, version)
			s := h.open()
			h.exec("CREATE TABLE a (id INT PRIMARY KEY)")
			h.expectStatement(t, s, "CREATE TABLE a", "a")
			h.exec("INSERT INTO a VALUES (1)")
			h.expectRows(t, s, "insert a →1")
			h.exec("ALTER TABLE a ADD COLUMN v INT FIRST")
			h.expectStatement(t, s, "ALTER TABLE a ADD COLUMN", "a")
			h.exec("INSERT INTO a VALUES (7,2)")
			h.expectRows(t, s, "insert a →7,2")
			h.exec("CREATE TABLE _a_gho LIKE a", "INSERT INTO _a_gho SELECT * FROM a")
			h.expectStatement(t, s, "CREATE TABLE _a_gho LIKE a", "_a_gho")
			h.expectRows(t, s, "insert _a_gho →∅,1", "insert _a_gho →7,2")
			h.exec("RENAME TABLE a TO _a_del, _a_gho TO a")
			h.expectStatement(t, s, "RENAME TABLE a TO", "a", "_a_gho", "_a_del", "a")
			h.exec("CREATE INDEX i ON a (v)", "DROP INDEX i ON a", "TRUNCATE a", "CREATE TABLE other_x (id INT)",
				"DROP TABLE _a_del, other_x")
			h.expectStatement(t, s, "CREATE INDEX", "a")
			h.expectStatement(t, s, "DROP INDEX", "a")
			h.expectStatement(t, s, "TRUNCATE", "a")
			h.expectStatement(t, s, "DROP TABLE `"+h.database+"`.`_a_del`", "_a_del")
			// None of these has anything to do with rows of replicated tables.
			h.exec("CREATE VIEW v AS SELECT * FROM a", "CREATE TRIGGER tr BEFORE INSERT ON a FOR EACH ROW SET NEW.v=1",
				"CREATE PROCEDURE p() SELECT 1", "CREATE EVENT e ON SCHEDULE EVERY 1 DAY DO SELECT 1", "ANALYZE TABLE a",
				"CREATE TEMPORARY TABLE tmp (id INT)", "INSERT INTO tmp VALUES (1)", "DROP TEMPORARY TABLE IF EXISTS tmp",
				"DROP VIEW v", "DROP TRIGGER tr", "DROP EVENT e", "DROP PROCEDURE p",
				fmt.Sprintf("GRANT SELECT ON %s.* TO 'app_rails'@'%%'", h.database), "FLUSH TABLES")
			if got := s.drain(); len(got) != 0 {
				t.Errorf("got %d transactions: %+v", len(got), got[0].Statement)
			}
			skipped := s.r.Stats().Skipped
			for _, reason := range []string{SkipView, SkipTrigger, SkipRoutine, SkipEvent, SkipMaintenance, SkipAccount} {
				if skipped[reason] == 0 {
					t.Errorf("nothing was counted as %q: %v", reason, skipped)
				}
			}
		})
	}
}

func (h *harness) expectStatement(t *testing.T, s *stream, prefix string, tables ...string) {
	t.Helper()
	tx := s.next()
	defer tx.Release()
	if tx.Statement == nil {
		t.Fatalf("got rows %v, want %s", brief(tx.Rows), prefix)
	}
	if !strings.HasPrefix(tx.Statement.SQL, prefix) || tx.Statement.Schema != h.database || !tx.Statement.HasSQLMode {
		t.Errorf("statement %+v, want %s", tx.Statement, prefix)
	}
	var want []schema.Name
	for _, n := range tables {
		want = append(want, schema.Name{Schema: h.database, Table: n})
	}
	if d := cmp.Diff(want, tx.Statement.Tables); d != "" {
		t.Errorf("%s: %s", prefix, d)
	}
	if age := time.Since(tx.Statement.Time); age < -time.Minute || age > time.Hour {
		t.Errorf("%s: clock %v", prefix, tx.Statement.Time)
	}
}

func (h *harness) expectRows(t *testing.T, s *stream, want ...string) {
	t.Helper()
	tx := s.next()
	defer tx.Release()
	if d := cmp.Diff(want, brief(tx.Rows)); d != "" {
		t.Fatal(d)
	}
}

// TestCreateTableSelect has a statement and rows under one GTID.
func TestCreateTableSelect(t *testing.T) {
	t.Parallel()
	h := shared(t, sandbox.Any)
	h.exec("CREATE TABLE a (id INT PRIMARY KEY)", "INSERT INTO a VALUES (1),(2)")
	s := h.open()
	h.exec("CREATE TABLE b AS SELECT id*2 AS n FROM a")
	first := s.next()
	if first.Statement == nil || !first.First || first.Last || strings.Contains(first.Statement.SQL, "START TRANSACTION") {
		t.Fatalf("first part %+v, statement %+v", first, first.Statement)
	}
	second := s.next()
	if d := cmp.Diff([]string{"insert b →2", "insert b →4"}, brief(second.Rows)); d != "" {
		t.Error(d)
	}
	if second.First || !second.Last || second.GTID != first.GTID || second.Statement != nil {
		t.Errorf("second part %+v", second)
	}
}

// TestOwnTransactions leaves out the rows that tandem wrote, but for ownership.
func TestOwnTransactions(t *testing.T) {
	t.Parallel()
	h := own(t, sandbox.Any)
	h.exec("CREATE TABLE a (id INT PRIMARY KEY)", "CREATE DATABASE _tandem",
		"CREATE TABLE _tandem.checkpoint (id INT PRIMARY KEY, n INT)", "INSERT INTO _tandem.checkpoint VALUES (1,0)",
		"CREATE TABLE _tandem.chunk (id INT PRIMARY KEY, n INT)", "INSERT INTO _tandem.chunk VALUES (1,0)",
		"CREATE TABLE _tandem.ownership (grp VARCHAR(10) PRIMARY KEY, epoch INT)")
	filter := h.tables.filter
	h.tables.filter = func(n schema.Name) bool { return filter(n) || crosses(n) }
	s := h.open()
	h.session("BEGIN", "UPDATE _tandem.checkpoint SET n=n+1", "INSERT INTO a VALUES (1)", "INSERT INTO _tandem.ownership VALUES ('g',1)", "COMMIT")
	h.session("BEGIN", "UPDATE _tandem.chunk SET n=n+1", "INSERT INTO a VALUES (2)", "COMMIT")
	h.session("BEGIN", "INSERT INTO a VALUES (3)", "UPDATE _tandem.checkpoint SET n=n+1", "COMMIT")
	got := s.drain()
	if len(got) != 3 {
		t.Fatalf("got %d transactions", len(got))
	}
	type tx struct {
		Own     bool
		Skipped int
		Rows    []string
	}
	want := []tx{{true, 2, []string{"insert ownership →g,1"}}, {true, 2, nil}, {false, 1, []string{"insert a →3"}}}
	for i, g := range got {
		if d := cmp.Diff(want[i], tx{g.Own, g.Skipped, brief(g.Rows)}); d != "" {
			t.Errorf("transaction %d: %s", i, d)
		}
	}
	if s.r.Stats().Own != 2 {
		t.Errorf("stats: %+v", s.r.Stats())
	}
}

// TestCompressedTransactions reads the same rows out of a compressed payload,
// in parts.
func TestCompressedTransactions(t *testing.T) {
	t.Parallel()
	h := shared(t, sandbox.Any)
	h.exec("CREATE TABLE a (id INT PRIMARY KEY AUTO_INCREMENT, v LONGBLOB)")
	h.cfg.PartBytes = 1 << 20
	s := h.open()
	insert := "INSERT INTO a (v) VALUES (REPEAT('x',60000))" + strings.Repeat(",(REPEAT('y',60000))", 199)
	h.session("SET SESSION binlog_transaction_compression=ON", "BEGIN", insert, "INSERT INTO a (v) VALUES (REPEAT('z',20000000)),('')", "COMMIT",
		"CREATE TABLE b AS SELECT id FROM a WHERE id<3")
	var rows, parts int
	for rows < 202 {
		tx := s.next()
		parts++
		for _, r := range tx.Rows {
			rows++
			wantLen := 60000
			if rows == 201 {
				wantLen = 20000000
			} else if rows == 202 {
				wantLen = 0
			}
			if len(r.After[1]) != wantLen || string(r.After[0]) != fmt.Sprint(rows) || strings.Trim(string(r.After[1]), "xyz") != "" {
				t.Fatalf("row %d: id %s, %d bytes", rows, r.After[0], len(r.After[1]))
			}
		}
		if tx.First != (parts == 1) || tx.Last != (rows == 202) {
			t.Errorf("part %d with row %d: first %v, last %v", parts, rows, tx.First, tx.Last)
		}
		if tx.Last && tx.End.Compare(s.r.Position()) != 0 {
			t.Errorf("end %v, position %v", tx.End, s.r.Position())
		}
		tx.Release()
	}
	if parts < 10 || parts > 40 {
		t.Errorf("%d parts", parts)
	}
	if tx := s.next(); tx.Statement == nil || tx.Last {
		t.Errorf("compressed CREATE TABLE … SELECT: %+v", tx)
	}
	if d := cmp.Diff([]string{"insert b →1", "insert b →2"}, brief(s.next().Rows)); d != "" {
		t.Error(d)
	}
}

// TestOddTransactions has forms of transactions that end, or begin, unusually.
func TestOddTransactions(t *testing.T) {
	t.Parallel()
	h := shared(t, sandbox.Any)
	h.exec("CREATE TABLE a (id INT PRIMARY KEY, v VARCHAR(300))", "CREATE TABLE m (id INT PRIMARY KEY) ENGINE=MyISAM")
	s := h.open()
	h.session("BEGIN", "INSERT INTO a VALUES (1,'')", "SAVEPOINT s", "INSERT INTO a VALUES (2,'')", "ROLLBACK TO s", "SAVEPOINT t",
		"INSERT INTO a VALUES (3,'')", "RELEASE SAVEPOINT t", "COMMIT")
	h.exec("INSERT INTO m VALUES (1)")
	h.session("SET SESSION foreign_key_checks=0", "INSERT INTO a VALUES (4,'')")
	h.session("SET SESSION binlog_rows_query_log_events=1", "UPDATE a SET v=REPEAT('v',300) WHERE id=4")
	h.session("SET SESSION gtid_next='automatic:tag_a'", "DELETE FROM a WHERE id=4")
	got := s.drain()
	var brief_ [][]string
	for _, g := range got {
		brief_ = append(brief_, brief(g.Rows))
	}
	v := strings.Repeat("v", 300)
	want := [][]string{{"insert a →1,", "insert a →3,"}, {"insert m →1"}, {"insert a →4,"}, {"update a 4,→4," + v}, {"delete a 4," + v + "→"}}
	if d := cmp.Diff(want, brief_); d != "" {
		t.Fatal(d)
	}
	if f := got[2].Rows[0].Flags; f&change.NoForeignKeyChecks == 0 {
		t.Errorf("flags %x of a row written without checks", f)
	}
	if f := got[0].Rows[0].Flags; f&change.NoForeignKeyChecks != 0 {
		t.Errorf("flags %x of a row written with checks", f)
	}
	if tag := got[4].GTID.Tag; tag != "tag_a" {
		t.Errorf("tag %q", tag)
	}
	if got[4].SequenceNumber == 0 || got[4].LastCommitted == 0 {
		t.Errorf("logical clock %d, %d", got[4].LastCommitted, got[4].SequenceNumber)
	}
	// The position with a tag in it is one to go on from.
	h.exec("INSERT INTO a VALUES (9,'nine')")
	again := h.openFrom(s.seen)
	h.expectRows(t, again, "insert a →9,nine")
}

// TestHiddenColumns has every kind of column that SELECT * does not show, or
// that is there for an index only.
func TestHiddenColumns(t *testing.T) {
	t.Parallel()
	h := shared(t, sandbox.Any)
	h.session("SET SESSION sql_generate_invisible_primary_key=ON",
		"CREATE TABLE a (y YEAR, n INT UNSIGNED, v INT AS (n+1) VIRTUAL, s INT AS (n*2) STORED, i INT INVISIBLE DEFAULT 5, j JSON,"+
			" INDEX f ((n+i)), INDEX mv ((CAST(j->'$.x' AS UNSIGNED ARRAY))))")
	s := h.open()
	h.exec(`INSERT INTO a (y,n,j) VALUES (2024,7,'{"x": [1, 2]}')`)
	tx := s.next()
	var names []string
	for _, c := range tx.Rows[0].Table.Columns {
		names = append(names, c.Name)
	}
	if d := cmp.Diff([]string{"my_row_id", "y", "n", "v", "s", "i", "j"}, names); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff([]string{"1", "2024", "7", "8", "14", "5", `{"x": [1, 2]}`}, texts(tx.Rows[0].After)); d != "" {
		t.Error(d)
	}
}

// TestMarks says that an idle stream moves when the server's files do.
func TestMarks(t *testing.T) {
	t.Parallel()
	h := own(t, sandbox.Any)
	h.cfg.HeartbeatPeriod = 100 * time.Millisecond
	s := h.open()
	h.exec("FLUSH BINARY LOGS")
	var file string
	var pos uint64
	var skip any
	if err := h.db.QueryRow("SHOW BINARY LOG STATUS").Scan(&file, &pos, &skip, &skip, &skip); err != nil {
		t.Fatal(err)
	}
	begun := time.Now()
	for {
		tx, err := s.step()
		if err != nil {
			t.Fatal(err)
		}
		if tx.End != s.r.Position() || !tx.First || !tx.Last {
			t.Errorf("mark %+v, position %v", tx, s.r.Position())
		}
		if tx.End.File == file && tx.End.Pos == pos {
			t.Logf("at %v after %v", tx.End, time.Since(begun))
			if received := s.r.Stats().Received; received != tx.End {
				t.Errorf("received %v, read %v", received, tx.End)
			}
			return
		}
	}
}
