package verify_test

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tandem/internal/sandbox/sandboxtest"
	"tandem/verify"
)

// TestFaultsAreFound makes one fault after the other in a table
// and wants to see exactly that.
func TestFaultsAreFound(t *testing.T) {
	const rows = 3_000
	l := newLab(t, sandboxtest.Shared(t),
		"CREATE TABLE a (id INT PRIMARY KEY, v VARCHAR(100), n INT, f DOUBLE, j JSON) DEFAULT CHARSET utf8mb4 COLLATE utf8mb4_0900_ai_ci",
		fmt.Sprintf("INSERT INTO a WITH RECURSIVE i(n) AS (SELECT 1 UNION ALL SELECT n+1 FROM i WHERE n<%d) SELECT n*3, CONCAT('row ',n), n, (n-1)/7e0, CONCAT('[',n,']') FROM i", rows),
		"CREATE TABLE b (k VARCHAR(20) COLLATE utf8mb4_general_ci, p INT, v INT, PRIMARY KEY (k,p)) DEFAULT CHARSET utf8mb4",
		"INSERT INTO b SELECT CONCAT('k',n), n, n FROM a WHERE n<=1000",
		"CREATE TABLE kept_a AS SELECT * FROM a", "CREATE TABLE kept_b AS SELECT * FROM b",
		"ALTER TABLE kept_a ADD PRIMARY KEY (id)", "ALTER TABLE kept_b ADD PRIMARY KEY (k,p)",
	)
	for _, test := range []struct {
		name  string
		fault []string
		want  []string
	}{
		{"nothing", nil, nil},
		{"delete", []string{"DELETE FROM a WHERE id=3"}, []string{"a missing 3"}},
		{"delete the last", []string{"DELETE FROM a WHERE id=9000"}, []string{"a missing 9000"}},
		{"insert", []string{"INSERT INTO a VALUES (50,'x',1,1,'1')"}, []string{"a extra 50"}},
		{"insert below and above", []string{"INSERT INTO a VALUES (-50,'x',1,1,'1'),(1000000,'x',1,1,'1')"}, []string{"a extra -50", "a extra 1000000"}},
		{"change", []string{"UPDATE a SET n=-n WHERE id=3000"}, []string{"a different 3000 n:1000/-1000"}},
		{"null", []string{"UPDATE a SET v=NULL WHERE id=3000"}, []string{"a different 3000 v:row 1000/NULL"}},
		{"empty is not null", []string{"UPDATE a SET v='' WHERE id=3000"}, []string{"a different 3000 v:row 1000/"}},
		{"swap", []string{"UPDATE a SET n=IF(id=300,200,100) WHERE id IN (300,600)"},
			[]string{"a different 300 n:100/200", "a different 600 n:200/100"}},
		{"trailing space", []string{"UPDATE a SET v='row 1000 ' WHERE id=3000"}, []string{"a different 3000 v:row 1000/row 1000 "}},
		{"case", []string{"UPDATE a SET v='Row 1000' WHERE id=3000"}, []string{"a equal-under-collation-only 3000 v:row 1000/Row 1000"}},
		{"case of a key", []string{"UPDATE b SET k='K10' WHERE k='k10'"}, []string{`b equal-under-collation-only ("k10",10) k:k10/K10`}},
		{"case of a key and more", []string{"UPDATE b SET k='K10', v=0 WHERE k='k10'"}, []string{`b different ("k10",10) k:k10/K10 v:10/0`}},
		{"space behind a key", []string{"UPDATE b SET k='k10 ' WHERE k='k10'"}, []string{`b equal-under-collation-only ("k10",10) k:k10/k10 `}},
		{"minus zero", []string{"UPDATE a SET f=-0e0 WHERE id=3"}, []string{"a different 3 f:0e+00/-0e+00"}},
		// An update from 1 to 1.0 would change nothing, to the server.
		{"json number", []string{"UPDATE a SET j=NULL WHERE id=3", "UPDATE a SET j='[1.0]' WHERE id=3"}, []string{"a different 3 j:[1]/[1.0]"}},
		{"json type", []string{"UPDATE a SET j=NULL WHERE id=600", "UPDATE a SET j=JSON_ARRAY(CAST(200 AS DECIMAL(5,0))) WHERE id=600"},
			[]string{"a different 600 j:[200]/[200] $[0]=CAST('200' AS DECIMAL(3,0))"}},
	} {
		for _, m := range methods {
			t.Run(test.name+" by "+string(m), func(t *testing.T) {
				l.onTarget(test.fault...)
				r := l.run(by(m))
				if d := cmp.Diff(test.want, lines(r)); d != "" {
					t.Error(d)
				}
				if want := outcomeOf(test.want); r.Outcome != want {
					t.Errorf("outcome %s, want %s", r.Outcome, want)
				}
				l.onTarget("DELETE FROM a WHERE id IN "+touched, "INSERT INTO a SELECT * FROM kept_a WHERE id IN "+touched,
					"DELETE FROM b WHERE p=10", "INSERT INTO b SELECT * FROM kept_b WHERE p=10")
			})
		}
	}
	if r := l.run(); r.Outcome != verify.Equal || r.Totals.Rows != 2*(rows+1000) {
		t.Errorf("in the end: %s, %d rows, %v", r.Outcome, r.Totals.Rows, lines(r))
	}
}

// touched are the keys that faults change.
const touched = "(-50,3,50,300,600,3000,9000,1000000)"

func outcomeOf(findings []string) verify.Outcome {
	if len(findings) == 0 {
		return verify.Equal
	}
	return verify.Mismatch
}
