package guard_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/go-sql-driver/mysql"
	"github.com/google/go-cmp/cmp"

	"tandem/internal/guard"
	"tandem/internal/ownership"
	"tandem/internal/sandbox/sandboxtest"
)

// writes are all ways to write that have to ask the guard. Each works on the
// tables of prepared.
var writes = map[string]string{
	"insert":               "INSERT INTO t VALUES (100, 1, 1)",
	"insert several":       "INSERT INTO t VALUES (100, 1, 1), (101, 1, 1)",
	"insert select":        "INSERT INTO t SELECT id + 100, a, b FROM t",
	"insert ignore":        "INSERT IGNORE INTO t VALUES (1, 1, 1)",
	"replace":              "REPLACE INTO t VALUES (1, 5, 5)",
	"on duplicate key":     "INSERT INTO t VALUES (1, 5, 5) ON DUPLICATE KEY UPDATE a = 6",
	"update":               "UPDATE t SET a = 7 WHERE id = 1",
	"update to the same":   "UPDATE t SET a = a",
	"delete":               "DELETE FROM t WHERE id = 1",
	"update of two tables": "UPDATE free JOIN t ON free.id = t.id SET t.a = 9, free.a = 9",
	"delete of two tables": "DELETE free, t FROM free JOIN t ON free.id = t.id",
	"through a view":       "UPDATE v SET a = 8",
	"through a procedure":  "CALL p()",
	"in a function":        "SELECT f()",
	"through a trigger":    "INSERT INTO beside VALUES (1)",
	"a partition":          "INSERT INTO parted PARTITION (p0) VALUES (5, 5)",
	"generated column":     "UPDATE `odd ``1` SET `a b` = 2",
	"prepared":             "PREPARE x FROM 'UPDATE t SET a = 7'; EXECUTE x",
	"locked":               "LOCK TABLES t WRITE; UPDATE t SET a = 7; UNLOCK TABLES",
}

var long = strings.Repeat("ä", 64)

func prepare(t *testing.T, s *side) {
	generated := ""
	if s.version != "5.6" {
		generated = ", g int AS (`a b` + 1) VIRTUAL, h int AS (`a b` + 2) STORED"
	}
	sandboxtest.Exec(t, s.root,
		"CREATE TABLE t (id int PRIMARY KEY, a int, b int)", "INSERT INTO t VALUES (1, 1, 1), (2, 2, 2)",
		"CREATE TABLE free (id int PRIMARY KEY, a int)", "INSERT INTO free VALUES (1, 1)",
		"CREATE TABLE beside (id int)", "CREATE TRIGGER tr AFTER INSERT ON beside FOR EACH ROW UPDATE t SET a = 5",
		"CREATE VIEW v AS SELECT * FROM t", "CREATE PROCEDURE p() DELETE FROM t",
		"CREATE FUNCTION f() RETURNS int BEGIN UPDATE t SET a = 10; RETURN 1; END",
		"CREATE TABLE parted (id int PRIMARY KEY, a int) PARTITION BY RANGE (id) (PARTITION p0 VALUES LESS THAN (10), PARTITION p1 VALUES LESS THAN (20))",
		"CREATE TABLE `odd ``1` (`i``d` int AUTO_INCREMENT PRIMARY KEY, `a b` int NOT NULL"+generated+")", "INSERT INTO `odd ``1` (`a b`) VALUES (1)",
		"CREATE TABLE `"+long+"` (id int PRIMARY KEY)")
}

var prepared = []string{"t", "parted", "odd `1", long}

func TestOnlyTheOwnerTakesWrites(t *testing.T) {
	eachServer(t, func(t *testing.T, s *side) {
		prepare(t, s)
		a := s.arm(t, prepared...)
		if len(a.Created) != 3*len(prepared) || len(a.Replaced) != 0 {
			t.Fatalf("armed %+v", a)
		}
		if states := s.read(t, prepared...); !states.Armed() {
			t.Fatalf("not armed: %+v", states)
		}
		csv := filepath.Join(t.TempDir(), "rows.csv")
		if err := os.WriteFile(csv, []byte("100\t1\t1\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		all := map[string]string{"load data": "LOAD DATA LOCAL INFILE '" + csv + "' INTO TABLE t"}
		for name, w := range writes {
			all[name] = w
		}
		for _, phase := range []struct {
			owner  ownership.Side
			passes bool
		}{{s.side, true}, {ownership.Target, false}, {s.side, true}} {
			s.owner(t, phase.owner)
			for name, w := range all {
				for _, isolation := range []string{"REPEATABLE-READ", "READ-COMMITTED", "SERIALIZABLE"} {
					err := attempt(t, s.connect(t, isolation), w)
					switch {
					case phase.passes && err != nil:
						t.Errorf("owner %s, %s, %s: %v", phase.owner, isolation, name, err)
					case !phase.passes && !guard.Is(err):
						t.Errorf("owner %s, %s, %s: not refused: %v", phase.owner, isolation, name, err)
					}
				}
			}
			// A session of tandem's is let through whoever owns the group.
			if _, err := s.tandem.ExecContext(t.Context(), "UPDATE "+s.name("t").Quoted()+" SET b=b+1"); err != nil {
				t.Errorf("owner %s: tandem's own session: %v", phase.owner, err)
			}
		}
		// Without the record nobody knows, so nobody may.
		sandboxtest.Exec(t, s.root, "DELETE FROM _tandem.ownership WHERE migration='"+s.migration+"'")
		if err := attempt(t, s.app, "UPDATE t SET a = 1"); !guard.Is(err) {
			t.Errorf("without a record: %v", err)
		}
		if _, err := guard.Arm(t.Context(), s.tandem, s.options("t")); !errors.Is(err, guard.ErrNoRecord) {
			t.Errorf("arming without a record: %v", err)
		}
	})
}

// attempt executes statements in a transaction and rolls it back.
func attempt(t *testing.T, db *sql.DB, statement string) error {
	t.Helper()
	conn, err := db.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	defer func() {
		if _, err := conn.ExecContext(t.Context(), "UNLOCK TABLES; ROLLBACK"); err != nil {
			t.Error(err)
		}
	}()
	mysql.RegisterLocalFile(statement)
	if strings.HasPrefix(statement, "LOCK") {
		// LOCK TABLES commits, so the write has to be one that changes nothing.
		statement = strings.Replace(statement, "a = 7", "a = a", 1)
		statement = "SET autocommit=0; " + statement + "; SET autocommit=1"
	} else if _, err := conn.ExecContext(t.Context(), "BEGIN"); err != nil {
		t.Fatal(err)
	}
	_, err = conn.ExecContext(t.Context(), statement)
	return err
}

func TestRefusalSaysWhatToDo(t *testing.T) {
	eachServer(t, func(t *testing.T, s *side) {
		prepare(t, s)
		s.group = "größe' \\ */ group"
		if err := ownership.Begin(t.Context(), s.tandem, s.migration, []string{s.group}); err != nil {
			t.Fatal(err)
		}
		s.arm(t, prepared...)
		s.owner(t, ownership.Target)
		_, err := s.app.Exec("DELETE FROM t")
		var refusal *mysql.MySQLError
		if !errors.As(err, &refusal) {
			t.Fatal(err)
		}
		want := &mysql.MySQLError{Number: guard.Errno, SQLState: [5]byte([]byte(guard.SQLState)),
			Message: "tandem: " + s.name("t").String() + " is not written on the source any more but on the target (group " + s.group + "): reconnect"}
		if utf8.RuneCountInString(want.Message) > 128 {
			want.Message = refusal.Message // shortened: see below
		}
		if diff := cmp.Diff(want, refusal); diff != "" {
			t.Error(diff)
		}
		// A long name is cut, and nothing warns of it.
		_, err = s.app.Exec("INSERT INTO `" + long + "` VALUES (1)")
		if !guard.Is(err) || !strings.Contains(err.Error(), "…") || !strings.Contains(err.Error(), "on the target") ||
			!strings.HasSuffix(err.Error(), "): reconnect") {
			t.Errorf("a long name: %v", err)
		}
		if states := s.read(t, prepared...); !states.Armed() {
			t.Errorf("names that need quoting: %+v", states)
		}
	})
}

// What an application can see of its own statements stays the same.
func TestGuardsLeaveNoTrace(t *testing.T) {
	eachServer(t, func(t *testing.T, s *side) {
		sandboxtest.Exec(t, s.root, "CREATE TABLE t (id int AUTO_INCREMENT PRIMARY KEY, a int)", "INSERT INTO t (a) VALUES (1), (2), (3)")
		script := []string{
			"INSERT INTO t (a) VALUES (4)", "INSERT INTO t (a) VALUES (5), (6)", "UPDATE t SET a=9 WHERE id < 3", "UPDATE t SET a=9",
			"REPLACE INTO t VALUES (1, 10)", "INSERT INTO t VALUES (1, 2) ON DUPLICATE KEY UPDATE a=11", "DELETE FROM t WHERE id > 4",
			"INSERT IGNORE INTO t VALUES (1, 2)", "UPDATE t SET a='12x' WHERE id=1",
		}
		run := func() (seen []string) {
			sandboxtest.Exec(t, s.root, "TRUNCATE TABLE t", "INSERT INTO t (a) VALUES (1), (2), (3)")
			conn, err := s.app.Conn(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			exec := func(sql string) {
				if _, err := conn.ExecContext(t.Context(), sql); err != nil {
					t.Fatalf("%s: %v", sql, err)
				}
			}
			exec("SET SESSION sql_mode=''")
			exec("SELECT SQL_CALC_FOUND_ROWS id FROM t LIMIT 1")
			for _, w := range script {
				r, err := conn.ExecContext(t.Context(), w)
				if err != nil {
					t.Fatalf("%s: %v", w, err)
				}
				id, _ := r.LastInsertId()
				n, _ := r.RowsAffected()
				var rowCount, found, last, warnings int64
				if err := conn.QueryRowContext(t.Context(), "SELECT ROW_COUNT(), FOUND_ROWS(), LAST_INSERT_ID(), @@warning_count").Scan(&rowCount, &found, &last, &warnings); err != nil {
					t.Fatal(err)
				}
				seen = append(seen, fmt.Sprintf("%s: id %d, %d rows, row_count %d, found %d, last id %d, %d warnings", w, id, n, rowCount, found, last, warnings))
			}
			return seen
		}
		bare := run()
		s.arm(t, "t")
		if diff := cmp.Diff(bare, run()); diff != "" {
			t.Error(diff)
		}
	})
}

// A transaction that read before the handover must not write after it.
func TestOldSnapshotSeesTheNewOwner(t *testing.T) {
	eachServer(t, func(t *testing.T, s *side) {
		sandboxtest.Exec(t, s.root, "CREATE TABLE t (id int PRIMARY KEY)")
		s.arm(t, "t")
		conn, err := s.connect(t, "REPEATABLE-READ").Conn(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		for _, sql := range []string{"START TRANSACTION WITH CONSISTENT SNAPSHOT", "SELECT COUNT(*) FROM t"} {
			if _, err := conn.ExecContext(t.Context(), sql); err != nil {
				t.Fatal(err)
			}
		}
		s.owner(t, ownership.Target)
		if _, err := conn.ExecContext(t.Context(), "INSERT INTO t VALUES (1)"); !guard.Is(err) {
			t.Errorf("written from an old snapshot: %v", err)
		}
	})
}

// The row lock is the fence: it is granted when no writer is in flight, and who
// comes later waits, and goes on where the owner stayed, or is refused.
func TestFence(t *testing.T) {
	eachServer(t, func(t *testing.T, s *side) {
		sandboxtest.Exec(t, s.root, "CREATE TABLE t (id int PRIMARY KEY)")
		s.arm(t, "t")
		fence := func() *sql.Conn {
			conn, err := s.tandem.Conn(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			for _, sql := range []string{"SET innodb_lock_wait_timeout=1", "BEGIN"} {
				if _, err := conn.ExecContext(t.Context(), sql); err != nil {
					t.Fatal(err)
				}
			}
			return conn
		}
		take := "SELECT owner FROM _tandem.ownership WHERE migration='" + s.migration + "' FOR UPDATE"
		writer, err := s.app.Begin()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := writer.Exec("INSERT INTO t VALUES (1)"); err != nil {
			t.Fatal(err)
		}
		f := fence()
		defer f.Close()
		if _, err := f.ExecContext(t.Context(), take); err == nil {
			t.Error("the fence was granted while a writer was in flight")
		}
		if err := writer.Commit(); err != nil {
			t.Fatal(err)
		}
		for id, owner := range []ownership.Side{s.side, ownership.Target} {
			for _, sql := range []string{"ROLLBACK", "BEGIN", take} {
				if _, err := f.ExecContext(t.Context(), sql); err != nil {
					t.Fatal(err)
				}
			}
			if o, err := guard.Prove(t.Context(), s.connect(t, ""), s.name("t")); o != guard.Waits || err != nil {
				t.Errorf("a write behind the fence %s: %v", o, err)
			}
			// What tandem applies does not so much as ask for the lock.
			own, cancel := context.WithTimeout(t.Context(), 10*time.Second)
			if _, err := s.tandem.ExecContext(own, "DELETE FROM "+s.name("t").Quoted()+" WHERE id=1"); err != nil {
				t.Errorf("tandem's own write behind the fence: %v", err)
			}
			cancel()
			waits := make(chan error, 1)
			go func() {
				_, err := s.app.Exec(fmt.Sprintf("INSERT INTO t VALUES (%d)", 10+id))
				waits <- err
			}()
			waiting(t, s)
			for _, sql := range []string{"UPDATE _tandem.ownership SET owner='" + string(owner) + "' WHERE migration='" + s.migration + "'", "COMMIT"} {
				if _, err := f.ExecContext(t.Context(), sql); err != nil {
					t.Fatal(err)
				}
			}
			err := <-waits
			if owner == s.side && err != nil || owner != s.side && !guard.Is(err) {
				t.Errorf("owner %s: the writer that waited: %v", owner, err)
			}
		}
	})
}

// waiting returns when some transaction waits for a row.
func waiting(t *testing.T, s *side) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	for n := 0; n == 0; {
		err := s.root.QueryRowContext(ctx, "SELECT COUNT(*) FROM information_schema.INNODB_TRX x JOIN information_schema.PROCESSLIST p ON p.ID=x.trx_mysql_thread_id"+
			" WHERE trx_state='LOCK WAIT' AND p.DB=?", s.database).Scan(&n)
		if err != nil {
			t.Fatalf("nobody waits: %v", err)
		}
	}
}

func TestProve(t *testing.T) {
	eachServer(t, func(t *testing.T, s *side) {
		prepare(t, s)
		check := func(when string, want guard.Outcome) {
			t.Helper()
			for _, table := range prepared {
				if got, err := guard.Prove(t.Context(), s.app, s.name(table)); got != want || err != nil {
					t.Errorf("%s, %s: %s, %v", when, table, got, err)
				}
			}
		}
		check("unguarded", guard.Passed)
		s.arm(t, prepared...)
		check("guarded", guard.Passed)
		s.owner(t, ownership.Target)
		check("handed over", guard.Refused)
		var n int
		if err := s.root.QueryRow("SELECT COUNT(*) FROM t").Scan(&n); err != nil || n != 2 {
			t.Errorf("%d rows are left, %v", n, err)
		}
		if _, err := guard.Prove(t.Context(), s.app, s.name("nothing")); err == nil {
			t.Error("a table that is not there was proved")
		}
		user := strings.SplitN(s.database, "_", 2)[0] + "_reader"
		sandboxtest.Exec(t, s.root, "CREATE USER "+user+" IDENTIFIED BY '"+s.server.Password()+"'", "GRANT SELECT ON *.* TO "+user)
		t.Cleanup(func() {
			if db, err := s.server.RootDB(); err != nil {
				t.Error(err)
			} else if _, err := db.Exec("DROP USER " + user); err != nil {
				t.Error(err)
			}
		})
		if got, err := guard.Prove(t.Context(), sandboxtest.DB(t, s.server, user, ""), s.name("t")); got != guard.Denied || err != nil {
			t.Errorf("a user who may not write: %s, %v", got, err)
		}
	})
}
