package verify_test

import (
	"strings"
	"testing"

	"tandem/internal/sandbox/sandboxtest"
	"tandem/verify"
)

func TestTablesWithoutAKey(t *testing.T) {
	t.Parallel()
	l := newLab(t, sandboxtest.Shared(t),
		"CREATE TABLE a (v INT, w VARCHAR(10), f FLOAT)",
		"INSERT INTO a VALUES (1,'a',0.1),(1,'a',0.1),(1,'a',0.1),(2,NULL,NULL),(NULL,NULL,NULL)",
		"CREATE TABLE b (k VARCHAR(10) NOT NULL PRIMARY KEY, v INT) COLLATE utf8mb4_general_ci",
		"INSERT INTO b VALUES ('a',1),('b',2)",
		"CREATE TABLE c (s SET('"+members(64)+"') PRIMARY KEY, v INT)",
		"INSERT INTO c VALUES (0,0),(1,1),(x'8000000000000000'+0,2)",
	)
	l.onTarget("ALTER TABLE b CONVERT TO CHARACTER SET utf8mb4 COLLATE utf8mb4_bin")
	if r := l.run(); r.Outcome != verify.Equal || r.Totals.Rows != 10 {
		t.Fatalf("%s %v", r.Outcome, lines(r))
	}
	for _, test := range []struct {
		fault, back    string
		missing, extra int64
	}{
		// One more and one less of the same: the counts of rows are equal.
		{"DELETE FROM a WHERE v=1 LIMIT 1", "INSERT INTO a VALUES (1,'a',0.1)", 1, 0},
		{"INSERT INTO a VALUES (2,NULL,NULL)", "DELETE FROM a WHERE v=2 LIMIT 1", 0, 1},
		{"UPDATE a SET v=2, w=NULL, f=NULL WHERE v=1 LIMIT 1", "UPDATE a SET v=1, w='a', f=0.1 WHERE v=2 LIMIT 1", 1, 1},
		// Two equal faults, which XOR would not see.
		{"UPDATE a SET w='A' WHERE v=1 LIMIT 2", "UPDATE a SET w='a' WHERE v=1", 2, 2},
		{"UPDATE b SET v=3 WHERE k='b'", "UPDATE b SET v=2 WHERE k='b'", 1, 1},
		{"DELETE FROM c WHERE v=2", "INSERT INTO c VALUES (x'8000000000000000'+0,2)", 1, 0},
	} {
		l.onTarget(test.fault)
		r := l.run()
		if r.Totals.Missing != test.missing || r.Totals.Extra != test.extra || r.Outcome != verify.Mismatch {
			t.Errorf("%s: %s %+v", test.fault, r.Outcome, r.Totals)
		}
		for _, line := range lines(r) {
			if !strings.Contains(line, "without a key") {
				t.Errorf("%s: %s", test.fault, line)
			}
		}
		l.onTarget(test.back)
	}
	if r := l.run(); r.Outcome != verify.Equal {
		t.Errorf("in the end: %s %v", r.Outcome, lines(r))
	}
}

func TestTablesThatCanNotBeCompared(t *testing.T) {
	t.Parallel()
	l := newLab(t, sandboxtest.Shared(t), "CREATE TABLE fine (id INT PRIMARY KEY)")
	l.onSource(
		"CREATE TABLE gone (id INT PRIMARY KEY)", "INSERT INTO gone VALUES (1),(2)",
		"CREATE TABLE hollow (id INT PRIMARY KEY)",
		"CREATE TABLE wider (id INT PRIMARY KEY, v INT)",
		"CREATE TABLE charset (id INT PRIMARY KEY, v VARCHAR(10) CHARACTER SET latin1)",
		"CREATE TABLE members (id INT PRIMARY KEY, v ENUM('a','b'))",
		"CREATE TABLE typed (id INT PRIMARY KEY, v INT)",
	)
	l.onTarget(
		"CREATE TABLE wider (id INT PRIMARY KEY)",
		"CREATE TABLE charset (id INT PRIMARY KEY, v VARCHAR(10) CHARACTER SET utf8mb4)",
		"CREATE TABLE members (id INT PRIMARY KEY, v ENUM('b','a'))",
		"CREATE TABLE typed (id INT PRIMARY KEY, v VARCHAR(10))",
		"CREATE TABLE extra (id INT PRIMARY KEY)", "INSERT INTO extra VALUES (1)",
	)
	r := l.run()
	got := map[string]string{}
	for _, table := range r.Tables {
		got[table.Table] = string(table.Outcome) + ": " + table.Skipped
	}
	for name, want := range map[string]string{
		"fine":    "equal: ",
		"gone":    "mismatch: the target has no such table",
		"hollow":  "inconclusive: the target has no such table",
		"extra":   "mismatch: the source has no such table",
		"wider":   "inconclusive: column v is missing on the target",
		"charset": "inconclusive: column v has character set latin1 on the source and utf8mb4 on the target",
		"members": "inconclusive: column v has members enum('a','b') on the source and enum('b','a') on the target",
		"typed":   "inconclusive: column v has type int on the source and varchar(10) on the target",
	} {
		if got[name] != want {
			t.Errorf("%s: %q, want %q", name, got[name], want)
		}
	}
	if r.Totals.Missing != 2 || r.Totals.Extra != 1 || r.Totals.Skipped != 7 || r.Outcome != verify.Mismatch {
		t.Errorf("%s %+v", r.Outcome, r.Totals)
	}
}
