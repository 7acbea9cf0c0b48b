package firing

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"hash/fnv"
	"strings"

	"tandem/internal/mysqldb"
	"tandem/internal/ownership"
	"tandem/internal/schema"
)

// Severity says what a finding means for a handover.
type Severity string

// The severities.
const (
	// Block: something would not fire.
	Block Severity = "block"
	// Warn: something would work otherwise than it does now.
	Warn Severity = "warn"
)

// Finding is something that would hinder a side from opening.
type Finding struct {
	ID       string         `json:"id"`
	Severity Severity       `json:"severity"`
	Side     ownership.Side `json:"side"`
	Object   string         `json:"object"`
	What     string         `json:"what"`
	Fix      string         `json:"fix,omitempty"`
}

// CheckOptions are what is looked at.
type CheckOptions struct {
	Scope
	// Owner is the side that owns the groups.
	Owner ownership.Side
	// Back is the scope's Definer for the way back.
	Back func(account string) string
}

// Check finds beforehand what would hinder the other side from opening, and the
// owner's side from opening again on the way back: everything that fires is
// tried out on both sides, in the database _tandem, on empty tables made like
// the real ones, which are dropped again.
func Check(ctx context.Context, owner, other *sql.DB, o CheckOptions) ([]Finding, error) {
	fail := func(err error) error { return fmt.Errorf("check what fires: %w", err) }
	triggers, events, err := live(ctx, owner, &o.Scope)
	if err != nil {
		return nil, fail(err)
	}
	all, err := checkScheduler(ctx, other, o.Owner.Opposite(), events)
	if err != nil {
		return nil, fail(err)
	}
	back := o.Scope
	back.Definer = o.Back
	for _, on := range []struct {
		side  ownership.Side
		db    *sql.DB
		scope *Scope
	}{{o.Owner.Opposite(), other, &o.Scope}, {o.Owner, owner, &back}} {
		found, err := try(ctx, on.db, on.side, on.scope, append(triggers[:len(triggers):len(triggers)], events...))
		if err != nil {
			return nil, fail(err)
		}
		all = append(all, found...)
	}
	missing, err := checkCode(ctx, owner, other, &o)
	if err != nil {
		return nil, fail(err)
	}
	return append(all, missing...), nil
}

// checkScheduler wants events to have somebody who runs them.
func checkScheduler(ctx context.Context, db *sql.DB, side ownership.Side, events []*Object) ([]Finding, error) {
	var names []string
	for _, e := range events {
		if e.Enabled() {
			names = append(names, e.Name.String())
		}
	}
	if len(names) == 0 {
		return nil, nil
	}
	var state string
	if err := db.QueryRowContext(ctx, "SELECT @@GLOBAL.event_scheduler").Scan(&state); err != nil {
		return nil, fmt.Errorf("look at the event scheduler: %w", err)
	}
	if strings.EqualFold(state, "ON") {
		return nil, nil
	}
	return []Finding{{ID: "event-scheduler", Severity: Block, Side: side, Object: "event " + strings.Join(names, ", "),
		What: "event_scheduler is " + state + ", so events would not run",
		Fix:  "SET GLOBAL event_scheduler=ON, or the flag or parameter of that name where the server is managed"}}, nil
}

// try makes each object under another name.
func try(ctx context.Context, db *sql.DB, side ownership.Side, s *Scope, objects []*Object) (all []Finding, err error) {
	if len(objects) == 0 {
		return nil, nil
	}
	if err := Prepare(ctx, db); err != nil {
		return nil, err
	}
	m, err := newMaker(ctx, db, s)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, m.close()) }()
	var id uint64
	if err := m.conn.QueryRowContext(ctx, "SELECT CONNECTION_ID()").Scan(&id); err != nil {
		return nil, err
	}
	for _, o := range objects {
		f := Finding{Side: side, Object: o.String()}
		err := m.try(ctx, o, id, &f)
		if err != nil {
			return nil, err
		}
		if f.ID != "" {
			all = append(all, f)
		}
	}
	return all, nil
}

// try makes one object under another name and drops it again.
func (m *maker) try(ctx context.Context, o *Object, connection uint64, f *Finding) (err error) {
	h := fnv.New64a()
	h.Write([]byte(o.String()))
	name := schema.Name{Schema: "_tandem", Table: fmt.Sprintf("_tandem_try_%d_%x", connection, h.Sum64())}
	table := name
	clean := []string{"DROP EVENT IF EXISTS " + name.Quoted()}
	if o.Kind == Trigger {
		clean = []string{"DROP TRIGGER IF EXISTS " + name.Quoted(), "DROP TABLE IF EXISTS " + table.Quoted()}
		real := schema.Name{Schema: o.Name.Schema, Table: o.Table}
		_, err := m.conn.ExecContext(ctx, "CREATE TABLE "+table.Quoted()+" LIKE "+real.Quoted())
		if mysqldb.IsNoSuchTable(err) {
			f.ID, f.Severity, f.What = "table-missing", Block, "its table "+real.String()+" is not there yet, so it could not be tried"
			f.Fix = "wait until the copy is done"
			return nil
		}
		if err != nil {
			return fmt.Errorf("try %s: %w", o, err)
		}
	}
	defer func() {
		for _, c := range clean {
			if _, cerr := m.conn.ExecContext(context.WithoutCancel(ctx), c); cerr != nil && err == nil {
				err = fmt.Errorf("try %s: %w", o, cerr)
			}
		}
	}()
	definer := m.scope.definer(o.Definer)
	for _, as := range []string{definer, ""} {
		err = m.dress(ctx, o, o.Name.Schema)
		var statement string
		if err == nil {
			statement, err = o.create(form{definer: as, status: disabled, name: &name, table: &table})
		}
		if errors.Is(err, errNoStatement) {
			f.ID, f.Severity, f.What = "statement", Block, err.Error()
			return nil
		}
		if err == nil {
			_, err = m.conn.ExecContext(ctx, statement)
		}
		_, answered := mysqldb.Code(err)
		switch {
		case err == nil:
			return m.warned(ctx, definer, f)
		case !answered || mysqldb.IsLostConnection(err):
			return fmt.Errorf("try %s: %w", o, err)
		case as != "" && definerRefused(err):
			f.ID, f.Severity = "definer", Warn
			f.What = fmt.Sprintf("the server does not let it run as %s, so it would run as tandem's user: %v", definer, err)
			f.Fix = fmt.Sprintf("create the account %s there, and GRANT SET_ANY_DEFINER ON *.* (SET_USER_ID before MySQL 8.2, SUPER before 8.0)"+
				" to tandem's user; or map the definer to an account that may be set", quoteAccount(definer))
		default:
			f.ID, f.Severity = "refused", Block
			f.What = "the server does not take it: " + err.Error()
			f.Fix = "change it so that both versions take it, or drop it before the handover"
			return nil
		}
	}
	return nil
}

// warned looks whether the account that an object runs as exists: some servers
// only warn.
func (m *maker) warned(ctx context.Context, definer string, f *Finding) error {
	return each(ctx, m.conn, func(r *sql.Rows) error {
		var level, message string
		var code uint16
		err := r.Scan(&level, &code, &message)
		if err == nil && code == codeNoSuchUser && f.ID == "" {
			f.ID, f.Severity = "definer", Block
			f.What = fmt.Sprintf("it runs as %s, an account that is not there: whatever it fires for would fail", definer)
			f.Fix = fmt.Sprintf("create the account %s there, or map the definer to one that exists", quoteAccount(definer))
		}
		return err
	}, "SHOW WARNINGS")
}

// checkCode names views and routines that the other side lacks. [Carry] creates
// them; what is left after that needs a look.
func checkCode(ctx context.Context, owner, other *sql.DB, o *CheckOptions) ([]Finding, error) {
	var all []Finding
	for _, kind := range []Kind{Function, Procedure, View} {
		there, err := list(ctx, other, kind, schemas(o.Tables))
		if err != nil {
			return nil, err
		}
		wanted, err := list(ctx, owner, kind, schemas(o.Tables))
		if err != nil {
			return nil, err
		}
		for _, x := range wanted {
			if find(there, x) == nil {
				all = append(all, Finding{ID: string(kind) + "-missing", Severity: Warn, Side: o.Owner.Opposite(), Object: x.String(),
					What: "it is not there yet; it is created when the guards are armed",
					Fix:  "nothing, or create it now: tandem verify --schema prints the statements"})
			}
		}
	}
	return all, nil
}
