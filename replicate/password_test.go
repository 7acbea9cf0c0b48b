package replicate_test

import (
	"errors"
	"fmt"
	"testing"

	"tandem/internal/mysqldb"
	"tandem/internal/sandbox"
	"tandem/internal/sandbox/sandboxtest"
	"tandem/replicate"
)

// TestPasswordIsChanged: links that have worked wait while the server and the
// store of secrets do not agree. A wrong password at the beginning is an error.
func TestPasswordIsChanged(t *testing.T) {
	t.Parallel()
	servers := sandboxtest.Pair(t)
	source, target := sandboxtest.RootDB(t, servers.Source, ""), sandboxtest.RootDB(t, servers.Target, "")
	sandboxtest.Exec(t, source, "CREATE DATABASE pw", "CREATE TABLE pw.t (id INT PRIMARY KEY)", "INSERT INTO pw.t VALUES (1)")
	user := "'" + sandbox.UserTandem + "'@'%'"
	lock := func() {
		sandboxtest.Exec(t, target, "ALTER USER "+user+" IDENTIFIED BY 'another'")
		list, err := mysqldb.Processes(t.Context(), target, false)
		must(t, err)
		for _, p := range list {
			if p.User == sandbox.UserTandem {
				_, _ = target.Exec(fmt.Sprintf("KILL %d", p.ID)) // it may have gone
			}
		}
	}
	p, stop := runPair(t, servers, "pw")
	rows := func(want int64) func() bool {
		return func() bool {
			var n int64
			return target.QueryRow("SELECT COUNT(*) FROM pw.t").Scan(&n) == nil && n == want
		}
	}
	eventually(t, "the copy", rows(1))
	eventually(t, "both links to run", func() bool {
		st := p.Status()
		return st[0].State == replicate.CaughtUp && st[1].State == replicate.CaughtUp
	})
	lock()
	eventually(t, "the links to be refused", func() bool {
		st := p.Status()
		return st[0].State == replicate.Retrying && st[1].State == replicate.Retrying
	})
	sandboxtest.Exec(t, source, "INSERT INTO pw.t VALUES (2)")
	sandboxtest.Exec(t, target, "ALTER USER "+user+" IDENTIFIED BY '"+servers.Target.Password()+"'")
	eventually(t, "what was written meanwhile", rows(2))
	stop()

	lock()
	var denied *mysqldb.AccessDeniedError
	if err := replicate.NewPair(pairConfig(t, servers, "pw")).Run(t.Context()); !errors.As(err, &denied) {
		t.Errorf("begun with a wrong password: %v", err)
	}
}
