package steps

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"tandem/internal/fencing"
	"tandem/internal/mysqldb"
	"tandem/internal/ownership"
	"tandem/plans"
	"tandem/plans/runner"
)

// others is what the plan says about fences besides the guard, for a side.
func others(r *runner.Run, f *plans.Fence, side ownership.Side, deadline time.Duration) fencing.Request {
	request := fencing.Request{
		Migration: r.Migration, Run: r.ID, Stage: r.Stage, Side: side, Groups: r.Groups, Tables: r.AllTables(),
		Accounts: f.Accounts, Grants: f.Grants, ReadOnly: f.ReadOnly, Deadline: deadline,
	}
	if f.Exec != nil {
		vars := runner.Vars{Side: side, Groups: r.Groups}
		expand := func(list []string) []string {
			var out []string
			for _, a := range list {
				out = append(out, vars.Expand(a))
			}
			return out
		}
		request.Exec = &fencing.Program{Command: expand(f.Exec.Command), Undo: expand(f.Exec.Undo), Dir: r.Dir, Timeout: time.Duration(f.Exec.Timeout)}
	}
	return request
}

// programs is what this process raises and lifts fences with.
func programs(r *runner.Run) fencing.Programs {
	p := fencing.UserPrograms(r.LookupEnv)
	if r.Clouds != nil {
		p.Cloud = r.Clouds.ReadOnly
	}
	return p
}

// raiseOthers raises the fences that stand in for the guard, on the owner's side.
func raiseOthers(ctx context.Context, r *runner.Run, f *plans.Fence) error {
	_, err := fencing.Raise(ctx, r.DB(r.From()), others(r, f, r.From(), time.Duration(f.Deadline)), programs(r))
	return err
}

// liftOthers lifts the fences that this stage of this run has raised on the side
// that owns the groups.
func liftOthers(ctx context.Context, r *runner.Run) error {
	_, err := fencing.Lift(ctx, r.DB(r.From()), fencing.Which{Migration: r.Migration, Run: r.ID, Stage: r.Stage}, programs(r))
	return err
}

// stillUp makes sure, within the transaction that hands over, that these fences
// stand.
func stillUp(ctx context.Context, r *runner.Run) error {
	f := r.Terms.Fence
	if f.Guarded() {
		return nil
	}
	request := others(r, f, r.From(), 0)
	return fencing.StillUp(ctx, r.Pause.Fence, fencing.Which{Migration: r.Migration, Run: r.ID, Stage: r.Stage}, request.Kinds()...)
}

// openNewOwner lifts what an earlier stage or run has closed on the side that owns
// the groups now, and takes the deadline off what has closed the other one: it
// stays closed. It does nothing that takes time where there is no such fence.
func openNewOwner(ctx context.Context, r *runner.Run) error {
	var failed []error
	if db := r.DB(r.From()); db != nil {
		if err := fencing.Keep(ctx, db, fencing.Which{Migration: r.Migration, Run: r.ID, Stage: r.Stage}); err != nil {
			// The daemon finds out by itself that the groups were handed over.
			r.Log.WarnContext(ctx, "the deadline of the old side's fence could not be taken off; the daemon will", "error", err)
		}
	}
	if db := r.DB(r.To()); db != nil {
		_, err := fencing.Lift(ctx, db, fencing.Which{Migration: r.Migration, Groups: r.Groups}, programs(r))
		if err != nil {
			failed = append(failed, fmt.Errorf("open the %s again: %w", r.To(), err))
		}
	}
	return errors.Join(failed...)
}

// asApplication is the way to a side as the application's user. Its password may
// be another one on each side, so ${side} stands for the side in what names it.
func asApplication(r *runner.Run, p *plans.ProveAs, side ownership.Side) (mysqldb.Endpoint, error) {
	var password string
	vars := runner.Vars{Side: side, Groups: r.Groups}
	switch {
	case p.PasswordEnv != "":
		name := vars.Expand(p.PasswordEnv)
		value, set := r.LookupEnv(name)
		if !set {
			return mysqldb.Endpoint{}, fmt.Errorf("the variable %s, which holds the password of %s, is not set", name, p.User)
		}
		password = value
	case p.PasswordFile != "":
		path := vars.Expand(p.PasswordFile)
		if !filepath.IsAbs(path) {
			path = filepath.Join(r.Dir, path)
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return mysqldb.Endpoint{}, fmt.Errorf("the password of %s: %w", p.User, err)
		}
		password = strings.TrimRight(string(data), "\r\n")
	}
	e := r.Endpoint(side)
	e.User = vars.Expand(p.User)
	e.Password = func(context.Context) (string, error) { return password, nil }
	return e, nil
}
