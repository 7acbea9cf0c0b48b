package verify_test

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tandem/internal/sandbox/sandboxtest"
	"tandem/verify"
)

// TestFaultsAreFound makes one fault after the other in a table of 30,000 rows
// and wants to see exactly that.
func TestFaultsAreFound(t *testing.T) {
	const rows = 30_000
	l := newLab(t, sandboxtest.Shared(t),
		"CREATE TABLE a (id INT PRIMARY KEY, v VARCHAR(100), n INT, f DOUBLE, j JSON) DEFAULT CHARSET utf8mb4 COLLATE utf8mb4_0900_ai_ci",
		fmt.Sprintf("INSERT INTO a WITH RECURSIVE i(n) AS (SELECT 1 UNION ALL SELECT n+1 FROM i WHERE n<%d) SELECT n*3, CONCAT('row ',n), n, n/7, CONCAT('[',n,']') FROM i", rows),
		"CREATE TABLE b (k VARCHAR(20) COLLATE utf8mb4_general_ci, p INT, v INT, PRIMARY KEY (k,p)) DEFAULT CHARSET utf8mb4",
		fmt.Sprintf("INSERT INTO b SELECT CONCAT('k',n), n, n FROM a WHERE n<=3000"),
	)
	for _, test := range []struct {
		name, fault, back string
		want              []string
	}{
		{"nothing", "DO 1", "DO 1", nil},
		{"delete", "DELETE FROM a WHERE id=3", "INSERT INTO a VALUES (3,'row 1',1,1/7,'[1]')", []string{"a missing 3"}},
		{"delete the last", "DELETE FROM a WHERE id=90000", "INSERT INTO a VALUES (90000,'row 30000',30000,30000/7,'[30000]')", []string{"a missing 90000"}},
		{"insert", "INSERT INTO a VALUES (50,'x',1,1,'1')", "DELETE FROM a WHERE id=50", []string{"a extra 50"}},
		{"insert below", "INSERT INTO a VALUES (-50,'x',1,1,'1')", "DELETE FROM a WHERE id=-50", []string{"a extra -50"}},
		{"insert above", "INSERT INTO a VALUES (1000000,'x',1,1,'1')", "DELETE FROM a WHERE id=1000000", []string{"a extra 1000000"}},
		{"change", "UPDATE a SET n=-n WHERE id=30000", "UPDATE a SET n=-n WHERE id=30000", []string{"a different 30000 n:10000/-10000"}},
		{"null", "UPDATE a SET v=NULL WHERE id=30000", "UPDATE a SET v='row 10000' WHERE id=30000", []string{"a different 30000 v:row 10000/NULL"}},
		{"swap", "UPDATE a SET n=IF(id=300,200,100) WHERE id IN (300,600)", "UPDATE a SET n=id/3 WHERE id IN (300,600)",
			[]string{"a different 300 n:100/200", "a different 600 n:200/100"}},
		{"cancel under xor", "UPDATE a SET n=7, v='same', f=1, j='1' WHERE id IN (300,600)",
			"UPDATE a SET n=id/3, v=CONCAT('row ',id/3), f=ROUND(id/3)/7, j=CONCAT('[',ROUND(id/3),']') WHERE id IN (300,600)",
			[]string{"a different 300 v:row 100/same n:100/7 f:1.42857142e+01/1e+00 j:[100]/1", "a different 600 v:row 200/same n:200/7 f:2.85714285e+01/1e+00 j:[200]/1"}},
		{"trailing space", "UPDATE a SET v='row 10000 ' WHERE id=30000", "UPDATE a SET v='row 10000' WHERE id=30000",
			[]string{"a different 30000 v:row 10000/row 10000 "}},
		{"case", "UPDATE a SET v='Row 10000' WHERE id=30000", "UPDATE a SET v='row 10000' WHERE id=30000",
			[]string{"a equal-under-collation-only 30000 v:row 10000/Row 10000"}},
		{"case of a key", "UPDATE b SET k='K10' WHERE k='k10'", "UPDATE b SET k='k10' WHERE k='K10'",
			[]string{"b equal-under-collation-only (\"k10\",10) k:k10/K10"}},
		{"case of a key and more", "UPDATE b SET k='K10', v=0 WHERE k='k10'", "UPDATE b SET k='k10', v=10 WHERE k='K10'",
			[]string{"b different (\"k10\",10) k:k10/K10 v:10/0"}},
		{"space behind a key", "UPDATE b SET k='k10 ' WHERE k='k10'", "UPDATE b SET k='k10' WHERE k='k10'",
			[]string{"b equal-under-collation-only (\"k10\",10) k:k10/k10 "}},
		{"minus zero", "UPDATE a SET f=-0e0 WHERE id=30000", "DO 1", []string{"a different 30000 f:0e+00/-0e+00"}},
		{"json number", "UPDATE a SET j='[1.0]' WHERE id=3", "UPDATE a SET j='[1]' WHERE id=3", nil},
	} {
		for _, m := range methods {
			t.Run(test.name+" by "+string(m), func(t *testing.T) {
				switch test.name {
				case "minus zero":
					l.both("UPDATE a SET f=0 WHERE id=30000")
				case "json number":
					// An update would change nothing, to the server.
					l.onTarget("UPDATE a SET j=NULL WHERE id=3")
					test.want = []string{"a different 3 j:[1]/[1.0]"}
				}
				l.onTarget(test.fault)
				want := test.want
				if test.name == "cancel under xor" {
					want = nil // floats are tedious to spell
				}
				r := l.run(by(m))
				if test.name == "cancel under xor" {
					if r.Totals.Different != 2 || r.Outcome != verify.Mismatch {
						t.Errorf("%+v", r.Totals)
					}
				} else if d := cmp.Diff(want, lines(r)); d != "" {
					t.Error(d)
				}
				wantOutcome := verify.Mismatch
				if test.name == "nothing" {
					wantOutcome = verify.Equal
				}
				if r.Outcome != wantOutcome {
					t.Errorf("outcome %s", r.Outcome)
				}
				if test.name == "json number" {
					l.onTarget("UPDATE a SET j=NULL WHERE id=3")
				}
				l.onTarget(test.back)
				if test.name == "minus zero" {
					l.onTarget("UPDATE a SET f=0 WHERE id=30000")
				}
			})
		}
	}
	if r := l.run(); r.Outcome != verify.Equal || r.Totals.Rows != rows+3000 {
		t.Errorf("in the end: %s, %d rows, %v", r.Outcome, r.Totals.Rows, lines(r))
	}
}
