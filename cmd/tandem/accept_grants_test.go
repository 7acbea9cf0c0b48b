package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"tandem/internal/grants"
	"tandem/internal/sandbox"
	"tandem/internal/sandbox/sandboxtest"
)

// leastUser is a user that has what init --grants prints, and nothing else.
const leastUser = "least"

// grantLeast makes the user on both sides of a migration's pair: with all that
// init --grants prints but what keep leaves out.
func (m *migration) grantLeast(keep func(side, statement string) bool) {
	m.t.Helper()
	args := []string{"init", "--grants", "-o", "json"}
	for _, s := range m.pair.Servers() {
		args = append(args, "--"+s.Name()+"-version", fmt.Sprintf("%d.%d", s.Install().Major, s.Install().Minor))
	}
	r := m.start(args...).want(0)
	var printed struct {
		Sides []struct {
			Side       string
			Statements []struct{ Part, SQL string }
		}
	}
	if err := json.Unmarshal(r.stdout.Bytes(), &printed); err != nil {
		m.t.Fatal(err)
	}
	for i, s := range m.pair.Servers() {
		db := sandboxtest.RootDB(m.t, s, "")
		sandboxtest.Exec(m.t, db, fmt.Sprintf("CREATE USER '%s'@'%%' IDENTIFIED BY '%s'", leastUser, s.Password()))
		if printed.Sides[i].Side != s.Name() {
			m.t.Fatalf("%+v", printed)
		}
		for _, st := range printed.Sides[i].Statements {
			if st.Part != string(grants.Fences) && keep(s.Name(), st.SQL) {
				sandboxtest.Exec(m.t, db, strings.TrimSuffix(st.SQL, ";"))
			}
		}
	}
}

// TestLeastRightsSuffice gives a user what init --grants prints, without fences,
// and does everything with it: preflight, copy, stream, comparison, a handover
// with what fires and what stands beside the tables, and the way back.
func TestLeastRightsSuffice(t *testing.T) {
	t.Parallel()
	for name, start := range map[string]func(testing.TB, ...sandboxtest.Option) *sandbox.Pair{
		"9.7": sandboxtest.Pair, "5.6": sandboxtest.Pair56,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			pair := start(t)
			source := sandboxtest.RootDB(t, pair.Source, "")
			sandboxtest.Exec(t, source, "CREATE DATABASE shop_a", "CREATE DATABASE shopxa",
				"CREATE TABLE shop_a.item (id INT AUTO_INCREMENT PRIMARY KEY, name VARCHAR(20), kind ENUM('a','é') CHARACTER SET latin1) ENGINE=InnoDB",
				"CREATE TABLE shop_a.line (id INT PRIMARY KEY, item INT, KEY (item), FOREIGN KEY (item) REFERENCES shop_a.item (id) ON DELETE CASCADE) ENGINE=InnoDB",
				"CREATE TABLE shop_a.tree (id INT PRIMARY KEY, up INT, FOREIGN KEY (up) REFERENCES shop_a.tree (id) ON DELETE CASCADE) ENGINE=InnoDB",
				"CREATE TABLE shop_a.log (what VARCHAR(20)) ENGINE=InnoDB",
				"CREATE TABLE shop_a.count_ (id INT PRIMARY KEY, n INT) ENGINE=InnoDB",
				"INSERT INTO shop_a.item (name) VALUES ('one'), ('two')", "INSERT INTO shop_a.line VALUES (1, 1), (2, 2)",
				"INSERT INTO shop_a.tree VALUES (1, NULL), (2, 1)", "INSERT INTO shop_a.log VALUES ('begun'), ('begun')", "INSERT INTO shop_a.count_ VALUES (1, 0)",
				"CREATE VIEW shop_a.names AS SELECT id, name FROM shop_a.item",
				"CREATE FUNCTION shop_a.twice(n INT) RETURNS INT DETERMINISTIC NO SQL RETURN n * 2",
				"CREATE PROCEDURE shop_a.tidy() DELETE FROM shop_a.log WHERE what = 'never'",
				"CREATE EVENT shop_a.nightly ON SCHEDULE EVERY 1 DAY DO DELETE FROM shop_a.log WHERE what = 'never'")
			for _, s := range pair.Servers() {
				sandboxtest.Exec(t, sandboxtest.RootDB(t, s, ""), "SET GLOBAL event_scheduler=ON")
			}
			if name != "5.6" { // where a table can have guards or a trigger
				sandboxtest.Exec(t, source, "CREATE TRIGGER shop_a.counts AFTER INSERT ON shop_a.log FOR EACH ROW UPDATE shop_a.count_ SET n = n + 1")
			}
			m := newMigration(t, pair, []string{"shop_a.*"})
			for range 2 {
				m.edit("user: "+sandbox.UserTandem+"\n", "user: "+leastUser+"\n")
			}
			m.grantLeast(func(string, string) bool { return true })
			if r := m.start("preflight"); r.wait() != 0 {
				t.Errorf("preflight: %s", r.stdout.String())
			}
			daemon := m.start("replicate")
			for deadline := time.Now().Add(patience); m.start("verify").wait() != 0; <-time.After(100 * time.Millisecond) {
				if time.Now().After(deadline) || !daemon.running() {
					t.Fatalf("the copy is never done: %s", tail(daemon.stderr.String(), 4000))
				}
			}
			m.write("plan.yaml", "version: 1\nname: least\nstages:\n  - name: all\n    handover: [\"*\"]\n    approve: {within: 2m}\n"+
				"    gates: {timeout: 60s, lag: {below: 5s}, reverse: {canary: true}}\n    pause_budget: 10s\n")
			confirm := "--confirm=" + m.name()
			handover := m.start("plan", "run", "--unrehearsed", confirm)
			m.approve(handover, "all")
			handover.want(0)
			target := sandboxtest.RootDB(t, pair.Target, "")
			sandboxtest.Exec(t, target, "INSERT INTO shop_a.item (name) VALUES ('there')", "INSERT INTO shop_a.log VALUES ('there')",
				"DELETE FROM shop_a.item WHERE id = 1", "DELETE FROM shop_a.tree WHERE id = 1",
				"CALL shop_a.tidy()", "DO shop_a.twice(2)", "DO (SELECT COUNT(*) FROM shop_a.names)")
			if name != "5.6" { // whose character sets the target's statements are not in
				sandboxtest.Exec(t, target, "ALTER TABLE shop_a.item ADD COLUMN note TEXT",
					"CREATE TABLE shop_a.made (id INT PRIMARY KEY)", "INSERT INTO shop_a.made VALUES (1)")
			}
			m.start("rollback", confirm).want(0)
			sandboxtest.Exec(t, source, "INSERT INTO shop_a.item (name) VALUES ('back')")
			for deadline := time.Now().Add(patience); m.start("verify").wait() != 0; <-time.After(100 * time.Millisecond) {
				if time.Now().After(deadline) || !daemon.running() {
					t.Fatalf("the sides are never equal: %s", tail(daemon.stderr.String(), 4000))
				}
			}
			m.start("init", "--grants", "--missing").want(0)
			daemon.stop()
			// A database of a similar name is none of tandem's business.
			for _, s := range pair.Servers() {
				if _, err := sandboxtest.DB(t, s, leastUser, "").ExecContext(t.Context(), "CREATE TABLE shopxa.t (id INT)"); err == nil {
					t.Error("the rights reach further than they say")
				}
			}
		})
	}
}

// approve approves a stage as soon as a run waits for that.
func (m *migration) approve(run *run, stage string) {
	m.t.Helper()
	var shown struct{ Digest struct{ Sum string } }
	if err := json.Unmarshal(m.start("plan", "show", "-o", "json").want(0).stdout.Bytes(), &shown); err != nil {
		m.t.Fatal(err)
	}
	for deadline := time.Now().Add(patience); run.running() && m.start("plan", "approve", stage, "--digest", shown.Digest.Sum).wait() != 0; {
		if time.Now().After(deadline) {
			m.t.Fatal("nobody waits for an approval")
		}
	}
}

// name is the migration's.
func (m *migration) name() string {
	m.t.Helper()
	text, err := os.ReadFile(filepath.Join(m.dir, "tandem.yaml"))
	if err != nil {
		m.t.Fatal(err)
	}
	_, after, _ := strings.Cut(string(text), "migration: ")
	name, _, _ := strings.Cut(after, "\n")
	return name
}
