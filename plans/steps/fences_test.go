package steps

import (
	"strings"
	"testing"
	"time"

	"tandem/internal/fencing"
	"tandem/internal/ownership"
	"tandem/internal/sandbox"
	"tandem/internal/schema"
	"tandem/plans"
	"tandem/plans/runner"
)

// unguarded is a fence of accounts that stands in for the guard.
func unguarded() *plans.Fence {
	no := false
	return &plans.Fence{Guard: &no, Accounts: []string{sandbox.UserScala}, Deadline: plans.Duration(time.Minute),
		ProveAs: &plans.ProveAs{User: sandbox.UserScala, PasswordEnv: "APP_PASSWORD"}}
}

func fenced(t *testing.T, f *plans.Fence) *bench {
	t.Helper()
	b := withServers(t, pairOfOwn(t), "shop", plans.Terms{Fence: f})
	b.exec("GRANT CONNECTION_ADMIN ON *.* TO tandem@'%'")
	b.ownGroup()
	b.vars["APP_PASSWORD"] = b.source.Password()
	b.vars["HOME"] = t.TempDir()
	return b
}

func (b *bench) standing(side ownership.Side) []fencing.Fence {
	b.t.Helper()
	list, err := fencing.Read(b.t.Context(), b.run.DB(side), fencing.Which{Migration: b.run.Migration})
	if err != nil {
		b.t.Fatal(err)
	}
	return list
}

func TestProve(t *testing.T) {
	t.Parallel()
	f := unguarded()
	b := fenced(t, f)
	g := newQuiet(plans.Step{})
	b.holds(g)
	p := newProve(plans.Step{Spec: f})
	if err := p.Apply(t.Context(), b.run); err == nil || !strings.Contains(err.Error(), "the server let this through") {
		t.Errorf("no fence: %v", err)
	}
	if err := raiseOthers(t.Context(), b.run, f); err != nil {
		t.Fatal(err)
	}
	if err := p.Apply(t.Context(), b.run); err != nil {
		t.Fatal(err)
	}
	data, err := p.Confirm(t.Context(), b.run)
	if err != nil || data["says"] != "app_scala is not let in" || !strings.Contains(data["refusal"].(string), "locked") {
		t.Errorf("%v, %v", data, err)
	}
	up, err := ownership.Raise(t.Context(), b.run.DB(ownership.Source), b.run.Migration, ownership.Source, []string{"g"}, ownership.FenceOptions{Budget: time.Minute, Wait: time.Second})
	if err != nil {
		t.Fatal(err)
	}
	b.run.Pause.Fence = up
	if err := stillUp(t.Context(), b.run); err != nil {
		t.Error(err)
	}
	if err := up.LetGo(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := liftOthers(t.Context(), b.run); err != nil {
		t.Fatal(err)
	}
	if left := b.standing(ownership.Source); len(left) > 0 {
		t.Errorf("left: %v", left)
	}
	b.run.Terms.Fence.ProveAs.PasswordEnv = "NOWHERE"
	time.Sleep(fenceEvery)
	if got := b.waits(g); !strings.Contains(got.Says, "the variable NOWHERE") {
		t.Errorf("says %q", got.Says)
	}
}

// Behind the fence a wrong password would look like a proof, so the gate logs in.
func TestQuietLooksAtTheFence(t *testing.T) {
	t.Parallel()
	b := fenced(t, unguarded())
	b.vars["APP_PASSWORD"] = "wrong"
	if got := b.waits(newQuiet(plans.Step{})); !strings.Contains(got.Says, "the fence could not be proved") || strings.Contains(got.Says, "wrong") {
		t.Errorf("says %q", got.Says)
	}
	b.run.Terms.Fence.Accounts = []string{"nobody_at_all"}
	if got := b.waits(newQuiet(plans.Step{})); !strings.Contains(got.Says, "there is no account nobody_at_all") {
		t.Errorf("says %q", got.Says)
	}
}

// The password may be another one on each side; and a rollback does not stand or
// fall with it.
func TestProveOnTheWayBack(t *testing.T) {
	t.Parallel()
	f := unguarded()
	f.ProveAs.PasswordEnv = "APP_PASSWORD_${side}"
	b := fenced(t, f)
	b.vars["APP_PASSWORD_source"] = b.source.Password()
	b.holds(newQuiet(plans.Step{}))
	b.execOn(ownership.Target, "CREATE DATABASE IF NOT EXISTS shop", "CREATE TABLE IF NOT EXISTS shop.a (id INT PRIMARY KEY)", "CREATE TABLE IF NOT EXISTS shop.b (id INT PRIMARY KEY)")
	back := runner.NewRun(*b.run, ownership.Target, map[ownership.Side]runner.Database{
		ownership.Source: {DB: b.run.DB(ownership.Source), Endpoint: b.run.Endpoint(ownership.Source)},
		ownership.Target: {DB: b.run.DB(ownership.Target), Endpoint: b.run.Endpoint(ownership.Target)}}, map[string][]schema.Name{"g": b.tables}, nil)
	for _, password := range []string{"", "wrong"} {
		if password != "" {
			b.vars["APP_PASSWORD_target"] = password
		}
		if got, err := newQuiet(plans.Step{}).Check(t.Context(), back); err != nil || !got.Holds {
			t.Errorf("password %q: %+v, %v", password, got, err)
		}
		if err := raiseOthers(t.Context(), back, f); err != nil {
			t.Fatal(err)
		}
		p := newProve(plans.Step{Spec: f})
		if err := p.Apply(t.Context(), back); err != nil {
			t.Error(err)
		}
		if _, err := p.Confirm(t.Context(), back); err != nil {
			t.Error(err)
		}
		if err := liftOthers(t.Context(), back); err != nil {
			t.Fatal(err)
		}
		// With no fence there, reading back finds that out.
		if _, err := p.Confirm(t.Context(), back); err == nil {
			t.Error("proved without a fence")
		}
	}
}

// After a handover the old side is closed for good; the handover back opens it,
// and closes the other one.
func TestCloseAndOpen(t *testing.T) {
	t.Parallel()
	f := &plans.Fence{Accounts: []string{sandbox.UserScala}}
	b := fenced(t, f)
	b.execOn(ownership.Target, "CREATE DATABASE shop")
	c := newClose(plans.Step{Spec: f})
	for range 2 { // as after a crash
		if err := c.Apply(t.Context(), b.run); err != nil {
			t.Fatal(err)
		}
	}
	if data, err := c.Confirm(t.Context(), b.run); err != nil || !strings.Contains(data["says"].(string), "locked app_scala@%") {
		t.Errorf("%v, %v", data, err)
	}
	if list := b.standing(ownership.Source); len(list) != 1 || list[0].Deadline {
		t.Errorf("standing: %+v, want one that is kept", list)
	}

	back := runner.NewRun(runner.Run{ID: "run2", Migration: b.run.Migration, Stage: "one", Groups: []string{"g"}, Terms: b.run.Terms, LookupEnv: b.run.LookupEnv},
		ownership.Target, map[ownership.Side]runner.Database{
			ownership.Source: {DB: b.run.DB(ownership.Source)}, ownership.Target: {DB: b.run.DB(ownership.Target)}}, nil, nil)
	if err := openNewOwner(t.Context(), back); err != nil {
		t.Fatal(err)
	}
	if list := b.standing(ownership.Source); len(list) > 0 {
		t.Errorf("standing: %+v", list)
	}
	e, err := asApplication(b.run, &plans.ProveAs{User: sandbox.UserScala, PasswordEnv: "APP_PASSWORD"}, ownership.Source)
	if err != nil {
		t.Fatal(err)
	}
	if err := fencing.LogIn(t.Context(), e); err != nil {
		t.Errorf("the application is still locked out: %v", err)
	}
	if err := c.Apply(t.Context(), b.run); err != nil {
		t.Fatal(err)
	}
	if err := c.Undo(t.Context(), b.run); err != nil {
		t.Fatal(err)
	}
	if list := b.standing(ownership.Source); len(list) > 0 {
		t.Errorf("standing after undo: %+v", list)
	}
}

// A fence that stood in for the guard stays behind the commit, without a deadline.
func TestKeptBehindTheCommit(t *testing.T) {
	t.Parallel()
	f := unguarded()
	b := fenced(t, f)
	if err := raiseOthers(t.Context(), b.run, f); err != nil {
		t.Fatal(err)
	}
	if list := b.standing(ownership.Source); len(list) != 1 || !list[0].Deadline {
		t.Errorf("standing: %+v, want one with a deadline", list)
	}
	if err := openNewOwner(t.Context(), b.run); err != nil {
		t.Fatal(err)
	}
	if list := b.standing(ownership.Source); len(list) != 1 || list[0].Deadline {
		t.Errorf("standing: %+v, want one that is kept", list)
	}
}
