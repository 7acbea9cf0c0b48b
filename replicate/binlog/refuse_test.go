package binlog

import (
	"errors"
	"strings"
	"testing"

	"tandem/internal/sandbox"
	"tandem/internal/sandbox/sandboxtest"
)

// TestRefusals does, on real servers, what can not be applied exactly.
func TestRefusals(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name    string
		do      []string
		table   string // of the error
		reason  string
		only97  bool
		allowed bool // nothing is refused
	}{
		{name: "statement format", table: "",
			do:     []string{"SET SESSION binlog_format=STATEMENT", "UPDATE a SET v='x' WHERE id=1"},
			reason: "rows are written as a statement: UPDATE a SET v="},
		{name: "statement format elsewhere", allowed: true,
			do: []string{"CREATE DATABASE IF NOT EXISTS elsewhere", "CREATE TABLE IF NOT EXISTS elsewhere.t (id INT PRIMARY KEY)",
				"USE elsewhere", "SET SESSION binlog_format=STATEMENT", "INSERT INTO t VALUES (FLOOR(1))", "DELETE FROM t"}},
		{name: "minimal image of an update", table: "a",
			do:     []string{"SET SESSION binlog_row_image=MINIMAL", "UPDATE a SET v='x' WHERE id=1"},
			reason: "the row images are not full"},
		{name: "minimal image of a delete", table: "a",
			do:     []string{"SET SESSION binlog_row_image=MINIMAL", "DELETE FROM a WHERE id=1"},
			reason: "the row images are not full"},
		{name: "minimal image of an insert of defaults", table: "d",
			do:     []string{"SET SESSION binlog_row_image=MINIMAL", "INSERT INTO d () VALUES ()"},
			reason: "the row images are not full"},
		{name: "noblob image", table: "b",
			do:     []string{"SET SESSION binlog_row_image=NOBLOB", "UPDATE b SET n=2 WHERE id=1"},
			reason: "the row images are not full"},
		{name: "partial json", table: "j", only97: true,
			do:     []string{"SET SESSION binlog_row_value_options=PARTIAL_JSON", "UPDATE j SET v=JSON_SET(v,'$.a',2)"},
			reason: "parts of JSON documents"},
		{name: "xa in two phases", table: "a", only97: true,
			do:     []string{"XA START 'x1'", "INSERT INTO a VALUES (10,'x')", "XA END 'x1'", "XA PREPARE 'x1'", "XA ROLLBACK 'x1'"},
			reason: "XA transactions on replicated tables are not supported (prepared as X'7831',X'',1)"},
		{name: "xa on another table", allowed: true,
			do: []string{"XA START 'x2'", "INSERT INTO other VALUES (10)", "XA END 'x2'", "XA PREPARE 'x2'", "XA COMMIT 'x2'"}},
		{name: "xa in one phase", allowed: true,
			do: []string{"XA START 'x3'", "INSERT INTO a VALUES (11,'x')", "XA END 'x3'", "XA COMMIT 'x3' ONE PHASE"}},
		{name: "drop database", do: []string{"DROP DATABASE {db}"}, reason: "is dropped"},
		{name: "rename out", table: "a", do: []string{"RENAME TABLE a TO other_a"}, reason: "of which only"},
		{name: "rename in", table: "a2", do: []string{"RENAME TABLE other TO a2"}, reason: "of which only"},
		{name: "alter rename out", table: "a", do: []string{"ALTER TABLE a RENAME TO other_a"}, reason: "of which only"},
		{name: "discard tablespace", table: "a", do: []string{"ALTER TABLE a DISCARD TABLESPACE"}, reason: "tablespace"},
	}
	for _, version := range []sandbox.Version{sandbox.Any, sandbox.V56} {
		t.Run(version.String(), func(t *testing.T) {
			t.Parallel()
			h := own(t, version)
			for _, c := range cases {
				if c.only97 && version == sandbox.V56 {
					continue
				}
				t.Run(c.name, func(t *testing.T) { h.checkRefusal(t, version, c.do, c.table, c.reason, c.allowed) })
			}
		})
	}
}

func (h *harness) checkRefusal(t *testing.T, version sandbox.Version, do []string, table, reason string, allowed bool) {
	admin := sandboxtest.RootDB(t, h.server, "")
	sandboxtest.Exec(t, admin, "DROP DATABASE IF EXISTS "+h.database, "CREATE DATABASE "+h.database,
		"CREATE TABLE "+h.database+".a (id INT PRIMARY KEY, v VARCHAR(20))",
		"CREATE TABLE "+h.database+".b (id INT PRIMARY KEY, n INT, v BLOB)",
		"CREATE TABLE "+h.database+".d (id INT PRIMARY KEY AUTO_INCREMENT, n INT DEFAULT 3)",
		"CREATE TABLE "+h.database+".other (id INT PRIMARY KEY)",
		"INSERT INTO "+h.database+".a VALUES (1,'one')", "INSERT INTO "+h.database+".b VALUES (1,1,'x')")
	if version != sandbox.V56 {
		sandboxtest.Exec(t, admin, "CREATE TABLE "+h.database+".j (id INT PRIMARY KEY, v JSON)",
			"INSERT INTO "+h.database+`.j VALUES (1, '{"a": 1, "b": "`+strings.Repeat("x", 500)+`"}')`)
	}
	h.tables.forget()
	s := h.open()
	defer s.r.Close()
	statements := []string{"USE " + h.database}
	for _, d := range do {
		statements = append(statements, strings.ReplaceAll(d, "{db}", h.database))
	}
	h.session(statements...)
	if allowed {
		s.drain()
		return
	}
	err := s.failure()
	var refused *RefusedError
	if !errors.As(err, &refused) {
		t.Fatalf("got %v, want a refusal", err)
	}
	if !strings.Contains(refused.Reason, reason) || refused.Hint == "" || refused.Table.Table != table || refused.GTID.IsZero() {
		t.Errorf("refused as %#v: %v", refused, err)
	}
	if _, again := s.step(); again != err {
		t.Errorf("Next after a refusal: %v", again)
	}
}
