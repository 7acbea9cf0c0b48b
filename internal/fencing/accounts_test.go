package fencing_test

import (
	"errors"
	"strings"
	"testing"

	"tandem/internal/fencing"
	"tandem/internal/mysqldb"
	"tandem/internal/sandbox"
)

func TestAccounts(t *testing.T) {
	t.Parallel()
	b := current(t)
	b.exec("GRANT SELECT, UPDATE, INSERT, DELETE ON "+b.schema+".* TO "+b.app+"@'%'",
		"CREATE USER "+b.app+"@'10.1.%' ACCOUNT LOCK")
	defer b.exec("DROP USER " + b.app + "@'10.1.%'")
	r := b.request()
	r.Accounts = []string{b.app}
	if _, err := b.prove(); err == nil {
		t.Error("a fence that is not there was proved")
	}
	inFlight := b.appSession()

	raised := b.raise(r)
	// What was locked before is not the fence's to unlock.
	if want := []fencing.Account{{User: b.app, Host: "%"}}; len(raised) != 1 || len(raised[0].Undo.Accounts) != 1 || raised[0].Undo.Accounts[0] != want[0] {
		t.Fatalf("raised %+v, want one that locks %v", raised, want)
	}
	if err := inFlight.Commit(); err == nil {
		t.Error("a transaction in flight was committed behind the fence")
	}
	if v := b.column("SELECT v FROM " + b.schema + ".a"); v[0] != "1" {
		t.Errorf("a write of a session that was ended stayed: %v", v)
	}
	left, err := fencing.Sessions(t.Context(), b.db, []string{b.app})
	if err != nil || len(left) != 0 {
		t.Errorf("sessions are left: %v, %v", left, err)
	}
	proof, err := b.prove()
	if err != nil || !proof.LogIn || !strings.Contains(proof.Says, "locked") {
		t.Errorf("proof %+v, %v; want a refused log-in", proof, err)
	}
	says, err := fencing.Confirm(t.Context(), b.db, r)
	if err != nil || len(says) != 1 || !strings.Contains(says[0], "locked "+b.app) {
		t.Errorf("confirmed %q, %v", says, err)
	}
	b.raise(r) // again, as after a crash
	if got := b.standing(); len(got) != 1 || len(got[0].Undo.Accounts) != 1 {
		t.Errorf("after raising it twice: %+v", got)
	}

	b.lift()
	b.mustWrite()
	if got := b.column("SELECT CONCAT(host, account_locked) FROM mysql.user WHERE user = '" + b.app + "' ORDER BY 1"); strings.Join(got, " ") != "%N 10.1.%Y" {
		t.Errorf("locked are %v", got)
	}
	if again := b.lift(); len(again) != 0 || len(b.standing()) != 0 {
		t.Errorf("something was left to lift: %v", again)
	}
	var down *fencing.DownError
	if _, err := fencing.Confirm(t.Context(), b.db, r); !errors.As(err, &down) {
		t.Errorf("confirmed although lifted: %v", err)
	}
}

// Somebody who opens an account that is fenced is found out.
func TestAccountsReadBack(t *testing.T) {
	t.Parallel()
	b := current(t)
	r := b.request()
	r.Accounts = []string{b.app + "@%"}
	b.raise(r)
	b.exec("ALTER USER " + b.app + "@'%' ACCOUNT UNLOCK")
	var down *fencing.DownError
	if _, err := fencing.Confirm(t.Context(), b.db, r); !errors.As(err, &down) || !strings.Contains(down.Why, "is not locked") {
		t.Errorf("error %v", err)
	}
	b.lift()
}

func TestRefused(t *testing.T) {
	t.Parallel()
	b := current(t)
	old := old(t)
	for name, test := range map[string]struct {
		b    *bench
		make func(r *fencing.Request)
		want string
	}{
		"no such account":    {b, func(r *fencing.Request) { r.Accounts = []string{"nobody_at_all"} }, "there is no account nobody_at_all"},
		"no such host":       {b, func(r *fencing.Request) { r.Accounts = []string{b.app + "@nowhere"} }, "there is no account"},
		"tandem itself":      {b, func(r *fencing.Request) { r.Accounts = []string{sandbox.UserTandem} }, "whom tandem itself connects as"},
		"5.6 has no lock":    {old, func(r *fencing.Request) { r.Accounts = []string{old.app} }, "can not lock accounts"},
		"rights on all":      {b, func(r *fencing.Request) { r.Grants = []string{sandbox.UserRails} }, "on *.*, which can not be taken away"},
		"rights on all, 5.6": {old, func(r *fencing.Request) { r.Grants = []string{sandbox.UserRails} }, "on *.*, which can not be taken away"},
		"read_only":          {b, func(r *fencing.Request) { r.ReadOnly = true }, "may not set read_only"},
	} {
		t.Run(name, func(t *testing.T) {
			r := test.b.request()
			test.make(&r)
			var refused *fencing.RefusedError
			if err := fencing.Check(t.Context(), test.b.db, r, test.b.programs()); !errors.As(err, &refused) || !strings.Contains(err.Error(), test.want) || refused.Hint() == "" {
				t.Errorf("check: error %v, want one with %q and a hint", err, test.want)
			}
			if _, err := fencing.Raise(t.Context(), test.b.db, r, test.b.programs()); !errors.As(err, &refused) {
				t.Errorf("raise: error %v", err)
			}
			if got := test.b.standing(); len(got) != 0 {
				t.Errorf("recorded all the same: %v", got)
			}
		})
	}
}

// Sessions that can not be ended would go on writing.
func TestRefusedWithoutKill(t *testing.T) {
	t.Parallel()
	b := current(t)
	b.exec("CREATE USER humble_"+b.app+"@'%' IDENTIFIED BY '"+b.server.Password()+"'",
		"GRANT SELECT, CREATE USER, PROCESS ON *.* TO humble_"+b.app+"@'%'", "GRANT ALL ON _tandem.* TO humble_"+b.app+"@'%'")
	defer b.exec("DROP USER humble_" + b.app + "@'%'")
	db := b.pool("humble_" + b.app)
	r := b.request()
	r.Accounts = []string{b.app}
	var refused *fencing.RefusedError
	if _, err := fencing.Raise(t.Context(), db, r, b.programs()); !errors.As(err, &refused) || !strings.Contains(refused.Why, "may not end other users' sessions") {
		t.Errorf("error %v", err)
	}
	b.mustLogIn()
}

func (b *bench) mustLogIn() {
	b.t.Helper()
	if err := fencing.LogIn(b.t.Context(), b.endpoint(b.app)); err != nil {
		b.t.Errorf("the application can not log in: %v", err)
	}
}

// A wrong password is found out before the fence is up, where it would be taken
// for a proof.
func TestLogIn(t *testing.T) {
	t.Parallel()
	b := current(t)
	b.mustLogIn()
	e := b.endpoint("nobody_at_all")
	if err := fencing.LogIn(t.Context(), e); !mysqldb.IsAccessDenied(err) {
		t.Errorf("error %v", err)
	}
	e.Addr = "127.0.0.1:1"
	var not *fencing.NotProvedError
	if _, err := fencing.Prove(t.Context(), e, b.tables); !errors.As(err, &not) {
		t.Errorf("a server that can not be reached: %v", err)
	}
}
