package mysqldb

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestParseTransactions(t *testing.T) {
	t.Parallel()
	const page = `------------
TRANSACTIONS
------------
Trx id counter 2310
LIST OF TRANSACTIONS FOR EACH SESSION:
---TRANSACTION 421000000000001, not started
0 lock struct(s), heap size 1192, 0 row lock(s)
---TRANSACTION 2309, ACTIVE 7 sec inserting
mysql tables in use 1, locked 1
LOCK WAIT 4 lock struct(s), heap size 1192, 2 row lock(s), undo log entries 3
MySQL thread id 12, OS thread handle 1, query id 40 localhost app executing
INSERT INTO t VALUES ('
MySQL thread id 99, OS thread handle 2
')
---TRANSACTION 2300, ACTIVE (PREPARED) 100 sec recovered trx
ROLLING BACK 1 lock struct(s), heap size 1192, 0 row lock(s), undo log entries 1
---TRANSACTION 2290, COMMITTED IN MEMORY
COMMITTING 1 lock struct(s), heap size 376
MySQL thread id 5, OS thread handle 3, query id 41 localhost app
--------
FILE I/O
`
	got, err := parseTransactions(page)
	want := []OpenTransaction{
		{ID: "2309", Session: 12, Age: 7 * time.Second, State: "LOCK WAIT", Locks: 4, Locked: 2, Modified: 3},
		{ID: "2300", Age: 100 * time.Second, State: "ROLLING BACK", Locks: 1, Modified: 1},
		{ID: "2290", Session: 5, State: "COMMITTING", Locks: 1},
	}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("%v %s", err, diff)
	}
	if _, err := parseTransactions("x\n... truncated...\ny"); !errors.Is(err, errTruncated) {
		t.Errorf("a page that is cut: %v", err)
	}
}
