package firing_test

import (
	"context"
	"database/sql"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tandem/internal/firing"
	"tandem/internal/ownership"
	"tandem/internal/sandbox"
	"tandem/internal/sandbox/sandboxtest"
	"tandem/internal/schema"
)

const t1 = "CREATE TABLE `t 1` (id int AUTO_INCREMENT PRIMARY KEY, a varchar(40), n int NOT NULL DEFAULT 0)"
const log = "CREATE TABLE log (id int AUTO_INCREMENT PRIMARY KEY, what varchar(40))"

// rich makes triggers and events in unusual ways, as tandem's user, so that no
// other definer is in play.
func rich(t *testing.T, r *rig, db *sql.DB) {
	t.Helper()
	conn, err := db.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	statements := []string{
		"USE " + schema.Quote(r.database),
		"SET NAMES latin1",
		"SET SESSION sql_mode='ANSI_QUOTES,PIPES_AS_CONCAT', collation_connection=latin1_german2_ci",
		"CREATE TRIGGER \"tr `1\" BEFORE INSERT ON \"t 1\" FOR EACH ROW SET NEW.a = NEW.a || '\xe4'  -- a word",
		"SET NAMES utf8mb4",
		"SET SESSION sql_mode='STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION', collation_connection=utf8mb4_bin",
		"create trigger   tr2 /* why */ after insert on `" + r.database + "`.`t 1` for each row\nBEGIN\n  IF NEW.n <> 7 THEN INSERT INTO log (what) VALUES (CONCAT('🚚', NEW.a)); END IF;\nEND",
		"CREATE TRIGGER tr3 AFTER DELETE ON `t 1` FOR EACH ROW INSERT INTO log (what) VALUES ('gone')",
		"SET SESSION time_zone='+09:00', sql_mode='STRICT_ALL_TABLES'",
		"CREATE EVENT `e 1` ON SCHEDULE EVERY 1 DAY STARTS '2020-01-01 03:00:00' ON COMPLETION PRESERVE ENABLE COMMENT 'it''s DO' DO INSERT INTO log (what) VALUES ('tick')",
		"CREATE EVENT e2 ON SCHEDULE EVERY 1 HOUR DISABLE DO INSERT INTO log (what) VALUES ('never')",
	}
	if !r.oldSource {
		statements = append(statements, "CREATE TRIGGER aa BEFORE INSERT ON `t 1` FOR EACH ROW PRECEDES `tr ``1` SET NEW.n = NEW.n + 1",
			"CREATE TRIGGER zz BEFORE INSERT ON `t 1` FOR EACH ROW SET NEW.n = NEW.n * 10")
	}
	for _, s := range statements {
		if _, err := conn.ExecContext(t.Context(), s); err != nil {
			t.Fatalf("%s: %v", s, err)
		}
	}
}

// what one insert on a side did.
func effect(t *testing.T, db *sql.DB) string {
	t.Helper()
	if _, err := db.Exec("DELETE FROM log"); err != nil {
		t.Fatal(err)
	}
	r, err := db.Exec("INSERT INTO `t 1` (a) VALUES ('x')")
	if err != nil {
		t.Fatal(err)
	}
	id, err := r.LastInsertId()
	if err != nil {
		t.Fatal(err)
	}
	var s string
	if err := db.QueryRow("SELECT CONCAT(a, ',', n, ',', COALESCE((SELECT GROUP_CONCAT(what) FROM log), '')) FROM `t 1` WHERE id=?", id).Scan(&s); err != nil {
		t.Fatal(err)
	}
	return s
}

// Fires on one side at a time, before, after, and after a rollback, which brings
// everything back as it was.
func TestThereAndBack(t *testing.T) {
	bothVersions(t, func(t *testing.T, p *sandboxtest.SharedPair) {
		r := newRig(t, p, t1, log)
		rich(t, r, r.sourceTandem)
		before := dump(t, r.source, r.database)
		fires := effect(t, r.source)
		if still := effect(t, r.target); still != "x,0," || !strings.Contains(fires, "🚚") {
			t.Fatalf("before: %q on the source, %q on the target", fires, still)
		}
		for round := range 2 {
			if c := r.carry(t, ownership.Source); c.Stored != len(before) || len(c.Notes) != 0 {
				t.Fatalf("round %d: carried %+v", round, c)
			}
			r.carry(t, ownership.Source)
			// The new side opens before the old one is closed.
			opened := r.open(t, ownership.Target)
			if len(opened.Notes) != 0 || round == 0 && len(opened.Triggers)+len(opened.Events) != len(before) {
				t.Fatalf("round %d: opened %+v", round, opened)
			}
			if again := r.open(t, ownership.Target); len(again.Triggers)+len(again.Events) != 0 {
				t.Errorf("opened twice: %+v", again)
			}
			closed := r.close(t, ownership.Source)
			if len(closed.Notes) != 0 {
				t.Errorf("closed %+v", closed)
			}
			if again := r.close(t, ownership.Source); len(again.Triggers)+len(again.Events) != 0 {
				t.Errorf("closed twice: %+v", again)
			}
			if a, b := effect(t, r.source), effect(t, r.target); a != "x,0," || b != fires {
				t.Errorf("handed over: %q on the source, %q on the target, want %q", a, b, fires)
			}
			if a, b := events(t, r.source, r.database), events(t, r.target, r.database); a != "e 1 DISABLED, e2 DISABLED" || b != "e 1 ENABLED, e2 DISABLED" {
				t.Errorf("handed over: events %s and %s", a, b)
			}
			if round == 0 {
				// The same way back, both sides alive.
				r.carry(t, ownership.Target)
			}
			// In the second round the target is dead: the source has all it needs.
			r.open(t, ownership.Source)
			r.close(t, ownership.Target)
			if d := cmp.Diff(before, dump(t, r.source, r.database)); d != "" {
				t.Errorf("round %d: after the rollback: %s", round, d)
			}
			if a, b := effect(t, r.source), effect(t, r.target); a != fires || b != "x,0," {
				t.Errorf("rolled back: %q on the source, %q on the target", a, b)
			}
		}
	})
}

func events(t *testing.T, db *sql.DB, database string) string {
	t.Helper()
	var s sql.NullString
	err := db.QueryRow("SELECT GROUP_CONCAT(EVENT_NAME, ' ', STATUS ORDER BY EVENT_NAME SEPARATOR ', ') FROM information_schema.EVENTS WHERE EVENT_SCHEMA=?", database).Scan(&s)
	if err != nil {
		t.Fatal(err)
	}
	return s.String
}

// Killed after any statement, opening and closing end the same when they are
// called again.
func TestKilledAnywhere(t *testing.T) {
	t.Parallel()
	p := sandboxtest.Shared(t)
	r := newRig(t, p, t1, log)
	rich(t, r, r.sourceTandem)
	before := dump(t, r.source, r.database)
	r.carry(t, ownership.Source)
	// Half of it is gone, and the store holds all.
	for _, half := range [][]string{{"aa"}, {"zz", "tr2"}, {"tr `1"}, {"aa", "tr `1", "zz", "tr2", "tr3"}} {
		r.close(t, ownership.Source)
		r.carry(t, ownership.Target) // nothing fires on the target: this empties the store
		if n := stored(t, r.source, r.scope.Migration); n != 0 {
			t.Fatalf("%d are stored", n)
		}
		r.open(t, ownership.Source)
		// Nothing to open now: put all back from the target's store.
		fill(t, r)
		r.open(t, ownership.Source)
		if d := cmp.Diff(before, dump(t, r.source, r.database)); d != "" {
			t.Fatalf("filled: %s", d)
		}
		// A close that died after some of its drops, and is called again.
		fill(t, r)
		for _, name := range half {
			sandboxtest.Exec(t, r.source, "DROP TRIGGER "+schema.Quote(name))
		}
		r.close(t, ownership.Source)
		if left := dump(t, r.source, r.database); slices.ContainsFunc(left, func(s string) bool { return strings.HasPrefix(s, "TRIGGER") }) {
			t.Errorf("left: %q", left)
		}
		// An open that died after some of its creations, and is called again.
		r.open(t, ownership.Source)
		fill(t, r)
		for _, name := range half {
			sandboxtest.Exec(t, r.source, "DROP TRIGGER "+schema.Quote(name))
		}
		r.open(t, ownership.Source)
		if d := cmp.Diff(before, dump(t, r.source, r.database)); d != "" {
			t.Errorf("without %q: %s", half, d)
		}
	}
}

// fill makes the source's store what the target's is: all that fired first.
func fill(t *testing.T, r *rig) {
	t.Helper()
	rows, err := r.target.Query("SELECT * FROM _tandem.fired WHERE migration=?", r.scope.Migration)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		values, to := make([]sql.RawBytes, 18), make([]any, 18)
		for i := range to {
			to[i] = &values[i]
		}
		if err := rows.Scan(to...); err != nil {
			t.Fatal(err)
		}
		args := make([]any, 18)
		for i := range args {
			args[i] = []byte(values[i])
		}
		if _, err := r.source.Exec("REPLACE INTO _tandem.fired VALUES (?"+strings.Repeat(",?", 17)+")", args...); err != nil {
			t.Fatal(err)
		}
	}
}

func stored(t *testing.T, db *sql.DB, migration string) (n int) {
	t.Helper()
	if err := db.QueryRow("SELECT COUNT(*) FROM _tandem.fired WHERE migration=?", migration).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

// What was changed on the side where it fired comes back changed, what was
// dropped there stays dropped.
func TestChangesComeBack(t *testing.T) {
	t.Parallel()
	p := sandboxtest.Shared(t)
	r := newRig(t, p, t1, log)
	rich(t, r, r.sourceTandem)
	r.carry(t, ownership.Source)
	r.open(t, ownership.Target)
	r.close(t, ownership.Source)
	conn := sandboxtest.DB(t, r.targetServer, sandbox.UserTandem, r.database)
	sandboxtest.Exec(t, conn, "DROP TRIGGER tr3", "DROP TRIGGER zz", "CREATE TRIGGER zz BEFORE INSERT ON `t 1` FOR EACH ROW SET NEW.n = NEW.n * 2",
		"ALTER EVENT e2 ENABLE", "ALTER EVENT `e 1` DO INSERT INTO log (what) VALUES ('tock')")
	want := effect(t, r.target)
	r.carry(t, ownership.Target)
	r.open(t, ownership.Source)
	r.close(t, ownership.Target)
	if got := effect(t, r.source); got != want {
		t.Errorf("after the way back %q, want %q", got, want)
	}
	all := strings.Join(dump(t, r.source, r.database), "\n")
	if strings.Contains(all, "tr3") || !strings.Contains(all, "tock") || strings.Contains(all, "tick") {
		t.Errorf("after the way back: %s", all)
	}
	if got := events(t, r.source, r.database); got != "e 1 ENABLED, e2 ENABLED" {
		t.Errorf("events: %s", got)
	}
}

// Guards are none of the application's.
func TestGuardsStay(t *testing.T) {
	t.Parallel()
	p := sandboxtest.Shared(t)
	r := newRig(t, p, t1)
	sandboxtest.Exec(t, r.source, "CREATE TRIGGER _tandem_guard_x BEFORE INSERT ON `t 1` FOR EACH ROW SET @a=1")
	if c := r.carry(t, ownership.Source); c.Stored != 0 {
		t.Errorf("carried %+v", c)
	}
	if c := r.close(t, ownership.Source); len(c.Triggers) != 0 {
		t.Errorf("closed %+v", c)
	}
}

// Other definers: kept where the user may set them, tandem's own where not.
func TestDefiners(t *testing.T) {
	bothVersions(t, func(t *testing.T, p *sandboxtest.SharedPair) {
		r := newRig(t, p, t1, log)
		for _, s := range []*sandbox.Server{r.sourceServer, r.targetServer} {
			account(t, s, "boss_"+r.database[:2])
		}
		boss := "boss_" + r.database[:2] + "@%"
		sandboxtest.Exec(t, r.source, "CREATE DEFINER='"+boss[:len(boss)-2]+"'@'%' TRIGGER tr AFTER INSERT ON `t 1` FOR EACH ROW INSERT INTO log (what) VALUES (CURRENT_USER())",
			"CREATE DEFINER='"+boss[:len(boss)-2]+"'@'%' EVENT e ON SCHEDULE EVERY 1 DAY DO SET @x=1")
		r.carry(t, ownership.Source)
		opened := r.open(t, ownership.Target)
		closed := r.close(t, ownership.Source)
		if got := effect(t, r.target); got != "x,0,"+boss || len(opened.Notes) != 0 {
			t.Errorf("on the target: %q, %+v", got, opened.Notes)
		}
		back := r.open(t, ownership.Source)
		user, notes := boss, 0
		if r.oldSource {
			user, notes = sandbox.UserTandem+"@%", 1
		}
		if got := effect(t, r.source); got != "x,0,"+user || len(closed.Notes) != notes || len(back.Notes) < notes {
			t.Errorf("back on the source: %q, closed with %+v, opened with %+v", got, closed.Notes, back.Notes)
		}
	})
}

// account makes a user for one test that may do what triggers and events do.
func account(t *testing.T, s *sandbox.Server, name string) {
	t.Helper()
	sandboxtest.Exec(t, sandboxtest.RootDB(t, s, ""), "CREATE USER "+name, "GRANT SELECT, INSERT, UPDATE, DELETE, TRIGGER, EVENT ON *.* TO "+name)
	t.Cleanup(func() {
		if db, err := s.RootDB(); err != nil {
			t.Error(err)
		} else if _, err := db.Exec("DROP USER " + name); err != nil {
			t.Error(err)
		}
	})
}

func TestCheck(t *testing.T) {
	bothVersions(t, func(t *testing.T, p *sandboxtest.SharedPair) {
		r := newRig(t, p, t1, log)
		rich(t, r, r.sourceTandem)
		options := firing.CheckOptions{Scope: r.scope, Owner: ownership.Source}
		check := func() (all []string) {
			found, err := firing.Check(t.Context(), r.sourceTandem, r.targetTandem, options)
			if err != nil {
				t.Fatal(err)
			}
			for _, f := range found {
				all = append(all, string(f.Severity)+" "+string(f.Side)+" "+f.ID+" "+strings.ReplaceAll(f.Object, r.database+".", ""))
				if f.What == "" || f.Fix == "" {
					t.Errorf("not told well: %+v", f)
				}
			}
			return all
		}
		if found := check(); found != nil {
			t.Errorf("all is well, but: %q", found)
		}
		sandboxtest.Exec(t, r.source, "CREATE TABLE late (id int)", "CREATE DEFINER='tandem'@'%' TRIGGER early BEFORE INSERT ON late FOR EACH ROW SET @a=1",
			"CREATE DEFINER='app_scala'@'%' TRIGGER owned BEFORE UPDATE ON `t 1` FOR EACH ROW SET @a=1",
			"CREATE DEFINER='nobody'@'%' TRIGGER orphan BEFORE DELETE ON `t 1` FOR EACH ROW SET @a=1",
			"CREATE FUNCTION f() RETURNS int NO SQL RETURN 1", "CREATE VIEW v AS SELECT f() AS a")
		options.Tables = append(options.Tables, schema.Name{Schema: r.database, Table: "late"})
		want := []string{
			"block target table-missing trigger early",
			"warn target definer trigger orphan",
			"warn source definer trigger orphan",
			"warn target function-missing function f",
			"warn target view-missing view v",
		}
		if r.oldSource {
			// No SUPER: it would come back as tandem's. A word that is reserved now.
			sandboxtest.Exec(t, r.source, "CREATE DEFINER='tandem'@'%' TRIGGER rank AFTER UPDATE ON log FOR EACH ROW BEGIN DECLARE lateral INT; SET lateral = 1; END")
			want = append(want, "warn source definer trigger owned", "block target refused trigger rank")
		}
		slices.Sort(want)
		got := check()
		slices.Sort(got)
		if d := cmp.Diff(want, got); d != "" {
			t.Error(d)
		}
		// Where the server lets it be, it would not work.
		found, err := firing.Check(t.Context(), r.source, r.target, options)
		if err != nil || !slices.ContainsFunc(found, func(f firing.Finding) bool {
			return f.ID == "definer" && f.Severity == firing.Block && strings.HasSuffix(f.Object, "orphan")
		}) {
			t.Errorf("with all rights: %+v, %v", found, err)
		}
		// An account that stands for another is fine.
		options.Definer = func(string) string { return sandbox.UserTandem + "@%" }
		options.Back = options.Definer
		for _, f := range check() {
			if strings.Contains(f, "definer") {
				t.Errorf("mapped, but: %s", f)
			}
		}
		for _, db := range []*sql.DB{r.source, r.target} {
			var left int
			if err := db.QueryRow("SELECT (SELECT COUNT(*) FROM information_schema.TABLES WHERE TABLE_SCHEMA='_tandem' AND TABLE_NAME LIKE '%try%'" +
				" AND CREATE_TIME < NOW() - INTERVAL 1 MINUTE)").Scan(&left); err != nil || left != 0 {
				t.Errorf("%d tables are left, %v", left, err)
			}
		}
	})
}

func TestEventScheduler(t *testing.T) {
	t.Parallel()
	p := sandboxtest.Pair(t, sandboxtest.WithTargetArgs("--event-scheduler=OFF"))
	for _, s := range []*sandbox.Server{p.Source, p.Target} {
		sandboxtest.Exec(t, sandboxtest.RootDB(t, s, ""), "CREATE DATABASE d")
	}
	sandboxtest.Exec(t, sandboxtest.RootDB(t, p.Source, "d"), "CREATE DEFINER='tandem'@'%' EVENT e ON SCHEDULE EVERY 1 DAY DO SET @x=1")
	found, err := firing.Check(t.Context(), tandem(t, p.Source), tandem(t, p.Target),
		firing.CheckOptions{Scope: firing.Scope{Migration: "m", Events: []string{"d"}}, Owner: ownership.Source})
	if err != nil || len(found) != 1 || found[0].ID != "event-scheduler" || found[0].Severity != firing.Block {
		t.Errorf("found %+v, %v", found, err)
	}
}

// A transaction on the side that opens holds its triggers up, and nobody is hurt.
func TestOpenWaits(t *testing.T) {
	t.Parallel()
	p := sandboxtest.Shared(t)
	r := newRig(t, p, t1, log)
	rich(t, r, r.sourceTandem)
	r.carry(t, ownership.Source)
	reader, err := r.target.Begin()
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Rollback()
	var n int
	if err := reader.QueryRow("SELECT COUNT(*) FROM `t 1`").Scan(&n); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 1500*time.Millisecond)
	defer cancel()
	if _, err := firing.Open(ctx, r.targetTandem, r.scope); err == nil {
		t.Error("opened a table that is in use")
	}
	done := make(chan error, 1)
	go func() {
		_, err := firing.Open(t.Context(), r.targetTandem, r.scope)
		done <- err
	}()
	waited, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	for n = 0; n == 0; {
		err := r.target.QueryRowContext(waited, "SELECT COUNT(*) FROM information_schema.PROCESSLIST WHERE STATE LIKE 'Waiting for table metadata lock' AND DB=?", r.database).Scan(&n)
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := reader.Commit(); err != nil {
		t.Fatal(err)
	}
	if err := <-done; err != nil {
		t.Error(err)
	}
}
